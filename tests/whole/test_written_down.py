"""What a server writes down, and what it never does: keys, pictures, and prompts where none are wanted."""

from __future__ import annotations

import asyncio
import base64
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tintype.accounts.keys import Keys
from tintype.core import Completed, Events, ImageRequest, ModelCard, Size, Text
from tintype.core.errors import BadRequest, Refused, Rejected
from tintype.gateway.settings import Settings
from tintype.server.opening import Rooms, open_rooms

from ..fakes import FakeProvider
from ..pictures import png
from .houses import JOBS, ORDER, House, house
from .houses import call as ask
from .test_once import DIALECTS
from .test_process import SOURCE, call, process

PROMPT = "a very secret plan"
SECRET = "sk-of-an-upstream-0123456789"


def files(folder: Path) -> bytes:
    """All that lies there but pictures, and the secret that signs their addresses."""
    found = [path for path in folder.rglob("*") if path.is_file() and "pictures" not in path.parts]
    assert any(path.suffix == ".db" for path in found)
    return b"\n".join(path.read_bytes() for path in found if path.name != "secret")


class Talker(FakeProvider):
    """Says what it was asked, as models do, whether it draws or not."""

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        yield Text(text=f"Here is {request.prompt}:")
        async for event in super().generate(request, card):
            if isinstance(event, Completed):
                event = replace(event, revised_prompt=f"In oil, {request.prompt}")
            yield event


def order_all(at: House, key: str) -> list[bytes]:
    """Everything that somebody can ask for, some of it badly; the pictures that were sent along, as base64."""
    data = base64.b64encode(png(Size(32, 32), "#123456"))
    named = {"authorization": f"Bearer {key}"}
    for name, (path, body) in DIALECTS.items():
        told = (
            {**body, "api_key": key, "image": f"data:image/png;base64,{data.decode()}"}
            if "model" in body
            else body
        )
        at.call("POST", path, told, **named, idempotency_key=f"{name} once")
        at.call("POST", f"{path}{'&' if '?' in path else '?'}key={key}", body, x_api_key=key)
    a1111 = {
        "prompt": "a cat",
        "width": 64,
        "height": 64,
        "override_settings": {"sd_api_key": key},
        "infotext": key,
    }
    at.call("POST", "/sdapi/v1/txt2img", {**a1111, "alwayson_scripts": {"x": {"args": [key]}}}, **named)
    at.call("POST", "/sdapi/v1/img2img", {**a1111, "init_images": [data.decode()]}, **named)
    at.order({**ORDER, "prompt": "no", "user": key, "n": 99}, **named)
    at.order({**ORDER, "size": key}, **named)
    at.order({**ORDER, "model": key}, **named)
    at.order({**ORDER, "stream": True, "partial_images": 2}, **named, prefer="respond-async")
    at.order({**ORDER, "response_format": "url"}, **named, prefer="respond-async")
    return [data, data[:40]]


@pytest.mark.parametrize("fails", [None, Refused("no"), Rejected(f"the service said {PROMPT!r}")])
def test_no_key_and_no_picture_is_in_the_database(tmp_path: Path, fails: Exception | None) -> None:
    key = ""

    async def prepare(rooms: Rooms) -> None:
        nonlocal key
        assert rooms.office is not None
        _, key = await rooms.office.keys.make("one")

    with house(Talker(local=False, fails=fails), tmp_path, prepare=prepare) as at:
        sent = order_all(at, key)
        at.idle()
        assert len(at.call("GET", f"{JOBS}?limit=100", authorization=f"Bearer {key}").json()["data"]) > 20
        written = files(tmp_path)  # also what has not been moved out of the log of SQLite yet
    written += files(tmp_path)
    assert b"a cat" in written, "it has what it should have"
    assert key.encode() not in written
    assert key[3:20].encode() not in written
    assert b"a secret of 32 letters" not in written
    drawn = base64.b64encode(png(Size(64, 64), "#006030"))
    for data in (*sent, drawn, drawn[:40], b"iVBORw0KGgo", b"\x89PNG\r\n\x1a\n"):
        assert data not in written


@pytest.mark.parametrize("days", [0, 30])
@pytest.mark.parametrize("fails", [None, Rejected(f"the service said {PROMPT!r}")])
def test_prompts_are_written_down_or_not(tmp_path: Path, days: int, fails: Exception | None) -> None:
    with house(Talker(fails=fails), tmp_path, history_days=days) as at:
        for stream in (False, True):
            at.order({**ORDER, "prompt": PROMPT, "stream": stream})
        chat = {"model": "m", "messages": [{"role": "user", "content": PROMPT}]}
        at.call("POST", "/v1/chat/completions", chat)
        at.idle()
        assert [job["prompt"] for job in at.call("GET", JOBS).json()["data"]] == [PROMPT if days else ""] * 3
    assert (PROMPT.encode() in files(tmp_path)) is bool(days)


def test_without_history_an_answer_is_given_again_all_the_same(tmp_path: Path) -> None:
    with house(Talker(), tmp_path, history_days=0) as at:
        first, again = (at.order({**ORDER, "prompt": PROMPT}, idempotency_key="k") for _ in range(2))
        assert first.json()["data"][0]["revised_prompt"] == f"In oil, {PROMPT}"
        assert again.body == first.body


def test_a_database_that_is_off(tmp_path: Path) -> None:
    """Jobs are remembered until the server stops; nothing is written."""
    with house(FakeProvider(), None, data=tmp_path / "data") as at:
        id = at.order(prefer="respond-async").json()["id"]
        assert at.ended(id)["result"]
        assert at.order(idempotency_key="k").body == at.order(idempotency_key="k").body
        assert at.order(authorization="Bearer anything").status == 200, "there are no keys"
    assert not (tmp_path / "data").exists()
    with house(FakeProvider(), None, data=tmp_path / "data") as at:
        assert at.call("GET", f"{JOBS}/{id}").status == 404


def test_pictures_are_kept_for_as_long_as_is_said(tmp_path: Path) -> None:
    """The hour of its end is when a picture is swept away; its time in the books is exact."""
    with house(FakeProvider(), tmp_path, result_lifetime=7200) as at:
        id = at.order(prefer="respond-async").json()["id"]
        at.ended(id)
        assert at.rooms.written is not None
        (picture,) = asyncio.run(at.rooms.written.pictures(id))
        assert 7190 < picture.expires - time.time() <= 7200
        store = at.gateway.store
        assert asyncio.run(store.sweep(picture.expires - 3600)) == 0
        assert asyncio.run(store.sweep(picture.expires + 3600)) == 1
        job = at.job(id)
        assert (job["status"], job["result"]) == ("completed", None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "pictures.example"])
def test_it_is_not_served_to_all_the_world_unasked(tmp_path: Path, host: str) -> None:
    for settings in (Settings(host=host, data=tmp_path), Settings(host=host, data=tmp_path, database="off")):
        with pytest.raises(BadRequest, match="tintype keys create") as caught:
            open_rooms(settings, {})
        assert caught.value.param == "host"
        opened = open_rooms(replace(settings, open=True), {})
        asyncio.run(opened.close())
    for near in ("127.0.0.1", "localhost", "::1", "127.3.2.1"):
        asyncio.run(open_rooms(Settings(host=near, data=tmp_path), {}).close())


def test_with_a_key_it_is_served_to_whoever_has_one(tmp_path: Path) -> None:
    rooms = open_rooms(Settings(data=tmp_path), {})

    async def make() -> str:
        assert rooms.database is not None
        _, secret = await Keys(rooms.database).make("one")
        await rooms.close()
        return secret

    secret = asyncio.run(make())
    with process(tmp_path, HOST="0.0.0.0", DATA=str(tmp_path)) as (_, port):
        assert call(port, "GET", "/v1/models")[0] == 401
        url = f"http://127.0.0.1:{port}"
        assert ask(url, "GET", "/v1/models", authorization=f"Bearer {secret}").status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_start_is_refused_in_a_sentence(tmp_path: Path, host: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tintype", "serve", "--host", host, "--port", "0"],
        cwd=tmp_path,
        env=SOURCE,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 2
    assert "tintype keys create" in ended.stderr
    assert "open = true" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "url", ["mysql://a:geheim@b/c", "sqlite:////proc/nowhere/books.db", "postgresql://u:geheim@127.0.0.1:1/x"]
)
def test_a_database_that_cannot_be_opened_stops_the_start(tmp_path: Path, url: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tintype", "serve", "--port", "0"],
        cwd=tmp_path,
        env={**SOURCE, "TINTYPE_DATABASE": url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode not in (0, -9)
    assert "geheim" not in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr) < 600


def test_the_database_is_the_one_that_is_said(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "books.db"
    elsewhere.parent.mkdir()
    with house(FakeProvider(), tmp_path / "data", database=f"sqlite:///{elsewhere}") as at:
        at.order()
        at.idle()
    database = sqlite3.connect(elsewhere)
    assert database.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    database.close()
    assert not (tmp_path / "data" / "tintype.db").exists()
