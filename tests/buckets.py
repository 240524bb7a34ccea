"""A real HTTP S3 server on the loopback, for as long as a test needs it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest
from moto.server import ThreadedMotoServer

ACCESS, HUSH = "AKIAPICTURES", "the-secret-access-key"


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of one with a bucket `pictures`; this process's environment names it as the one to use."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
            patch.setenv("AWS_SECRET_ACCESS_KEY", HUSH)
            patch.setenv("AWS_REGION", "us-east-1")
            patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("PUT", "/pictures")
            assert connection.getresponse().status == 200
            connection.close()
            yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
