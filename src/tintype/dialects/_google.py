"""What Google's two image APIs share: how bodies are read, what errors look like, and the list of models."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

import msgspec

from ..core import Answer, Aside, Format, House, Image, Incoming, ModelCard, Ratio, SizeWish
from ..core.errors import BadRequest, TintypeError, UnknownModel, Unsupported
from ..core.size import parse
from ..wire.gemini import RATIOS, camel, error
from ._conversation import read_json
from ._fields import JsonFields, json_array, json_fields

FAMILY = "gemini"

ROOTS = (
    "/models",
    "/v1beta/models",
    "/v1alpha/models",
    # A base URL that ends in the version is doubled by the SDKs, which add their own.
    "/v1beta/v1/models",
    "/v1beta/v1beta/models",
    # Vertex AI
    "/publishers/google/models",
    "/v1beta1/publishers/google/models",
    "/projects/{project}/locations/{location}/publishers/google/models",
    "/v1beta1/projects/{project}/locations/{location}/publishers/google/models",
)


def paths(*methods: str) -> tuple[str, ...]:
    """The addresses of these methods of a model. (`/v1` before any of them is the server's matter.)"""
    return tuple(f"{root}/{{model:path}}:{method}" for root in ROOTS for method in methods)


def model_of(incoming: Incoming) -> str:
    return incoming.path_params["model"].removeprefix("models/").strip()


def read_members(incoming: Incoming) -> JsonFields:
    """The body's members, by their names in camel case."""
    return read_json(incoming).renamed(camel)


def members(where: str, raw: msgspec.Raw | None) -> JsonFields:
    """Those of an object within the body; none when it is absent."""
    return JsonFields({}) if raw is None else json_fields(where, raw).renamed(camel)


def one_or_more(where: str, raw: msgspec.Raw) -> list[msgspec.Raw]:
    """The items of an array, or the one thing that stands in its place."""
    return json_array(where, raw) if starts(raw, b"[") else [raw]


def starts(raw: msgspec.Raw, letter: bytes) -> bool:
    return bytes(memoryview(raw)[:1]) == letter


def rest(fields: JsonFields, where: str = "") -> dict[str, Any]:
    """What nobody took, by its place in the body; what is empty says nothing."""
    return {
        f"{where}{name}": value for name, value in fields.rest().items() if value not in (None, "", [], {})
    }


def extras(*found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What only a provider of Google's family knows."""
    unknown = {name: value for each in found for name, value in each.items()}
    return {FAMILY: unknown} if unknown else {}


def read_shape(fields: JsonFields, tier_name: str, where: str, images: tuple[Image, ...]) -> SizeWish:
    """`aspectRatio` and a tier. A tier alone keeps the shape of the picture that is to be edited."""
    tier = fields.take(tier_name)
    tier = str(tier) if isinstance(tier, int) and not isinstance(tier, bool) else tier
    said = {"aspectRatio": fields.text("aspectRatio"), "imageSize": tier}
    try:
        wish = parse(said)
    except ValueError as fault:
        raise BadRequest(f"Invalid '{where}': {fault}.", param=where) from fault
    size = images[0].header().size if images and not said["aspectRatio"] else None
    if isinstance(wish, Ratio) and size and size.height:
        asked = size.width / size.height
        width, height = min(RATIOS, key=lambda shape: abs(log(shape[0] / shape[1] / asked)))
        return Ratio(width, height, wish.tier)
    return wish


def read_mime_type(fields: JsonFields, name: str) -> Format | None:
    word = fields.word(name, ("image/png", "image/jpeg", "image/jpg", "image/webp"))
    kinds: Mapping[str, Format] = {"png": "png", "jpeg": "jpeg", "jpg": "jpeg", "webp": "webp"}
    return kinds[word.removeprefix("image/")] if word else None


THINKING_LEVELS = ("MINIMAL", "LOW", "MEDIUM", "HIGH")
MEDIA_RESOLUTIONS = tuple(f"MEDIA_RESOLUTION_{each}" for each in ("LOW", "MEDIUM", "HIGH", "ULTRA_HIGH"))


def enum_word(fields: JsonFields, name: str, prefix: str = "", among: tuple[str, ...] = ()) -> str | None:
    """A word of an enum, as the core writes it; Google's "unspecified" is as good as absent. Raises BadRequest for one
    that is not `among` those that there are, where it is known which there are."""
    said = fields.text(name) or ""
    word = said.lower().removeprefix(prefix)
    if word in ("", "unspecified") or word.endswith("_unspecified"):
        return None
    if among and word not in (each.lower().removeprefix(prefix) for each in among):
        offer = ", ".join(f"'{each}'" for each in among)
        raise BadRequest(
            f"Invalid value at '{name}': {said[:60]!r}. Supported values are: {offer}.", param=name
        )
    return word


def refuse(where: str, why: str) -> Unsupported:
    return Unsupported(f"'{where}': {why}", param=where, code="unsupported_part")


def told(fault: TintypeError, names: Mapping[str, str]) -> tuple[int, bytes]:
    """Google's status and document for an error; `names` are the places of our fields in the body."""
    field = names.get(fault.param, fault.param) if fault.param else None
    status, document = error(
        fault.status, str(fault), reason=fault.code, field=field, retry_after=fault.retry_after
    )
    return status, msgspec.json.encode(document)


def asides() -> tuple[Aside, ...]:
    """The list of models, also where OpenAI has its own: there the key says whose list is meant."""
    shared = [
        Aside(method="GET", path="/models", answer=listing, when=is_google),
        Aside(method="GET", path="/models/{id:path}", answer=model, when=is_google),
    ]
    own = [
        Aside(method="GET", path=f"{root}{item}", answer=answer)
        for root in ROOTS[1:]
        for item, answer in (("", listing), ("/{id:path}", model))
    ]
    return (*shared, *own)


def is_google(incoming: Incoming) -> bool:
    """Whether the caller is a client of Google's."""
    return (
        "x-goog-api-key" in incoming.headers
        or "x-goog-api-client" in incoming.headers
        or bool(incoming.query.get("key"))
    )


def listing(incoming: Incoming, house: House) -> Answer:
    """Every model, on one page."""
    return Answer(body=msgspec.json.encode({"models": [_model(card) for card in house.cards()]}))


def model(incoming: Incoming, house: House) -> Answer:
    """Raises UnknownModel."""
    wanted = incoming.path_params["id"].removeprefix("models/")
    for card in house.cards():
        if wanted == card.id or wanted in card.aliases:
            return Answer(body=msgspec.json.encode(_model(card)))
    raise UnknownModel(f"models/{wanted} is not found. Call ListModels to see what there is.", param="model")


def _model(card: ModelCard) -> dict[str, Any]:
    edits = f"edits up to {card.max_input_images} pictures" if card.max_input_images else "does not edit"
    retired = f", shut down by its vendor on {card.life.retired}" if card.life.retired else ""
    return {
        "name": f"models/{card.id}",
        "version": "001",
        "displayName": card.name,
        "description": f"Draws pictures, {edits}{retired}. Sizes: {card.sizes.offer()}.",
        "inputTokenLimit": card.prompt_limit // 4,
        "outputTokenLimit": 8192,
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "predict"],
    }
