"""Addresses that callers write: every known way to be led astray ends in a sentence."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tintype.transport.lookup import AT_ONCE
from tintype.transport.untrusted import Fetcher

from .pages import HERE, LOOPBACK, PNG, Names, answer, hosting, redirect, refusal

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


def test_a_name_server_that_keeps_silent_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """One caller's names, whose servers never answer, and another caller's name at the same time; and whatever else the
    house does in a thread."""
    silence, real = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: str, *args: Any, **kwargs: Any) -> Any:
        if host.endswith(".silent.example"):
            silence.wait(60)
        return real("127.0.0.1", *args, **kwargs)

    async def main() -> None:
        async with hosting({"/a.png": answer()}) as host:
            fetcher = Fetcher(allow=LOOPBACK)
            try:
                urls = (f"http://{number}.silent.example/a.png" for number in range(AT_ONCE // 2))
                silent = [asyncio.ensure_future(fetcher.fetch(url)) for url in urls]
                await asyncio.sleep(0)
                assert await fetcher.fetch(f"http://pictures.example:{host.port}/a.png") == PNG
                assert await asyncio.to_thread(lambda: "done") == "done"
                assert not any(each.done() for each in silent)
            finally:
                silence.set()
            await asyncio.gather(*silent, return_exceptions=True)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    asyncio.run(main())


SILENCE = """
import asyncio, socket, threading
from tintype.core.errors import BadRequest
from tintype.transport.untrusted import Fetcher

socket.getaddrinfo = lambda *args, **kwargs: threading.Event().wait()

async def main():
    try:
        await Fetcher(seconds=0.2).fetch("http://silent.example/a.png")
    except BadRequest as error:
        print(error)

asyncio.run(main())
"""


def test_a_name_server_that_keeps_silent_does_not_hold_up_the_end() -> None:
    """The process ends while it is still being waited for: it would be for ever."""
    ended = subprocess.run([sys.executable, "-c", SILENCE], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "it took longer than 0.2 seconds" in ended.stdout


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
