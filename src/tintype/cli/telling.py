"""What is said about an order: its plan before, and each picture, notes and cost after."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from ..core import Drawn, Size, Usage
from ..core.money import MILLION
from ..core.quote import estimate, likely, price
from ..gateway.gateway import Order
from .costs import bill, is_charged, money

if TYPE_CHECKING:
    from .quotes import Quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A finished picture as it was written; `path` is None when it went to stdout."""

    path: Path | None
    data: bytes
    format: str
    size: Size | None
    seed: int | None
    quality: str | None
    usage: Usage
    revised_prompt: str | None

    @property
    def drawn(self) -> Drawn:
        return Drawn(self.size, self.quality)


def note(text: str) -> None:
    print(f"tintype: {text}", file=sys.stderr)


def log_crashes() -> None:
    """A crash of ours, which a server would log, is one line on stderr; TINTYPE_DEBUG adds the traceback."""

    def tell(_: object, __: str, event: MutableMapping[str, Any]) -> str:
        error = sys.exception()
        if error is not None and os.environ.get("TINTYPE_DEBUG"):
            return "".join(traceback.format_exception(error))
        return f"tintype: {event['event']}: {error!r} (TINTYPE_DEBUG=1 tells where)"

    structlog.configure(
        processors=[tell],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def as_json(picture: Picture, order: Order) -> str:
    """One line. Usage and cost ride on the last picture of a call, so that lines can be summed up."""
    document: dict[str, Any] = {
        "path": str(picture.path),
        "size": str(picture.size) if picture.size else None,
        "format": picture.format,
        "quality": picture.quality,
        "seed": picture.seed,
        "model": order.report.model,
        "provider": order.report.provider,
        "twin": order.offer.twin,
        "plan": order.report.plan(),
        "notices": order.report.notices,
        "usage": _usage(picture.usage),
        "cost": _dollars(price(picture.usage, order.offer.card, pictures=[picture.drawn])),
        "charged": is_charged(order.offer),
    }
    if picture.revised_prompt:
        document["revised_prompt"] = picture.revised_prompt
    return msgspec.json.encode(document).decode()


def tell_end(order: Order, pictures: Sequence[Picture], words: Sequence[str], seconds: float) -> None:
    """On stderr: what the model said, what was not done as asked, and one line that sums up."""
    for text in words:
        print(text.strip(), file=sys.stderr)
    for line in (*map(_in_words, order.report.notes), *order.report.notices):
        note(line)
    usage = sum((picture.usage for picture in pictures), Usage())
    count = len(pictures)
    amount = price(usage, order.offer.card, pictures=[picture.drawn for picture in pictures])
    facts = [
        f"{count} picture{'s' if count != 1 else ''}",
        ", ".join(dict.fromkeys(str(picture.size) for picture in pictures if picture.size)),
        ", ".join(dict.fromkeys(picture.quality for picture in pictures if picture.quality)),
        f"{seconds:.1f} s",
        f"{usage.total_tokens:,} tokens" if amount is None and usage.total_tokens else "",
        bill(amount, order.offer),
    ]
    print(" · ".join(fact for fact in facts if fact), file=sys.stderr)


def tell_plan(order: Order, path: Path | None, quoted: Quoted | None = None, *, as_json: bool) -> None:
    """On stdout: what would be done, and what it would probably cost: to this caller, where a server has quoted it."""
    usage = estimate(order.plan.request, order.offer.card)
    amount = likely(order.plan.request, order.offer.card) if quoted is None else quoted.amount
    cost = (
        f"{'about ' if amount else ''}{bill(amount, order.offer)}"
        if quoted is None
        else _quote_in_words(quoted)
    )
    if as_json:
        document = {
            "model": order.report.model,
            "provider": order.report.provider,
            "twin": order.offer.twin,
            "native": list(_native(order)),
            "plan": order.report.plan(),
            "notices": order.report.notices,
            "usage": None if usage is None else _usage(usage),
            "cost": _dollars(amount),
            "most": None if quoted is None else _dollars(quoted.ceiling),
            "charged": is_charged(order.offer) if quoted is None else quoted.charged,
            "path": None if path is None else str(path),
        }
        print(msgspec.json.encode(document).decode())
        return
    rows = [("model", order.report.model), ("drawn by", _drawn_by(order))]
    rows.append(("native", ", ".join(_native(order))))
    rows += [(each.verb, f"{each.field} {each.detail}".strip()) for each in order.report.notes]
    rows += [("notice", notice) for notice in order.report.notices]
    if usage is not None:
        text = f"{usage.text_in} for the prompt, {usage.image_in} for pictures sent, {usage.image_out} for pictures made"
        rows.append(("tokens", f"about {text}"))
    rows.append(("cost", cost))
    rows.append(("file", "stdout" if path is None else str(path)))
    for name, value in rows:
        print(f"{name:<9} {value}")


def _quote_in_words(quoted: Quoted) -> str:
    """
    >>> from tintype.cli.quotes import Quoted
    >>> [_quote_in_words(Quoted(cost=cost, charged=charged)) for cost, charged in (("0.052730", False), ("0.000000", True))]
    ['about $0.053 (not charged)', 'free']
    >>> [_quote_in_words(Quoted(cost=None, charged=charged)) for charged in (True, False)]
    ['cost not known', 'no cost (not charged)']
    """
    if quoted.amount is None:
        return "cost not known" if quoted.charged else "no cost (not charged)"
    if not (quoted.amount or quoted.ceiling):
        return "free"
    most = f", {money(quoted.ceiling)} at most" if quoted.charged and quoted.ceiling else ""
    return f"about {money(quoted.amount)}{most}{'' if quoted.charged else ' (not charged)'}"


def _drawn_by(order: Order) -> str:
    if order.offer.twin:
        return f"its twin: the {order.report.provider}, offline, with this model's rules"
    return order.report.provider


def _native(order: Order) -> Iterator[str]:
    """What was asked for and goes to the model as it is."""
    request = order.plan.request
    noted = {each.field for each in order.report.notes}
    asked = {
        "prompt": request.prompt,
        "n": request.n > 1,
        "size": request.size,
        "quality": request.quality,
        "background": request.background,
        "output_format": request.output_format,
        "output_compression": request.output_compression is not None,
        "seed": request.seed is not None,
        "images": request.images,
        "mask": request.mask,
        "partial_images": request.stream and request.partial_images,
    }
    return (name for name, value in asked.items() if value and name not in noted)


def _in_words(entry: Any) -> str:
    return f"{entry.field}: {entry.verb} {entry.detail}".rstrip()


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "text_in": usage.text_in,
        "image_in": usage.image_in,
        "text_out": usage.text_out,
        "image_out": usage.image_out,
        **({"cached_in": usage.cached_in} if usage.cached_in else {}),
        "total": usage.total_tokens,
    }


def _dollars(amount: int | None) -> float | None:
    return None if amount is None else amount / MILLION
