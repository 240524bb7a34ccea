"""The web UI's API: what its fields become, and what its clients read."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import Answer, Completed, Image, ImageRequest, Incoming, ModelCard, Size
from tintype.core.errors import BadRequest, Cancelled, NoImage, Unauthenticated, UnknownModel
from tintype.dialects.automatic1111 import Automatic1111
from tintype.providers._own_server import DEFAULT
from tintype.providers.automatic1111 import build

from ..fakes import FakeHouse, answered
from ..pictures import picture
from . import writing

CAT, DOG, MASK = (picture(colour=colour) for colour in ("#100", "#010", "#fff"))
DONE = Completed(image=Image.from_bytes(CAT), seed=5)
TXT2IMG, IMG2IMG = "/sdapi/v1/txt2img", "/sdapi/v1/img2img"
CARDS = (ModelCard(id="first", provider="p", aliases=("",)), ModelCard(id="second", provider="p"))


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture
def dialect() -> Automatic1111:
    return Automatic1111()


def read(dialect: Automatic1111, path: str = TXT2IMG, **fields: Any) -> ImageRequest:
    return writing.read(dialect, path, {"prompt": "a cat", **fields})


def ask(dialect: Automatic1111, method: str, name: str, body: object = None, key: str = "") -> Answer:
    aside = next(each for each in dialect.asides if (each.method, each.path) == (method, f"/sdapi/v1/{name}"))
    data = json.dumps(body).encode()
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return answered(
        aside, Incoming(path=aside.path, headers=headers, body=data), FakeHouse(cards=lambda: CARDS)
    )


def told(dialect: Automatic1111, name: str, key: str = "") -> Any:
    return json.loads(ask(dialect, "GET", name, key=key).body)


def test_every_field(dialect: Automatic1111) -> None:
    request = read(
        dialect,
        IMG2IMG,
        negative_prompt="dogs",
        width=640,
        height="384",
        steps=20,
        cfg_scale=7,
        seed=42,
        sampler_name="Euler a",
        batch_size=2,
        n_iter=3,
        init_images=[base64_of(CAT), "data:image/png;base64," + base64_of(DOG)],
        mask=base64_of(MASK),
        inpainting_mask_invert=0,
        denoising_strength=0.6,
        override_settings={"sd_model_checkpoint": "second", "samples_format": "jpg", "sd_vae": "x"},
        restore_faces=False,
        tiling=True,
        save_images=True,
        send_images=True,
    )
    assert request == ImageRequest(
        model="second",
        prompt="a cat",
        negative_prompt="dogs",
        size=Size(640, 384),
        num_inference_steps=20,
        guidance_scale=7.0,
        seed=42,
        n=6,
        images=(Image.from_bytes(CAT), Image.from_bytes(DOG)),
        mask=Image.from_bytes(MASK),
        mask_is_white=True,
        strength=0.6,
        output_format="jpeg",
        response_format="b64_json",
        extras={
            "automatic1111": {"sampler_name": "Euler a", "override_settings": {"sd_vae": "x"}, "tiling": True}
        },
        echo=request.echo,
    )


@pytest.mark.parametrize(
    ("path", "fields", "size"),
    [
        (TXT2IMG, {}, Size(512, 512)),
        (TXT2IMG, {"width": 768}, Size(768, 512)),
        (TXT2IMG, {"width": 512, "height": 768, "enable_hr": True}, Size(1024, 1536)),
        (TXT2IMG, {"width": 512, "height": 768, "enable_hr": True, "hr_scale": 1.5}, Size(768, 1152)),
        (TXT2IMG, {"enable_hr": True, "hr_resize_x": 1024, "hr_resize_y": 768}, Size(1024, 768)),
        (TXT2IMG, {"width": 512, "height": 256, "enable_hr": True, "hr_resize_x": 1024}, Size(1024, 512)),
        (TXT2IMG, {"width": 512, "height": 256, "enable_hr": True, "hr_resize_y": 512}, Size(1024, 512)),
        (TXT2IMG, {"enable_hr": False, "hr_scale": 2}, Size(512, 512)),
        (IMG2IMG, {"init_images": [base64_of(CAT)]}, None),
        (IMG2IMG, {"init_images": [base64_of(CAT)], "width": 640, "height": 640}, Size(640, 640)),
    ],
)
def test_the_size_in_the_end(
    dialect: Automatic1111, path: str, fields: dict[str, Any], size: Size | None
) -> None:
    assert read(dialect, path, **fields).size == size


@pytest.mark.parametrize(
    ("fields", "model"),
    [
        ({}, ""),
        ({"model": "second"}, "second"),
        ({"model": "first", "override_settings": {"sd_model_checkpoint": "second"}}, "second"),
    ],
)
def test_the_model_of_one_call(dialect: Automatic1111, fields: dict[str, Any], model: str) -> None:
    assert read(dialect, **fields).model == model


def test_pictures_where_nothing_is_edited_are_reported(dialect: Automatic1111) -> None:
    request = read(dialect, init_images=[base64_of(CAT)], scheduler="Automatic")
    assert request.images == ()
    assert set(request.extras["automatic1111"]) == {"init_images"}


def test_a_web_ui_behind_is_asked_for_all_that_was_said(dialect: Automatic1111) -> None:
    """Also for a 0 and a false that the web UI would not have taken by itself."""
    said = {
        "override_settings": {"CLIP_stop_at_last_layers": 2, "sd_vae": "x"},
        "alwayson_scripts": {"ADetailer": {"args": [{"ad_model": "face"}]}},
        "inpaint_full_res": False,
        "inpainting_fill": 0,
        "mask_blur": 0,
    }
    request = read(dialect, IMG2IMG, init_images=[base64_of(CAT)], tiling=False, **said)
    order = json.loads(build(request, ModelCard(id="m", provider="p", upstream_id=DEFAULT), {}, "t").body)
    assert {name: order.get(name) for name in said} == said
    assert "tiling" not in order


@pytest.mark.parametrize("fields", [{}, {"seed": -1}])
def test_without_a_seed_every_picture_is_another(dialect: Automatic1111, fields: dict[str, Any]) -> None:
    seeds = {read(dialect, **fields).seed for _ in range(4)}
    assert None not in seeds
    assert len(seeds) > 1


def test_marks_are_taken_out_of_the_prompt_and_reported(dialect: Automatic1111) -> None:
    marked = "a (red:1.3) cat <lora:fur:0.8>, (hat)"
    request = read(dialect, prompt=marked)
    assert request.prompt == "a red cat , (hat)"
    assert request.extras == {"automatic1111": {"lora": marked, "emphasis": marked}}


@pytest.mark.parametrize(
    ("path", "fields", "param", "words"),
    [
        (TXT2IMG, {"prompt": ""}, "prompt", "Missing"),
        (TXT2IMG, {"prompt": "<lora:x:1>"}, "prompt", "Missing"),
        (TXT2IMG, {"width": "wide"}, "width", "an integer"),
        (TXT2IMG, {"batch_size": 4, "n_iter": 3}, "batch_size", "12"),
        (TXT2IMG, {"override_settings": []}, "override_settings", "an object"),
        (IMG2IMG, {}, "init_images", "Missing"),
        (IMG2IMG, {"init_images": ["?"]}, "init_images", "base64"),
        (
            IMG2IMG,
            {"init_images": [base64_of(CAT)], "mask": base64_of(MASK), "inpainting_mask_invert": 1},
            "inpainting_mask_invert",
            "invert it",
        ),
    ],
)
def test_faults_are_told_as_fastapi_tells_them(
    dialect: Automatic1111, path: str, fields: dict[str, Any], param: str, words: str
) -> None:
    with pytest.raises(BadRequest, match=words) as caught:
        read(dialect, path, **fields)
    answer = dialect.write_error(caught.value)
    [fault] = json.loads(answer.body)["detail"]
    assert (answer.status, fault["loc"]) == (422, ["body", param])


def test_other_errors_are_one_sentence(dialect: Automatic1111) -> None:
    answer = dialect.write_error(UnknownModel("There is no such model.", param="model"))
    assert (answer.status, json.loads(answer.body)["detail"]) == (404, "There is no such model.")
    assert dialect.write_error(Unauthenticated("Who?")).headers == {"www-authenticate": "Basic"}


def test_an_answer(dialect: Automatic1111) -> None:
    request = read(dialect, negative_prompt="dogs", steps=20, seed=5, batch_size=2)
    made = [replace(DONE, image=Image.from_bytes(DOG), seed=6, index=1), DONE]
    answer = json.loads(writing.written(dialect, request, *made))
    assert list(answer) == ["images", "parameters", "info"]
    assert answer["images"] == [base64_of(CAT), base64_of(DOG)]
    assert answer["parameters"]["steps"] == 20
    info = json.loads(answer["info"])
    assert (info["seed"], info["all_seeds"]) == (5, [5, 6])
    assert (info["prompt"], info["all_prompts"]) == ("a cat", ["a cat", "a cat"])
    assert (info["width"], info["height"], info["sd_model_name"]) == (16, 8, "m")
    assert info["infotexts"][1] == (
        "a cat\nNegative prompt: dogs\n"
        "Steps: 20, Sampler: Euler, CFG scale: 7.0, Seed: 6, Size: 16x8, Model: m"
    )


def test_whoever_interrupts_gets_what_was_finished(dialect: Automatic1111) -> None:
    request = read(dialect, batch_size=2)
    answer = json.loads(writing.written(dialect, request, DONE, fails=Cancelled("enough")))
    assert len(answer["images"]) == 1
    with pytest.raises(Cancelled):
        writing.written(dialect, request, fails=Cancelled("enough"))
    with pytest.raises(NoImage):
        writing.written(dialect, request)


def test_models_are_checkpoints(dialect: Automatic1111) -> None:
    assert [(model["title"], model["model_name"]) for model in told(dialect, "sd-models")] == [
        ("first", "first"),
        ("second", "second"),
    ]


@pytest.mark.parametrize("name", ["second", "second.safetensors", "second [0123abcdef]"])
def test_the_checkpoint_that_a_caller_sets_draws_for_that_caller(dialect: Automatic1111, name: str) -> None:
    assert told(dialect, "options", key="mine")["sd_model_checkpoint"] == "first"
    answer = ask(dialect, "POST", "options", {"sd_model_checkpoint": name, "sd_vae": "x"}, key="mine")
    assert (answer.body, answer.headers) == (b"null", {"x-tintype-plan": "sd_vae=ignored"})
    assert told(dialect, "options", key="mine")["sd_model_checkpoint"] == "second"
    assert told(dialect, "options", key="other")["sd_model_checkpoint"] == "first"
    body = {"prompt": "a cat"}
    assert writing.read(dialect, TXT2IMG, body, authorization="Bearer mine").model == "second"
    assert writing.read(dialect, TXT2IMG, body, authorization="Bearer other").model == ""


def test_a_checkpoint_that_is_no_model_is_refused(dialect: Automatic1111) -> None:
    with pytest.raises(UnknownModel):
        ask(dialect, "POST", "options", {"sd_model_checkpoint": "nothing"})


@pytest.mark.parametrize(
    "name",
    ["samplers", "schedulers", "upscalers", "latent-upscale-modes", "sd-vae", "sd-modules", "prompt-styles"],
)
def test_lists_of_things_with_names(dialect: Automatic1111, name: str) -> None:
    """SillyTavern reads the name of every item, or shows none of them."""
    assert all(item["name"] for item in told(dialect, name))


def test_nothing_is_in_progress(dialect: Automatic1111) -> None:
    """SillyTavern waits after a change of checkpoint until it reads exactly this."""
    progress = told(dialect, "progress")
    assert (progress["progress"], progress["state"]["job_count"]) == (0.0, 0)
    assert progress["current_image"] is None
