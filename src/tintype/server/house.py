"""What a dialect may ask of the house beside pictures, as one caller sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core import ImageRequest, JobView, ModelCard, Receipt
from ..gateway.gateway import Gateway


@dataclass(frozen=True, slots=True)
class CallersHouse:
    """The gateway behind core's `House`. `base_url` is where this caller reaches us."""

    gateway: Gateway
    base_url: str

    def cards(self) -> Sequence[ModelCard]:
        return self.gateway.offers.cards()

    def deployments(self) -> Mapping[str, str]:
        return self.gateway.offers.deployments

    def find(self, name: str) -> ModelCard:
        return self.gateway.offers.find(name, strict=False, today=self.gateway.today()).offer.card

    def submit(self, request: ImageRequest) -> JobView:
        job = self.gateway.submit(request, base_url=self.base_url)
        self.gateway.jobs.keep(job)
        return job

    def job(self, id: str) -> JobView | None:
        return self.gateway.jobs.find(id)

    def receipt(self, request_id: str) -> Receipt | None:
        return self.gateway.receipts.find(request_id)

    def running(self) -> Sequence[JobView]:
        return list(self.gateway.jobs.running.values())
