"""An order on its way through the engine, and the line on which its caller is told of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ...core import Size
from .orders import Happening, Order, Task


@dataclass(frozen=True, slots=True)
class Key:
    """What must be equal in orders that are drawn in one batch.

    Prompts, seeds, pictures and previews may differ. A negative prompt is there for all of them or for none: what
    a model takes for a missing one is not the empty one.
    """

    model: str
    task: Task
    size: Size
    steps: int | None
    guidance: float | None
    strength: float | None
    loras: tuple[tuple[str, float], ...]
    control: str | None
    images: int
    negative: bool

    @classmethod
    def of(cls, order: Order) -> Key:
        return cls(
            model=order.model,
            task=order.task,
            size=order.size,
            steps=order.steps,
            guidance=order.guidance,
            strength=order.strength,
            loras=tuple(sorted(order.loras.items())),
            control=order.control,
            images=len(order.images),
            negative=order.negative_prompt is not None,
        )


class Ticket:
    """Made on its caller's event loop; told of things from any thread."""

    def __init__(self, order: Order, caller: str) -> None:
        self.order = order
        self.caller = caller
        self.key = Key.of(order)
        self.left = False
        self.position = 0  # what was told last, here and below
        self.step = 0
        self.previews = 0
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[Happening | BaseException] = asyncio.Queue()

    @property
    def pixels(self) -> int:
        return self.order.size.width * self.order.size.height

    def tell(self, what: Happening | BaseException) -> None:
        """An error, like `Drawn`, is the last thing that is told."""
        if self.left:
            return
        try:
            self._loop.call_soon_threadsafe(self._inbox.put_nowait, what)
        except RuntimeError:  # the loop is closed: nobody is there any more
            self.left = True

    async def next(self) -> Happening:
        """Raises what went wrong."""
        what = await self._inbox.get()
        if isinstance(what, BaseException):
            raise what
        return what
