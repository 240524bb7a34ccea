"""Real pipelines with random weights behind the whole house, as the settings name them, by the official SDK."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import PIL.Image
import pytest

from tintype.core import Size
from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings

from ..pictures import encoded, opened, png
from ..serving import serving

pytest.importorskip("diffusers", reason="diffusion models are drawn with the extra `diffusion`")

from ..engines.diffusion.tiny import EDGE, saved

pytestmark = pytest.mark.filterwarnings(  # those of diffusers' own making
    "ignore::DeprecationWarning", "ignore::FutureWarning"
)

STEPS = {"low": 2, "medium": 4, "high": 6}


def model(family: str, **said: Any) -> dict[str, Any]:
    return {"source": str(saved(family)), "edge": EDGE, "steps": STEPS, **said}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    loras: Path = tmp_path_factory.mktemp("loras")
    tables = {
        "device": "cpu",
        "preload": False,
        "loras": str(loras),
        "models": {
            "local/sdxl": model("sdxl", price="0.25 per megapixel-step", aliases=["xl"]),
            "local/klein": model("flux2-klein"),
            "local/hidream": {"source": str(saved("hidream")), "edge": 256},
        },
    }
    with serving(open_gateway(Settings(engine={"diffusion": tables}), {})) as url:
        yield url


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0, timeout=60) as made:
        yield made


def drawn(client: openai.OpenAI, **said: Any) -> Any:
    return client.images.generate(**{"model": "local/sdxl", "prompt": "a cat", "size": "64x64", **said})


def picture(item: Any) -> PIL.Image.Image:
    return opened(base64.b64decode(item.b64_json)).convert("RGB")


def distance(one: PIL.Image.Image, other: PIL.Image.Image) -> int:
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return max(abs(a - b) for a, b in pairs)


def test_a_stream_shows_two_previews_that_differ(client: openai.OpenAI) -> None:
    events = list(drawn(client, stream=True, partial_images=2, extra_body={"seed": 1}))
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert len({event.b64_json for event in events}) == 3
    (whole,) = drawn(client, extra_body={"seed": 1}).data
    assert events[-1].b64_json == whole.b64_json, "previews change nothing"


def test_callers_at_once_get_the_pictures_that_they_would_get_alone(
    address: str, client: openai.OpenAI
) -> None:
    async def together() -> list[Any]:
        async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="any", timeout=60) as many:
            asked = (
                many.images.generate(
                    model="local/sdxl",
                    prompt=prompt,
                    size="64x64",
                    extra_body={"seed": seed},
                )
                for seed, prompt in enumerate(prompts)
            )
            return [picture(reply.data[0]) for reply in await asyncio.gather(*asked) if reply.data]

    prompts = ["a cat", "a much longer prompt about an owl", "the sea", "a cat"]
    batched = asyncio.run(together())
    alone = [
        picture(drawn(client, prompt=prompt, extra_body={"seed": seed}).data[0])
        for seed, prompt in enumerate(prompts)
    ]
    assert all(distance(one, other) <= 1 for one, other in zip(batched, alone, strict=True))
    assert distance(alone[0], alone[3]) > 1, "a seed makes a difference"


def test_a_mask_changes_its_clear_part_alone(client: openai.OpenAI) -> None:
    hole = PIL.Image.new("RGBA", (64, 64), "black")
    hole.paste((0, 0, 0, 0), (0, 0, 32, 64))
    reply = client.images.edit(
        model="local/sdxl",
        prompt="a cat",
        image=png(Size(64, 64), "#2040c0"),
        mask=encoded(hole, "png"),
        extra_body={"seed": 3, "strength": 1.0},
    )
    made = picture(reply.data[0])  # type: ignore[index]
    ground = PIL.Image.new("RGB", (64, 64), "#2040c0")
    assert distance(made.crop((0, 0, 24, 64)), ground.crop((0, 0, 24, 64))) > 20
    assert distance(made.crop((40, 0, 64, 64)), ground.crop((40, 0, 64, 64))) <= 1


def test_pictures_are_looked_at_by_a_family_that_does(client: openai.OpenAI) -> None:
    images: list[Any] = [png(Size(64, 64), "#c33"), png(Size(64, 64), "#3c3")]
    reply = client.images.edit(model="local/klein", prompt="both", image=images, extra_body={"seed": 3})
    assert picture(reply.data[0]).size == (64, 64)  # type: ignore[index]


def test_a_picture_is_paid_by_its_pixels_and_steps(client: openai.OpenAI) -> None:
    raw = client.images.with_raw_response.generate(
        model="xl",
        prompt="a cat",
        n=2,
        size="64x64",
        quality="low",
    )
    assert raw.headers["x-tintype-cost"] == f"{2 * 0.25 * 2 * 64 * 64 / 1e6:.6f}"
    assert raw.headers["x-tintype-provider"] == "diffusion"


def test_a_picture_that_is_begun_with_is_paid_by_the_steps_that_are_taken(client: openai.OpenAI) -> None:
    raw = client.images.with_raw_response.edit(
        model="xl",
        prompt="a cat",
        image=png(Size(64, 64), "#c33"),
        size="64x64",
        extra_body={"strength": 0.5},
    )
    assert raw.headers["x-tintype-cost"] == f"{0.25 * 2 * 64 * 64 / 1e6:.6f}"  # two of four


def test_the_true_size_is_told(client: openai.OpenAI) -> None:
    raw = client.images.with_raw_response.generate(
        model="local/hidream",
        prompt="a cat",
        size="64x64",
        extra_body={"num_inference_steps": 1},
    )
    made = picture((raw.parse().data or [])[0])
    told = raw.headers["x-tintype-plan"]
    assert f"{made.width}x{made.height}" in told
    assert raw.parse().size == f"{made.width}x{made.height}"


def test_who_closes_the_stream_leaves_the_engine_idle(client: openai.OpenAI) -> None:
    stream = drawn(client, stream=True, partial_images=3, extra_body={"num_inference_steps": 100})
    next(iter(stream))
    stream.close()
    begun = time.monotonic()
    assert drawn(client, quality="low").data
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("said", "param"),
    [
        ({"loras": [{"name": "oil"}]}, "loras"),
        ({"control": "edges", "image": "data:image/png;base64,"}, "control"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    client: openai.OpenAI, said: dict[str, Any], param: str
) -> None:
    if "image" in said:
        said = {**said, "image": said["image"] + base64.b64encode(png(Size(64, 64))).decode()}
    with pytest.raises(openai.BadRequestError) as caught:
        drawn(client, extra_body=said)
    assert caught.value.param == param


def test_a_source_that_is_not_there_ends_the_start_with_a_sentence() -> None:
    tables = {"models": {"lost": {"source": "/no/such/folder"}}}
    with pytest.raises(ValueError, match=r"\[engine\.diffusion\.models\.\"lost\"\]: .*/no/such/folder"):
        open_gateway(Settings(engine={"diffusion": tables}), {})
