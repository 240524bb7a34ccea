"""NanoGPT's OpenAI-compatible images: generations, edits, the older list of models, and the account's pages.

Seed 004, and docs.nano-gpt.com as of 2026-08-22. Kinder than NanoGPT: it streams, fans out, and takes the fields of
OpenAI's API as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..core import Answer, Aside, Completed, Dialect, ImageRequest, Incoming, Octets, Operation, Report
from ..core.errors import BadRequest, OutOfCredit, TintypeError
from ..wire import openai_images as wire
from ..wire import sse
from . import _nanogpt as nano
from . import _nanogpt_models as models
from . import _nanogpt_money as money
from . import _nanogpt_schemas as schemas
from . import _openai_answers as answers
from .openai_images import OpenAIImages

DEFAULT_MODEL = "hidream"
MAX_UPLOAD = 4 * 1024 * 1024
"""Bytes of one picture as it is sent: of a file in a form, of its base64 in JSON."""

_BASES = ("/nanogpt/api/v1", "/nanogpt/v1", "/nanogpt")
_EDITS = (wire.EDITS, "/images/edit")


class NanoGPT(OpenAIImages):
    name = "nanogpt"
    answer = schemas.IMAGES
    paths = tuple(base + path for base in _BASES for path in (wire.GENERATIONS, *_EDITS))
    asides = (
        *(Aside(method="GET", path=f"{base}/models", answer=answers.listing) for base in _BASES),
        *(Aside(method="GET", path=f"{base}/image-models", answer=models.older) for base in _BASES),
        Aside(method="POST", path="/nanogpt/api/check-balance", answer=money.balance),
        Aside(method="GET", path="/nanogpt/api/check-balance", answer=money.use_post, told=False),
        Aside(method="GET", path="/nanogpt/api/v1/usage", answer=money.usage),
        Aside(method="GET", path="/nanogpt/api/v1/usage/requests/{id}", answer=money.usage_of_request),
    )

    def read(self, incoming: Incoming) -> ImageRequest:
        request = super().read(incoming)
        sent = [*request.images, *filter(None, [request.mask])]
        if not self.needs_image(incoming) and not all(image.is_local for image in sent):
            raise BadRequest(
                "Input images must be base64 data URLs: download and convert remote images before sending.",
                param="imageDataUrl",
            )
        in_a_form = incoming.content_type.lower().startswith("multipart/")
        nano.check_weights(request, MAX_UPLOAD if in_a_form else MAX_UPLOAD // 4 * 3, "4 MB")
        return nano.as_meant(request, model=request.model or DEFAULT_MODEL, n=request.n)

    def needs_image(self, incoming: Incoming) -> bool:
        return incoming.path.endswith(_EDITS)

    def document(
        self, request: ImageRequest, pictures: Sequence[Completed], report: Report
    ) -> Iterator[Octets]:
        return nano.document(request, pictures, report)

    def write_error(self, error: TintypeError) -> Answer:
        if isinstance(error, OutOfCredit):
            return nano.balance_error(error)
        return nano.told({"error": nano.error_words(error, param="param")}, status=error.status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        said = msgspec.json.encode({"error": nano.error_words(error, param="param")})
        return b"".join(sse.frame("", [said]))

    def describe(self, path: str) -> Operation:
        return schemas.operation(path)


dialect: Dialect = NanoGPT()
