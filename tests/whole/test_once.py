"""Orders with an Idempotency-Key: one job, one purchase, the same bytes; however often, and whenever, it is sent."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest

from tintype.core import Size
from tintype.core.errors import Busy, Refused

from ..fakes import FakeProvider
from ..pictures import png
from ..strict import validate_reply
from .houses import CARD, GENERATIONS, JOBS, ORDER, Held, House, Reply, house, until

KEY = {"idempotency_key": "order 1"}
PICTURE = base64.b64encode(png(Size(16, 16))).decode()
DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "openai": (GENERATIONS, ORDER),
    "edits": ("/v1/images/edits", {**ORDER, "image": f"data:image/png;base64,{PICTURE}"}),
    "azure": ("/openai/deployments/m/images/generations?api-version=2025-04-01-preview", {"prompt": "a cat"}),
    "gemini": ("/v1beta/models/m:generateContent", {"contents": [{"parts": [{"text": "a cat"}]}]}),
    "gemini stream": (
        "/v1beta/models/m:streamGenerateContent?alt=sse",
        {"contents": [{"parts": [{"text": "a cat"}]}]},
    ),
    "imagen": ("/v1beta/models/m:predict", {"instances": [{"prompt": "a cat"}]}),
    "interactions": ("/v1beta/interactions", {"model": "m", "input": "a cat"}),
    "nanogpt": ("/nanogpt/v1/images/generations", ORDER),
    "octen": ("/octen/v1/images/generations", {"model": "m", "prompt": "a cat"}),
    "znapai": ("/znapai/images/generations", ORDER),
    "gptproto": ("/gptproto/v1/images/generations", ORDER),
    "responses": ("/v1/responses", {"model": "m", "input": "a cat", "tools": [{"type": "image_generation"}]}),
    "responses stream": (
        "/v1/responses",
        {"model": "m", "input": "a cat", "tools": [{"type": "image_generation"}], "stream": True},
    ),
    "chat": ("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "a cat"}]}),
    "automatic1111": ("/sdapi/v1/txt2img", {"prompt": "a cat", "width": 64, "height": 64}),
}


def at_once(at: House, count: int, body: Any = None, path: str = GENERATIONS, **headers: str) -> list[Reply]:
    replies: list[Reply] = []
    threads = [
        threading.Thread(target=lambda: replies.append(at.call("POST", path, body or ORDER, **headers)))
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return replies


@pytest.mark.parametrize("local", [False, True])
def test_ten_at_once_are_one_job(folder: Path | None, local: bool) -> None:
    provider = FakeProvider(local=local, pause=0.2)
    with house(provider, folder) as at:
        replies = at_once(at, 10, **KEY)
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    assert len({reply.job for reply in replies}) == 1
    assert len(provider.asked) == 1
    assert sorted(reply.headers.get("idempotent-replayed", "") for reply in replies) == ["", *["true"] * 9]


def test_again_after_the_end(folder: Path | None) -> None:
    provider = FakeProvider(local=False)
    with house(provider, folder) as at:
        first = at.order(**KEY)
        again = at.order(**KEY)
        assert (again.status, again.body) == (200, first.body)
        facts = ("x-tintype-job", "x-tintype-cost", "x-tintype-model", "x-tintype-provider", "content-type")
        assert {name: again.headers[name] for name in facts} == {name: first.headers[name] for name in facts}
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(provider.asked) == 1


def test_again_after_a_restart(tmp_path: Path) -> None:
    provider = FakeProvider(local=False)
    with house(provider, tmp_path) as at:
        first = at.order({**ORDER, "n": 2, "style": "vivid"}, **KEY)
    with house(provider, tmp_path) as at:
        again = at.order({**ORDER, "n": 2, "style": "vivid"}, **KEY)
    assert (again.status, again.body, again.job) == (200, first.body, first.job)
    assert again.headers["x-tintype-plan"] == first.headers["x-tintype-plan"]
    assert len(provider.asked) == 1


def test_again_once_the_model_is_not_on_offer_any_more(tmp_path: Path) -> None:
    body = {**ORDER, "quality": "low", "output_format": "webp"}
    with house(FakeProvider(local=False), tmp_path) as at:
        first = at.order(body, **KEY)
    with house(FakeProvider(local=False), tmp_path, card=replace(CARD, id="another")) as at:
        again = at.order(body, **KEY)
        assert (again.status, again.body) == (200, first.body)
        assert at.order(body).status == 404


@pytest.mark.parametrize("name", DIALECTS)
def test_the_same_bytes_in_every_dialect(folder: Path | None, name: str) -> None:
    path, body = DIALECTS[name]
    provider = FakeProvider(local=False)
    with house(provider, folder) as at:
        first, again = (at.call("POST", path, body, **KEY) for _ in range(2))
        assert first.status == 200, first.body
        assert again.headers["idempotent-replayed"] == "true"
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers["content-type"] == first.headers["content-type"]
    assert len(provider.asked) == 1


def test_a_stream_again(folder: Path | None) -> None:
    """Previews are not kept; all else is as it was."""
    body = {**ORDER, "stream": True, "partial_images": 2}
    provider = FakeProvider(local=False)
    with house(provider, folder) as at:
        first, again = at.order(body, **KEY), at.order(body, **KEY)
    assert again.body == first.body[first.body.index(b"event: image_generation.completed") :]
    assert len(provider.asked) == 1


def test_another_body_is_a_conflict_that_no_sdk_tries_again(folder: Path | None) -> None:
    provider = FakeProvider()
    with house(provider, folder) as at, at.client(max_retries=3) as client:
        client.images.generate(model="m", prompt="a cat", extra_headers={"Idempotency-Key": "k"})
        asked = len(at.call("GET", JOBS).json()["data"])
        with pytest.raises(openai.ConflictError, match="another order") as caught:
            client.images.generate(model="m", prompt="a dog", extra_headers={"Idempotency-Key": "k"})
        assert caught.value.code == "idempotency_conflict"
        assert caught.value.param == "Idempotency-Key"
        assert caught.value.response.headers["x-should-retry"] == "false"
        assert len(at.call("GET", JOBS).json()["data"]) == asked
    assert len(provider.asked) == 1


def test_another_dialect_is_another_order(folder: Path | None) -> None:
    with house(FakeProvider(), folder) as at:
        at.order(**KEY)
        path, body = DIALECTS["gemini"]
        reply = at.call("POST", path, body, **KEY)
        assert (reply.status, reply.json()["error"]["status"]) == (409, "ALREADY_EXISTS")


def test_anothers_key_is_anothers_order(folder: Path | None) -> None:
    provider = FakeProvider()
    with house(provider, folder) as at:
        one = at.order(**KEY, authorization="Bearer one")
        two = at.order({**ORDER, "prompt": "a dog"}, **KEY, authorization="Bearer two")
    assert (one.status, two.status) == (200, 200)
    assert one.job != two.job
    assert len(provider.asked) == 2


@pytest.mark.parametrize("fails", [Refused("no"), Busy("full"), RuntimeError("broken")])
def test_a_failed_job_gives_its_key_up(folder: Path | None, fails: Exception) -> None:
    provider = FakeProvider(local=False, fails=fails)
    with house(provider, folder) as at:
        failed = at.order(**KEY)
        assert failed.status != 200
        provider.fails = None
        reply = at.order(**KEY)
        assert reply.status == 200
        assert "idempotent-replayed" not in reply.headers
        assert at.order(**KEY).job == reply.job
    assert len(provider.asked) == 2


def test_whoever_waits_for_a_job_that_fails_hears_of_it(folder: Path | None) -> None:
    provider = FakeProvider(local=False, fails=Refused("no"), pause=0.3)
    with house(provider, folder) as at:
        replies = at_once(at, 4, **KEY)
    assert {reply.status for reply in replies} == {400}
    assert len(provider.asked) == 1


def test_a_job_that_is_deleted_gives_its_key_up(folder: Path | None) -> None:
    provider = Held(local=False)
    with house(provider, folder) as at:
        id = at.order(**KEY, prefer="respond-async").json()["id"]
        until(lambda: provider.asked)
        at.call("DELETE", f"{JOBS}/{id}")
        provider.go.set()
        assert at.order(**KEY).job != id


def test_pictures_that_are_gone_are_not_bought_again_unasked(tmp_path: Path) -> None:
    provider = FakeProvider(local=False)
    with house(provider, tmp_path) as at:
        id = at.order(**KEY).job
        at.call("DELETE", f"{JOBS}/{id}")
        reply = at.order(**KEY)
        assert (reply.status, reply.error["code"]) == (409, "idempotency_expired")
        assert reply.headers["x-should-retry"] == "false"
        assert id in reply.error["message"]
    assert len(provider.asked) == 1


def test_a_form_whose_boundary_differs(folder: Path | None) -> None:
    provider = FakeProvider(local=False)
    with house(provider, folder) as at, at.client() as client:

        def edit(prompt: str) -> Any:
            return client.images.with_raw_response.edit(
                model="m",
                image=("a.png", png(Size(16, 16)), "image/png"),
                prompt=prompt,
                extra_headers={"Idempotency-Key": "k"},
            )

        first, again = edit("a hat"), edit("a hat")
        boundaries = {each.http_response.request.headers["content-type"] for each in (first, again)}
        assert len(boundaries) == 2
        assert first.content == again.content
        with pytest.raises(openai.ConflictError):
            edit("a scarf")
    assert len(provider.asked) == 1


def test_later_and_now_are_one_order(folder: Path | None) -> None:
    provider = Held(local=False)
    with house(provider, folder) as at:
        accepted = [at.order(**KEY, prefer="respond-async") for _ in range(2)]
        assert [reply.status for reply in accepted] == [202, 202]
        assert len({reply.job for reply in accepted}) == 1
        provider.go.set()
        ended = at.ended(accepted[0].job)
        reply = at.order(**KEY, prefer="respond-async")
        assert (reply.status, reply.job) == (200, accepted[0].job)
        assert reply.json() == ended["result"]
        validate_reply(reply.json())
    assert len(provider.asked) == 1


@pytest.mark.parametrize("said", ["x" * 256, "caf\u00e9"])
def test_a_key_that_is_none(folder: Path | None, said: str) -> None:
    provider = FakeProvider()
    with house(provider, folder) as at:
        reply = at.order(idempotency_key=said)
        assert (reply.status, reply.error["param"]) == (400, "Idempotency-Key")
        assert at.order(idempotency_key="x" * 255).status == 200
        assert at.order(idempotency_key="  ").status == 200, "nothing is said"
    assert len(provider.asked) == 2


def test_a_task_is_ordered_once(folder: Path | None) -> None:
    """What a dialect orders by itself, to be asked for later."""
    provider = Held(local=False)
    body = {"model": "m", "prompt": "a cat"}
    with house(provider, folder) as at:
        tasks = [at.call("POST", "/gptproto/api/v3/images", body, **KEY).json()["id"] for _ in range(2)]
        assert tasks[0] == tasks[1]
        provider.go.set()
        at.idle()
        again = at.call("POST", "/gptproto/api/v3/images", body, **KEY)
        assert (again.status, again.json()["id"]) == (202, tasks[0])
        other = at.call("POST", "/gptproto/api/v3/images", {**body, "prompt": "a dog"}, **KEY)
        assert other.status == 409
        assert json.loads(other.body)["type"] == "error"
    assert len(provider.asked) == 1
