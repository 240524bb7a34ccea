"""ComfyUI, called: a workflow goes into its queue, and the pictures are fetched when it is through.

Read 2026-11-28: server.py and execution.py of Comfy-Org/ComfyUI (commit 002c3fb9, and f599e5ca of 2024 for what
older ones answer). Its previews come by websocket only, and are not asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from secrets import randbelow
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode
from uuid import uuid4

import msgspec

from ..core import Access, Completed, Events, Image, ImageRequest, ModelCard, Size
from ..core.errors import Garbled, Rejected, Unavailable
from ..transport.polling import poll
from ..transport.upstream import Upstream
from ..wire import multipart
from ._comfyui_answers import Entry, Queue, Saved, decode, read, read_error, tickets
from ._comfyui_graph import Graph, fill, markers, plain, read_workflow
from ._own_server import DEFAULT, checked, free_of_charge, leave

_EVERY, _MOST = 0.2, 1.5  # seconds between two looks at a server that is near
_KINDS: Mapping[type, str] = {str: "text", int: "whole number", float: "number"}
_SUFFIX = {"jpeg": "jpg"}


class Ways(NamedTuple):
    """How the operator wants it drawn, where the caller does not say."""

    workflow: str = ""
    size: Size = Size(1024, 1024)
    steps: int = 20
    guidance: float = 7.0
    sampler: str = "euler"
    scheduler: str = "normal"
    strength: float = 0.75
    negative: str = ""


class Draft(NamedTuple):
    """What a request comes to before its words: the operator's workflow, or None for the plain one; the checkpoint;
    the names of its uploaded pictures."""

    graph: Graph | None
    model: str
    images: list[str]
    mask: str | None


class ComfyUI:
    name = "comfyui"
    family = "comfyui"
    local = True
    options: tuple[str, ...] = Ways._fields

    def __init__(self, upstream: Upstream, name: str = name, ways: Ways | None = None) -> None:
        self._upstream = upstream
        self._ways = ways or Ways()
        self.name = name

    @classmethod
    def open(cls, access: Access) -> Self:
        """A key goes as a bearer token, to the proxy that ComfyUI is behind: it has no keys of its own."""
        authorization = f"Bearer {access.key}" if access.key else ""
        return cls(Upstream.of(access, authorization=authorization), access.name, read_ways(access))

    async def check(self) -> str:
        stats = decode(await self._upstream.get("system_stats", read_error=read_error), dict)
        if self._ways.workflow:
            await asyncio.to_thread(_load, self._ways.workflow)
        count = len(await self._checkpoints())
        version = (stats.get("system") or {}).get("comfyui_version", "of some version")
        return f"ComfyUI {version} answers, {count} checkpoints"

    async def close(self) -> None:
        await self._upstream.close()

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """A workflow for each picture, all in the queue at once. Whoever leaves, or fails, takes what is left out of it,
        and has interrupted what is being drawn."""
        seed = randbelow(2**32) if request.seed is None else request.seed
        left: list[str] = []
        with free_of_charge(), self._upstream.discreet():
            draft = await self._draft(request, card)
            try:
                for index in range(request.n):
                    left.append(str(uuid4()))
                    graph = build(request, card, draft, self._ways, seed + index)
                    left[-1] = await self._order(graph, left[-1])
                for index, ticket in enumerate(tuple(left)):
                    entry = await poll(partial(self._look, ticket), every=_EVERY, most=_MOST)
                    left.remove(ticket)
                    yield Completed(image=await self._fetch(read(entry)), index=index, seed=seed + index)
            finally:
                if left:
                    await leave(self._cancel(left))

    async def _draft(self, request: ImageRequest, card: ModelCard) -> Draft:
        workflow = card.upstream_id if card.upstream_id.endswith(".json") else self._ways.workflow
        graph = await asyncio.to_thread(_load, workflow) if workflow else None
        model = card.upstream_id
        if model == DEFAULT and (graph is None or "model" in markers(graph)):
            model = await self._first_checkpoint()
        names = [await self._upload(image) for image in request.images]
        mask = None if request.mask is None else await self._upload(request.mask)
        return Draft(graph, model, names, mask)

    async def _checkpoints(self) -> list[str]:
        return decode(await self._upstream.get("models/checkpoints", read_error=read_error), list[str])

    async def _first_checkpoint(self) -> str:
        found = await self._checkpoints()
        if not found:
            raise Rejected(f"{self._upstream.host} has no checkpoint: put one into its models/checkpoints.")
        return found[0]

    async def _upload(self, image: Image) -> str:
        """The name of an input picture, as a node is told it. It goes to the temporary folder, which ComfyUI empties
        when it starts; one name for one picture, so that none is there twice."""
        format = image.header().format or "png"
        data = await asyncio.to_thread(image.as_bytes)
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        name = f"{digest[:32]}.{_SUFFIX.get(format, format)}"
        media_type, body = multipart.write(
            [
                multipart.Field("image", data, f"image/{format}", name),
                multipart.Field("type", b"temp"),
                multipart.Field("subfolder", b"tintype"),
            ]
        )
        answer = await self._upstream.ask("POST", "upload/image", body, media_type, read_error=read_error)
        kept = decode(answer, dict)
        folder = f"{kept['subfolder']}/" if kept.get("subfolder") else ""
        return f"{folder}{kept.get('name', name)} [{kept.get('type', 'temp')}]"

    async def _order(self, graph: Graph, ticket: str) -> str:
        """The id that the workflow has: ours, where the server is not older than mid 2025."""
        body = msgspec.json.encode({"prompt": graph, "prompt_id": ticket})
        answer = decode(await self._upstream.ask("POST", "prompt", body, read_error=read_error), dict)
        found = answer.get("prompt_id")
        if not isinstance(found, str) or not found:
            raise Garbled(f"{self._upstream.host} took the workflow and gave it no `prompt_id`.")
        return found

    async def _look(self, ticket: str) -> Entry | None:
        """Raises Unavailable for a workflow that the server no longer knows: `poll` looks again before it believes it."""
        path = f"history/{quote(ticket, safe='')}"
        history = decode(await self._upstream.get(path, read_error=read_error), dict[str, Entry])
        if ticket in history:
            return history[ticket]
        running, pending = await self._queue()
        if ticket not in running | pending:
            raise Unavailable(
                f"{self._upstream.host} has forgotten the picture: it was started anew, or cleared."
            )
        return None

    async def _queue(self) -> tuple[set[str], set[str]]:
        queue = decode(await self._upstream.get("queue", read_error=read_error), Queue)
        return set(tickets(queue.queue_running)), set(tickets(queue.queue_pending))

    async def _cancel(self, left: list[str]) -> None:
        """Older servers interrupt whatever they draw, so they are only told to while they draw one of these."""
        await self._tell("queue", {"delete": left})
        running, _ = await self._queue()
        for ticket in running.intersection(left):
            await self._tell("interrupt", {"prompt_id": ticket})

    async def _tell(self, path: str, document: Mapping[str, Any]) -> None:
        await self._upstream.ask("POST", path, msgspec.json.encode(document), read_error=read_error)

    async def _fetch(self, saved: Saved) -> Image:
        query = urlencode({"filename": saved.filename, "subfolder": saved.subfolder, "type": saved.type})
        return checked(await self._upstream.get(f"view?{query}", read_error=read_error), self._upstream.host)


def read_ways(access: Access) -> Ways:
    """The operator's options. Raises ValueError for one of the wrong kind."""
    said = dict(access.options)
    usual = Ways()._asdict()
    for name, value in said.items():
        kind = str if name == "size" else type(usual[name])
        fits = isinstance(value, int | float if kind is float else kind) and not isinstance(value, bool)
        if not fits:
            raise ValueError(f"[provider.{access.name}]: `{name}` is a {_KINDS[kind]}, not {value!r}")
    if "size" in said:
        width, _, height = said["size"].partition("x")
        if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
            raise ValueError(f"[provider.{access.name}]: `size` is pixels such as '1024x1024'")
        said["size"] = Size(int(width), int(height))
    return Ways(**said)


def _load(path: str) -> Graph:
    """Read for every picture, so that a workflow can be changed while the server runs."""
    try:
        return read_workflow(path, Path(path).expanduser().read_bytes())
    except OSError as error:
        raise Rejected(f"The workflow {path} cannot be read: {error.strerror or error}.") from None


def build(request: ImageRequest, card: ModelCard, draft: Draft, ways: Ways, seed: int) -> Graph:
    said = request.size if isinstance(request.size, Size) else None
    size = said or card.sizes.nearest(ways.size)
    values: dict[str, Any] = {
        "prompt": request.prompt,
        "negative": ways.negative if request.negative_prompt is None else request.negative_prompt,
        "seed": seed,
        "width": size.width,
        "height": size.height,
        "steps": ways.steps if request.num_inference_steps is None else request.num_inference_steps,
        "guidance": ways.guidance if request.guidance_scale is None else request.guidance_scale,
        "strength": ways.strength if request.strength is None else request.strength,
        "sampler": ways.sampler,
        "scheduler": ways.scheduler,
        "model": draft.model,
    }
    for number, name in enumerate(draft.images, 1):
        values["image" if number == 1 else f"image{number}"] = name
    if draft.mask is not None:
        values["mask"] = draft.mask
    if draft.graph is not None:
        return fill(draft.graph, values)
    if draft.images and said is None:
        values["width"] = values["height"] = None
    return plain(values, megapixels=_too_large(request, card) if said is None else None)


def _too_large(request: ImageRequest, card: ModelCard) -> float | None:
    """How large a picture may be at most, in ComfyUI's megapixels, where the one that was sent is larger."""
    size = request.images[0].header().size if request.images else None
    grid = card.sizes.grid
    if size is None or grid is None or size.width * size.height <= grid.max_pixels:
        return None
    return grid.max_pixels / (1024 * 1024)
