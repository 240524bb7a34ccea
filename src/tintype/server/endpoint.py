"""The one endpoint behind every path of every dialect: who asks, what, whether it was asked before; then the answer."""

from __future__ import annotations

from secrets import token_hex
from urllib.parse import parse_qsl

from ..core import Answer, Incoming
from ..core.errors import BadRequest, Rejected, TintypeError
from ..gateway.gateway import Gateway
from ..gateway.jobs import Job
from ..gateway.settings import Settings
from ..gateway.webhooks import Webhooks
from ..transport.upstream import VIA, VIA_HEADER
from .answers import Sight, attempts_of, stream, whole, whole_or_later
from .door import Door
from .house import CallersHouse
from .http import Facts, Gone, Receive, Scope, Send, read_body, tell
from .placing import Placing
from .reached import base_url_of
from .routes import Match
from .wishes import NOW, read_wishes

MOST_HOUSES = 8
"""One behind the other, that an order may come through."""


class Endpoint:
    def __init__(
        self, gateway: Gateway, settings: Settings, door: Door, webhooks: Webhooks | None = None
    ) -> None:
        self._gateway = gateway
        self._settings = settings
        self._door = door
        self._webhooks = webhooks
        self._name = token_hex(4)  # of this house, among those that an order comes through

    async def answer(
        self, match: Match, head: Incoming, scope: Scope, receive: Receive, send: Send, facts: Facts
    ) -> None:
        """Raises TintypeError while nothing has been sent, and Gone."""
        dialect, aside = match.route.dialect, match.route.aside
        caller = await self._door.let_in(head, scope, facts.headers)
        facts.tell_caller(caller)
        self._door.check_dialect(caller, dialect.name)
        check_once(scope, head)
        incoming = Incoming(
            path=match.route.path,
            path_params=match.path_params,
            query=head.query,
            headers=head.headers,
            body=await read_body(scope, receive, self._settings.max_body),
        )
        base_url = self._settings.public_base_url or base_url_of(scope["scheme"], incoming.headers)
        base_url = base_url.rstrip("/")
        placing = Placing(
            gateway=self._gateway,
            door=self._door,
            incoming=incoming,
            caller=caller,
            dialect=dialect.name,
            base_url=base_url,
            facts=facts,
            webhooks=self._webhooks,
        )
        if aside is not None:
            house = CallersHouse(self._gateway, base_url, caller, placing)
            told = aside.answer(incoming, house)
            return await tell(send, told if isinstance(told, Answer) else await told)
        request = dialect.read(incoming)
        self._sign(incoming.headers.get(VIA_HEADER, ""))
        wishes = read_wishes(incoming.headers) if not request.stream else NOW
        job = await placing.place(request, stays=wishes.wait == 0)
        facts.log["job"] = job.id
        view = Sight(dialect, job, facts.headers)
        try:
            if job.request.stream:
                await stream(view, self._settings.heartbeat, receive, send)
            elif wishes.wait is not None:
                await whole_or_later(view, wishes, base_url, receive, send)
            else:
                await whole(view, self._settings.plain_heartbeat, receive, send)
        except (Gone, OSError):
            if isinstance(job, Job):
                await job.missed()
            raise
        except TintypeError:
            facts.headers.append(attempts_of(job.report))
            raise
        else:
            if job.error is not None:  # it was told within a 200
                facts.log["error"] = job.error.code
        finally:
            report = job.report
            facts.log |= {"model": report.model, "provider": report.provider, "attempts": report.attempts}
            facts.log |= {"plan": report.plan() or None, "cost": report.cost}
            if isinstance(job, Job) and job.hold:
                facts.log["hold"] = job.hold

    def _sign(self, via: str) -> None:
        """Say that the order has come through here. Raises Rejected for one that has done so before."""
        houses = [*via.split()[-MOST_HOUSES:], self._name]
        if self._name in houses[:-1] or len(houses) > MOST_HOUSES:
            raise Rejected(
                "This order has come round in a circle: a provider's `base_url` leads back to this server.",
                code="loop_detected",
            )
        VIA.set(" ".join(houses))


LISTED = (b"prefer", b"accept", b"forwarded", b"x-forwarded-host", b"x-forwarded-proto")
"""Headers that may be there more than once, and are a list then (RFC 9110, section 5.3)."""


def head_of(scope: Scope) -> Incoming:
    """A request before its body has been read."""
    query = scope["query_string"]
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if len(headers) < len(scope["headers"]):
        for listed in LISTED:
            said = [value.decode("latin-1") for name, value in scope["headers"] if name == listed]
            if len(said) > 1:
                headers[listed.decode()] = ", ".join(said)
    return Incoming(
        path="",
        query=dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {},
        headers=headers,
    )


ONCE = (b"idempotency-key", b"x-tintype-webhook")
"""Headers of which there is no telling whichever was meant, where there are two."""


def check_once(scope: Scope, head: Incoming) -> None:
    """Raises BadRequest for a header that is there twice and says two things."""
    if len(head.headers) == len(scope["headers"]):
        return
    for header in ONCE:
        if len({value for name, value in scope["headers"] if name == header}) > 1:
            name = header.decode()
            raise BadRequest(f"The header '{name}' is there twice, and says two things.", param=name)
