"""The official SDK's AzureOpenAI, unmodified, against the whole house: the three ways in which people open it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openai
import pytest
from PIL import Image

from tintype.core import ModelCard, Size
from tintype.core.errors import Refused
from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings

from ..dialects.test_golden import RECORDED, incoming
from ..fakes import FakeProvider
from ..pictures import drawn, encoded, opened, png
from ..seeds import printed, same_shape
from ..serving import fake_gateway, serving
from ..strict import validate_event
from .test_http import call

LAMP = "A white desk lamp"
ANSWER = printed("znapai_azure")[0].response
WAYS: dict[str, Any] = {
    "endpoint and model": lambda address: {
        "azure_endpoint": address,
        "api_key": "k",
        "api_version": "2025-04-01-preview",
    },
    "base URL with deployment": lambda address: {
        "base_url": f"{address}/openai/deployments/our-pictures",
        "api_key": "k",
        "api_version": "2024-02-01",
    },
    "deployment and AD token": lambda address: {
        "azure_endpoint": address,
        "azure_deployment": "our-pictures",
        "azure_ad_token": "t",
        "api_version": "2024-02-01",
    },
}


@pytest.fixture(scope="module")
def azure(address: str) -> Iterator[str]:
    """As a customer of Azure has it set up: a deployment with a name of its own."""
    named = dict.fromkeys(("our-pictures", "dep", "dep2"), "gpt-image-2")
    settings = Settings(deployment={**named, "plain/name": "dall-e-3"})
    with serving(open_gateway(settings, {}), settings) as url:
        yield url


@pytest.fixture(params=list(WAYS))
def client(request: pytest.FixtureRequest, azure: str) -> Iterator[openai.AzureOpenAI]:
    with openai.AzureOpenAI(max_retries=0, **WAYS[request.param](azure)) as made:
        yield made


def pictures(reply: Any) -> list[Image.Image]:
    document = reply.model_dump(exclude_unset=True, warnings=False)
    same_shape(ANSWER, document)
    return [opened(base64.b64decode(item["b64_json"], validate=True)) for item in document["data"]]


def test_generate(client: openai.AzureOpenAI) -> None:
    reply = client.images.generate(
        model="gpt-image-2", prompt=LAMP, n=2, size="1536x1024", quality="low", output_format="jpeg"
    )
    made = pictures(reply)
    assert [(picture.size, picture.format) for picture in made] == [((1536, 1024), "JPEG")] * 2


def test_stream(client: openai.AzureOpenAI) -> None:
    events = list(
        client.images.generate(model="gpt-image-2", prompt=LAMP, quality="low", stream=True, partial_images=1)
    )
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    for event in events:
        validate_event(event.type, event.model_dump(exclude_unset=True, warnings=False))


def test_edit_one_several_and_with_a_mask(client: openai.AzureOpenAI) -> None:
    ground = encoded(drawn(Size(1024, 1024), "#274"), "png")
    hole = Image.new("RGBA", (1024, 1024), "black")
    hole.paste((0, 0, 0, 0), (256, 256, 768, 768))
    asked: dict[str, Any] = {"model": "gpt-image-2", "prompt": "a red balloon", "quality": "low"}
    (one,) = pictures(client.images.edit(**asked, image=ground))
    (several,) = pictures(client.images.edit(**asked, image=[ground, BytesIO(png(Size(640, 480)))]))
    (masked,) = pictures(client.images.edit(**asked, image=ground, mask=encoded(hole, "png")))
    assert len({picture.tobytes() for picture in (one, several, masked)}) == 3
    kept = masked.convert("RGB")
    kept.paste("#274", (256, 256, 768, 768))
    assert kept.tobytes() == opened(ground).tobytes()


def test_errors(client: openai.AzureOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Invalid 'size'") as caught:
        client.images.generate(model="gpt-image-2", prompt=LAMP, size="big")
    assert (caught.value.code, caught.value.param) == ("invalid_value", "size")
    with pytest.raises(openai.BadRequestError, match="background"):
        client.images.generate(model="gpt-image-2", prompt=LAMP, background="transparent")
    with pytest.deprecated_call(), pytest.raises(openai.NotFoundError) as lost:
        client.images.create_variation(image=png(Size(64, 64)))
    assert lost.value.code == "404"


def test_models(client: openai.AzureOpenAI) -> None:
    assert "gpt-image-2" in [model.id for model in client.models.list()]
    assert client.models.retrieve("gpt-image-2").owned_by == "openai"


def test_async_client(azure: str) -> None:
    async def main(way: dict[str, Any]) -> None:
        async with openai.AsyncAzureOpenAI(max_retries=0, **way) as made:
            pictures(await made.images.generate(model="gpt-image-2", prompt=LAMP, quality="low"))
            pictures(
                await made.images.edit(
                    model="gpt-image-2", prompt=LAMP, quality="low", image=png(Size(640, 480))
                )
            )
            stream = await made.images.generate(model="gpt-image-2", prompt=LAMP, quality="low", stream=True)
            assert [event.type async for event in stream] == ["image_generation.completed"]

    for way in WAYS.values():
        asyncio.run(main(way(azure)))


def test_the_deployment_in_the_path_wins(azure: str) -> None:
    with openai.AzureOpenAI(**WAYS["deployment and AD token"](azure)) as made:
        raw = made.images.with_raw_response.generate(model="gpt-9", prompt=LAMP, quality="low")
    assert raw.headers["x-tintype-model"] == "gpt-image-2"
    with openai.AzureOpenAI(**WAYS["endpoint and model"](azure)) as made:
        raw = made.images.with_raw_response.generate(model="plain/name", prompt=LAMP)
        assert raw.headers["x-tintype-model"] == "dall-e-3"


def test_a_deployment_that_does_not_exist(azure: str) -> None:
    with (
        openai.AzureOpenAI(**WAYS["endpoint and model"](azure)) as made,
        pytest.raises(openai.NotFoundError, match="The API deployment for this resource does not") as caught,
    ):
        made.images.generate(model="gpt-9", prompt=LAMP)
    assert caught.value.code == "DeploymentNotFound"


@pytest.mark.parametrize("partial_images", [None, 0, 1])
def test_a_refusal(partial_images: int | None) -> None:
    """Plainly, before the first frame of a stream, and after it."""
    refusing = FakeProvider(fails=Refused("Your task failed as a result of our safety system."))
    card = ModelCard(id="m", provider="p", partial_images=3)
    stream = partial_images is not None
    with (
        serving(fake_gateway(refusing, card)) as url,
        openai.AzureOpenAI(**WAYS["endpoint and model"](url)) as made,
        pytest.raises(openai.APIError, match="safety system") as caught,
    ):
        list(made.images.generate(model="m", prompt=LAMP, stream=stream, partial_images=partial_images))
    assert caught.value.code == "contentFilter"
    assert isinstance(caught.value, openai.BadRequestError) == (partial_images != 1)


AZURE = [recorded for recorded in RECORDED if "/openai/" in recorded["path"]]


@pytest.mark.parametrize("recorded", AZURE, ids=lambda each: f"{each['client']} {each['path']}")
def test_recorded_requests(azure: str, recorded: dict[str, Any]) -> None:
    """As they were sent; `dep` and `dep2` are deployments."""
    request = incoming(recorded)
    status, headers, body = call(azure, "POST", recorded["path"], request.body, **request.headers)
    assert status == 200, body
    assert headers["x-tintype-model"] == "gpt-image-2"
    same_shape(ANSWER, json.loads(body))


@pytest.mark.parametrize("kind", ["endpoint", "v1"])
def test_chats_and_responses_are_where_its_clients_look(azure: str, kind: str) -> None:
    client: openai.OpenAI = openai.AzureOpenAI(
        azure_endpoint=azure, api_key="k", api_version="2025-04-01-preview"
    )
    if kind == "v1":
        client = openai.OpenAI(base_url=f"{azure}/openai/v1/", api_key="k")
    chat = client.chat.completions.with_raw_response.create(
        model="our-pictures", messages=[{"role": "user", "content": LAMP}]
    )
    drawn_by = client.responses.with_raw_response.create(
        model="gpt-5",
        input=LAMP,
        tools=[{"type": "image_generation"}],
        extra_headers={"x-ms-oai-image-generation-deployment": "plain/name"},
    )
    assert chat.headers["x-tintype-model"] == "gpt-image-2"
    assert drawn_by.headers["x-tintype-model"] == "dall-e-3"
    assert drawn_by.parse().output[0].type == "image_generation_call"
