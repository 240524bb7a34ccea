"""The groups that commands are in: an option with nothing in it is refused before its command begins.

A script whose variable is empty must not draw into the wrong folder, make a key without a limit or move money twice.
"""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from ..core.errors import BadRequest


class Group(TyperGroup):
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        found = super().resolve_command(ctx, args)
        _, command, rest = found
        if command is not None:
            _check(command, rest)
        return found


def _check(command: Any, words: list[str]) -> None:
    takers = {
        name
        for option in command.params
        if option.param_type_name == "option" and not option.is_flag
        for name in option.opts
    }
    before = ""
    for word in words:
        if word == "--":
            return
        name = before if word == "" else word.removesuffix("=")
        if name in takers and (word == "" or word.endswith("=")):
            raise BadRequest(f"{name} is empty: say what it is to be, or leave it out.")
        before = word
