"""The API of AUTOMATIC1111's Stable Diffusion web UI: the way into SillyTavern, and an engine of Open WebUI.

Checkpoints are our models. What the web UI holds for everybody, which checkpoint is loaded and what is being
drawn, is held here for each caller, told apart by key. Read 2026-11-20 from modules/api of the web UI, and from
what those two clients call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from secrets import randbelow
from typing import Any

import msgspec

from ..core import (
    Answer,
    Aside,
    Completed,
    Dialect,
    Events,
    House,
    ImageRequest,
    Incoming,
    JobView,
    ModelCard,
    Note,
    Octets,
    Operation,
    Report,
)
from ..core.errors import Cancelled, TintypeError
from . import _automatic1111_answers as answers
from . import _conversation_schemas as schemas
from ._automatic1111_order import (
    RANDOM,
    bare,
    plain,
    read_order,
    read_override,
    read_size,
    read_white_mask,
    worth_telling,
)
from ._conversation import read_json
from ._pictures import checked
from ._usual import check_held, is_strict, missing, no_picture, read_format

_PREFIX = "/sdapi/v1"
_EDIT = f"{_PREFIX}/img2img"
_CALLERS = 1000  # whose choice of checkpoint is remembered


_SUMMARIES = {
    "options": "The settings: `sd_model_checkpoint` is the model",
    "sd-models": "The models, as checkpoints",
    "progress": "How far your drawings are",
    "interrupt": "End your drawings",
    "samplers": "The samplers that are known by name",
    **dict.fromkeys(
        ("refresh-checkpoints", "refresh-vae", "refresh-loras", "reload-checkpoint", "unload-checkpoint"),
        "Taken, and without effect",
    ),
}


class Automatic1111:
    name = "automatic1111"
    paths: tuple[str, ...] = (f"{_PREFIX}/txt2img", _EDIT)

    def __init__(self) -> None:
        self._checkpoints: dict[str | None, str] = {}  # key of a caller -> id of a model, the oldest first
        self.asides: tuple[Aside, ...] = (
            Aside(method="GET", path=f"{_PREFIX}/options", answer=self._options),
            Aside(method="POST", path=f"{_PREFIX}/options", answer=self._set_options),
            Aside(method="GET", path=f"{_PREFIX}/sd-models", answer=_models),
            Aside(method="GET", path=f"{_PREFIX}/progress", answer=_progress),
            Aside(method="POST", path=f"{_PREFIX}/interrupt", answer=_interrupt),
            *(
                Aside(method="POST", path=f"{_PREFIX}/{name}", answer=_nothing)
                for name in (
                    "refresh-checkpoints",
                    "refresh-vae",
                    "refresh-loras",
                    "reload-checkpoint",
                    "unload-checkpoint",
                )
            ),
            *(
                Aside(method="GET", path=f"{_PREFIX}/{name}", answer=partial(_listed, what))
                for name, what in answers.LISTS.items()
            ),
        )

    def read(self, incoming: Incoming) -> ImageRequest:
        fields = read_json(incoming)
        fields.textual = True  # as FastAPI takes "512" for 512
        edits, strict = incoming.path == _EDIT, is_strict(incoming)
        order = read_order(fields)
        prompt, marks = plain(order.prompt)
        if not prompt:
            raise missing("prompt")
        override = read_override(fields)
        named = fields.text("model")  # as SillyTavern asks stable-diffusion.cpp
        checkpoint = override.text("sd_model_checkpoint") or named
        images = checked(fields.pictures("init_images"), "init_images") if edits else ()
        if edits and not images:
            raise missing("init_images")
        mask = read_white_mask(fields) if edits else None
        strength = fields.number("denoising_strength", 0, 1)
        size = read_size(fields, order, edits=edits)
        output_format = read_format(override, "samples_format") or "png"
        settings = worth_telling(override.rest())
        extras = worth_telling(
            {**order.ways(), **fields.rest(), "override_settings": settings or None, **marks}
        )
        return ImageRequest(
            model=bare(checkpoint) if checkpoint else self._checkpoints.get(incoming.key, ""),
            prompt=prompt,
            n=order.count(),
            size=size,
            seed=(None if strict else randbelow(2**32)) if order.seed == RANDOM else order.seed,
            output_format=output_format,
            images=images,
            mask=mask,
            mask_is_white=mask is not None,
            strength=strength if edits else None,
            negative_prompt=order.negative_prompt or None,
            guidance_scale=order.cfg_scale,
            num_inference_steps=order.steps,
            response_format=None if strict else "b64_json",
            strict=strict,
            extras={"automatic1111": extras} if extras else {},
            echo={"parameters": order.parameters(strength), "caller": incoming.key},
        )

    def media_type(self, request: ImageRequest) -> str:
        return "application/json"

    async def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        """Whoever interrupts gets the pictures that were finished, as the web UI gives them."""
        pictures: list[Completed] = []
        try:
            async for event in events:
                if isinstance(event, Completed):
                    check_held(event)
                    pictures.append(event)
        except Cancelled:
            if not pictures:
                raise
        if not pictures:
            raise no_picture()
        pictures.sort(key=lambda picture: picture.index)
        for chunk in answers.document(request, pictures, report):
            yield chunk

    def write_error(self, error: TintypeError) -> Answer:
        return answers.error(error)

    def write_error_frame(self, error: TintypeError) -> bytes:
        return answers.error(error).body

    def describe(self, path: str) -> Operation:
        if path not in self.paths:
            return Operation(summary=_SUMMARIES.get(path.removeprefix(f"{_PREFIX}/"), "A list, mostly empty"))
        return schemas.IMG2IMG if path == _EDIT else schemas.TXT2IMG

    def _options(self, incoming: Incoming, house: House) -> Answer:
        checkpoint = self._checkpoints.get(incoming.key) or house.find("").id
        return _told({"sd_model_checkpoint": checkpoint, **answers.OPTIONS})

    def _set_options(self, incoming: Incoming, house: House) -> Answer:
        """Only the checkpoint is an option here. Raises UnknownModel."""
        fields = read_json(incoming)
        checkpoint = fields.text("sd_model_checkpoint")
        if checkpoint is not None:
            name = bare(checkpoint)
            card = house.find(name)
            listed = any(name == each.id for each in house.cards())  # a route is, and has several to ask
            self._checkpoints.pop(incoming.key, None)
            self._checkpoints[incoming.key] = name if listed else card.id
            if len(self._checkpoints) > _CALLERS:
                del self._checkpoints[next(iter(self._checkpoints))]
        ignored = "; ".join(str(Note(name, "ignored")) for name in fields.rest())
        return Answer(body=b"null", headers={"x-tintype-plan": ignored} if ignored else {})


def _told(document: object) -> Answer:
    return Answer(body=msgspec.json.encode(document))


def _listed(what: object, incoming: Incoming, house: House) -> Answer:
    return _told(what)


def _nothing(incoming: Incoming, house: House) -> Answer:
    return _told(None)


def _models(incoming: Incoming, house: House) -> Answer:
    return _told([_checkpoint(card) for card in house.cards()])


def _checkpoint(card: ModelCard) -> dict[str, Any]:
    return {
        "title": card.id,
        "model_name": card.id,
        "hash": None,
        "sha256": None,
        "filename": card.id,
        "config": None,
    }


def _drawing(incoming: Incoming, house: House) -> list[JobView]:
    """The caller's own jobs of this dialect that run now, the oldest first."""
    return [
        job
        for job in house.running()
        if "parameters" in job.request.echo and job.request.echo.get("caller") == incoming.key
    ]


def _interrupt(incoming: Incoming, house: House) -> Answer:
    for job in _drawing(incoming, house):
        job.cancel()
    return _told({})


def _progress(incoming: Incoming, house: House) -> Answer:
    """How far the caller's oldest job is, counted in pictures: nothing else is known of every model."""
    job = next(iter(_drawing(incoming, house)), None)
    with_picture = incoming.query.get("skip_current_image", "").lower() not in ("true", "1")
    return answers.progress(job, with_picture=with_picture)


dialect: Dialect = Automatic1111()
