"""What is told when a store fails: a sentence for the caller, a reason for the log, and no credentials in either."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from ..core.errors import Unavailable
from .names import gone

log = structlog.get_logger()

_NO_BUCKET = re.compile("NoSuchBucket|ContainerNotFound|bucket does not exist", re.IGNORECASE)

_IS_MISSING = "its bucket does not exist"


@contextmanager
def failing(doing: str) -> Iterator[None]:
    """Whatever a store raises within becomes NotFound, for a picture that is gone, or Unavailable."""
    try:
        yield
    except Exception as error:
        why = _why(error)
        if why is None:
            raise
        if isinstance(error, FileNotFoundError) and doing != "keep" and not _NO_BUCKET.search(str(error)):
            raise gone() from None
        log.warning("storage failed", doing=doing, reason=reason(error))
        raise Unavailable(
            f"The picture store could not {doing} a picture: {why}.", code="storage_failed"
        ) from None


def _why(error: Exception) -> str | None:
    """The end of a sentence; None for what is a fault of ours, and no store's."""
    from obstore import exceptions

    if isinstance(error, OSError | exceptions.BaseError) and _NO_BUCKET.search(str(error)):
        return _IS_MISSING
    match error:
        case FileNotFoundError() if error.errno is None:  # obstore's: a folder's own error has a number
            return _IS_MISSING
        case exceptions.PermissionDeniedError() | exceptions.UnauthenticatedError() | PermissionError():
            return "it does not let this server in"
        case OSError():
            return error.strerror or type(error).__name__
        case exceptions.BaseError():
            return "it cannot be reached, or answers with an error"
    return None


def reason(error: BaseException) -> str:
    """The first line of what obstore says. An address in it loses its query, where Azure has the signature.

    >>> reason(ValueError("Error performing PUT https://a.test/b?sig=hush in 1 s\\n\\nDebug source:"))
    'Error performing PUT https://a.test/b in 1 s'
    """
    return re.sub(r"\?\S*", "", str(error).strip().partition("\n")[0])[:500]
