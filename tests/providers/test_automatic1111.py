"""The web UI: what it is asked, what it answers, and a server that draws one at a time and is told to stop."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import pytest

from tintype.catalog import load
from tintype.core import (
    Access,
    Completed,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    ModelCard,
    Partial,
    Size,
)
from tintype.core.errors import (
    BadRequest,
    Busy,
    Garbled,
    NoImage,
    Refused,
    Rejected,
    TintypeError,
    Unavailable,
)
from tintype.dialects.automatic1111 import dialect
from tintype.providers._automatic1111_answers import read, read_error
from tintype.providers.automatic1111 import Automatic1111, build

from ..pictures import drawn, encoded, opened, picture
from .rooms import Asked, Room, Told, room, told

PNG, JPEG = picture(), picture("jpeg", 64, 32)
BASE64 = base64.b64encode(PNG).decode()
CARD = next(card for service in load() for card in service.cards if card.id == "automatic1111/default")
REQUEST = ImageRequest(model="automatic1111/default", prompt="a cat")
EDIT = replace(REQUEST, images=(Image.from_bytes(picture(width=64, height=64)),))
MASK = Image.from_bytes(encoded(drawn(Size(64, 64)).convert("RGBA"), "png"))


def body(request: ImageRequest, card: ModelCard = CARD, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(build(request, card, fields, "task").body)
    assert made.pop("force_task_id") == "task"
    return made


# ---- requests


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"negative_prompt": "rain", "seed": 0}, {"negative_prompt": "rain", "seed": 0}),
        ({"size": Size(640, 512)}, {"width": 640, "height": 512}),
        ({"num_inference_steps": 9, "guidance_scale": 2.5}, {"steps": 9, "cfg_scale": 2.5}),
        ({"n": 4}, {"n_iter": 4}),
        (
            {"extras": {"automatic1111": {"sampler_name": "DDIM", "scheduler": None}}},
            {"sampler_name": "DDIM"},
        ),
        ({"extras": {"automatic1111": {"width": 8}}, "size": Size(64, 64)}, {"width": 64, "height": 64}),
        ({"extras": {"openai": {"new": 1}}}, {}),
        (
            {"extras": {"automatic1111": {"lora": "a cat <lora:fur:1>", "emphasis": "?"}}},
            {"prompt": "a cat <lora:fur:1>"},
        ),
    ],
)
def test_from_words(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    request = replace(REQUEST, **fields)
    assert build(request, CARD, {}, "task").path == "sdapi/v1/txt2img"
    assert body(request) == {"prompt": "a cat", **expected}


def test_the_checkpoint_and_the_operators_fields() -> None:
    card = replace(CARD, upstream_id="xl.safetensors")
    made = body(
        replace(REQUEST, num_inference_steps=9),
        card,
        steps=30,
        sampler_name="DPM++ 2M",
        override_settings={"CLIP_stop_at_last_layers": 2},
    )
    assert made == {
        "prompt": "a cat",
        "steps": 9,
        "sampler_name": "DPM++ 2M",
        "override_settings": {"CLIP_stop_at_last_layers": 2, "sd_model_checkpoint": "xl.safetensors"},
    }


@pytest.mark.parametrize(
    ("image", "size", "expected"),
    [
        (picture(width=64, height=128), None, (64, 128)),
        (picture("jpeg", 128, 64), None, (128, 64)),
        (picture(width=100, height=72), None, (96, 72)),
        (PNG, Size(512, 640), (512, 640)),
    ],
)
def test_from_a_picture(image: bytes, size: Size | None, expected: tuple[int, int]) -> None:
    request = replace(REQUEST, images=(Image.from_bytes(image),), size=size, strength=0.5)
    assert build(request, CARD, {}, "task").path == "sdapi/v1/img2img"
    made = body(request)
    assert made["init_images"] == [base64.b64encode(image).decode()]
    assert made["denoising_strength"] == 0.5
    assert (made["width"], made["height"]) == expected


def test_a_photograph_that_lies_on_its_side_keeps_its_shape() -> None:
    photo = drawn(Size(128, 64))
    exif = photo.getexif()
    exif[274] = 6
    photo.info["exif"] = exif.tobytes()
    file = BytesIO()
    photo.save(file, "jpeg", exif=exif)
    made = body(replace(REQUEST, images=(Image.from_bytes(file.getvalue()),)))
    assert (made["width"], made["height"]) == (64, 128)


def test_a_mask_is_white_where_it_is_to_draw() -> None:
    mask = drawn(Size(64, 64)).convert("RGBA")
    mask.putalpha(0)
    mask.paste((0, 0, 0, 255), (0, 0, 32, 64))  # the left half is to stay
    made = body(replace(EDIT, mask=Image.from_bytes(encoded(mask, "png"))))
    white = opened(base64.b64decode(made["mask"])).convert("L")
    assert (white.getpixel((5, 5)), white.getpixel((60, 5))) == (0, 255)
    assert (made["inpainting_mask_invert"], made["inpainting_fill"]) == (0, 1)


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, seed=7),
        replace(REQUEST, seed=7, size=Size(640, 512), n=3, negative_prompt="rain"),
        replace(REQUEST, seed=7, num_inference_steps=9, guidance_scale=2.5),
        replace(EDIT, seed=7, strength=0.25, size=Size(64, 64)),
        replace(REQUEST, seed=7, extras={"automatic1111": {"sampler_name": "DDIM"}}),
    ],
    ids=str,
)
def test_what_is_built_our_own_dialect_reads(request_: ImageRequest) -> None:
    card = replace(CARD, upstream_id="xl")
    call = build(request_, card, {}, "task")
    again = dialect.read(Incoming(path=f"/{call.path}", body=call.body))
    size = request_.size or Size(512, 512)
    expected = replace(
        request_, model="xl", size=size, output_format="png", response_format="b64_json", echo=again.echo
    )
    assert again == expected


# ---- answers


def document(images: list[Any], **info: Any) -> bytes:
    return json.dumps({"images": images, "parameters": {}, "info": json.dumps(info)}).encode()


CAT = Image.from_bytes(PNG)


@pytest.mark.parametrize(
    ("said", "wanted", "expected"),
    [
        (document([BASE64], all_seeds=[5]), 1, [Completed(image=CAT, seed=5)]),
        (
            document([BASE64] * 2, all_seeds=[5, 6]),
            2,
            [Completed(image=CAT, seed=5), Completed(image=CAT, index=1, seed=6)],
        ),
        # A grid before them, and ControlNet's map behind.
        (
            document(["AAAA", BASE64, BASE64, "AAAA"], all_seeds=[5, 6], index_of_first_image=1),
            2,
            [Completed(image=CAT, seed=5), Completed(image=CAT, index=1, seed=6)],
        ),
        (document([BASE64], all_seeds=[-1]), 1, [Completed(image=CAT)]),
        (document([f"data:image/png;base64,{BASE64}"]), 1, [Completed(image=CAT)]),
        (json.dumps({"images": [BASE64], "info": ""}).encode(), 1, [Completed(image=CAT)]),
    ],
)
def test_pictures_and_their_seeds(said: bytes, wanted: int, expected: list[Completed]) -> None:
    assert list(read(said, wanted)) == expected


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"", Garbled),
        (b"<html>", Garbled),
        (b"[" * 100_000, Garbled),
        (b'{"images": 4}', Garbled),
        (document([]), NoImage),
        (document([""]), NoImage),
        (document([4]), NoImage),
        (document(["a\n!"]), Garbled),
    ],
)
def test_answers_without_a_picture(said: bytes, kind: type[TintypeError]) -> None:
    with pytest.raises(TintypeError) as caught:
        list(read(said, 1))
    assert type(caught.value) is kind


def fault(error: str, detail: Any, errors: str = "") -> dict[str, Any]:
    return {"error": error, "detail": detail, "body": "", "errors": errors}


@pytest.mark.parametrize(
    ("status", "said", "kind", "param"),
    [
        (500, fault("OutOfMemoryError", "", "CUDA out of memory. Tried to allocate"), Busy, None),
        (404, fault("HTTPException", "Sampler not found"), Rejected, None),
        (404, {"detail": "Not Found"}, Rejected, None),
        (500, fault("HTTPException", "Invalid encoded image"), BadRequest, "image"),
        (
            422,
            {"detail": [{"loc": ["body", "steps"], "msg": "m", "type": "t"}]},
            BadRequest,
            "num_inference_steps",
        ),
        (422, {"detail": [{"loc": ["body"], "msg": "m", "type": "t"}]}, BadRequest, None),
        (400, fault("moderation_blocked", "no"), Refused, None),
        (500, fault("RuntimeError", "", "mat1 and mat2 shapes"), None, None),
    ],
)
def test_errors(status: int, said: object, kind: type[TintypeError] | None, param: str | None) -> None:
    error = read_error(status, json.dumps(said).encode())
    assert (type(error) if error else None) is kind
    assert (error.param if error else None) == param


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b"4", b"[" * 100_000])
def test_errors_that_say_nothing(said: bytes) -> None:
    assert read_error(500, said) is None


# ---- over a socket


@dataclass
class WebUI:
    """Draws one at a time until it is told to stop, or `go` is set; `old` ones do not say whose drawing it is."""

    old: bool = False
    go: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    queue: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: str | None = None
    waiting: int = 0
    progress: float = 0.0
    interrupts: int = 0
    failing: Told | None = None
    preview: str = BASE64

    async def __call__(self, asked: Asked) -> Told:
        self.moved.set()
        match asked.path.rpartition("/")[2]:
            case "sd-models":
                return told(
                    [{"title": "xl/base.safetensors [31e35c80fc]", "model_name": "xl_base", "hash": None}]
                )
            case "interrupt":
                self.interrupts += 1
                self.stop.set()
                return told({})
            case "progress":
                return self._tell()
        if self.failing:
            return self.failing
        self.waiting += 1
        async with self.queue:
            self.waiting -= 1
            return await self._draw(asked.json())

    def _tell(self) -> Told:
        if self.progress:
            self.progress += 0.25
        state = {"progress": self.progress, "state": {}, "textinfo": None}
        return told(
            {**state, "current_image": self.preview if self.progress else None}
            | ({} if self.old else {"current_task": self.task})
        )

    async def _draw(self, asked: dict[str, Any]) -> Told:
        self.task, self.progress = asked["force_task_id"], 0.1
        self.moved.set()
        ends = [asyncio.create_task(each.wait()) for each in (self.go, self.stop)]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for each in ends:
            each.cancel()
        self.stop.clear()
        self.task, self.progress = None, 0.0
        return told({"images": [BASE64], "parameters": {}, "info": json.dumps({"all_seeds": [5]})})


@asynccontextmanager
async def web_ui(server: WebUI, key: str | None = None) -> AsyncIterator[tuple[Automatic1111, Room]]:
    async with room(server) as made:
        provider = Automatic1111.open(Access(name="automatic1111", base_url=made.url, key=key))
        try:
            yield provider, made
        finally:
            server.go.set()
            await provider.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tintype.providers.automatic1111._LOOK", 0.01)


async def painted(
    server: WebUI, request: ImageRequest = REQUEST, card: ModelCard = CARD, key: str | None = None
) -> tuple[list[ImageEvent], Room]:
    async with web_ui(server, key) as (provider, made):
        if not request.stream:
            server.go.set()
        events = []
        async for event in provider.generate(request, card):
            events.append(event)
            if server.progress >= 0.6:
                server.go.set()
        return events, made


def test_a_picture() -> None:
    events, made = asyncio.run(painted(WebUI(), key="me:pass-word"))
    assert events == [Completed(image=CAT, seed=5)]
    assert made.calls() == ["POST /sdapi/v1/txt2img"]
    assert made.asked[0].headers["authorization"] == f"Basic {base64.b64encode(b'me:pass-word').decode()}"


@pytest.mark.parametrize("old", [False, True])
def test_previews_come_while_it_draws(old: bool) -> None:
    request = replace(REQUEST, stream=True, partial_images=2)
    events, _ = asyncio.run(painted(WebUI(old=old), request))
    assert events == [
        Partial(image=CAT, step=0),
        Partial(image=CAT, step=1),
        Completed(image=CAT, seed=5),
    ]


def test_a_preview_that_cannot_be_read_ends_no_drawing() -> None:
    async def main() -> list[ImageEvent]:
        server = WebUI(preview="!!!!!")
        async with web_ui(server) as (provider, _):
            events: list[ImageEvent] = []

            async def caller() -> None:
                request = replace(REQUEST, stream=True, partial_images=2)
                events.extend([event async for event in provider.generate(request, CARD)])

            task = asyncio.create_task(caller())
            while server.progress < 0.3:
                server.moved.clear()
                await server.moved.wait()
            server.go.set()
            await task
            return events

    assert asyncio.run(main()) == [Completed(image=CAT, seed=5)]


def test_previews_of_somebody_elses_drawing_are_not_ours() -> None:
    async def main() -> tuple[int, list[ImageEvent]]:
        server = WebUI()
        async with web_ui(server) as (provider, made):
            server.task = "somebody-else"
            async with server.queue:
                server.progress = 0.5
                request = replace(REQUEST, stream=True, partial_images=1)
                events: list[ImageEvent] = []

                async def caller() -> None:
                    events.extend([event async for event in provider.generate(request, CARD)])

                task = asyncio.create_task(caller())
                while made.calls().count("GET /sdapi/v1/progress") < 4:
                    server.moved.clear()
                    await server.moved.wait()
                early = len(events)
            server.go.set()
            await task
            return early, events

    early, events = asyncio.run(main())
    assert early == 0
    assert events[-1] == Completed(image=CAT, seed=5)


def test_a_checkpoint_that_is_not_there_is_not_drawn_with_another() -> None:
    with pytest.raises(Rejected, match="no checkpoint 'gone'"):
        asyncio.run(painted(WebUI(), card=replace(CARD, upstream_id="gone")))


@pytest.mark.parametrize("name", ["xl_base", "base", "base.safetensors", "xl/base.safetensors [31e35c80fc]"])
def test_a_checkpoint_goes_by_any_of_its_names(name: str) -> None:
    async def main() -> list[str]:
        server = WebUI()
        server.go.set()
        async with web_ui(server) as (provider, made):
            for _ in range(2):
                async with aclosing(provider.generate(REQUEST, replace(CARD, upstream_id=name))) as events:
                    assert [event async for event in events]
            return made.calls()

    assert asyncio.run(main()) == ["GET /sdapi/v1/sd-models", *["POST /sdapi/v1/txt2img"] * 2]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (told(fault("OutOfMemoryError", "", "CUDA out of memory"), 500), Busy),
        (told(fault("HTTPException", "Incorrect username or password"), 401), Rejected),
        (told({"images": []}), NoImage),
        (Told(b"Internal Server Error", 500), Unavailable),
    ],
)
def test_failures_cost_nothing_and_stop_nobody(reply: Told, kind: type[TintypeError]) -> None:
    server = WebUI(old=True, failing=reply)
    with pytest.raises(TintypeError) as caught:
        asyncio.run(painted(server))
    assert type(caught.value) is kind
    assert not caught.value.charged
    assert server.interrupts == 0


async def left(server: WebUI, *, callers: int = 1, queued: bool = False) -> int:
    """How often the server was told to stop when the last of so many callers left."""
    async with web_ui(server) as (provider, _):

        async def caller() -> None:
            async with aclosing(provider.generate(REQUEST, CARD)) as events:
                async for _ in events:
                    pass

        if queued:
            await server.queue.acquire()
            server.task = "somebody-else"
        tasks = [asyncio.create_task(caller()) for _ in range(callers)]
        while server.waiting < callers - (not queued) or (not queued and not server.task):
            server.moved.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(server.moved.wait(), 0.02)
        tasks[-1].cancel()
        await asyncio.gather(tasks[-1], return_exceptions=True)
        assert tasks[-1].cancelled()
        told_to_stop = server.interrupts
        if queued:
            server.queue.release()
        server.go.set()
        await asyncio.gather(*tasks[:-1])
        return told_to_stop


@pytest.mark.parametrize("old", [False, True])
def test_whoever_leaves_has_the_drawing_interrupted(old: bool) -> None:
    assert asyncio.run(left(WebUI(old=old))) == 1


def test_whoever_leaves_the_queue_interrupts_nobody() -> None:
    assert asyncio.run(left(WebUI(), queued=True)) == 0


@pytest.mark.parametrize("old", [False, True])
def test_whoever_leaves_interrupts_no_other_caller(old: bool) -> None:
    assert asyncio.run(left(WebUI(old=old), callers=2)) == 0


def test_what_the_doctor_hears() -> None:
    async def main() -> str:
        async with web_ui(WebUI()) as (provider, _):
            return await provider.check()

    assert asyncio.run(main()) == "it answers, 1 checkpoints"


def test_fields_that_are_no_table() -> None:
    access = Access(name="automatic1111", base_url="http://127.0.0.1:7860", options={"fields": 4})
    with pytest.raises(ValueError, match="`fields` is a table"):
        Automatic1111.open(access)
