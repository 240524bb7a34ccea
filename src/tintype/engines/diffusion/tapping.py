"""What happens at every step of a pipeline, by wrapping the step of this run's own scheduler.

It works for pipelines without callbacks, and gives what callbacks do not tell: the picture that is guessed at, in place of
the noise that it is still covered with.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .latents import Scheduler, Tensor


class Abandoned(Exception):
    """Raised at a step to end a run: nobody waits for it any more."""


class Step:
    """One step that was taken. `number` counts from 0; `latents` are what the next one starts from."""

    def __init__(self, number: int, latents: Tensor, guess: Callable[[], Tensor]) -> None:
        self.number = number
        self.latents = latents
        self._guess = guess

    def guess(self) -> Tensor:
        """The finished latents as they are estimated by now; costs a few sums, when it is asked for."""
        return self._guess()


@contextmanager
def tap(scheduler: Scheduler, on_step: Callable[[Step], None]) -> Iterator[None]:
    """`on_step` is called after every step of this scheduler, on the thread that draws, and ends the run by raising.

    The wrapper keeps the signature: pipelines look whether `step` takes a generator or eta.
    """
    original = scheduler.step
    count = 0

    @functools.wraps(original)
    def step(model_output: Tensor, timestep: Any, sample: Tensor, *rest: Any, **named: Any) -> Any:
        nonlocal count
        told = original(model_output, timestep, sample, *rest, **named)
        latents = told[0] if isinstance(told, tuple) else told.prev_sample

        def guess() -> Tensor:
            found = _told(told)
            if found is None:
                found = _computed(scheduler, model_output, timestep, sample)
            return latents if found is None else found

        number, count = count, count + 1
        on_step(Step(number, latents, guess))
        return told

    with instead(scheduler, "step", step):
        yield


@contextmanager
def seeded(scheduler: Scheduler, chance: Any) -> Iterator[None]:
    """Noise that is added at steps comes of `chance` (a generator, or one for each picture) also where a pipeline does not say so: that of
    HiDream leaves it to the process, and a seed would mean nothing."""
    original = scheduler.step
    if "generator" not in inspect.signature(original).parameters:
        yield
        return

    @functools.wraps(original)
    def step(*rest: Any, **named: Any) -> Any:
        return original(*rest, **{"generator": chance, **named})

    with instead(scheduler, "step", step):
        yield


@contextmanager
def instead(owner: Any, name: str, method: Callable[..., Any]) -> Iterator[None]:
    """One object has another method for a while. It is taken off at the end, or the two would keep each other in memory,
    and the model with them, until the next sweep for cycles."""
    before = vars(owner).get(name)
    setattr(owner, name, method)
    try:
        yield
    finally:
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


def _told(told: Any) -> Tensor | None:
    """What the scheduler says itself (Euler, DDIM, LCM and others)."""
    if isinstance(told, tuple):
        return told[1] if len(told) > 1 and hasattr(told[1], "shape") else None
    found = getattr(told, "pred_original_sample", None)
    return getattr(told, "denoised", None) if found is None else found


def _computed(scheduler: Scheduler, output: Tensor, timestep: Any, sample: Tensor) -> Tensor | None:
    """What follows from what it says. None: for nothing that is known here."""
    config = scheduler.config
    index = getattr(scheduler, "step_index", None)  # of the next step
    if type(scheduler).__name__.startswith("FlowMatch"):
        if index is None:
            return None
        sigma = scheduler.sigmas[index - 1].to(sample.device)
        return sample.float() - sigma * output.float()
    predicts = str(config.get("algorithm_type", "dpmsolver++" if config.get("predict_x0") else ""))
    if predicts.endswith("dpmsolver++") and getattr(scheduler, "model_outputs", None):
        return scheduler.model_outputs[-1]  # such a solver works on the estimate itself
    if hasattr(scheduler, "alphas_cumprod") and not hasattr(scheduler, "sigmas"):
        alpha = scheduler.alphas_cumprod[int(timestep)].to(sample.device)
        if config.get("prediction_type") == "v_prediction":
            return alpha.sqrt() * sample - (1 - alpha).sqrt() * output
        if config.get("prediction_type") == "epsilon":
            return (sample - (1 - alpha).sqrt() * output) / alpha.sqrt()
    return None
