"""What the server tells of itself, log, metrics and traces, and that no key and no picture is ever in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

from PIL import Image

from ..faults import FaultyUpstream, answers, document, echoes, faulty_upstream, hangs_within, streams
from ..pictures import encoded
from .test_process import free_port

PROVIDERS_KEY = "sk-of-the-provider-0123456789abcdef"
CALLERS_KEY = "tt-of-the-caller-0123456789abcdef"
PROMPT = "an unmistakable prompt"
RUN = re.compile(rb"[A-Za-z0-9+/_-]{201}")
"""So many of these letters in a row are a picture as text."""

FILE = encoded(Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)), "png")
BASE64 = b64encode(FILE).decode()
GOOD = document(created=1, data=[{"b64_json": BASE64}])
FRAMES = [
    b"event: image_generation.%s\ndata: %s\n\n"
    % (kind, document(type=f"image_generation.{kind.decode()}", b64_json=BASE64, **more))
    for kind, more in (
        (b"partial_image", {"partial_image_index": 0}),
        (b"completed", {"usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}}),
    )
]


@dataclass
class Receiver:
    """What has been sent to it, as OTLP over HTTP."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)

    def spans(self) -> Iterator[tuple[str, Any]]:
        """With the name of the service that sent them."""
        service = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
        for body in self.bodies:
            for group in service.ExportTraceServiceRequest.FromString(body).resource_spans:
                named = {each.key: each.value.string_value for each in group.resource.attributes}
                for scope in group.scope_spans:
                    for span in scope.spans:
                        yield named["service.name"], span


@contextmanager
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            found.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            found.url = f"http://127.0.0.1:{server.server_port}"
            yield found
        finally:
            server.shutdown()
            thread.join(10)


@dataclass
class House:
    """A server in a process of its own, and all that it has answered."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    told: bytes = b""
    answers: bytes = b""
    asked: int = 0

    def ask(
        self, path: str, body: object = None, headers: Mapping[str, str] | None = None, *, leave: bool = False
    ) -> tuple[int, bytes]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=0.3 if leave else 30)
        try:
            connection.request("GET" if data is None else "POST", path, data, dict(headers or {}))
            self.asked += 1
            response = connection.getresponse()
            answer = response.status, response.read()
        except TimeoutError:
            return 0, b""
        finally:
            connection.close()
        self.answers += answer[1]
        return answer


@contextmanager
def house(folder: Path, upstream: FaultyUpstream, **environ: str) -> Iterator[House]:
    table = f'kind = "openai"\nbase_url = "{upstream.url}"\nkey_env = "OPENAI_API_KEY"\ntimeout = 5\n'
    (folder / "tintype.toml").write_text("".join(f"[provider.{name}]\n{table}" for name in PROVIDERS))
    log, port = folder / "log", free_port()
    source = {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PATH": os.environ["PATH"]}
    with log.open("wb") as words:
        started = subprocess.Popen(
            [sys.executable, "-m", "tintype", "serve"],
            cwd=folder,
            env={**source, "PORT": str(port), "OPENAI_API_KEY": PROVIDERS_KEY, **environ},
            stdout=words,
            stderr=subprocess.STDOUT,
        )
    found = House(port, started, log)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                found.ask("/healthz")
                break
            except ConnectionRefusedError:
                assert started.poll() is None, log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield found
        started.terminate()
        assert started.wait(20) is not None
        found.told = log.read_bytes()
    finally:
        started.kill()
        started.wait()


def orders(model: str) -> Iterator[tuple[str, object, dict[str, str]]]:
    """As callers of several dialects send them, each with its key in the place that is usual there."""
    bearer = {"Authorization": f"Bearer {CALLERS_KEY}"}
    order = {"model": model, "prompt": PROMPT}
    yield "/v1/images/generations", order, bearer
    yield "/v1/images/generations", {**order, "stream": True, "partial_images": 1}, bearer
    yield "/v1/images/generations", {**order, "response_format": "url", "n": 2, "style": BASE64}, bearer
    yield "/v1/images/generations", order, {**bearer, "Accept": "image/png"}
    yield "/v1/images/edits", {**order, "images": [{"image_url": f"data:image/png;base64,{BASE64}"}]}, bearer
    parts = [{"parts": [{"text": PROMPT}, {"inlineData": {"mimeType": "image/png", "data": BASE64}}]}]
    gemini = "/v1beta/models/gemini-2.5-flash-image:generateContent"
    yield gemini, {"contents": parts}, {"x-goog-api-key": CALLERS_KEY}
    yield f"{gemini}?key={CALLERS_KEY}", {"contents": parts}, {}
    yield "/v1/images/generations", {**order, "size": BASE64}, {"api-key": CALLERS_KEY}
    yield "/v1/images/generations", {**order, "model": BASE64}, bearer
    yield f"/v1/models/{BASE64}", None, bearer
    yield "/v1/images/generations", b"\x00" + BASE64.encode(), bearer
    yield "/v1/images/generations", order, {**bearer, "x-request-id": BASE64, "traceparent": BASE64}


SCRIPTS = [
    answers(GOOD),
    streams(*FRAMES),
    *(echoes(status) for status in (400, 401, 403, 429, 500)),
    answers(document(error={"message": BASE64, "code": "x", "param": BASE64}), 400),
    answers(GOOD[:-40]),
    answers(document(created=1, data=[{"b64_json": BASE64[:-3] + "!!!"}])),
    answers(document(created=1, data=[{"b64_json": BASE64, "revised_prompt": PROMPT}], output_format="tiff")),
]


PROVIDERS = [f"p{position}" for position in range(len(SCRIPTS))]
"""One for each of them: an offer that fails is left alone after a while."""


def metric(text: str, name: str, **labels: str) -> float:
    """The sum of those that have these labels."""
    rows = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", text, re.MULTILINE)
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(float(value) for said, value in rows if all(each in said for each in wanted))


def test_no_key_and_no_picture_is_in_what_the_server_tells(tmp_path: Path) -> None:
    with receiver() as traces, faulty_upstream() as upstream:
        environ = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": traces.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "PYTHONASYNCIODEBUG": "1",  # there is no level of the log below its own: the loop's is the wordiest
        }
        with house(tmp_path, upstream, **environ) as server:
            for name, script in zip(PROVIDERS, SCRIPTS, strict=True):
                upstream.script, before = script, len(upstream.heads)
                for path, body, headers in orders(f"{name}/gpt-image-2"):
                    server.ask(path, body, headers)
                assert len(upstream.heads) > before, "it has been asked"
            upstream.script = hangs_within
            server.ask("/v1/images/generations", {"model": "p0/gpt-image-2", "prompt": PROMPT}, leave=True)
            addresses = set(re.findall(rb"/pictures/[\w.-]+", server.answers))
            assert addresses
            for address in addresses:
                assert FILE in server.ask(address.decode())[1]
            metrics = server.ask("/metrics")[1]
    spans = list(traces.spans())
    told = {"log": server.told, "metrics": metrics, "traces": b"".join(traces.bodies)}

    # It was all there to be told.
    assert RUN.search(server.answers)
    assert any(PROVIDERS_KEY in head for head in upstream.heads)
    assert server.told.count(b'"event":"request"') == server.asked
    for outcome in ("drawn", "failed"):
        assert metric(metrics.decode(), "tintype_attempt_seconds_count", outcome=outcome) > 0
    assert metric(metrics.decode(), "tintype_store_seconds_count", operation="keep") > 0
    assert any(span.name == "store keep" for _, span in spans)
    attempts = {span.name for _, span in spans if span.name.startswith("attempt")}
    assert attempts > {f"attempt {name}/gpt-image-2" for name in PROVIDERS}
    assert sum(span.name == "POST /images/generations" for _, span in spans) > 20
    assert {service for service, _ in spans} == {"tintype"}

    for place, text in told.items():
        for secret in (PROVIDERS_KEY, CALLERS_KEY, PROMPT):
            assert secret.encode() not in text, f"{secret} in the {place}"
        found = RUN.search(text)
        assert found is None, f"{text[max(0, found.start() - 200) : found.end()]!r} in the {place}"


def test_a_receiver_that_is_not_there_holds_nobody_up(tmp_path: Path) -> None:
    with faulty_upstream(answers(GOOD)) as upstream:
        environ = {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{free_port()}/v1/traces",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }
        with house(tmp_path, upstream, **environ) as server:
            order = {"model": "p0/gpt-image-2", "prompt": PROMPT}
            assert server.ask("/v1/images/generations", order)[0] == 200
            time.sleep(0.2)
            begun = time.monotonic()
            server.process.terminate()
            server.process.wait(20)
            assert time.monotonic() - begun < 5
    lines = [json.loads(line) for line in server.told.splitlines() if line.startswith(b"{")]
    (warning, *_) = [line for line in lines if line["level"] == "warning"]
    assert warning["logger"].startswith("opentelemetry"), "what a library says has the same form"
