"""What `generate` and `edit` have in common: order, watch, write files, say what it cost."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import typer

from ..core import Completed, ImageRequest, Partial, Text
from ..core.errors import BadRequest, NoImage
from ..gateway.gateway import Order
from . import preview, telling
from .answering import Answerer, load_settings, open_answerer
from .costs import is_charged
from .files import Names, names
from .metadata import with_text
from .options import Wishes
from .progress import is_live, progress

STDOUT = "-"


@dataclass(slots=True, kw_only=True)
class Drawn:
    """What came of an order, and when it began (on the monotonic clock)."""

    order: Order
    begun: float = field(default_factory=time.perf_counter)
    pictures: list[telling.Picture] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def draw(request: ImageRequest, wishes: Wishes) -> int:
    """The whole of a command; the exit code. Raises TintypeError."""
    _check_output(wishes)
    environ = os.environ
    settings = load_settings(environ, config=wishes.config)
    answerer = open_answerer(settings, environ, request.model, local=wishes.local, strict=request.strict)
    order = answerer.gateway.order(request)
    target = None if wishes.output == STDOUT else _target(request, order, wishes)
    live = is_live(quiet=wishes.quiet)
    wanted = _with_previews(request, order, wishes, live=live)
    if wishes.dry_run:
        order = answerer.gateway.order(wanted)
        path = None if target is None else target.first(_kind(order))
        order, quoted = answerer.quote(order)
        telling.tell_plan(order, path, quoted, as_json=wishes.json)
        return 0
    telling.log_crashes()
    try:
        asyncio.run(_draw(answerer, wanted, wishes, target, live=live))
    except KeyboardInterrupt:
        if is_charged(order.offer):
            telling.note("what had begun may still be charged")
        raise
    return 0


def _check_output(wishes: Wishes) -> None:
    if wishes.output != STDOUT:
        return
    for clash, name in ((wishes.n > 1, "-n"), (wishes.json, "--json"), (wishes.open, "--open")):
        if clash:
            raise BadRequest(f"-o - is one picture's bytes on stdout, and cannot go with {name}.")
    if sys.stdout.isatty() and not wishes.dry_run:
        raise BadRequest("-o - writes a picture's bytes: send stdout to a file or a pipe, not a terminal.")


def _target(request: ImageRequest, order: Order, wishes: Wishes) -> Names:
    target = names(wishes.output, request.prompt, request.n, force=wishes.force)
    target.check(_kind(order))
    return target


def _kind(order: Order) -> str:
    return order.plan.request.output_format or order.offer.card.formats[0]


def _with_previews(request: ImageRequest, order: Order, wishes: Wishes, *, live: bool) -> ImageRequest:
    """Ask for partial images: as many as were said, or for the bar's sake where they cost nothing.

    Of several pictures the bar shows each as it is done: their previews would be a call for each.
    """
    free = order.offer.provider.local and request.n == 1
    count = wishes.previews if wishes.previews is not None else (3 if live and free else 0)
    count = min(count, order.offer.card.partial_images)
    return replace(request, stream=True, partial_images=count) if count else request


async def _draw(
    answerer: Answerer, request: ImageRequest, wishes: Wishes, target: Names | None, *, live: bool
) -> None:
    job = answerer.gateway.submit(request)
    # The job's own report, since its notes grow until the last picture.
    drawn = Drawn(order=replace(answerer.gateway.order(request), report=job.report))
    steps = (request.partial_images or 0) if request.stream else 0
    previews = 0
    try:
        with progress(request.n, steps, live=live) as bar:
            async with job.watched() as events:
                async for event in events:
                    bar.see(event)
                    if isinstance(event, Partial):
                        previews += 1
                    elif isinstance(event, Text):
                        drawn.words.append(event.text)
                    else:
                        if wishes.previews is None:
                            event = _without_previews(event, previews, drawn.order)
                        drawn.order = answerer.learn(drawn.order)
                        drawn.pictures.append(_keep(event, drawn.order, wishes, target))
    finally:
        _hand_out(drawn, wishes)
    if job.report.missing:
        raise job.report.missing[0]
    if not wishes.quiet:
        telling.tell_end(drawn.order, drawn.pictures, drawn.words, time.perf_counter() - drawn.begun)


def _without_previews(event: Completed, previews: int, order: Order) -> Completed:
    """A twin counts the previews that nobody but the bar asked for; the order would cost less without."""
    tokens = order.offer.card.tokens
    if tokens is None or not event.usage.image_out:
        return event
    fewer = event.usage.image_out - tokens.per_partial * previews
    return replace(event, usage=replace(event.usage, image_out=fewer))


def _keep(event: Completed, order: Order, wishes: Wishes, target: Names | None) -> telling.Picture:
    """Write one picture to its file, or to stdout."""
    data = bytes(event.image.as_bytes())
    header = event.image.header()
    if header.format is None:
        raise NoImage(f"{order.report.provider} answered something that is not a picture.", charged=True)
    if wishes.metadata and header.format == "png":
        data = with_text(data, _facts(event, order))
    path: Path | None = None
    if target is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        path = target.save(data, event.index, header.format)
    return telling.Picture(
        path=path,
        data=data,
        format=header.format,
        size=header.size,
        seed=_seed(event, order),
        quality=event.quality or order.plan.request.quality,
        usage=event.usage,
        revised_prompt=event.revised_prompt,
    )


def _facts(event: Completed, order: Order) -> Mapping[str, str]:
    facts = {
        "prompt": order.plan.request.prompt,
        "model": order.report.model,
        "provider": order.report.provider,
        "seed": _seed(event, order),
        "size": event.image.header().size,
        "quality": event.quality or order.plan.request.quality,
        "Software": f"tintype {version('tintype')}",
    }
    return {keyword: str(value) for keyword, value in facts.items() if value is not None}


def _seed(event: Completed, order: Order) -> int | None:
    """What the model says that it took, or else what was asked of it for a single picture."""
    request = order.plan.request
    ignored = any(note.field == "seed" and note.verb == "ignored" for note in order.report.notes)
    return request.seed if event.seed is None and request.n == 1 and not ignored else event.seed


def _hand_out(drawn: Drawn, wishes: Wishes) -> None:
    """Say where each picture is, also of an order that was cut short; show and open them."""
    for picture in drawn.pictures:
        if wishes.show is not False and not wishes.quiet and not preview.show(picture.data) and wishes.show:
            telling.note("this terminal shows no pictures: it needs kitty's or iTerm2's protocol")
        if picture.path is None:
            continue
        line = telling.as_json(picture, drawn.order) if wishes.json else str(picture.path)
        print(line, flush=True)
        if wishes.open and typer.launch(str(picture.path)):
            telling.note(f"no viewer could be started for {picture.path}")
