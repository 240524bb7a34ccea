"""GPTProto's tasks: ordered with one call, asked for with others, until they end in one of their ways."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.catalog import load
from tintype.core import (
    Access,
    Completed,
    Image,
    ImageRequest,
    Incoming,
    Provider,
    Ratio,
    Size,
)
from tintype.core.errors import (
    Busy,
    Garbled,
    NoImage,
    Refused,
    Rejected,
    Timeout,
    TintypeError,
    Unavailable,
)
from tintype.dialects.gptproto import dialect
from tintype.providers.gptproto_tasks import GPTProtoTasks, build, read
from tintype.transport.upstream import DEADLINE

from ..upstream import FakeUpstream, Reply
from .asking import BASE64, JSON, PNG, ask, checked, sent, upstream

CARDS = {card.of: card for service in load() if service.name == "gptproto-tasks" for card in service.cards}
GPT, GEMINI = CARDS["gpt-image-2"], CARDS["gemini-3-pro-image"]
CAT = ImageRequest(model="m", prompt="a cat")
PICTURE = Image.from_bytes(PNG)
REFERENCE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BASE64}"}}


def open_at(url: str) -> Provider:
    return GPTProtoTasks.open(Access(name="gptproto-tasks", base_url=url, key="secret-key"))


@pytest.mark.parametrize(
    ("card", "changes", "body"),
    [
        (GPT, {}, {}),
        (GPT, {"size": Size(1536, 1024), "n": 2}, {"size": "1536x1024", "n": 2}),
        (
            GPT,
            {"quality": "low", "output_format": "webp", "background": "opaque"},
            {"quality": "low", "output_format": "webp", "background": "opaque"},
        ),
        (GEMINI, {"size": Ratio(16, 9)}, {"aspect_ratio": "16:9", "resolution": "1K"}),
        (GEMINI, {"size": Size(2528, 1696)}, {"aspect_ratio": "3:2", "resolution": "2K"}),
        (GPT, {"images": (PICTURE, PICTURE)}, {"input_references": [REFERENCE, REFERENCE]}),
        (GPT, {"seed": 7}, {}),
        (
            GEMINI,
            {"extras": {"gptproto": {"provider": {"options": {"google": {}}}}, "openai": {"svg": 1}}},
            {"provider": {"options": {"google": {}}}},
        ),
    ],
    ids=str,
)
def test_bodies(card: Any, changes: dict[str, Any], body: dict[str, Any]) -> None:
    call = build(replace(CAT, **changes), card)
    assert call.path == "/api/v3/images"
    assert json.loads(call.body) == {"model": card.upstream_id, "prompt": "a cat", **body}


@pytest.mark.parametrize(
    ("card", "changes"),
    [
        (GPT, {"prompt": 'Größe "x"\r\n日本', "n": 4, "quality": "low"}),
        (GPT, {"size": Size(1024, 1536), "output_format": "jpeg", "background": "opaque"}),
        (GPT, {"images": (PICTURE, PICTURE)}),
        (GEMINI, {"size": Ratio(16, 9, "2K"), "images": (PICTURE,)}),
    ],
)
def test_what_is_built_is_read(card: Any, changes: dict[str, Any]) -> None:
    request = replace(CAT, model=card.upstream_id, **changes)
    call = build(request, card)
    headers = {"content-type": call.media_type}
    path = f"/gptproto{call.path}"
    assert dialect.read(Incoming(path=path, headers=headers, body=call.body)) == request


def document(http: int = 200, **members: Any) -> Reply:
    return Reply(status=http, headers=JSON, chunks=[json.dumps(members).encode()])


ORDERED = document(
    202, id="job-abc/1", polling_url="https://elsewhere.test/", generation_id="gen-1", status="pending"
)
DONE = document(
    id="job-abc/1", status="completed", unsigned_urls=["https://cdn.test/a.png", "https://cdn.test/b.png"]
)


def test_a_task_from_its_order_to_its_pictures() -> None:
    events, fake = ask(open_at, replace(CAT, n=2), GPT, ORDERED, Reply(status=500), DONE)
    assert events == [
        Completed(image=Image.from_url("https://cdn.test/a.png")),
        Completed(image=Image.from_url("https://cdn.test/b.png"), index=1),
    ]
    assert [request.head.partition(" HTTP")[0] for request in fake.requests] == [
        "POST /api/v3/images",
        "GET /api/v3/tasks/result/job-abc%2F1",  # at our own address, whatever `polling_url` says
        "GET /api/v3/tasks/result/job-abc%2F1",
    ]
    assert sent(fake, "authorization") == {"authorization": "Bearer secret-key"}


def test_a_look_that_fails_under_a_200_may_pass() -> None:
    busy = document(code=429, message="channel unavailable", type="error")
    events, _ = ask(open_at, CAT, GPT, ORDERED, busy, DONE)
    assert len(events) == 2


@pytest.mark.parametrize("status", ["pending", "in_progress"])
def test_a_task_that_goes_on(status: str) -> None:
    assert read(json.dumps({"id": "j", "status": status}).encode()) is None


def test_a_picture_in_the_answer_itself() -> None:
    url = f"data:image/png;base64,{BASE64}"
    found = read(json.dumps({"status": "completed", "unsigned_urls": [url]}).encode())
    assert found is not None
    assert list(found) == [Completed(image=PICTURE)]


def test_what_is_no_picture_costs_none_of_the_others() -> None:
    """Nor is the task looked at again for it."""
    urls = ["https://cdn.test/a.png", "ftp ://", None, "https://cdn.test/b.png"]
    done = document(id="job-abc/1", status="completed", unsigned_urls=urls)
    made = []

    async def order() -> int:
        async with upstream(ORDERED, done) as fake:
            provider = open_at(f"http://127.0.0.1:{fake.port}")
            try:
                async for event in provider.generate(replace(CAT, n=4), GPT):
                    made.append(event)
            except Garbled as error:
                assert error.charged
            finally:
                await provider.close()
            return len(fake.requests)

    assert asyncio.run(order()) == 2
    assert made == [
        Completed(image=Image.from_url("https://cdn.test/a.png")),
        Completed(image=Image.from_url("https://cdn.test/b.png"), index=1),
    ]


@pytest.mark.parametrize(
    ("task", "kind", "charged"),
    [
        ({"status": "failed", "error": "Input may not meet the guidelines."}, Refused, False),
        ({"status": "failed", "error": {"message": "Content policy: no"}}, Refused, False),
        ({"status": "failed", "error": "out of memory"}, Unavailable, False),
        ({"status": "failed"}, Unavailable, False),
        ({"status": "cancelled", "error": ""}, NoImage, True),
        ({"status": "expired"}, Timeout, True),
        ({"status": "resting"}, Garbled, True),
        ({"status": "completed"}, NoImage, True),
        ({"status": "completed", "unsigned_urls": ["ftp ://"]}, Garbled, True),
        ({"status": "completed", "unsigned_urls": 5}, Garbled, True),
        ([], Garbled, True),
    ],
    ids=str,
)
def test_tasks_that_end_otherwise(task: object, kind: type[TintypeError], charged: bool) -> None:
    """And are not looked at again: an end does not pass."""
    looks: list[FakeUpstream] = []

    async def order() -> None:
        async with upstream(ORDERED, Reply(headers=JSON, chunks=[json.dumps(task).encode()])) as fake:
            looks.append(fake)
            provider = open_at(f"http://127.0.0.1:{fake.port}")
            try:
                await anext(provider.generate(CAT, GPT))
            finally:
                await provider.close()

    with pytest.raises(TintypeError) as caught:
        asyncio.run(order())
    assert (type(caught.value), caught.value.charged) == (kind, charged)
    assert len(looks[0].requests) == 2


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (document(400, code=400, message="bad ratio", type="error"), Rejected, "upstream_rejected"),
        (
            document(401, code=401, message="Token cannot be empty", type="error"),
            Rejected,
            "upstream_key_rejected",
        ),
        (
            document(403, code=403, message="Insufficient balance", type="error"),
            Rejected,
            "upstream_out_of_credit",
        ),
        (
            document(503, error={"message": "Input may not meet the guidelines", "type": "503"}),
            Refused,
            "moderation_blocked",
        ),
        (document(429, code=429, message="channel unavailable", type="error"), Busy, "upstream_busy"),
        (document(202, status="pending"), Garbled, "upstream_garbled"),
        (
            document(200, code=403, message="Insufficient balance", type="error"),
            Rejected,
            "upstream_out_of_credit",
        ),
        (
            document(200, error={"message": "Input may not meet the guidelines", "type": "503"}),
            Refused,
            "moderation_blocked",
        ),
    ],
)
def test_orders_that_are_not_taken(reply: Reply, kind: type[TintypeError], code: str) -> None:
    with pytest.raises(TintypeError) as caught:
        ask(open_at, CAT, GPT, reply)
    assert (type(caught.value), caught.value.code) == (kind, code)


def test_whoever_is_out_of_time_is_told_that_it_may_be_paid() -> None:
    def hurried(url: str) -> Provider:
        DEADLINE.set(asyncio.get_running_loop().time() + 0.3)
        return open_at(url)

    with pytest.raises(Timeout) as caught:
        ask(hurried, CAT, GPT, ORDERED, document(status="in_progress"))
    assert caught.value.charged


def test_it_is_checked_by_the_list_of_models() -> None:
    said, fake = checked(open_at, Reply(headers=JSON, chunks=[b'{"data":[{}]}']))
    assert said == "the key is taken, 1 models"
    assert fake.requests[0].head.startswith("GET /v1/models ")
