"""NanoGPT's pages against the house: what they print, pasted with another host, gives what they print."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import openai
import PIL.Image
import pytest
from PIL import ImageChops, ImageStat

from tintype.core import Image, Size
from tintype.dialects import all_dialects
from tintype.pixels import read_picture
from tintype.wire import multipart

from ..pictures import encoded, picture, png
from ..seeds import Exchange, printed, same_shape
from .test_http import call

EXCHANGES = printed("nanogpt")
JSON = {"content-type": "application/json"}
PATHS = ("/nanogpt/v1/images/generations", "/nanogpt/api/v1/images/generations")


def paste(address: str, exchange: Exchange) -> Any:
    request = exchange.request
    assert request.host == "https://nano-gpt.com"
    headers = {name: re.sub(r"\$\w+", "k", value) for name, value in request.headers.items()}
    status, _, body = call(address, request.method, f"/nanogpt{request.path}", request.body, **headers)
    assert status == 200, body
    return json.loads(body)


def numbers(document: Any) -> Any:
    """JSON has one kind of number: 0 and 129.40 are of the same type."""
    return json.loads(json.dumps(document), parse_int=float)


def post(address: str, path: str, **fields: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    status, headers, body = call(address, "POST", path, json.dumps(fields).encode(), **JSON)
    return status, headers, json.loads(body)


def data_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def only_picture(answer: dict[str, Any]) -> Image:
    (item,) = answer["data"]
    return Image.from_bytes(base64.b64decode(item["b64_json"], validate=True))


def test_every_command_of_the_pages_is_found() -> None:
    assert [exchange.request.path for exchange in EXCHANGES] == [
        "/v1/images/generations",
        "/v1/images/generations",
        "/api/v1/images",
        "/api/v1/images/models",
        "/api/v1/images/models/gpt-image-2/endpoints",
        "/api/v1/image-models?detailed=true",
        "/api/v1/usage?from=2026-05-01&to=2026-05-31&group_by=model",
        "/api/v1/usage/requests/req_example",
    ]


@pytest.mark.parametrize("exchange", EXCHANGES[:3], ids=["base64", "url", "normalized"])
def test_a_printed_request_gives_the_printed_answer(address: str, exchange: Exchange) -> None:
    answer = paste(address, exchange)
    same_shape(numbers(exchange.response), numbers(answer))
    if "url" in answer["data"][0]:
        url = answer["data"][0]["url"]
        assert url.startswith(address)
        status, headers, body = call(address, "GET", url.removeprefix(address))
        assert (status, headers["content-type"]) == (200, "image/png")
        assert "max-age=3600" in headers["cache-control"]
    else:
        body = base64.b64decode(answer["data"][0]["b64_json"], validate=True)
    assert Image.from_bytes(body).header() == ("png", Size(1024, 1024))


def test_the_price_of_a_picture_is_the_bill(address: str) -> None:
    for model, n, cost in (("pruna-ai/p-image/text-to-image", 4, 0.02), ("flux-pro", 2, 0.1)):
        _, headers, answer = post(address, PATHS[0], model=model, prompt="a boat", n=n, size="1024x1024")
        assert len(answer["data"]) == n
        assert answer["cost"] == cost
        assert "x-tintype-notice" not in headers
    _, _, answer = post(address, PATHS[0], model="gpt-image-2", prompt="a boat", quality="low")
    assert answer["cost"] == pytest.approx(0.0059, abs=0.0001)
    _, headers, answer = post(address, PATHS[0], prompt="a boat")
    assert answer["cost"] == 0
    assert "price of hidream is not known" in headers["x-tintype-notice"]


def test_discovery_prints_what_the_pages_print(address: str) -> None:
    answer = paste(address, EXCHANGES[3])
    (shown,) = EXCHANGES[3].response["data"]
    assert list(answer) == ["object", "data", "meta"]
    same_shape(EXCHANGES[3].response["meta"], answer["meta"])
    assert answer["meta"]["count"] == len(answer["data"])
    found = {model["id"]: model for model in answer["data"]}["gpt-image-2"]
    assert list(found) == list(shown)
    offered = found["supported_parameters"]
    assert list(offered)[:4] == list(shown["supported_parameters"])
    for name, printed_one in shown["supported_parameters"].items():
        same_shape(printed_one, offered[name])
    for name in ("architecture", "capabilities"):
        same_shape(shown[name], found[name])
    assert found["name"] == "GPT Image 2"
    assert found["endpoints"] == shown["endpoints"]


def test_an_endpoint_prints_what_the_page_prints(address: str) -> None:
    (shown,) = EXCHANGES[4].response["endpoints"]
    (found,) = paste(address, EXCHANGES[4])["endpoints"]
    assert list(found) == list(shown)
    for name in ("pricing", "input_reference_constraints"):
        same_shape(shown[name], found[name])
    assert found["pricing"][0] == {**shown["pricing"][0], "cost_usd": 0.05268}  # the vendor's own price


def test_every_endpoint_of_the_list_is_there(address: str) -> None:
    _, _, listing = call(address, "GET", "/nanogpt/api/v1/images/models")
    for model in json.loads(listing)["data"]:
        status, _, body = call(address, "GET", f"/nanogpt{model['endpoints']}")
        assert status == 200, model["id"]
        document = json.loads(body)
        assert document["id"] == model["id"]
        assert document["endpoints"][0]["supported_parameters"] == model["supported_parameters"]
    status, _, body = call(address, "GET", "/nanogpt/api/v1/images/models/no/such/endpoints")
    assert status == 404
    assert json.loads(body)["code"] == "model_not_found"


def test_the_older_list_prints_what_its_page_prints(address: str) -> None:
    answer = paste(address, EXCHANGES[5])
    (shown,) = EXCHANGES[5].response["data"]
    found = {model["id"]: model for model in answer["data"]}["pruna-ai/p-image/text-to-image"]
    assert list(found) == list(shown)
    for name in ("architecture", "capabilities", "supported_parameters"):
        assert found[name] == shown[name]
    assert found["pricing"]["per_image"] == {"1024*1024": 0.005, "1376*768": 0.005, "1184*896": 0.005}
    assert (found["name"], found["owned_by"]) == (shown["name"], shown["owned_by"])
    _, _, body = call(address, "GET", "/nanogpt/api/v1/image-models?detailed=false")
    assert {tuple(model) for model in json.loads(body)["data"]} == {("id", "object", "created", "owned_by")}


def test_what_discovery_offers_is_drawn_as_offered(address: str) -> None:
    """A model's first and last resolution, as its list says them, give that many pixels."""
    _, _, body = call(address, "GET", "/nanogpt/api/v1/image-models")
    offered = {model["id"]: model for model in json.loads(body)["data"]}
    for id in ("hidream", "flux-lora/inpainting", "pruna-ai/p-image/text-to-image"):
        resolutions = offered[id]["supported_parameters"]["resolutions"]
        assert resolutions
        for wanted in {resolutions[at] for at in (0, -1)}:
            order = {"model": id, "prompt": "a red boat", "resolution": wanted}
            _, headers, answer = post(address, "/nanogpt/api/v1/images", **order)
            assert str(only_picture(answer).header().size) == wanted, id
            assert "size" not in headers.get("x-tintype-plan", "")


def test_balance_and_usage(address: str) -> None:
    status, _, body = call(address, "POST", "/nanogpt/api/check-balance", b"{}", **{"x-api-key": "k"})
    assert status == 200
    balance = json.loads(body)
    assert list(balance) == ["usd_balance", "nano_balance", "nanoDepositAddress"]
    assert all(isinstance(value, str) for value in balance.values())
    usage = paste(address, EXCHANGES[6])
    assert (usage["from"], usage["to"], usage["groupBy"]) == ("2026-05-01", "2026-05-31", "model")
    assert usage["byModel"] == []
    assert "byDay" not in usage
    assert set(usage["totals"].values()) == {0}


def test_a_path_that_leads_nowhere_is_told_in_its_manner(address: str) -> None:
    for method, path, status in (("GET", "/nanogpt/api/v1/videos", 404), ("GET", PATHS[0], 405)):
        found, _, body = call(address, method, path)
        assert found == status
        assert list(json.loads(body)) == ["error"]
        assert list(json.loads(body)["error"]) == ["message", "type", "code"]


def test_what_a_request_came_to(address: str) -> None:
    _, headers, answer = post(address, PATHS[0], model="gpt-image-2", prompt="a boat", quality="low")
    shown = EXCHANGES[7]
    status, _, body = call(
        address, "GET", "/nanogpt" + shown.request.path.replace("req_example", headers["x-request-id"])
    )
    assert status == 200
    receipt = json.loads(body)
    same_shape(shown.response, receipt)
    assert receipt["request_id"] == headers["x-request-id"]
    assert float(receipt["cost"]) == answer["cost"] > 0
    assert receipt["usage"]["output_tokens"] == 196
    assert receipt["created_at"] <= receipt["as_of"] < receipt["expires_at"]
    status, headers, _ = call(address, "GET", "/nanogpt" + shown.request.path)
    assert (status, headers["retry-after"]) == (404, "30")


def test_the_fields_of_the_page_reach_the_model(address: str) -> None:
    """The page's sample names every field; on a model that has them all, nothing is ignored."""
    fields = {
        "model": "flux-kontext",
        "prompt": "Transform this image into a watercolor painting",
        "n": 1,
        "size": "1024x1024",
        "response_format": "b64_json",
        "user": "u-1",
        "imageDataUrl": data_url(png(Size(1024, 1024), "#36c")),
        "imageDataUrls": [data_url(png(Size(64, 64), "#c63"))],
        "strength": 0.8,
        "guidance_scale": 7.5,
        "num_inference_steps": 30,
        "seed": 42,
        "kontext_max_mode": True,
    }
    status, headers, answer = post(address, PATHS[1], **fields)
    assert status == 200, answer
    assert "x-tintype-plan" not in headers
    _, headers, _ = post(address, PATHS[1], **{**fields, "model": "gpt-image-2", "guidance_scale": 3})
    for name in ("strength", "guidance_scale", "num_inference_steps", "seed", "kontext_max_mode"):
        assert f"{name}=ignored" in headers["x-tintype-plan"]


def test_strength_is_how_far_an_edit_goes(address: str) -> None:
    before = png(Size(256, 256), "#3366cc")
    changes = []
    for strength in (0.0, 0.3, 1.0):
        _, _, answer = post(
            address,
            PATHS[0],
            model="hidream",
            prompt="a snowy mountain at night",
            size="256x256",
            imageDataUrl=data_url(before),
            strength=strength,
            seed=1,
        )
        changes.append(distance(before, bytes(only_picture(answer).as_bytes())))
    assert changes[0] == 0
    assert changes[0] < changes[1] < changes[2]


def distance(one: bytes, other: bytes) -> float:
    """The mean difference of two pictures' pixels, 0 to 255."""
    first, second = (read_picture(Image.from_bytes(data)).convert("RGB") for data in (one, other))
    return float(sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3)


def test_openai_sdk(address: str) -> None:
    with openai.OpenAI(base_url=f"{address}/nanogpt/v1", api_key="k", max_retries=0) as client:
        made = client.images.generate(model="hidream", prompt="a fox", size="512x512")
        assert made.data
        assert made.data[0].b64_json
        edited = client.images.edit(
            model="flux-kontext", prompt="a fox in snow", image=("a.png", png(Size(64, 64), "#0a0"))
        )
        assert edited.data
        assert "hidream" in {model.id for model in client.models.list()}
        with pytest.raises(openai.NotFoundError) as caught:
            client.images.generate(model="nobody", prompt="a fox")
    assert caught.value.code == "model_not_found"
    assert caught.value.type == "not_found_error"
    assert caught.value.request_id


# One picture, one region, in three manners.

BEFORE = png(Size(512, 512), "#3366cc")
PLACE = (128, 192, 384, 448)
DIALECTS = {dialect.name for dialect in all_dialects()}
PROMPT = {"model": "tintype-illustrator", "prompt": "a red balloon", "seed": 7, "size": "512x512"}


def with_a_hole() -> bytes:
    """OpenAI's and Octen's sense: transparent is to change."""
    mask = PIL.Image.new("RGBA", (512, 512), "black")
    mask.paste((0, 0, 0, 0), PLACE)
    return encoded(mask, "png")


def white_on_black() -> bytes:
    """NanoGPT's sense: white is to change."""
    mask = PIL.Image.new("RGB", (512, 512), "black")
    mask.paste("white", PLACE)
    return encoded(mask, "png")


def by_form(address: str, path: str, mask: bytes) -> bytes:
    fields = [multipart.Field(name, str(value).encode()) for name, value in PROMPT.items()]
    files = [multipart.Field(name, data, "image/png") for name, data in (("image", BEFORE), ("mask", mask))]
    media_type, body = multipart.write(iter([*fields, *files]))
    status, _, answer = call(address, "POST", path, body, **{"content-type": media_type})
    assert status == 200, answer
    return bytes(only_picture(json.loads(answer)).as_bytes())


def by_json(address: str, path: str, image: str, mask: tuple[str, bytes]) -> bytes:
    status, _, answer = post(address, path, **PROMPT, **{image: data_url(BEFORE), mask[0]: data_url(mask[1])})
    assert status == 200, answer
    return bytes(only_picture(answer).as_bytes())


def test_one_region_in_every_manner_changes_the_same_pixels(address: str) -> None:
    edited = {
        "openai": by_form(address, "/v1/images/edits", with_a_hole()),
        "nanogpt": by_json(address, PATHS[0], "imageDataUrl", ("maskDataUrl", white_on_black())),
        "nanogpt edits": by_json(
            address, "/nanogpt/api/v1/images/edit", "imageDataUrl", ("maskDataUrl", white_on_black())
        ),
        "nanogpt form": by_form(address, "/nanogpt/api/v1/images/edits", with_a_hole()),
        "nanogpt form, white": by_form(address, "/nanogpt/v1/images/edits", white_on_black()),
        "superset": by_json(address, "/v1/images/generations", "image", ("maskDataUrl", white_on_black())),
    }
    if "octen" in DIALECTS:
        edited["octen"] = by_json(address, "/octen/v1/images/generations", "image", ("mask", with_a_hole()))
    pictures = {name: read_picture(Image.from_bytes(data)).convert("RGB") for name, data in edited.items()}
    first = pictures["openai"]
    for name, other in pictures.items():
        assert other.tobytes() == first.tobytes(), name
    kept, changed = read_picture(Image.from_bytes(BEFORE)).convert("RGB"), first.crop(PLACE)
    assert changed.tobytes() != kept.crop(PLACE).tobytes()
    around = first.copy()
    around.paste(kept.crop(PLACE), PLACE)
    assert around.tobytes() == kept.tobytes()


def test_a_mask_is_of_a_picture(address: str) -> None:
    status, _, answer = post(address, PATHS[0], prompt="a fox", maskDataUrl=data_url(picture()))
    assert status == 400
    assert answer["error"]["param"] == "mask"
