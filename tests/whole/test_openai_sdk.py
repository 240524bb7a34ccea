"""The official SDK, unmodified, against the whole house."""

from __future__ import annotations

import asyncio
import base64
from io import BytesIO
from typing import Any

import openai
import pytest
from PIL import Image

from tintype.core import Size

from ..pictures import drawn, encoded, opened, png
from ..strict import validate_event, validate_reply

PANDA = "A panda eating bamboo"


def pictures(reply: Any) -> list[Image.Image]:
    validate_reply(reply.model_dump(exclude_unset=True, warnings=False))
    return [opened(base64.b64decode(item.b64_json)) for item in reply.data]


@pytest.mark.parametrize(
    ("asked", "size", "kind"),
    [
        ({}, (1024, 1024), "PNG"),
        ({"size": "1536x1024", "quality": "low"}, (1536, 1024), "PNG"),
        ({"size": "1024x1536", "quality": "low", "output_format": "jpeg"}, (1024, 1536), "JPEG"),
        (
            {"size": "1024x1024", "quality": "low", "output_format": "webp", "output_compression": 60},
            (1024, 1024),
            "WEBP",
        ),
    ],
)
def test_generate(client: openai.OpenAI, asked: dict[str, Any], size: tuple[int, int], kind: str) -> None:
    reply = client.images.generate(model="gpt-image-2", prompt=PANDA, **asked)
    (made,) = pictures(reply)
    assert (made.size, made.format) == (size, kind)
    assert (reply.size, reply.output_format) == (f"{size[0]}x{size[1]}", kind.lower())


def test_the_usage_is_the_published_formulas(client: openai.OpenAI) -> None:
    reply = client.images.generate(model="gpt-image-2", prompt=PANDA, size="1536x1024", quality="low")
    assert reply.usage is not None
    assert reply.usage.output_tokens == 158
    assert reply.usage.total_tokens == 158 + reply.usage.input_tokens


def test_the_same_order_gives_the_same_bytes_and_n_gives_different_pictures(client: openai.OpenAI) -> None:
    first = client.images.generate(model="gpt-image-2", prompt=PANDA, quality="low", n=2)
    again = client.images.generate(model="gpt-image-2", prompt=PANDA, quality="low", n=2)
    assert first.data is not None
    assert again.data is not None
    assert [item.b64_json for item in first.data] == [item.b64_json for item in again.data]
    assert first.data[0].b64_json != first.data[1].b64_json


def test_dall_e_3_is_called_once_for_each_picture(client: openai.OpenAI) -> None:
    raw = client.images.with_raw_response.generate(
        model="dall-e-3", prompt=PANDA, n=2, response_format="b64_json"
    )
    first, second = pictures(raw.parse())
    assert raw.headers["x-tintype-plan"] == "n=filled:fan_out(1x2)"
    assert "2026-05-12" in raw.headers["x-tintype-notice"]
    assert first.tobytes() != second.tobytes()


def test_stream(client: openai.OpenAI) -> None:
    events = list(
        client.images.generate(
            model="gpt-image-2", prompt=PANDA, quality="low", stream=True, partial_images=2
        )
    )
    for event in events:
        validate_event(event.type, event.model_dump(exclude_unset=True, warnings=False))
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    previews = [
        event.partial_image_index for event in events if event.type == "image_generation.partial_image"
    ]
    assert previews == [0, 1]
    assert len({event.b64_json for event in events}) == 3
    last = events[-1]
    assert last.type == "image_generation.completed"
    assert last.usage.output_tokens == 196 + 2 * 100


@pytest.mark.parametrize("partial_images", [None, 0, 1])
def test_streamed_and_whole_answers_hold_the_same_picture(
    client: openai.OpenAI, partial_images: int | None
) -> None:
    asked: dict[str, Any] = {"model": "gpt-image-2", "prompt": "a red apple", "quality": "low"}
    whole = client.images.generate(**asked)
    *_, last = client.images.generate(**asked, stream=True, partial_images=partial_images)
    assert whole.data is not None
    assert last.b64_json == whole.data[0].b64_json


def test_async_client(address: str) -> None:
    async def main() -> None:
        async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="any") as made:
            reply = await made.images.generate(model="gpt-image-2", prompt=PANDA, quality="low")
            pictures(reply)
            stream = await made.images.generate(
                model="gpt-image-2", prompt=PANDA, quality="low", stream=True, partial_images=1
            )
            assert [event.type async for event in stream][-1] == "image_generation.completed"

    asyncio.run(main())


def test_edit_one_several_and_streamed(client: openai.OpenAI) -> None:
    one = png(Size(1024, 1024))
    edited = client.images.edit(model="gpt-image-2", image=one, prompt="add a cat", quality="low")
    (made,) = pictures(edited)
    assert made.size == (1024, 1024)
    assert made.convert("RGB").tobytes() != opened(one).tobytes()
    several: list[Any] = [
        one,
        ("b.jpg", encoded(drawn(Size(640, 480), "#a47"), "jpeg"), "image/jpeg"),
        BytesIO(one),
    ]
    pictures(client.images.edit(model="gpt-image-2", image=several, prompt="combine them", quality="low"))
    events = list(
        client.images.edit(
            model="gpt-image-2", image=one, prompt="add a hat", quality="low", stream=True, partial_images=1
        )
    )
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]
    for event in events:
        validate_event(event.type, event.model_dump(exclude_unset=True, warnings=False))


def test_a_mask_keeps_everything_outside_it_to_the_pixel(client: openai.OpenAI) -> None:
    ground = drawn(Size(1024, 1024), "#274")
    hole = Image.new("RGBA", (1024, 1024), "black")
    hole.paste((0, 0, 0, 0), (256, 256, 768, 768))
    reply = client.images.edit(
        model="gpt-image-2",
        image=encoded(ground, "png"),
        mask=encoded(hole, "png"),
        prompt="a red balloon",
        size="1024x1024",
        quality="low",
    )
    (made,) = pictures(reply)
    made = made.convert("RGB")
    inside = made.crop((256, 256, 768, 768))
    assert inside.tobytes() != ground.crop((256, 256, 768, 768)).tobytes()
    made.paste("#274", (256, 256, 768, 768))
    assert made.tobytes() == ground.tobytes()


def test_a_mask_means_the_same_in_either_sense(client: openai.OpenAI) -> None:
    """OpenAI's transparent part and NanoGPT's white part: one region, one result."""
    ground = encoded(drawn(Size(1024, 1024), "#274"), "png")
    alpha = Image.new("RGBA", (1024, 1024), "black")
    alpha.paste((0, 0, 0, 0), (256, 256, 768, 768))
    white = Image.new("L", (1024, 1024))
    white.paste(255, (256, 256, 768, 768))
    asked: dict[str, Any] = {"model": "gpt-image-2", "prompt": "a red balloon", "quality": "low"}
    url = "data:image/png;base64," + base64.b64encode(ground).decode()
    masks = [("mask", encoded(alpha, "png")), ("maskDataUrl", encoded(white, "png"))]
    one, other = (
        client.images.generate(**asked, extra_body={"image": url, name: base64.b64encode(mask).decode()})
        for name, mask in masks
    )
    assert pictures(one)[0].tobytes() == pictures(other)[0].tobytes()


@pytest.mark.parametrize(
    ("asked", "status", "param", "code"),
    [
        ({"model": "gpt-9"}, 404, "model", "model_not_found"),
        ({"background": "transparent"}, 400, "background", "invalid_value"),
        ({"prompt": ""}, 400, "prompt", "missing_required_parameter"),
        ({"n": 11}, 400, "n", "integer_above_max_value"),
        ({"size": "big"}, 400, "size", "invalid_value"),
        ({"output_compression": 101}, 400, "output_compression", "integer_above_max_value"),
    ],
)
def test_errors(client: openai.OpenAI, asked: dict[str, Any], status: int, param: str, code: str) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.images.generate(**{"model": "gpt-image-2", "prompt": PANDA, **asked})
    error = caught.value
    assert (error.status_code, error.param, error.code) == (status, param, code)
    assert error.request_id is not None
    assert error.request_id.startswith("req_")


def test_models(client: openai.OpenAI) -> None:
    ids = [model.id for model in client.models.list()]
    assert {"gpt-image-2", "gpt-image-2.6-flare", "tintype-illustrator", "dall-e-3"} <= set(ids)
    assert client.models.retrieve("gpt-image-2").owned_by == "openai"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-9")


def test_variations_say_what_to_use_instead(client: openai.OpenAI) -> None:
    with pytest.deprecated_call(), pytest.raises(openai.BadRequestError, match="edits"):
        client.images.create_variation(image=png(Size(64, 64)))
