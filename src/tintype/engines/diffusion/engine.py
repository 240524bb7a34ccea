"""Diffusion models at work: orders come from any event loop, and one thread for each device draws them in batches."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from ...core.errors import TintypeError, Unavailable
from . import installed, variants
from .batching import Line, again, closing
from .describing import Description
from .failures import broken, lost, not_loaded, out_of_memory, told
from .loaded import Loaded
from .models import Models
from .orders import Drawn, Happenings, Order
from .previews import Previewer
from .running import Run
from .tapping import Abandoned
from .tickets import Ticket

QUEUE = 64
"""How many pictures may wait before the next order is told to come later."""

LONGEST_END = 60.0
"""Seconds: a model that is just being loaded is not waited for any longer."""

_log = logging.getLogger(__name__)


class Engine:
    """`models` are those of one device, or of several: each has a thread, and all of them draw from one line."""

    def __init__(self, models: Models | Sequence[Models], *, queue: int = QUEUE) -> None:
        self._models = tuple(models) if isinstance(models, Sequence) else (models,)
        self._line = Line(queue)
        self._starting = threading.Lock()
        self._workers: list[Worker] = []
        self._closed = threading.Event()
        self._fault = ""

    def __len__(self) -> int:
        """How many pictures wait."""
        return len(self._line)

    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for models in self._models for name in models.names()))

    def describe(self, name: str) -> Description:
        """What can be asked of a model. Blocks when it is asked for the first time; see `Models.describe`."""
        return self._models[0].describe(name)

    def fault(self) -> str:
        """Why nothing is drawn any more, in a sentence; empty while there is a device that draws."""
        return self._fault

    async def draw(self, order: Order, *, caller: str) -> Happenings:
        """`caller` is whose turn it takes. Ends with Drawn, or raises.

        Raises TooManyRequests when too many wait, BadRequest and Unsupported for what the model cannot do, Unavailable
        when it cannot be loaded or the device is lost, and Rejected (`out_of_memory`, `engine_failed`) when it fails.
        Closing the generator takes effect at the next step at the latest, and is not waited for.
        """
        self._start()
        ticket = Ticket(order, caller)
        self._line.join(ticket)
        try:
            while True:
                happening = await ticket.next()
                yield happening
                if isinstance(happening, Drawn):
                    return
        finally:
            ticket.left = True
            self._line.leave(ticket)

    async def close(self) -> None:
        """What waits is told that it is over, what is being drawn ends at its next step. Takes the models out of
        memory, where the device still listens."""
        self._closed.set()
        self._line.close(closing())
        for worker in self._workers:
            await asyncio.to_thread(worker.join, LONGEST_END)
        if not self._fault and not any(worker.is_alive() for worker in self._workers):
            for models in self._models:
                await asyncio.to_thread(models.close)

    def _start(self) -> None:
        with self._starting:
            if not self._workers and not self._closed.is_set():
                self._workers = [
                    Worker(models, self._line, self._closed, self._lost) for models in self._models
                ]
                for worker in self._workers:
                    worker.start()

    def _lost(self, error: Unavailable) -> None:
        """A worker's device is gone. Those that are left draw on; without any, nobody is kept waiting."""
        _log.error("%s", error)
        with self._starting:
            if all(worker.lost for worker in self._workers):
                self._fault = str(error)
                self._line.close(error)


class Worker(threading.Thread):
    """The only thread that touches the models of its device."""

    def __init__(
        self, models: Models, line: Line, closed: threading.Event, on_loss: Callable[[Unavailable], None]
    ) -> None:
        super().__init__(name="diffusion", daemon=True)
        self._models = models
        self._line = line
        self._closed = closed
        self._on_loss = on_loss
        self.lost = False  # its device
        self._previewers: WeakKeyDictionary[Loaded, Previewer | None] = WeakKeyDictionary()
        self._room: dict[str, int] = {}  # pixels of a batch, where fewer fit than were thought to

    def run(self) -> None:
        while not self.lost and (first := self._line.first()) is not None:
            self._serve(first)
            del first

    def _serve(self, first: Ticket) -> None:
        """In a method of its own: what is left in the loop's names would be in memory while the next model is loaded."""
        batch = [first]
        try:
            with self._models.get(first.order.model) as loaded:
                batch += self._mates(first, loaded.description)
                if loaded.device.type == "cuda":  # streams and events are of the thread's own device
                    installed.torch().cuda.set_device(loaded.device)
                self._draw(loaded, batch)
        except Exception as error:  # it could not be loaded, so all that wait for it would meet the same
            if broken(error):
                self._give_up(lost(error), batch)
                return
            for ticket in [*batch, *self._line.of_model(first.order.model)]:
                ticket.tell(not_loaded(error, first.order.model))

    def _give_up(self, error: Unavailable, batch: Sequence[Ticket]) -> None:
        self.lost = True
        for ticket in batch:
            ticket.tell(again(error))
        self._on_loss(error)

    def _mates(self, first: Ticket, description: Description) -> list[Ticket]:
        if first.order.task not in description.shares:
            return []
        room = min(description.at_once, self._room.get(first.order.model, description.at_once))
        return self._line.mates(first, room)

    def _draw(self, loaded: Loaded, tickets: Sequence[Ticket]) -> None:
        """Whatever goes wrong hurts only the order that it comes of: they are drawn again, each for itself. Raises what
        leaves the device broken."""
        batch = [ticket for ticket in tickets if not ticket.left]
        if not batch:
            return
        error = self._try(loaded, batch)
        if error is None:
            return
        if broken(error):
            raise error
        if len(batch) == 1:
            batch[0].tell(told(error, batch[0].order, loaded.device))
            return
        size = 1
        if out_of_memory(error):
            size = (len(batch) + 1) // 2
            self._room[batch[0].order.model] = size * batch[0].pixels
        del error
        for start in range(0, len(batch), size):
            self._draw(loaded, batch[start : start + size])

    def _try(self, loaded: Loaded, batch: list[Ticket]) -> Exception | None:
        try:
            previewer = self._previewer(loaded) if any(ticket.order.previews for ticket in batch) else None
            seconds = Run(loaded, batch, previewer, self._closed.is_set).draw()
            self._line.went(seconds, len(batch))
            return None
        except Abandoned:
            for ticket in batch:
                ticket.tell(closing())  # who left does not hear it
            return None
        except Exception as error:
            if not isinstance(error, TintypeError | ValueError) and not out_of_memory(error):
                _log.warning("%s failed", batch[0].order.model, exc_info=error)
            error.__traceback__ = None  # its frames hold what was on the device
            failed = error
        if out_of_memory(failed):
            _tidy()
        return failed

    def _previewer(self, loaded: Loaded) -> Previewer | None:
        """Fitted before the first batch that wants one. None: this model cannot show any."""
        if loaded not in self._previewers:
            previewer = None
            if loaded.description.previews:
                try:
                    painter = variants.painter(loaded.pipeline)
                    previewer = Previewer(painter, loaded.device, _tiny_autoencoder(loaded))
                except (ValueError, RuntimeError, AttributeError) as error:
                    if broken(error):
                        raise
                    _log.warning("%s shows no previews: %s", loaded.description.model, error)
                loaded.settle()
            self._previewers[loaded] = previewer
        return self._previewers[loaded]


def _tiny_autoencoder(loaded: Loaded) -> Any | None:
    try:
        return loaded.tiny_autoencoder()
    except TintypeError as error:
        _log.warning("%s shows small previews: %s", loaded.description.model, error)
        return None


def _tidy() -> None:
    torch = installed.torch()

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
