"""What is written of an answer gives the same answer again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.accounts.records import JobRecord
from tintype.core import Completed, Image, ImageEvent, ImageRequest, Note, Partial, Report, Text, Usage
from tintype.core.errors import (
    BadRequest,
    Busy,
    Cancelled,
    Garbled,
    OutOfCredit,
    Refused,
    Timeout,
    TintypeError,
    Unavailable,
    Unsupported,
    UpstreamError,
)
from tintype.gateway.results import (
    finished,
    read_addresses,
    read_error,
    read_events,
    read_report,
    read_request,
    write_result,
)

COUNT = st.integers(0, 10**9)
WORDS = st.text(max_size=20)
MAYBE = st.none() | WORDS
USAGE = st.builds(Usage, text_in=COUNT, image_in=COUNT, text_out=COUNT, image_out=COUNT, cached_in=COUNT)
IMAGE = st.builds(
    lambda data, url: Image.from_bytes(data) if url is None else Image.from_bytes(data).at(url),
    st.binary(max_size=30),
    st.none() | st.just("https://house.test/pictures/x.png"),
)
COMPLETED = st.builds(
    Completed,
    image=IMAGE,
    index=st.integers(0, 9),
    usage=USAGE,
    revised_prompt=MAYBE,
    seed=st.none() | st.integers(-(2**63), 2**63 - 1),
    quality=MAYBE,
    background=MAYBE,
    cost=st.none() | COUNT,
)
EVENT: st.SearchStrategy[ImageEvent] = st.one_of(
    COMPLETED,
    st.builds(Text, text=WORDS, index=st.integers(0, 9)),
    st.builds(Partial, image=IMAGE, index=st.integers(0, 9), step=st.integers(0, 3)),
)
NOTE = st.builds(Note, WORDS, st.sampled_from(["filled", "adjusted", "ignored", "delivered"]), WORDS)
REQUEST = ImageRequest(model="m", prompt="a cat")
REPORT = Report(asked="m", model="m", provider="p", created=1_796_000_000)


def recorded(result: bytes | None, **more: Any) -> JobRecord:
    facts: dict[str, Any] = {
        **dict.fromkeys(("account", "key", "request", "idempotency", "fingerprint", "dialect"), ""),
        **dict.fromkeys(("plan", "error", "message"), ""),
        **dict.fromkeys(("held", "charged", "paid"), 0),
        "id": "job_1",
        "state": "done",
        "created": 1_796_000_000.5,
        "ended": 1_796_000_009.5,
        "asked": "m",
        "model": "m",
        "provider": "p",
        "real": False,
        "prompt": "a cat",
        "n": 1,
        "made": 1,
        "cost": None,
        "maybe_paid": False,
        "attempts": 1,
        "usage": Usage(),
    }
    return JobRecord(result=result, **{**facts, **more})


@given(st.lists(EVENT, max_size=8))
def test_events_come_again_with_their_numbers_but_for_previews(events: list[ImageEvent]) -> None:
    record = recorded(write_result(REQUEST, REPORT, events, None))
    kept = {place: bytes(each.image.as_bytes()) for place, each in enumerate(finished(events))}
    expected = {number: each for number, each in enumerate(events, 1) if not isinstance(each, Partial)}
    again = read_events(record, kept)
    assert again == expected
    assert list(again) == sorted(again)
    for number, event in again.items():
        before = expected[number]
        if isinstance(event, Completed) and isinstance(before, Completed):
            assert event.image.url == before.image.url


@given(st.lists(COMPLETED, min_size=1, max_size=5), st.sets(st.integers(0, 4)))
def test_a_picture_that_is_gone_is_left_out_and_the_others_stay_where_they_were(
    pictures: list[Completed], gone: set[int]
) -> None:
    pictures = [replace(each, image=Image.from_bytes(bytes(each.image.as_bytes()))) for each in pictures]
    record = recorded(write_result(REQUEST, REPORT, pictures, None))
    kept = {at: bytes(each.image.as_bytes()) for at, each in enumerate(pictures) if at not in gone}
    left = {at + 1: each for at, each in enumerate(pictures) if at not in gone}
    assert read_events(record, kept) == left


@given(st.lists(NOTE, max_size=4), st.lists(WORDS, max_size=3))
def test_the_report_comes_again(notes: list[Note], notices: list[str]) -> None:
    report = replace(REPORT, notes=notes, notices=notices)
    again = read_report(recorded(write_result(REQUEST, report, [], None), cost=7, charged=5))
    assert (again.notes, again.notices, again.plan()) == (notes, notices, report.plan())
    assert (again.created, again.job, again.cost, again.charged) == (REPORT.created, "job_1", 7, 5)
    assert (again.priced, again.ended) == (True, 1_796_000_009.5)


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        replace(REQUEST, response_format="url", output_format="webp", quality="high"),
        replace(REQUEST, response_format="bytes"),
    ],
)
def test_as_much_of_the_order_as_the_answer_needs(request_: ImageRequest) -> None:
    assert read_request(recorded(write_result(request_, REPORT, [], None))) == request_


def test_an_edit_is_known_to_be_one() -> None:
    edit = replace(REQUEST, images=(Image.from_bytes(b"x"),))
    result = write_result(edit, REPORT, [], None)
    assert b"eA" not in result
    assert read_request(recorded(result)).images
    assert not read_request(recorded(write_result(REQUEST, REPORT, [], None))).images


def test_addresses_are_those_that_were_told_or_others() -> None:
    picture = Completed(image=Image.from_bytes(b"x").at("https://a.test/1"))
    record = recorded(write_result(REQUEST, REPORT, [picture], None))
    assert read_addresses(record) == {0: "https://a.test/1"}
    (event,) = read_events(record, {0: b"x"}, {0: "https://a.test/2"}).values()
    assert isinstance(event, Completed)
    assert event.image.url == "https://a.test/2"


def test_without_words_none_are_written() -> None:
    events: list[ImageEvent] = [
        Text(text="the secret"),
        Completed(image=Image.from_bytes(b"x"), revised_prompt="the secret"),
    ]
    result = write_result(REQUEST, REPORT, events, None, words=False)
    assert b"secret" not in result
    assert [type(each) for each in read_events(recorded(result), {0: b"x"}).values()] == [Completed]
    assert b"secret" in write_result(REQUEST, REPORT, events, None)


ERRORS = (
    BadRequest("It is wrong.", param="size"),
    Unsupported("It cannot.", code="price_unknown"),
    Refused("No.", charged=True),
    OutOfCredit("Nothing is left."),
    Cancelled("It was ended."),
    Busy("Later.", retry_after=3),
    Unavailable("It stops.", code="server_stopped"),
    Garbled("What?", charged=True),
    Timeout("Too long."),
    TintypeError("It broke."),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_are_of_the_same_kind_again(error: TintypeError) -> None:
    state = "cancelled" if isinstance(error, Cancelled) else "failed"
    result = write_result(REQUEST, REPORT, [], error)
    again = read_error(recorded(result, state=state, error=error.code, message=str(error)))
    assert type(again) is type(error)
    assert again is not None
    assert (str(again), again.code, again.status) == (str(error), error.code, error.status)


def test_a_job_without_a_result_tells_what_is_known_of_it() -> None:
    for state, kind in (("running", type(None)), ("done", type(None)), ("interrupted", UpstreamError)):
        record = recorded(None, state=state)
        assert type(read_error(record)) is kind
        assert read_events(record, {}) == {}
        assert read_report(record).created == 1_796_000_000
    forgotten = read_error(recorded(None, state="failed", error="upstream_busy"))
    assert forgotten is not None
    assert (str(forgotten), forgotten.code) == ("It failed.", "upstream_busy")
