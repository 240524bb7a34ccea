"""Google's Gemini API, served: generateContent and its stream, for every model there is, and the list of models.

Kinder than Google wherever clients need it: both spellings of a member, `contents` as text or as one
object, and the same under /v1, /v1beta, the two of them doubled, and Vertex AI's addresses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec

from ..core import (
    Answer,
    Completed,
    Dialect,
    Events,
    ImageEvent,
    ImageRequest,
    Incoming,
    Octets,
    Operation,
    Report,
    Text,
    Usage,
)
from ..core.errors import NoImage, Refused, TintypeError, Unsupported
from ..wire import gemini as wire
from ..wire import payload, sse
from . import _google_schemas as schemas
from ._fields import JsonFields, wrong_type
from ._gemini_contents import read_contents
from ._google import (
    MEDIA_RESOLUTIONS,
    THINKING_LEVELS,
    asides,
    enum_word,
    extras,
    members,
    model_of,
    paths,
    read_members,
    read_mime_type,
    read_shape,
    rest,
    told,
)
from ._pictures import checked
from ._usual import answer_id, is_strict, no_picture

_MAX_SEED = 2**31 - 1
_CONFIG = "generationConfig."
_IMAGE_CONFIG = "generationConfig.imageConfig."


class Gemini:
    name = "gemini"
    paths: tuple[str, ...] = paths("generateContent", "streamGenerateContent")
    asides = asides()
    # google-genai reads every line of a stream that does not begin with "data: " as JSON, and so a comment too.
    heartbeat = b"\n\n"

    def read(self, incoming: Incoming) -> ImageRequest:
        fields = read_members(incoming)
        fields.take("model")  # some say it again; the address has it
        asked = read_contents(fields.raw("contents"))
        config = members("generationConfig", fields.raw("generationConfig"))
        picture = members("imageConfig", config.raw("imageConfig"))
        options = members("imageOutputOptions", picture.raw("imageOutputOptions"))
        thinking = members("thinkingConfig", config.raw("thinkingConfig"))
        images = checked(asked.images, "contents")
        streams = incoming.path.endswith(":streamGenerateContent")
        as_events = incoming.query.get("alt", "").lower() == "sse"
        quality = picture.integer("outputCompressionQuality", 0, 100)
        return ImageRequest(
            model=model_of(incoming),
            prompt="\n".join(asked.words),
            n=config.integer("candidateCount", 1, 10) or 1,
            size=read_shape(picture, "imageSize", "generationConfig.imageConfig", images),
            output_format=read_mime_type(picture, "outputMimeType") or read_mime_type(options, "mimeType"),
            output_compression=options.integer("compressionQuality", 0, 100) if quality is None else quality,
            seed=config.integer("seed", -_MAX_SEED - 1, _MAX_SEED),
            images=images,
            thinking_level=enum_word(thinking, "thinkingLevel", "thinking_level_", THINKING_LEVELS),
            media_resolution=enum_word(config, "mediaResolution", "media_resolution_", MEDIA_RESOLUTIONS),
            wants_text=_wants_text(config),
            response_format="b64_json",
            stream=streams and as_events,
            strict=is_strict(incoming),
            echo={"array": streams and not as_events},
            extras=extras(
                rest(fields),
                rest(config, _CONFIG),
                rest(picture, _IMAGE_CONFIG),
                rest(options, f"{_IMAGE_CONFIG}imageOutputOptions."),
                rest(thinking, f"{_CONFIG}thinkingConfig."),
                {"contents.parts.mediaResolution": asked.levels} if asked.levels else {},
            ),
        )

    def media_type(self, request: ImageRequest) -> str:
        return sse.MEDIA_TYPE if request.stream else "application/json"

    async def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        """What is refused is an answer too, and so comes in the kind that was asked for: readers of events find
        nothing in a document that is none."""
        answer = self._frames if request.stream else self._whole
        is_array = bool(request.echo.get("array"))
        try:
            async for chunk in answer(request, events, report):
                yield chunk
        except (Refused, NoImage) as error:
            if not request.stream and not is_array:
                raise
            document = [msgspec.json.encode(_without_picture(error))]
            for chunk in payload.array([document]) if is_array else sse.frame("", document):
                yield chunk

    async def _frames(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        """One document for every event; the counts in each are of all so far, as Google's are."""
        used, done, name = Usage(), False, answer_id(report)
        async for event in events:
            place = _candidate_of(event, request)
            if isinstance(event, Completed):
                used, done = used + event.usage, True
                found = wire.candidate(place, [wire.picture_part(event.image)], done=True)
            elif isinstance(event, Text) and request.wants_text:
                found = wire.candidate(place, [wire.text_part(event.text)], done=False)
            else:
                continue
            for chunk in sse.frame("", wire.response([found], _tail(used, report, name))):
                yield chunk
        if not done:
            raise no_picture()

    async def _whole(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        made = [event async for event in events if isinstance(event, Completed | Text)]
        pictures = [event for event in made if isinstance(event, Completed)]
        if not pictures:
            raise no_picture()
        used = sum((picture.usage for picture in pictures), Usage())
        parts: dict[int, list[Iterator[Octets]]] = {
            place: [] for place in sorted(_candidate_of(picture, request) for picture in pictures)
        }
        for event in made:
            place = _candidate_of(event, request)
            if isinstance(event, Completed):
                parts[place].append(wire.picture_part(event.image))
            elif request.wants_text:  # of a picture that did not come, with the last one
                parts.get(place, parts[max(parts)]).append(wire.text_part(event.text))
        candidates = [wire.candidate(place, found, done=True) for place, found in parts.items()]
        document = wire.response(candidates, _tail(used, report, answer_id(report)))
        for chunk in payload.array([document]) if request.echo.get("array") else document:
            yield chunk

    def write_error(self, error: TintypeError) -> Answer:
        """A refusal is no error at Google: it is an answer without a picture, and a 200."""
        if isinstance(error, Refused | NoImage):
            return Answer(body=msgspec.json.encode(_without_picture(error)))
        status, body = told(error, wire.PLACES)
        return Answer(body=body, status=status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        return b"".join(sse.frame("", [self.write_error(error).body]))

    def describe(self, path: str) -> Operation:
        return schemas.operation(path)


dialect: Dialect = Gemini()


def _wants_text(config: JsonFields) -> bool:
    """Both, when nothing is said. Whoever wants words alone is refused: what is here draws."""
    where = "generationConfig.responseModalities"
    said = config.take("responseModalities")
    words = [said] if isinstance(said, str) else said or ["text", "image"]
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise wrong_type(where, "an array of strings", said)
    modalities = {word.lower() for word in words}
    if "image" not in modalities or modalities - {"text", "image", "modality_unspecified"}:
        raise Unsupported(
            f'\'{where}\' must be ["IMAGE"], or that and "TEXT": pictures are drawn here.', param=where
        )
    return "text" in modalities


def _candidate_of(event: ImageEvent, request: ImageRequest) -> int:
    """Whoever asks for one candidate gets one, with all in it that a model draws and says in its order: SDKs look at no
    other. Of several, each is a picture; the last has what comes beyond them."""
    return min(event.index, request.n - 1)


def _tail(used: Usage, report: Report, name: str) -> dict[str, Any]:
    return {"usageMetadata": wire.write_usage(used), "modelVersion": report.model, "responseId": name}


def _without_picture(error: TintypeError) -> dict[str, Any]:
    """What was refused before it was drawn is the prompt's fault; what had been paid for was drawn, and withheld."""
    if isinstance(error, NoImage):
        return wire.no_picture("NO_IMAGE", str(error))
    if error.charged:
        return wire.no_picture("IMAGE_SAFETY", str(error))
    return wire.blocked_prompt(str(error))
