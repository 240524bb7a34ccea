"""The options that `generate` and `edit` share: one table, from which both commands are made."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

Option = partial(typer.Option, show_default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was said on the command line, unread."""

    model: Annotated[
        str, Option("-m", "--model", metavar="MODEL", help="Which model: see 'tintype models'.")
    ] = ""
    n: Annotated[int, Option("-n", metavar="N", help="How many pictures, 1 to 10.")] = 1
    size: Annotated[
        str,
        Option("-s", "--size", metavar="SIZE", help="1024x1024, 16:9, square, portrait, landscape or auto."),
    ] = "auto"
    quality: Annotated[
        str,
        Option(
            "-q", "--quality", metavar="QUALITY", help="low, medium, high, what else the model has, or auto."
        ),
    ] = "auto"
    format: Annotated[
        str,
        Option(
            "-f", "--format", metavar="FORMAT", help="png, jpeg or webp. Also read from the name given to -o."
        ),
    ] = ""
    background: Annotated[str, Option(metavar="WORD", help="transparent, opaque or auto.")] = "auto"
    transparent: Annotated[bool, Option("--transparent", help="Short for --background transparent.")] = False
    compression: Annotated[
        int | None,
        Option(metavar="PERCENT", help="Quality of a jpeg or webp in percent, 0 to 100, 100 the best."),
    ] = None
    seed: Annotated[int | None, Option(metavar="N", help="The same seed draws the same picture again.")] = (
        None
    )
    image: Annotated[
        list[str],
        Option("-i", "--image", metavar="FILE", help="A picture to start from; repeatable, - for stdin."),
    ] = field(default_factory=list)
    mask: Annotated[
        str,
        Option(
            metavar="FILE", help="A PNG as large as the first picture, transparent where that is to change."
        ),
    ] = ""
    prompt_file: Annotated[
        str, Option(metavar="FILE", help="Read the prompt from this file, - for stdin.")
    ] = ""

    output: Annotated[
        str,
        Option(
            "-o", "--output", metavar="PATH", help="A file, an existing folder, or - for the bytes on stdout."
        ),
    ] = ""
    force: Annotated[bool, Option("--force", help="Write over a file that is there.")] = False
    metadata: Annotated[
        bool, Option("--metadata/--no-metadata", help="Write prompt, model and seed into a PNG, or not.")
    ] = True
    json: Annotated[bool, Option("--json", help="A JSON object per picture instead of its path.")] = False
    quiet: Annotated[bool, Option("--quiet", help="Nothing on stderr but errors.")] = False
    dry_run: Annotated[
        bool, Option("--dry-run", help="Print the plan and the estimated cost; draw nothing.")
    ] = False
    previews: Annotated[
        int | None,
        Option(metavar="N", help="Ask for 0 to 3 partial images. Default: 3 where they are free, else 0."),
    ] = None
    show: Annotated[
        bool | None,
        Option("--show/--no-show", help="Show the picture in the terminal (kitty and iTerm2 protocols)."),
    ] = None
    open: Annotated[bool, Option("--open", help="Open the picture in the system's viewer.")] = False
    strict: Annotated[
        bool, Option("--strict", help="Fail where the model cannot do exactly what was asked.")
    ] = False
    local: Annotated[bool, Option("--local", help="Draw in this process even if OPENAI_BASE_URL is set.")] = (
        False
    )
    config: Annotated[
        Path | None,
        Option(metavar="FILE", help="Settings. Default: tintype.toml where it lies in this folder."),
    ] = None


def with_wishes(run: Callable[[Any, Wishes], int], words: inspect.Parameter) -> Callable[..., int]:
    """A command of one argument, `words`, and the options above, for Typer to read."""
    hints = get_type_hints(Wishes, include_extras=True)
    parameters = [words]
    for entry in fields(Wishes):
        default = entry.default_factory() if entry.default_factory is not MISSING else entry.default
        parameters.append(
            inspect.Parameter(
                entry.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[entry.name]
            )
        )

    def command(**values: Any) -> int:
        argument = values.pop(words.name)
        return run(argument, Wishes(**values))

    command.__doc__ = run.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command
