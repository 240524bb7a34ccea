"""stable-diffusion.cpp's server, called: OpenAI's Images API with what OpenAI has no word for inside of the prompt.

Read 2026-11-28: examples/server/routes_openai.cpp and api.md of leejet/stable-diffusion.cpp (commit 97d29908). A mask is
white where it is to draw; without a seed it draws with 42, always.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from ..core import ImageRequest, ModelCard
from ._own_server import bare_base64
from .local_openai import LocalOpenAI, white_mask
from .openai import Call

_tag = re.compile(r"</?sd_cpp_extra_args>")
_PLANNED = ("prompt", "width", "height", "batch_count", "init_image", "ref_images", "mask_image")


class StableDiffusionCpp(LocalOpenAI):
    name = "sdcpp"

    @staticmethod
    def build(request: ImageRequest, card: ModelCard) -> Call:
        bare = replace(
            request,
            prompt=_tag.sub("", request.prompt) + _extra_args(request),
            mask=white_mask(request),
            seed=None,
            strength=None,
            negative_prompt=None,
            guidance_scale=None,
            num_inference_steps=None,
            extras={},
        )
        return LocalOpenAI.build(bare, card)


def _extra_args(request: ImageRequest) -> str:
    """The server's own words, in the form in which it takes them out of a prompt again.

    >>> _extra_args(ImageRequest(model="m", seed=7, num_inference_steps=9))
    '<sd_cpp_extra_args>{"seed":7,"sample_params":{"sample_steps":9}}</sd_cpp_extra_args>'
    """
    extras = request.extras.get(StableDiffusionCpp.family, {})
    words: dict[str, Any] = {name: value for name, value in extras.items() if name not in _PLANNED}
    for name in ("negative_prompt", "seed", "strength"):
        if (value := getattr(request, name)) is not None:
            words[name] = value
    sampling = _table(words.get("sample_params"))
    if request.num_inference_steps is not None:
        sampling["sample_steps"] = request.num_inference_steps
    if request.guidance_scale is not None:
        sampling["guidance"] = {**_table(sampling.get("guidance")), "txt_cfg": request.guidance_scale}
    if sampling:
        words["sample_params"] = sampling
    if not words:
        return ""
    text = (
        msgspec.json.encode(words, enc_hook=bare_base64).decode().replace("<", "\\u003c")
    )  # so that no value can end the tag
    return f"<sd_cpp_extra_args>{text}</sd_cpp_extra_args>"


def _table(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
