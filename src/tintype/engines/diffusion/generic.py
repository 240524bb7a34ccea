"""Painting over a picture with a pipeline that only knows how to begin from noise.

The pipeline lays out its noise, shifts its schedule and steps as it always does. In between, the schedule is cut to its
last part, the picture is put beneath the noise, and what the mask keeps is put back after every step.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from math import ceil
from typing import Any

from PIL import Image

from ...core import Size
from ...core.errors import Unsupported
from . import installed
from .latents import (
    Pipeline,
    Scheduler,
    Tensor,
    autoencoder,
    channels_of,
    encode,
    pipeline_scale,
    pixels_per_cell,
    plane,
    shaped,
)
from .tapping import instead


class Beginning:
    """While it is entered, one view of a pipeline begins with pictures, one for each member of the batch.

    `strength` is the share of the steps that are taken: with 1 next to nothing is left of the picture, except where
    `masks` (one for each picture, white where it is to change) keep it. Raises Unsupported for a scheduler whose
    noise is not known here.
    """

    def __init__(
        self,
        view: Pipeline,
        device: Any,
        pictures: Sequence[Image.Image],
        masks: Sequence[Image.Image] | None,
        *,
        size: Size,
        strength: float,
    ) -> None:
        self._view = view
        self._device = device
        self._pictures = pictures
        self._masks = masks
        self._size = size
        self._strength = strength
        self._cell = pixels_per_cell(view)
        self._noise: Tensor = None  # as the pipeline made it
        self._live: Tensor = None  # the same, in the pipeline's own hands
        self._clean: Tensor = None  # the pictures, in the same shape
        self._white: Tensor = None  # 1 where they change
        self._start: Tensor = None
        self._cut = False
        self._taken = 0
        self._wrapped = ExitStack()
        mix_of(view.scheduler)

    def __enter__(self) -> None:
        view, scheduler = self._view, self._view.scheduler
        noise, plan, step = view.prepare_latents, scheduler.set_timesteps, scheduler.step

        @functools.wraps(noise)  # pipelines look at the parameters of what they call
        def prepare_latents(*rest: Any, **named: Any) -> Any:
            told = noise(*rest, **named)
            self._lay_out(told[0] if isinstance(told, tuple) else told)
            return told

        @functools.wraps(plan)
        def set_timesteps(*rest: Any, **named: Any) -> None:
            plan(*rest, **named)
            self._shorten()

        @functools.wraps(step)
        def take(model_output: Tensor, timestep: Any, sample: Tensor, *rest: Any, **named: Any) -> Any:
            self._check(sample)
            told = step(model_output, timestep, sample, *rest, **named)
            self._keep(told[0] if isinstance(told, tuple) else told.prev_sample)
            return told

        self._wrapped.enter_context(instead(view, "prepare_latents", prepare_latents))
        self._wrapped.enter_context(instead(scheduler, "set_timesteps", set_timesteps))
        self._wrapped.enter_context(instead(scheduler, "step", take))

    def __exit__(self, *_: object) -> None:
        self._wrapped.close()

    def _shorten(self) -> None:
        scheduler = self._view.scheduler
        steps = len(scheduler.timesteps)
        skipped = steps - max(1, ceil(round(steps * self._strength, 6)))
        scheduler.timesteps = scheduler.timesteps[skipped:]
        if hasattr(scheduler, "sigmas"):
            scheduler.sigmas = scheduler.sigmas[skipped:]
        if type(scheduler).__name__ == "LCMScheduler":  # by which it knows its last step
            scheduler.num_inference_steps = len(scheduler.timesteps)
        self._cut = True
        self._begin()

    def _lay_out(self, latents: Tensor) -> None:
        """The picture in the shape in which this pipeline has its noise."""
        torch = installed.torch()

        vae = autoencoder(self._view)
        channels = channels_of(vae)
        if latents.dim() == 5 and latents.shape[1] != channels:
            latents = latents[..., :channels]  # of Kandinsky 5, which has what it looks at behind them
        self._live, self._noise = latents, latents.clone().float()
        wide, high = self._size
        if latents.dim() != 3:
            cells = plane(latents, self._size, self._cell, channels)
            high, wide = (edge * self._cell for edge in cells.shape[-2:])
        pixels = torch.stack([pixels_of(each, (wide, high)) for each in self._pictures])
        cells = pipeline_scale(vae, encode(vae, pixels, self._device))
        shape = tuple(latents.shape)
        self._clean = shaped(cells, shape).to(latents.device)
        if self._masks is not None:
            white = torch.stack([_white(each, cells.shape[-2:]) for each in self._masks])
            self._white = shaped(white.expand(cells.shape), shape).to(latents.device)
        self._begin()

    def _begin(self) -> None:
        """Once both noise and schedule are known, in whichever order this pipeline makes them."""
        if self._cut and self._live is not None and self._start is None:
            self._start = self._mixed(0)
            self._live.copy_(self._start)

    def _mixed(self, index: int) -> Tensor:
        """The pictures beneath as much noise as there is before the step `index`."""
        clean, noise = mix_of(self._view.scheduler)(index)
        return clean * self._clean + noise * self._noise

    def _check(self, sample: Tensor) -> None:
        """A pipeline that did not take what was laid out for it would draw something else in silence."""
        torch = installed.torch()

        if self._taken:
            return
        start = None if self._start is None else self._start.to(sample.dtype)
        if start is None or not torch.equal(sample.reshape(start.shape), start):
            raise Unsupported(f"{type(self._view).__name__} cannot begin with a picture.", param="image")

    def _keep(self, latents: Tensor) -> None:
        self._taken += 1
        if self._white is not None:
            kept = self._mixed(self._taken)
            latents.copy_(self._white * latents + (1 - self._white) * kept)


def mix_of(scheduler: Scheduler) -> Callable[[int], tuple[float, float]]:
    """How much of the picture and how much of the noise there is before the step `index` of a scheduler's plan."""

    def flow(index: int) -> tuple[float, float]:
        sigma = float(scheduler.sigmas[index])
        return 1 - sigma, sigma

    def solver(index: int) -> tuple[float, float]:
        clean, noise = scheduler._sigma_to_alpha_sigma_t(scheduler.sigmas[index])
        return float(clean), float(noise)

    def steps(index: int) -> tuple[float, float]:
        if index >= len(scheduler.timesteps):
            return 1.0, 0.0
        alpha = float(scheduler.alphas_cumprod[int(scheduler.timesteps[index])])
        return alpha**0.5, (1 - alpha) ** 0.5

    if type(scheduler).__name__.startswith("FlowMatch") and not scheduler.config.get("invert_sigmas"):
        return flow
    if hasattr(scheduler, "_sigma_to_alpha_sigma_t"):
        return solver
    if hasattr(scheduler, "alphas_cumprod") and not hasattr(scheduler, "sigmas"):
        return steps
    raise Unsupported(f"{type(scheduler).__name__} cannot begin with a picture.", param="image")


def pixels_of(picture: Image.Image, size: tuple[int, int]) -> Tensor:
    """(3, height, width) from -1 to 1."""
    import numpy

    torch = installed.torch()

    fitted = picture.convert("RGB")
    if fitted.size != size:
        fitted = fitted.resize(size, Image.Resampling.LANCZOS)
    return torch.from_numpy(numpy.array(fitted)).permute(2, 0, 1).float() / 127.5 - 1


def _white(mask: Image.Image, shape: Sequence[int]) -> Tensor:
    """(1, height, width): 1 for each cell that the white touches, so that no brim of the old picture is left."""
    import numpy

    torch = installed.torch()

    values = torch.from_numpy(numpy.array(mask.convert("L"))).float()[None] / 255
    return torch.nn.functional.adaptive_max_pool2d(values, tuple(shape))
