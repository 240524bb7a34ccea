"""Pictures get addresses; one that cannot be kept is delivered without, and that is told."""

from __future__ import annotations

import pytest

from tintype.core import Completed, Image, ImageRequest, Note, Report, Text
from tintype.core.errors import Unavailable
from tintype.polyfills.host import Host, tell_unhosted

from .painter import Painter, all_of, card, request

HOSTED, WITHIN = (
    Note("response_format", "filled", "host"),
    Note("response_format", "adjusted", "url->b64_json"),
)


class Keeper:
    """Keeps pictures, but for those whose turn is in `fails`."""

    def __init__(self, *fails: int, error: Exception | None = None) -> None:
        self.fails, self.error, self.turn = fails, error or Unavailable("full", code="storage_failed"), 0

    async def keep(self, image: Image, addresses: str) -> str:
        self.turn += 1
        if self.turn in self.fails:
            raise self.error
        return f"{addresses}/{self.turn}"


def hosted(keeper: Keeper, wish: ImageRequest) -> tuple[Note, list[Completed]]:
    remedy = Host(keeper.keep).remedy(wish, card())
    assert remedy is not None
    assert remedy.once
    events = all_of(remedy.wrap(Painter().generate)(wish))
    return remedy.note, [event for event in events if isinstance(event, Completed)]


def report(*notes: Note) -> Report:
    return Report(asked="m", model="m", provider="p", created=0, notes=list(notes))


def test_every_picture_gets_an_address_and_stays_what_it_is() -> None:
    note, pictures = hosted(Keeper(), request(n=2, addresses="https://t.test"))
    assert note == HOSTED
    assert [each.image.url for each in pictures] == ["https://t.test/1", "https://t.test/2"]
    assert all(each.image.is_local for each in pictures)
    told = report(Note("style", "ignored"), note)
    tell_unhosted(pictures, told)
    assert (told.plan(), told.notices) == ("style=ignored; response_format=filled:host", [])


@pytest.mark.parametrize("error", [Unavailable("full"), ValueError("broken base64")])
def test_a_store_that_fails_loses_no_picture(error: Exception) -> None:
    _, pictures = hosted(Keeper(1, 2, error=error), request(n=2, addresses="https://t.test"))
    assert [each.image.url for each in pictures] == [None, None]
    assert all(each.image.is_local for each in pictures)
    told = report(HOSTED, Note("style", "ignored"))
    tell_unhosted(pictures, told)
    assert told.plan() == "response_format=adjusted:url->b64_json; style=ignored"
    (notice,) = told.notices
    assert notice.startswith("The pictures could not be kept at an address, and came within the answer")


def test_one_of_several_is_told_beside_the_others() -> None:
    _, pictures = hosted(Keeper(2), request(n=3, addresses="https://t.test"))
    assert [each.image.url for each in pictures] == ["https://t.test/1", None, "https://t.test/3"]
    told = report(HOSTED)
    tell_unhosted([*pictures, Text(text="done")], told)
    assert told.notes == [HOSTED, WITHIN]
    assert told.notices[0].startswith("1 of 3 pictures could not be kept")


@pytest.mark.parametrize(
    ("keeper", "wish"),
    [
        (None, request(addresses="https://t.test")),
        (Keeper(), request(addresses="")),
        (Keeper(), request(addresses="https://t.test", stream=True)),
    ],
    ids=["no store", "no base url", "a stream"],
)
def test_where_there_are_no_addresses_the_pictures_go_within_the_answer(
    keeper: Keeper | None, wish: ImageRequest
) -> None:
    remedy = Host(keeper.keep if keeper else None).remedy(wish, card())
    assert remedy is not None
    assert remedy.note == WITHIN
    (picture,) = (
        each for each in all_of(remedy.wrap(Painter().generate)(wish)) if isinstance(each, Completed)
    )
    assert picture.image.url is None


def test_nothing_is_told_of_orders_that_wanted_no_address() -> None:
    told = report(Note("style", "ignored"))
    tell_unhosted([Completed(image=Image.from_bytes(b"x"))], told)
    assert (told.plan(), told.notices) == ("style=ignored", [])
