"""What a connection fails with, as an error of ours."""

from __future__ import annotations

from types import TracebackType

from pyreqwest.exceptions import DetailedPyreqwestError, RequestTimeoutError

from ..core.errors import Timeout, Unavailable
from ._secrets import Secrets

_NOT_SENT = ("(Connect)", "dns error", "tcp connect", "builder error")


class Failing:
    """Raises Timeout and Unavailable for what fails within. `buys`: what was sent may have to be paid."""

    def __init__(self, host: str, secrets: Secrets, *, buys: bool) -> None:
        self._host = host
        self._secrets = secrets
        self._buys = buys

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, DetailedPyreqwestError):
            return
        charged = self._buys and _was_sent(error)
        if isinstance(error, RequestTimeoutError):
            raise Timeout(f"No answer from {self._host} in time.", charged=charged) from None
        cause = self._secrets.clean(_cause(error))
        raise Unavailable(f"The connection to {self._host} failed: {cause}.", charged=charged) from None


def _cause(error: DetailedPyreqwestError) -> str:
    """The innermost reason. The outermost has the whole address in it."""
    causes = error.details["causes"] or []
    return causes[-1]["message"] if causes else error.message


def _was_sent(error: DetailedPyreqwestError) -> bool:
    """Whether the upstream may have got the request, and so may charge for it."""
    causes = error.details["causes"] or []
    return not any(sign in cause["message"] for cause in causes for sign in _NOT_SENT)
