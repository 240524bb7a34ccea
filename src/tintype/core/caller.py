"""Who asks: what a key allows, and who pays. The key itself is in no `Caller`."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`key` and `account` are ids, empty for a caller without a key: nobody is charged then.

    `models` and `dialects` are patterns ("gpt-image-*"); empty allows all. `turn` tells callers apart where there is
    a queue. `markup` is the account's own, in basis points; None: as the operator's settings say.
    """

    key: str = ""
    account: str = ""
    name: str = ""
    turn: str = ""
    admin: bool = False
    strict: bool = False
    models: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    images_per_minute: int | None = None
    markup: int | None = None

    def may_use(self, *names: str) -> bool:
        """Whether a model that answers to any of these names is allowed.

        >>> Caller(models=("gpt-image-*",)).may_use("gpt-image-2"), Caller(models=("a",)).may_use("b"), Caller().may_use("b")
        (True, False, True)
        """
        return _matches(self.models, names)

    def may_speak(self, dialect: str) -> bool:
        return _matches(self.dialects, (dialect,))


def _matches(patterns: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


ANYONE = Caller()
"""Somebody without a key, where none is asked for."""
