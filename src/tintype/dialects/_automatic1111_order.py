"""What is asked of AUTOMATIC1111's web UI, understood: sizes of two passes, prompts with marks, names of checkpoints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..core import Image, Size
from ..core.errors import BadRequest
from ..wire import openai_images as wire
from ._fields import JsonFields, json_fields
from ._pictures import read_mask
from ._usual import MAX_SEED

_EDGE = 512  # of a picture whose size nobody says
_LONGEST = 16_384
RANDOM = -1
_WITHOUT_EFFECT = (  # on the picture, or on one that is sent back
    "denoising_strength",
    "do_not_save_grid",
    "do_not_save_samples",
    "force_task_id",
    "override_settings_restore_afterwards",
    "save_images",
    "send_images",
)
_NOTHING: tuple[Any, ...] = (None, False, 0, -1, "", [], {}, "Automatic", "automatic")
_ON_PURPOSE = ("eta", "inpaint_full_res", "inpainting_fill", "mask_blur", "mask_round")
"""What the web UI does otherwise where nothing is said, so that 0 or false asks for something."""
_DECORATION = re.compile(r"(\.safetensors|\.ckpt)?(\s*\[\w+\])?$")
_NETWORK = re.compile(r"<(?:lora|lyco|hypernet):[^<>]*>")
_WEIGHT = re.compile(r"\(([^()]*?):\s*[0-9.]+\s*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What both calls have in common; None is what was not said."""

    prompt: str
    negative_prompt: str
    seed: int
    width: int | None
    height: int | None
    steps: int | None
    cfg_scale: float | None
    batch_size: int
    n_iter: int
    sampler_name: str | None
    scheduler: str | None

    def count(self) -> int:
        """How many pictures. Raises BadRequest."""
        if self.batch_size * self.n_iter > wire.MAX_N:
            raise BadRequest(
                f"'batch_size' times 'n_iter' is {self.batch_size * self.n_iter}, and {wire.MAX_N} pictures are "
                "the most.",
                param="batch_size",
            )
        return self.batch_size * self.n_iter

    def ways(self) -> dict[str, str | None]:
        """How a diffusion model would go about it."""
        return {"sampler_name": self.sampler_name, "scheduler": self.scheduler}

    def parameters(self, strength: float | None) -> dict[str, Any]:
        """The order as the answer repeats it, with the web UI's own defaults."""
        return {
            "prompt": self.prompt,
            "negative_prompt": self.negative_prompt,
            "seed": self.seed,
            "width": self.width or _EDGE,
            "height": self.height or _EDGE,
            "steps": self.steps or 50,
            "cfg_scale": 7.0 if self.cfg_scale is None else self.cfg_scale,
            "batch_size": self.batch_size,
            "n_iter": self.n_iter,
            "sampler_name": self.sampler_name or "Euler",
            "scheduler": self.scheduler,
            "denoising_strength": strength,
            "init_images": None,
            "mask": None,
        }


def read_order(fields: JsonFields) -> Order:
    seed = fields.integer("seed", RANDOM, MAX_SEED)
    sampler, sampler_index = fields.text("sampler_name"), fields.text("sampler_index")
    return Order(
        prompt=fields.text("prompt") or "",
        negative_prompt=fields.text("negative_prompt") or "",
        seed=RANDOM if seed is None else seed,
        width=fields.integer("width", 1, _LONGEST),
        height=fields.integer("height", 1, _LONGEST),
        steps=fields.integer("steps", 1, 1000),
        cfg_scale=fields.number("cfg_scale", 0, 1000),
        batch_size=fields.integer("batch_size", 1, wire.MAX_N) or 1,
        n_iter=fields.integer("n_iter", 1, wire.MAX_N) or 1,
        sampler_name=sampler or sampler_index,
        scheduler=fields.text("scheduler"),
    )


def read_override(fields: JsonFields) -> JsonFields:
    raw = fields.raw("override_settings")
    return JsonFields({}) if raw is None else json_fields("override_settings", raw)


def read_white_mask(fields: JsonFields) -> Image | None:
    mask = read_mask(fields)
    if mask is not None and fields.integer("inpainting_mask_invert", 0, 1):
        raise BadRequest(
            "A mask whose black is to change is not taken: invert it.", param="inpainting_mask_invert"
        )
    return mask


def read_size(fields: JsonFields, order: Order, *, edits: bool) -> Size | None:
    """The size in the end: that of the second pass, where there is to be one. An edit of which nothing is said
    keeps the size of its picture."""
    factor = fields.number("hr_scale", 1, 16) or 2.0
    wide, high = fields.integer("hr_resize_x", 0, _LONGEST), fields.integer("hr_resize_y", 0, _LONGEST)
    twice = fields.flag("enable_hr")
    if order.width is None and order.height is None and edits:
        return None
    size = Size(order.width or _EDGE, order.height or _EDGE)
    if not twice:
        return size
    if wide or high:
        wide, high = wide or round(size.width * (high or 0) / size.height), high or 0
        return Size(max(1, wide), max(1, high or round(size.height * wide / size.width)))
    return Size(round(size.width * factor), round(size.height * factor))


def plain(prompt: str) -> tuple[str, dict[str, str]]:
    """The prompt without the web UI's marks, and for each kind that there was the prompt with them: none but a web
    UI behind us reads them.

    >>> plain("a cat <lora:fur:0.8>")
    ('a cat', {'lora': 'a cat <lora:fur:0.8>'})
    """
    kinds = (("lora", _NETWORK), ("emphasis", _WEIGHT))
    marks = {kind: prompt for kind, pattern in kinds if pattern.search(prompt)}
    return _WEIGHT.sub(r"\1", _NETWORK.sub("", prompt)).strip(), marks


def bare(checkpoint: str) -> str:
    """The model's name, of any of the names that a checkpoint goes by.

    >>> bare("gpt-image-2.safetensors [0123abcd]"), bare("gpt-image-2")
    ('gpt-image-2', 'gpt-image-2')
    """
    return _DECORATION.sub("", checkpoint.strip())


def worth_telling(ignored: dict[str, Any]) -> dict[str, Any]:
    """What a client asks for; most of what it sends are the web UI's defaults, which ask for nothing.

    >>> worth_telling({"tiling": False, "mask_blur": 0, "eta": None})
    {'mask_blur': 0}
    """
    return {
        name: value
        for name, value in ignored.items()
        if (value not in _NOTHING or (name in _ON_PURPOSE and value in (False, 0)))
        and name not in _WITHOUT_EFFECT
    }
