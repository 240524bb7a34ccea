"""Content credentials are kept with the bytes, and whoever must change the bytes says that they are gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tintype.core import Completed, Image, ImageRequest, ModelCard, Size
from tintype.gateway.jobs import Job

from ..credentialed import with_credentials
from ..pictures import picture, png
from ..whole.mirrors import hole
from .offering import CARD, REQUEST, Seller, run, selling

SIGNED = with_credentials(png(Size(64, 64)))
GROUND = Image.from_bytes(png(Size(64, 64)))


def bought(
    data: bytes, request: ImageRequest, card: ModelCard = CARD, form: str = "bytes"
) -> tuple[Job, list[bytes]]:
    image = Image.from_bytes(data)
    if form == "base64":
        image = Image.from_base64(bytes(image.as_base64()))
    job, _ = run(selling(Seller("a", image=image), cards=[card]), request)
    return job, [bytes(event.image.as_bytes()) for event in job.events if isinstance(event, Completed)]


EDITS = replace(CARD, max_input_images=1, formats=("png",))
MASKED = replace(REQUEST, images=(GROUND,), mask=hole(Size(64, 64)))
JPEG = replace(REQUEST, output_format="jpeg")


@pytest.mark.parametrize("form", ["bytes", "base64"])
@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (JPEG, "output_format=filled:transcode(png->jpeg); credentials=dropped:transcode"),
        (MASKED, "mask=filled:composite; credentials=dropped:mask"),
        (
            replace(MASKED, n=3, output_format="jpeg"),
            "mask=filled:composite; n=filled:fan_out(1x3); output_format=filled:transcode(png->jpeg); "
            "credentials=dropped:transcode",
        ),
    ],
    ids=["format", "mask", "both"],
)
def test_what_a_polyfill_loses_is_told_once(request_: ImageRequest, told: str, form: str) -> None:
    job, pictures = bought(SIGNED, request_, replace(EDITS, max_n=1), form)
    assert len(pictures) == request_.n
    assert job.report.plan() == told


def test_nothing_is_told_where_there_was_nothing_to_lose() -> None:
    job, _ = bought(png(Size(64, 64)), JPEG, EDITS)
    assert job.report.plan() == "output_format=filled:transcode(png->jpeg)"


def test_a_picture_that_no_polyfill_changes_keeps_its_bytes() -> None:
    """Its size was adjusted, its calls were split, and its format is already the one that it would be made."""
    signed = with_credentials(picture("jpeg", 64, 64))
    card = replace(EDITS, max_n=1)
    job, pictures = bought(signed, replace(JPEG, n=2), card)
    assert pictures == [signed, signed]
    assert "credentials" not in job.report.plan()


def test_credentials_are_looked_for_in_no_picture_that_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "has_credentials", lambda image: pytest.fail("it was opened"))
    _, pictures = bought(SIGNED, REQUEST, CARD, "base64")
    assert pictures == [SIGNED]
    signed = with_credentials(picture("jpeg", 64, 64))
    assert bought(signed, JPEG, EDITS, "base64")[1] == [signed]
