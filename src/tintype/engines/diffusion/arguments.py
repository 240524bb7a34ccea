"""What a pipeline is called with for a batch of orders, in the words of its own signature."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from math import nextafter
from typing import Any

from PIL import Image

from ...core.errors import BadRequest
from . import installed, variants
from .describing import Description
from .families import FAMILIES
from .latents import Pipeline
from .orders import Order

SMALLEST = 16
"""Pixels of an edge of what is looked at: of fewer, FLUX.1 Kontext makes none at all and fails."""


def arguments(
    view: Pipeline, description: Description, orders: Sequence[Order], extra: dict[str, Any]
) -> dict[str, Any]:
    """`orders` have the same key. Their noise comes from the processor, so that a seed means the same picture on every
    device, alone or among others."""
    head, known = orders[0], inspect.signature(type(view).__call__).parameters
    alone = len(orders) == 1
    for order in orders:
        _check_words(view, description, order)

    def each(values: list[Any]) -> Any:
        return values[0] if alone else values

    wanted: dict[str, Any] = {
        "prompt": each([order.prompt for order in orders]),
        "num_inference_steps": head.steps or description.steps.medium,
        "height": head.size.height,
        "width": head.size.width,
        "num_images_per_prompt": 1,
        "strength": strength(head, description),
    }
    steering = [description.steering(order.guidance, order.negative_prompt) for order in orders]
    wanted |= steering[0]
    chance = chances(view, [order.seed for order in orders], negative="negative_prompt" in wanted)
    wanted["generator"] = chance if len(chance) > 1 else chance[0]
    if "negative_prompt" in steering[0]:
        wanted["negative_prompt"] = each([each_of_them["negative_prompt"] for each_of_them in steering])
    wanted |= _pictures(known, description, orders)
    wanted = {name: value for name, value in wanted.items() if name in known and value is not None}
    return wanted | {name: value for name, value in extra.items() if name in known}


def _check_words(view: Pipeline, description: Description, order: Order) -> None:
    """What some pipelines fail over in the middle. Raises BadRequest."""
    family = FAMILIES[description.family]
    for name, words in (("prompt", order.prompt), ("negative_prompt", order.negative_prompt or "")):
        if family.reserved and family.reserved in words:
            raise BadRequest(
                f"{family.reserved!r} stands for a picture in this model's own words: take it out.",
                param=name,
            )
        if family.most_tokens is None:
            continue
        count = len(view.tokenizer(words)["input_ids"])
        if count > family.most_tokens:
            raise BadRequest(
                f"This is too long for {order.model}: it has {count} tokens, and {family.most_tokens} are the most.",
                param=name,
            )


def chances(view: Pipeline, seeds: Sequence[int], *, negative: bool) -> list[Any]:
    """A generator for each picture, and as many again where a prior makes something of the words that are not wanted, too."""
    torch = installed.torch()

    times = 2 if negative and variants.prior(view) is not None else 1
    return [torch.Generator("cpu").manual_seed(seed % 2**63) for seed in (*seeds,) * times]


def strength(order: Order, description: Description) -> float | None:
    """How far it is painted over. Behind a mask nothing is to be left of the picture, unless somebody says so. It is a share of the
    steps, and never less than one of them: with none, most pipelines fail in the middle."""
    if order.task not in ("image", "inpaint"):
        return order.strength
    usual = description.strength.default if description.strength else None
    said = order.strength if order.strength is not None else 1.0 if order.task == "inpaint" else usual
    return None if said is None else max(said, _one_of(order.steps or description.steps.medium))


def _one_of(steps: int) -> float:
    """The share that times `steps` is one, whether a pipeline rounds down or up."""
    share = 1 / steps
    return share if share * steps >= 1 else nextafter(share, 1)


def canvas(order: Order) -> Image.Image:
    """The picture that is painted over, in the size that is ordered."""
    pictures = order.images[1:] if order.control and len(order.images) > 1 else order.images
    return _fitted(pictures[0].convert("RGB"), order)


def mask(order: Order) -> Image.Image:
    assert order.mask is not None
    return _fitted(order.mask.convert("L"), order)


def _pictures(known: Any, description: Description, orders: Sequence[Order]) -> dict[str, Any]:
    """For the task's own pipeline. One that paints generically is given them only to look at."""
    head = orders[0]
    alone = len(orders) == 1

    def each(values: list[Any]) -> Any:
        return values[0] if alone else values

    wanted: dict[str, Any] = {}
    if head.control:
        name = "control_image" if "control_image" in known else "image"
        wanted[name] = each([_fitted(order.images[0].convert("RGB"), order) for order in orders])
    if head.task == "reference":
        pictures = [[_looked_at(picture) for picture in order.images] for order in orders]
        wanted["image"] = each([one[0] if len(one) == 1 else one for one in pictures])
    elif description.tasks.get(head.task) == "generic":
        if description.base == "reference":
            others = [picture.convert("RGB") for picture in head.images[1:]]
            wanted["image"] = [canvas(head), *others] if others else canvas(head)
    elif head.task in ("image", "inpaint"):
        wanted["image"] = each([canvas(order) for order in orders])
        if head.task == "inpaint":
            wanted["mask_image"] = each([mask(order) for order in orders])
    return wanted


def _looked_at(picture: Image.Image) -> Image.Image:
    if min(picture.size) < SMALLEST:
        wide, high = picture.size
        raise BadRequest(
            f"A picture of {wide}x{high} is too small to be looked at: {SMALLEST} pixels each way are the least.",
            param="image",
        )
    return picture.convert("RGB")


def _fitted(picture: Image.Image, order: Order) -> Image.Image:
    size = (order.size.width, order.size.height)
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)
