"""LocalAI, called: OpenAI's Images API with edits in a place of their own.

Read 2026-11-28: core/http/endpoints/openai/{image,inpainting}.go and core/http/middleware/request.go of mudler/LocalAI
(commit 82c191af). A picture to start from goes within the JSON of a generation, as bare base64; a mask, which is white
where it is to draw, goes to /images/inpainting, which always answers 512x512 and an address of LocalAI's own. The
negative prompt stands in the prompt, behind a bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..core import ImageRequest, ModelCard
from ..core.errors import Rejected
from ..wire import multipart
from ..wire import openai_images as wire
from ._own_server import DEFAULT, bare_base64
from .local_openai import LocalOpenAI, white_mask
from .openai import Call

INPAINTING = "/images/inpainting"


class LocalAI(LocalOpenAI):
    name = "localai"

    async def _model(self, card: ModelCard) -> str:
        """LocalAI itself chooses among those that draw, where no name is said; its list has all kinds in it."""
        return card.upstream_id

    @staticmethod
    def build(request: ImageRequest, card: ModelCard) -> Call:
        model = None if card.upstream_id == DEFAULT else card.upstream_id
        if request.mask is not None:
            return _inpainting(request, model)
        fields = {
            "model": model,
            "prompt": _prompt(request),
            "size": None if request.size is None else str(request.size),
            "seed": request.seed if "seed" in card.accepts else None,
            "step": request.num_inference_steps,
            "response_format": "b64_json",
            "file": request.images[0] if request.images else None,
            "ref_images": request.images if len(request.images) > 1 else None,
        }
        said = {name: value for name, value in fields.items() if value is not None}
        extras = request.extras.get(LocalAI.family, {})
        body = msgspec.json.encode({**extras, **said}, enc_hook=bare_base64)
        return Call(wire.GENERATIONS, "application/json", body)


def _inpainting(request: ImageRequest, model: str | None) -> Call:
    if model is None:
        raise Rejected("LocalAI fills in masks only with a model that is named: say its `upstream_id`.")
    mask = white_mask(request)
    assert mask is not None
    texts: Mapping[str, Any] = {
        "model": model,
        "prompt": request.prompt,
        "steps": request.num_inference_steps,
    }
    fields = [
        multipart.Field(name, str(value).encode()) for name, value in texts.items() if value is not None
    ]
    first = request.images[0]
    fields.append(multipart.Field("image", first.as_bytes(), f"image/{first.header().format or 'png'}"))
    fields.append(multipart.Field("mask", mask.as_bytes(), "image/png"))
    media_type, body = multipart.write(fields)
    return Call(INPAINTING, media_type, body)


def _prompt(request: ImageRequest) -> str:
    """A bar of the caller's own would cut the prompt off.

    >>> _prompt(ImageRequest(model="m", prompt="a cat | a dog", negative_prompt="rain"))
    'a cat / a dog|rain'
    """
    words = request.prompt.replace("|", "/")
    return f"{words}|{request.negative_prompt.replace('|', '/')}" if request.negative_prompt else words
