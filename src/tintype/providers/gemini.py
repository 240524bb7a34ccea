"""Google's Gemini API, called: generateContent and its stream, and Imagen's `:predict`.

Which of the two draws a model, its card says (`call`). `build`, `Reading` and `read_error` are pure; `generate` is the
only I/O.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Any, Self

import msgspec

from ..core import (
    Access,
    Completed,
    Events,
    Image,
    ImageEvent,
    ImageRequest,
    ModelCard,
    Octets,
    Partial,
    Text,
    Usage,
)
from ..core.errors import Garbled, NoImage, Refused, TintypeError
from ..transport.upstream import Upstream
from ..wire import gemini as wire
from ..wire import payload, sse
from ..wire.gemini_answers import Answer, Candidate, Part, read_usage
from . import _answers
from . import _imagen as imagen
from ._google import (
    FAMILY,
    NO_WORDS,
    Call,
    Words,
    answers,
    aspect,
    picture,
    read_error,
    said,
    shape,
    with_extras,
)
from .openai import key_header

_WITHHELD = (
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
)
"""Reasons to finish that are a refusal. googleapis/python-genai, types.FinishReason, 2026-11-20."""


_LEVELS = "contents.parts.mediaResolution"
"""What the dialect calls the levels that single pictures were sent with."""


class Gemini:
    name = "google"
    family = FAMILY
    local = False
    options: tuple[str, ...] = ("key_header", "money_words", "refusal_words")

    def __init__(self, upstream: Upstream, name: str = name, words: Words = NO_WORDS) -> None:
        self._upstream = upstream
        self._words = words
        self.name = name

    @classmethod
    def open(cls, access: Access) -> Self:
        """The key goes in a header of Google's own, or of a relay's, and never in the address."""
        headers = key_header(access, access.option("key_header") or "x-goog-api-key")
        words = Words(access.words("money_words"), access.words("refusal_words"))
        return cls(Upstream.of(access, authorize=None, **headers), access.name, words)

    async def check(self) -> str:
        """By the list of models, which is given only to who has a key."""
        document = await self._upstream.get("models?pageSize=1000", read_error=self._read_error)
        try:
            count = len(msgspec.json.decode(document, type=_Models).models)
        except (msgspec.DecodeError, ValueError):
            return _answers.taken(document, self._read_error, self._upstream)
        return f"the key is taken, {count} models"

    async def close(self) -> None:
        await self._upstream.close()

    def _read_error(self, status: int, body: bytes) -> TintypeError | None:
        return read_error(status, body, self._words)

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        call = build(request, card)
        if card.call == imagen.CALL:
            reading: imagen.Reading | Reading = imagen.Reading(self._words)
        else:
            reading = Reading(previews(request, card), self._words)
        documents = self._upstream.post(
            call.path, call.body, "application/json", frames=sse.documents, read_error=self._read_error
        )
        with self._upstream.discreet():
            try:
                async with aclosing(documents):
                    async for document in documents:
                        for event in reading.read(document):
                            yield event
            except TintypeError:
                for event in reading.held():  # drawn and paid, whatever became of the rest
                    yield event
                raise
            for event in reading.end():
                yield event


class _Models(msgspec.Struct):
    models: list[msgspec.Raw]


def previews(request: ImageRequest, card: ModelCard) -> int:
    """How many of the pictures that a model tries out while it thinks are to be shown."""
    return min(request.partial_images or 0, card.partial_images) if request.stream else 0


def build(request: ImageRequest, card: ModelCard) -> Call:
    model = card.upstream_id or card.id
    if card.call == imagen.CALL:
        return Call(f"models/{model}:predict", imagen.build(request, card))
    method = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
    body = with_extras(
        {
            "contents": [{"role": "user", "parts": _parts(request)}],
            "generationConfig": _config(request, card),
        },
        request,
    )
    return Call(f"models/{model}:{method}", msgspec.json.encode(body))


def _parts(request: ImageRequest) -> list[Any]:
    """The prompt, and the pictures after it. How finely to look at single ones is said in their order."""
    levels = request.extras.get(FAMILY, {}).get(_LEVELS) or []
    parts: list[Any] = [{"text": request.prompt}]
    for number, image in enumerate(request.images):
        part = b"".join(wire.picture_part(image))
        if levels:
            level = msgspec.json.encode(levels[min(number, len(levels) - 1)])
            part = part[:-1] + b',"mediaResolution":%s}' % level
        parts.append(msgspec.Raw(part))
    return parts


def _config(request: ImageRequest, card: ModelCard) -> dict[str, Any]:
    """What was said, and nothing else: older models answer 400 to members that they do not know."""
    words = request.wants_text and card.says_text
    thinking = {
        "thinkingLevel": request.thinking_level and request.thinking_level.upper(),
        "includeThoughts": True if previews(request, card) else None,
    }
    resolution = request.media_resolution and f"MEDIA_RESOLUTION_{request.media_resolution.upper()}"
    config = {
        "responseModalities": ["TEXT", "IMAGE"] if words else ["IMAGE"],
        "candidateCount": request.n if request.n != 1 else None,
        "imageConfig": _image_config(request, card),
        "thinkingConfig": said(thinking),
        "mediaResolution": resolution,
        "seed": request.seed,
    }
    return said(config)


def _image_config(request: ImageRequest, card: ModelCard) -> dict[str, Any]:
    wanted = shape(request, card)
    output = {
        "mimeType": request.output_format and f"image/{request.output_format}",
        "compressionQuality": request.output_compression,
    }
    config = {
        "aspectRatio": wanted and aspect(wanted),
        "imageSize": wanted and wanted.tier,
        # Vertex AI's: where there is one format, it is not asked for.
        "imageOutputOptions": said(output) if len(card.formats) > 1 else None,
    }
    return said(config)


class Reading:
    """Turns the documents of one reply into events.

    Google counts tokens to the end, and the count rides on the last picture: so that one waits, with whatever comes
    after it, for the next picture or for `end`.
    """

    def __init__(self, previews: int = 0, words: Words = NO_WORDS) -> None:
        self._previews = previews
        self._said = words
        self._waiting: list[Completed | Text] = []
        self._made = 0
        self._shown = 0
        self._usage: Usage | None = None
        self._words: list[str] = []
        self._finish: Candidate | None = None
        self._blocked: str | None = None

    def read(self, document: Octets) -> Iterator[ImageEvent]:
        for answer in answers(document, self._said):
            if answer.usage:
                self._usage = read_usage(answer.usage)
            if (feedback := answer.feedback).get("blockReason"):
                self._blocked = str(
                    feedback.get("blockReasonMessage")
                    or f"The upstream blocked the prompt ({feedback['blockReason']})."
                )
            yield from self._read_candidates(answer)

    def _read_candidates(self, answer: Answer) -> Iterator[ImageEvent]:
        for candidate in answer.candidates or ():
            if candidate.finishReason or candidate.finish_reason:
                self._finish = candidate
            for part in (candidate.content and candidate.content.parts) or ():
                yield from self._read_part(part)

    def _read_part(self, part: Part) -> Iterator[ImageEvent]:
        if part.thought:
            yield from self._preview(part)
            return
        if part.text:
            self._words.append(part.text)
            text = Text(text=part.text, index=self._made)
            if self._waiting:
                self._waiting.append(text)
            else:
                yield text
        if (image := _image(part)) is not None:
            waited, self._waiting = self._waiting, [Completed(image=image, index=self._made)]
            self._made += 1
            yield from waited

    def _preview(self, part: Part) -> Iterator[ImageEvent]:
        if self._shown < self._previews:
            with suppress(Garbled):  # a preview is nothing that is missed
                if (image := _image(part)) is not None:
                    yield Partial(image=image, index=self._made, step=self._shown)
                    self._shown += 1

    def held(self) -> Iterator[ImageEvent]:
        """What still waits, counted as far as the count has come."""
        waited, self._waiting = self._waiting, []
        usage = self._usage or Usage()
        for event in waited:
            yield (
                Completed(image=event.image, index=event.index, usage=usage)
                if isinstance(event, Completed)
                else event
            )

    def end(self) -> Iterator[ImageEvent]:
        """Raises Refused or NoImage for a reply without a picture: a 200 is none yet."""
        if not self._made:
            raise self._without_picture()
        yield from self.held()

    def _without_picture(self) -> TintypeError:
        if self._blocked is not None:
            return Refused(self._blocked)
        finish = self._finish or Candidate()
        reason = finish.finishReason or finish.finish_reason or ""
        told = finish.finishMessage or finish.finish_message
        message = told if isinstance(told, str) else ""
        if reason in _WITHHELD:
            return Refused(message or f"The upstream withheld the picture ({reason}).", charged=True)
        charged = self._usage is None or self._usage.total_tokens > 0
        why = f" ({reason})" if reason else ""
        text = message or f"The upstream answered without a picture{why}."
        if words := "".join(self._words).strip():
            text = f"{text} It said: {words[:500]}"
        return NoImage(text, charged=charged)


def _image(part: Part) -> Image | None:
    blob = part.blob
    if blob is not None and blob.is_picture and (image := picture(blob.data)) is not None:
        return image
    if part.address is None:
        return None
    try:
        return payload.asked(part.address.encode())
    except ValueError as error:
        raise Garbled(
            f"The upstream's picture is at no address that can be fetched: {error}.", charged=True
        ) from error
