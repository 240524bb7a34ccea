"""OpenAI's Images API, served: pictures from a prompt, edits as a form or as JSON, and the list of models.

Kinder than OpenAI wherever real clients need it: `response_format` is taken on any model, a picture in
a body of generations means an edit, and sizes may be written in any service's way.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import cast

from ..core import (
    Answer,
    Aside,
    Completed,
    Dialect,
    Events,
    Format,
    ImageRequest,
    Incoming,
    Octets,
    Report,
)
from ..core.errors import BadRequest, TintypeError
from ..core.request import FORMATS, Delivery
from ..wire import openai_images as wire
from ..wire import sse
from . import _openai_answers as answers
from ._fields import Fields, read_body
from ._pictures import read_images, read_mask
from ._sizes import read_size
from ._usual import (
    MAX_SEED,
    is_strict,
    missing,
    no_picture,
    read_background,
    read_format,
    unless_auto,
)


class OpenAIImages:
    name = "openai-images"
    paths: tuple[str, ...] = (wire.GENERATIONS, wire.EDITS, wire.VARIATIONS)
    asides: tuple[Aside, ...] = (
        Aside(method="GET", path="/models", answer=answers.listing),
        Aside(method="GET", path="/models/{id:path}", answer=answers.model),
    )

    def read(self, incoming: Incoming) -> ImageRequest:
        if incoming.path == wire.VARIATIONS:
            raise BadRequest(
                "Variations ended with dall-e-2. Send the picture to /v1/images/edits, with a prompt that says "
                "what to vary.",
                code="endpoint_retired",
            )
        fields = read_body(incoming)
        prompt = fields.text("prompt")
        if prompt is None or not prompt.strip():
            raise missing("prompt")
        images = read_images(fields)
        if incoming.path == wire.EDITS and not images:
            raise missing("image")
        mask, white_mask = read_mask(fields), read_mask(fields, "maskDataUrl")
        if mask is not None and white_mask is not None:
            raise BadRequest("Send 'mask' or 'maskDataUrl', and not both.", param="maskDataUrl")
        mask, mask_is_white = mask or white_mask, white_mask is not None
        if mask is not None and not images:
            raise BadRequest("A mask needs an image that it masks: send one as 'image'.", param="mask")
        n = fields.integer("n", 1, wire.MAX_N)
        stream = fields.flag("stream")
        delivery, output_format = _delivery(fields, incoming, stream=stream, n=n or 1)
        return ImageRequest(
            model=(fields.text("model") or "").strip(),
            prompt=prompt,
            n=1 if n is None else n,
            size=read_size(fields),
            quality=unless_auto(fields.text("quality")),
            background=read_background(fields),
            output_format=output_format,
            output_compression=fields.integer("output_compression", 0, 100),
            seed=fields.integer("seed", -MAX_SEED, MAX_SEED),
            images=images,
            mask=mask,
            mask_is_white=mask_is_white,
            input_fidelity=fields.word("input_fidelity", ("low", "high")),
            strength=fields.number("strength", 0, 1),
            style=fields.text("style"),
            moderation=unless_auto(fields.word("moderation", ("low", "auto"))),
            complexity=fields.text("complexity"),
            user=fields.text("user"),
            safety_identifier=fields.text("safety_identifier"),
            response_format=delivery,
            stream=stream,
            partial_images=fields.integer("partial_images", 0, wire.MAX_PARTIAL_IMAGES),
            strict=is_strict(incoming),
            extras={"openai": rest} if (rest := fields.rest()) else {},
        )

    def media_type(self, request: ImageRequest) -> str:
        if request.stream:
            return sse.MEDIA_TYPE
        if request.response_format == "bytes":
            return f"image/{request.output_format or 'png'}"
        return "application/json"

    async def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        answer = self._frames if request.stream else self._whole
        async for chunk in answer(request, events, report):
            yield chunk

    async def _frames(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        done = False
        async for event in events:
            done = done or isinstance(event, Completed)
            for chunk in answers.frame(request, event, report):
                yield chunk
        if not done:
            raise no_picture()

    async def _whole(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        pictures = [event async for event in events if isinstance(event, Completed)]
        if not pictures:
            raise no_picture()
        if request.response_format == "bytes":
            yield pictures[0].image.as_bytes()
            return
        pictures.sort(key=lambda picture: picture.index)
        for chunk in answers.document(request, pictures, report):
            yield chunk

    def write_error(self, error: TintypeError) -> Answer:
        return Answer(body=answers.error(error), status=error.status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        return answers.error_frame(error)


dialect: Dialect = OpenAIImages()


def _delivery(
    fields: Fields, incoming: Incoming, *, stream: bool, n: int
) -> tuple[Delivery | None, Format | None]:
    """How the answer is to come and in which format: the body says, unless `Accept` asks for a picture."""
    delivery = cast(Delivery | None, fields.word("response_format", ("url", "b64_json")))
    said = read_format(fields)
    accepted = _picture_type(incoming.headers.get("accept", ""))
    if accepted is None:
        return delivery, said
    if stream or n > 1:
        what = "a stream" if stream else f"{n} pictures"
        raise BadRequest(
            f"Accept: image/{accepted} asks for one picture as the whole answer, and the body asks for {what}. "
            "Send Accept: application/json, or ask for one picture.",
            param="stream" if stream else "n",
        )
    if said is not None and accepted not in ("*", said):
        raise BadRequest(
            f"Accept: image/{accepted} and 'output_format' {said} contradict each other.",
            param="output_format",
        )
    return "bytes", said or ("png" if accepted == "*" else cast(Format, accepted))


def _picture_type(accept: str) -> str | None:
    """The picture format, or "*", that an Accept header puts above JSON; None as in nearly every request."""
    weights: dict[str, float] = {}
    for entry in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        weights[kind] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 1.0
    document = max(weights.get(kind, 0.0) for kind in ("application/json", "application/*", "*/*"))
    formats = [*FORMATS, "*"]
    best = max(formats, key=lambda kind: weights.get(f"image/{kind}", 0.0))
    return best if weights.get(f"image/{best}", 0.0) > document else None
