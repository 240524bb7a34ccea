"""NanoGPT's normalized Image API: one JSON route for every model, and typed discovery of what each can do.

docs.nano-gpt.com/api-reference/image-generation as of 2026-08-22.
"""

from __future__ import annotations

from ..core import Answer, Aside, Dialect, ImageRequest, Incoming
from ..core.errors import BadRequest, OutOfCredit, TintypeError, Unsupported
from ..wire import openai_images as wire
from . import _nanogpt as nano
from . import _nanogpt_models as models
from ._fields import read_body
from .nanogpt import NanoGPT

_BASES = ("/nanogpt/api/v1", "/nanogpt/v1")
_ALIASES = ("imageDataUrl", "imageDataUrls", "image_url", "image_urls", "image", "images")


class NanoGPTImages(NanoGPT):
    name = "nanogpt-images"
    paths = tuple(f"{base}/images" for base in _BASES)
    asides = tuple(
        Aside(method="GET", path=f"{base}/images/models{path}", answer=answer)
        for base in _BASES
        for path, answer in (("", models.newer), ("/{id:path}/endpoints", models.endpoints))
    )

    def read(self, incoming: Incoming) -> ImageRequest:
        if not _says_json(incoming.content_type):
            raise BadRequest("/api/v1/images accepts application/json requests.", code="invalid_content_type")
        fields = read_body(incoming)
        if fields.kind("model") is None:
            raise BadRequest("model is required for /api/v1/images.", param="model", code="missing_model")
        if fields.flag("stream"):
            raise Unsupported(
                "stream is not supported for /api/v1/images yet. Use non-streaming requests or /api/v1/images/generations.",
                param="stream",
                code="unsupported_stream",
            )
        if fields.take("provider"):
            raise Unsupported(
                "Provider selection and provider passthrough options are not supported for /api/v1/images yet.",
                param="provider",
                code="unsupported_provider_options",
            )
        references = fields.kind("input_references")
        if references not in (None, "array"):
            raise BadRequest(
                "input_references must be an array of image URL strings or image_url objects.",
                param="input_references",
                code="invalid_input_references",
            )
        if references and any(fields.kind(name) for name in _ALIASES):
            raise BadRequest(
                "Use input_references or image input aliases, not both.",
                param="input_references",
                code="conflicting_image_inputs",
            )
        count = fields.integer("nImages", 1, wire.MAX_N)
        if count is not None:
            fields.take("n")
        request = self.read_fields(fields, incoming)
        nano.check_weights(request, nano.MAX_REFERENCE_BYTES, "30 MB")
        return nano.as_meant(request, model=request.model, n=count or request.n)

    def write_error(self, error: TintypeError) -> Answer:
        if isinstance(error, OutOfCredit):
            return nano.balance_error(error)
        words = nano.error_words(error, param="parameter")
        return nano.told({"error": words, "code": words["code"]}, status=error.status)


dialect: Dialect = NanoGPTImages()


def _says_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")
