"""Which card answers to a requested name, and who draws it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase

from ..core import ANYONE, Caller, Delivery, ModelCard, Provider
from ..core.errors import BadRequest, UnknownModel
from .gates import Gate
from .health import Breaker
from .route import USUAL, Route


@dataclass(frozen=True, slots=True)
class Offer:
    """One card as a candidate for a requested name. `twin`: drawn by the illustrator in its place.

    `breaker` tells whether it is worth asking, `gate` (all offers of a provider share one) whether there is room.
    """

    card: ModelCard
    provider: Provider
    twin: bool = False
    gate: Gate = field(default_factory=Gate)
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def is_free(self) -> bool:
        """Whether nobody is paid for it."""
        return self.twin or self.provider.local


@dataclass(frozen=True, slots=True)
class Found:
    """The offers that answer to a name, the first to be asked first; never none.

    `delivers`: what callers of the requested name count on when they do not say, whoever answers now.
    """

    offers: tuple[Offer, ...]
    route: Route = USUAL
    notices: tuple[str, ...] = ()
    delivers: Delivery = "b64_json"

    @property
    def offer(self) -> Offer:
        return self.offers[0]


class Offers:
    """Every model there is, by id and by alias, and who has it.

    `deployments` are further names, as Azure's customers give them. `stand_ins` maps a requested name, or a
    pattern such as "dall-e-*", to the model that answers instead: for applications with a name written into
    them. `routes` says which offers answer to a name; without one, all that are of the model, the vendor's own first.
    """

    def __init__(
        self,
        offers: Iterable[Offer],
        *,
        default: str,
        stand_ins: Mapping[str, str] | None = None,
        deployments: Mapping[str, str] | None = None,
        routes: Mapping[str, Route] | None = None,
    ) -> None:
        self._by_id = {offer.card.id: offer for offer in offers}
        self._alias = {alias: offer for offer in self._by_id.values() for alias in offer.card.aliases}
        self._sold: dict[str, list[Offer]] = {}
        for offer in sorted(
            self._by_id.values(), key=lambda each: bool(each.card.of)
        ):  # the vendor's own first
            self._sold.setdefault(offer.card.of or offer.card.id, []).append(offer)
        self.deployments = dict(deployments or {})
        for name, model in self.deployments.items():
            if (found := self._look(model)) is None:
                raise ValueError(f"the deployment {name!r} is of {model!r}, which is not in the catalog")
            self._alias[name] = found
        self._routes = {name: self._resolved(route) for name, route in (routes or {}).items()}
        self.longest = max((route.deadline or 0.0 for route in self._routes.values()), default=0.0)
        """Seconds that an order may take on any of the routes that say it."""
        self._own_names: list[str] = []  # of routes that are called like no model
        for name, route in self._routes.items():
            if self._look(name) is None and route.offers:
                self._alias[name] = self._by_id[route.offers[0]]
                self._own_names.append(name)
        self._default = default
        self._stand_ins = dict(stand_ins or {})
        named = {"default_model": default} | {f'[stand_in] "{of}"': to for of, to in self._stand_ins.items()}
        for setting, name in named.items():
            if self._look(name) is None:
                raise ValueError(f"{setting} names the model {name!r}, which is not in the catalog")

    def _resolved(self, route: Route) -> Route:
        """By the ids of those offers that are there."""
        weights = route.weights or (1.0,) * len(route.offers)
        there = {
            offer.card.id: weight
            for name, weight in zip(route.offers, weights, strict=True)
            if (offer := self._look(name)) is not None
        }
        return replace(route, offers=tuple(there), weights=tuple(there.values()) if route.weights else ())

    def cards(self) -> list[ModelCard]:
        return [offer.card for offer in self._by_id.values()]

    def routed(self) -> dict[str, ModelCard]:
        """The routes with a name of their own, and the card of who is asked first."""
        return {name: self._of(name, self._alias[name])[0].card for name in self._own_names}

    def __iter__(self) -> Iterator[Offer]:
        return iter(self._by_id.values())

    def find(
        self, name: str, *, strict: bool, today: date, any_model: bool = False, caller: Caller = ANYONE
    ) -> Found:
        """The offer for a requested name; an empty name asks for the default. Raises UnknownModel, which tells the
        `caller` of no model that it may not use.

        With `any_model` a name that nobody knows asks for the default too: it is a model for words, or
        of another house ("google/gemini-3-pro-image").

        A model that its vendor has shut down is still drawn by its twin, with a notice; on a
        real route its successor answers, and whoever names a real offer is not drawn by a twin. In strict handling it is
        the vendor's own error.
        """
        name = name or self._default
        notices: list[str] = []
        asked = self._look(name)
        if stand_in := self._stand_in(name):
            notices.append(f"{stand_in} stands in for {name}")
            name = stand_in
        elif any_model and asked is None:
            bare = name.rpartition("/")[2]
            if self._look(bare) is None:
                notices.append(f"{self._default} draws: {name} is no image model here")
                bare = self._default
            name = bare
        offer = self._look(name)
        if offer is None:
            cards = {each.card.id: each.card for each in self._by_id.values()} | self.routed()
            its = sorted(
                name for name, card in cards.items() if caller.may_use(name, card.id, card.of, *card.aliases)
            )
            raise UnknownModel(
                f"The model `{name}` does not exist. On offer: {', '.join(its) or 'none'}.", param="model"
            )
        offers = self._of(name, offer)
        living = [each for each in offers if not each.card.life.is_over(today)]
        if not living:
            if strict:
                raise BadRequest(f"The model '{name}' does not exist.", param="model")
            notices.append(_obituary(offer.card))
            if not offers[0].twin:
                successor = self._look(offer.card.life.successor or "")
                if successor is None:
                    raise UnknownModel(_obituary(offer.card), param="model")
                offers = self._of(successor.card.id, successor)
                if offers[0].twin and not offer.twin:
                    raise UnknownModel(f"{_obituary(offer.card)}, which nobody sells here.", param="model")
        route = self._routes.get(name) or self._routes.get(offer.card.id) or USUAL
        return Found(tuple(living or offers), route, tuple(notices), (asked or offer).card.delivers)

    def _of(self, name: str, offer: Offer) -> list[Offer]:
        """Who is asked for it, in order. A twin answers only where nobody else does."""
        route = self._routes.get(name) or self._routes.get(offer.card.id)
        if route is not None and route.offers:
            named = [self._by_id[id] for id in route.offers]
            return [each for each in named if not each.twin] or named[:1]
        if offer.card.of:
            return [offer]
        return [each for each in self._sold[offer.card.id] if not each.twin] or [offer]

    def knows(self, name: str) -> bool:
        """Whether it is the name of something here, and no word that the default answers to."""
        return self._look(name) is not None or self._stand_in(name) is not None

    def _look(self, name: str) -> Offer | None:
        return self._by_id.get(name) or self._alias.get(name)

    def _stand_in(self, name: str) -> str | None:
        if name in self._stand_ins:
            return self._stand_ins[name]
        return next((to for pattern, to in self._stand_ins.items() if fnmatchcase(name, pattern)), None)


def _obituary(card: ModelCard) -> str:
    advice = f"; its successor is {card.life.successor}" if card.life.successor else ""
    return f"{card.id} was shut down by its vendor on {card.life.retired}{advice}"
