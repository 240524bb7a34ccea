"""AUTOMATIC1111's Stable Diffusion web UI, called; Forge and SD.Next, and stable-diffusion.cpp's server, have its API too.

Read 2026-11-28: modules/api of the web UI (commit 2fec9471, and 0050a354 of 2023 for what older ones answer). A drawing
has no number there, but a name that its caller gives it (`force_task_id`), which /progress repeats while it is drawn:
by that we know whether a preview is ours, and whom an interrupt would hit.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, NamedTuple, Self
from uuid import uuid4

import msgspec

from .. import pixels
from ..core import Access, Events, Image, ImageRequest, ModelCard, Partial, Size
from ..core.errors import Rejected, Timeout, TintypeError
from ..transport.upstream import Upstream
from ..wire import payload
from ._automatic1111_answers import Checkpoint, Progress, decode, names, read, read_error
from ._own_server import DEFAULT, bare_base64, free_of_charge, leave

_PREFIX = "sdapi/v1"
_LOOK = 0.5  # seconds between two looks at how far it is
_MARKS = ("lora", "emphasis")  # the prompt as it was marked for the web UI: our dialect takes that out


class Call(NamedTuple):
    path: str
    body: bytes


class Automatic1111:
    name = "automatic1111"
    family = "automatic1111"
    local = True
    options: tuple[str, ...] = ("fields",)

    def __init__(self, upstream: Upstream, name: str = name, fields: Mapping[str, Any] | None = None) -> None:
        self._upstream = upstream
        self._fields = fields or {}
        self._running: set[str] = set()
        self._known: set[str] = set()
        self.name = name

    @classmethod
    def open(cls, access: Access) -> Self:
        """The key is "user:password", as `--api-auth` of the web UI is; one without a colon is a password alone."""
        authorization = ""
        if access.key:
            pair = access.key if ":" in access.key else f"tintype:{access.key}"
            authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
        fields = access.options.get("fields", {})
        if not isinstance(fields, Mapping):
            raise ValueError(f"[provider.{access.name}]: `fields` is a table, not {fields!r}")
        return cls(Upstream.of(access, authorization=authorization), access.name, fields)

    async def check(self) -> str:
        return f"it answers, {len(await self._checkpoints())} checkpoints"

    async def close(self) -> None:
        await self._upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """Previews are looked for while it draws. Whoever leaves has the drawing interrupted, if it is the one at work."""
        task, answered = f"task(tintype-{uuid4().hex})", False
        with free_of_charge(), self._upstream.discreet():
            await self._check_checkpoint(card.upstream_id)
            call = await asyncio.to_thread(build, request, card, self._fields, task)
            self._running.add(task)
            drawing = asyncio.create_task(
                self._upstream.ask("POST", call.path, call.body, read_error=read_error)
            )
            try:
                async with aclosing(self._previews(request, card, drawing, task)) as previews:
                    async for preview in previews:
                        yield preview
                document = await drawing
                answered = True
            finally:
                if not answered and not _is_over(drawing):
                    await leave(self._interrupt(task))
                self._running.discard(task)
                drawing.cancel()
                await asyncio.gather(drawing, return_exceptions=True)
            for event in read(document, request.n):
                yield event

    async def _previews(
        self, request: ImageRequest, card: ModelCard, drawing: asyncio.Task[bytes], task: str
    ) -> Events:
        """As many as were asked for, at even distances; fewer from a server that is too quick."""
        wanted = min(request.partial_images or 0, card.partial_images) if request.stream else 0
        step = 0
        while step < wanted and not (await asyncio.wait({drawing}, timeout=_LOOK))[0]:
            try:
                found = await self._progress()
                image = payload.answered(found.current_image)
            except (TintypeError, ValueError):
                return  # what is only nice to have does not end a drawing
            if image is None or not self._is_ours(found, task) or found.progress < (step + 1) / (wanted + 1):
                continue
            yield Partial(image=image, step=step)
            step += 1

    def _is_ours(self, found: Progress, task: str) -> bool:
        """Where the server does not say whose drawing it is at, it is ours if there is none but this."""
        if isinstance(found.current_task, msgspec.UnsetType):
            return self._running == {task}
        return found.current_task == task

    async def _progress(self, query: str = "") -> Progress:
        document = await self._upstream.get(f"{_PREFIX}/progress{query}", read_error=read_error)
        return decode(document, Progress)

    async def _interrupt(self, task: str) -> None:
        """An interrupt hits whatever is being drawn, and what waits cannot be taken back."""
        if self._is_ours(await self._progress("?skip_current_image=true"), task):
            await self._upstream.ask("POST", f"{_PREFIX}/interrupt", b"{}", read_error=read_error)

    async def _check_checkpoint(self, name: str) -> None:
        """The web UI draws with whatever is loaded where it does not know a checkpoint, and does not say so."""
        if name == DEFAULT or name in self._known:
            return
        self._known.update(name for each in await self._checkpoints() for name in names(each))
        if name not in self._known:
            raise Rejected(
                f"{self._upstream.host} has no checkpoint {name!r}: GET /sdapi/v1/sd-models lists them."
            )

    async def _checkpoints(self) -> list[Checkpoint]:
        document = await self._upstream.get(f"{_PREFIX}/sd-models", read_error=read_error)
        return decode(document, list[Checkpoint])


def _is_over(drawing: asyncio.Task[bytes]) -> bool:
    """Whether the server has answered: then it may be somebody else's drawing that it is at."""
    return drawing.done() and not drawing.cancelled() and not isinstance(drawing.exception(), Timeout)


def build(request: ImageRequest, card: ModelCard, fields: Mapping[str, Any], task: str) -> Call:
    """`fields` are the operator's, for whatever the caller does not say. Opens a mask, and a JPEG whose size is wanted:
    belongs in a thread. Raises BadRequest for one that cannot be opened."""
    extras = {
        name: value
        for name, value in request.extras.get(Automatic1111.family, {}).items()
        if value is not None
    }
    marked = next((extras[mark] for mark in _MARKS if isinstance(extras.get(mark), str)), None)
    size = _size(request, card)
    override = {**_table(fields.get("override_settings")), **_table(extras.get("override_settings"))}
    if card.upstream_id != DEFAULT:
        override["sd_model_checkpoint"] = card.upstream_id
    said = {
        "prompt": marked or request.prompt,
        "negative_prompt": request.negative_prompt,
        "seed": request.seed,
        "width": size and size.width,
        "height": size and size.height,
        "steps": request.num_inference_steps,
        "cfg_scale": request.guidance_scale,
        "n_iter": request.n if request.n != 1 else None,  # one after the other: a batch takes memory for all
        "override_settings": override or None,
        "force_task_id": task,
        **_edit(request),
    }
    planned = {name: value for name, value in said.items() if value is not None}
    free = {name: value for name, value in extras.items() if name not in _MARKS}
    # From the picture itself, and not from a blur of it, as the web UI's own page has it.
    usual = {} if request.mask is None else {"inpainting_fill": 1}
    body = msgspec.json.encode({**usual, **fields, **free, **planned}, enc_hook=bare_base64)
    return Call(f"{_PREFIX}/{'img2img' if request.images else 'txt2img'}", body)


def _edit(request: ImageRequest) -> dict[str, Any]:
    """The web UI's mask is white where it is to draw; outside of it, it puts the picture back as it was."""
    if not request.images:
        return {}
    said: dict[str, Any] = {"init_images": list(request.images), "denoising_strength": request.strength}
    if request.mask is not None:
        picture = pixels.open_picture(request.images[0], param="image", number=1)
        white = pixels.open_mask(request.mask, of=picture)
        said["mask"] = Image.from_bytes(pixels.encode(white, "png"))
        said["inpainting_mask_invert"] = 0
    return said


def _size(request: ImageRequest, card: ModelCard) -> Size | None:
    """The web UI would stretch a picture to 512x512 where nothing is said."""
    if isinstance(request.size, Size):
        return request.size
    if not request.images:
        return None
    header = request.images[0].header()
    size = header.size
    if size is None or header.format == "jpeg":  # photographs may have to be turned
        size = Size(*pixels.open_picture(request.images[0], param="image", number=1).size)
    return card.sizes.nearest(size)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
