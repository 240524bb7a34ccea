"""What a dialect may ask of the house beside pictures, as one caller sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..core import Caller, ImageRequest, JobView, Micros, ModelCard, Receipt
from ..core.errors import UnknownModel
from ..gateway.gateway import Gateway
from .placing import Placing


@dataclass(frozen=True, slots=True)
class CallersHouse:
    """The gateway behind core's `House`. `base_url` is where this caller reaches us."""

    gateway: Gateway
    base_url: str
    caller: Caller
    placing: Placing

    def cards(self) -> Sequence[ModelCard]:
        """Also the routes with a name of their own, which are ordered from like a model."""
        offers = self.gateway.offers
        cards = offers.cards()
        if self.caller.models:
            cards = [card for card in cards if self._allows(card)]
        named = [(name, card) for name, card in offers.routed().items() if self._allows(card, name)]
        return [*cards, *(replace(card, id=name, aliases=()) for name, card in named)]

    def deployments(self) -> Mapping[str, str]:
        named = self.gateway.offers.deployments
        if not self.caller.models:
            return named
        cards = [
            self.gateway.offers.find(model, strict=False, today=self.gateway.today()).offer.card
            for model in named.values()
        ]
        return {
            name: model
            for (name, model), card in zip(named.items(), cards, strict=True)
            if self._allows(card, name)
        }

    def find(self, name: str) -> ModelCard:
        offers, today = self.gateway.offers, self.gateway.today()
        card = offers.find(name, strict=False, today=today, caller=self.caller).offer.card
        if not self._allows(card, name):
            raise UnknownModel(
                f"This key may not use the model `{name}`.", param="model", code="model_not_allowed"
            )
        return card

    def _allows(self, card: ModelCard, *names: str) -> bool:
        return self.caller.may_use(card.id, card.of, *card.aliases, *names)

    async def submit(self, request: ImageRequest) -> JobView:
        return await self.placing.place(request, stays=True)

    async def job(self, id: str) -> JobView | None:
        return await self.gateway.recall.find(id, self.caller)

    async def receipt(self, request_id: str) -> Receipt | None:
        record = await self.gateway.books.find_request(request_id)
        if record is None or record.ended is None or not self.gateway.recall.may_see(self.caller, record):
            return None
        return Receipt(
            request_id=request_id,
            ended=record.ended,
            usage=record.usage,
            cost=record.cost,
            charged=record.charged,
            job=record.id,
        )

    async def balance(self) -> Micros | None:
        return await self.gateway.books.balance(self.caller.account) if self.caller.account else None

    def running(self) -> Sequence[JobView]:
        return [
            job
            for job in self.gateway.jobs.running.values()
            if self.caller.admin or job.caller.key == self.caller.key
        ]
