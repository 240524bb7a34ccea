"""What OpenAI's dialect answers, held against what the strictest clients accept."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tintype.core import (
    Completed,
    Events,
    Grid,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    Life,
    ModelCard,
    Octets,
    Partial,
    Report,
    Size,
    Sizes,
    Text,
    Usage,
)
from tintype.core import errors as e
from tintype.dialects.openai_images import dialect
from tintype.wire import sse

from ..fakes import FakeHouse, answered
from ..pictures import picture
from ..strict import validate_error, validate_event, validate_reply
from .writing import happening

PNG = picture("png", 32, 16)
BASE64 = base64.b64encode(PNG).decode()
REPORT = Report(asked="m", model="m", provider="p", created=1_795_166_107)
REQUEST = ImageRequest(model="m", prompt="p")
USAGE = Usage(text_in=10, image_in=5, text_out=1, image_out=90)
DONE = Completed(image=Image.from_bytes(PNG), usage=USAGE, quality="high", background="opaque")


async def chunks(request: ImageRequest, *events: ImageEvent) -> list[Octets]:
    return [chunk async for chunk in dialect.write(request, happening(*events), REPORT)]


def written(request: ImageRequest, *events: ImageEvent) -> bytes:
    return b"".join(asyncio.run(chunks(request, *events)))


def document(request: ImageRequest, *events: ImageEvent) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(written(request, *events))
    validate_reply(reply, new_qualities=request.quality in ("xhigh", "max"))
    return reply


def stream(request: ImageRequest, *events: ImageEvent) -> list[dict[str, Any]]:
    """Every frame's data, each checked with the name in its `event:` line."""
    frames = written(replace(request, stream=True), *events).decode().split("\n\n")
    assert frames.pop() == ""
    found = []
    for frame in frames:
        name, data = frame.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        validate_event(name.removeprefix("event: "), found[-1])
    return found


def test_a_plain_reply() -> None:
    assert document(REQUEST, DONE) == {
        "created": 1_795_166_107,
        "background": "opaque",
        "output_format": "png",
        "quality": "high",
        "size": "32x16",
        "data": [{"b64_json": BASE64}],
        "usage": {
            "total_tokens": 106,
            "input_tokens": 15,
            "input_tokens_details": {"image_tokens": 5, "text_tokens": 10},
            "output_tokens": 91,
            "output_tokens_details": {"image_tokens": 90, "text_tokens": 1},
        },
    }


def test_what_is_not_known_is_left_out() -> None:
    reply = document(
        replace(REQUEST, quality="high", size=Size(1, 1)), Completed(image=Image.from_bytes(PNG))
    )
    assert set(reply) == {"created", "data", "output_format", "size"}
    assert reply["size"] == "32x16"


def test_several_pictures_come_in_their_order_with_usage_added_up() -> None:
    pictures = [picture("jpeg", 8 * number, 8) for number in (1, 2, 3)]
    made = [
        Completed(image=Image.from_bytes(data), index=index, usage=USAGE, revised_prompt=f"{index}")
        for index, data in enumerate(pictures)
    ]
    reply = document(
        replace(REQUEST, n=3), made[2], Text(text="hm"), Partial(image=Image.from_bytes(PNG)), *made[:2]
    )
    assert [base64.b64decode(item["b64_json"]) for item in reply["data"]] == pictures
    assert [item["revised_prompt"] for item in reply["data"]] == ["0", "1", "2"]
    assert reply["usage"]["total_tokens"] == 3 * USAGE.total_tokens
    assert reply["output_format"] == "jpeg"


@pytest.mark.parametrize(
    ("asked", "applied", "written"),
    [
        (None, "xhigh", "high"),
        ("hd", "max", "high"),
        ("max", "max", "max"),
        ("xhigh", "xhigh", "xhigh"),
        ("hd", "hd", None),
        ("high", "medium", "medium"),
        (None, None, None),
    ],
)
def test_quality_only_in_words_that_the_caller_knows(
    asked: str | None, applied: str | None, written: str | None
) -> None:
    reply = document(replace(REQUEST, quality=asked), replace(DONE, quality=applied))
    assert reply.get("quality") == written


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif"])
def test_format_and_size_are_the_pictures_own(kind: str) -> None:
    reply = document(
        replace(REQUEST, output_format="png"), replace(DONE, image=Image.from_bytes(picture(kind, 24, 8)))
    )
    assert (reply["output_format"], reply["size"]) == (kind, "24x8")


def test_a_url_only_where_one_was_asked_for() -> None:
    both = Image.from_bytes(PNG)
    both.url = "https://here.example/1.png"
    asked = replace(REQUEST, response_format="url")
    assert document(asked, replace(DONE, image=both))["data"] == [{"url": both.url}]
    assert document(REQUEST, replace(DONE, image=both))["data"] == [{"b64_json": BASE64}]
    assert document(asked, DONE)["data"] == [{"url": f"data:image/png;base64,{BASE64}"}]
    far = replace(DONE, image=Image.from_url("https://there.example/1.png"))
    assert document(REQUEST, far)["data"] == [{"url": "https://there.example/1.png"}]
    assert "size" not in document(REQUEST, far)


def test_the_picture_itself() -> None:
    assert (
        written(replace(REQUEST, response_format="bytes"), Partial(image=Image.from_bytes(b"")), DONE) == PNG
    )


@pytest.mark.parametrize(
    "request_", [REQUEST, replace(REQUEST, stream=True), replace(REQUEST, response_format="bytes")]
)
@pytest.mark.parametrize("events", [(), (Text(text="I would rather not"),)])
def test_no_picture_is_an_error_and_never_an_empty_list(
    request_: ImageRequest, events: tuple[Text, ...]
) -> None:
    with pytest.raises(e.NoImage):
        written(request_, *events)


@pytest.mark.parametrize("images", [(), (Image.from_bytes(PNG),)])
def test_a_stream(images: tuple[Image, ...]) -> None:
    verb = "image_edit" if images else "image_generation"
    partial = Partial(image=Image.from_bytes(picture("png", 8, 8)), step=1)
    first, last = stream(replace(REQUEST, images=images), partial, Text(text="nearly"), DONE)
    assert first == {
        "type": f"{verb}.partial_image",
        "created_at": 1_795_166_107,
        "size": "8x8",
        "quality": "auto",
        "background": "auto",
        "output_format": "png",
        "partial_image_index": 1,
        "b64_json": base64.b64encode(partial.image.as_bytes()).decode(),
    }
    assert last == {
        "type": f"{verb}.completed",
        "created_at": 1_795_166_107,
        "size": "32x16",
        "quality": "high",
        "background": "opaque",
        "output_format": "png",
        "b64_json": BASE64,
        "usage": {
            "total_tokens": 106,
            "input_tokens": 15,
            "input_tokens_details": {"image_tokens": 5, "text_tokens": 10},
            "output_tokens": 91,
        },
    }


def test_a_stream_has_one_completed_for_each_picture() -> None:
    events = stream(replace(REQUEST, n=2), DONE, replace(DONE, index=1, usage=Usage()))
    assert [event["type"] for event in events] == ["image_generation.completed"] * 2


def test_a_frame_is_out_before_the_next_event_is_waited_for() -> None:
    async def first_frame() -> bytes:
        async def happening() -> Events:
            yield Partial(image=Image.from_bytes(PNG))
            await asyncio.Event().wait()
            yield DONE

        out = b""
        async for chunk in dialect.write(replace(REQUEST, stream=True), happening(), REPORT):
            out += chunk
            if out.endswith(b"\n\n"):
                break
        return out

    assert asyncio.run(asyncio.wait_for(first_frame(), 5)).startswith(
        b"event: image_generation.partial_image\n"
    )


@pytest.mark.parametrize("streamed", [False, True])
def test_base64_goes_through_as_it_is_held(streamed: bool) -> None:
    held = memoryview(BASE64.encode())
    out = asyncio.run(chunks(replace(REQUEST, stream=streamed), replace(DONE, image=Image.from_base64(held))))
    assert any(chunk is held for chunk in out)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (e.BadRequest("m", param="n"), "invalid_request_error"),
        (e.BadRequest("m", param="size"), "image_generation_user_error"),
        (e.BadRequest("m", param="image", code="invalid_image_file"), "image_generation_user_error"),
        (e.Unsupported("m", param="background"), "invalid_request_error"),
        (e.Refused("m"), "image_generation_user_error"),
        (e.Unauthenticated("m"), "invalid_request_error"),
        (e.OutOfCredit("m"), "insufficient_quota"),
        (e.Forbidden("m"), "invalid_request_error"),
        (e.UnknownModel("m", param="model"), "invalid_request_error"),
        (e.NotFound("m"), "invalid_request_error"),
        (e.MethodNotAllowed("m"), "invalid_request_error"),
        (e.TooLarge("m"), "invalid_request_error"),
        (e.TooManyRequests("m"), "requests"),
        (e.Rejected("m"), "server_error"),
        (e.Busy("m"), "service_unavailable_error"),
        (e.Timeout("m"), "server_error"),
        (e.TintypeError("m"), "server_error"),
    ],
)
def test_errors(error: e.TintypeError, kind: str) -> None:
    facts = {"message": "m", "type": kind, "param": error.param, "code": error.code}
    plain = json.loads(dialect.write_error(error).body)
    validate_error(plain)
    assert plain == {"error": facts}
    name, data = dialect.write_error_frame(error).decode().removesuffix("\n\n").split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: ")) == {"type": "error", "error": facts}


def test_the_media_type_is_that_of_the_answer() -> None:
    assert dialect.media_type(REQUEST) == "application/json"
    assert dialect.media_type(replace(REQUEST, stream=True)) == sse.MEDIA_TYPE
    assert dialect.media_type(replace(REQUEST, response_format="bytes", output_format="webp")) == "image/webp"


CARDS = (
    ModelCard(
        id="gpt-image-2",
        provider="openai",
        owned_by="openai",
        aliases=("gpt-image-2-2026-04-21",),
        sizes=Sizes(listed=(Size(1024, 1024), Size(1536, 1024))),
        max_input_images=16,
        life=Life(released=date(2026, 4, 21), retired=date(2027, 4, 21)),
    ),
    ModelCard(id="acme/draw", provider="acme", sizes=Sizes(grid=Grid(multiple=16))),
)


def told(path: str, **params: str) -> bytes:
    """What the aside of this path says in a house with these cards."""
    (aside,) = [aside for aside in dialect.asides if aside.path == path]
    return answered(aside, Incoming(path=path, path_params=params), FakeHouse(cards=lambda: CARDS)).body


def test_the_list_of_models() -> None:
    listing = json.loads(told("/models"))
    assert listing["object"] == "list"
    first, second = listing["data"]
    assert (first["id"], first["object"], first["owned_by"]) == ("gpt-image-2", "model", "openai")
    assert first["created"] == 1_776_729_600
    assert first["sizes"] == ["1024x1024", "1536x1024"]
    assert first["endpoints"] == ["/v1/images/generations", "/v1/images/edits"]
    assert first["capabilities"]["image_edit"] is True
    assert (second["created"], second["owned_by"]) == (0, "acme")
    assert second["endpoints"] == ["/v1/images/generations"]


@pytest.mark.parametrize("name", ["gpt-image-2", "gpt-image-2-2026-04-21", "acme/draw"])
def test_one_model(name: str) -> None:
    model = json.loads(told("/models/{id:path}", id=name))
    assert model["id"] == name


def test_no_such_model() -> None:
    with pytest.raises(e.UnknownModel, match="gpt-9"):
        told("/models/{id:path}", id="gpt-9")
