"""A real HTTP S3 server on the loopback, and the three kinds of places that pictures lie in."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from tintype.storage.places import Bucket, Folder, Memory, Place

ACCESS, HUSH = "AKIAPICTURES", "the-secret-access-key"


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server with a bucket `pictures`, which this process's environment names."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    url = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
        patch.setenv("AWS_SECRET_ACCESS_KEY", HUSH)
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", url)
        with urlopen(Request(f"{url}/pictures", method="PUT")) as made:
            assert made.status == 200
        try:
            yield url
        finally:
            server.stop()


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "s3":
        request.getfixturevalue("s3")
        return Bucket(f"s3://pictures/{token_hex(4)}/below")
    return Folder(tmp_path / "pictures") if request.param == "folder" else Memory(1_000_000)
