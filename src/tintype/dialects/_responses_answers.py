"""What the Responses API answers: the response object, and the events of its stream in their order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ..core import Completed, ImageEvent, ImageRequest, Octets, Partial, Report, Text, Usage
from ..core.errors import TintypeError
from ..wire import openai_images as wire
from ..wire import payload, sse
from ._openai_answers import error_members, facts
from ._usual import answer_id

_CALL = "response.image_generation_call"
_DEFAULTS: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "top_p": 1.0,
    "truncation": "disabled",
}
_NO_WORDS = {  # what the model for words took: there was none
    "input_tokens": 0,
    "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 0,
}
_FAILURES = {  # code of an error -> one of those that a response can fail with
    "moderation_blocked": "image_content_policy_violation",
    "rate_limit_exceeded": "rate_limit_exceeded",
    "invalid_image_file": "invalid_image",
}


class Reply:
    """One response as it grows. Items are numbered: the pictures in their order, and then a message."""

    def __init__(self, request: ImageRequest, report: Report) -> None:
        self.id = answer_id(report) + answer_id(report)[:16]
        self.pictures: dict[int, Completed] = {}
        self._request = request
        self._report = report
        self._words: list[str] = []
        self._begun = 0  # pictures that have been announced
        self._sequence = 0

    def opening(self) -> Iterator[Octets]:
        yield from self._whole("response.created", "in_progress")
        yield from self._whole("response.in_progress", "in_progress")
        yield from self._announce(self._request.n)

    def _announce(self, count: int) -> Iterator[Octets]:
        """Pictures up to this number: as many as were ordered, and more where a model draws more."""
        for index in range(self._begun, count):
            place = {"output_index": index}
            item = {"id": self._call_id(index), "type": "image_generation_call", "status": "in_progress"}
            yield from self._frame("response.output_item.added", place, "item", [msgspec.json.encode(item)])
            yield from self._frame(f"{_CALL}.in_progress", self._place(index))
            yield from self._frame(f"{_CALL}.generating", self._place(index))
            self._begun += 1

    def tell(self, event: ImageEvent) -> Iterator[Octets]:
        """Take an event in. The frames need not be used."""
        if isinstance(event, Text):
            self._words.append(event.text)
            return
        yield from self._announce(event.index + 1)
        if isinstance(event, Partial):
            known = {**self._place(event.index), "partial_image_index": event.step, **self._facts(event)}
            picture = [b'"', event.image.as_base64(), b'"']
            yield from self._frame(f"{_CALL}.partial_image", known, "partial_image_b64", picture)
        else:
            self.pictures[event.index] = event
            yield from self._frame(f"{_CALL}.completed", self._place(event.index))
            place = {"output_index": event.index}
            yield from self._frame("response.output_item.done", place, "item", self._call(event, event.index))

    def closing(self) -> Iterator[Octets]:
        """The message, which says what the model said, mostly nothing; then the whole."""
        index, text = self._begun, "".join(self._words)
        place = {"item_id": self._message_id, "output_index": index, "content_index": 0}
        added = {**self._message(), "status": "in_progress", "content": []}
        at = {"output_index": index}
        yield from self._frame("response.output_item.added", at, "item", [msgspec.json.encode(added)])
        yield from self._frame("response.content_part.added", {**place, "part": _part("")})
        if text:
            yield from self._frame("response.output_text.delta", {**place, "delta": text, "logprobs": []})
        yield from self._frame("response.output_text.done", {**place, "text": text, "logprobs": []})
        yield from self._frame("response.content_part.done", {**place, "part": _part(text)})
        message = [msgspec.json.encode(self._message())]
        yield from self._frame("response.output_item.done", at, "item", message)
        yield from self._whole("response.completed", "completed")

    def failed(self, error: TintypeError) -> Iterator[Octets]:
        """SDKs raise at the first of the two; who reads only lifecycle events sees the second."""
        told = error_members(error)
        flat = {name: told[name] for name in ("code", "message", "param")}
        yield from self._frame("error", {**flat, "error": told})
        yield from self._whole("response.failed", "failed", error)

    def document(self, status: str, error: TintypeError | None = None) -> Iterator[Octets]:
        request, report = self._request, self._report
        usage = sum((picture.usage for picture in self.pictures.values()), Usage())
        ended = status != "in_progress"
        head: dict[str, Any] = {
            "id": f"resp_{self.id}",
            "object": "response",
            "created_at": report.created,
            "status": status,
            "background": False,
            **({"completed_at": int(self._report.ended or time.time())} if status == "completed" else {}),
            "error": None if error is None else _failure(error),
            "incomplete_details": None,
            "model": request.echo.get("model") or report.model,
            **_DEFAULTS,
            **request.echo.get("fields", {}),
            "tools": [*request.echo.get("tools", ()), self._tool()],
            "usage": _NO_WORDS if ended else None,
            "user": request.user,
        }
        if ended:
            tokens = wire.write_usage(usage, output_details=True)
            head["tool_usage"] = {"image_gen": tokens, "web_search": {"num_requests": 0}}
        # Where one is missing, the others move up: by their places they are remembered.
        made = [picture for _, picture in sorted(self.pictures.items())]
        items = [self._call(picture, place) for place, picture in enumerate(made)]
        if status == "completed":
            items.append(iter([msgspec.json.encode(self._message())]))
        yield from payload.object_holding(head, "output", payload.array(items))

    def _whole(self, kind: str, status: str, error: TintypeError | None = None) -> Iterator[Octets]:
        yield from self._frame(kind, {}, "response", self.document(status, error))

    def _frame(
        self,
        kind: str,
        rest: dict[str, Any],
        key: str = "",
        inner: Iterable[Octets] | None = None,
    ) -> Iterator[Octets]:
        head = {"type": kind, "sequence_number": self._sequence, **rest}
        self._sequence += 1
        if inner is None:
            yield from sse.frame(kind, [msgspec.json.encode(head)])
        else:
            yield from sse.frame(kind, payload.object_holding(head, key, inner))

    def _call(self, picture: Completed, place: int) -> Iterator[Octets]:
        item = {
            "id": self._call_id(place),
            "type": "image_generation_call",
            "status": "completed",
            "action": "edit" if self._request.images else "generate",
            **self._facts(picture),
            "revised_prompt": picture.revised_prompt or self._request.prompt,
        }
        yield from payload.object_with(item, "result", picture.image.as_base64())

    def _facts(self, event: Partial | Completed) -> dict[str, str]:
        return {name: fact for name, fact in facts(self._request, event).items() if fact is not None}

    def _place(self, index: int) -> dict[str, Any]:
        return {"output_index": index, "item_id": self._call_id(index)}

    def _call_id(self, index: int) -> str:
        return f"ig_{self.id}{index:02x}"

    @property
    def _message_id(self) -> str:
        return f"msg_{self.id}"

    def _message(self) -> dict[str, Any]:
        return {
            "id": self._message_id,
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [_part("".join(self._words))],
        }

    def _tool(self) -> dict[str, Any]:
        """The tool as it was understood."""
        request = self._request
        said = {
            "type": "image_generation",
            "model": self._report.model,
            "n": request.n,
            "size": "auto" if request.size is None else str(request.size),
            "quality": request.quality or "auto",
            "background": request.background or "auto",
            "moderation": request.moderation or "auto",
            "output_format": request.output_format or "png",
            "output_compression": request.output_compression,
            "input_fidelity": request.input_fidelity,
            "partial_images": request.partial_images,
        }
        return {name: value for name, value in said.items() if value is not None}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _failure(error: TintypeError) -> dict[str, Any]:
    return {"code": _FAILURES.get(error.code, "server_error"), "message": str(error)}
