"""The pipelines that one set of weights makes: built by constructor, and a view of its own for every batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from . import installed
from .family import Family
from .orders import Task


def classes(family: Family) -> Mapping[Task, Any]:
    """The class of each task that this diffusers has."""
    diffusers = installed.diffusers()
    return {task: getattr(diffusers, name) for task, name in family.tasks.items() if hasattr(diffusers, name)}


def build(pipeline_class: Any, pipeline: Any, **others: Any) -> Any:
    """A pipeline of this class from the parts of another: the same weights, a scheduler of its own.

    Not `from_pipe`, which turns the original's weights into float32 in place when no dtype is said (diffusers 0.42).
    `others` are parts that the original has not (a ControlNet).
    """
    required, optional = pipeline_class._get_signature_keys(pipeline_class)
    known = {*required, *optional}
    parts = {name: part for name, part in pipeline.components.items() if name in known}
    parts |= {
        name: value for name, value in pipeline.config.items() if name in optional and name not in parts
    }
    parts["scheduler"] = fresh_scheduler(pipeline.scheduler)
    built = pipeline_class(**(parts | others))
    built.set_progress_bar_config(disable=True)
    return built


def view(pipeline: Any) -> Any:
    """A shallow copy for one batch: the same weights; a scheduler and a state of its own, which drawing changes."""
    seen = copy.copy(pipeline)
    seen.scheduler = fresh_scheduler(pipeline.scheduler)
    seen._interrupt = False
    if prior(pipeline) is not None:
        seen.prior_scheduler = fresh_scheduler(pipeline.prior_scheduler)
        for name, scheduler in (("prior_pipe", seen.prior_scheduler), ("decoder_pipe", seen.scheduler)):
            inner = copy.copy(getattr(pipeline, name))
            inner.scheduler = scheduler
            setattr(seen, name, inner)
    return seen


def prior(seen: Any) -> Any | None:
    """The pipeline within this one that makes of words what it paints: Kandinsky 2.2 is of two."""
    return getattr(seen, "prior_pipe", None)


def painter(seen: Any) -> Any:
    """The pipeline that paints: that within it, of two, or else itself."""
    return getattr(seen, "decoder_pipe", seen)


def fresh_scheduler(scheduler: Any) -> Any:
    return type(scheduler).from_config(scheduler.config)


def prepare(seen: Any, width: int, height: int) -> None:
    """Tell a view the size that it is to draw, where its call would choose another: HiDream brings every size to a
    megapixel, Kandinsky 5 to the nearest of its list (diffusers 0.42)."""
    name = type(seen).__name__
    if name.startswith("HiDream"):
        # a little more, since the pipeline rounds down
        seen.default_sample_size = ((width * height) ** 0.5 + 0.001) / seen.vae_scale_factor
    elif name.startswith("Kandinsky5"):
        seen.resolutions = [(width, height)]


def arguments(seen: Any, width: int, height: int) -> dict[str, Any]:
    """What the call of a view needs to draw just this size: Kontext brings it to `max_area`, and the picture that it
    looks at to a megapixel, which only large pictures are the better for."""
    if "Kontext" not in type(seen).__name__:
        return {}
    return {"max_area": width * height, "_auto_resize": width * height >= 512 * 512}
