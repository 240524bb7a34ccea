"""ZnapAI's own image route: OpenAI's Images API that answers with every member, known or not.

docs.znapai.com/essentials/image, as of 2026-11. Gemini models take `imageConfig` at the top level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..core import Aside, Completed, Dialect, ImageRequest, Octets, Report, Usage
from ..wire import openai_images as wire
from ..wire import payload
from . import _openai_answers as answers
from . import _openai_schemas as schemas
from .openai_images import OpenAIImages

_ROOTS = ("/znapai", "/znapai/v1")


class Znapai(OpenAIImages):
    name = "znapai"
    answer = schemas.with_nulls()
    paths = tuple(root + path for root in _ROOTS for path in (wire.GENERATIONS, wire.EDITS))
    asides = tuple(
        Aside(method="GET", path=root + path, answer=answer)
        for root in _ROOTS
        for path, answer in (("/models", answers.listing), ("/models/{id:path}", answers.model))
    )

    def document(
        self, request: ImageRequest, pictures: Sequence[Completed], report: Report
    ) -> Iterator[Octets]:
        """As printed: null for what is not known, and for a background that nobody asked for."""
        known = answers.facts(request, pictures[0])
        background = known.pop("background")
        usage = sum((picture.usage for picture in pictures), Usage())
        return payload.object_around(
            {"created": report.created, "background": background if request.background else None},
            "data",
            (_item(picture, as_url=request.response_format == "url") for picture in pictures),
            {**known, "usage": wire.write_usage(usage) if usage.total_tokens else None},
        )


def _item(picture: Completed, *, as_url: bool) -> Iterator[Octets]:
    """`b64_json` or `url`, and null for the other."""
    image, revised = picture.image, {"revised_prompt": picture.revised_prompt}
    if image.url is not None and (as_url or not image.is_local):
        return iter([msgspec.json.encode({"b64_json": None, **revised, "url": image.url})])
    return payload.object_with({}, "b64_json", image.as_base64(), after={**revised, "url": None})


dialect: Dialect = Znapai()
