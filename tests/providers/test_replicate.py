"""Replicate: what an order becomes, what comes back, and a fake that behaves as its documentation says."""

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
from tintype.providers.replicate import Prediction, Replicate, build, ended, read, read_error, read_ticket
from tintype.transport.upstream import Upstream

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

DATA = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
URL = "https://replicate.delivery/xezq/a/out-0.webp"
SCHNELL = CARDS["black-forest-labs/flux-schnell"]
MODELS = "models/black-forest-labs"


@pytest.mark.parametrize(
    ("card", "request_", "path", "fields"),
    [
        (SCHNELL.id, CAT, f"{MODELS}/flux-schnell/predictions", {"prompt": "a cat"}),
        (
            SCHNELL.id,
            replace(CAT, n=4, seed=1, size=Ratio(16, 9), output_format="jpeg", output_compression=70),
            f"{MODELS}/flux-schnell/predictions",
            {
                "prompt": "a cat",
                "num_outputs": 4,
                "seed": 1,
                "aspect_ratio": "16:9",
                "output_format": "jpg",
                "output_quality": 70,
            },
        ),
        (
            "replicate/flux-2-pro",
            replace(CAT, size=Size(1440, 960), images=(INPUT, INPUT), output_format="png"),
            f"{MODELS}/flux-2-pro/predictions",
            {
                "prompt": "a cat",
                "aspect_ratio": "custom",
                "width": 1440,
                "height": 960,
                "input_images": [DATA, DATA],
                "output_format": "png",
            },
        ),
        (
            "replicate/gemini-3-pro-image",
            replace(CAT, size=Size(2048, 2048), images=(INPUT,), output_format="jpeg"),
            "models/google/nano-banana-pro/predictions",
            {
                "prompt": "a cat",
                "aspect_ratio": "1:1",
                "resolution": "2K",
                "image_input": [DATA],
                "output_format": "jpg",
            },
        ),
        (
            "replicate/gpt-image-2",
            replace(CAT, size=Size(1536, 1024), quality="low", user="u", output_format="jpeg", seed=3),
            "models/openai/gpt-image-2/predictions",
            {
                "prompt": "a cat",
                "aspect_ratio": "3:2",
                "quality": "low",
                "user_id": "u",
                "output_format": "jpeg",
            },
        ),
        # Who says no format gets the one that the model's own vendor draws.
        (
            "replicate/gpt-image-2",
            CAT,
            "models/openai/gpt-image-2/predictions",
            {"prompt": "a cat", "output_format": "png"},
        ),
        (
            "replicate/gemini-3-pro-image",
            CAT,
            "models/google/nano-banana-pro/predictions",
            {"prompt": "a cat", "output_format": "png"},
        ),
        (
            "replicate/flux-pro-1.1",
            CAT,
            f"{MODELS}/flux-1.1-pro/predictions",
            {"prompt": "a cat", "output_format": "jpg"},
        ),
        (
            SCHNELL.id,
            replace(
                CAT, extras={"replicate": {"megapixels": "0.25", "prompt": "x"}, "openai": {"go_fast": False}}
            ),
            f"{MODELS}/flux-schnell/predictions",
            {"prompt": "a cat", "megapixels": "0.25", "go_fast": False},
        ),
    ],
    ids=str,
)
def test_what_is_sent(card: str, request_: ImageRequest, path: str, fields: dict[str, Any]) -> None:
    call = build(request_, CARDS[card])
    assert (call.path, body(call.body)) == (path, {"input": fields})


def test_a_model_of_a_version() -> None:
    call = build(CAT, replace(SCHNELL, upstream_id="acme/painter:5c7d"))
    assert (call.path, body(call.body)) == ("predictions", {"version": "5c7d", "input": {"prompt": "a cat"}})


def test_a_card_without_parameters_has_the_usual_names() -> None:
    call = build(replace(CAT, size=Ratio(1, 1)), replace(SCHNELL, parameters={}))
    assert body(call.body) == {"input": {"prompt": "a cat", "aspect_ratio": "1:1"}}


# ---- answers


def prediction(status: str, **fields: object) -> dict[str, object]:
    here = "https://api.replicate.com/v1/predictions/p1"
    return {"id": "p1", "status": status, "urls": {"get": here, "cancel": f"{here}/cancel"}, **fields}


DONE = Image.from_bytes(PNG)


@pytest.mark.parametrize(
    ("output", "events"),
    [
        (URL, [Completed(image=Image.from_url(URL))]),
        ([URL], [Completed(image=Image.from_url(URL))]),
        ([DATA, URL], [Completed(image=DONE), Completed(image=Image.from_url(URL), index=1)]),
        (DATA, [Completed(image=DONE)]),
    ],
)
def test_outputs(output: object, events: list[Completed]) -> None:
    assert list(read(json.dumps(prediction("succeeded", output=output)).encode())) == events


def test_outputs_that_are_no_pictures_cost_none_of_the_others() -> None:
    events = read(json.dumps(prediction("succeeded", output=[URL, None, DATA])).encode())
    made = [next(events), next(events)]
    with pytest.raises(NoImage):
        next(events)
    assert made == [Completed(image=Image.from_url(URL)), Completed(image=DONE, index=1)]


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (None, NoImage),
        ([], NoImage),
        ([None], NoImage),
        ("", NoImage),
        ({"image": URL}, NoImage),
        ("data:image/png;base64,!!", Garbled),
    ],
)
def test_outputs_without_a_picture_are_paid(output: object, kind: type[TintypeError]) -> None:
    with pytest.raises(TintypeError) as caught:
        list(read(json.dumps(prediction("succeeded", output=output)).encode()))
    assert type(caught.value) is kind
    assert caught.value.charged


@pytest.mark.parametrize(
    ("status", "error", "kind", "charged"),
    [
        ("succeeded", None, None, False),
        ("failed", "NSFW content detected. Try running it again.", Refused, True),
        ("failed", "The input or output was flagged as sensitive. (E005)", Refused, True),
        ("failed", "Your request was rejected by the safety system.", Refused, True),
        ("failed", "Input validation error: prompt is required", BadRequest, False),
        ("failed", "CUDA out of memory", Unavailable, True),
        ("failed", None, Unavailable, True),
        ("canceled", None, Timeout, True),
        ("aborted", None, Timeout, False),
        ("dreaming", None, Garbled, True),
    ],
)
def test_how_a_prediction_ends(
    status: str, error: str | None, kind: type[TintypeError] | None, charged: bool
) -> None:
    end = ended(Prediction("p1", status, error=error))
    assert (type(end) if end else None) is kind
    assert end is None or end.charged is charged


@pytest.mark.parametrize(
    ("status", "document", "kind", "param", "wait"),
    [
        (402, {"title": "Insufficient credit", "detail": "m", "status": 402}, Rejected, None, None),
        (429, {"detail": "Request was throttled. Your rate limit resets in ~30s."}, Busy, None, 30),
        (429, {"detail": "Slow down"}, Busy, None, None),
        (422, {"detail": "- input.prompt: Field required\n", "status": 422}, BadRequest, "prompt", None),
        (422, {"detail": "Invalid version"}, BadRequest, None, None),
        (403, {"detail": "no"}, None, None, None),
        (500, [], None, None, None),
    ],
)
def test_error_answers(
    status: int, document: object, kind: type[TintypeError] | None, param: str | None, wait: float | None
) -> None:
    meaning = read_error(status, json.dumps(document).encode())
    assert (type(meaning) if meaning else None) is kind
    if meaning is not None:
        assert (meaning.param, meaning.retry_after) == (param, wait)


@pytest.mark.parametrize("id", ["", "../account", "a/b", "a?b", "x" * 101])
def test_malformed_tickets_may_have_been_paid(id: str) -> None:
    with pytest.raises(Garbled) as caught:
        read_ticket(json.dumps({"id": id, "status": "starting"}).encode())
    assert caught.value.charged


# ---- over a socket

STARTING = said(prediction("starting", output=None), 201)
PROCESSING = said(prediction("processing"))
SUCCEEDED = said(prediction("succeeded", output=[URL], metrics={"predict_time": 0.4}))


@dataclass
class Service(Vendor):
    def __call__(self, request: Request) -> Reply:
        if request.header("authorization") != "Bearer r8-secret":
            return said({"title": "Unauthenticated", "detail": "no", "status": 401}, 401)
        if request.path.endswith("/cancel"):
            self.cancels += request.method == "POST"
            return said(prediction("canceled"))
        if request.method == "POST":
            self.ordered.set()
            return self.submitted
        return self.next_look()


def service(*looks: Reply, submitted: Reply = STARTING) -> Service:
    return Service(submitted, list(looks))


def opened(url: str) -> Provider:
    return Replicate(Upstream(url, {"authorization": "Bearer r8-secret"}), pace=QUICK)


def test_an_order_that_is_done_at_once_is_not_looked_at() -> None:
    events, fake = order(service(SUCCEEDED, submitted=SUCCEEDED), opened, SCHNELL)
    assert events == [Completed(image=Image.from_url(URL))]
    assert asked(fake) == [f"POST /v1/{MODELS}/flux-schnell/predictions"]


def test_an_order_that_takes_longer() -> None:
    events, fake = order(service(STARTING, PROCESSING, SUCCEEDED), opened, SCHNELL)
    assert events == [Completed(image=Image.from_url(URL))]
    assert asked(fake)[1:] == ["GET /v1/predictions/p1"] * 3


@pytest.mark.parametrize(
    "looks", [[BROKEN, SUCCEEDED], [LOST, BROKEN, SLOW_DOWN, SUCCEEDED], [SLOW_DOWN, PROCESSING, SUCCEEDED]]
)
def test_looks_that_fail_and_then_pass(looks: list[Reply]) -> None:
    events, _ = order(service(*looks), opened, SCHNELL)
    assert [type(event) for event in events] == [Completed]


@pytest.mark.parametrize(
    ("vendor", "kind", "charged", "cancels"),
    [
        (service(SUCCEEDED, submitted=said({"detail": "Slow"}, 429, retry_after="9")), Busy, False, 0),
        (service(SUCCEEDED, submitted=said({"detail": "Pay"}, 402)), Rejected, False, 0),
        (service(SUCCEEDED, submitted=said({"status": "starting"}, 201)), Garbled, True, 0),
        (service(SUCCEEDED, submitted=GARBLED), Garbled, True, 0),
        (service(LOST), Unavailable, True, 1),
        (service(BROKEN), Unavailable, True, 1),
        (service(SLOW_DOWN), Busy, True, 1),
        (service(said(prediction("failed", error="NSFW content detected"))), Refused, True, 0),
        (service(PROCESSING, said(prediction("canceled"))), Timeout, True, 0),
        (service(said(prediction("aborted"))), Timeout, False, 0),
        (service(said(prediction("succeeded", output=None))), NoImage, True, 0),
    ],
)
def test_failures(vendor: Service, kind: type[TintypeError], charged: bool, cancels: int) -> None:
    with pytest.raises(TintypeError) as caught:
        order(vendor, opened, SCHNELL)
    assert type(caught.value) is kind
    assert (caught.value.charged, vendor.cancels) == (charged, cancels)


def test_a_wrong_key_is_ours_and_is_not_shown() -> None:
    def wrong(url: str) -> Provider:
        return Replicate(Upstream(url, {"authorization": "Bearer r8-wrong"}), pace=QUICK)

    with pytest.raises(Rejected) as caught:
        order(service(SUCCEEDED), wrong, SCHNELL)
    assert caught.value.code == "upstream_key_rejected"
    assert "r8-wrong" not in str(caught.value)


def test_whoever_leaves_cancels_the_prediction() -> None:
    vendor = service(PROCESSING)
    requests = leave(vendor, opened, SCHNELL, when="looked")
    assert vendor.cancels == 1
    assert requests[-1].path == "/v1/predictions/p1/cancel"


def test_a_prediction_that_is_only_being_made_is_cancelled_too() -> None:
    vendor = service(PROCESSING, submitted=replace(STARTING, hang=0.05))
    leave(vendor, opened, SCHNELL, when="ordered")
    assert vendor.cancels == 1


def test_one_that_was_done_when_its_caller_had_left_is_not_cancelled() -> None:
    vendor = service(PROCESSING, submitted=replace(SUCCEEDED, hang=0.05))
    leave(vendor, opened, SCHNELL, when="ordered")
    assert vendor.cancels == 0


def test_an_order_that_has_no_time_left_is_cancelled() -> None:
    vendor = service(PROCESSING)
    with pytest.raises(Timeout) as caught:
        order(vendor, opened, SCHNELL, seconds=0.2)
    assert (caught.value.charged, vendor.cancels) == (True, 1)


def test_what_every_call_says() -> None:
    """The answer waits a little for the picture, and what nobody asks for any more ends by itself."""

    def by_access(url: str) -> Provider:
        return Replicate.open(Access(name="replicate", base_url=url, key="r8-secret"))

    _, fake = order(service(SUCCEEDED, submitted=SUCCEEDED), by_access, SCHNELL)
    assert fake.requests[0].header("prefer") == "wait=5"
    assert fake.requests[0].header("cancel-after") == "1800s"


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [(said({"username": "ada"}), "the key is taken, it is ada's"), (said([]), "the key is taken")],
)
def test_a_key_is_looked_at_without_buying(reply: Reply, sentence: str) -> None:
    async def main() -> str:
        async with fake_upstream(reply) as fake:
            provider = Replicate.open(Access(name="replicate", base_url=fake.url, key="r8-secret"))
            try:
                return await provider.check()
            finally:
                await provider.close()
                assert asked(fake) == ["GET /v1/account"]

    assert asyncio.run(main()) == sentence
