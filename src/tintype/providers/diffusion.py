"""Draws by itself with diffusion models: the engine on this machine's GPU or processor as a provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, Self

import structlog

from .. import pixels
from ..core import (
    Access,
    Completed,
    Events,
    Image,
    ImageRequest,
    ModelCard,
    Partial,
    Size,
    Usage,
)
from ..core.call import CALL, Call
from ..core.errors import TintypeError, UpstreamError
from ..core.money import Drawn as Sold
from ..core.money import cost
from ..core.protocols import Told
from ..engines import signing
from ..engines.diffusion import installed
from ..engines.diffusion.describing import Description
from ..engines.diffusion.failures import names_a_place
from ..engines.diffusion.orders import Drawn, Happenings, Order, Preview, Progress, Waiting
from ..merging import merge
from ._diffusion_cards import card_of
from ._diffusion_check import examine
from ._diffusion_orders import orders_of, quality_of
from ._diffusion_settings import OPTIONS, WHERE, Setup, read_setup, where
from ._diffusion_start import Start

log = structlog.get_logger()


class Engine(Protocol):
    """What is asked of engines/diffusion/engine.py."""

    def describe(self, name: str) -> Description: ...

    def draw(self, order: Order, *, caller: str) -> Happenings: ...

    def fault(self) -> str: ...

    async def close(self) -> None: ...


class Diffusion:
    family = ""
    local = True
    options: tuple[str, ...] = (*OPTIONS, *signing.OPTIONS)

    def __init__(
        self,
        engine: Engine,
        *,
        name: str = "diffusion",
        start: Start | None = None,
        signer: signing.Signer | None = None,
    ) -> None:
        self.name = name
        self._engine = engine
        self._start = start or Start(engine, ())
        self._signer = signer

    @classmethod
    def open(cls, access: Access) -> Self:
        from ..engines.diffusion.engine import QUEUE
        from ..engines.diffusion.engine import Engine as Real

        setup = _setup(access)
        start = Start.of(setup)
        models = _models(setup, start.downloaded)
        engine = Real(models, queue=setup.queue or QUEUE)
        start.engine, start.resident = engine, models.resident
        return cls(engine, name=access.name, start=start, signer=signing.Signer.open(access.options))

    @staticmethod
    def cards(access: Access) -> Sequence[ModelCard]:
        setup = _setup(access)
        models = _models(setup)
        try:
            return [card_of(model, _described(models, model.name), access.name) for model in setup.models]
        finally:
            models.close()

    @staticmethod
    def examine(access: Access) -> Iterator[Told]:
        setup = _read(access)
        if fault := installed.fault():
            yield "fail", fault
            return
        models = _models(setup)
        try:
            yield from examine(setup, models)
        finally:
            models.close()

    async def check(self) -> str:
        return "it draws on this machine"

    async def prepare(self) -> None:
        await self._start.prepare()

    def preparing(self) -> str:
        return self._engine.fault() or self._start.told()

    async def close(self) -> None:
        await self._engine.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """Where things lie on this machine is told to the log, and not to callers."""
        async with aclosing(self._generate(request, card)) as events:
            try:
                async for event in events:
                    yield event
            except UpstreamError as error:
                if not names_a_place(error):
                    raise
                log.error("a model cannot be drawn", model=card.id, reason=str(error))
                said = f"{card.id} cannot be drawn at the moment: the server's log tells why."
                raise type(error)(said, code=error.code, retry_after=error.retry_after) from None

    async def _generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """All pictures are ordered at once, so that they can share a batch. Leaving ends each at its next step."""
        call = CALL.get() or Call()
        can = await asyncio.to_thread(self._engine.describe, card.upstream_id)
        orders = await asyncio.to_thread(orders_of, request, card, can)
        standings = [_Standing() for _ in orders]
        tell = partial(_tell, call, standings)
        drawings = [
            self._draw(_Picture(request, card, order, index, standing, tell), call.caller)
            for index, (order, standing) in enumerate(zip(orders, standings, strict=True))
        ]
        async with aclosing(merge(drawings)) as events:
            async for event in events:
                if isinstance(event, Completed):
                    # The event itself tells of it: until it has come, it must not look as if less were done.
                    standings[event.index].is_over = True
                    call.under_way = _under_way(standings)
                yield event

    async def _draw(self, picture: _Picture, caller: str) -> Events:
        """One picture, encoded off the event loop."""
        async with aclosing(self._engine.draw(picture.order, caller=caller)) as happenings:
            async for happening in happenings:
                picture.see(happening)
                if isinstance(happening, Preview):
                    image = await asyncio.to_thread(picture.encoded, happening.image)
                    yield Partial(image=image, index=picture.index, step=happening.number)
                elif isinstance(happening, Drawn):
                    image = await asyncio.to_thread(picture.encoded, happening.image, self._signer)
                    yield picture.completed(image, happening)


@dataclass(slots=True)
class _Standing:
    """How one picture fares: its place in the queue (0: it is drawn), and how much of it is drawn."""

    position: int = 0
    part: float = 0.0
    steps: int | None = None  # that its drawing takes: fewer than were ordered where it begins with a picture
    is_over: bool = False


def _tell(call: Call, standings: Sequence[_Standing]) -> None:
    first = min((each.position for each in standings if not each.is_over), default=0)
    call.tell(position=first, under_way=_under_way(standings))


def _under_way(standings: Sequence[_Standing]) -> float:
    return sum(each.part for each in standings if not each.is_over)


@dataclass(frozen=True, slots=True)
class _Picture:
    """One picture of a request. `tell` is called when it has come further."""

    request: ImageRequest
    card: ModelCard
    order: Order
    index: int
    standing: _Standing
    tell: Callable[[], None]

    def see(self, happening: object) -> None:
        standing = self.standing
        if isinstance(happening, Waiting):
            standing.position = happening.position
        elif isinstance(happening, Progress):
            standing.position, standing.part = 0, min(happening.step / max(happening.steps, 1), 1.0)
            standing.steps = happening.steps
        elif isinstance(happening, Drawn):
            standing.position, standing.part = 0, 1.0
        self.tell()

    def encoded(self, picture: Any, signer: signing.Signer | None = None) -> Image:
        """Previews are not signed. Blocks."""
        format = self.request.output_format or "png"
        data = pixels.encode(picture, format, compression=self.request.output_compression)
        if signer is not None:
            data = signer.sign(data, format, self.card.id, composed=bool(self.request.images), trained=True)
        return Image.from_bytes(data)

    def completed(self, image: Image, drawn: Drawn) -> Completed:
        """What it costs goes by its true size, the steps that were taken and its own share of the time; the time in the queue is
        nobody's. Some schedulers look twice at a step: that is no reason to charge for more than were ordered."""
        ordered, taken = self.order.steps, self.standing.steps
        steps = ordered if ordered is None or taken is None else min(ordered, taken)
        quality = None if self.request.num_inference_steps else quality_of(self.request, self.card)
        sold = Sold(Size(*drawn.image.size), quality, steps)
        seconds = drawn.seconds * drawn.share
        return Completed(
            image=image,
            index=self.index,
            seed=self.order.seed,
            quality=quality,
            background="opaque",
            cost=cost(
                Usage(), self.card.prices, pictures=[sold], previews=self.order.previews, seconds=seconds
            ),
        )


def _setup(access: Access) -> Setup:
    """Raises ValueError for settings that cannot be, and for an installation without what draws."""
    setup = _read(access)
    if fault := installed.fault():
        names = ", ".join(model.name for model in setup.models)
        raise ValueError(f"{names} cannot be drawn here. {fault}")
    return setup


def _described(models: Any, name: str) -> Description:
    try:
        found: Description = models.describe(name)
    except TintypeError as error:
        raise ValueError(f"{where(name)}: {error}") from None
    return found


def _read(access: Access) -> Setup:
    for name in access.options:
        if name not in Diffusion.options:
            raise ValueError(f"{WHERE}: there is no setting `{name}`; there are {', '.join(OPTIONS)}")
    return read_setup({name: value for name, value in access.options.items() if name in OPTIONS})


def _models(setup: Setup, downloaded: Any = None) -> Any:
    from ..engines.diffusion.models import Models

    return Models(
        [model.source for model in setup.models],
        device=setup.device,
        budget=setup.budget,
        downloaded=downloaded,
    )
