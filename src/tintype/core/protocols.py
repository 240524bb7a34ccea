"""The three things one can add to tintype: a Dialect, a Provider, a Polyfill."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from .access import Access
from .card import ModelCard
from .errors import TintypeError
from .events import Events, ImageEvent
from .image import Octets
from .money import Micros
from .report import Note, Receipt, Report
from .request import ImageRequest

Generate = Callable[[ImageRequest], Events]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """An HTTP request, as much of one as a dialect needs to see.

    `path` is the pattern that matched, one of the dialect's own; `headers` have small letters.
    """

    path: str
    path_params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    @property
    def key(self) -> str | None:
        """The caller's key, wherever a client of any service puts it; None when there is none.

        `Authorization: Bearer K`, `Basic user:K` or K alone, `api-key` (Azure), `x-api-key`,
        `x-goog-api-key`, and `?key=` (Gemini).
        """
        scheme, _, rest = self.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() == "basic" and rest:
            return _basic_key(rest)
        if scheme.lower() in ("basic", "bearer") and not rest:
            scheme = ""  # as SillyTavern says that it has no key
        named = (self.headers.get(name, "").strip() for name in ("api-key", "x-api-key", "x-goog-api-key"))
        return rest.strip() or scheme or next(filter(None, named), None) or self.query.get("key") or None


def _basic_key(encoded: str) -> str | None:
    try:
        _, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None
    return password or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole HTTP answer that is no picture."""

    body: bytes
    status: int = 200
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class JobView(Protocol):
    """A job as a dialect sees it. `events` are those so far, from the first on."""

    @property
    def id(self) -> str: ...
    @property
    def request(self) -> ImageRequest: ...
    @property
    def report(self) -> Report: ...
    @property
    def ended(self) -> bool: ...
    @property
    def error(self) -> TintypeError | None: ...
    @property
    def events(self) -> Sequence[ImageEvent]: ...

    def cancel(self) -> None:
        """End it at its next stage, unless it has ended."""
        ...

    async def over(self) -> None:
        """Wait until it has ended."""
        ...


class House(Protocol):
    """What a dialect may ask of the house beside pictures."""

    @property
    def base_url(self) -> str:
        """Where this caller reaches us, without a `/` at the end."""
        ...

    def cards(self) -> Sequence[ModelCard]:
        """Every model there is."""
        ...

    def deployments(self) -> Mapping[str, str]:
        """The names that the operator gave to models, as Azure's customers do, and the model of each."""
        ...

    def find(self, name: str) -> ModelCard:
        """The card that answers to a name. Raises UnknownModel."""
        ...

    async def submit(self, request: ImageRequest) -> JobView:
        """Start a job that nobody watches; it can be read with `job` for a day. Raises OutOfCredit and others of
        the caller's, once it is known that it cannot begin."""
        ...

    async def job(self, id: str) -> JobView | None:
        """A job of this caller's; its pictures are there for a day."""
        ...

    async def receipt(self, request_id: str) -> Receipt | None:
        """What a request of this caller's came to, by the `x-request-id` of its answer; None while it runs."""
        ...

    async def balance(self) -> Micros | None:
        """What this caller has left to spend; None where that is not bounded by a balance."""
        ...

    def running(self) -> Sequence[JobView]:
        """The jobs that run now, the oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A call of a dialect that is answered at once: lists of models, tasks, balances.

    `when` decides between dialects that share a path (Google's and OpenAI's `GET /models`). One that only says what
    is wrong is not `told` of in /openapi.json.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    answer: Callable[[Incoming, House], Answer | Awaitable[Answer]]
    when: Callable[[Incoming], bool] | None = None
    told: bool = True


class Dialect(Protocol):
    """A wire format that clients speak to us.

    Paths are patterns: `{name}` stands for one segment, `{name:path}` for the rest. Each is
    served with and without a leading `/v1`. One whose clients take a comment in a stream amiss has
    a `heartbeat` of its own: the bytes that it puts up with.
    """

    name: str
    paths: tuple[str, ...]  # POST: pictures
    asides: tuple[Aside, ...]

    def read(self, incoming: Incoming) -> ImageRequest:
        """Understand a request. Raises BadRequest naming the field at fault."""
        ...

    def media_type(self, request: ImageRequest) -> str:
        """The content type of the answer that `write` will give to this request."""
        ...

    def write(self, request: ImageRequest, events: Events, report: Report) -> AsyncIterator[Octets]:
        """Say what happened, as one document or as a stream of frames.

        Payloads are yielded as they are held: a chunk may be a `memoryview` of the very bytes
        that an upstream sent. It waits for nothing but the next event, and never inside a
        frame, so that the server can put a heartbeat wherever it has to wait.
        """
        ...

    def write_error(self, error: TintypeError) -> Answer:
        """The error in this service's words, and with its status."""
        ...

    def write_error_frame(self, error: TintypeError) -> bytes:
        """The error as a frame of a stream that has begun."""
        ...


class Provider(Protocol):
    """A place that makes pictures.

    `name` is the one that it was opened under. `family` names the extras that it sends on. `local` says
    that a picture costs nothing until it is drawn, so that a job nobody waits for is better ended.
    """

    name: str
    family: str
    local: bool

    def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """Make the pictures. Only ever asked for what `card` says it can do.

        Raises UpstreamError and CallerError; whoever answers without a picture raises NoImage or Refused.
        """
        ...

    async def check(self) -> str:
        """What can be told without buying a picture, in a sentence: "the key is taken, 12 models".

        Raises UpstreamError saying what is wrong, and who can mend it.
        """
        ...

    async def close(self) -> None:
        """Let go of connections. Nothing is asked of it afterwards."""
        ...


class Adapter(Protocol):
    """The class that a catalog file names: how one kind of provider is opened.

    `options` are the settings that are its own, beside those that every provider has.
    """

    options: tuple[str, ...]

    def open(self, access: Access) -> Provider:
        """Without I/O. Raises ValueError saying which setting is missing or wrong."""
        ...


Told = tuple[Literal["ok", "warn", "fail"], str]
"""What is told of a thing that was looked at, and how well it is."""


@runtime_checkable
class EngineAdapter(Protocol):
    """An adapter of what draws on this machine, with models that the operator names."""

    options: tuple[str, ...]

    def open(self, access: Access) -> Provider: ...

    def cards(self, access: Access) -> Sequence[ModelCard]:
        """What the models can do that the options name. Reads their files, though not their weights, and may fetch
        some. Raises ValueError for one that cannot be read."""
        ...

    def examine(self, access: Access) -> Iterator[Told]:
        """What it draws with, and whether each of its models can be drawn; what would mend it where not. Raises
        ValueError for options that cannot be."""
        ...


@runtime_checkable
class Preparing(Protocol):
    """A provider that has something to make ready before it can draw, and is there meanwhile."""

    name: str

    async def prepare(self) -> None:
        """Make ready what the first order would wait for. Does not raise: what fails is logged, and told to those who
        order. Cancelled when the server stops."""
        ...

    def preparing(self) -> str:
        """What is being made ready, or has to be mended before it can draw, in a sentence for everyone's eyes; empty when
        it is ready."""
        ...


@dataclass(frozen=True, slots=True)
class Remedy:
    """How a polyfill closes a gap: what the caller is told, and the call wrapped in it.

    `once`: it is done once for all of an order, around whichever offers are asked. Others belong to the offer.
    `name` is the polyfill's, which the plan puts in.
    """

    note: Note
    wrap: Callable[[Generate], Generate]
    once: bool = False
    name: str = ""


class Polyfill(Protocol):
    """An ability that a model lacks, made from those it has."""

    name: str
    fields: tuple[str, ...]  # the request fields whose gaps it closes

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        """How the gap in one of `fields` would be closed for this request; None when it cannot be."""
        ...
