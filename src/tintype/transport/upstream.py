"""Calls one upstream over HTTP: documents come back, failures come back as errors of ours.

An upstream's answer is a sequence of documents. A plain reply is a sequence of one; a stream has
a document per frame. Which of the two it is, is read from the answer and not from the question, so
an upstream that ignores `"stream": true` is served like any other; and where its first letters are not those of what
its media type says, they are believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar, Self
from urllib.parse import urlsplit

from pyreqwest.client import ClientBuilder
from pyreqwest.request import RequestBuilder
from pyreqwest.response import Response

from ..core import Access, Octets
from ..core.access import read_address
from ..core.errors import Busy, Garbled, Rejected, Timeout, TintypeError, Unavailable
from ..core.later import read_retry_after, read_seconds
from ._answering import Chunks, Opened, alone, cancellable
from ._failing import Failing
from ._secrets import Discreet, Secrets, bare

Frames = Callable[[AsyncIterator[Octets]], AsyncIterator[Octets]]
"""The chunks of an event stream to its documents."""

ReadError = Callable[[int, bytes], TintypeError | None]
"""What an error answer (status, body) means in the upstream's own wire; None where that says nothing."""

Authorize = Callable[[], Awaitable[Mapping[str, str]]]
"""The headers that let a call in, where they change with time: a token that is fetched and runs out."""

DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)
"""When the work at hand must be done, on the event loop's clock. No call that begins before goes on after it:
whoever hands work on shortens it, and nobody has to pass it along."""

VIA: ContextVar[str] = ContextVar("via", default="")
"""The houses that the order at hand has come through, this one last. Told to every upstream, so that a house that
leads back to itself finds it out."""

VIA_HEADER = "x-tintype-via"

TRACE: ContextVar[Mapping[str, str]] = ContextVar("trace", default=MappingProxyType({}))
"""Headers that tell every upstream which trace the order at hand is a part of (W3C Trace Context); none where nothing is
traced."""

_EXCERPT = 65_536
_MARK = b"\xef\xbb\xbf"  # the byte order mark: some servers of Microsoft's begin JSON with it, and no JSON reader takes it


class Upstream:
    """One base URL, with the headers that every call to it carries; they hold the key.

    `timeout` is the longest silence in seconds: a plain reply is silent until the picture is done.
    `authorize` is asked for further headers before each call. Close it with `close`, once.
    """

    max_answer: ClassVar[int] = 256 * 1024 * 1024
    """Bytes of one document, unpacked. More is not read: no order of pictures comes near."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = 600.0,
        connect_timeout: float = 10.0,
        authorize: Authorize | None = None,
    ) -> None:
        self.host = urlsplit(base_url).hostname or "the upstream"
        self._authorize = authorize
        self._secrets = Secrets(headers or {}, base_url)
        self._client = (
            ClientBuilder()
            .base_url(base_url.rstrip("/") + "/")
            .default_headers({"accept": "application/json, text/event-stream", **(headers or {})})
            .user_agent("tintype")
            .follow_redirects(False)  # a redirected POST would lose its body and show the key elsewhere
            .read_timeout(timedelta(seconds=timeout))
            .connect_timeout(timedelta(seconds=connect_timeout))
            .build()
        )

    @classmethod
    def of(cls, access: Access, *, authorize: Authorize | None = None, **headers: str) -> Self:
        """As the operator says; `headers` (`api_key="K"` is `api-key: K`) are the adapter's, and empty ones are
        left out. Raises ValueError for an access without an address."""
        if read_address(access.base_url) is None:
            raise ValueError(f"[provider.{access.name}]: `base_url` is an address such as https://host/v1/")
        own = {name.replace("_", "-").lower(): value for name, value in headers.items() if value}
        # All in small letters: `Authorization` of the one and `authorization` of the other are not both sent.
        said = {name.lower(): value for name, value in access.headers.items()}
        try:
            return cls(
                access.base_url,
                {**own, **said},
                timeout=access.timeout,
                connect_timeout=access.connect_timeout,
                authorize=authorize,
            )
        except ValueError as error:
            fault = f"{error}"
            if "header" in fault:  # it is quoted there, and may be the key
                fault = "its key, or one of its headers, has a line break in it or a letter that no header may have"
            raise ValueError(f"[provider.{access.name}]: {fault}") from None

    def __repr__(self) -> str:
        return f"<Upstream {self.host}>"

    async def close(self) -> None:
        await self._client.close()

    async def post(
        self,
        path: str,
        body: bytes,
        media_type: str,
        *,
        frames: Frames,
        read_error: ReadError,
        live: bool = True,
        see_headers: Callable[[Mapping[str, str]], None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncGenerator[Octets, None]:
        """The documents that the upstream answers with, as the bytes that arrived: they hold pictures.

        `live`: whether each document of a stream is told as it comes; where none is asked for, that is not worth
        being woken for. `headers` are of this call alone, and no secrets. `see_headers` is shown those of a good answer
        before its first document.

        Closing the generator hangs up; but pyreqwest 0.15 lets a request whose answer has not begun run on, until the
        answer or `timeout`. Raises UpstreamError, or what `read_error` makes of an answer.
        """
        builder = self._client.post(path.lstrip("/")).header("content-type", media_type).body_bytes(body)
        builder = builder.headers(dict(headers)) if headers else builder
        builder = await self._ready(builder)
        if live:  # what pyreqwest reads ahead, 64 KB, would wait for what comes after it
            builder = builder.streamed_read_buffer_limit(0)
        with self._failing(buys=True):
            async with Opened(builder) as response:
                if response.status >= 300:
                    raise await self._failure(response, read_error)
                if see_headers is not None:
                    see_headers(response.headers)
                if (response.get_header("content-type") or "").lower().startswith("text/event-stream"):
                    chunks = Chunks(response, self.max_answer, self._too_large)
                    if await chunks.begin() in (b"{", b"["):
                        yield b"".join([chunk async for chunk in chunks.read()])
                        return
                    async for document in frames(chunks.read()):
                        chunks.unread = 0
                        yield document
                    return
                whole = await self._whole(response)
                if bytes(whole[:6]).startswith((b"data:", b"event:", b":")):
                    async for document in frames(alone(whole)):
                        yield document
                else:
                    yield whole

    async def get(self, path: str, *, read_error: ReadError) -> bytes:
        """The whole of an answer. Raises as `post` does."""
        return await self.ask("GET", path, read_error=read_error)

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        media_type: str = "",
        *,
        read_error: ReadError,
    ) -> bytes:
        """The whole of an answer that is one document, or a file. Raises as `post` does."""
        builder = self._client.request(method, path.lstrip("/"))
        if body is not None:
            builder = builder.header("content-type", media_type or "application/json").body_bytes(body)
        builder = await self._ready(builder)
        with self._failing(buys=body is not None), cancellable():
            async with builder.build_streamed() as response:
                if response.status >= 300:
                    raise await self._failure(response, read_error)
                return bytes(await self._whole(response))

    async def _ready(self, builder: RequestBuilder) -> RequestBuilder:
        """Let in, and ended at the deadline. Raises Timeout when that is over."""
        if self._authorize is not None:
            headers = await self._authorize()
            self._secrets.learn(headers)
            builder = builder.headers(headers)
        if via := VIA.get():
            builder = builder.header(VIA_HEADER, via)
        if trace := TRACE.get():
            builder = builder.headers(trace)
        deadline = DEADLINE.get()
        if deadline is None:
            return builder
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise Timeout(f"There was no time left to ask {self.host}.")
        return builder.timeout(timedelta(seconds=left))

    async def _whole(self, response: Response) -> memoryview:
        body = await response.body_reader.read(self.max_answer + 1)
        if body is None:
            return memoryview(b"")
        if len(body) > self.max_answer:
            raise self._too_large()
        return memoryview(body)[3:] if body[:3] == _MARK else memoryview(body)

    def _too_large(self) -> Garbled:
        return Garbled(
            f"The answer of {self.host} has more than {self.max_answer:,} bytes and no end.", charged=True
        )

    async def _failure(self, response: Response, read_error: ReadError) -> TintypeError:
        status = response.status
        refused = Rejected(f"{self.host} does not take our key ({status}).", code="upstream_key_rejected")
        if status == 401:
            return refused
        excerpt = bytes(await response.body_reader.read(_EXCERPT) or b"").removeprefix(_MARK)
        # What it says may quote the key, and whoever cuts it short would leave a part of that.
        body = self._secrets.clean(excerpt.decode("utf-8", "surrogateescape")).encode(
            "utf-8", "surrogateescape"
        )
        known = read_error(status, body)  # a 403 may be about money, or about a model
        if known is not None:
            known.args = (self._secrets.clean(str(known)),)  # JSON may have hidden it
            if known.retry_after is None:
                known.retry_after = _retry_after(response)
            return known
        if status == 403:
            return refused
        said = self._secrets.clean(body.decode("utf-8", "replace")).strip()[:300]
        tells = said and not said.startswith("<")  # a page for people, of whatever stands in front of it
        if status < 400 and (elsewhere := response.get_header("location")):
            where = self._secrets.clean(bare(elsewhere))
            return Rejected(f"{self.host} answered {status} and leads to {where}: correct its `base_url`")
        summary = f"{self.host} answered {status}{f': {said}' if tells else '.'}"
        if status == 429:
            return Busy(summary, retry_after=_retry_after(response))
        if status in (408, 504, 524):  # 524 is Cloudflare's: the service behind it may well go on and charge
            return Timeout(summary, charged=True)
        if status >= 500:
            return Unavailable(summary, retry_after=_retry_after(response))
        return Rejected(summary)

    def _failing(self, *, buys: bool) -> Failing:
        return Failing(self.host, self._secrets, buys=buys)

    def discreet(self) -> Discreet:
        """For whoever reads documents: an upstream may quote the key in an error under a 200 too."""
        return Discreet(self._secrets)


def _retry_after(response: Response) -> float | None:
    """OpenAI and Azure tell milliseconds beside the header that all have."""
    fine = read_seconds(response.get_header("retry-after-ms") or "", 0.001)
    return read_retry_after(response.get_header("retry-after") or "") if fine is None else fine
