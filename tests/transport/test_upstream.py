"""Calls over a real socket: what comes back, and what each way of failing is called."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tintype.core import Access, Octets
from tintype.core.errors import (
    Busy,
    Garbled,
    Refused,
    Rejected,
    Timeout,
    TintypeError,
    Unavailable,
)
from tintype.transport.upstream import Upstream

from ..faults import echoes, faulty_upstream
from ..upstream import FakeUpstream, Reply, Request, fake_upstream

KEY = "sk-very-secret-key"
JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream; charset=utf-8"}


async def lines(chunks: AsyncIterator[Octets]) -> AsyncIterator[bytes]:
    """Frames for these tests: each line is a document."""
    text = b""
    async for chunk in chunks:
        text += bytes(chunk)
        *whole, text = text.split(b"\n")
        for line in whole:
            yield line


def nothing_known(status: int, body: bytes) -> TintypeError | None:
    return None


async def post(upstream: Upstream, path: str = "images/generations") -> list[bytes]:
    documents = upstream.post(path, b'{"a":1}', "application/json", frames=lines, read_error=nothing_known)
    return [bytes(document) async for document in documents]


async def called(reply: Reply, *, silence: float = 10) -> tuple[list[bytes], FakeUpstream]:
    async with fake_upstream(reply) as fake:
        upstream = Upstream(fake.url, {"authorization": f"Bearer {KEY}"}, timeout=silence)
        try:
            return await post(upstream), fake
        finally:
            await upstream.close()


def failure(reply: Reply, *, silence: float = 10) -> TintypeError:
    with pytest.raises(TintypeError) as caught:
        asyncio.run(called(reply, silence=silence))
    assert KEY not in str(caught.value)
    assert KEY not in repr(caught.value)
    return caught.value


def test_a_plain_reply_is_one_document() -> None:
    documents, fake = asyncio.run(called(Reply(chunks=[b'{"b"', b":2}\n{}"])))
    assert documents == [b'{"b":2}\n{}']
    (request,) = fake.requests
    assert request.head.startswith("POST /v1/images/generations HTTP/1.1\r\n")
    assert f"authorization: bearer {KEY}" in request.head.lower()
    assert "content-type: application/json" in request.head.lower()
    assert request.body == b'{"a":1}'


def test_a_byte_order_mark_is_no_part_of_a_document() -> None:
    mark = b"\xef\xbb\xbf"
    documents, _ = asyncio.run(called(Reply(chunks=[mark[:1], mark[1:] + b'{"b":2}'])))
    assert documents == [b'{"b":2}']
    documents, _ = asyncio.run(called(Reply(chunks=[mark + b"data: 1\n"])))
    assert documents == [b"data: 1"]
    seen: list[bytes] = []

    def read_error(status: int, body: bytes) -> TintypeError:
        seen.append(body)
        return Refused("no")

    async def refused() -> None:
        async with fake_upstream(Reply(status=400, chunks=[mark + b'{"error":1}'])) as fake:
            upstream = Upstream(fake.url)
            try:
                await upstream.get("images", read_error=read_error)
            finally:
                await upstream.close()

    with pytest.raises(Refused):
        asyncio.run(refused())
    assert seen == [b'{"error":1}']


def test_a_stream_has_a_document_for_each_frame() -> None:
    documents, _ = asyncio.run(called(Reply(headers=EVENTS, chunks=[b"one\ntw", b"o\n"])))
    assert documents == [b"one", b"two"]


@pytest.mark.parametrize("first", [b"data: 1", b"event: a", b": keepalive"])
def test_a_stream_that_is_called_something_else_is_one(first: bytes) -> None:
    documents, _ = asyncio.run(called(Reply(headers=JSON, chunks=[first, b"\ndata: 2\n"])))
    assert documents == [first, b"data: 2"]


@pytest.mark.parametrize("base", ["", "/"])
@pytest.mark.parametrize("path", ["images/edits", "/images/edits"])
def test_slashes(base: str, path: str) -> None:
    async def head() -> str:
        async with fake_upstream(Reply()) as fake:
            upstream = Upstream(fake.url + base)
            await post(upstream, path)
            await upstream.close()
            return fake.requests[0].head

    assert asyncio.run(head()).startswith("POST /v1/images/edits ")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Rejected),
        (400, Rejected),
        (401, Rejected),
        (402, Rejected),
        (403, Rejected),
        (404, Rejected),
        (408, Timeout),
        (429, Busy),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Timeout),
        (524, Timeout),
    ],
)
def test_statuses(status: int, kind: type[TintypeError]) -> None:
    error = failure(Reply(status=status, chunks=[f"Incorrect key: {KEY}".encode()]))
    assert type(error) is kind
    assert "127.0.0.1" in str(error)


def test_a_redirect_is_not_followed() -> None:
    async def requests() -> int:
        async with fake_upstream(Reply(status=307, headers={"location": "/elsewhere"})) as fake:
            upstream = Upstream(fake.url, {"authorization": f"Bearer {KEY}"})
            with pytest.raises(Rejected):
                await post(upstream)
            await upstream.close()
            return len(fake.requests)

    assert asyncio.run(requests()) == 1


def test_where_a_redirect_leads_is_told() -> None:
    """Most often it is http for https; without the place nobody knows what to mend."""
    told = failure(Reply(status=301, headers={"location": "https://me:hush@api.test/v1/models?key=hush"}))
    assert (
        str(told) == "127.0.0.1 answered 301 and leads to https://api.test/v1/models: correct its `base_url`"
    )


def test_nothing_is_quoted_where_a_key_was_refused() -> None:
    """Services write the key with stars in the middle, which no replacing finds."""
    assert "sk-very" not in str(failure(Reply(status=401, chunks=[b"Incorrect API key: sk-very***key"])))


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status: int) -> None:
    assert failure(Reply(status=status, headers={"retry-after": "7"})).retry_after == 7
    assert (
        failure(Reply(status=status, headers={"retry-after-ms": "1500", "retry-after": "2"})).retry_after
        == 1.5
    )
    assert failure(Reply(status=status, headers={"retry-after": "99999999"})).retry_after == 86_400
    for nothing in ("soon", "inf", "nan", "1e999"):
        assert failure(Reply(status=status, headers={"retry-after": nothing})).retry_after is None
    assert failure(Reply(status=status)).retry_after is None
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    after = failure(Reply(status=status, headers={"retry-after": date})).retry_after
    assert after is not None
    assert 50 < after <= 60


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Sun Nov  6 08:49:37 1994", 0),  # RFC 9110 wants this form to be understood, too; it is UTC
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        ("-7", 0),
        ("1.5", 1.5),
        ("inf", None),
        ("1e400", None),
        ("nan", None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2030 00:00:00 +99999999999999999999", None),
    ],
)
def test_whatever_retry_after_says_it_is_a_time_or_none(said: str, seconds: float | None) -> None:
    assert failure(Reply(status=429, headers={"retry-after": said})).retry_after == seconds


def test_the_provider_says_what_an_answer_means() -> None:
    seen: list[tuple[int, bytes]] = []

    def read_error(status: int, body: bytes) -> TintypeError:
        seen.append((status, body))
        return Refused("no")

    async def call() -> None:
        async with fake_upstream(Reply(status=400, chunks=[b'{"error"', b":1}"])) as fake:
            upstream = Upstream(fake.url)
            try:
                async for _ in upstream.post("x", b"", "a/b", frames=lines, read_error=read_error):
                    pass
            finally:
                await upstream.close()

    with pytest.raises(Refused):
        asyncio.run(call())
    assert seen == [(400, b'{"error":1}')]


@pytest.mark.parametrize("headers", [JSON, EVENTS])
def test_silence_is_a_timeout_that_may_have_been_paid_for(headers: dict[str, str]) -> None:
    error = failure(Reply(headers=headers, chunks=[b"{"], hang=5), silence=0.2)
    assert type(error) is Timeout
    assert error.charged


@pytest.mark.parametrize("headers", [JSON, EVENTS])
def test_a_broken_connection(headers: dict[str, str]) -> None:
    error = failure(Reply(headers=headers, chunks=[b"{"], drop=True))
    assert type(error) is Unavailable
    assert error.charged


def test_nobody_there_costs_nothing() -> None:
    async def call() -> None:
        async with fake_upstream(Reply()) as fake:
            url = fake.url
        upstream = Upstream(url, {"api-key": KEY})
        try:
            await post(upstream)
        finally:
            await upstream.close()

    with pytest.raises(Unavailable) as caught:
        asyncio.run(call())
    assert not caught.value.charged
    assert "127.0.0.1" in str(caught.value)


def test_closing_hangs_up() -> None:
    async def leave() -> None:
        async with fake_upstream(Reply(headers=EVENTS, chunks=[b"one\n"], hang=30)) as fake:
            upstream = Upstream(fake.url)
            documents = upstream.post("x", b"", "a/b", frames=lines, read_error=nothing_known)
            assert bytes(await asyncio.wait_for(anext(documents), 5)) == b"one", "before there is more"
            await documents.aclose()
            await asyncio.wait_for(fake.left.wait(), 5)
            await upstream.close()

    asyncio.run(leave())


def test_the_key_is_not_shown() -> None:
    assert repr(Upstream("https://user:pass@api.example/v1", {"authorization": f"Bearer {KEY}"})) == (
        "<Upstream api.example>"
    )


def test_a_cancellation_is_never_lost() -> None:
    """Whoever is told to end at the moment at which the answer comes ends, and does not ask once more."""

    async def main() -> None:
        came = asyncio.Event()

        def reply(request: Request) -> Reply:
            came.set()
            return Reply(status=200 if "good" in request.path else 500, chunks=[b"{}"])

        async with fake_upstream(reply) as fake:
            upstream = Upstream(fake.url)
            for turns in range(40):
                came.clear()
                path = "good" if turns % 2 else "bad"
                task = asyncio.create_task(upstream.get(path, read_error=nothing_known))
                await came.wait()
                for _ in range(turns // 4):
                    await asyncio.sleep(0)
                told = task.cancel()
                (outcome,) = await asyncio.gather(task, return_exceptions=True)
                assert not told or isinstance(outcome, asyncio.CancelledError)
            await upstream.close()

    asyncio.run(main())


@pytest.mark.parametrize("headers", [JSON, EVENTS])
@pytest.mark.parametrize(
    ("chunks", "fits"), [([b"x" * 60] * 2, False), ([b"x" * 49, b"x" * 50 + b"\n"], True)]
)
def test_an_answer_without_end(
    headers: dict[str, str], chunks: list[bytes], fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Upstream, "max_answer", 100)
    reply = Reply(headers=headers, chunks=chunks, hang=0 if fits else 30)
    if fits:
        documents, _ = asyncio.run(called(reply))
        assert b"".join(documents).strip() == b"x" * 99
    else:
        error = failure(reply)
        assert type(error) is Garbled
        assert error.charged


def test_a_stream_may_be_as_long_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Upstream, "max_answer", 100)
    documents, _ = asyncio.run(called(Reply(headers=EVENTS, chunks=[b"x" * 50 + b"\n"] * 9)))
    assert documents == [b"x" * 50] * 9


def test_a_file_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Upstream, "max_answer", 100)

    async def call() -> None:
        async with fake_upstream(Reply(chunks=[b"x" * 101], hang=1)) as fake:
            upstream = Upstream(fake.url)
            try:
                await upstream.get("view", read_error=nothing_known)
            finally:
                await upstream.close()

    with pytest.raises(Garbled):
        asyncio.run(call())


@pytest.mark.parametrize("before", [270, 290, 480])
@pytest.mark.parametrize("known", [False, True])
def test_no_part_of_the_key_is_left_where_an_answer_is_cut_short(before: int, known: bool) -> None:
    def read_error(status: int, body: bytes) -> TintypeError | None:
        return Rejected(body.decode()[:500]) if known else None

    async def call() -> None:
        async with fake_upstream(
            Reply(status=400, chunks=[b"x" * before + KEY.encode() + b"y" * 99])
        ) as fake:
            upstream = Upstream(fake.url, {"authorization": f"Bearer {KEY}"})
            try:
                await upstream.get("models", read_error=read_error)
            finally:
                await upstream.close()

    with pytest.raises(Rejected) as caught:
        asyncio.run(call())
    assert KEY[:5] not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b" \n", b"<html><h1>502 Bad Gateway</h1></html>"])
def test_a_page_for_people_is_not_quoted(body: bytes) -> None:
    assert str(failure(Reply(status=502, chunks=[body] if body else []))) == "127.0.0.1 answered 502."


@pytest.mark.parametrize(
    "base_url", ["", "api.test/v1/", "ftp://api.test", "http://[api.test", "http://api.test:x"]
)
def test_what_is_no_address_is_told_with_the_name_of_its_provider(base_url: str) -> None:
    access = Access(name="acme", base_url=base_url)
    with pytest.raises(ValueError, match=r"\[provider\.acme\]: `base_url` is an address such as"):
        Upstream.of(access)
    assert "acme" in repr(access)


def test_a_key_that_no_header_may_have_is_not_quoted() -> None:
    access = Access(name="acme", base_url="https://api.acme.example/")
    with pytest.raises(ValueError, match=r"^\[provider.acme\]: its key") as caught:
        Upstream.of(access, api_key=f"{KEY}\n")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
def test_the_operators_header_stands_in_place_of_ours(name: str) -> None:
    async def call() -> Request:
        async with fake_upstream(Reply(chunks=[b"{}"])) as fake:
            access = Access(name="acme", base_url=fake.url, headers={name: "raw-key", "Accept": "image/png"})
            upstream = Upstream.of(access, authorization=f"Bearer {KEY}")
            await post(upstream)
            await upstream.close()
            return fake.requests[0]

    lines = asyncio.run(call()).head.lower().split("\r\n")
    sent = sorted(line for line in lines if line.startswith(("authorization:", "accept:")))
    assert sent == ["accept: image/png", "authorization: raw-key"]


def test_a_password_of_the_address_is_not_quoted() -> None:
    async def call(url: str) -> None:
        upstream = Upstream(url.replace("://", "://somebody:pass-word-of-mine@"))
        try:
            await upstream.get("models", read_error=nothing_known)
        finally:
            await upstream.close()

    with faulty_upstream(echoes(400, plain=True)) as faulty, pytest.raises(Rejected) as caught:
        asyncio.run(call(faulty.url))
    assert "authorization: basic" in faulty.heads[0].lower()
    encoded = base64.b64encode(b"somebody:pass-word-of-mine").decode()
    assert encoded in faulty.heads[0]
    assert encoded not in str(caught.value)
    assert "authorization: basic ***" in str(caught.value).lower()
