"""What the pipelines of the installed diffusers take, read from its source: to import it takes seconds, and a server that
starts has only this to know of it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from . import installed


@dataclass(frozen=True, slots=True)
class Signature:
    """What the call takes, by name; and whether LoRAs can be loaded into it."""

    parameters: Mapping[str, inspect.Parameter]
    takes_loras: bool


def is_there(name: str) -> bool:
    """Whether this diffusers has a pipeline of this name."""
    return _folder(name) is not None or hasattr(installed.diffusers(), name)


@cache
def of(name: str) -> Signature:
    """Of the class of this name, which `is_there`."""
    folder = _folder(name)
    for file in sorted(folder.glob("pipeline_*.py")) if folder is not None else ():
        source = file.read_text("utf-8")
        if re.search(rf"^class {name}\b", source, re.MULTILINE) and (found := _of_source(source, name)):
            return found
    return of_class(
        getattr(installed.diffusers(), name)
    )  # one that keeps its pipelines, or their calls, elsewhere


def of_class(pipeline: Any) -> Signature:
    return Signature(parameters(pipeline), hasattr(pipeline, "load_lora_weights"))


def parameters(pipeline: Any) -> Mapping[str, inspect.Parameter]:
    """What the call of this class takes, by name."""
    told = inspect.signature(pipeline.__call__).parameters
    return {k: v for k, v in told.items() if k != "self" and v.kind is not v.VAR_KEYWORD}


@cache
def _folder(name: str) -> Path | None:
    """The package whose `__init__` names the class."""
    spec = find_spec("diffusers")
    if spec is None or spec.origin is None:
        return None
    for file in sorted((Path(spec.origin).parent / "pipelines").glob("*/__init__.py")):
        if f'"{name}"' in file.read_text("utf-8"):
            return file.parent
    return None


def _of_source(source: str, name: str) -> Signature | None:
    """None for a class that has its call from another one."""
    [made] = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == name]
    calls = (node for node in made.body if isinstance(node, ast.FunctionDef) and node.name == "__call__")
    call = next(calls, None)
    if call is None:
        return None
    named = [*call.args.args, *call.args.kwonlyargs]
    plain = len(call.args.args) - len(call.args.defaults)
    defaults = [*[None] * plain, *call.args.defaults, *call.args.kw_defaults]
    told = {
        argument.arg: inspect.Parameter(
            argument.arg, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=_value(default)
        )
        for argument, default in zip(named, defaults, strict=True)
        if argument.arg != "self"
    }
    return Signature(told, any("Lora" in ast.unparse(base) for base in made.bases))


def _value(default: ast.expr | None) -> Any:
    if default is None:
        return inspect.Parameter.empty
    try:
        return ast.literal_eval(default)
    except ValueError:
        return ...  # something that is worked out, which nobody asks for here
