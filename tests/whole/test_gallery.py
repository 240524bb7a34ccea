"""A house with a gallery keeps every picture, with a thumbnail; one without keeps what is asked for again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import PIL.Image
import pytest

from tintype.accounts.history import History
from tintype.accounts.records import FoundPicture
from tintype.pixels import thumbnail

from ..fakes import FakeProvider
from .houses import House, house, until


def found(told: House, text: str = "") -> list[FoundPicture]:
    assert told.rooms.database is not None
    return asyncio.run(History(told.rooms.database).search(text))


def files(folder: Path) -> Sequence[Path]:
    return [path for path in (folder / "pictures").rglob("*") if path.is_file()]


@pytest.mark.parametrize("again", [False, True])
def test_every_picture_is_kept_with_its_thumbnail(tmp_path: Path, again: bool) -> None:
    headers = {"idempotency_key": "once"} if again else {}
    with house(FakeProvider(), tmp_path, gallery_days=30) as told:
        reply = told.order({"model": "m", "prompt": "a cat in a hat", "size": "640x320", "n": 2}, **headers)
        assert reply.status == 200
        until(lambda: len([each for each in found(told, "CAT hat") if each.picture.thumbnail]) == 2)
        assert found(told, "dog") == []
        for each in found(told):
            small = PIL.Image.open(BytesIO((tmp_path / "pictures" / each.picture.thumbnail).read_bytes()))
            assert (small.format, small.size) == ("WEBP", (256, 128))
            assert each.picture.expires > each.created + 29 * 86_400
        assert told.call("DELETE", f"/v1/images/jobs/{reply.job}").status == 200
        assert all(each.deleted for each in found(told))
        assert files(tmp_path) == []


def test_what_is_deleted_at_once_is_not_kept_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thumbnail is made when the answer is there already."""
    asked = threading.Event()

    def slowly(picture: bytes) -> bytes:
        asked.wait(0.5)
        return thumbnail(picture)

    monkeypatch.setattr("tintype.gateway.shelf.thumbnail", slowly)
    with house(FakeProvider(), tmp_path, gallery_days=30) as told:
        reply = told.order()
        gone = told.call("DELETE", f"/v1/images/jobs/{reply.job}")
        asked.set()
        assert gone.json()["deleted"] == 1
        assert all(each.deleted for each in found(told))
    assert files(tmp_path) == []


def test_without_a_gallery_nothing_is_kept_that_nobody_asked_for(tmp_path: Path) -> None:
    with house(FakeProvider(), tmp_path) as told:
        assert told.order().status == 200
        told.idle()
        assert found(told) == []
    assert files(tmp_path) == []
