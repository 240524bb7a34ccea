"""Pictures at addresses through the whole house: by the official SDK, from a folder and from S3, and when neither works."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest
import structlog

from tintype.gateway.assemble import open_gateway, open_store
from tintype.gateway.gateway import Gateway
from tintype.gateway.settings import Settings
from tintype.storage import Store

from ..buckets import s3_server
from ..pictures import opened
from ..serving import serving
from .test_gptproto import settled
from .test_http import call

ORDER: dict[str, Any] = {
    "model": "gpt-image-1-mini",
    "prompt": "a cat",
    "quality": "low",
    "response_format": "url",
}


def house(settings: Settings) -> Gateway:
    """As `tintype serve` opens it."""
    return open_gateway(settings, {}, store=open_store(settings))


@contextmanager
def client_of(gateway: Gateway, settings: Settings | None = None) -> Iterator[openai.OpenAI]:
    with (
        serving(gateway, settings) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0) as made,
    ):
        yield made


def fetched(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """By anybody, at whichever host it is."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
    answer = connection.getresponse()
    told = {name.lower(): value for name, value in answer.getheaders()}
    found = answer.status, told, answer.read()
    connection.close()
    return found


def drawn(client: openai.OpenAI, **more: Any) -> tuple[list[str], Any]:
    raw = client.images.with_raw_response.generate(**ORDER, **more)
    return [image.url or "" for image in raw.parse().data or []], raw.headers


def test_a_picture_is_fetched_at_its_address_after_a_restart_too(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, picture_lifetime=600)
    with client_of(house(settings)) as client:
        urls, headers = drawn(client, n=2)
        assert headers["x-tintype-plan"] == "response_format=filled:host"
        assert len(set(urls)) == 2
        for url in urls:
            status, told, body = fetched(url, origin="https://app.test")
            assert status == 200
            assert told["content-type"] == "image/png"
            assert told["access-control-allow-origin"] == "https://app.test"
            assert "content-range" in told["access-control-expose-headers"]
            assert told["x-request-id"].startswith("req_")
            assert 500 < int(told["cache-control"].removeprefix("private, max-age=")) <= 600
            assert opened(body).format == "PNG"
        status, told, body = fetched(urls[0], range="bytes=-4")
        assert (status, len(body)) == (206, 4)
        status, told, body = fetched(urls[0][:-5] + ("A" if urls[0][-5] != "A" else "B") + urls[0][-4:])
        assert status == 404
        assert json.loads(body)["error"]["code"] == "not_found"
    with serving(house(settings)) as again:
        path = urlsplit(urls[0]).path
        assert call(again, "GET", path)[0] == 200
        assert call(again, "HEAD", path)[2] == b""
        assert call(again, "POST", path)[0] == 405
        status, told, _ = call(again, "OPTIONS", path, Origin="https://app.test")
        assert (status, "GET" in told["access-control-allow-methods"]) == (204, True)
    with serving(house(replace(settings, secret="another secret of the operator's"))) as revoked:
        assert call(revoked, "GET", path)[0] == 404


def test_no_log_tells_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = structlog.testing.LogCapture()
    heard = structlog.wrap_logger(None, processors=[capture], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr("tintype.server.app.log", heard)
    with client_of(house(Settings(data=tmp_path))) as client:
        ((url,), _) = drawn(client)
        for address in (url, url.replace(".png", ".jpeg")):
            fetched(address)
    told = [(line["path"], line["status"]) for line in capture.entries]
    assert told == [("/v1/images/generations", 200), ("/pictures/{name}", 200), ("/pictures/{name}", 404)]
    assert url.rpartition("/")[2][:20] not in str(capture.entries)


def test_an_address_is_below_the_public_base_url(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, public_base_url="https://pictures.test/api/")
    with client_of(house(settings), settings) as client:
        ((url,), _) = drawn(client)
        assert url.startswith("https://pictures.test/api/pictures/")
        assert (
            fetched(str(client.base_url).replace("/v1/", urlsplit(url).path.removeprefix("/api")))[0] == 200
        )


def test_what_was_deleted_is_gone(tmp_path: Path) -> None:
    gateway = house(Settings(data=tmp_path))
    with client_of(gateway) as client:
        ((url,), _) = drawn(client)
        (file,) = (path for path in (tmp_path / "pictures").rglob("*") if path.is_file())
        asyncio.run(gateway.store.delete(f"{file.parent.name}/{file.name}"))
        status, _, body = fetched(url)
        assert (status, json.loads(body)["error"]["code"]) == (404, "not_found")


def test_on_s3_the_address_is_the_buckets_own(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, storage="s3://pictures/tintype")
    with s3_server() as bucket, client_of(house(settings)) as client:
        ((url,), headers) = drawn(client)
        assert headers["x-tintype-plan"] == "response_format=filled:host"
        assert url.startswith(f"{bucket}/pictures/tintype/")
        status, told, body = fetched(url)
        assert (status, told["content-type"]) == (200, "image/png")
        assert opened(body).format == "PNG"
    assert not (tmp_path / "pictures").exists()


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A house whose folder for pictures is a file."""
    folder = tmp_path_factory.mktemp("broken") / "pictures"
    folder.write_text("")
    gateway = open_gateway(Settings(), {}, store=Store.open("", folder=folder, secret=b"0123456789abcdef"))
    with serving(gateway) as url:
        yield url


def test_a_store_that_fails_costs_no_picture_and_is_told(broken: str) -> None:
    with openai.OpenAI(base_url=f"{broken}/v1", api_key="any", max_retries=0) as client:
        ((url,), headers) = drawn(client)
    assert headers["x-tintype-plan"] == "response_format=adjusted:url->b64_json"
    assert "could not be kept at an address" in headers["x-tintype-notice"]
    kind, _, data = url.partition(",")
    assert kind == "data:image/png;base64"
    assert opened(base64.b64decode(data)).size == (1024, 1024)


@pytest.mark.parametrize("path", ["/znapai/v1/images/generations", "/nanogpt/v1/images/generations"])
def test_the_other_services_fall_back_too(broken: str, path: str) -> None:
    status, headers, body = call(broken, "POST", path, ORDER)
    assert status == 200
    assert "response_format=adjusted:url->b64_json" in headers["x-tintype-plan"]
    (item,) = json.loads(body)["data"]
    assert opened(base64.b64decode(item["b64_json"])).format == "PNG"
    assert not item.get("url")


def test_a_task_whose_pictures_have_no_address_has_them_all_the_same(broken: str) -> None:
    order = {"model": "gpt-image-1-mini", "prompt": "a cat", "quality": "low"}
    status, _, body = call(broken, "POST", "/gptproto/api/v3/images", order)
    assert status == 202, body
    told = settled(broken, "/gptproto" + json.loads(body)["polling_url"])
    (url,) = told["unsigned_urls"]
    assert opened(base64.b64decode(url.removeprefix("data:image/png;base64,"))).format == "PNG"


MEASURE = """
import asyncio, resource, sys
from pathlib import Path
from tintype.core import Image
from tintype.server.pictures import Pictures
from tintype.storage import Store, addresses

async def main(store):
    keep = addresses(store, 600)
    async def send(message): pass
    async def once(letters):
        url = await keep(Image.from_base64(letters), "")
        await Pictures(store).answer({"method": "GET", "headers": []}, url, send)
        return store.resolve(url.rpartition("/")[2], 0).path
    await once(b"iVBO" * 1000)
    letters = b"iVBO" * 8_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = await once(letters)
    assert await store.size(path) == 24_000_000
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(main(Store.open(sys.argv[1], folder=Path(sys.argv[2]), secret=b"0123456789abcdef")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in Linux's unit")
@pytest.mark.parametrize(("url", "copies"), [("", 1), ("memory://", 2)])
def test_a_picture_of_24_mb_is_in_memory_twice_at_the_most(tmp_path: Path, url: str, copies: int) -> None:
    """Beside the base64 that it came as: once as bytes, and once more where memory is the store."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, url, str(tmp_path)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) * 1024 < (copies + 0.4) * 24_000_000
