"""Servers that are not Tintype: pictures at addresses, errors in any words, and answers that make no sense."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tintype.core import Size

from ..pictures import opened, png
from .conftest import Tintype


@dataclass
class Script:
    """What the server answers, by path; and what it was asked: path, headers, body."""

    replies: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    def answer(self, status: int, document: Any, path: str = "/v1/images/generations") -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.replies[path] = (status, "application/json", body)


@pytest.fixture
def script(tintype: Tintype, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.asked.append((self.path, headers, body))
            status, kind, reply = script.replies.get(self.path, (404, "text/plain", b"nothing here"))
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        script.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OPENAI_BASE_URL", f"{script.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


def test_a_picture_at_an_address_is_fetched_and_not_with_the_key(tintype: Tintype, script: Script) -> None:
    script.answer(200, {"created": 1, "data": [{"url": f"{script.url}/files/a.png?x=1"}]})
    script.answer(200, png(Size(40, 30)), path="/files/a.png?x=1")
    done = tintype("gen", "a fox")
    assert done.code == 0, done.err
    assert opened(done.paths[0].read_bytes()).size == (40, 30)
    (_, ordering, _), (_, fetching, _) = script.asked
    assert ordering["authorization"] == "Bearer sk-mine"
    assert "authorization" not in fetching


def test_a_seed_and_a_strange_model_are_sent_as_they_are(tintype: Tintype, script: Script) -> None:
    picture = base64.b64encode(png(Size(300, 200))).decode()
    script.answer(200, {"data": [{"b64_json": picture}]})
    done = tintype("gen", "a fox", "-m", "acme/flux", "--seed", "7", "-q", "hd", "-s", "300x200", "--json")
    assert (done.documents[0]["seed"], done.documents[0]["model"]) == (7, "acme/flux")
    sent = json.loads(script.asked[0][2])
    assert sent == {
        "model": "acme/flux",
        "prompt": "a fox",
        "seed": 7,
        "quality": "hd",
        "size": "300x200",
    }


@pytest.mark.parametrize(
    ("status", "error", "code", "told"),
    [
        (400, {"message": "Size is too large.", "param": "size"}, 2, "size: Size is too large."),
        (400, {"message": "Not this.", "code": "moderation_blocked"}, 4, "Not this."),
        (400, {"message": "Limit reached.", "code": "billing_hard_limit_reached"}, 5, "Limit reached."),
        (401, {"message": "Incorrect API key provided: sk-mine"}, 3, "does not take"),
        (402, {"message": "Pay first."}, 5, "Pay first."),
        (404, {"message": "No model flux."}, 2, "No model flux."),
        (429, {"message": "Out of credit.", "type": "insufficient_quota"}, 5, "Out of credit."),
        (429, {"message": "Too fast."}, 1, "Too fast."),
        (500, {"message": "We broke."}, 1, "We broke."),
        (504, {"message": "Took too long."}, 6, "Took too long."),
        (400, "only words", 2, "only words"),
    ],
)
def test_its_own_error_is_what_is_told(
    tintype: Tintype, script: Script, status: int, error: object, code: int, told: str
) -> None:
    script.answer(status, {"error": error})
    failed = tintype("gen", "a fox")
    assert told in failed.err
    assert "sk-mine" not in failed.err
    assert failed.err.count("\n") == 1
    assert failed.code == code


@pytest.mark.parametrize(
    "document",
    [
        b"<html>Bad gateway</html>",
        {"data": []},
        {"data": [{"url": "file:///etc/passwd"}]},
        {"data": [{"b64_json": "bm8gcGljdHVyZQ=="}]},
        {"data": [{"b64_json": "!"}]},
        {"data": [{}]},
        {"hello": "world"},
        [],
    ],
    ids=str,
)
def test_nonsense_is_one_sentence(tintype: Tintype, script: Script, document: object) -> None:
    script.answer(200, document)
    failed = tintype("gen", "a fox")
    assert failed.code == 1
    assert failed.err.startswith("tintype: ")
    assert failed.err.count("\n") == 1
    assert "Something in Tintype broke" not in failed.err
    assert failed.out == ""


@pytest.mark.parametrize("document", [b"<html>", {}, {"data": [1]}, {"data": [{}]}, []], ids=str)
def test_a_list_of_models_that_is_none(tintype: Tintype, script: Script, document: object) -> None:
    script.answer(200, document, path="/v1/models")
    failed = tintype("models")
    assert failed.code == 1
    assert "models" in failed.err
    assert failed.err.count("\n") == 1


def test_what_was_drawn_before_a_failure_is_kept(tintype: Tintype, script: Script) -> None:
    picture = base64.b64encode(png(Size(8, 8))).decode()
    frames = [
        {"type": "image_generation.completed", "b64_json": picture},
        {"type": "error", "error": {"message": "Not the second.", "code": "moderation_blocked"}},
    ]
    stream = b"".join(b"data: %s\n\n" % json.dumps(frame).encode() for frame in frames)
    script.replies["/v1/images/generations"] = (200, "text/event-stream", stream)
    failed = tintype("gen", "a fox", "-n", "2")
    assert failed.code == 4
    assert opened(failed.paths[0].read_bytes()).size == (8, 8)
    assert failed.err == "tintype: Not the second.\n"
