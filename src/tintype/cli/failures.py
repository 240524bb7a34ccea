"""What a failure is called on the command line: one sentence, and an exit code by who can mend it."""

from __future__ import annotations

from ..core.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    OutOfCredit,
    Refused,
    Timeout,
    TintypeError,
    TooLarge,
    Unauthenticated,
    UnknownModel,
    Unsupported,
)

ERROR, USAGE, AUTH, BLOCKED, BUDGET, TIMEOUT, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130

CODES = (
    "0 done, 1 error, 2 usage, 3 key missing or refused, 4 blocked by moderation, "
    "5 budget used up, 6 timeout, 130 interrupted"
)

_BY_KIND: tuple[tuple[type[TintypeError] | tuple[type[TintypeError], ...], int], ...] = (
    ((Unauthenticated, Forbidden), AUTH),
    (Refused, BLOCKED),
    (OutOfCredit, BUDGET),
    (Timeout, TIMEOUT),
    ((BadRequest, Unsupported, UnknownModel, NotFound, TooLarge), USAGE),
)

_BY_CODE = {"upstream_key_rejected": AUTH, "upstream_out_of_credit": BUDGET}
"""Failures that are the operator's at a server, and on the command line the caller's: the key is theirs."""


def code_of(error: TintypeError) -> int:
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((code for kind, code in _BY_KIND if isinstance(error, kind)), ERROR)


def sentence(error: TintypeError) -> str:
    """The message on one line, led by the field at fault where it does not name it itself.

    >>> sentence(BadRequest("It must be between 1 and 10.", param="n"))
    'n: It must be between 1 and 10.'
    """
    text = " ".join(str(error).split())
    named = error.param is None or f"'{error.param}'" in text or error.param in text.split()
    return text if named else f"{error.param}: {text}"
