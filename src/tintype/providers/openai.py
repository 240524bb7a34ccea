"""OpenAI's Images API, called. Serves every reseller that copies it: each is only a catalog file.

`build`, `read` and `read_error` are pure; `generate` is the only I/O.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

import msgspec

from ..core import Access, Completed, Events, Image, ImageEvent, ImageRequest, ModelCard, Octets, Partial
from ..core.errors import (
    BadRequest,
    Garbled,
    NoImage,
    Refused,
    Rejected,
    TintypeError,
    Unavailable,
    Unsupported,
)
from ..transport.upstream import ReadError, Upstream
from ..wire import multipart, payload, sse
from ..wire import openai_images as wire

_REFUSALS = ("moderation_blocked", "content_policy_violation", "content_filter", "sexual_content")


class Call(NamedTuple):
    """One HTTP request, but for the host and the key."""

    path: str
    media_type: str
    body: bytes


class OpenAI:
    name = "openai"
    family = "openai"
    local = False
    options: tuple[str, ...] = ()

    def __init__(self, upstream: Upstream, name: str = name) -> None:
        self._upstream = upstream
        self.name = name

    @classmethod
    def open(cls, access: Access) -> Self:
        """The key goes as a bearer token."""
        return cls(
            Upstream.of(access, authorization=f"Bearer {access.key}" if access.key else ""), access.name
        )

    async def check(self) -> str:
        return await check_models(self._upstream, read_error)

    async def close(self) -> None:
        await self._upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        call = build(request, card)
        done = False
        documents = self._upstream.post(
            call.path, call.body, call.media_type, frames=sse.documents, read_error=read_error
        )
        try:
            async for document in documents:
                for event in read(document):
                    done = done or isinstance(event, Completed)
                    yield event
        finally:
            await documents.aclose()
        if not done:
            raise NoImage(f"{self._upstream.host} answered without a picture.", charged=True)


async def check_models(upstream: Upstream, read_error: ReadError) -> str:
    """By the list of models, which every service of this kind has, and gives only to who has a key."""
    document = await upstream.get("/models", read_error=read_error)
    try:
        count = len(msgspec.json.decode(document, type=_Models).data)
    except (msgspec.DecodeError, ValueError):
        return "the key is taken"
    return f"the key is taken, {count} models"


class _Models(msgspec.Struct):
    data: list[msgspec.Raw]


def build(request: ImageRequest, card: ModelCard) -> Call:
    """A form for an edit, since every reseller takes one; JSON where a picture is only an address."""
    fields = _fields(request, card)
    if not request.images:
        return Call(wire.GENERATIONS, "application/json", _json(fields))
    if any(not image.is_local for image in _pictures(request)):
        fields["images"] = [{"image_url": image.url or image} for image in request.images]
        if request.mask is not None:
            fields["mask"] = {"image_url": request.mask.url or request.mask}
        return Call(wire.EDITS, "application/json", _json(fields))
    media_type, body = multipart.write(_form(request, fields))
    return Call(wire.EDITS, media_type, body)


def _fields(request: ImageRequest, card: ModelCard) -> dict[str, Any]:
    """What was said, and nothing else: GPT models answer 400 to a `response_format`, even the right one."""
    streams = request.stream and card.partial_images > 0 and request.n == 1  # with more, OpenAI answers 400
    previews = min(request.partial_images or 0, card.partial_images)
    delivery = "url" if request.response_format == "url" else "b64_json"
    fields = {
        "model": card.upstream_id or card.id,  # first, so that a proxy can route on it without reading on
        "prompt": request.prompt,
        "n": request.n if request.n != 1 else None,
        "size": None if request.size is None else str(request.size),
        "quality": request.quality,
        "background": request.background,
        "output_format": request.output_format,
        "output_compression": request.output_compression,
        "seed": request.seed if "seed" in card.accepts else None,  # fan_out makes one up
        "input_fidelity": request.input_fidelity,
        "strength": request.strength,
        "negative_prompt": request.negative_prompt,
        "guidance_scale": request.guidance_scale,
        "num_inference_steps": request.num_inference_steps,
        "thinking_level": request.thinking_level,
        "media_resolution": request.media_resolution,
        "style": request.style,
        "moderation": request.moderation,
        "complexity": request.complexity,
        "user": request.user,
        "safety_identifier": request.safety_identifier,
        "response_format": delivery if card.delivers == "url" and request.response_format else None,
        "stream": True if streams else None,
        "partial_images": previews if streams and previews else None,
    }
    said = {name: value for name, value in fields.items() if value is not None}
    return {**said, **{name: value for name, value in _extras(request).items() if name not in said}}


def _extras(request: ImageRequest) -> Mapping[str, Any]:
    return request.extras.get(OpenAI.family, {})


def _pictures(request: ImageRequest) -> Iterator[Image]:
    yield from request.images
    if request.mask is not None:
        yield request.mask


def _json(fields: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(fields, enc_hook=_data_url)


def _data_url(image: Any) -> msgspec.Raw:
    if not isinstance(image, Image):
        raise NotImplementedError(type(image))
    return msgspec.Raw(b'"data:%s;base64,%s"' % (_media_type(image).encode(), image.as_base64()))


def _media_type(image: Image) -> str:
    """OpenAI refuses a file that says to be application/octet-stream, whatever is in it (openai-node#1468)."""
    return f"image/{image.header().format or 'png'}"


def _form(request: ImageRequest, fields: Mapping[str, Any]) -> Iterator[multipart.Field]:
    """One picture is `image` and several are `image[]`, as OpenAI's own clients write them."""
    for name, value in fields.items():
        yield from _form_fields(name, value)
    name = "image" if len(request.images) == 1 else "image[]"
    for image in request.images:
        yield multipart.Field(name, image.as_bytes(), _media_type(image))
    if request.mask is not None:
        yield multipart.Field("mask", request.mask.as_bytes(), _media_type(request.mask))


def _form_fields(name: str, value: object) -> Iterator[multipart.Field]:
    if isinstance(value, Mapping):
        for member, inner in value.items():
            yield from _form_fields(f"{name}[{member}]", inner)
    elif isinstance(value, list):
        for item in value:
            yield from _form_fields(f"{name}[]", item)
    elif isinstance(value, Image):
        yield multipart.Field(name, value.as_bytes(), _media_type(value))
    else:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        yield multipart.Field(name, text.encode())


def read(document: Octets) -> Iterator[ImageEvent]:
    """The events of a plain reply or of one frame. Raises Refused for a refusal told under a 200."""
    try:
        answer = wire.read_answer(document)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Garbled(
            f"The upstream's answer is not what the Images API says: {error}", charged=True
        ) from error
    if answer.error:
        raise _meaning(200, answer.error) or Rejected(f"The upstream failed: {_message(answer.error)}")
    usage = wire.read_usage(answer.usage)
    kind = (answer.type or "").rpartition(".")[2]
    if kind == "partial_image":
        yield Partial(image=_image(answer), step=answer.partial_image_index or 0)
    elif kind == "completed":
        yield Completed(
            image=_image(answer),
            usage=usage,
            quality=_applied(answer.quality),
            background=_applied(answer.background),
        )
    elif not kind:
        items = answer.data or []
        for index, item in enumerate(items):
            yield Completed(
                image=_image(item),
                index=index,
                usage=usage if index == len(items) - 1 else wire.read_usage(None),
                revised_prompt=item.revised_prompt,
                quality=_applied(answer.quality),
                background=_applied(answer.background),
            )


def read_error(status: int, body: bytes) -> TintypeError | None:
    try:
        error = msgspec.json.decode(body, type=wire.Answer).error
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return _meaning(status, error) if error else None


def _meaning(status: int, error: object) -> TintypeError | None:
    """Whose fault it is. None: nothing that the status does not say already."""
    facts = error if isinstance(error, Mapping) else {}
    code, kind, param = (facts.get(name) for name in ("code", "type", "param"))
    param = param if isinstance(param, str) else None
    message = _message(error)
    if code in _REFUSALS:
        return Refused(message)
    if "insufficient_quota" in (code, kind):
        return Rejected(
            f"Our account at the upstream is out of credit: {message}", code="upstream_out_of_credit"
        )
    if code == "unknown_parameter":  # something of the extras, which we send on without knowing it
        return Unsupported(message, param=param, code=code)
    # A 400 that names a field is the caller's to mend, and as a 502 an SDK would send it twice more.
    if status in (200, 400) and (param or kind == "image_generation_user_error"):
        return BadRequest(message, param=param, code=code if isinstance(code, str) else None)
    if status == 200 and kind in ("server_error", "service_unavailable_error"):
        return Unavailable(f"The upstream failed: {message}")
    return None


def _message(error: object) -> str:
    message = error.get("message") if isinstance(error, Mapping) else error
    return str(message)[:500] if message else "no reason given"


def _applied(word: str | None) -> str | None:
    return None if word in (None, "", "auto") else word


def _image(held: wire.Answer | wire.ImageObject) -> Image:
    try:
        image = payload.answered(held.b64_json)
        if image is None and held.url:
            image = payload.asked(held.url.encode())
    except ValueError as error:
        raise Garbled(f"The upstream's picture is {error}.", charged=True) from error
    if image is None:
        raise NoImage("The upstream answered without a picture.", charged=True)
    return image
