"""torch, diffusers and what comes with them: loaded when first needed, and a sentence where they cannot be."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from ...core.errors import Unavailable

NEEDED = ("torch", "diffusers", "transformers", "accelerate")
INSTALL = "pip install 'tintype[diffusion]'"


def torch() -> Any:
    """The module, or Unavailable that says what to install."""
    return _load("torch")


def diffusers() -> Any:
    """The module, with its lazy parts proved to load, or Unavailable that says what is wrong with it. The first call
    takes seconds."""
    _load("torch")
    module = _load("diffusers")
    try:
        _ = module.DiffusionPipeline  # it is here that a broken companion shows
    except Exception as error:
        raise Unavailable(_reason("diffusers", error), code="diffusion_not_installed") from error
    return module


def fault() -> str | None:
    """What keeps diffusion models from being drawn on this machine, in a sentence, or None. Loads nothing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    return _missing(missing) if missing else None


def optional(name: str, needed_for: str, install: str) -> Any:
    """A module that only some models need, or Unavailable that says which and what to install."""
    if find_spec(name) is None:
        raise Unavailable(
            f"{needed_for} needs the package {name}: pip install {install}", code="not_installed"
        )
    return _load(name)


@contextmanager
def quiet() -> Iterator[None]:
    """diffusers and transformers say much on the error stream while they load: only their errors meanwhile, and no
    progress bars from now on."""
    speakers = [_load(f"{name}.utils.logging") for name in ("diffusers", "transformers")]
    levels = [speaker.get_verbosity() for speaker in speakers]
    try:
        for speaker in speakers:
            speaker.set_verbosity_error()
            speaker.disable_progress_bar()
        yield
    finally:
        for speaker, level in zip(speakers, levels, strict=True):
            speaker.set_verbosity(level)


def offline() -> bool:
    """Whether the hub may not be asked (HF_HUB_OFFLINE)."""
    return os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in {"1", "ON", "YES", "TRUE"}


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except Exception as error:  # a broken package may raise anything
        raise Unavailable(_reason(name, error), code="diffusion_not_installed") from error


def _reason(name: str, error: BaseException) -> str:
    told = _whole_story(error)
    if "torchvision" in told:
        return (
            f"The torchvision that is installed ({_version('torchvision')}) does not fit torch {_version('torch')}, and "
            "diffusers cannot be loaded beside it. Diffusion models do not need it: pip uninstall torchvision"
        )
    if isinstance(error, ModuleNotFoundError) and error.name in NEEDED:
        return _missing([error.name])
    return f"{name} {_version(name)} cannot be loaded: {error}. Installing it anew may mend it: {INSTALL}"


def _missing(names: list[str]) -> str:
    return f"Diffusion models need {' and '.join(names)}, not installed here: {INSTALL}"


def _whole_story(error: BaseException) -> str:
    parts: list[str] = []
    at: BaseException | None = error
    while at is not None:
        parts.append(str(at))
        at = at.__cause__ or at.__context__
    return " ".join(parts)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of unknown version"
