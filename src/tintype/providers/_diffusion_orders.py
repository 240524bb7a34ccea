"""A request as the diffusion engine takes it: one order for each picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from secrets import randbelow
from typing import Any

import msgspec

from .. import pixels
from ..core import ImageRequest, ModelCard, Size
from ..core.errors import BadRequest, Unsupported
from ..core.quote import steps_of
from ..engines.diffusion.describing import Description
from ..engines.diffusion.orders import Order, Task

SEEDS = 2**32
HEAVIEST = 10.0
"""Of a LoRA: more is a slip of the pen."""

_MARK = re.compile(r"<lora:([^<>:]+)(?::([^<>:]*))?[^<>]*>")  # as AUTOMATIC1111's prompts have them
_SUFFIX = re.compile(r"\.safetensors$", re.IGNORECASE)


def orders_of(request: ImageRequest, card: ModelCard, can: Description) -> list[Order]:
    """`n` of them, whose seeds count up. Opens pictures: belongs in a thread.

    Raises BadRequest for a picture, a LoRA or a number that cannot be, Unsupported for what the model has not.
    """
    extras = dict(_extras(request))
    control, loras = _control(extras, can), _loras(extras, can)
    task = _task(request, can, control)
    pictures = tuple(
        pixels.open_picture(image, param="image", number=number)
        for number, image in enumerate(request.images, 1)
    )
    mask = None if request.mask is None else pixels.open_mask(request.mask, of=pictures[0])
    first = randbelow(SEEDS) if request.seed is None else request.seed
    return [
        Order(
            model=card.upstream_id,
            task=task,
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            size=_size(request, card, can, pictures),
            seed=first + number,
            steps=steps_of(request, card, quality_of(request, card)),
            guidance=request.guidance_scale,
            strength=request.strength if task in ("image", "inpaint") else None,
            images=pictures,
            mask=mask,
            loras=loras,
            control=control,
            previews=min(request.partial_images or 0, card.partial_images) if request.stream else 0,
        )
        for number in range(request.n)
    ]


def quality_of(request: ImageRequest, card: ModelCard) -> str | None:
    return request.quality or card.default_quality


def _size(
    request: ImageRequest, card: ModelCard, can: Description, pictures: tuple[pixels.Picture, ...]
) -> Size:
    if request.size is not None:
        return card.sizes.nearest(request.size)
    return card.sizes.nearest(Size(*pictures[0].size)) if pictures else can.usual_sizes[0]


def _task(request: ImageRequest, can: Description, control: str | None) -> Task:
    """Pictures are looked at by a model that does so, unless a strength says how far to paint over the first of them."""
    count = len(request.images)
    if control is not None:
        if count != 1 or request.mask is not None:
            text = f"`control` draws along one picture, which is sent as `image`, without a mask; {count} were sent."
            raise BadRequest(text, param="image")
        return "text"
    if not count:
        if "text" not in can.tasks:
            raise BadRequest(
                f"{can.model!r} edits pictures and draws none from words alone: send an `image`.",
                param="image",
            )
        return "text"
    if request.mask is not None:
        return "inpaint" if can.compares else _one_picture("inpaint", count, can)
    if "reference" in can.tasks and (request.strength is None or count > 1 or "image" not in can.tasks):
        return "reference"
    if "image" not in can.tasks:
        raise Unsupported(f"{can.model!r} changes a picture only where a `mask` says so.", param="image")
    return _one_picture("image", count, can)


def _one_picture(task: Task, count: int, can: Description) -> Task:
    if count > 1:
        how = "where a mask says so" if task == "inpaint" else "as a whole"
        raise Unsupported(f"{can.model!r} changes one picture {how}, and {count} were sent.", param="image")
    return task


def _extras(request: ImageRequest) -> Iterator[tuple[str, Any]]:
    for named in request.extras.values():
        for name, value in named.items():
            if value not in (None, "", [], {}):
                yield name, value


def _control(extras: Mapping[str, Any], can: Description) -> str | None:
    """The name of a ControlNet."""
    said = extras.get("control", extras.get("controlnet"))
    if said is None:
        return None
    if isinstance(said, Mapping) and set(said) == {"name"}:
        said = said["name"]
    if not isinstance(said, str):
        raise BadRequest(
            "Invalid type for 'control': the name of a ControlNet is wanted; its picture is the `image`.",
            param="control",
            code="invalid_type",
        )
    if said not in can.controls:
        there = f"It has {', '.join(map(repr, can.controls))}." if can.controls else "It has none."
        raise Unsupported(f"{can.model!r} has no ControlNet {said!r}. {there}", param="control")
    return said


def _loras(extras: Mapping[str, Any], can: Description) -> dict[str, float]:
    found: dict[str, float] = {}
    for param in ("loras", "lora"):
        if param in extras:
            for name, weight in _lora(param, extras[param]):
                found[_SUFFIX.sub("", name)] = _weight(param, name, weight)
    if found and not can.takes_loras:
        raise Unsupported(f"{can.model!r} takes no LoRA.", param="loras")
    for name in found:
        if name not in can.loras:
            there = f"There are {', '.join(map(repr, can.loras))}." if can.loras else "There is none."
            raise Unsupported(f"{can.model!r} has no LoRA {name!r}. {there}", param="loras")
    return found


def _lora(param: str, said: Any) -> Iterator[tuple[str, Any]]:
    """Names with their weights, in each of the ways that they are written elsewhere: a name; `name:0.8`; a list of names
    or of tables; a table by name; a prompt with marks."""
    match said:
        case str():
            yield from _lora_text(param, said)
        case list():
            for each in said:
                yield from _lora(param, each)
        case {"name": str(name)} | {"path": str(name)} | {"model": str(name)}:
            yield name, next((said[key] for key in ("scale", "weight", "strength") if key in said), 1.0)
        case Mapping():
            yield from said.items()
        case _:
            raise _not_a_lora(param)


def _lora_text(param: str, said: str) -> Iterator[tuple[str, Any]]:
    marks = _MARK.findall(said)
    if marks:
        yield from ((name, weight or 1.0) for name, weight in marks)
    elif said.lstrip()[:1] in ("[", "{"):  # a form has it as text
        try:
            yield from _lora(param, msgspec.json.decode(said))
        except msgspec.DecodeError:
            raise _not_a_lora(param) from None
    else:
        for each in said.split(","):
            name, _, weight = each.strip().partition(":")
            yield name, weight or 1.0


def _weight(param: str, name: str, said: Any) -> float:
    try:
        weight = float(said) if not isinstance(said, bool) else HEAVIEST * 2
    except (TypeError, ValueError):
        weight = HEAVIEST * 2
    if not -HEAVIEST <= weight <= HEAVIEST:
        text = f"Invalid '{param}': the weight of {name!r} is a number from {-HEAVIEST:g} to {HEAVIEST:g}."
        raise BadRequest(text, param=param)
    return weight


def _not_a_lora(param: str) -> BadRequest:
    return BadRequest(
        f'Invalid type for \'{param}\': a list such as [{{"name": "watercolour", "scale": 0.8}}] is wanted.',
        param=param,
        code="invalid_type",
    )
