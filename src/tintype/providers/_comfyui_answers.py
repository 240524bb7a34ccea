"""What ComfyUI answers: the history of a workflow, its queue, and what is wrong with a workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from ..core.errors import Busy, NoImage, Rejected, TintypeError, Unavailable
from ._own_server import decode as own_decode
from ._own_server import is_out_of_memory

T = TypeVar("T")


class Saved(msgspec.Struct):
    """A picture that a node saved."""

    filename: str
    subfolder: str = ""
    type: str = "output"


class Output(msgspec.Struct):
    images: list[Saved] = []


class Status(msgspec.Struct):
    status_str: str = ""
    messages: list[tuple[str, Any]] = []


class Entry(msgspec.Struct):
    """What is left of a workflow that is through."""

    outputs: dict[str, Output] = {}
    status: Status | None = None


class Queue(msgspec.Struct):
    """Each item is `[number, id, workflow, ...]`."""

    queue_running: list[list[msgspec.Raw]] = []
    queue_pending: list[list[msgspec.Raw]] = []


def read(entry: Entry) -> Saved:
    """The picture of a workflow that is through: the first that it keeps, or else a preview. Raises UpstreamError."""
    if entry.status is not None:
        for event, detail in entry.status.messages:
            if event == "execution_error":
                raise _failure(detail if isinstance(detail, Mapping) else {})
            if event == "execution_interrupted":
                raise Unavailable("ComfyUI was told to stop while it drew this.")
        if entry.status.status_str == "error":
            raise Rejected("The workflow failed in ComfyUI, which does not say why.")
    pictures = [saved for output in entry.outputs.values() for saved in output.images]
    if not pictures:
        raise NoImage("The workflow came to its end without a picture: is there a node in it that saves one?")
    return min(pictures, key=lambda saved: saved.type != "output")


def _failure(detail: Mapping[str, Any]) -> TintypeError:
    kind, message = str(detail.get("exception_type", "")), str(detail.get("exception_message", "")).strip()
    where = _node_name(detail.get("node_id"), detail.get("node_type"))
    if is_out_of_memory(f"{kind} {message}"):
        return Busy(f"ComfyUI ran out of memory in {where}.")
    return Rejected(f"The workflow failed in {where}: {(message or kind or 'no reason given')[:300]}")


def read_error(status: int, body: bytes) -> TintypeError | None:
    """A workflow that ComfyUI does not take: which node, and why. It is ours to mend."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if not isinstance(document, Mapping) or "error" not in document:
        return None
    reason = next(_node_faults(document.get("node_errors")), None) or _reason(document["error"])
    return Rejected(f"ComfyUI does not take the workflow: {reason}.")


def _node_faults(faults: object) -> Iterator[str]:
    for number, fault in faults.items() if isinstance(faults, Mapping) else ():
        for error in fault.get("errors", ()) if isinstance(fault, Mapping) else ():
            yield f"{_node_name(number, fault.get('class_type'))}: {_reason(error)}"


def _reason(error: object) -> str:
    if not isinstance(error, Mapping):
        return str(error)[:300]
    parts = (str(error.get(name) or "").strip().rstrip(".") for name in ("message", "details"))
    return ": ".join(filter(None, parts))[:300] or "no reason given"


def _node_name(number: object, kind: object) -> str:
    return f"node {number} ({kind})" if kind else f"node {number}"


def tickets(items: list[list[msgspec.Raw]]) -> Iterator[str]:
    for item in items:
        if len(item) > 1:
            yield str(msgspec.json.decode(item[1]))


def decode(document: bytes, kind: type[T]) -> T:
    """Raises Garbled."""
    return own_decode(document, kind, "ComfyUI")
