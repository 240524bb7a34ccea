"""The three things one can add to tintype: a Dialect, a Provider, a Polyfill."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .card import ModelCard
from .errors import TintypeError
from .events import Events
from .image import Octets
from .report import Note, Report
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


class Dialect(Protocol):
    """A wire format that clients speak to us.

    Paths are patterns: `{name}` stands for one segment, `{name:path}` for the rest. Each is
    served with and without a leading `/v1`.
    """

    name: str
    paths: tuple[str, ...]  # POST: pictures
    listings: tuple[str, ...]  # GET: the models there are

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

    def write_error(self, error: TintypeError, *, mid_stream: bool = False) -> bytes:
        """The error as a document, or as a frame of a stream that has begun."""
        ...

    def write_listing(self, incoming: Incoming, cards: Sequence[ModelCard]) -> bytes:
        """The models, or the one that the path names. Raises UnknownModel."""
        ...


class Provider(Protocol):
    """A place that makes pictures.

    `family` names the extras that it sends on. `local` says that a picture costs nothing
    until it is drawn, so that a job nobody waits for is better ended.
    """

    name: str
    family: str
    local: bool

    def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """Make the pictures. Only ever asked for what `card` says it can do."""
        ...


@dataclass(frozen=True, slots=True)
class Remedy:
    """How a polyfill closes a gap: what the caller is told, and the call wrapped in it."""

    note: Note
    wrap: Callable[[Generate], Generate]


class Polyfill(Protocol):
    """An ability that a model lacks, made from those it has."""

    name: str
    fields: tuple[str, ...]  # the request fields whose gaps it closes

    def remedy(self, request: ImageRequest, card: ModelCard) -> Remedy | None:
        """How the gap in one of `fields` would be closed for this request; None when it cannot be."""
        ...
