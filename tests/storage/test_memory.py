"""Pictures can be fetched for an hour, and never pile up."""

from __future__ import annotations

from tintype.core import Image, Size
from tintype.storage import MemoryStore

from ..pictures import drawn, encoded, png

PICTURE = png(Size(64, 64))


def test_a_picture_is_found_by_a_name_that_tells_its_format() -> None:
    store = MemoryStore()
    first = store.keep(Image.from_bytes(PICTURE))
    second = store.keep(Image.from_bytes(encoded(drawn(Size(8, 8)), "jpeg")))
    kept = store.get(first)
    assert kept is not None
    assert (kept.data, kept.media_type) == (PICTURE, "image/png")
    assert first.endswith(".png")
    assert second.endswith(".jpeg")
    assert len(first) > 20
    assert store.get("nothing.png") is None


def test_pictures_expire() -> None:
    now = 0.0
    store = MemoryStore(lifetime=60, clock=lambda: now)
    name = store.keep(Image.from_bytes(PICTURE))
    now = 59.0
    assert store.get(name) is not None
    now = 60.0
    assert store.get(name) is None


def test_the_oldest_make_way() -> None:
    store = MemoryStore(capacity=len(PICTURE) * 2)
    names = [store.keep(Image.from_bytes(PICTURE)) for _ in range(3)]
    assert [store.get(name) is not None for name in names] == [False, True, True]
