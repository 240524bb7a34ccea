"""Azure OpenAI: OpenAI's Images API under deployments, with Azure's error bodies.

learn.microsoft.com/azure/foundry/openai/how-to/dall-e, as of 2026-04-17. Any `api-version` is taken,
and none. A deployment is named as the configuration says, or as its model.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ..core import (
    Answer,
    Aside,
    Completed,
    Dialect,
    House,
    ImageRequest,
    Incoming,
    ModelCard,
    Octets,
    Operation,
    Report,
    Schema,
)
from ..core.errors import TintypeError
from ..wire import openai_images as wire
from ..wire import sse
from . import _openai_answers as answers
from .openai_images import OpenAIImages

_DEPLOYMENT = "/deployments/{deployment:path}"

_CODES = {
    "invalid_api_key": "401",
    "not_allowed": "403",
    "not_found": "404",
    "rate_limit_exceeded": "429",
    "model_not_found": "DeploymentNotFound",
    "moderation_blocked": "contentFilter",
}
"""What Azure says in another word. The rest comes from the model behind it, in OpenAI's."""


class AzureImages(OpenAIImages):
    """`roots` are where Azure's `/openai` is to be found here."""

    def __init__(self, name: str, roots: Sequence[str]) -> None:
        self.name = name
        self.paths = tuple(
            root + place + path
            for root in roots
            for place in ("", "/v1", _DEPLOYMENT)
            for path in (wire.GENERATIONS, wire.EDITS)
        )
        lists = (
            ("/deployments", deployments),
            ("/deployments/{id}", deployment),
            ("/models", models),
            ("/v1/models", answers.listing),
            (f"{_DEPLOYMENT}/models", models),  # where SDKs look that were given a deployment as base URL
            *((place + "/models/{id:path}", answers.model) for place in ("", "/v1", _DEPLOYMENT)),
        )
        self.asides = tuple(
            Aside(method="GET", path=root + path, answer=answer) for root in roots for path, answer in lists
        )

    def read(self, incoming: Incoming) -> ImageRequest:
        """The deployment in the path wins: SDKs leave another model's name in the body."""
        request = super().read(incoming)
        return replace(request, model=incoming.path_params.get("deployment", request.model))

    def describe(self, path: str) -> Operation:
        if path.endswith(("/deployments", "/deployments/{id}")):
            return Operation(summary="Names that models are deployed under", answer={"type": "object"})
        parameters: dict[str, Schema] = {"api-version": {"type": "string", "description": "Any, or none."}}
        if _DEPLOYMENT in path:
            parameters["deployment"] = {"type": "string", "examples": ["gpt-image-2"]}
        told = super().describe(path)
        return replace(told, parameters={**told.parameters, **parameters})

    def document(
        self, request: ImageRequest, pictures: Sequence[Completed], report: Report
    ) -> Iterator[Octets]:
        return answers.document(request, pictures, report, wire.write_usage_total_last)

    def write_error(self, error: TintypeError) -> Answer:
        return Answer(body=msgspec.json.encode(_error(error)), status=error.status)

    def write_error_frame(self, error: TintypeError) -> bytes:
        return b"".join(sse.frame("error", [msgspec.json.encode({"type": "error", **_error(error)})]))


def _error(error: TintypeError) -> dict[str, Any]:
    """`code` and `message`; a fault in a field is told by the model, with OpenAI's four members."""
    code = _CODES.get(error.code)
    if code is None and error.status == 400 and error.param is not None:
        return {"error": answers.error_members(error)}
    message = str(error)
    if code == "DeploymentNotFound":
        message = f"The API deployment for this resource does not exist. {message}"
    body = {"error": {"code": code or error.code, "message": message}}
    return {"created": int(time.time()), **body} if code == "contentFilter" else body


def deployments(incoming: Incoming, house: House) -> Answer:
    """Each model under its own name, then what the operator named."""
    cards = house.cards()
    named = {card.id: card for card in cards}
    aliases = {alias: card for card in cards for alias in card.aliases}
    for name, model in house.deployments().items():
        named.setdefault(name, named.get(model) or aliases[model])
    return _listing([_deployment(name, card) for name, card in named.items()])


def deployment(incoming: Incoming, house: House) -> Answer:
    """The one that the path names. Raises UnknownModel."""
    name = incoming.path_params["id"]
    return Answer(body=msgspec.json.encode(_deployment(name, house.find(name))))


def models(incoming: Incoming, house: House) -> Answer:
    """Every model, with Azure's members beside OpenAI's."""
    return _listing([_model(card) for card in house.cards()])


def _listing(items: Sequence[dict[str, Any]]) -> Answer:
    return Answer(body=msgspec.json.encode({"data": items, "object": "list"}))


def _deployment(name: str, card: ModelCard) -> dict[str, Any]:
    """As Azure told them until 2023-03-15-preview; clients still read it."""
    return {
        "scale_settings": {"scale_type": "standard"},
        "model": card.id,
        "owner": "organization-owner",
        "id": name,
        "status": "succeeded",
        **_times(card),
        "object": "deployment",
    }


def _model(card: ModelCard) -> dict[str, Any]:
    members = answers.model_members(card, card.id)
    other_uses = dict.fromkeys(("fine_tune", "completion", "chat_completion", "embeddings"), False)
    return {
        **members,
        "capabilities": {"inference": True, **other_uses, **members["capabilities"]},
        "lifecycle_status": "deprecated" if card.life.retired else "generally-available",
        "deprecation": {"inference": answers.unix_time(card.life.retired)},
        "status": "succeeded",
        **_times(card),
    }


def _times(card: ModelCard) -> dict[str, int]:
    released = answers.unix_time(card.life.released) or 0
    return {"created_at": released, "updated_at": released}


dialect: Dialect = AzureImages("azure", ("/openai", "/azure/openai"))
