"""An address is good for what it was made for, and not a letter of it can be changed."""

from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.core.errors import NotFound
from tintype.storage import Store
from tintype.storage.names import LATEST, MEDIA_TYPES, Name, hour_of
from tintype.storage.places import Memory
from tintype.storage.tokens import read_token, write_token

NOW = 1_795_914_000.0
SECRET = b"0123456789abcdef"
NAME = Name.of(bytes(range(32)), "png", NOW + 3600)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(
    st.binary(min_size=32, max_size=32),
    st.sampled_from(sorted(MEDIA_TYPES)),
    st.floats(0, LATEST),
    st.floats(0, 1e9),
)
def test_a_token_leads_to_its_picture(hash: bytes, kind: str, expires: float, early: float) -> None:
    name = Name.of(hash, kind, expires)
    assert Name.parse(name.path) == name
    good = max(0.0, expires - early)
    token = write_token(SECRET, name, good)
    assert re.fullmatch(r"[A-Za-z0-9_-]{76}\.[a-z]{3,4}", token)
    if good >= 1:
        found, until = read_token(SECRET, token, good - 1)
        assert found == name
        assert good <= until < good + 1
    with pytest.raises(NotFound):
        read_token(SECRET, token, good + 1)


def test_every_change_of_every_letter_is_seen() -> None:
    token = write_token(SECRET, NAME, NOW + 60)
    assert read_token(SECRET, token, NOW)[0] == NAME
    for at in range(len(token)):
        for letter in LETTERS + ".=%/\n é":
            changed = token[:at] + letter + token[at + 1 :]
            if changed != token:
                with pytest.raises(NotFound):
                    read_token(SECRET, changed, NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".png",
        "x.png",
        write_token(SECRET, NAME, NOW + 60)[:-1],
        write_token(SECRET, NAME, NOW + 60) + "\n",
        write_token(SECRET, NAME, NOW + 60) + "x",
        "A" + write_token(SECRET, NAME, NOW + 60),
        write_token(SECRET, NAME, NOW + 60).replace(".png", ".jpeg"),
        write_token(SECRET, NAME, NOW + 60).replace(".png", ".svg"),
        write_token(SECRET, NAME, NOW + 60).replace(".png", ""),
        write_token(b"another secret..", NAME, NOW + 60),
    ],
)
def test_what_is_no_token_of_ours_leads_nowhere(token: str) -> None:
    with pytest.raises(NotFound, match="gone"):
        read_token(SECRET, token, NOW)


@pytest.mark.parametrize(
    ("seconds", "good_for"),
    [(60, 60), (3600, 3600), (99_999, 7200), (0, 0)],
    ids=["a minute", "an hour", "no longer than it is kept", "not at all"],
)
def test_an_address_lasts_as_long_as_was_said(seconds: float, good_for: float) -> None:
    async def main() -> None:
        store = Store(Memory(10**6), SECRET)
        kept = await store.keep(b"picture", kind="png", seconds=3600, now=NOW)
        url = await store.address(kept.path, base_url="https://t.test/sub", seconds=seconds, now=NOW)
        assert url.startswith("https://t.test/sub/pictures/")
        assert url.endswith(".png")
        token = url.rpartition("/")[2]
        for moment in (0, good_for - 1):
            if moment < good_for:
                assert store.resolve(token, NOW + moment).path == kept.path
        with pytest.raises(NotFound):
            store.resolve(token, NOW + good_for)

    asyncio.run(main())


def test_an_address_of_what_is_no_picture_is_not_made() -> None:
    with pytest.raises(NotFound):
        asyncio.run(Store.in_memory().address("../secret", base_url="", seconds=1, now=NOW))


@given(st.text(max_size=16))
def test_folders_that_are_no_hours(text: str) -> None:
    hour = hour_of(text)
    assert hour is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", text, re.ASCII)
