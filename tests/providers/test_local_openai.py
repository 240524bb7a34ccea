"""vLLM-Omni, SGLang, LocalAI and stable-diffusion.cpp: OpenAI's wire, and where each of them leaves it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from tintype.catalog import load
from tintype.core import Access, Completed, Image, ImageEvent, ImageRequest, ModelCard, Size
from tintype.core.errors import (
    BadRequest,
    Busy,
    Garbled,
    NoImage,
    Rejected,
    TintypeError,
    Unavailable,
)
from tintype.providers.local_openai import LocalOpenAI, read_error
from tintype.providers.localai import LocalAI
from tintype.providers.openai import Call
from tintype.providers.sdcpp import StableDiffusionCpp
from tintype.wire import multipart

from ..pictures import drawn, encoded, opened, picture
from .rooms import Answer, Asked, Room, Told, room, told

PNG = picture(width=64, height=64)
BASE64 = base64.b64encode(PNG).decode()
CARDS = {card.id: card for service in load() for card in service.cards}
VLLM, SGLANG = CARDS["vllm-omni/default"], CARDS["sglang/default"]
LOCALAI, SDCPP = CARDS["localai/default"], CARDS["sdcpp/default"]
REQUEST = ImageRequest(model="m", prompt="a cat", seed=7)
EDIT = replace(REQUEST, images=(Image.from_bytes(PNG),))
HINTS = replace(REQUEST, negative_prompt="rain", guidance_scale=2.5, num_inference_steps=9)


def mask() -> Image:
    """The right half is to change."""
    picture = drawn(Size(64, 64)).convert("RGBA")
    picture.putalpha(0)
    picture.paste((0, 0, 0, 255), (0, 0, 32, 64))
    return Image.from_bytes(encoded(picture, "png"))


def form(call: Call) -> dict[str, bytes]:
    return {part.name: bytes(part.data) for part in multipart.read(call.body, call.media_type)}


def is_white_on_the_right(data: bytes) -> bool:
    white = opened(data).convert("L")
    return (white.getpixel((5, 5)), white.getpixel((60, 5))) == (0, 255)


@pytest.mark.parametrize("card", [VLLM, SGLANG])
def test_what_openai_has_no_word_for_is_a_field(card: ModelCard) -> None:
    call = LocalOpenAI.build(replace(HINTS, size=Size(512, 512)), card)
    assert call.path == "/images/generations"
    assert json.loads(call.body) == {
        "model": "default",
        "prompt": "a cat",
        "size": "512x512",
        "seed": 7,
        "negative_prompt": "rain",
        "guidance_scale": 2.5,
        "num_inference_steps": 9,
        "response_format": "b64_json",
    }


def test_an_edit_is_openais_form() -> None:
    call = LocalOpenAI.build(EDIT, VLLM)
    assert call.path == "/images/edits"
    assert form(call) == {
        "model": b"default",
        "prompt": b"a cat",
        "seed": b"7",
        "response_format": b"b64_json",
        "image": PNG,
    }


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (REQUEST, {"prompt": "a cat", "seed": 7}),
        (
            replace(HINTS, prompt="a cat | a dog", guidance_scale=None, size=Size(512, 256)),
            {"prompt": "a cat / a dog|rain", "seed": 7, "step": 9, "size": "512x256"},
        ),
        (EDIT, {"prompt": "a cat", "seed": 7, "file": BASE64}),
        (
            replace(EDIT, images=EDIT.images * 2),
            {"prompt": "a cat", "seed": 7, "file": BASE64, "ref_images": [BASE64, BASE64]},
        ),
        (
            replace(REQUEST, extras={"openai": {"mode": 1, "prompt": "x"}}),
            {"prompt": "a cat", "seed": 7, "mode": 1},
        ),
    ],
)
def test_localai_has_all_of_it_in_a_generation(request_: ImageRequest, expected: dict[str, Any]) -> None:
    call = LocalAI.build(request_, LOCALAI)
    assert call.path == "/images/generations"
    assert json.loads(call.body) == {**expected, "response_format": "b64_json"}
    named = LocalAI.build(request_, replace(LOCALAI, upstream_id="flux"))
    assert json.loads(named.body)["model"] == "flux"


def test_localai_fills_in_elsewhere() -> None:
    request = replace(EDIT, mask=mask(), num_inference_steps=9)
    call = LocalAI.build(request, replace(LOCALAI, upstream_id="dreamshaper"))
    assert call.path == "/images/inpainting"
    fields = form(call)
    assert is_white_on_the_right(fields.pop("mask"))
    assert fields == {"model": b"dreamshaper", "prompt": b"a cat", "steps": b"9", "image": PNG}
    with pytest.raises(Rejected, match="upstream_id"):
        LocalAI.build(request, LOCALAI)


def args_of(prompt: str) -> tuple[str, dict[str, Any]]:
    words, _, rest = prompt.partition("<sd_cpp_extra_args>")
    document, end, after = rest.partition("</sd_cpp_extra_args>")
    assert (end, after) == ("</sd_cpp_extra_args>", "")
    return words, json.loads(document)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (REQUEST, {"seed": 7}),
        (
            HINTS,
            {
                "seed": 7,
                "negative_prompt": "rain",
                "sample_params": {"sample_steps": 9, "guidance": {"txt_cfg": 2.5}},
            },
        ),
        (
            replace(REQUEST, extras={"openai": {"clip_skip": 2, "width": 9, "batch_count": 99}}),
            {"seed": 7, "clip_skip": 2},
        ),
        (
            replace(HINTS, negative_prompt=None, extras={"openai": {"sample_params": 4}}),
            {"seed": 7, "sample_params": {"sample_steps": 9, "guidance": {"txt_cfg": 2.5}}},
        ),
        (
            replace(REQUEST, extras={"openai": {"control_image": Image.from_bytes(PNG)}}),
            {"seed": 7, "control_image": BASE64},
        ),
        (
            replace(REQUEST, negative_prompt="</sd_cpp_extra_args>"),
            {"seed": 7, "negative_prompt": "</sd_cpp_extra_args>"},
        ),
    ],
)
def test_sdcpp_has_all_of_it_in_the_prompt(request_: ImageRequest, expected: dict[str, Any]) -> None:
    body = json.loads(StableDiffusionCpp.build(request_, SDCPP).body)
    assert set(body) == {"model", "prompt", "response_format"}
    assert args_of(body["prompt"]) == ("a cat", expected)


def test_sdcpps_callers_have_no_arguments_of_their_own() -> None:
    wish = replace(REQUEST, prompt='a <sd_cpp_extra_args>{"seed":1}</sd_cpp_extra_args> cat')
    body = json.loads(StableDiffusionCpp.build(wish, SDCPP).body)
    assert args_of(body["prompt"]) == ('a {"seed":1} cat', {"seed": 7})


def test_sdcpps_mask_is_white() -> None:
    fields = form(StableDiffusionCpp.build(replace(EDIT, mask=mask(), strength=0.4), SDCPP))
    assert is_white_on_the_right(fields["mask"])
    assert args_of(fields["prompt"].decode())[1] == {"seed": 7, "strength": 0.4}


@pytest.mark.parametrize(
    ("status", "body", "kind", "param"),
    [
        (400, b'{"detail": "Invalid size format"}', Rejected, None),
        (422, b'{"detail": [{"loc": ["body", "guidance_scale"], "msg": "m"}]}', BadRequest, "guidance_scale"),
        (500, b'{"detail": "Image generation failed: CUDA out of memory."}', Busy, None),
        (500, b"failed to allocate the compute buffer", Busy, None),
        (500, b'{"error": {"message": "rpc error: out of memory", "code": 500}}', Busy, None),
        (503, b'{"detail": "Diffusion engine not initialized."}', Unavailable, None),
        (400, b'{"error": {"message": "m", "param": "size", "code": "c"}}', BadRequest, "size"),
        (400, b'{"error": "invalid params"}', None, None),
        (500, b"<html>", None, None),
        (500, b"[" * 100_000, None, None),
        (500, b"4", None, None),
    ],
)
def test_errors(status: int, body: bytes, kind: type[TintypeError] | None, param: str | None) -> None:
    error = read_error(status, body)
    assert (type(error) if error else None) is kind
    assert (error.param if error else None) == param


# ---- over a socket

ZEROS = {
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "total_tokens": 0,
    "input_tokens_details": {"text_tokens": 0, "image_tokens": 0},
}


def server(document: object = None, status: int = 200) -> Answer:
    async def answer(asked: Asked) -> Told:
        if asked.path == "/v1/models":
            return told({"object": "list", "data": [{"id": "Qwen/Qwen-Image", "object": "model"}]})
        if asked.path == "/generated-images/a.png":
            return Told(PNG, media_type="image/png")
        if asked.path == "/generated-images/page.png":
            return Told(b"<html>sign in</html>", media_type="text/html")
        return told(document or {"created": 1, "data": [{"b64_json": BASE64}], "usage": ZEROS}, status)

    return answer


@asynccontextmanager
async def opened_at(
    adapter: type[LocalOpenAI], answer: Answer, suffix: str = ""
) -> AsyncIterator[tuple[LocalOpenAI, Room]]:
    async with room(answer) as made:
        provider = adapter.open(Access(name="mine", base_url=made.url + suffix))
        try:
            yield provider, made
        finally:
            await provider.close()


async def made_by(
    adapter: type[LocalOpenAI],
    card: ModelCard,
    request: ImageRequest = REQUEST,
    answer: Answer | None = None,
    suffix: str = "",
) -> tuple[list[ImageEvent], Room]:
    async with opened_at(adapter, answer or server(), suffix) as (provider, made):
        return [event async for event in provider.generate(request, card)], made


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_each_picture_is_a_call_with_a_seed_of_its_own(suffix: str) -> None:
    events, made = asyncio.run(made_by(LocalOpenAI, SGLANG, replace(REQUEST, n=2), suffix=suffix))
    image = Image.from_bytes(PNG)
    assert events == [Completed(image=image, seed=7), Completed(image=image, index=1, seed=8)]
    assert made.calls() == ["GET /v1/models", *["POST /v1/images/generations"] * 2]
    bodies = [each.json() for each in made.asked[1:]]
    assert [(body["model"], body["seed"]) for body in bodies] == [
        ("Qwen/Qwen-Image", 7),
        ("Qwen/Qwen-Image", 8),
    ]


@pytest.mark.parametrize(
    ("adapter", "card"),
    [(LocalOpenAI, SGLANG), (LocalOpenAI, VLLM), (LocalAI, LOCALAI), (StableDiffusionCpp, SDCPP)],
)
def test_without_a_seed_every_picture_is_another_and_its_seed_is_told(
    adapter: type[LocalOpenAI], card: ModelCard
) -> None:
    async def seeds() -> set[int | None]:
        found = [await made_by(adapter, card, replace(REQUEST, seed=None)) for _ in range(3)]
        return {event.seed for events, _ in found for event in events if isinstance(event, Completed)}

    found = asyncio.run(seeds())
    assert len(found) == 3
    assert None not in found


def test_localai_chooses_its_own_default() -> None:
    _, made = asyncio.run(made_by(LocalAI, LOCALAI))
    assert made.calls() == ["POST /v1/images/generations"]
    assert "model" not in made.asked[0].json()


def addressed(address: str) -> Answer:
    return server({"data": [{"url": address}], "usage": ZEROS})


async def at_its_own_address(path: str) -> tuple[list[ImageEvent], Room]:
    target: list[str] = []

    async def answer(asked: Asked) -> Told:
        return await addressed(target[0])(asked)

    async with opened_at(LocalAI, answer) as (provider, made):
        target.append(made.url + path)
        card = replace(LOCALAI, upstream_id="dreamshaper")
        return [event async for event in provider.generate(replace(EDIT, mask=mask()), card)], made


def test_an_address_on_its_own_host_is_fetched_from_there() -> None:
    events, made = asyncio.run(at_its_own_address("/generated-images/a.png"))
    assert made.calls() == ["POST /v1/images/inpainting", "GET /generated-images/a.png"]
    assert events == [Completed(image=Image.from_bytes(PNG), seed=7)]


def test_a_page_in_place_of_a_picture() -> None:
    with pytest.raises(Garbled, match="no picture"):
        asyncio.run(at_its_own_address("/generated-images/page.png"))


def test_an_address_elsewhere_is_left_to_the_house() -> None:
    answer = addressed("https://pictures.example/a.png")
    events, made = asyncio.run(made_by(LocalAI, LOCALAI, answer=answer))
    assert events == [Completed(image=Image.from_url("https://pictures.example/a.png"), seed=7)]
    assert len(made.asked) == 1


@pytest.mark.parametrize(
    ("document", "status", "kind"),
    [
        ({"data": []}, 200, NoImage),
        ({"error": "generate_image returned no results"}, 500, Unavailable),
        ({"detail": "CUDA out of memory"}, 500, Busy),
        ({"error": {"message": 'model "x" not found', "code": 404}}, 404, Rejected),
    ],
)
def test_failures_have_cost_nothing(document: object, status: int, kind: type[TintypeError]) -> None:
    with pytest.raises(TintypeError) as caught:
        asyncio.run(made_by(LocalOpenAI, VLLM, answer=server(document, status)))
    assert type(caught.value) is kind
    assert not caught.value.charged


def test_what_the_doctor_hears() -> None:
    async def main() -> str:
        async with opened_at(LocalOpenAI, server()) as (provider, _):
            return await provider.check()

    assert asyncio.run(main()) == "it answers, 1 models"


def test_an_address_is_wanted() -> None:
    with pytest.raises(ValueError, match="`base_url` is an address"):
        LocalAI.open(Access(name="localai"))
