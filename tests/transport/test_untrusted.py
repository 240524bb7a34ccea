"""Addresses that callers write: every known way to be led astray ends in a sentence, and pictures arrive."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest

from tintype.core.errors import BadRequest
from tintype.transport.untrusted import Fetcher, Network

from ..pictures import picture

PNG = picture("png")
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SECRET = "the-inner-secret"


def answer(body: bytes = PNG, *, status: str = "200 OK", **headers: str) -> bytes:
    """Whole, as it goes over the wire; its length is told unless `headers` say otherwise."""
    told = {
        "content-length": str(len(body)),
        **{name.replace("_", "-"): each for name, each in headers.items()},
    }
    lines = "".join(f"{name}: {each}\r\n" for name, each in told.items() if each)
    return f"HTTP/1.1 {status}\r\n{lines}connection: close\r\n\r\n".encode("latin-1") + body


def redirect(to: str) -> bytes:
    return answer(SECRET.encode(), status="302 Found", location=to)


@dataclass
class Host:
    """A server on the loopback. `pages` are what it sends, by path; `pause` seconds between single bytes."""

    pages: Mapping[str, bytes]
    pause: float = 0
    port: int = 0
    heads: list[str] = field(default_factory=list)
    sent: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            page = self.pages[head.split()[1].partition("?")[0]]
            step = 1 if self.pause else 65_536
            for start in range(0, len(page), step):
                writer.write(page[start : start + step])
                await writer.drain()
                self.sent += len(page[start : start + step])
                await asyncio.sleep(self.pause)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def hosting(
    pages: Mapping[str, bytes], *, pause: float = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Host]:
    host = Host(pages, pause)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    async with server:
        yield host


@dataclass
class Names:
    """A name server: each look-up of a name is answered with the next of its lists, the last for ever."""

    known: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.known.get(host)
        if answers is None:
            raise OSError("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]


HERE = Names({"pictures.example": [["127.0.0.1"]]})


async def refusal(url: str, fetcher: Fetcher, **limits: int) -> str:
    with pytest.raises(BadRequest) as caught:
        await fetcher.fetch(url, param="mask", which="The mask", **limits)
    assert (caught.value.status, caught.value.code, caught.value.param) == (400, "invalid_image_url", "mask")
    text = str(caught.value)
    assert text.startswith("The mask cannot be fetched from ")
    assert SECRET not in text
    return text


def from_host(
    page: bytes, *, allow: tuple[Network, ...] = LOOPBACK, seconds: float = 5, pause: float = 0, **limits: int
) -> tuple[str, Host]:
    """How a page is refused."""

    async def main() -> tuple[str, Host]:
        async with hosting({"/a.png": page, "/b.png": answer(SECRET.encode())}, pause=pause) as host:
            fetcher = Fetcher(allow=allow, seconds=seconds, resolve=HERE)
            return await refusal(f"http://pictures.example:{host.port}/a.png?k=1", fetcher, **limits), host

    return asyncio.run(main())


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif"])
@pytest.mark.parametrize("length", [True, False])
def test_a_picture_arrives_whole(kind: str, length: bool) -> None:
    body = picture(kind, 300, 200)

    async def main() -> None:
        page = answer(body, content_type="text/html", **({} if length else {"content_length": ""}))
        async with hosting({"/p/a.png": page}) as host:
            url = f" http://Pictures.Example.:{host.port}/p/a.png?k=1#top "
            assert await Fetcher(allow=LOOPBACK, resolve=HERE).fetch(url) == body
            head = host.heads[0].lower()
            assert "get /p/a.png?k=1 http" in head
            assert f"host: pictures.example:{host.port}" in head
            assert not any(name in head for name in ("cookie", "authorization", "referer"))

    asyncio.run(main())


CLOSED = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:1.1.1.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", CLOSED)
@pytest.mark.parametrize("written", [True, False], ids=["in the address", "by its name"])
def test_no_network_of_the_house_is_reached(address: str, written: bool) -> None:
    """Neither by number nor by a name that leads there; and one closed address spoils the open ones."""
    host = f"[{address}]" if ":" in address else address
    names = Names({"rebound.example": [["1.1.1.1", address]]})
    url = f"http://{host if written else 'rebound.example'}/latest/meta-data"
    assert "not public" in asyncio.run(refusal(url, Fetcher(resolve=names)))
    assert names.asked == ([] if written else ["rebound.example"])


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.0.0.1",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "1.2.3.4.5",
        "256.1.1.1",
        "a.0x1",
        "１２７.１",
        "127。1",
        "②.1",
        "%31%32%37.0.0.1",
        "127.0.0.1%00.example",
        "a..example",
        "",
        ".",
        "-" * 64,
        "a." * 130,
        "xn--a",
        "xn--zzzzzzzzz",
        "[127.0.0.1]",
        "[::1",
        "[::1%25lo]x",
    ],
)
def test_a_host_that_can_be_read_in_two_ways_is_not_looked_up(host: str) -> None:
    names = Names({})
    text = asyncio.run(refusal(f"http://{host}/a.png", Fetcher(resolve=names)))
    assert not names.asked
    assert "not known" not in text


def test_other_letters_are_read_before_they_are_judged() -> None:
    text = asyncio.run(refusal("http://１２７.0.0.１/a.png", Fetcher(resolve=Names({}))))
    assert "not public" in text
    names = Names({})
    asyncio.run(refusal("http://bücher.example/a.png", Fetcher(resolve=names)))
    assert names.asked == ["xn--bcher-kva.example"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("gopher://pictures.example/", "only http and https"),
        ("//pictures.example/a.png", "only http and https"),
        ("", "only http and https"),
        ("http://me:hush@pictures.example/a.png", "a name or a password"),
        ("http://me@pictures.example/a.png", "a name or a password"),
        ("http://pictures.example:22/", "port 22"),
        ("http://pictures.example:0/", "port 0"),
        ("http://pictures.example:99999/", "no address"),
        ("http://pictures.example:x/", "no address"),
        ("http://pictures.example\\@10.0.0.1/", "backslash"),
        ("http://pictures.example/a b", "space"),
        ("http://pictures.example/a\r\nHost: x", "space"),
        ("http://pictures.example/a\x00", "control"),
        ("http://nowhere.example/a.png", "not known"),
        ("http://pictures.example/" + "a" * 9000, "more than 8192 letters"),
    ],
)
def test_other_addresses_are_refused_by_name(url: str, why: str) -> None:
    text = asyncio.run(refusal(url, Fetcher(resolve=HERE)))
    assert why in text
    assert "hush" not in text


def test_the_query_is_not_repeated() -> None:
    text = asyncio.run(refusal("https://10.0.0.1/a.png?token=hush#hush", Fetcher()))
    assert "https://10.0.0.1/a.png:" in text
    assert "hush" not in text


def test_a_name_is_looked_up_once_and_the_connection_keeps_to_that() -> None:
    """The name server answers otherwise the second time; the name itself is known to nobody else."""

    async def main() -> None:
        names = Names({"rebound.example": [["127.0.0.1"], ["127.0.0.2"]]})
        async with hosting({"/a.png": answer()}) as host:
            fetcher = Fetcher(allow=LOOPBACK, resolve=names)
            assert await fetcher.fetch(f"http://rebound.example:{host.port}/a.png") == PNG
            assert names.asked == ["rebound.example"]

    asyncio.run(main())


def test_the_second_address_of_a_host_is_tried() -> None:
    async def main() -> None:
        names = Names({"two.example": [["127.0.0.2", "127.0.0.1"]]})
        async with hosting({"/a.png": answer()}) as host:
            fetcher = Fetcher(allow=LOOPBACK, resolve=names)
            assert await fetcher.fetch(f"http://two.example:{host.port}/a.png") == PNG

    asyncio.run(main())


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with hosting({"/a.png": answer()}) as host:
            for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
                monkeypatch.setenv(name, "http://127.0.0.1:9")
            fetcher = Fetcher(allow=LOOPBACK, resolve=HERE)
            assert await fetcher.fetch(f"http://pictures.example:{host.port}/a.png") == PNG

    asyncio.run(main())


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("http://169.254.169.254/latest/meta-data", "not public"),
        ("http://inner.example/", "not public"),
        ("http://[::ffff:10.0.0.1]/", "not public"),
        ("//10.0.0.1/", "not public"),
        ("file:///etc/passwd", "only http and https"),
        ("http://me:x@pictures.example/", "a name or a password"),
        ("http://[", "no address"),
        ("/a.png", "redirects more than 3 times"),
    ],
)
def test_a_redirect_is_judged_as_a_new_address(to: str, why: str) -> None:
    async def main() -> None:
        names = Names({"pictures.example": [["127.0.0.1"]], "inner.example": [["10.0.0.1"]]})
        async with hosting({"/a.png": redirect(to)}) as host:
            fetcher = Fetcher(allow=LOOPBACK, resolve=names)
            assert why in await refusal(f"http://pictures.example:{host.port}/a.png", fetcher)
            assert len(host.heads) == (4 if to == "/a.png" else 1)

    asyncio.run(main())


def test_three_redirects_are_followed() -> None:
    async def main() -> None:
        pages = {f"/{number}": redirect(f"{number + 1}") for number in range(3)}
        async with hosting({**pages, "/3": answer()}) as host:
            fetcher = Fetcher(allow=LOOPBACK, resolve=HERE)
            assert await fetcher.fetch(f"http://pictures.example:{host.port}/0") == PNG

    asyncio.run(main())


BIG = PNG + bytes(3_000_000)


def test_a_length_that_is_too_large_is_believed() -> None:
    text, host = from_host(answer(bytes(40_000_000)), limit=100_000)
    assert "more than 0.1 MB" in text
    assert host.sent < 20_000_000
    assert "more than 50 MB" in from_host(answer(content_length=str(10**17)))[0]


@pytest.mark.parametrize(
    "headers", [{"content_length": ""}, {"transfer_encoding": "chunked", "content_length": ""}]
)
def test_without_a_length_it_is_counted(headers: dict[str, str]) -> None:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BIG), BIG) if len(headers) == 2 else BIG
    text, _ = from_host(answer(body, **headers), limit=100_000)
    assert "more than 0.1 MB" in text


def test_a_length_that_lies_ends_the_picture_where_it_says() -> None:
    async def main() -> None:
        async with hosting({"/a.png": answer(BIG, content_length=str(len(PNG)))}) as host:
            fetcher = Fetcher(allow=LOOPBACK, resolve=HERE)
            url = f"http://pictures.example:{host.port}/a.png"
            assert await fetcher.fetch(url, limit=100_000) == PNG

    asyncio.run(main())


def test_what_is_compressed_is_not_unfolded() -> None:
    bomb = gzip.compress(PNG + bytes(20_000_000))
    assert "compressed" in from_host(answer(bomb, content_encoding="gzip"), limit=100_000)[0]
    assert "no picture" in from_host(answer(bomb))[0]


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (answer(SECRET.encode(), content_type="image/png"), "no picture"),
        (answer(b"", content_type="image/png"), "no picture"),
        (answer(PNG[:4]), "no picture"),
        (answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/svg+xml"), "no picture"),
        (answer(picture("bmp")), "no picture"),
        (answer(PNG, content_length=str(len(PNG) + 9)), "cut"),
        (answer(b"ff\r\n" + PNG, content_length="", transfer_encoding="chunked"), "cut"),
        (answer(SECRET.encode(), status="404 Not Found"), "it answered 404"),
        (answer(SECRET.encode(), status="500 Oh"), "it answered 500"),
        (answer(SECRET.encode(), status="302 Found"), "it answered 302"),
        (answer(status="206 Partial Content"), "it answered 206"),
        (answer(status="302 Found", location="/\xff\xfe"), "cannot be fetched"),
        (answer(content_encoding="\xff"), "cannot be fetched"),
        (b"SSH-2.0-OpenSSH_9.6\r\n" + SECRET.encode(), "the connection failed"),
        (b"", "the connection failed"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2_000_000, "the connection failed"),
    ],
)
def test_an_answer_that_is_no_picture(page: bytes, why: str) -> None:
    assert why in from_host(page)[0]


def test_what_is_no_picture_is_not_read_to_its_end() -> None:
    _, host = from_host(answer(bytes(40_000_000)))
    assert host.sent < 20_000_000


@pytest.mark.parametrize("page", [answer(), b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000])
def test_a_slow_drip_ends_with_the_time(page: bytes) -> None:
    begun = time.monotonic()
    text, _ = from_host(page, seconds=0.3, pause=0.02)
    assert "longer than 0.3 seconds" in text
    assert time.monotonic() - begun < 3


def test_a_slow_name_server_ends_with_the_time() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        raise AssertionError

    text = asyncio.run(refusal("http://pictures.example/", Fetcher(resolve=never, seconds=0.1)))
    assert "longer than 0.1 seconds" in text


def test_nobody_listens() -> None:
    async def main() -> None:
        async with hosting({}) as host:
            port = host.port
        text = await refusal(f"http://pictures.example:{port}/a.png", Fetcher(allow=LOOPBACK, resolve=HERE))
        assert "the connection failed" in text

    asyncio.run(main())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with the command openssl")
def test_the_certificate_must_be_for_the_name(tmp_path: Path) -> None:
    """Though the connection goes to a number. An unknown authority and another's name are refused."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    extension = ("-addext", "subjectAltName=DNS:pictures.example", "-addext", "basicConstraints=CA:FALSE")
    subprocess.run(
        [*command.split(), *extension, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    names = Names({"pictures.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]})

    async def main() -> None:
        async with hosting({"/a.png": answer()}, tls=context) as host:
            known = Fetcher(allow=LOOPBACK, resolve=names, roots=certificate.read_bytes())
            assert await known.fetch(f"https://pictures.example:{host.port}/a.png") == PNG
            for name, fetcher in (
                ("other.example", known),
                ("127.0.0.1", known),
                ("pictures.example", Fetcher(allow=LOOPBACK, resolve=names)),
            ):
                assert "connection failed" in await refusal(f"https://{name}:{host.port}/a.png", fetcher)
            assert len(host.heads) == 1

    asyncio.run(main())
