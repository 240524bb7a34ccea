"""Imagen's `:predict`, built and read: up to four pictures a call, and no words.

docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api, read 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..core import Completed, ImageEvent, ImageRequest, ModelCard, Octets
from ..core.errors import NoImage, Refused
from . import _answers
from ._google import NO_WORDS, Words, answers, aspect, picture, said, shape, with_extras

CALL = "predict"
"""What the card of such a model says under `call`."""


def build(request: ImageRequest, card: ModelCard) -> bytes:
    """`sampleCount` is always said, since it is 4 at Vertex AI when it is not; so is that a reason is wanted."""
    wanted = shape(request, card)
    output = {
        "mimeType": request.output_format and f"image/{request.output_format}",
        "compressionQuality": request.output_compression,
    }
    parameters: dict[str, Any] = {
        "sampleCount": request.n,
        "aspectRatio": wanted and aspect(wanted),
        "sampleImageSize": wanted and wanted.tier,
        "seed": request.seed,
        "negativePrompt": request.negative_prompt,
        "guidanceScale": request.guidance_scale,
        "outputOptions": said(output),
    }
    body = {"instances": {"prompt": request.prompt}, "parameters": said(parameters)}
    body = with_extras(body, request)
    body["parameters"].setdefault("includeRaiReason", True)
    return msgspec.json.encode({**body, "instances": [body["instances"]]})


class Reading:
    """Turns the one document of a reply into events; pictures that were filtered out are simply fewer."""

    def __init__(self, words: Words = NO_WORDS) -> None:
        self._said = words
        self._made = 0
        self._reasons: list[str] = []

    def read(self, document: Octets) -> Iterator[ImageEvent]:
        for answer in answers(document, self._said):
            for prediction in answer.predictions or ():
                if prediction.raiFilteredReason:
                    self._reasons.append(prediction.raiFilteredReason)
                if (image := picture(prediction.bytesBase64Encoded)) is not None:
                    yield Completed(
                        image=image, index=self._made, revised_prompt=_answers.text(prediction.prompt)
                    )
                    self._made += 1

    def held(self) -> Iterator[ImageEvent]:
        return iter(())

    def end(self) -> Iterator[ImageEvent]:
        """Raises Refused or NoImage for a reply without a picture. What was filtered is not charged."""
        if self._reasons and not self._made:
            raise Refused(" ".join(dict.fromkeys(self._reasons)))
        if not self._made:
            raise NoImage("The upstream answered without a picture, and without a reason.", charged=True)
        return iter(())
