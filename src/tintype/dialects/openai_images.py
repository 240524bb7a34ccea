"""OpenAI's Images API, served: pictures from a prompt, edits as a form or as JSON, and the list of models.

Kinder than OpenAI wherever real clients need it: `response_format` is taken on any model, a picture in
a body of generations means an edit, and sizes may be written in any service's way.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, cast

from ..core import (
    Answer,
    Aside,
    Completed,
    Dialect,
    Events,
    Format,
    ImageEvent,
    ImageRequest,
    Incoming,
    Octets,
    Operation,
    Partial,
    Report,
    Schema,
    Text,
)
from ..core.errors import BadRequest, TintypeError
from ..core.request import FORMATS, Delivery
from ..wire import openai_images as wire
from ..wire import sse
from . import _openai_answers as answers
from . import _openai_schemas as schemas
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

_SWITCHES = ("kontext_max_mode",)  # extras whose type we know

_HINTS: dict[str, Callable[[Fields, str], Any]] = {
    "output_compression": lambda fields, name: fields.integer(name, 0, 100),
    "seed": lambda fields, name: fields.integer(name, -MAX_SEED, MAX_SEED),
    "input_fidelity": lambda fields, name: fields.word(name, ("low", "high")),
    "strength": lambda fields, name: fields.number(name, 0, 1),
    "style": Fields.text,
    "moderation": lambda fields, name: unless_auto(fields.word(name, ("low", "auto"))),
    "complexity": Fields.text,
    "user": Fields.text,
    "safety_identifier": Fields.text,
    "negative_prompt": Fields.text,
    "guidance_scale": lambda fields, name: fields.number(name, 0, 20),
    "num_inference_steps": lambda fields, name: fields.integer(name, 1, 100),
    "thinking_level": lambda fields, name: fields.word(name, ("minimal", "low", "medium", "high")),
    "media_resolution": lambda fields, name: fields.word(name, ("low", "medium", "high")),
    "partial_images": lambda fields, name: fields.integer(name, 0, wire.MAX_PARTIAL_IMAGES),
}
"""What is called the same in an `ImageRequest`, and depends on nothing else; hardly any of it is in most bodies."""


class OpenAIImages:
    """Also what services with an OpenAI-shaped API are made from: they override what they do otherwise."""

    name = "openai-images"
    family = "openai"  # whose the fields are that nobody here knows
    lone_mask_is_ignored = False
    answer: Schema = schemas.IMAGES
    paths: tuple[str, ...] = (wire.GENERATIONS, wire.EDITS, wire.VARIATIONS)
    asides: tuple[Aside, ...] = (
        Aside(method="GET", path="/models", answer=answers.listing),
        Aside(method="GET", path="/models/{id:path}", answer=answers.model),
    )

    def read(self, incoming: Incoming) -> ImageRequest:
        if incoming.path.endswith(wire.VARIATIONS):
            raise BadRequest(
                "Variations ended with dall-e-2. Send the picture to /v1/images/edits, with a prompt that says "
                "what to vary.",
                code="endpoint_retired",
            )
        return self.read_fields(read_body(incoming), incoming)

    def read_fields(self, fields: Fields, incoming: Incoming) -> ImageRequest:
        """Everything but where the body came from. Fields taken before are someone else's matter."""
        prompt = fields.text("prompt")
        if prompt is None or not prompt.strip():
            raise missing("prompt")
        images = read_images(fields)
        if self.needs_image(incoming) and not images:
            raise missing("image")
        mask, white_mask = read_mask(fields), read_mask(fields, "maskDataUrl")
        if mask is not None and white_mask is not None:
            raise BadRequest("Send 'mask' or 'maskDataUrl', and not both.", param="maskDataUrl")
        mask, mask_is_white = mask or white_mask, white_mask is not None
        beside_the_point = {}
        if mask is not None and not images:
            if self.lone_mask_is_ignored:
                mask, mask_is_white, beside_the_point = None, False, {"mask": mask}
            else:
                raise BadRequest("A mask needs an image that it masks: send one as 'image'.", param="mask")
        n = fields.integer("n", 1, wire.MAX_N)
        stream = fields.flag("stream")
        switched: dict[str, object] = {name: True for name in _SWITCHES if fields.flag(name)}
        if modalities := fields.words("response_modalities", ("text", "image")):
            switched["response_modalities"] = modalities
        delivery, output_format = _delivery(fields, incoming, stream=stream, n=n or 1)
        hints = {name: _HINTS[name](fields, name) for name in [*fields.names()] if name in _HINTS}
        return ImageRequest(
            model=(fields.text("model") or "").strip(),
            prompt=prompt,
            n=1 if n is None else n,
            size=read_size(fields),
            quality=unless_auto(fields.text("quality")),
            background=read_background(fields),
            output_format=output_format,
            images=images,
            mask=mask,
            mask_is_white=mask_is_white,
            response_format=delivery,
            stream=stream,
            strict=is_strict(incoming),
            extras={self.family: rest} if (rest := {**switched, **fields.rest(), **beside_the_point}) else {},
            **hints,
        )

    def needs_image(self, incoming: Incoming) -> bool:
        """Whether it is an error that no picture came with this request."""
        return incoming.path.endswith(wire.EDITS)

    def media_type(self, request: ImageRequest) -> str:
        if request.stream:
            return sse.MEDIA_TYPE
        if request.response_format == "bytes":
            return f"image/{request.output_format or 'png'}"
        return "application/json"

    def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        answer = self._frames if request.stream else self._whole
        return answer(request, events, report)

    async def _frames(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        done = False
        async for event in events:
            done = done or isinstance(event, Completed)
            for chunk in self.frame(request, event, report):
                yield chunk
        if not done:
            raise no_picture()

    async def _whole(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        made = [event async for event in events if not isinstance(event, Partial)]
        pictures = [event for event in made if isinstance(event, Completed)]
        if not pictures:
            raise no_picture()
        if request.response_format == "bytes":
            yield pictures[0].image.as_bytes()
            return
        made.sort(key=lambda event: event.index)  # words came before their picture, and stay there
        for chunk in self.reply(request, made, report):
            yield chunk

    def reply(
        self, request: ImageRequest, made: Sequence[Completed | Text], report: Report
    ) -> Iterator[Octets]:
        """The whole answer; `made` has at least one picture, and is in order."""
        return self.document(request, [event for event in made if isinstance(event, Completed)], report)

    def document(
        self, request: ImageRequest, pictures: Sequence[Completed], report: Report
    ) -> Iterator[Octets]:
        """The whole answer of a service that says the same in a document of its own."""
        return answers.document(request, pictures, report)

    def frame(self, request: ImageRequest, event: ImageEvent, report: Report) -> Iterator[Octets]:
        """One event of a stream; nothing for one that this service does not tell."""
        return answers.frame(request, event, report)

    def write_error(self, error: TintypeError) -> Answer:
        return Answer(body=answers.error(error), status=error.status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        return answers.error_frame(error)

    def describe(self, path: str) -> Operation:
        return schemas.operation(path, self.answer)


dialect: Dialect = OpenAIImages()


def _delivery(
    fields: Fields, incoming: Incoming, *, stream: bool, n: int
) -> tuple[Delivery | None, Format | None]:
    """How the answer is to come and in which format: the body says, unless `Accept` asks for a picture."""
    delivery = cast("Delivery | None", fields.word("response_format", ("url", "b64_json")))
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
    return "bytes", said or ("png" if accepted == "*" else cast("Format", accepted))


def _picture_type(accept: str) -> str | None:
    """The picture format, or "*", that an Accept header puts above JSON; None as in nearly every request."""
    accept = accept.lower()
    if "image/" not in accept:
        return None
    weights: dict[str, float] = {}
    for entry in accept.split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        weights[kind] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 1.0
    document = max(weights.get(kind, 0.0) for kind in ("application/json", "application/*", "*/*"))
    formats = [*FORMATS, "*"]
    best = max(formats, key=lambda kind: weights.get(f"image/{kind}", 0.0))
    return best if weights.get(f"image/{best}", 0.0) > document else None
