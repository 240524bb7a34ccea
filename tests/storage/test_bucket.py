"""Buckets: their own signed addresses, fetched by plain HTTP from a real S3 server, and what is told when they fail."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import MutableMapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tintype.core.errors import NotFound, Unavailable
from tintype.storage import Store
from tintype.storage.failures import reason
from tintype.storage.places import Bucket, Memory, Place

from ..buckets import ACCESS, HUSH
from ..pictures import picture

SECRET = b"0123456789abcdef"
PNG = picture("png")


async def fetched(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """By a client that knows nothing of S3."""

    def get() -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc, timeout=30)
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        found = answer.status, told, answer.read()
        connection.close()
        return found

    return await asyncio.to_thread(get)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[MutableMapping[str, Any]]:
    """What the log is told; that of the tests is quiet otherwise."""
    capture = structlog.testing.LogCapture()
    heard = structlog.wrap_logger(None, processors=[capture], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr("tintype.storage.failures.log", heard)
    return capture.entries


def test_its_own_address_is_fetched_by_anybody_until_it_is_deleted(s3: str, tmp_path: Path) -> None:
    store = Store.open("s3://pictures/some/where", folder=tmp_path, secret=SECRET)

    async def main() -> None:
        kept = await store.keep(PNG, kind="png", seconds=600, now=time.time())
        url = await store.address(kept.path, base_url="https://here.test", seconds=600, now=time.time())
        assert url.startswith(f"{s3}/pictures/some/where/{kept.path}?")
        (seconds,) = parse_qs(urlsplit(url).query)["X-Amz-Expires"]
        assert 598 <= int(seconds) <= 600
        assert HUSH not in url
        status, headers, body = await fetched(url)
        assert (status, headers["content-type"], body) == (200, "image/png", PNG)
        status, _, body = await fetched(url, range="bytes=2-4")
        assert (status, body) == (206, PNG[2:5])
        await store.delete(kept.path)
        assert (await fetched(url))[0] == 404

    asyncio.run(main())
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_is_checked_and_left_as_it_was(s3: str, tmp_path: Path) -> None:
    place = Bucket("s3://pictures/checked")

    async def main() -> None:
        await Store(place, SECRET).check()
        assert await place.folders() == []
        with pytest.raises(Unavailable, match="does not exist"):
            await Store.open("s3://nowhere", folder=tmp_path, secret=SECRET).check()

    asyncio.run(main())


def test_no_address_is_signed_for_longer_than_a_week(s3: str, tmp_path: Path) -> None:
    store = Store.open("s3://pictures", folder=tmp_path, secret=SECRET)

    async def main() -> None:
        now = time.time()
        kept = await store.keep(PNG, kind="png", seconds=1e7, now=now)
        url = await store.address(kept.path, base_url="", seconds=1e7, now=now)
        assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == ["604800"]

    asyncio.run(main())


def test_a_bucket_that_is_not_there_is_told(s3: str, tmp_path: Path) -> None:
    store = Store.open("s3://nowhere", folder=tmp_path, secret=SECRET)
    path = "2026-11-29T03/" + "a" * 64 + ".png"

    async def main() -> None:
        for doing, verb in (
            (store.keep(PNG, kind="png", seconds=60, now=0), "keep"),
            (store.read(path), "read"),
            (store.read_range(path, 0, 1), "read"),
            (store.sweep(0), "delete"),
        ):
            with pytest.raises(Unavailable) as caught:
                await doing
            assert caught.value.code == "storage_failed"
            assert str(caught.value) == (
                f"The picture store could not {verb} a picture: its bucket does not exist."
            )

    asyncio.run(main())


def test_a_server_that_does_not_answer_is_told_soon_and_without_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, logged: list[MutableMapping[str, Any]]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", HUSH)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store = Store.open("s3://pictures", folder=tmp_path, secret=SECRET)

    async def main() -> None:
        begun = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            await store.keep(PNG, kind="png", seconds=60, now=0)
        assert time.monotonic() - begun < 12
        assert str(caught.value) == (
            "The picture store could not keep a picture: it cannot be reached, or answers with an error."
        )
        assert caught.value.__cause__ is None
        (line,) = logged
        assert "127.0.0.1:9" in line["reason"]
        assert HUSH not in str(line)
        assert ACCESS not in str(line)

    asyncio.run(main())


def test_a_key_that_is_refused_is_told(logged: list[MutableMapping[str, Any]]) -> None:
    class Refusing(Place):
        async def ready(self) -> Any:
            from obstore.exceptions import PermissionDeniedError

            raise PermissionDeniedError(f"HTTP 403 at https://a.test/b?sig={HUSH}\n\nDebug source: {HUSH}")

    with pytest.raises(Unavailable, match="does not let this server in"):
        asyncio.run(Store(Refusing(), SECRET).keep(PNG, kind="png", seconds=1, now=0))
    assert [line["reason"] for line in logged] == ["HTTP 403 at https://a.test/b"]


def test_a_bucket_without_conditional_writes_is_written_to_all_the_same(
    s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", "disabled")
    store = Store.open("s3://pictures/plain", folder=tmp_path, secret=SECRET)

    async def main() -> None:
        for _ in range(2):
            kept = await store.keep(PNG, kind="png", seconds=600, now=0)
            assert await store.read(kept.path) == PNG

    asyncio.run(main())


def test_many_are_swept_some_thousands_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tintype.storage.store.MOST", 5)
    monkeypatch.setattr("tintype.storage.places._AT_ONCE", 2)
    store = Store(Memory(10**6), SECRET)

    async def main() -> None:
        for number in range(12):
            await store.keep(bytes([number]), kind="png", seconds=number % 3 * 3600, now=0)
        found: list[int] = []
        while not found or found[-1]:
            found.append(await store.sweep(1e6))
        assert sum(found) == 12
        assert max(found) <= 6
        assert len(found) >= 3

    asyncio.run(main())


def test_google_and_azure_sign_addresses_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a network: that they are fetched is not shown here."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "private_key": pem,
        "private_key_id": "1",
        "client_email": "a@b.iam",
        "client_id": "1",
        "gcs_base_url": "https://storage.googleapis.com",
        "disable_oauth": False,
    }
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "account.json"))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "acme")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5a2V5")
    path = "2026-11-29T03/" + "a" * 64 + ".png"

    async def signed(url: str) -> str:
        store = Store.open(url, folder=tmp_path, secret=SECRET)
        return await store.address(path, base_url="", seconds=60, now=1_795_914_000)

    found = asyncio.run(signed("gs://bucket/pre"))
    assert found.startswith(f"https://storage.googleapis.com/bucket/pre/{path}?")
    assert "X-Goog-Expires=60" in found
    found = asyncio.run(signed("az://container/pre"))
    assert found.startswith(f"https://acme.blob.core.windows.net/container/pre/{path}?")
    assert "sp=r&" in found + "&"


def test_a_reason_is_one_line() -> None:
    assert reason(ValueError("  first\nsecond")) == "first"
    assert len(reason(ValueError("x" * 9000))) == 500


def test_what_is_read_is_there_or_gone(place: Place) -> None:
    """Never anything between: a picture deleted while it is read is the one or the other."""
    store = Store(place, SECRET)

    async def main() -> None:
        kept = await store.keep(PNG * 100, kind="png", seconds=600, now=0)
        results = await asyncio.gather(
            *(store.read(kept.path) for _ in range(8)), store.delete(kept.path), return_exceptions=True
        )
        for each in results[:-1]:
            assert each == PNG * 100 or isinstance(each, NotFound)

    asyncio.run(main())
