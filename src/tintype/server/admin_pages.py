"""The admin API's place among the pages: who may, what was asked, and the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import msgspec
import structlog
from litestar import HttpMethod, Request, Response, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from ..core import Answer
from ..core.errors import MethodNotAllowed, NotFound, TintypeError, TooLarge
from .admin import CALLS
from .admission import admit
from .asking import Call
from .http import Scope

if TYPE_CHECKING:
    from ..gateway.office import Office

log = structlog.get_logger()

MAX_BODY = 1_000_000


def handlers(office: Office | None) -> Iterator[HTTPRouteHandler]:
    """One for each path. Without `office`, they say that there are no accounts."""
    by_path: dict[str, dict[str, Call]] = {}
    for call in CALLS:
        by_path.setdefault(call.path, {})[call.method] = call
    for path, calls in by_path.items():
        yield _handler(office, path, calls)


def _handler(office: Office | None, path: str, calls: dict[str, Call]) -> HTTPRouteHandler:
    @route(
        path.replace("}", ":str}"),
        http_method=[HttpMethod.GET, HttpMethod.POST, HttpMethod.PATCH, HttpMethod.DELETE, HttpMethod.PUT],
        request_max_body_size=MAX_BODY,
    )
    async def handle(request: Request[Any, Any, Any]) -> Response[bytes]:
        if office is None:
            raise NotFound('There are no accounts here: `database` is "off" in the settings.')
        scope = cast("Scope", request.scope)
        scope["facts"].tell_caller(await admit(scope, office.keys))
        call = calls.get(request.method)
        if call is None:
            raise MethodNotAllowed(
                f"{request.method} is not for {request.url.path}: use {' or '.join(calls)}.",
                allow=tuple(calls),
            )
        return await _answered(office, call, request)

    return handle


async def _answered(office: Office, call: Call, request: Request[Any, Any, Any]) -> Response[bytes]:
    try:
        body = await request.body()
    except HTTPException:
        raise TooLarge(f"The request is larger than {MAX_BODY:,} bytes, the most that is taken.") from None
    asked = call.read(request.path_params, request.query_params.multi_items(), body)
    try:
        found = await call.run(office, asked)
    except TintypeError:
        raise
    except Exception:
        log.exception("crash", method=call.method, path=call.path)
        raise TintypeError("Something in Tintype broke. The log tells more.") from None
    if not isinstance(found, Answer):
        found = Answer(body=msgspec.json.encode(found), status=call.status)
    headers = {"cache-control": "no-store", **found.headers}
    return Response(found.body, status_code=found.status, media_type=found.media_type, headers=headers)
