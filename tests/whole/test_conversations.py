"""The official SDK's Responses and chat completions, and SillyTavern's calls, against the whole house."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

import openai
import pytest

from tintype.core import Grid, ModelCard, Sizes
from tintype.core.errors import Refused

from ..fakes import FakeProvider
from ..pictures import encoded, opened, picture
from ..serving import fake_gateway, serving
from .test_http import call

TOOL: Any = {"type": "image_generation", "quality": "low"}
TALL: Any = {**TOOL, "size": "1024x1536"}
CARD = ModelCard(id="m", provider="p", max_n=4, sizes=Sizes(grid=Grid()), partial_images=3)


def size_of(text: str) -> tuple[int, int]:
    return opened(base64.b64decode(text.rpartition(",")[2])).size


def test_a_response_and_the_next(client: openai.OpenAI) -> None:
    first = client.responses.create(model="gpt-5", input="a frog", tools=[TALL])
    drawn, message = first.output
    assert drawn.type == "image_generation_call"
    assert drawn.result is not None
    assert (size_of(drawn.result), drawn.size, drawn.quality) == ((1024, 1536), "1024x1536", "low")
    assert (message.type, first.output_text, first.status, first.model) == (
        "message",
        "",
        "completed",
        "gpt-5",
    )
    second = client.responses.create(
        model="gpt-5", input="in black and white", previous_response_id=first.id, tools=[TOOL]
    )
    edited = second.output[0]
    assert edited.type == "image_generation_call"
    assert edited.action == "edit"
    assert edited.result is not None
    assert edited.result != drawn.result
    assert size_of(edited.result) == (1024, 1536)


def test_a_streamed_response(client: openai.OpenAI) -> None:
    tool: Any = {**TOOL, "partial_images": 2, "n": 2}
    events = list(client.responses.create(model="gpt-5", input="a frog", tools=[tool], stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    previews = [event for event in events if event.type == "response.image_generation_call.partial_image"]
    assert sorted((event.output_index, event.partial_image_index) for event in previews) == [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
    ]
    assert all(size_of(event.partial_image_b64) == (1024, 1024) for event in previews)
    last = events[-1]
    assert last.type == "response.completed"
    assert [item.type for item in last.response.output] == ["image_generation_call"] * 2 + ["message"]


def test_the_sdks_stream_helper_collects_a_response(client: openai.OpenAI) -> None:
    with client.responses.stream(model="gpt-5", input="a frog", tools=[TOOL]) as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output[0].type == "image_generation_call"


def test_who_draws_for_a_model_of_words_is_told(client: openai.OpenAI) -> None:
    raw = client.responses.with_raw_response.create(model="gpt-5", input="a frog", tools=[TOOL])
    assert raw.headers["x-tintype-model"] == "gpt-image-2"
    assert "gpt-5 is no image model" in raw.headers["x-tintype-notice"]
    chat = client.chat.completions.with_raw_response.create(
        model="gpt-image-2", messages=[{"role": "user", "content": "a frog"}]
    )
    assert "x-tintype-notice" not in chat.headers


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"tools": []}, "tools"), ({"tools": [{**TOOL, "model": "gpt-9"}]}, "model")],
)
def test_errors_of_responses(client: openai.OpenAI, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.responses.create(model="gpt-5", input="a frog", **fields)
    assert caught.value.param == param


def test_a_refusal_within_a_streamed_response_is_raised() -> None:
    with serving(fake_gateway(FakeProvider(fails=Refused("Not that.")), CARD)) as address:
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0)
        stream = client.responses.create(model="gpt-5", input="a frog", tools=[TOOL], stream=True)
        with pytest.raises(openai.APIError, match="Not that"):
            list(stream)
        client.close()


def test_a_chat(client: openai.OpenAI) -> None:
    said: Any = [{"role": "user", "content": "a frog"}]
    wide = {"modalities": ["image", "text"], "image_config": {"aspect_ratio": "16:9"}}
    reply = client.chat.completions.create(model="openai/gpt-4o", messages=said, n=2, extra_body=wide)
    message: Any = reply.choices[0].message
    assert len(reply.choices) == 1
    assert message.content == "Here are your 2 pictures."
    assert [size_of(image["image_url"]["url"]) for image in message.images] == [(1360, 768)] * 2
    assert reply.usage is not None
    assert reply.usage.completion_tokens > 0
    said += [message.model_dump(), {"role": "user", "content": "in black and white"}]
    again: Any = client.chat.completions.create(model="openai/gpt-4o", messages=said)
    url = again.choices[0].message.images[0]["image_url"]["url"]
    assert url not in [image["image_url"]["url"] for image in message.images]


def test_a_streamed_chat(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="gpt-image-2",
            messages=[{"role": "user", "content": "a frog"}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    deltas: list[Any] = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    images = [image for delta in deltas for image in getattr(delta, "images", None) or []]
    assert [size_of(image["image_url"]["url"]) for image in images] == [(1024, 1024)]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens > 0


def test_as_sillytavern_calls_it(address: str) -> None:
    """Connect, choose a model, draw: the calls of its server, in their order."""
    key = {"authorization": "Basic " + base64.b64encode(b"tavern:secret").decode()}

    def get(name: str) -> Any:
        status, _, body = call(address, "GET", f"/sdapi/v1/{name}", **key)
        assert status == 200
        return json.loads(body)

    assert get("options")["sd_model_checkpoint"] == "gpt-image-2"
    titles = [model["title"] for model in get("sd-models")]
    assert "tintype-illustrator" in titles
    for name in ("samplers", "schedulers", "upscalers", "latent-upscale-modes", "sd-vae"):
        assert isinstance(get(name), list)
    chosen = {"sd_model_checkpoint": "tintype-illustrator"}
    assert call(address, "POST", "/sdapi/v1/options", chosen, **key)[0] == 200
    assert get("options")["sd_model_checkpoint"] == "tintype-illustrator"
    assert get("progress")["progress"] == 0
    order = {
        "url": "http://127.0.0.1:7860",
        "auth": "",
        "prompt": "a frog",
        "negative_prompt": "",
        "sampler_name": "Euler a",
        "scheduler": "Automatic",
        "steps": 20,
        "cfg_scale": 7,
        "width": 320,
        "height": 192,
        "restore_faces": False,
        "enable_hr": False,
        "hr_scale": 2,
        "denoising_strength": 0.7,
        "seed": 3,
        "override_settings": {"CLIP_stop_at_last_layers": 1},
        "save_images": True,
        "send_images": True,
    }
    status, headers, body = call(address, "POST", "/sdapi/v1/txt2img", order, **key)
    assert (status, headers["x-tintype-model"]) == (200, "tintype-illustrator")
    answer = json.loads(body)
    assert [size_of(image) for image in answer["images"]] == [(320, 192)]
    assert json.loads(answer["info"])["seed"] == 3


def test_inpainting_changes_what_is_white(address: str) -> None:
    mask = opened(picture("png", 96, 64, "#000"))
    mask.paste("#fff", (0, 0, 48, 64))
    order = {
        "prompt": "a red balloon",
        "init_images": [base64.b64encode(picture("png", 96, 64, "#48c")).decode()],
        "mask": base64.b64encode(encoded(mask, "PNG")).decode(),
        "override_settings": {"sd_model_checkpoint": "tintype-illustrator"},
    }
    status, headers, body = call(address, "POST", "/sdapi/v1/img2img", order)
    assert (status, "mask=filled:white_to_alpha" in headers["x-tintype-plan"]) == (200, True)
    made = opened(base64.b64decode(json.loads(body)["images"][0])).convert("RGB")
    assert made.size == (96, 64)
    assert made.crop((50, 0, 96, 64)).getcolors() == [(46 * 64, (0x44, 0x88, 0xCC))]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("txt2img", {"prompt": ""}, 422), ("txt2img", b"[", 400), ("nothing", {}, 404), ("options", b"1", 400)],
)
def test_every_error_has_a_detail(address: str, path: str, body: object, status: int) -> None:
    got, _, answer = call(address, "POST", f"/sdapi/v1/{path}", body)
    assert got == status
    assert json.loads(answer)["detail"]


def test_progress_and_interrupt_are_of_ones_own_drawings() -> None:
    """Four pictures in turn; after the first, somebody else's interrupt is without effect and one's own is not."""
    mine, other = {"authorization": "Bearer mine"}, {"authorization": "Bearer other"}
    provider = FakeProvider(pause=0.3)
    with serving(fake_gateway(provider, CARD)) as address:
        answers: list[tuple[int, dict[str, str], bytes]] = []
        order = {"prompt": "a frog", "batch_size": 4, "width": 64, "height": 64}
        drawing = threading.Thread(
            target=lambda: answers.append(call(address, "POST", "/sdapi/v1/txt2img", order, **mine))
        )
        drawing.start()
        seen = wait_for_a_picture(address, mine)
        assert 0.2 < seen["progress"] < 1
        assert size_of(seen["current_image"]) == (64, 64)
        assert seen["state"]["job_count"] == 4
        _, _, body = call(address, "GET", "/sdapi/v1/progress?skip_current_image=true", **mine)
        assert json.loads(body)["current_image"] is None
        _, _, body = call(address, "GET", "/sdapi/v1/progress", **other)
        assert json.loads(body)["progress"] == 0
        call(address, "POST", "/sdapi/v1/interrupt", **other)
        assert drawing.is_alive()
        assert call(address, "POST", "/sdapi/v1/interrupt", **mine)[0] == 200
        drawing.join(5)
        [(status, _, body)] = answers
        assert status == 200
        assert 1 <= len(json.loads(body)["images"]) < 4


def wait_for_a_picture(address: str, key: dict[str, str]) -> dict[str, Any]:
    for _ in range(200):
        seen: dict[str, Any] = json.loads(call(address, "GET", "/sdapi/v1/progress", **key)[2])
        if seen["current_image"]:
            return seen
        time.sleep(0.02)
    raise AssertionError("no picture was ever in progress")


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions", "/v1/responses", "/sdapi/v1/txt2img", "/sdapi/v1/img2img"]
)
def test_the_calls_are_described(address: str, path: str) -> None:
    document = json.loads(call(address, "GET", "/openapi.json")[2])
    described = document["paths"][path]["post"]
    assert described["summary"]
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    named = schema.get("$ref", "").removeprefix("#/components/schemas/")
    assert (document["components"]["schemas"][named] if named else schema)["required"]
