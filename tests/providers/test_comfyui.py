"""ComfyUI: the workflows that go in, what its history means, and a server that queues, draws and can be told to stop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tintype.catalog import load
from tintype.core import Access, Completed, Image, ImageEvent, ImageRequest, ModelCard, Size
from tintype.core.errors import (
    BadRequest,
    Busy,
    Cancelled,
    Garbled,
    NoImage,
    Rejected,
    TintypeError,
    Unavailable,
    Unsupported,
)
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.polyfills import all_polyfills
from tintype.providers._comfyui_answers import Entry, Saved, read, read_error
from tintype.providers._comfyui_graph import read_workflow
from tintype.providers.comfyui import ComfyUI, Draft, Ways, build
from tintype.wire import multipart

from ..pictures import picture, png, png_header
from .rooms import Asked, Room, Told, room, told

PNG = picture()
CARD = next(card for service in load() for card in service.cards if card.id == "comfyui/default")
NAMED = replace(CARD, upstream_id="sd15.safetensors")
REQUEST = ImageRequest(model="comfyui/default", prompt="a cat", seed=7)
EDIT = replace(REQUEST, images=(Image.from_bytes(PNG),))
SD15 = Draft(None, "sd15.safetensors", [], None)
WAYS = Ways()


def graph(request: ImageRequest, draft: Draft = SD15, ways: Ways = WAYS) -> dict[str, Any]:
    return build(request, CARD, draft, ways, seed=request.seed or 0)


# ---- requests


def test_from_words() -> None:
    made = graph(replace(REQUEST, size=Size(512, 768), negative_prompt="rain"))
    assert {node["class_type"] for node in made.values()} == {
        "CheckpointLoaderSimple",
        "CLIPTextEncode",
        "EmptyLatentImage",
        "KSampler",
        "VAEDecode",
        "PreviewImage",
    }
    assert made["model"]["inputs"] == {"ckpt_name": "sd15.safetensors"}
    assert (made["positive"]["inputs"]["text"], made["negative"]["inputs"]["text"]) == ("a cat", "rain")
    assert made["latent"]["inputs"] == {"width": 512, "height": 768, "batch_size": 1}
    assert made["sampler"]["inputs"]["seed"] == 7


@pytest.mark.parametrize(
    ("fields", "ways", "node", "inputs"),
    [
        ({}, WAYS, "sampler", {"steps": 20, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal"}),
        ({"num_inference_steps": 4, "guidance_scale": 1.5}, WAYS, "sampler", {"steps": 4, "cfg": 1.5}),
        ({}, Ways(steps=30, sampler="dpmpp_2m"), "sampler", {"steps": 30, "sampler_name": "dpmpp_2m"}),
        ({"strength": 0.25}, WAYS, "sampler", {"denoise": 1.0}),  # there is nothing to start from
        ({}, Ways(size=Size(512, 512)), "latent", {"width": 512, "height": 512}),
        ({}, Ways(negative="blurry"), "negative", {"text": "blurry"}),
        ({"negative_prompt": ""}, Ways(negative="blurry"), "negative", {"text": ""}),
    ],
)
def test_what_is_said_wins_over_the_operators_ways(
    fields: dict[str, Any], ways: Ways, node: str, inputs: dict[str, Any]
) -> None:
    made = graph(replace(REQUEST, **fields), ways=ways)[node]["inputs"]
    assert {name: made[name] for name in inputs} == inputs


ONE = SD15._replace(images=["tintype/a.png [temp]"])
MASKED = ONE._replace(mask="tintype/m.png [temp]")
LARGE = replace(EDIT, images=(Image.from_bytes(png_header(4096, 4096)),))


@pytest.mark.parametrize(
    ("request_", "draft", "scaled", "denoise"),
    [
        (EDIT, ONE, None, 0.75),
        (replace(EDIT, strength=0.3), ONE, None, 0.3),
        (replace(EDIT, size=Size(512, 512)), ONE, "ImageScale", 0.75),
        (LARGE, ONE, "ImageScaleToTotalPixels", 0.75),
        (replace(EDIT, mask=Image.from_bytes(PNG)), MASKED, None, 0.75),
        (replace(EDIT, mask=Image.from_bytes(PNG), size=Size(512, 512)), MASKED, None, 0.75),
    ],
)
def test_from_a_picture(request_: ImageRequest, draft: Draft, scaled: str | None, denoise: float) -> None:
    made = graph(request_, draft)
    assert made["image"] == {"class_type": "LoadImage", "inputs": {"image": "tintype/a.png [temp]"}}
    assert made["sampler"]["inputs"]["denoise"] == denoise
    assert made.get("fitted", {}).get("class_type") == scaled
    encoder = made["whole" if draft.mask else "latent"]
    assert encoder["class_type"] == "VAEEncode"
    assert encoder["inputs"]["pixels"] == ["fitted" if scaled else "image", 0]


def test_a_mask_keeps_what_is_outside_of_it() -> None:
    made = graph(replace(EDIT, mask=Image.from_bytes(PNG)), MASKED)
    assert made["mask"]["inputs"] == {"image": "tintype/m.png [temp]", "channel": "alpha"}
    assert made["latent"]["class_type"] == "SetLatentNoiseMask"
    assert made["composed"]["inputs"]["destination"] == ["image", 0]
    assert made["result"]["inputs"] == {"images": ["composed", 0]}


@pytest.mark.parametrize("draft", [SD15, ONE, MASKED])
def test_every_link_leads_to_a_node(draft: Draft) -> None:
    made = graph(LARGE if draft.images else REQUEST, draft)
    for node in made.values():
        for value in node["inputs"].values():
            if isinstance(value, list):
                assert value[0] in made


WORKFLOW: dict[str, Any] = {
    "1": {"class_type": "KSampler", "inputs": {"seed": "%seed%", "steps": "%steps%", "cfg": "%guidance%"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "photo of %prompt%, no %negative%"}},
    "3": {"class_type": "SaveImage", "inputs": {"filename_prefix": "%year%/%width%x%height%"}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "%model%"}},
}


def test_markers_become_values() -> None:
    request = replace(REQUEST, prompt='a "cat" %seed%', negative_prompt="rain", guidance_scale=3.5)
    made = graph(request, SD15._replace(graph=WORKFLOW))
    assert made["1"]["inputs"] == {"seed": 7, "steps": 20, "cfg": 3.5}
    assert made["2"]["inputs"]["text"] == 'photo of a "cat" %seed%, no rain'
    assert made["3"]["inputs"]["filename_prefix"] == "%year%/1024x1024"
    assert made["4"]["inputs"]["ckpt_name"] == "sd15.safetensors"
    assert WORKFLOW["1"]["inputs"]["seed"] == "%seed%"  # for the next picture


def test_the_second_picture_has_a_marker_of_its_own() -> None:
    two = {"1": {"class_type": "A", "inputs": {"a": "%image%", "b": "%image2%"}}}
    made = graph(EDIT, SD15._replace(graph=two, images=["a.png", "b.png"]))
    assert made["1"]["inputs"] == {"a": "a.png", "b": "b.png"}


@pytest.mark.parametrize(
    ("text", "draft", "kind", "param"),
    [
        ("%image%", SD15, BadRequest, "image"),
        ("%image% %mask%", ONE, BadRequest, "mask"),
        ("%prompt%", ONE, Unsupported, "image"),
        ("%image%", MASKED, Unsupported, "mask"),
    ],
)
def test_pictures_and_markers_have_to_match(
    text: str, draft: Draft, kind: type[TintypeError], param: str
) -> None:
    workflow = {"1": {"class_type": "A", "inputs": {"text": text}}}
    with pytest.raises(kind) as caught:
        graph(REQUEST, draft._replace(graph=workflow))
    assert type(caught.value) is kind
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "not JSON"),
        (b"[]", "Export \\(API\\)"),
        (b"{}", "Export \\(API\\)"),
        (b'{"nodes": [], "links": []}', "for the editor"),
        (b'{"3": {"inputs": {}}}', "node 3 has no `class_type`"),
        (b'{"3": 4}', "node 3"),
    ],
)
def test_files_that_are_no_workflow(data: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=f"flux.json.*{words}"):
        read_workflow("flux.json", data)


# ---- answers

DONE: dict[str, Any] = {
    "prompt": [1, "id", {}, {}, ["9"]],
    "outputs": {
        "8": {"images": [{"filename": "p.png", "subfolder": "", "type": "temp"}]},
        "9": {"images": [{"filename": "a_1.png", "subfolder": "x", "type": "output"}], "animated": [False]},
        "10": {"text": ["hello"]},
    },
    "status": {
        "status_str": "success",
        "completed": True,
        "messages": [["execution_start", {}], ["execution_success", {}]],
    },
    "meta": {},
}


def entry(**changes: Any) -> Entry:
    return msgspec.convert({**DONE, **changes}, Entry)


def failed(*messages: Any) -> dict[str, Any]:
    return {"outputs": {}, "status": {"status_str": "error", "completed": False, "messages": list(messages)}}


def test_what_is_kept_comes_before_previews() -> None:
    assert read(entry()) == Saved("a_1.png", "x", "output")
    assert read(entry(outputs={"8": DONE["outputs"]["8"]})) == Saved("p.png", "", "temp")
    assert read(entry(status=None)) == Saved("a_1.png", "x", "output")  # as old servers have it


NODE = {"node_id": "3", "node_type": "KSampler", "traceback": ["secret/path.py"]}


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"outputs": {}}, NoImage, "saves one"),
        (
            failed(["execution_error", {**NODE, "exception_message": "CUDA out of memory. Tried to"}]),
            Busy,
            "node 3 \\(KSampler\\)",
        ),
        (
            failed(["execution_error", {**NODE, "exception_type": "torch.OutOfMemoryError"}]),
            Busy,
            "memory",
        ),
        (
            failed(["execution_error", {**NODE, "exception_message": "shapes\n"}]),
            Rejected,
            "node 3 \\(KSampler\\): shapes",
        ),
        (failed(["execution_interrupted", NODE]), Unavailable, "stop"),
        (failed(), Rejected, "does not say why"),
    ],
)
def test_failures_of_the_history(changes: dict[str, Any], kind: type[TintypeError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        read(entry(**changes))
    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)


FAULT = {
    "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation"},
    "node_errors": {
        "4": {
            "errors": [
                {
                    "type": "value_not_in_list",
                    "message": "Value not in list",
                    "details": "ckpt_name: 'x' not in ['y']",
                    "extra_info": {},
                }
            ],
            "dependent_outputs": ["9"],
            "class_type": "CheckpointLoaderSimple",
        }
    },
}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (FAULT, "node 4 (CheckpointLoaderSimple): Value not in list: ckpt_name: 'x' not in ['y']."),
        (
            {
                "error": {
                    "type": "invalid_prompt",
                    "message": "Cannot execute because node Foo does not exist.",
                    "details": "Node ID '#3'",
                },
                "node_errors": [],
            },
            "Cannot execute because node Foo does not exist: Node ID '#3'.",
        ),
        ({"error": "no prompt", "node_errors": []}, "no prompt."),
    ],
)
def test_a_workflow_that_is_not_taken_is_told_in_a_sentence(document: object, words: str) -> None:
    error = read_error(400, json.dumps(document).encode())
    assert type(error) is Rejected
    assert str(error) == f"ComfyUI does not take the workflow: {words}"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"[" * 100_000])
def test_errors_that_say_nothing(body: bytes) -> None:
    assert read_error(500, body) is None


# ---- over a socket


@dataclass
class Comfy:
    """Draws one workflow at a time, for `looks` looks at its history; knows ids of callers' own if it is not `old`."""

    looks: int = 2
    old: bool = False
    entry: dict[str, Any] = field(default_factory=lambda: DONE)
    refusal: Told | None = None
    forgets: bool = False
    pending: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    history: dict[str, Any] = field(default_factory=dict)
    uploads: list[multipart.Part] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    _looked: int = 0

    async def __call__(self, asked: Asked) -> Told:
        self.moved.set()
        return self._answer(asked)

    def _answer(self, asked: Asked) -> Told:
        match asked.method, asked.path:
            case "GET", "/models/checkpoints":
                return told(["first.safetensors", "second.safetensors"])
            case "GET", "/system_stats":
                return told({"system": {"comfyui_version": "0.3.75"}, "devices": []})
            case "POST", "/upload/image":
                self.uploads += multipart.read(asked.body, asked.headers["content-type"])
                name = self.uploads[-3].filename
                return told({"name": name, "subfolder": "tintype", "type": "temp"})
            case "POST", "/prompt":
                return self._order(asked.json())
            case "GET", "/queue":
                return told(
                    {
                        "queue_running": list(map(item, self.running)),
                        "queue_pending": list(map(item, self.pending)),
                    }
                )
            case "POST", "/queue":
                self.pending = [each for each in self.pending if each not in asked.json()["delete"]]
                return Told(b"")
            case "POST", "/interrupt":
                self.interrupted.append(asked.json()["prompt_id"])
                return Told(b"")
            case "GET", "/view":
                return Told(PNG, media_type="image/png")
        assert asked.path.startswith("/history/"), asked.path
        self._work()
        id = asked.path.removeprefix("/history/")
        return told({id: self.history[id]} if id in self.history else {})

    def _order(self, document: dict[str, Any]) -> Told:
        if self.refusal:
            return self.refusal
        id = f"old-{len(self.pending)}" if self.old else document["prompt_id"]
        self.pending.append(id)
        return told({"prompt_id": id, "number": 1, "node_errors": {}})

    def _work(self) -> None:
        if self.forgets:
            self.pending, self.running = [], []
            return
        if not self.running and self.pending:
            self.running.append(self.pending.pop(0))
            self._looked = 0
        self._looked += 1
        if self.running and self._looked > self.looks:
            self.history[self.running.pop()] = self.entry


def item(id: str) -> list[Any]:
    return [3, id, {"1": {"class_type": "X"}}, {"client_id": "?"}, ["9"]]


@asynccontextmanager
async def comfy(server: Comfy, **options: Any) -> AsyncIterator[tuple[ComfyUI, Room]]:
    async with room(server) as made:
        provider = ComfyUI.open(Access(name="comfyui", base_url=made.url, options=options))
        try:
            yield provider, made
        finally:
            await provider.close()


async def drawn(
    server: Comfy, request: ImageRequest = REQUEST, card: ModelCard = NAMED, **options: Any
) -> tuple[list[ImageEvent], Room]:
    async with comfy(server, **options) as (provider, made):
        return [event async for event in provider.generate(request, card)], made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tintype.providers.comfyui._EVERY", 0.01)


@pytest.mark.parametrize("old", [False, True])
def test_a_picture(old: bool) -> None:
    events, made = asyncio.run(drawn(Comfy(old=old)))
    assert events == [Completed(image=Image.from_bytes(PNG), seed=7)]
    view = made.asked[-1]
    assert (view.path, view.query) == ("/view", {"filename": "a_1.png", "subfolder": "x", "type": "output"})
    order = next(each for each in made.asked if each.path == "/prompt").json()
    assert order["prompt"]["model"]["inputs"]["ckpt_name"] == "sd15.safetensors"


def test_several_wait_in_the_queue_together_each_with_its_own_seed() -> None:
    events, made = asyncio.run(drawn(Comfy(looks=0), replace(REQUEST, n=3)))
    assert [(e.index, e.seed) for e in events if isinstance(e, Completed)] == [(0, 7), (1, 8), (2, 9)]
    assert made.calls()[:3] == ["POST /prompt"] * 3


def test_without_a_seed_every_picture_is_another() -> None:
    async def seeds() -> set[int | None]:
        async with comfy(Comfy(looks=0)) as (provider, _):
            request = replace(REQUEST, seed=None)
            return {
                event.seed
                for _ in range(3)
                async for event in provider.generate(request, NAMED)
                if isinstance(event, Completed)
            }

    assert len(asyncio.run(seeds())) == 3


def test_the_default_is_the_first_checkpoint_that_there_is() -> None:
    _, made = asyncio.run(drawn(Comfy(looks=0), card=CARD))
    order = next(each for each in made.asked if each.path == "/prompt").json()
    assert order["prompt"]["model"]["inputs"]["ckpt_name"] == "first.safetensors"


def test_pictures_go_to_the_temporary_folder_under_names_of_their_own() -> None:
    server = Comfy(looks=0)
    request = replace(EDIT, mask=Image.from_bytes(png(Size(16, 8))))
    _, made = asyncio.run(drawn(server, request))
    files = [part for part in server.uploads if part.name == "image"]
    assert [bytes(part.data) for part in files] == [PNG, png(Size(16, 8))]
    assert len({part.filename for part in files}) == 2
    assert [bytes(part.data) for part in server.uploads if part.name == "type"] == [b"temp"] * 2
    nodes = next(each for each in made.asked if each.path == "/prompt").json()["prompt"]
    assert nodes["image"]["inputs"]["image"] == f"tintype/{files[0].filename} [temp]"
    assert nodes["mask"]["inputs"]["image"] == f"tintype/{files[1].filename} [temp]"


@pytest.mark.parametrize("by_model", [True, False])
def test_a_workflow_of_the_operators_own(tmp_path: Path, by_model: bool) -> None:
    file = tmp_path / "flux.json"
    file.write_text(json.dumps(WORKFLOW))
    card = replace(CARD, upstream_id=str(file)) if by_model else NAMED
    options: dict[str, Any] = {} if by_model else {"workflow": str(file)}
    _, made = asyncio.run(drawn(Comfy(looks=0), card=card, **options))
    nodes = next(each for each in made.asked if each.path == "/prompt").json()["prompt"]
    assert nodes["1"]["inputs"] == {"seed": 7, "steps": 20, "cfg": 7.0}


def test_a_workflow_that_is_not_there_is_named() -> None:
    with pytest.raises(Rejected, match=r"workflow nowhere\.json cannot be read"):
        asyncio.run(drawn(Comfy(), workflow="nowhere.json"))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda: Comfy(refusal=told(FAULT, 400)), Rejected),
        (lambda: Comfy(refusal=told({})), Garbled),
        (lambda: Comfy(looks=0, entry=failed(["execution_interrupted", NODE])), Unavailable),
        (lambda: Comfy(looks=0, entry={**DONE, "outputs": {}}), NoImage),
        (lambda: Comfy(forgets=True), Unavailable),
    ],
)
def test_failures(change: Callable[[], Comfy], kind: type[TintypeError]) -> None:
    with pytest.raises(kind) as caught:
        asyncio.run(drawn(change()))
    assert type(caught.value) is kind
    assert not caught.value.charged


def test_a_server_that_is_not_there_is_told_as_that() -> None:
    async def main() -> None:
        provider = ComfyUI.open(Access(name="comfyui", base_url="http://127.0.0.1:9"))
        try:
            async with aclosing(provider.generate(REQUEST, NAMED)) as events:
                async for _ in events:
                    pass
        finally:
            await provider.close()

    with pytest.raises(Unavailable, match=r"127\.0\.0\.1"):
        asyncio.run(main())


async def left(server: Comfy, request: ImageRequest, when: Callable[[], bool]) -> Room:
    async with comfy(server) as (provider, made):

        async def caller() -> None:
            async with aclosing(provider.generate(request, NAMED)) as events:
                async for _ in events:
                    pass

        task = asyncio.create_task(caller())
        while not when():
            server.moved.clear()
            await server.moved.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        return made


def test_whoever_leaves_ends_what_is_drawn_and_what_waits() -> None:
    server = Comfy(looks=10_000)
    asyncio.run(
        left(server, replace(REQUEST, n=3), lambda: len(server.pending) == 2 and bool(server.running))
    )
    assert server.pending == []
    assert server.interrupted == server.running


def test_whoever_leaves_the_queue_interrupts_nobody() -> None:
    server = Comfy(looks=10_000, running=["somebody-else"])
    asyncio.run(left(server, REQUEST, lambda: bool(server.pending)))
    assert server.pending == []
    assert server.interrupted == []


def test_a_caller_who_hangs_up_on_the_house_ends_the_drawing() -> None:
    async def main() -> Comfy:
        server = Comfy(looks=10_000)
        async with comfy(server) as (provider, _):
            offers = Offers([Offer(NAMED, provider)], default=NAMED.id)
            job = Gateway(offers=offers, polyfills=all_polyfills()).submit(replace(REQUEST, n=2))
            async with job.watched():
                while not server.running:
                    server.moved.clear()
                    await server.moved.wait()
            assert job._task is not None
            await job._task
            assert isinstance(job.error, Cancelled)
        return server

    server = asyncio.run(main())
    assert (server.pending, server.interrupted) == ([], server.running)


def test_a_workflow_that_fails_takes_the_others_along() -> None:
    server = Comfy(looks=0, entry=failed(["execution_error", NODE]))
    with pytest.raises(Rejected):
        asyncio.run(drawn(server, replace(REQUEST, n=3)))
    assert server.pending == []


def test_what_the_doctor_hears() -> None:
    async def main(**options: Any) -> str:
        async with comfy(Comfy(), **options) as (provider, _):
            return await provider.check()

    assert asyncio.run(main()) == "ComfyUI 0.3.75 answers, 2 checkpoints"
    with pytest.raises(Rejected, match="nowhere"):
        asyncio.run(main(workflow="nowhere.json"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": "many"}, "`steps` is a whole number, not 'many'"),
        ({"steps": True}, "`steps`"),
        ({"size": "large"}, "pixels such as"),
        ({"size": 5}, "`size`"),
        ({"workflow": 1}, "`workflow`"),
    ],
)
def test_settings_of_the_wrong_kind(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ComfyUI.open(Access(name="comfyui", base_url="http://127.0.0.1:8188", options=options))


def test_a_whole_number_is_guidance_too() -> None:
    ComfyUI.open(Access(name="comfyui", base_url="http://127.0.0.1:8188", options={"guidance": 7}))
