"""One batch, drawn on the thread of its device."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from PIL import Image

from ...core.errors import Refused
from . import installed, variants
from .arguments import arguments, canvas, mask, strength
from .failures import broken
from .generic import Beginning
from .latents import Pipeline
from .loaded import Loaded
from .orders import Drawn, Preview, Progress
from .previews import Previewer, marks
from .tapping import Abandoned, Step, seeded, tap
from .tickets import Ticket

_log = logging.getLogger(__name__)


class Run:
    """`tickets` have the same key. `given_up` is asked at every step whether to end it at once."""

    def __init__(
        self,
        loaded: Loaded,
        tickets: Sequence[Ticket],
        previewer: Previewer | None,
        given_up: Callable[[], bool],
    ) -> None:
        self._loaded = loaded
        self._tickets = tickets
        self._previewer = previewer
        self._given_up = given_up
        self._head = tickets[0].order
        self._generic = loaded.description.tasks.get(self._head.task) == "generic"

    def draw(self) -> float:
        """Tells everybody in it of progress, previews and their picture; returns the seconds it took.

        Raises Abandoned at the next step when nobody is left, and whatever the pipeline raises. The model is fit for the
        next batch either way.
        """
        torch = installed.torch()

        loaded, orders = self._loaded, [ticket.order for ticket in self._tickets]
        begun = time.perf_counter()
        self._look_around()
        try:
            loaded.use_adapters(self._head)
            view = loaded.pipeline_for(self._head.task, size=self._head.size, control=self._head.control)
            call = arguments(view, loaded.description, orders, loaded.arguments(self._head.size))
            painter, prior = variants.painter(view), variants.prior(view)
            with ExitStack() as wrapped, torch.no_grad():
                wrapped.enter_context(seeded(view.scheduler, call["generator"]))
                if self._generic:
                    wrapped.enter_context(self._beginning(painter))
                if prior is not None:
                    wrapped.enter_context(tap(prior.scheduler, self._watch_prior()))
                wrapped.enter_context(tap(view.scheduler, self._watch(painter)))
                told = view(**call)
        finally:
            loaded.settle()
        images = told.images if hasattr(told, "images") else told.image  # Kandinsky 5's word
        pictures = [self._finished(number, picture) for number, picture in enumerate(images)]
        seconds = time.perf_counter() - begun
        self._deliver(pictures, getattr(told, "nsfw_content_detected", None), seconds)
        return seconds

    def _beginning(self, view: Pipeline) -> Beginning:
        orders = [ticket.order for ticket in self._tickets]
        inpaints = self._head.task == "inpaint"
        far = strength(self._head, self._loaded.description)
        return Beginning(
            view,
            self._loaded.device,
            [canvas(order) for order in orders],
            [mask(order) for order in orders] if inpaints else None,
            size=self._head.size,
            strength=1.0 if far is None else far,
        )

    def _look_around(self) -> None:
        if self._given_up() or all(ticket.left for ticket in self._tickets):
            raise Abandoned

    def _watch_prior(self) -> Callable[[Step], None]:
        """Its steps show nothing and count for nothing, but can be the last ones."""
        pace = Pace(self._loaded.device)

        def on_step(step: Step) -> None:
            pace.keep()
            self._look_around()

        return on_step

    def _watch(self, view: Pipeline) -> Callable[[Step], None]:
        view.__dict__.pop("_num_timesteps", None)  # of another run
        pace = Pace(self._loaded.device)
        steps = 0
        shown: list[list[int]] = []

        def on_step(step: Step) -> None:
            nonlocal steps, shown
            if step.number == 0:
                steps = steps_of(view)
                shown = [marks(steps, ticket.order.previews) for ticket in self._tickets]
            pace.keep()
            self._look_around()
            for ticket in self._tickets:
                if step.number >= ticket.step:  # a batch that is drawn again does not tell everything again
                    ticket.step = step.number + 1
                    ticket.tell(Progress(min(ticket.step, steps), steps))
            due = [row for row, each in enumerate(shown) if step.number in each]
            self._show([row for row in due if self._wants(row, shown[row].index(step.number))], step)

        return on_step

    def _wants(self, row: int, number: int) -> bool:
        ticket = self._tickets[row]
        return not ticket.left and number >= ticket.previews

    def _show(self, rows: list[int], step: Step) -> None:
        if self._previewer is None or not rows:
            return
        try:
            pictures = self._previewer(step.guess()[rows], self._head.size)
        except (ValueError, RuntimeError) as error:  # the picture matters more
            if broken(error):
                raise
            _log.warning("%s: no preview: %s", self._head.model, error)
            return
        for row, picture in zip(rows, pictures, strict=True):
            ticket = self._tickets[row]
            ticket.tell(Preview(self._finished(row, picture), ticket.previews))
            ticket.previews += 1

    def _finished(self, row: int, picture: Image.Image) -> Image.Image:
        """What was to be kept is the caller's own picture again, and not what an autoencoder makes of it."""
        order = self._tickets[row].order
        if order.task != "inpaint":
            return picture
        source, white = canvas(order), mask(order)
        if picture.size != source.size:
            source = source.resize(picture.size, Image.Resampling.BILINEAR)
            white = white.resize(picture.size, Image.Resampling.BILINEAR)
        return Image.composite(picture.convert("RGB"), source, white)

    def _deliver(self, pictures: list[Image.Image], improper: Any, seconds: float) -> None:
        share = 1 / len(self._tickets)
        for row, (ticket, picture) in enumerate(zip(self._tickets, pictures, strict=True)):
            if improper and improper[row]:
                ticket.tell(Refused("The model's own safety checker withholds this picture."))
            else:
                ticket.tell(Drawn(picture, seconds, share))


def steps_of(view: Pipeline) -> int:
    """How many steps this run takes: fewer than were ordered when it begins with a picture. Known once it has begun."""
    told = getattr(view, "_num_timesteps", None)
    if told:
        return int(told)
    scheduler = view.scheduler
    return len(scheduler.timesteps) - (getattr(scheduler, "begin_index", None) or 0)


class Pace:
    """Keeps the processor at most one step ahead of a GPU, so that progress is true, and an end comes soon.

    Waiting for the step before the last one costs nothing: the GPU has its next step to do meanwhile.
    """

    def __init__(self, device: Any) -> None:
        self._cuda = getattr(device, "type", None) == "cuda"
        self._last: Any = None

    def keep(self) -> None:
        if not self._cuda:
            return
        torch = installed.torch()

        event = torch.cuda.Event()
        event.record()
        if self._last is not None:
            self._last.synchronize()
        self._last = event
