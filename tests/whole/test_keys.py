"""Keys never appear: not in a repr, an error, an answer or a log, even where an upstream quotes them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import aclosing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tintype.cli.checking import ask_providers
from tintype.core import Access, Image, ImageRequest, ModelCard, Provider, Size
from tintype.core.errors import TintypeError
from tintype.gateway.assemble import missing, open_provider, read_access
from tintype.gateway.settings import Settings
from tintype.transport.upstream import Upstream

from ..faults import echoes, faulty_upstream
from ..keyed import KEY, SERVICES, TRACE, at, environ, toml
from ..pictures import png

NAMES = [service.name for service in SERVICES]
PICTURE = Image.from_bytes(png(Size(64, 64)))


def orders(card: ModelCard) -> Iterator[ImageRequest]:
    order = ImageRequest(model=card.id, prompt="a cat")
    yield order
    yield ImageRequest(model=card.id, prompt="a cat", stream=True)
    if card.max_input_images:
        yield ImageRequest(model=card.id, prompt="a cat", images=(PICTURE,))


async def failures(provider: Provider, cards: tuple[ModelCard, ...]) -> list[TintypeError]:
    """What comes of all that can be asked of it."""
    found = []
    try:
        await provider.check()
    except TintypeError as error:
        found.append(error)
    for card in {bool(card.max_input_images): card for card in cards}.values():
        for order in orders(card):
            try:
                async with aclosing(provider.generate(order, card)) as events:
                    async for _ in events:
                        pass
            except TintypeError as error:
                found.append(error)
    await provider.close()
    return found


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_no_error_quotes_the_key(name: str, plain: bool) -> None:
    with faulty_upstream() as upstream:
        service = at(upstream.url)[name]
        assert not missing(service, environ())
        for status in (400, 401, 403, 500):
            upstream.script = echoes(status, plain=plain)
            errors = asyncio.run(failures(open_provider(service, environ()), service.cards))
            assert errors
            for error in errors:
                shown = [repr(error), *map(str, error.args), *traceback.format_exception(error)]
                assert not any(trace in "".join(shown) for trace in traces(upstream.heads))
        assert traces(upstream.heads), "it was there to be quoted"


def traces(heads: list[str]) -> list[str]:
    """The key as it was sent: itself, or as HTTP's basic authorization writes it."""
    plain = [TRACE] if any(TRACE in head for head in heads) else []
    return plain + re.findall(r"(?i)^authorization: basic (\S+)", "\n".join(heads), re.M)


@pytest.mark.parametrize("name", NAMES)
def test_no_repr_shows_the_key(name: str) -> None:
    service = at("https://user:sk-known-to-all@api.example/v1/")[name]
    keyed = service._replace(settings={**service.settings, "key": KEY})
    provider = open_provider(keyed, environ())
    access = read_access(keyed, environ())
    held = [value for value in vars(provider).values() if isinstance(value, Upstream)]
    for thing in (provider, access, keyed, *held, Settings(provider={name: {"key": KEY}})):
        assert "sk-known" not in repr(thing) + str(thing)
    assert "api.example" in repr(access)
    asyncio.run(provider.close())


# The web UI's goes as base64, in which there is nothing that cannot be sent.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "automatic1111"])
def test_a_key_that_cannot_be_sent_is_not_quoted(name: str) -> None:
    service = at("https://api.example/v1/")[name]
    broken = service._replace(settings={**service.settings, "key": f"{KEY}\r\nx: y"})
    with pytest.raises(ValueError, match=re.escape(name)) as caught:
        open_provider(broken, environ())
    assert TRACE not in "".join(traceback.format_exception(caught.value))


def test_an_option_of_the_wrong_kind_is_not_quoted() -> None:
    access = Access(name="acme", options={"secret": [KEY], "table": KEY})
    for read in (lambda: access.option("secret"), lambda: access.table("table")):
        with pytest.raises(ValueError, match=r"\[provider.acme\]") as caught:
            read()
        assert TRACE not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [f'[provider]\nopenai = "{KEY}"\n', f'[provider.openai]\nkey_env = "{KEY}"\n', f'provider = "{KEY}"\n'],
)
def test_a_key_in_the_wrong_place_of_the_settings_is_not_quoted(text: str, tmp_path: Path) -> None:
    path = tmp_path / "tintype.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match="provider") as caught:
        ask_providers(Settings.load({}, path), {})
    assert TRACE not in "".join(traceback.format_exception(caught.value))


def test_no_answer_and_no_line_of_the_log_has_the_key(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with faulty_upstream() as upstream:
        config = tmp_path / "mine.toml"
        config.write_text(toml(upstream.url))
        command = [sys.executable, "-m", "tintype", "serve", "--port", str(port), "--config", str(config)]
        source = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PATH": os.environ["PATH"]}
        # Into a file: a pipe that nobody reads is full after 64 KB, and then the server waits for a reader.
        log_file = tmp_path / "log"
        with log_file.open("wb") as words:
            server = subprocess.Popen(
                command,
                cwd=tmp_path,
                env={**environ(), **source},
                stdout=words,
                stderr=subprocess.STDOUT,
            )
            try:
                answers = b""
                for status in (400, 401, 403, 500):
                    upstream.script = echoes(status)
                    for service in at(upstream.url).values():
                        if service.name in NAMES:
                            answers += ask(port, service.cards[0].id)
            finally:
                server.terminate()
                server.wait(timeout=20)
    log = log_file.read_bytes()
    assert answers.count(b'"error"') >= 8 * len(NAMES)
    assert log.count(b'"event":"request"') >= 8 * len(NAMES)
    assert TRACE.encode() not in answers + log
    assert any(TRACE in head for head in upstream.heads)


def ask(port: int, model: str) -> bytes:
    """A plain answer and a stream."""
    answers = b""
    for stream in (False, True):
        for _ in range(200):
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            try:
                body = json.dumps({"model": model, "prompt": "a cat", "stream": stream})
                connection.request("POST", "/v1/images/generations", body)
                answers += connection.getresponse().read()
                break
            except ConnectionRefusedError:  # it is still starting
                time.sleep(0.05)
            finally:
                connection.close()
    return answers
