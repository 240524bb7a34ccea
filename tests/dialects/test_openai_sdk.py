"""What the dialect writes, as OpenAI's own Python client reads it off a socket; and what the client sends, read."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import openai
import pytest

from tintype.core import Completed, Image, ImageEvent, ImageRequest, Incoming, Partial, Report, Usage
from tintype.core.errors import BadRequest, Forbidden, Refused, TintypeError
from tintype.dialects.openai_images import dialect

from ..pictures import picture
from ..upstream import Reply, fake_upstream
from .writing import happening

PNG = picture()
REQUEST = ImageRequest(model="m", prompt="p")
REPORT = Report(asked="m", model="m", provider="p", created=1_795_166_107)
DONE = Completed(image=Image.from_bytes(PNG), usage=Usage(text_in=2, image_out=7), quality="low")
PREVIEW = Partial(image=Image.from_bytes(picture("jpeg")))

Call = Callable[[openai.AsyncOpenAI], Awaitable[Any]]


async def asked(reply: Reply, call: Call) -> tuple[Any, ImageRequest]:
    """What the client makes of a reply, and what we make of its request."""
    async with fake_upstream(reply) as fake:
        async with openai.AsyncOpenAI(base_url=fake.url, api_key="k", max_retries=0) as client:
            answer = await call(client)
        (request,) = fake.requests
    first, *lines = request.head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    path = first.split(" ")[1].removeprefix("/v1")
    return answer, dialect.read(Incoming(path=path, headers=headers, body=request.body))


async def written(request: ImageRequest, *events: ImageEvent) -> Reply:
    chunks = [bytes(chunk) async for chunk in dialect.write(request, happening(*events), REPORT)]
    return Reply(headers={"content-type": dialect.media_type(request)}, chunks=chunks)


async def collected(stream: AsyncIterator[Any]) -> list[Any]:
    return [event async for event in stream]


def test_generate() -> None:
    async def run() -> None:
        answer, request = await asked(
            await written(REQUEST, DONE),
            lambda client: client.images.generate(
                model="m", prompt="p", size="1536x1024", extra_body={"seed": 5}
            ),
        )
        assert base64.b64decode(answer.data[0].b64_json) == PNG
        assert answer.size == "16x8"
        assert answer.usage.output_tokens_details.image_tokens == 7
        assert answer.created == REPORT.created
        assert (request.model, request.prompt, str(request.size), request.seed) == ("m", "p", "1536x1024", 5)

    asyncio.run(run())


def test_stream() -> None:
    async def run() -> None:
        async def call(client: openai.AsyncOpenAI) -> list[Any]:
            return await collected(
                await client.images.generate(model="m", prompt="p", stream=True, partial_images=1)
            )

        streamed = replace(REQUEST, stream=True)
        (first, last), request = await asked(await written(streamed, PREVIEW, DONE), call)
        assert (first.type, first.partial_image_index) == ("image_generation.partial_image", 0)
        assert (last.type, last.usage.total_tokens) == ("image_generation.completed", 9)
        assert base64.b64decode(last.b64_json) == PNG
        assert (request.stream, request.partial_images) == (True, 1)

    asyncio.run(run())


@pytest.mark.parametrize("count", [1, 3])
def test_edit(count: int) -> None:
    async def run() -> None:
        answer, request = await asked(
            await written(REQUEST, DONE),
            lambda client: client.images.edit(
                image=PNG if count == 1 else [PNG] * count,
                mask=("mask.png", PNG, "image/png"),
                prompt="p",
                n=2,
            ),
        )
        assert base64.b64decode(answer.data[0].b64_json) == PNG
        assert [image.as_bytes() for image in request.images] == [PNG] * count
        assert request.mask == Image.from_bytes(PNG)
        assert request.n == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequest("'n' is 11", param="n"), openai.BadRequestError),
        (Refused("no"), openai.BadRequestError),
        (Forbidden("not you"), openai.PermissionDeniedError),
        (TintypeError("oh"), openai.InternalServerError),
    ],
)
def test_errors(error: TintypeError, kind: type[openai.APIStatusError]) -> None:
    reply = Reply(status=error.status, chunks=[dialect.write_error(error).body])
    with pytest.raises(kind) as caught:
        asyncio.run(asked(reply, lambda client: client.images.generate(model="m", prompt="p")))
    assert (caught.value.code, caught.value.param) == (error.code, error.param)
    assert str(error) in str(caught.value)


def test_an_error_in_a_stream() -> None:
    async def call(client: openai.AsyncOpenAI) -> list[Any]:
        return await collected(await client.images.generate(model="m", prompt="p", stream=True))

    frame = dialect.write_error_frame(Refused("not that"))
    reply = Reply(headers={"content-type": "text/event-stream"}, chunks=[frame])
    with pytest.raises(openai.APIError, match="not that") as caught:
        asyncio.run(asked(reply, call))
    assert caught.value.code == "moderation_blocked"
