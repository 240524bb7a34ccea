"""Orders as callers place them: plain, streamed, asked for later, named, at an address; and what became of each."""

from __future__ import annotations

import asyncio
import json
import random
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from .http import Answer, Lost, ask
from .shop import Buyer
from .upstream import MODEL, picture

PATH = "/v1/images/generations"
KINDS = ("plain", "stream", "async", "named", "named stream", "named url", "url", "retried", "hooked", "left")
"""`named` have an Idempotency-Key, `retried` come from an SDK that says how often it has tried; `left` do not wait."""


@dataclass
class Order:
    """`answer` is a whole one; `job` is known as soon as an answer told it. `promised`: the caller was told that it was
    drawn, or that it will be."""

    id: str
    kind: str
    buyer: Buyer
    n: int = 1
    placed: float = field(default_factory=time.monotonic)
    hook: str = ""  # where its caller wants to be told of its end
    leaves: float = 60.0  # seconds that its caller waits
    tries: int = 0
    answer: Answer | None = None
    job: str = ""
    promised: bool = False
    addresses: list[str] = field(default_factory=list)

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": MODEL,
            "prompt": f"A panda, order {self.id}",
            "n": self.n,
            "size": "64x64",
        }
        if "stream" in self.kind:
            body |= {"stream": True} if "named" in self.kind else {"stream": True, "partial_images": 2}
        if "url" in self.kind:
            body["response_format"] = "url"
        return body

    @property
    def headers(self) -> dict[str, str]:
        headers = {}
        if "named" in self.kind:
            headers["idempotency-key"] = f"name-of-{self.id}"
        if "retried" in self.kind:
            headers["x-stainless-retry-count"] = str(self.tries)
        if self.hook:
            headers["x-tintype-webhook"] = self.hook
        if "wait" in self.kind:
            headers["prefer"] = "wait=1"
        if "async" in self.kind:
            headers["prefer"] = "respond-async"
        return headers

    @property
    def is_whole(self) -> bool:
        return self.answer is not None and self.answer.status == 200


async def send(order: Order, port: int) -> Answer:
    """Raises Lost, and TimeoutError for a caller who waits no longer."""
    return await ask(
        port,
        "POST",
        PATH,
        key=order.buyer.secret,
        headers=order.headers,
        body=order.body,
        seconds=order.leaves,
    )


async def place(order: Order, port: int) -> None:
    """As far as it goes: a server that dies, or a caller who leaves, leaves it without an answer."""
    try:
        answer = await send(order, port)
        order.job = answer.headers.get("x-tintype-job", "")
        order.promised = answer.status in (200, 202)
        if answer.status == 202:
            answer = await _fetch(order, port)
        take(order, answer)
    except (Lost, TimeoutError):
        pass


def take(order: Order, answer: Answer) -> None:
    """A stream that tells of an error is no good answer, whatever its status."""
    if answer.headers["content-type"].startswith("text/event-stream") and b"event: error" in answer.body:
        answer = Answer(502, answer.headers, answer.body)
    order.answer = answer
    order.addresses = addresses(order)


async def _fetch(order: Order, port: int) -> Answer:
    """An order that is answered later, once it is done; as if it had been answered by a status."""
    while True:
        told = await read_job(order, port)
        if told.status != 200 or told.json()["status"] not in ("queued", "running"):
            return told if told.json().get("status") == "completed" else Answer(502, told.headers, told.body)
        await asyncio.sleep(0.05)


async def read_job(order: Order, port: int) -> Answer:
    return await ask(port, "GET", f"/v1/images/jobs/{order.job}", key=order.buyer.secret)


def addresses(order: Order) -> list[str]:
    if not order.is_whole or "url" not in order.kind:
        return []
    assert order.answer is not None
    return [urlsplit(each["url"]).path for each in order.answer.json()["data"] if each.get("url")]


def pictures_of(answer: Answer) -> list[bytes]:
    """The pictures within an answer, a job's document, or a stream."""
    if answer.headers["content-type"].startswith("text/event-stream"):
        frames = [
            json.loads(line[6:]) for line in answer.body.decode().splitlines() if line.startswith("data: {")
        ]
        return [b64decode(each["b64_json"]) for each in frames if str(each.get("type")).endswith("completed")]
    told = answer.json()
    told = told.get("result") or told
    return [b64decode(each["b64_json"]) for each in told.get("data", ()) if each.get("b64_json")]


def of_answer(order: Order, sold: int) -> Iterator[str]:
    """A 200 has all of the pictures of this order, and no others. `sold`: so many were sold for it."""
    if not order.is_whole or order.addresses:
        return
    assert order.answer is not None
    found = pictures_of(order.answer)
    if len(set(found)) != order.n or not set(found) <= {picture(order.id, index) for index in range(sold)}:
        yield f"order {order.id} ({order.kind}, {order.job}) was answered with {len(found)} pictures, of {order.n}"


def draw_order(chance: random.Random, number: int, buyers: list[Buyer], prefix: str = "c") -> Order:
    kind = chance.choice(KINDS)
    return Order(
        id=f"{prefix}{number}",
        kind=kind,
        buyer=chance.choice(buyers),
        n=chance.choice((1, 1, 1, 2)),
        leaves=chance.uniform(0, 0.3) if kind == "left" else 60.0,
    )
