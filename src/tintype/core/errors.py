"""
Everything that can go wrong, by who can fix it:

* TintypeError                 500  a fault of ours
  x CallerError                     the caller can fix it
    + BadRequest               400  a value that is outside the API's own range or type
    + Unsupported              400  no such ability in this model, and no polyfill for it
    + Refused                  400  content policy, ours or the upstream's
    + Unauthenticated          401
    + OutOfCredit              402
    + Forbidden                403  a key that may not do this
    + UnknownModel             404
    + NotFound                 404  no such address
    + MethodNotAllowed         405
    + Conflict                 409  the same name for another order
    + TooLarge                 413
    + TooManyRequests          429  retryable, after `retry_after`
    + Cancelled                499  the caller left, or deleted the job
  x UpstreamError                   the provider let us down
    + Rejected                 502  it disliked what we built, or our key: ours to mend
    + Garbled                  502  it answered something that we cannot read
    + NoImage                  502  it answered, and without a picture
    + Unavailable              503  retryable
    + Busy                     503  retryable, after `retry_after`
    + Timeout                  504  retryable

A dialect writes any of them from `status`, `code`, `param`, `retryable`, `charged` and the
message, with no ladder of isinstance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class TintypeError(Exception):
    """`charged`: the upstream may have been paid, so trying again may buy the picture twice."""

    status: ClassVar[int] = 500
    code: str = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        charged: bool = False,
    ) -> None:
        super().__init__(message)
        self.param = param
        self.retry_after = retry_after
        self.charged = charged
        if code is not None:
            self.code = code


class CallerError(TintypeError):
    status = 400
    code = "invalid_request"


class BadRequest(CallerError):
    code = "invalid_value"


class Unsupported(CallerError):
    code = "unsupported_parameter"


class Refused(CallerError):
    code = "moderation_blocked"


class Unauthenticated(CallerError):
    status = 401
    code = "invalid_api_key"


class OutOfCredit(CallerError):
    status = 402
    code = "insufficient_quota"


class Forbidden(CallerError):
    status = 403
    code = "not_allowed"


class UnknownModel(CallerError):
    status = 404
    code = "model_not_found"


class NotFound(CallerError):
    status = 404
    code = "not_found"


class MethodNotAllowed(CallerError):
    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, *, param: str | None = None, allow: Sequence[str] = ()) -> None:
        super().__init__(message, param=param)
        self.allow = tuple(allow)


class Conflict(CallerError):
    status = 409
    code = "idempotency_conflict"


class TooLarge(CallerError):
    status = 413
    code = "request_too_large"


class TooManyRequests(CallerError):
    status = 429
    code = "rate_limit_exceeded"
    retryable = True


class Cancelled(CallerError):
    status = 499
    code = "cancelled"


class UpstreamError(TintypeError):
    status = 502
    code = "upstream_error"


class Rejected(UpstreamError):
    code = "upstream_rejected"


class Garbled(UpstreamError):
    code = "upstream_garbled"


class NoImage(UpstreamError):
    code = "no_image"


class Unavailable(UpstreamError):
    status = 503
    code = "upstream_unavailable"
    retryable = True


class Busy(UpstreamError):
    status = 503
    code = "upstream_busy"
    retryable = True


class Timeout(UpstreamError):
    status = 504
    code = "upstream_timeout"
    retryable = True
