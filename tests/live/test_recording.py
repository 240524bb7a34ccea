"""What is kept of a real answer: its shape, its numbers and the headers of its pictures, and nobody's secrets."""

from __future__ import annotations

import asyncio
import base64
import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

from tintype.core import Image, Octets, Size
from tintype.transport.upstream import Upstream

from ..pictures import picture
from ..upstream import Reply, fake_upstream
from .recording import SCRUBBED, heard, keep, trimmed

KEY = "mine-and-nobodys"


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def with_a_long_comment() -> bytes:
    """A JPEG whose size stands far behind its beginning."""
    file = BytesIO()
    Pillow.new("RGB", (300, 200), "teal").save(file, "jpeg", comment=b"x" * 5000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "most"),
    [
        *((picture(kind, 300, 200), 700) for kind in ("png", "jpeg", "webp", "gif")),
        (with_a_long_comment(), 6000),
    ],
)
@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_a_picture_is_cut_behind_its_header(data: bytes, most: int, prefix: str) -> None:
    whole = data + bytes(range(256)) * 64
    kept = trimmed(json.dumps({"data": [{"b64_json": prefix + base64_of(whole)}]}).encode())
    text = kept["data"][0]["b64_json"]
    assert text.startswith(prefix)
    cut = base64.b64decode(text.removeprefix(prefix), validate=True)
    assert len(cut) <= most < len(whole)
    assert Image.from_bytes(cut).header() == Image.from_bytes(whole).header()
    assert Image.from_bytes(cut).header().size == Size(300, 200)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"id": "img_123", "taskId": "t", "user": "me", "org_id": 17}, dict.fromkeys(("id", "taskId", "user"), SCRUBBED) | {"org_id": 0}),
        ({"modelId": "m", "model": "gpt-image-2", "n": 2}, {"modelId": "m", "model": "gpt-image-2", "n": 2}),
        ({"usage": {"input_tokens": 9, "cost": 0.04}}, {"usage": {"input_tokens": 9, "cost": 0.04}}),
        ({"message": f"key {KEY} of jo@acme.example"}, {"message": f"key {SCRUBBED} of {SCRUBBED}"}),
        ({"message": "sk-proj-abcdefghijkl is wrong"}, {"message": f"{SCRUBBED} is wrong"}),
        (["a 6f9619ff-8b86-d011-b42d-00c04fc964ff b"], [f"a {SCRUBBED} b"]),
        (
            {"url": "https://cdn.acme.example/u/me/a.png?sig=abc"},
            {"url": f"https://cdn.acme.example/{SCRUBBED}.png"},
        ),
        ({"revised_prompt": "a red circle, " * 30}, {"revised_prompt": "a red circle, " * 30}),
        ({"thoughtSignature": "Cg" * 200 + "="}, {"thoughtSignature": SCRUBBED}),
        ({"background": None, "ok": True, "empty": ""}, {"background": None, "ok": True, "empty": ""}),
    ],
)  # fmt: skip
def test_what_is_kept(value: Any, kept: Any) -> None:
    assert trimmed(json.dumps(value).encode(), [KEY]) == kept


def test_a_picture_by_itself() -> None:
    kept = trimmed(picture("png", 300, 200) + b"x" * 999)
    assert kept["bytes"] > 1000
    assert Image.from_bytes(base64.b64decode(kept["begins"])).header().size == Size(300, 200)


def test_what_an_upstream_answers_is_heard_and_goes_on() -> None:
    async def main() -> tuple[list[bytes], list[bytes]]:
        async with fake_upstream(Reply(chunks=[b'{"a":1}'])) as fake:
            upstream = Upstream(fake.url)
            with heard() as found:
                got = [
                    bytes(each)
                    async for each in upstream.post("x", b"", "a/b", frames=no_frames, read_error=unknown)
                ]
                got.append(await upstream.get("y", read_error=unknown))
            await upstream.get("z", read_error=unknown)
            await upstream.close()
            return found, got

    found, got = asyncio.run(main())
    assert found == got == [b'{"a":1}'] * 2


async def no_frames(chunks: Any) -> Any:
    async for chunk in chunks:
        yield chunk


def unknown(status: int, body: Octets) -> None:
    return None


def test_each_recording_stays_beside_the_others(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.live.recording.REPLIES", tmp_path / "live")
    keep("acme", "generate", {"model": "a"}, [{"b": 1}])
    path = keep("acme", "stream", {"model": "c"}, [])
    assert json.loads(path.read_text()) == {
        "generate": {"model": "a", "documents": [{"b": 1}]},
        "stream": {"model": "c", "documents": []},
    }
