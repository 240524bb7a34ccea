"""What is kept can be read until its hour is over, wherever pictures lie: a folder, memory, or a bucket."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tintype.core.errors import NotFound, Unavailable
from tintype.storage import Store
from tintype.storage.places import Folder, Memory, Place

from ..pictures import picture

NOW = 1_795_914_000.0  # 2026-11-29T01:00:00Z
PNG = picture("png")
SECRET = b"0123456789abcdef"


@pytest.fixture
def store(place: Place) -> Store:
    return Store(place, SECRET)


def test_a_picture_is_kept_and_read_whole_and_in_part(store: Store) -> None:
    async def main() -> None:
        kept = await store.keep(memoryview(PNG), kind="png", seconds=7200, now=NOW)
        assert kept.path == f"2026-11-29T03/{kept.hash}.png"
        assert (kept.hash[:32], kept.bytes) == (hashlib.sha256(PNG).hexdigest()[:32], len(PNG))
        assert (kept.media_type, kept.expires) == ("image/png", NOW + 7200)
        assert await store.read(kept.path) == PNG
        assert await store.size(kept.path) == len(PNG)
        assert await store.read_range(kept.path, 3, 9) == PNG[3:9]
        assert await store.read_range(kept.path, 9, len(PNG) + 99) == PNG[9:]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "ending", "media_type"),
    [
        ("jpeg", "jpeg", "image/jpeg"),
        ("webp", "webp", "image/webp"),
        ("gif", "gif", "image/gif"),
        ("svg", "bin", "application/octet-stream"),
        ("../x", "bin", "application/octet-stream"),
    ],
)
def test_what_a_browser_could_run_is_kept_as_bytes(kind: str, ending: str, media_type: str) -> None:
    kept = asyncio.run(Store.in_memory().keep(b"<svg>", kind=kind, seconds=60, now=NOW))
    assert kept.path.endswith(f".{ending}")
    assert kept.media_type == media_type


def test_the_same_picture_within_an_hour_is_one_and_written_once(store: Store, place: Place) -> None:
    async def main() -> None:
        first = await store.keep(PNG, kind="png", seconds=60, now=NOW)
        await (await place.ready()).put_async(first.path, b"as it was written first")
        again = await store.keep(PNG, kind="png", seconds=1800, now=NOW + 60)
        later = await store.keep(PNG, kind="png", seconds=3600, now=NOW)
        assert again.path == first.path != later.path
        assert await store.read(first.path) == b"as it was written first"
        assert await store.read(later.path) == PNG

    asyncio.run(main())


def test_the_same_picture_of_two_owners_is_two(store: Store) -> None:
    async def main() -> None:
        one, two = [
            await store.keep(PNG, kind="png", seconds=60, now=NOW, owner=owner) for owner in ("one", "two")
        ]
        assert one.path != two.path
        await store.delete(one.path)
        assert await store.read(two.path) == PNG

    asyncio.run(main())


def test_a_hundred_at_once(store: Store) -> None:
    async def main() -> None:
        datas = [bytes([number % 10]) * 1000 for number in range(100)]
        kept = await asyncio.gather(*(store.keep(data, kind="png", seconds=60, now=NOW) for data in datas))
        assert len({each.path for each in kept}) == 10
        for each, data in zip(kept, datas, strict=True):
            assert await store.read(each.path) == data

    asyncio.run(main())


def test_what_was_deleted_is_gone_and_can_be_deleted_again(store: Store) -> None:
    async def main() -> None:
        kept = await store.keep(PNG, kind="png", seconds=60, now=NOW)
        await store.delete(kept.path)
        await store.delete(kept.path)
        for reading in (store.read(kept.path), store.size(kept.path), store.read_range(kept.path, 0, 1)):
            with pytest.raises(NotFound, match="gone"):
                await reading

    asyncio.run(main())


def test_only_hours_that_are_over_are_swept(store: Store, place: Place) -> None:
    async def main() -> None:
        first = await store.keep(PNG, kind="png", seconds=0, now=NOW)
        also = await store.keep(b"another", kind="webp", seconds=1800, now=NOW)
        second = await store.keep(PNG, kind="png", seconds=3600, now=NOW)
        await (await place.ready()).put_async("not-ours/file.txt", b"somebody else's")
        assert await store.sweep(NOW + 3599) == 0
        assert await store.read(also.path) == b"another"
        assert await store.sweep(NOW + 3600) == 2
        for path in (first.path, also.path):
            with pytest.raises(NotFound):
                await store.size(path)
        assert await store.size(second.path) == len(PNG)
        assert await store.sweep(NOW + 7200) == 1
        assert await store.sweep(NOW + 1e6) == 0
        left = await (await place.ready()).get_async("not-ours/file.txt")
        assert bytes(await left.bytes_async()) == b"somebody else's"

    asyncio.run(main())


def test_a_sweep_of_nothing_finds_nothing(store: Store) -> None:
    assert asyncio.run(store.sweep(NOW)) == 0


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../secret",
        "2026-11-29T03/../../secret",
        "2026-11-29T03/" + "a" * 63 + ".png",
        "2026-11-29T03/" + "A" * 64 + ".png",
        "2026-11-29T03/" + "a" * 64 + ".svg",
        "2026-11-29T24/" + "a" * 64 + ".png",
        "2026-02-30T03/" + "a" * 64 + ".png",
        "2026-11-29T03//" + "a" * 64 + ".png",
        "2026-11-29T03/" + "a" * 64 + ".png\n",
    ],
)
def test_nothing_but_pictures_can_be_reached(store: Store, path: str) -> None:
    async def main() -> None:
        for reaching in (
            store.read(path),
            store.size(path),
            store.read_range(path, 0, 1),
            store.delete(path),
        ):
            with pytest.raises(NotFound):
                await reaching

    asyncio.run(main())


def test_the_oldest_in_memory_make_way() -> None:
    async def main() -> None:
        store = Store(Memory(250), SECRET)
        kept = [await store.keep(bytes([n]) * 100, kind="png", seconds=60, now=NOW) for n in range(3)]
        await store.delete(kept[1].path)
        kept.append(await store.keep(b"4" * 100, kind="png", seconds=60, now=NOW))
        found = [await _is_there(store, each.path) for each in kept]
        assert found == [False, False, True, True]

    asyncio.run(main())


def test_one_that_is_too_large_for_memory_pushes_no_other_out() -> None:
    async def main() -> None:
        store = Store(Memory(250), SECRET)
        kept = await store.keep(b"1" * 100, kind="png", seconds=60, now=NOW)
        with pytest.raises(Unavailable, match="larger than the memory"):
            await store.keep(b"2" * 251, kind="png", seconds=60, now=NOW)
        assert await store.size(kept.path) == 100

    asyncio.run(main())


async def _is_there(store: Store, path: str) -> bool:
    try:
        return await store.size(path) > 0
    except NotFound:
        return False


def test_files_are_for_this_user_alone_and_drafts_are_swept(tmp_path: Path) -> None:
    root = tmp_path / "data" / "pictures"
    store = Store.open("", folder=root, secret=SECRET)
    assert not root.exists()  # before there is a picture

    async def main() -> None:
        kept = await store.keep(PNG, kind="png", seconds=60, now=NOW)
        file = root / kept.path
        assert file.read_bytes() == PNG
        assert os.listdir(file.parent) == [file.name]
        modes = [stat.S_IMODE(each.stat().st_mode) for each in (root, file.parent, file)]
        assert modes == [0o700, 0o700, 0o600]
        (file.parent / ".0123456789abcdef").write_bytes(b"half a pic")  # of a server that was killed
        assert await store.sweep(NOW + 3600) == 1
        assert os.listdir(root) == []

    asyncio.run(main())


def test_a_folder_that_fails_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file where the folder should be")
    store = Store.open("", folder=tmp_path / "pictures", secret=SECRET)

    async def main() -> None:
        with pytest.raises(Unavailable) as caught:
            await store.keep(PNG, kind="png", seconds=60, now=NOW)
        assert caught.value.code == "storage_failed"
        assert str(caught.value).startswith("The picture store could not keep a picture: ")
        assert str(tmp_path) not in str(caught.value)

    asyncio.run(main())


def test_half_a_picture_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle leaves nothing behind."""

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    store = Store(Folder(tmp_path), SECRET)
    with pytest.raises(Unavailable, match="No space left on device"):
        asyncio.run(store.keep(PNG, kind="png", seconds=60, now=NOW))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://a/b", "storage cannot be 'ftp://a/b'"),
        ("pictures", "storage cannot be 'pictures'"),
        ("s3://", "storage cannot be 's3://'"),
        ("http://a.test/b", "storage cannot be"),
        ("memory://x", "storage cannot be"),
        ("file://", "storage cannot be"),
        ("az://container/x", "Account must be specified"),
    ],
)
def test_what_no_store_can_be_is_named(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Store.open(url, folder=tmp_path, secret=SECRET)


@pytest.mark.parametrize("url", ["s3://AKIA:hush@bucket/x", "s3://bucket/x?secret=hush", "s3://hush@b"])
def test_keys_in_an_address_are_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match="in the environment") as caught:
        Store.open(url, folder=tmp_path, secret=SECRET)
    assert "hush" not in str(caught.value)


def test_another_folder_can_be_named(tmp_path: Path) -> None:
    store = Store.open((tmp_path / "else").as_uri(), folder=tmp_path / "pictures", secret=SECRET)
    kept = asyncio.run(store.keep(PNG, kind="png", seconds=60, now=NOW))
    assert (tmp_path / "else" / kept.path).exists()


def test_a_picture_of_ours_is_known_by_its_address_alone(store: Store) -> None:
    async def main() -> None:
        kept = await store.keep(PNG, kind="png", seconds=60, now=NOW)
        url = await store.address(kept.path, base_url="https://here.test", seconds=60, now=NOW)
        if url.startswith("https://here.test/"):
            assert store.at_home(url, NOW + 59) == PNG
            assert store.at_home(url, NOW + 60) is None
        await store.delete(kept.path)
        for other in (url, "", "https://here.test/pictures/", "https://here.test/pictures/x.png"):
            assert store.at_home(other, NOW) is None

    asyncio.run(main())


def test_where_a_picture_of_ours_lies_is_known_from_wherever_the_house_is(store: Store) -> None:
    async def main() -> None:
        kept = await store.keep(PNG, kind="png", seconds=60, now=NOW)
        for base in ("https://here.test", "https://here.test/pictures", "https://here.test/pictures/house"):
            url = await store.address(kept.path, base_url=base, seconds=60, now=NOW)
            assert store.path_of(url) == kept.path
        assert store.path_of("https://else.test/pictures/x.png") is None

    asyncio.run(main())


def test_an_error_of_ours_is_not_taken_for_the_stores() -> None:
    with pytest.raises(TypeError):
        asyncio.run(Store.in_memory().keep(None, kind="png", seconds=1, now=NOW))  # type: ignore[arg-type]


def test_neither_obstore_nor_litestar_is_loaded_before_it_is_needed(tmp_path: Path) -> None:
    """Both take a good part of the time to start; and no picture in a folder needs the second."""
    code = (
        "import asyncio, pathlib, sys; import tintype.server.app; from tintype.storage import Store; "
        "from tintype.server.pictures import Pictures; "
        f"store = Store.open('', folder=pathlib.Path({str(tmp_path)!r}), secret=b'0' * 16); "
        "assert 'obstore' not in sys.modules; "
        "path = asyncio.run(store.keep(b'x', kind='png', seconds=60, now=0)).path; "
        "assert 'obstore' not in sys.modules; assert asyncio.run(store.read(path)) == b'x'; "
        "assert 'litestar' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_servers_that_check_one_store_at_the_same_time_find_it_well(place: Place) -> None:
    """And another that sweeps it meanwhile."""
    stores = [Store(place, SECRET) for _ in range(8)]

    async def main() -> None:
        for _ in range(5):
            checks = (each.check() for each in stores)
            await asyncio.gather(*checks, *(each.sweep(time.time()) for each in stores))

    asyncio.run(main())
