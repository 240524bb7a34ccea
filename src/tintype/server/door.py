"""Who is let in: the key of a request, and how many requests and pictures it may still ask for."""

from __future__ import annotations

from typing import Protocol

from ..accounts.keys import PREFIX
from ..accounts.limits import Limits, headers
from ..core import ANYONE, Caller, Incoming
from ..core.errors import Forbidden, Unauthenticated
from .http import Headers, Scope


class Keys(Protocol):
    """What `accounts.keys.Keys` is to the door."""

    async def any(self) -> bool:
        """Whether there is a key at all."""
        ...

    async def caller(self, secret: str) -> Caller:
        """Who has this key. Raises Unauthenticated."""
        ...


class Door:
    """Without `keys`, or before the first is made, everyone is let in."""

    def __init__(self, keys: Keys | None = None, limits: Limits | None = None) -> None:
        self._keys = keys
        self._limits = limits

    async def let_in(self, incoming: Incoming, scope: Scope, more: Headers) -> Caller:
        """Who it is. `more` gathers headers of the answer. Raises Unauthenticated and TooManyRequests."""
        secret = incoming.key
        caller = await self._known(secret)
        if caller is None:
            return Caller(turn=secret or (scope.get("client") or ("",))[0])
        if self._limits is not None and caller.requests_per_minute is not None:
            more += headers(await self._limits.take(caller))
        return caller

    async def _known(self, secret: str | None) -> Caller | None:
        """None where there are no keys. Of the first one, made elsewhere a moment ago, it is not known yet that it is
        there; but whoever has it is known by it."""
        if self._keys is None:
            return None
        if await self._keys.any():
            if not secret:
                raise Unauthenticated(
                    "A key is missing: send it as `Authorization: Bearer KEY`. `tintype keys create` makes one."
                )
            return await self._keys.caller(secret)
        if not secret or not secret.startswith(PREFIX):
            return None
        try:
            return await self._keys.caller(secret)
        except Unauthenticated:
            return None

    async def take_images(self, caller: Caller, images: int, more: Headers) -> None:
        """Raises TooManyRequests, and BadRequest for more pictures than can ever be had in a minute."""
        if self._limits is not None and caller.images_per_minute is not None:
            more += headers(await self._limits.take_images(caller, images))

    def check_dialect(self, caller: Caller, dialect: str) -> None:
        """Raises Forbidden for a key that may not speak it."""
        if caller is not ANYONE and not caller.may_speak(dialect):
            raise Forbidden(f"This key may not use the {dialect} API.")
