"""Black Forest Labs: what an order becomes, what comes back, and a fake that behaves as their documentation says."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, replace
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
from tintype.providers.bfl import Answer, BlackForestLabs, Ticket, build, ended, is_own, read, read_error

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

BASE64 = base64.b64encode(PNG).decode()
PRO = CARDS["flux-2-pro"]
URL = "https://delivery-eu1.bfl.ai/results/a/sample.jpeg?se=2026&sig=s"


@pytest.mark.parametrize(
    ("card", "request_", "fields"),
    [
        ("flux-2-pro", CAT, {"prompt": "a cat"}),
        (
            "flux-2-pro",
            replace(CAT, size=Size(1280, 720), seed=0, output_format="png"),
            {"prompt": "a cat", "width": 1280, "height": 720, "seed": 0, "output_format": "png"},
        ),
        (
            "flux-2-max",
            replace(CAT, images=(INPUT, INPUT, INPUT)),
            {"prompt": "a cat", "input_image": BASE64, "input_image_2": BASE64, "input_image_3": BASE64},
        ),
        (
            "flux-2-flex",
            replace(CAT, num_inference_steps=20, guidance_scale=3.5),
            {"prompt": "a cat", "steps": 20, "guidance": 3.5},
        ),
        (
            "flux-kontext-pro",
            replace(CAT, images=(INPUT,), size=Ratio(16, 9)),
            {"prompt": "a cat", "input_image": BASE64, "aspect_ratio": "16:9"},
        ),
        (
            "flux-pro-1.1-ultra",
            replace(CAT, size=Size(2496, 1664)),
            {"prompt": "a cat", "aspect_ratio": "3:2"},
        ),
        (
            "flux-3-image",
            replace(CAT, images=(INPUT, INPUT), size=Ratio(21, 9, "4K"), seed=1),
            {"prompt": "a cat", "images": [BASE64, BASE64], "aspect_ratio": "21:9", "resolution": "4k"},
        ),
        (
            "flux-pro-1.0-fill",
            replace(CAT, images=(INPUT,), mask=INPUT),
            {"prompt": "a cat", "image": BASE64, "mask": BASE64},
        ),
        (
            "flux-2-pro",
            replace(CAT, extras={"bfl": {"safety_tolerance": 5, "prompt": "another"}}),
            {"prompt": "a cat", "safety_tolerance": 5},
        ),
        (
            "flux-3-image",
            replace(CAT, images=(Image.from_url("https://example.com/a.png"),)),
            {"prompt": "a cat", "images": ["https://example.com/a.png"]},
        ),
    ],
    ids=str,
)
def test_what_is_sent(card: str, request_: ImageRequest, fields: dict[str, Any]) -> None:
    call = build(request_, CARDS[card])
    assert (call.path, body(call.body)) == (card, fields)


# ---- answers


@pytest.mark.parametrize(
    ("document", "credits", "event"),
    [
        (
            {"id": "a", "status": "Ready", "result": {"sample": URL, "seed": 42, "prompt": "a cat"}},
            None,
            Completed(image=Image.from_url(URL), seed=42),
        ),
        (
            {"status": "Ready", "result": {"sample": URL}},
            4.5,
            Completed(image=Image.from_url(URL), cost=45_000),
        ),
        (  # what the answer says is the later word
            {"status": "Ready", "result": {"sample": URL}, "cost": 1.4},
            4.5,
            Completed(image=Image.from_url(URL), cost=14_000),
        ),
        (
            {"status": "Ready", "result": {"sample": f"data:image/png;base64,{BASE64}"}},
            0,
            Completed(image=Image.from_bytes(PNG), cost=0),
        ),
    ],
)
def test_results(document: object, credits: float | None, event: Completed) -> None:
    assert list(read(json.dumps(document).encode(), credits)) == [event]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b'{"status":"Ready"}', NoImage),
        (b'{"status":"Ready","result":null}', NoImage),
        (b'{"status":"Ready","result":{"sample":""}}', NoImage),
        (b'{"status":"Ready","result":{"sample":"data:,"}}', Garbled),
        (b'{"result":{}}', Garbled),
        (b"[]", Garbled),
        (b"", Garbled),
    ],
)
def test_results_without_a_picture_are_paid(document: bytes, kind: type[TintypeError]) -> None:
    with pytest.raises(TintypeError) as caught:
        list(read(document))
    assert type(caught.value) is kind
    assert caught.value.charged


@pytest.mark.parametrize(
    ("answer", "kind", "charged"),
    [
        (Answer("Pending"), None, False),
        (Answer("Reviewing"), None, False),
        (Answer("Request Moderated"), Refused, False),
        (Answer("Content Moderated"), Refused, True),
        (Answer("Error", error="internal_error"), Unavailable, True),
        (Answer("Error", error="content_policy_violation", message="no"), Refused, False),
        (Answer("Failed"), Unavailable, True),
    ],
)
def test_other_ends(answer: Answer, kind: type[TintypeError] | None, charged: bool) -> None:
    end = ended(answer)
    assert (type(end) if end else None) is kind
    assert end is None or end.charged is charged


@pytest.mark.parametrize(
    ("status", "document", "kind", "param"),
    [
        (402, {"error": "insufficient_credits", "message": "m"}, Rejected, None),
        (402, {"detail": "Insufficient credits"}, Rejected, None),
        (422, {"detail": [{"loc": ["body", "width"], "msg": "m", "type": "t"}]}, BadRequest, "width"),
        (400, {"error": "content_policy_violation", "message": "no"}, Refused, None),
        (403, {"detail": "Not authenticated"}, None, None),
        (429, {"detail": "Too many active tasks"}, None, None),
        (422, {"detail": []}, None, None),
        (500, "oops", None, None),
    ],
)
def test_error_answers(
    status: int, document: object, kind: type[TintypeError] | None, param: str | None
) -> None:
    meaning = read_error(status, json.dumps(document).encode())
    assert (type(meaning) if meaning else None) is kind
    if meaning is not None:
        assert meaning.param == param


# ---- whom to ask for a ticket


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("https://api.bfl.ai", True),
        ("https://api.eu2.bfl.ai", True),
        ("https://bfl.ai", True),
        ("http://api.bfl.ai", False),
        ("https://api.bfl.ai:8443", False),
        ("https://bfl.ai.example.com", False),
        ("https://evilbfl.ai", False),
    ],
)
def test_what_is_of_their_own_site(origin: str, own: bool) -> None:
    assert is_own(origin) is own


@pytest.mark.parametrize(
    ("base", "url", "host", "path"),
    [
        (
            "https://api.bfl.ai/v1/",
            "https://api.bfl.ai/v1/get_result?id=a-1",
            "api.bfl.ai",
            "/get_result?id=a-1",
        ),
        (
            "https://api.bfl.ai/v1/",
            "https://api.eu2.bfl.ai/v1/get_result?id=a-1",
            "api.eu2.bfl.ai",
            "/v1/get_result?id=a-1",
        ),
        (
            "https://api.bfl.ai/v1/",
            "https://evil.example/get_result?id=a-1",
            "api.bfl.ai",
            "get_result?id=a-1",
        ),
        ("https://api.bfl.ai/v1/", "http://169.254.169.254/?id=a-1", "api.bfl.ai", "get_result?id=a-1"),
        # A proxy's key is not theirs.
        ("https://flux.acme.test/v1/", "https://api.bfl.ai/x", "flux.acme.test", "get_result?id=a-1"),
    ],
)
def test_the_key_stays_where_it_belongs(base: str, url: str, host: str, path: str) -> None:
    provider = BlackForestLabs.open(Access(name="bfl", base_url=base, key="k-secret"))
    upstream, asked_for = provider.where(Ticket("a-1", url))
    assert (upstream.host, asked_for) == (host, path)
    asyncio.run(provider.close())


@pytest.mark.parametrize(
    "ticket",
    [
        Ticket("a", "no address"),
        Ticket("a", ""),
        Ticket("a", "https://["),
        Ticket("../x", "https://evil.example/"),
    ],
)
def test_malformed_tickets_may_have_been_paid(ticket: Ticket) -> None:
    provider = BlackForestLabs.open(Access(name="bfl", base_url="https://api.bfl.ai/v1/", key="k-secret"))
    with pytest.raises(Garbled) as caught:
        provider.where(ticket)
    assert caught.value.charged
    asyncio.run(provider.close())


# ---- over a socket

PENDING = said({"id": "a-1", "status": "Pending", "progress": 0.5})
READY = said({"id": "a-1", "status": "Ready", "result": {"sample": URL}})
UNKNOWN = said({"id": "a-1", "status": "Task not found"}, 404)


@dataclass
class Service(Vendor):
    """`elsewhere`: its tickets name a host that is not its own."""

    elsewhere: bool = False

    def __call__(self, request: Request) -> Reply:
        if request.header("x-key") != "k-secret":
            return said({"detail": "Not authenticated"}, 403)
        if request.method == "POST":
            self.ordered.set()
            host = b"https://evil.example/v1" if self.elsewhere else self.address.encode()
            return replace(self.submitted, chunks=[self.submitted.chunks[0].replace(b"HOST", host)])
        return self.next_look()


TAKEN = said({"id": "a-1", "polling_url": "HOST/get_result?id=a-1", "cost": 3.0, "input_mp": 0})


def service(*looks: Reply, submitted: Reply = TAKEN, elsewhere: bool = False) -> Service:
    return Service(submitted, list(looks), elsewhere=elsewhere)


def opened(url: str) -> Provider:
    return BlackForestLabs(Access(name="bfl", base_url=url, key="k-secret"), QUICK)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_an_order_is_polled_where_the_key_belongs(elsewhere: bool) -> None:
    events, fake = order(service(PENDING, PENDING, READY, elsewhere=elsewhere), opened, PRO)
    assert events == [Completed(image=Image.from_url(URL), cost=30_000)]
    assert asked(fake) == ["POST /v1/flux-2-pro", *["GET /v1/get_result?id=a-1"] * 3]


@pytest.mark.parametrize(
    "looks",
    [
        [UNKNOWN, READY],
        [said({"status": "Task not found"}), PENDING, READY],
        [BROKEN, BROKEN, READY],
        [SLOW_DOWN, PENDING, BROKEN, READY],
    ],
)
def test_looks_that_fail_and_then_pass(looks: list[Reply]) -> None:
    events, _ = order(service(*looks), opened, PRO)
    assert [type(event) for event in events] == [Completed]


@pytest.mark.parametrize(
    ("vendor", "kind", "charged"),
    [
        (service(READY, submitted=said({"detail": "24 active tasks"}, 429)), Busy, False),
        (service(READY, submitted=said({"detail": "no credits"}, 402)), Rejected, False),
        (service(READY, submitted=said({"id": "a-1"})), Garbled, True),
        (service(READY, submitted=said({"id": "a-1", "polling_url": "x"})), Garbled, True),
        (service(said({"status": "Request Moderated"})), Refused, False),
        (service(PENDING, said({"status": "Content Moderated"})), Refused, True),
        (service(said({"status": "Error", "error": "internal_error"})), Unavailable, True),
        (service(UNKNOWN), Unavailable, True),
        (service(LOST), Unavailable, True),
        (service(GARBLED), Garbled, True),
        (service(said({"status": "Ready"})), NoImage, True),
    ],
)
def test_failures(vendor: Service, kind: type[TintypeError], charged: bool) -> None:
    with pytest.raises(TintypeError) as caught:
        order(vendor, opened, PRO)
    assert type(caught.value) is kind
    assert caught.value.charged is charged


def test_a_wrong_key_is_ours_and_is_not_shown() -> None:
    def wrong(url: str) -> Provider:
        return BlackForestLabs(Access(name="bfl", base_url=url, key="k-wrong-one"), QUICK)

    with pytest.raises(Rejected) as caught:
        order(service(READY), wrong, PRO)
    assert caught.value.code == "upstream_key_rejected"
    assert "k-wrong-one" not in str(caught.value)


@pytest.mark.parametrize("when", ["ordered", "looked"])
def test_whoever_leaves_stops_looking(when: str) -> None:
    vendor = service(PENDING, submitted=replace(TAKEN, hang=0.05))
    requests = leave(vendor, opened, PRO, when=when)
    assert requests[0].path == "/v1/flux-2-pro"


def test_an_order_that_has_no_time_left() -> None:
    with pytest.raises(Timeout) as caught:
        order(service(PENDING), opened, PRO, seconds=0.2)
    assert caught.value.charged


def test_a_mask_is_white_where_to_change() -> None:
    mask = drawn(Size(16, 8)).convert("RGBA")
    mask.putpixel((3, 2), (9, 9, 9, 0))
    request = replace(CAT, images=(INPUT,), mask=Image.from_bytes(encoded(mask, "png")))
    _, fake = order(service(READY), opened, CARDS["flux-pro-1.0-fill"], request)
    seen = open_picture(Image.from_base64(body(fake.requests[0].body)["mask"].encode()), param="mask")
    assert (seen.getpixel((3, 2)), seen.getpixel((0, 0))) == ((255, 255, 255), (0, 0, 0))


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [(said({"credits": 12.5}), "the key is taken, 12.5 credits"), (said([]), "the key is taken")],
)
def test_a_key_is_looked_at_without_buying(reply: Reply, sentence: str) -> None:
    async def main() -> str:
        async with fake_upstream(reply) as fake:
            provider = BlackForestLabs.open(Access(name="bfl", base_url=fake.url, key="k-secret"))
            try:
                return await provider.check()
            finally:
                await provider.close()
                assert asked(fake) == ["GET /v1/credits"]

    assert asyncio.run(main()) == sentence
