"""Stability AI: what an order becomes, what comes back, and a fake that behaves as its documentation says."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import aclosing
from dataclasses import replace

import pytest

from tintype.core import Access, Completed, Image, ImageEvent, ImageRequest, ModelCard, Ratio, Size
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
from tintype.pixels import open_picture
from tintype.providers.stability import Stability, build, read, read_error
from tintype.wire import multipart

from ..pictures import drawn, encoded
from ..upstream import FakeUpstream, Reply, Request, fake_upstream
from .ordering import CARDS, CAT, INPUT, PNG, asked, said

CORE = CARDS["stable-image-core"]
BASE64 = base64.b64encode(PNG).decode()
EDIT = replace(CAT, images=(INPUT,))


def form(body: bytes, media_type: str) -> dict[str, object]:
    """The fields; a file is its bytes."""
    parts = multipart.read(body, media_type)
    return {part.name: bytes(part.data) if part.filename else bytes(part.data).decode() for part in parts}


@pytest.mark.parametrize(
    ("card", "request_", "path", "fields"),
    [
        ("stable-image-core", CAT, "generate/core", {"prompt": "a cat"}),
        (
            "stable-image-core",
            replace(CAT, size=Ratio(21, 9), seed=0, output_format="webp", negative_prompt="rain"),
            "generate/core",
            {
                "prompt": "a cat",
                "aspect_ratio": "21:9",
                "seed": "0",
                "output_format": "webp",
                "negative_prompt": "rain",
            },
        ),
        (
            "stable-image-ultra",
            replace(CAT, size=Size(1216, 832)),
            "generate/ultra",
            {"prompt": "a cat", "aspect_ratio": "3:2"},
        ),
        (  # what is drawn from a picture has its shape; how far it may go has to be said
            "stable-image-ultra",
            replace(EDIT, size=Size(1216, 832)),
            "generate/ultra",
            {"prompt": "a cat", "image": PNG, "strength": "0.5"},
        ),
        ("sd3.5-medium", CAT, "generate/sd3", {"model": "sd3.5-medium", "prompt": "a cat"}),
        (
            "sd3.5-large",
            replace(EDIT, strength=0.25, guidance_scale=6.0),
            "generate/sd3",
            {
                "model": "sd3.5-large",
                "mode": "image-to-image",
                "prompt": "a cat",
                "image": PNG,
                "strength": "0.25",
                "cfg_scale": "6.0",
            },
        ),
        (
            "stable-image-inpaint",
            replace(EDIT, mask=INPUT),
            "edit/inpaint",
            {"prompt": "a cat", "image": PNG, "mask": PNG},
        ),
        (
            "stable-image-core",
            replace(CAT, extras={"stability": {"style_preset": "anime", "prompt": "x"}}),
            "generate/core",
            {"prompt": "a cat", "style_preset": "anime"},
        ),
    ],
    ids=str,
)
def test_what_is_sent(card: str, request_: ImageRequest, path: str, fields: dict[str, object]) -> None:
    call = build(request_, CARDS[card])
    assert call.path == f"v2beta/stable-image/{path}"
    assert form(call.body, call.media_type) == fields


# ---- answers


@pytest.mark.parametrize(
    ("document", "event"),
    [
        (
            {"image": BASE64, "finish_reason": "SUCCESS", "seed": 343940597},
            Completed(image=Image.from_bytes(PNG), seed=343940597),
        ),
        ({"image": BASE64}, Completed(image=Image.from_bytes(PNG))),
        ({"image": BASE64.rstrip("=")}, Completed(image=Image.from_bytes(PNG))),
    ],
)
def test_results(document: object, event: Completed) -> None:
    assert list(read(json.dumps(document).encode())) == [event]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"image": BASE64, "finish_reason": "CONTENT_FILTERED", "seed": 1}, Refused),
        ({"finish_reason": "SUCCESS"}, NoImage),
        ({"image": None, "finish_reason": "ERROR"}, NoImage),
        ({"image": "!!!"}, Garbled),
        ([], Garbled),
    ],
)
def test_results_without_a_picture_are_paid(document: object, kind: type[TintypeError]) -> None:
    with pytest.raises(TintypeError) as caught:
        list(read(json.dumps(document).encode()))
    assert type(caught.value) is kind
    assert caught.value.charged


@pytest.mark.parametrize(
    ("status", "document", "kind", "param"),
    [
        (403, {"id": "i", "name": "content_moderation", "errors": ["flagged"]}, Refused, None),
        (
            400,
            {"id": "i", "name": "bad_request", "errors": ["prompt: cannot be blank"]},
            BadRequest,
            "prompt",
        ),
        (400, {"id": "i", "name": "bad_request", "errors": ["Something odd"]}, None, None),
        (
            402,
            {"id": "i", "name": "payment_required", "errors": ["You lack sufficient credits"]},
            Rejected,
            None,
        ),
        (403, {"id": "i", "name": "forbidden", "errors": []}, None, None),
        (429, {"id": "i", "name": "rate_limit_exceeded", "errors": ["150 in 10 seconds"]}, None, None),
        (500, "oops", None, None),
    ],
)
def test_error_answers(
    status: int, document: object, kind: type[TintypeError] | None, param: str | None
) -> None:
    meaning = read_error(status, json.dumps(document).encode())
    assert (type(meaning) if meaning else None) is kind
    if meaning is not None:
        assert (meaning.param, meaning.charged) == (param, False)


# ---- over a socket


def service(reply: Reply) -> tuple[list[ImageEvent], FakeUpstream]:
    return ordered(reply, CORE, CAT)


def ordered(reply: Reply, card: ModelCard, request: ImageRequest) -> tuple[list[ImageEvent], FakeUpstream]:
    """It answers with bare bytes to whoever does not ask for JSON, and for nothing else."""

    def answer(asked_: Request) -> Reply:
        if asked_.header("authorization") != "Bearer sk-secret":
            return said({"id": "i", "name": "unauthorized", "errors": []}, 401)
        return reply if asked_.header("accept") == "application/json" else Reply(chunks=[PNG])

    async def main() -> tuple[list[ImageEvent], FakeUpstream]:
        async with fake_upstream(answer) as fake:
            provider = Stability.open(Access(name="stability", base_url=fake.url, key="sk-secret"))
            try:
                async with aclosing(provider.generate(request, card)) as events:
                    return [event async for event in events], fake
            finally:
                await provider.close()

    return asyncio.run(main())


GOOD = {"image": BASE64, "finish_reason": "SUCCESS", "seed": 7}


def test_an_order_is_one_call() -> None:
    document = json.dumps(GOOD).encode()
    events, fake = service(Reply(chunks=[bytes([byte]) for byte in document]))
    assert events == [Completed(image=Image.from_bytes(PNG), seed=7)]
    assert asked(fake) == ["POST /v1/v2beta/stable-image/generate/core"]


@pytest.mark.parametrize(
    ("reply", "kind", "charged"),
    [
        (said({"name": "content_moderation", "errors": ["no"]}, 403), Refused, False),
        (said({**GOOD, "finish_reason": "CONTENT_FILTERED"}), Refused, True),
        (said({"name": "forbidden", "errors": ["no"]}, 403), Rejected, False),
        (said({"name": "rate_limit_exceeded", "errors": ["no"]}, 429, retry_after="60"), Busy, False),
        (said({"name": "internal_error", "errors": ["no"]}, 500), Unavailable, False),
        (Reply(chunks=[PNG]), Garbled, True),
        (replace(said(GOOD), drop=True), Unavailable, True),
    ],
)
def test_failures(reply: Reply, kind: type[TintypeError], charged: bool) -> None:
    with pytest.raises(TintypeError) as caught:
        service(reply)
    assert type(caught.value) is kind
    assert caught.value.charged is charged


def test_a_mask_is_white_where_to_change() -> None:
    mask = drawn(Size(16, 8)).convert("RGBA")
    mask.putpixel((3, 2), (9, 9, 9, 0))
    request = replace(EDIT, mask=Image.from_bytes(encoded(mask, "png")))
    _, fake = ordered(said(GOOD), CARDS["stable-image-inpaint"], request)
    sent = form(fake.requests[0].body, fake.requests[0].header("content-type"))["mask"]
    assert isinstance(sent, bytes)
    seen = open_picture(Image.from_bytes(sent), param="mask")
    assert (seen.getpixel((3, 2)), seen.getpixel((0, 0))) == ((255, 255, 255), (0, 0, 0))


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [(said({"credits": 0.5}), "the key is taken, 0.5 credits"), (said([]), "the key is taken")],
)
def test_a_key_is_looked_at_without_buying(reply: Reply, sentence: str) -> None:
    async def main() -> str:
        async with fake_upstream(reply) as fake:
            provider = Stability.open(Access(name="stability", base_url=fake.url, key="sk-secret"))
            try:
                return await provider.check()
            finally:
                await provider.close()
                assert asked(fake) == ["GET /v1/v1/user/balance"]

    assert asyncio.run(main()) == sentence
