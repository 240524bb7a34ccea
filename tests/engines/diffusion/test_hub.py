"""Models from the hub: which files, how far, and what it says when it cannot be; against a small hub of our own."""

# ruff: noqa: E402 (the rest is imported only where the extra is installed)
from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

huggingface_hub: Any = pytest.importorskip("huggingface_hub", reason="the hub needs the extra 'diffusion'")
constants: Any = pytest.importorskip("huggingface_hub.constants")

from tintype.core.errors import Unavailable
from tintype.engines.diffusion import hub, loading
from tintype.engines.diffusion.loading import Source

PICKS: list[tuple[list[str], str | None, str | None, list[str]]] = [
    # weights in torch's format only where there are no others, and one variant of each part
    (
        ["model_index.json", "README.md", "all.safetensors", "unet/config.json", "unet/w.safetensors", "unet/w.bin"],
        None,
        None,
        ["model_index.json", "unet/config.json", "unet/w.safetensors"],
    ),
    (["unet/w.safetensors", "unet/w.fp16.safetensors"], "fp16", None, ["unet/w.fp16.safetensors"]),
    (["unet/w.safetensors", "unet/w.fp16.safetensors"], None, None, ["unet/w.safetensors"]),
    (["unet/w.safetensors"], "fp16", None, ["unet/w.safetensors"]),
    (["unet/w.bin", "unet/config.json"], None, None, ["unet/config.json", "unet/w.bin"]),
    (
        ["unet/w-00001-of-00002.safetensors", "unet/w-00002-of-00002.safetensors", "unet/w.safetensors.index.json"],
        None,
        None,
        ["unet/w-00001-of-00002.safetensors", "unet/w-00002-of-00002.safetensors", "unet/w.safetensors.index.json"],
    ),
    (
        ["unet/w.fp16-00001-of-00002.safetensors", "unet/w-00001-of-00002.safetensors"],
        "fp16",
        None,
        ["unet/w.fp16-00001-of-00002.safetensors"],
    ),
    (["unet/w.safetensors", "unet/config.json"], None, "unet", ["unet/config.json"]),
    (["unet/onnx/w.safetensors", "other/w.safetensors"], None, None, []),
]  # fmt: skip


@pytest.mark.parametrize(("files", "variant", "without", "picked"), PICKS)
def test_only_what_a_pipeline_reads_is_downloaded(
    files: list[str], variant: str | None, without: str | None, picked: list[str]
) -> None:
    assert sorted(hub.pick(files, ["unet"], variant, without)) == sorted(picked)


REVISION = "0" * 40
INDEX = {"_class_name": "StableDiffusionXLPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}
FILES: Mapping[str, bytes] = {
    "model_index.json": json.dumps(INDEX).encode(),
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": b"\x02" + bytes(7) + b"{}" + bytes(299_990),
    "unet/diffusion_pytorch_model.fp16.safetensors": bytes(150_000),
    "config.json": b"{}",
    "diffusion_pytorch_model.safetensors": bytes(1000),
    "README.md": b"a model",
    "picture.png": bytes(50_000),
}
WANTED = sum(len(FILES[name]) for name in list(FILES)[:3])


class _Hub(BaseHTTPRequestHandler):
    """As much of the hub's interface as the library asks for: a model's files, their metadata and their bytes."""

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0])
        owner = path.removeprefix("/api/models").split("/")[1]
        if owner == "gated":
            return self._refuse(403, "GatedRepo")
        if owner == "nobody":
            return self._refuse(404, "RepoNotFound")
        if "/tree/" in path:
            return self._say([self._told(name) for name in FILES])
        if path.startswith("/api/models/"):
            siblings = [{"rfilename": name, "size": len(data)} for name, data in FILES.items()]
            return self._say({"id": "some/model", "sha": REVISION, "siblings": siblings})
        return self._send(FILES[path.split(f"/resolve/{REVISION}/")[1]])

    do_HEAD = do_GET

    def _told(self, name: str) -> dict[str, Any]:
        return {"type": "file", "path": name, "size": len(FILES[name]), "oid": self._tag(FILES[name])}

    def _tag(self, data: bytes) -> str:
        return hashlib.sha1(data).hexdigest()

    def _say(self, document: Any) -> None:
        self._send(json.dumps(document).encode())

    def _refuse(self, status: int, code: str) -> None:
        self._send(b"{}", status, {"X-Error-Code": code})

    def _send(self, data: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        told = {"ETag": f'"{self._tag(data)}"', "X-Repo-Commit": REVISION, "Content-Length": str(len(data))}
        for name, value in (told | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A hub on this machine, and an empty cache; the cache's folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in (
        ("HF_HUB_OFFLINE", False),
        ("HF_HUB_CACHE", str(tmp_path)),
        ("ENDPOINT", address),
        ("HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"),
        ("HF_HUB_DISABLE_XET", True),
    ):
        monkeypatch.setattr(constants, name, value)
    yield tmp_path
    server.shutdown()
    server.server_close()


def test_a_download_brings_what_is_needed_and_says_how_far_it_is(online: Path) -> None:
    told: list[tuple[str, int, int]] = []
    assert hub.weight("some/model", None, None) == 300_000
    folder = hub.fetch("some/model", None, name="mine", downloaded=lambda *progress: told.append(progress))
    here = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    assert here == ["model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"]
    assert {(name, total) for name, _, total in told} == {("mine", WANTED)}
    steps = [bytes_here for _, bytes_here, _ in told]
    assert steps == sorted(steps)
    assert steps[-1] >= 300_000  # the small files had been there for the description


def test_what_was_downloaded_is_found_without_a_network(
    online: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hub.fetch("some/model", None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub.fetch("some/model", None) == folder
    assert hub.configuration("some/model", None) == folder
    assert hub.weight("some/model", None, None) is None


def test_a_single_component_is_downloaded_alone_and_found_again(
    online: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not hub.has_part("some/part")
    folder = hub.part("some/part", weights=False)
    assert [file.name for file in folder.iterdir()] == ["config.json"]
    assert not hub.has_part("some/part")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Unavailable, match="some/part is not on this machine"):
        hub.part("some/part")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert {file.name for file in hub.part("some/part").iterdir()} == set(FILES) & {
        "config.json",
        "diffusion_pytorch_model.safetensors",
    }
    assert hub.has_part("some/part")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub.part("some/part") == folder


def test_weights_that_are_missing_are_missed_without_a_network(
    online: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.configuration("some/model", None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(
        Unavailable, match=r"weights of some/model \(unet\).*HF_HUB_OFFLINE.*hf download some/model"
    ):
        hub.fetch("some/model", None)


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("gated/model", "model_gated", "agreed to its conditions: do so at .*gated/model, then set HF_TOKEN"),
        ("nobody/model", "model_not_there", "no model nobody/model on the hub, or it is private"),
    ],
)
def test_a_model_that_is_not_given_is_refused_in_a_sentence(
    online: Path, path: str, code: str, said: str
) -> None:
    with pytest.raises(Unavailable, match=said) as caught:
        hub.configuration(path, None)
    assert caught.value.code == code


def test_without_a_network_and_without_the_model_it_says_how_to_get_it(
    online: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(
        Unavailable, match=r"some/model is not on this machine.*hf download some/model"
    ) as caught:
        hub.configuration("some/model", None)
    assert caught.value.code == "model_not_here"


def test_a_hub_that_is_not_there_is_no_missing_model(online: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="some/model is not on this machine, and the hub cannot be reached"):
        hub.configuration("some/model", None)


def test_a_disk_that_is_too_small_is_told_before_the_download(
    online: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1000}))
    with pytest.raises(
        Unavailable, match=r"takes 0.0 GB, and .* GB left. Make room, or set HF_HOME"
    ) as caught:
        hub.fetch("some/model", None)
    assert caught.value.code == "disk_full"


def test_a_disk_that_fills_up_on_the_way_is_told(online: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **told: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", full)
    with pytest.raises(Unavailable, match="The disk is full: some/model"):
        hub.configuration("some/model", None)


def test_weights_are_missing_until_every_part_of_them_is_here(tmp_path: Path) -> None:
    unet = tmp_path / "unet"
    unet.mkdir()
    (unet / "config.json").write_text("{}")
    assert hub.missing(tmp_path, ["unet", "scheduler"]) == "unet"
    assert hub.missing(tmp_path, ["unet", "scheduler"], without="unet") is None
    names = [f"w-0000{number}-of-00002.safetensors" for number in (1, 2)]
    (unet / "w.safetensors.index.json").write_text(
        json.dumps({"weight_map": dict(zip("ab", names, strict=True))})
    )
    (unet / names[0]).write_bytes(b"")
    assert hub.missing(tmp_path, ["unet"]) == "unet"
    (unet / names[1]).write_bytes(b"")
    assert hub.missing(tmp_path, ["unet"]) is None


def test_a_model_of_the_hub_is_known_to_be_here_once_it_is(online: Path) -> None:
    source = Source(name="mine", path="some/model")
    before = loading.find(source)
    assert (before.folder, loading.stored(before)) == (None, 300_000)
    loading.ready(before)
    after = loading.find(source)
    assert after.folder is not None
    assert loading.stored(after) == 300_000


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("owner/name", True),
        ("a/b.c-d_1", True),
        ("name", False),
        ("/a/b", False),
        ("./a/b", False),
        ("a/b/c", False),
    ],
)
def test_what_may_be_a_hub_id(path: str, is_one: bool) -> None:
    assert hub.is_id(path) is is_one
