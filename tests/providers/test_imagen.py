"""Imagen's `:predict`, called: what is built is what our dialect reads, and filtered pictures are a refusal or fewer."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tintype.catalog import load
from tintype.core import (
    Access,
    Completed,
    Events,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    ModelCard,
    Ratio,
    Report,
    Size,
)
from tintype.core.errors import Garbled, NoImage, Refused, Rejected, TintypeError
from tintype.dialects.imagen import dialect
from tintype.providers._imagen import Reading
from tintype.providers.gemini import Gemini, build

from ..pictures import picture
from ..upstream import FakeUpstream, Reply, fake_upstream

PNG = picture()
JPEG = picture("jpeg")
IMAGE = Image.from_bytes(PNG)
CARD = next(card for service in load() for card in service.cards if card.id == "imagen-4.0-generate-001")
REQUEST = ImageRequest(model="imagen-4.0-generate-001", prompt="a cat", response_format="b64_json")
REASON = {"parameters.includeRaiReason": True}  # we ask for it always, and our dialect does not know it


def body(request: ImageRequest, card: ModelCard = CARD) -> Any:
    call = build(request, card)
    assert call.path == "models/imagen-4.0-generate-001:predict"
    return json.loads(call.body)


def mirrored(request: ImageRequest) -> ImageRequest:
    return dialect.read(
        Incoming(
            path="/v1beta/models/{model:path}:predict",
            path_params={"model": request.model},
            body=build(request, CARD).body,
        )
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"n": 4},
        {"size": Ratio(16, 9)},
        {"size": Ratio(3, 4, "2K")},
        {"seed": 0},
        {"negative_prompt": "rain", "guidance_scale": 7.5},
        {"output_format": "jpeg", "output_compression": 0},
        {
            "extras": {
                "gemini": {
                    "labels": {"a": "b"},
                    "instances.newTomorrow": 1,
                    "parameters.personGeneration": "ALLOW_ADULT",
                    "parameters.addWatermark": False,
                    "parameters.outputOptions.newTomorrow": [1],
                }
            }
        },
    ],
    ids=str,
)
def test_what_is_built_is_read(fields: dict[str, Any]) -> None:
    request = replace(REQUEST, **fields)
    extras = {"gemini": {**request.extras.get("gemini", {}), **REASON}}
    assert mirrored(request) == replace(request, extras=extras)


def test_the_whole_body_of_a_plain_order() -> None:
    assert body(REQUEST) == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {"sampleCount": 1, "includeRaiReason": True},
    }


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (Size(1408, 768), {"aspectRatio": "16:9", "sampleImageSize": "1K"}),
        (Size(2048, 2048), {"aspectRatio": "1:1", "sampleImageSize": "2K"}),
        (Ratio(9, 16), {"aspectRatio": "9:16"}),
    ],
)
def test_pixels_become_the_shape_that_the_card_has_for_them(size: Any, shape: dict[str, str]) -> None:
    parameters = body(replace(REQUEST, size=size))["parameters"]
    assert {name: parameters[name] for name in shape} == shape
    assert "sampleImageSize" in shape or "sampleImageSize" not in parameters


def test_extras_do_not_undo_what_was_planned() -> None:
    extras = {
        "parameters.sampleCount": 9,
        "parameters.includeRaiReason": False,
        "generationConfig.topP": 1,
        "instances.prompt": "a dog",
    }
    found = body(replace(REQUEST, n=2, extras={"gemini": extras}))
    assert found["instances"] == [{"prompt": "a cat"}]
    assert found["parameters"] == {"sampleCount": 2, "includeRaiReason": False}
    assert list(found) == ["instances", "parameters"]


# ---- answers


def held(data: bytes = PNG, **more: Any) -> dict[str, Any]:
    return {"bytesBase64Encoded": base64.b64encode(data).decode(), "mimeType": "image/png", **more}


def read(document: Any) -> list[ImageEvent]:
    reading = Reading()
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return [*reading.read(raw), *reading.end()]


@pytest.mark.parametrize(
    ("predictions", "events"),
    [
        ([held()], [Completed(image=IMAGE)]),
        ([held(prompt="a fluffy cat")], [Completed(image=IMAGE, revised_prompt="a fluffy cat")]),
        (
            [held(), {"raiFilteredReason": "no"}, held(JPEG), {"safetyAttributes": {"scores": [1]}}],
            [Completed(image=IMAGE), Completed(image=Image.from_bytes(JPEG), index=1)],
        ),
    ],
)
def test_a_reply_is_read(predictions: list[Any], events: list[ImageEvent]) -> None:
    assert read({"predictions": predictions, "model": "x"}) == events


@pytest.mark.parametrize(
    ("document", "kind", "words", "charged"),
    [
        (
            {"predictions": [{"raiFilteredReason": "Filtered. 58061214"}]},
            Refused,
            "Filtered. 58061214",
            False,
        ),
        ({"predictions": [{"raiFilteredReason": "a"}, {"raiFilteredReason": "a"}]}, Refused, "a", False),
        ({"predictions": []}, NoImage, "", True),
        ({}, NoImage, "", True),
        ({"predictions": [{"bytesBase64Encoded": 'a"!'}]}, Garbled, "not base64", True),
        ({"predictions": 5}, Garbled, "", True),
        (b"<html>", Garbled, "", True),
        ({"error": {"code": 404, "message": "gone"}}, Rejected, "gone", False),
    ],
)
def test_a_200_without_a_picture(document: Any, kind: type[TintypeError], words: str, charged: bool) -> None:
    with pytest.raises(TintypeError) as caught:
        read(document)
    assert (type(caught.value), caught.value.charged) == (kind, charged)
    assert words in str(caught.value)
    assert str(caught.value) == words or kind is not Refused


def test_what_our_dialect_writes_is_read() -> None:
    made = [Completed(image=IMAGE), Completed(image=Image.from_bytes(JPEG), index=1)]

    async def happening() -> Events:
        for event in made:
            yield event

    async def written() -> bytes:
        report = Report(asked="m", model="m", provider="p", created=1)
        chunks: AsyncIterator[Any] = dialect.write(REQUEST, happening(), report)
        return b"".join([bytes(chunk) async for chunk in chunks])

    assert read(asyncio.run(written())) == made


def test_the_card_says_which_call_it_is() -> None:
    async def main() -> tuple[list[ImageEvent], FakeUpstream]:
        async with fake_upstream(Reply(chunks=[json.dumps({"predictions": [held()]}).encode()])) as fake:
            provider = Gemini.open(Access(name="google", base_url=fake.url, key="k"))
            try:
                return [event async for event in provider.generate(REQUEST, CARD)], fake
            finally:
                await provider.close()

    events, fake = asyncio.run(main())
    assert events == [Completed(image=IMAGE)]
    assert fake.requests[0].head.startswith("POST /v1/models/imagen-4.0-generate-001:predict ")
    assert {card.call for service in load() for card in service.cards if "imagen" in card.id} == {"predict"}
