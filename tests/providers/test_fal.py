"""fal's queue: what an order becomes, what comes back, and a fake that behaves as fal's documentation says."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tintype.core import Access, Completed, Image, ImageRequest, Provider, Ratio, Size
from tintype.core.errors import (
    BadRequest,
    Busy,
    Garbled,
    NoImage,
    Refused,
    Rejected,
    Timeout,
    TintypeError,
    Unavailable,
)
from tintype.pixels import open_picture
from tintype.providers.fal import Fal, build, read, read_error, read_ticket
from tintype.transport.upstream import Upstream

from ..pictures import drawn, encoded
from ..upstream import Reply, Request, fake_upstream
from .ordering import (
    BROKEN,
    CARDS,
    CAT,
    GARBLED,
    INPUT,
    LOST,
    PNG,
    QUICK,
    SLOW_DOWN,
    Vendor,
    asked,
    body,
    leave,
    order,
    said,
)

SCHNELL = CARDS["fal-ai/flux/schnell"]
DEV = CARDS["fal-ai/flux/dev"]
GPT = CARDS["fal/gpt-image-2"]
NANO = CARDS["fal/gemini-3-pro-image"]
DATA = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
URL = "https://v3.fal.media/files/a/b.png"
EDIT = replace(CAT, images=(INPUT,))

BODIES: list[tuple[str, ImageRequest, str, dict[str, Any]]] = [
    (SCHNELL.id, CAT, "fal-ai/flux/schnell", {"prompt": "a cat"}),
    (
        SCHNELL.id,
        replace(CAT, n=3, seed=7, size=Size(640, 480), output_format="png", num_inference_steps=4),
        "fal-ai/flux/schnell",
        {
            "prompt": "a cat",
            "num_images": 3,
            "seed": 7,
            "image_size": {"width": 640, "height": 480},
            "output_format": "png",
            "num_inference_steps": 4,
        },
    ),
    (
        DEV.id,
        replace(EDIT, strength=0.5),
        "fal-ai/flux/dev/image-to-image",
        {"prompt": "a cat", "image_url": DATA, "strength": 0.5},
    ),
    (  # the model's own, where nothing was said, so that it is what the card says
        DEV.id,
        EDIT,
        "fal-ai/flux/dev/image-to-image",
        {"prompt": "a cat", "image_url": DATA, "strength": 0.95},
    ),
    (
        GPT.id,
        replace(CAT, images=(INPUT, INPUT), mask=INPUT, quality="low"),
        "openai/gpt-image-2/edit",
        {"prompt": "a cat", "quality": "low", "image_urls": [DATA, DATA], "mask_url": DATA},
    ),
    (
        NANO.id,
        replace(CAT, size=Ratio(16, 9, "2K"), seed=1),
        "fal-ai/nano-banana-pro",
        {"prompt": "a cat", "aspect_ratio": "16:9", "resolution": "2K", "seed": 1},
    ),
    (  # pixels that the plan has put in place of a ratio
        NANO.id,
        replace(CAT, size=Size(1376, 768)),
        "fal-ai/nano-banana-pro",
        {"prompt": "a cat", "aspect_ratio": "16:9", "resolution": "1K"},
    ),
    (GPT.id, replace(CAT, seed=7), "openai/gpt-image-2", {"prompt": "a cat"}),
    (
        SCHNELL.id,
        replace(CAT, extras={"fal": {"sync_mode": True, "prompt": "another"}, "openai": {"x": 1}}),
        "fal-ai/flux/schnell",
        {"prompt": "a cat", "sync_mode": True},
    ),
    (
        SCHNELL.id,
        replace(CAT, extras={"openai": {"enable_safety_checker": False}}),
        "fal-ai/flux/schnell",
        {"prompt": "a cat", "enable_safety_checker": False},
    ),
]


@pytest.mark.parametrize(("card", "request_", "path", "fields"), BODIES, ids=str)
def test_what_is_sent(card: str, request_: ImageRequest, path: str, fields: dict[str, Any]) -> None:
    call = build(request_, CARDS[card])
    assert (call.path, body(call.body)) == (path, fields)


def test_a_card_without_parameters_has_the_usual_names() -> None:
    call = build(replace(EDIT, n=2, mask=INPUT), replace(GPT, parameters={}))
    assert body(call.body) == {
        "prompt": "a cat",
        "num_images": 2,
        "image_urls": [DATA],
        "mask_url": DATA,
    }


def test_an_address_is_sent_as_one() -> None:
    picture = Image.from_url("https://example.com/a.png")
    assert body(build(replace(CAT, images=(picture,)), GPT).body)["image_urls"] == [picture.url]


# ---- answers

DONE = Image.from_bytes(PNG)


@pytest.mark.parametrize(
    ("document", "events"),
    [
        (
            {"images": [{"url": URL, "width": 1, "content_type": "image/png"}], "seed": 7},
            [Completed(image=Image.from_url(URL), seed=7)],
        ),
        (
            {"images": [{"url": DATA}, {"url": URL}], "has_nsfw_concepts": [False, False], "timings": {}},
            [Completed(image=DONE), Completed(image=Image.from_url(URL), index=1)],
        ),
        (  # the one that is black is left out, and the others are counted without it
            {"images": [{"url": URL}, {"url": DATA}], "has_nsfw_concepts": [True, False]},
            [Completed(image=DONE)],
        ),
        ({"image": {"url": URL}}, [Completed(image=Image.from_url(URL))]),
    ],
)
def test_results(document: object, events: list[Completed]) -> None:
    assert list(read(json.dumps(document).encode())) == events


def test_what_is_no_picture_costs_none_of_the_others() -> None:
    events = read(json.dumps({"images": [{"url": URL}, {"url": None}, {"url": DATA}]}).encode())
    made = [next(events), next(events)]
    with pytest.raises(NoImage):
        next(events)
    assert made == [Completed(image=Image.from_url(URL)), Completed(image=DONE, index=1)]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b'{"images":[{"url":"https://a/b"}],"has_nsfw_concepts":[true]}', Refused),
        (b'{"images":[]}', NoImage),
        (b"{}", NoImage),
        (b'{"images":[{}]}', NoImage),
        (b'{"images":[{"url":null}]}', NoImage),
        (b'{"images":[{"url":"data:image/png,abc"}]}', Garbled),
        (b'{"images":[{"url":"data:image/png;base64,!!"}]}', Garbled),
        (b'{"images":5}', Garbled),
        (b"<html>", Garbled),
        (b"", Garbled),
    ],
)
def test_results_without_a_picture_are_paid(document: bytes, kind: type[TintypeError]) -> None:
    with pytest.raises(TintypeError) as caught:
        list(read(document))
    assert type(caught.value) is kind
    assert caught.value.charged


def detail(kind: str, *loc: object) -> dict[str, object]:
    return {"detail": [{"loc": ["body", *loc], "msg": "no", "type": kind, "url": "u", "input": 1}]}


@pytest.mark.parametrize(
    ("status", "document", "kind", "param"),
    [
        (422, detail("content_policy_violation", "prompt"), Refused, None),
        (422, detail("image_too_large", "image_urls", 0), BadRequest, "image_urls.0"),
        (422, detail("missing", "prompt"), BadRequest, "prompt"),
        (422, detail("no_media_generated"), NoImage, None),
        (504, detail("generation_timeout"), Timeout, None),
        (500, detail("internal_server_error"), Unavailable, None),
        (504, {"detail": "slow", "error_type": "request_timeout"}, Timeout, None),
        (503, {"detail": "gone", "error_type": "runner_disconnected"}, Unavailable, None),
        (403, {"detail": "User is locked. Reason: Exhausted balance."}, Rejected, None),
        (402, {"detail": "Pay"}, Rejected, None),
        (403, {"detail": "Forbidden"}, None, None),
        (404, {"detail": "Not found"}, None, None),
        (500, detail("something_new"), None, None),
        (500, [], None, None),
    ],
)
def test_error_answers(
    status: int, document: object, kind: type[TintypeError] | None, param: str | None
) -> None:
    meaning = read_error(status, json.dumps(document).encode())
    assert (type(meaning) if meaning else None) is kind
    if meaning is not None:
        assert meaning.param == param


def test_an_empty_account_is_said_to_be_ours() -> None:
    meaning = read_error(403, b'{"detail":"User is locked. Reason: Exhausted balance."}')
    assert meaning is not None
    assert meaning.code == "upstream_out_of_credit"


BASE = "https://queue.fal.run/"


def ticket(**changes: object) -> dict[str, object]:
    here = f"{BASE}fal-ai/flux/requests/r1"
    urls = {"status_url": f"{here}/status", "response_url": here, "cancel_url": f"{here}/cancel"}
    return {"request_id": "r1", "status": "IN_QUEUE", "queue_position": 3, **urls, **changes}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (f"{BASE}fal-ai/flux/requests/r1/status", "fal-ai/flux/requests/r1/status"),
        ("https://queue.falrun.com/a/requests/r1/status?logs=1", "a/requests/r1/status?logs=1"),
        ("https://evil.example/a/b", "a/b"),  # asked of our own host, whoever it names
    ],
)
def test_the_addresses_of_a_ticket_lead_to_our_own_host(url: str, path: str) -> None:
    assert read_ticket(json.dumps(ticket(status_url=url)).encode(), BASE).status_url == path


@pytest.mark.parametrize(
    "document",
    [
        {},
        ticket(status_url=None),
        ticket(cancel_url=""),
        ticket(response_url="https://queue.fal.run"),
        ticket(status_url="https://queue.fal.run/https://evil.example/"),
        ticket(status_url="mailto:me"),
        ticket(status_url="https://["),
    ],
)
def test_malformed_tickets_may_have_been_paid(document: object) -> None:
    with pytest.raises(Garbled) as caught:
        read_ticket(json.dumps(document).encode(), BASE)
    assert caught.value.charged


# ---- over a socket

QUEUED = said({"status": "IN_QUEUE", "queue_position": 2}, 202)
RUNNING = said({"status": "IN_PROGRESS", "logs": []}, 202)
COMPLETED = said({"status": "COMPLETED", "metrics": {"inference_time": 1.5}})
RESULT = said({"images": [{"url": URL}], "seed": 7})


@dataclass
class Queue(Vendor):
    result: Reply = field(default_factory=Reply)

    def __call__(self, request: Request) -> Reply:
        if request.header("authorization") != "Key k-secret":
            return said({"detail": "Unauthorized"}, 401)
        if request.method == "POST":
            self.ordered.set()
            here = f"{self.address}/fal-ai/flux/requests/r1"
            urls = {"status_url": f"{here}/status", "response_url": here, "cancel_url": f"{here}/cancel"}
            filled = self.submitted.chunks[0].replace(b'"urls": {}', json.dumps(urls).encode()[1:-1])
            return replace(self.submitted, chunks=[filled])
        if request.method == "PUT":
            self.cancels += request.path.endswith("/requests/r1/cancel")
            return said({"status": "CANCELLATION_REQUESTED"}, 202)
        return self.next_look() if request.path.endswith("/status") else self.result


TAKEN = said({"request_id": "r1", "status": "IN_QUEUE", "urls": {}})


def queue(*looks: Reply, submitted: Reply = TAKEN, result: Reply = RESULT) -> Queue:
    return Queue(submitted, list(looks), result=result)


def opened(url: str) -> Provider:
    upstream = Upstream(url, {"authorization": "Key k-secret"})
    return Fal(upstream, url, pace=QUICK)


def test_an_order_goes_through_the_queue() -> None:
    events, fake = order(queue(QUEUED, RUNNING, COMPLETED), opened, SCHNELL)
    assert events == [Completed(image=Image.from_url(URL), seed=7)]
    looks = ["GET /v1/fal-ai/flux/requests/r1/status"] * 3
    assert asked(fake) == ["POST /v1/fal-ai/flux/schnell", *looks, "GET /v1/fal-ai/flux/requests/r1"]


def test_a_result_that_comes_in_bytes() -> None:
    document = json.dumps({"images": [{"url": DATA}]}).encode()
    dripping = Reply(chunks=[bytes([byte]) for byte in document])
    events, _ = order(queue(COMPLETED, result=dripping), opened, SCHNELL)
    assert events == [Completed(image=DONE)]


@pytest.mark.parametrize(
    "looks", [[BROKEN, COMPLETED], [LOST, LOST, QUEUED, BROKEN, COMPLETED], [SLOW_DOWN, SLOW_DOWN, COMPLETED]]
)
def test_looks_that_fail_and_then_pass(looks: list[Reply]) -> None:
    events, _ = order(queue(*looks), opened, SCHNELL)
    assert [type(event) for event in events] == [Completed]


FAILED = said({"status": "COMPLETED", "error": "slow", "error_type": "request_timeout"})


@pytest.mark.parametrize(
    ("vendor", "kind", "charged", "cancels"),
    [
        (queue(COMPLETED, submitted=said({"detail": "Slow"}, 429, retry_after="9")), Busy, False, 0),
        (queue(COMPLETED, submitted=said(detail("missing", "prompt"), 422)), BadRequest, False, 0),
        (queue(COMPLETED, submitted=said({"request_id": "r1"})), Garbled, True, 0),
        (queue(LOST), Unavailable, True, 1),
        (queue(BROKEN), Unavailable, True, 1),
        (queue(SLOW_DOWN), Busy, True, 1),
        (queue(GARBLED), Garbled, True, 0),
        (queue(FAILED), Timeout, False, 0),
        (queue(said({"status": "CANCELED"})), NoImage, True, 0),
        (queue(COMPLETED, result=said(detail("content_policy_violation"), 422)), Refused, True, 0),
        (queue(COMPLETED, result=said({"images": []})), NoImage, True, 0),
    ],
)
def test_failures(vendor: Queue, kind: type[TintypeError], charged: bool, cancels: int) -> None:
    with pytest.raises(TintypeError) as caught:
        order(vendor, opened, SCHNELL)
    assert type(caught.value) is kind
    assert (caught.value.charged, vendor.cancels) == (charged, cancels)


def test_how_long_to_wait_is_passed_on() -> None:
    slow = queue(COMPLETED, submitted=said({"detail": "Slow"}, 429, retry_after="9"))
    with pytest.raises(Busy) as caught:
        order(slow, opened, SCHNELL)
    assert caught.value.retry_after == 9


def test_a_wrong_key_is_ours_and_is_not_shown() -> None:
    def wrong(url: str) -> Provider:
        return Fal(Upstream(url, {"authorization": "Key k-wrong-one"}), url, pace=QUICK)

    with pytest.raises(Rejected) as caught:
        order(queue(COMPLETED), wrong, SCHNELL)
    assert caught.value.code == "upstream_key_rejected"
    assert "k-wrong-one" not in str(caught.value)


def test_whoever_leaves_cancels_the_ticket() -> None:
    vendor = queue(QUEUED)
    requests = leave(vendor, opened, SCHNELL, when="looked")
    assert vendor.cancels == 1
    assert requests[-1].head.startswith("PUT /v1/fal-ai/flux/requests/r1/cancel ")


def test_a_ticket_that_is_only_being_taken_is_cancelled_too() -> None:
    vendor = queue(QUEUED, submitted=replace(TAKEN, hang=0.05))
    leave(vendor, opened, SCHNELL, when="ordered")
    assert vendor.cancels == 1
    assert not vendor.looked.is_set()


def test_an_order_that_has_no_time_left_is_cancelled() -> None:
    vendor = queue(RUNNING)
    with pytest.raises(Timeout) as caught:
        order(vendor, opened, SCHNELL, seconds=0.2)
    assert (caught.value.charged, vendor.cancels) == (True, 1)


def test_a_mask_says_what_is_to_change_in_both_senses() -> None:
    """Clear and white: OpenAI reads the one, and open models the other."""
    mask = drawn(Size(16, 8)).convert("RGBA")
    mask.putpixel((3, 2), (9, 9, 9, 0))
    request = replace(EDIT, mask=Image.from_bytes(encoded(mask, "png")))
    _, fake = order(queue(COMPLETED), opened, GPT, request)
    sent = str(body(fake.requests[0].body)["mask_url"]).partition(",")[2]
    seen = open_picture(Image.from_base64(sent.encode()), param="mask")
    assert seen.getpixel((3, 2)) == (255, 255, 255, 0)
    assert seen.getpixel((0, 0)) == (0, 0, 0, 255)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(LOST, None), (said({"detail": "Unauthorized"}, 401), Rejected), (BROKEN, Unavailable)],
)
def test_a_key_is_looked_at_without_buying(reply: Reply, kind: type[TintypeError] | None) -> None:
    async def main() -> str:
        async with fake_upstream(reply) as fake:
            provider = Fal.open(Access(name="fal", base_url=fake.url, key="k-secret"))
            try:
                return await provider.check()
            finally:
                await provider.close()
                assert [request.method for request in fake.requests] == ["GET"]

    if kind is None:
        assert asyncio.run(main())
    else:
        with pytest.raises(kind):
            asyncio.run(main())
