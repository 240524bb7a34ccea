"""Sends a message to an address that someone else wrote, by the same rules as pictures are fetched from one.

The host is looked up here, all of its addresses must be public, the connection is pinned to one of them, and no
redirect is followed. Of the answer no more than its head is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pyreqwest.exceptions import ConnectError, ConnectTimeoutError, PyreqwestError

from ..core.errors import BadRequest
from ..core.later import read_retry_after
from .lookup import lookup
from .targets import Network, Resolve, Unfetchable, find_addresses, read_target, shown
from .untrusted import TRIED, build_client

CODE = "invalid_webhook_url"
SECONDS = 15.0
"""That a receiver has for its answer, as Standard Webhooks has it (15 to 30)."""


class Unsent(Exception):
    """Why a message did not arrive, or may not have; the text is a sentence without its end."""


class Answered(NamedTuple):
    """`retry_after`: seconds, where the receiver names some."""

    status: int
    retry_after: float | None = None


@dataclass(slots=True, kw_only=True)
class Poster:
    """`allow`: networks that may be reached though they are not public. `seconds` is for all of a message.

    `roots`: certificates (PEM) to believe beside the system's.
    """

    allow: tuple[Network, ...] = ()
    seconds: float = SECONDS
    resolve: Resolve = lookup
    roots: bytes | None = None

    async def check(self, url: str, *, param: str) -> None:
        """Raises BadRequest for an address to which nothing would be sent now."""
        try:
            async with asyncio.timeout(self.seconds):
                await find_addresses(read_target(url), self.resolve, self.allow)
        except (Unfetchable, TimeoutError) as error:
            reason = str(error) or "its host could not be looked up in time"
            text = f"The webhook cannot be sent to {shown(url)}: {reason}."
            raise BadRequest(text, param=param, code=CODE) from None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """Raises Unsent. Nothing is sent twice: another address of the host is tried only while none has connected."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self._post(url, body, headers)
        except Unfetchable as error:
            raise Unsent(str(error)) from None
        except TimeoutError:
            raise Unsent(f"it took longer than {self.seconds:g} seconds") from None

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        target = read_target(url)
        for address in (await find_addresses(target, self.resolve, self.allow))[:TRIED]:
            client = await asyncio.to_thread(build_client, target, address, self.seconds, self.roots, "*/*")
            request = client.post(target.url).headers(dict(headers)).body_bytes(body)
            try:
                async with request.streamed_read_buffer_limit(0).build_streamed() as response:
                    return Answered(
                        response.status, read_retry_after(response.get_header("retry-after") or "")
                    )
            except (ConnectError, ConnectTimeoutError):
                pass
            except (PyreqwestError, ValueError):
                break
            finally:
                await client.close()
        raise Unsent("the connection failed or was cut")
