"""Google's clients against the whole house: what they put on the wire, answered as Google would."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tintype.core import Image, ModelCard
from tintype.core.errors import NoImage, Refused, TintypeError, Unavailable
from tintype.gateway.settings import Settings

from ..fakes import FakeProvider
from ..pictures import picture
from ..serving import fake_gateway, serving

RECORDED = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "replies" / "google_requests.jsonl").read_text().splitlines()
]
CARD = ModelCard(id="m", provider="p")
ASK = {"contents": [{"parts": [{"text": "a pear"}]}]}
GOOGLE = {"x-goog-api-key": "gk"}


def post(address: str, path: str, body: Any, **kwargs: Any) -> httpx.Response:
    return httpx.post(address + path, json=body, headers=GOOGLE, timeout=60, **kwargs)


def documents(response: httpx.Response) -> list[Any]:
    """Of a plain answer or of an event stream, read as google-genai reads it: what is no data is JSON too."""
    if not response.headers["content-type"].startswith("text/event-stream"):
        return [response.json()]
    lines = filter(None, response.text.splitlines())
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def opened(part: dict[str, Any]) -> Image:
    return Image.from_bytes(base64.b64decode(part["inlineData"]["data"], validate=True))


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda each: f"{each['client']} {each['path']}")
def test_recorded_requests(address: str, recorded: dict[str, Any]) -> None:
    headers = {name: value for name, value in recorded["headers"].items() if name != "accept-encoding"}
    response = httpx.post(address + recorded["path"], json=recorded["json"], headers=headers, timeout=60)
    assert response.status_code == 200, response.text
    config = recorded["json"].get("generationConfig", {}).get("imageConfig", {})
    if "predict" in recorded["path"]:
        (found,) = response.json()["predictions"]
        assert found["mimeType"] == "image/png"
        drawn = Image.from_bytes(base64.b64decode(found["bytesBase64Encoded"]))
        wanted = {"16:9": "1408x768"}.get(recorded["json"]["parameters"].get("aspectRatio"), "1024x1024")
    else:
        answer = documents(response)[-1]
        assert answer["modelVersion"] == "gemini-3-pro-image"
        assert answer["candidates"][0]["finishReason"] == "STOP"
        drawn = opened(answer["candidates"][0]["content"]["parts"][-1])
        tokens = answer["usageMetadata"]["candidatesTokensDetails"][0]
        assert tokens == {"modality": "IMAGE", "tokenCount": 1120}
        wanted = {
            ("16:9", "2K"): "2752x1536",
            ("16:9", None): "1376x768",
            (None, None): "1024x1024",
        }[config.get("aspectRatio"), config.get("imageSize")]
    assert str(drawn.header().size) == wanted
    assert "x-tintype-plan" not in response.headers


def test_the_printed_request_is_answered_as_printed(address: str) -> None:
    """The request of Google's reference, without the file of a store, and the members of its answer in their order."""
    png = base64.b64encode(picture(width=64, height=48)).decode()
    printed = {
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "A panda eating bamboo"},
                    {"inlineData": {"mimeType": "image/png", "data": png}},
                ],
            }
        ],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "1K"},
            "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": False},
            "mediaResolution": "MEDIA_RESOLUTION_MEDIUM",
            "seed": 42,
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}],
    }
    response = post(address, "/v1beta/models/gemini-nano-banana-2.1:generateContent", printed)
    assert response.status_code == 200, response.text
    answer = response.json()
    assert list(answer) == ["candidates", "usageMetadata", "modelVersion", "responseId"]
    (candidate,) = answer["candidates"]
    assert list(candidate) == ["content", "finishReason", "index"]
    assert list(candidate["content"]) == ["role", "parts"]
    drawn = candidate["content"]["parts"][-1]["inlineData"]
    assert list(drawn) == ["mimeType", "data"]
    assert list(answer["usageMetadata"]) == [
        "promptTokenCount",
        "candidatesTokenCount",
        "totalTokenCount",
        "promptTokensDetails",
        "candidatesTokensDetails",
    ]
    assert answer["usageMetadata"]["promptTokensDetails"][1] == {"modality": "IMAGE", "tokenCount": 560}
    assert set(response.headers["x-tintype-plan"].split("; ")) == {
        "safetySettings=ignored",
        "generationConfig.thinkingConfig.includeThoughts=ignored",
    }
    again = post(address, "/v1beta/models/gemini-nano-banana-2.1:generateContent", printed).json()
    assert again["candidates"] == answer["candidates"]


@pytest.mark.parametrize(
    "root",
    [
        "/v1beta/models",
        "/v1/models",
        "/models",
        "/v1alpha/models",
        "/v1beta/v1/models",
        "/v1beta/v1beta/models",
        "/v1/v1beta/models",
        "//v1beta//models",
        "/v1/publishers/google/models",
        "/v1beta1/publishers/google/models",
        "/v1/projects/p/locations/global/publishers/google/models",
        "/v1beta1/projects/p/locations/us-central1/publishers/google/models",
    ],
)
def test_every_address_of_googles(root: str) -> None:
    with serving(fake_gateway(FakeProvider(), CARD)) as address:
        drawn = post(address, f"{root}/m:generateContent", ASK)
        assert drawn.json()["candidates"][0]["content"]["parts"][0]["inlineData"]
        (event,) = documents(post(address, f"{root}/m:streamGenerateContent?alt=sse", ASK))
        assert event["candidates"][0]["finishReason"] == "STOP"
        (item,) = post(address, f"{root}/m:streamGenerateContent", ASK).json()
        assert item["modelVersion"] == "m"
        predicted = post(address, f"{root}/m:predict", {"instances": {"prompt": "x"}})
        assert predicted.json()["predictions"]
        listed = httpx.get(f"{address}{root}", headers=GOOGLE).json()
        assert [each["name"] for each in listed["models"]] == ["models/m"]
        assert httpx.get(f"{address}{root}/m", headers=GOOGLE).json()["name"] == "models/m"


@pytest.mark.parametrize("version", ["/v1", "/v1beta", "/v1beta/v1", ""])
def test_interactions_go_on_from_each_other(address: str, version: str) -> None:
    """As google-genai 3.3 writes them."""
    asked: dict[str, Any] = {
        "model": "gemini-3-pro-image",
        "input": "draw a cat",
        "response_modalities": ["image"],
    }
    first = post(address, f"{version}/interactions", asked).json()
    assert (first["status"], first["model"]) == ("completed", "gemini-3-pro-image")
    wide = {"type": "image", "aspect_ratio": "16:9", "delivery": "uri"}
    asked = {**asked, "input": "at night", "previous_interaction_id": first["id"], "response_format": wide}
    second = post(address, f"{version}/interactions", asked).json()
    assert {"modality": "image", "tokens": 560} in second["usage"]["input_tokens_by_modality"]
    (content,) = second["steps"][0]["content"]
    drawn = Image.from_bytes(httpx.get(content["uri"]).content)
    assert str(drawn.header().size) == "1376x768"


def test_a_list_of_models_for_whoever_asks(address: str) -> None:
    """google-genai 3.3 and OpenAI's clients ask at the same address."""
    assert "data" in httpx.get(f"{address}/v1/models").json()
    assert "data" in httpx.get(f"{address}/v1/models", headers={"authorization": "Bearer k"}).json()
    for found in (
        httpx.get(f"{address}/v1/models", headers=GOOGLE),
        httpx.get(f"{address}/v1/models?key=gk"),
        httpx.get(f"{address}/v1beta/models"),
    ):
        names = [model["name"] for model in found.json()["models"]]
        assert "models/gemini-3-pro-image" in names
        assert "models/gpt-image-2" in names
        assert "nextPageToken" not in found.json()
    one = httpx.get(f"{address}/v1/models/nano-banana-pro?key=gk").json()
    assert one["name"] == "models/gemini-3-pro-image"
    assert "generateContent" in one["supportedGenerationMethods"]
    missing = httpx.get(f"{address}/v1beta/models/nope")
    assert (missing.status_code, missing.json()["error"]["status"]) == (404, "NOT_FOUND")


def test_a_model_of_another_vendor_and_what_it_could_not_do(address: str) -> None:
    body = {**ASK, "generationConfig": {"imageConfig": {"aspectRatio": "1:8"}, "temperature": 1}}
    response = post(address, "/v1beta/models/gpt-image-2:generateContent", body)
    answer = response.json()
    size = opened(answer["candidates"][0]["content"]["parts"][0]).header().size
    assert size is not None
    assert size.height == 3 * size.width
    plan = response.headers["x-tintype-plan"]
    assert f"size=adjusted:1:8->{size}" in plan
    assert "generationConfig.temperature=ignored" in plan
    strict = httpx.post(
        f"{address}/v1beta/models/gpt-image-2:generateContent",
        json=body,
        headers={**GOOGLE, "prefer": "handling=strict"},
    )
    error = strict.json()["error"]
    assert (strict.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][1]["fieldViolations"][0]["field"].startswith("generationConfig")


def test_errors_are_googles_before_and_within_a_stream() -> None:
    path = "/v1beta/models/m:streamGenerateContent?alt=sse"
    with serving(fake_gateway(FakeProvider(fails=Unavailable("gone")), CARD)) as address:
        early = post(address, path, ASK)
        assert (early.status_code, early.json()["error"]["status"]) == (503, "UNAVAILABLE")
        unknown = post(address, "/v1beta/models/nope:streamGenerateContent?alt=sse", ASK)
        assert (unknown.status_code, unknown.json()["error"]["status"]) == (404, "NOT_FOUND")
        nothing = post(address, "/v1beta/nothing", ASK)
        assert (nothing.status_code, nothing.json()["error"]["status"]) == (404, "NOT_FOUND")
    slow = FakeProvider(fails=Unavailable("gone"), pause=0.3)
    with serving(fake_gateway(slow, CARD), Settings(heartbeat=0.05)) as address:
        late = post(address, path, ASK)
        assert late.status_code == 200
        (event,) = documents(late)
        assert event["error"]["status"] == "UNAVAILABLE"


def test_a_refusal_is_an_answer_without_a_picture() -> None:
    with serving(fake_gateway(FakeProvider(fails=Refused("not that")), CARD)) as address:
        answer = post(address, "/v1beta/models/m:generateContent", ASK)
        assert answer.status_code == 200
        assert answer.json()["promptFeedback"]["blockReason"] == "PROHIBITED_CONTENT"
        answer = post(address, "/v1beta/models/m:predict", {"instances": {"prompt": "x"}})
        assert answer.json() == {"predictions": [{"raiFilteredReason": "not that"}]}


@pytest.mark.parametrize(
    "error", [Refused("not that"), NoImage("It only talked.")], ids=["refusal", "no picture"]
)
def test_a_stream_that_is_refused_is_a_stream(error: TintypeError) -> None:
    """@google/genai and the AI SDK read frames alone: of a document in their place they find nothing, or half of
    one."""
    with serving(fake_gateway(FakeProvider(fails=error), CARD)) as address:
        answer = post(address, "/v1beta/models/m:streamGenerateContent?alt=sse", ASK)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
        assert answer.text.startswith("data: ")
        assert answer.text.endswith("}\n\n")
        assert str(error) in answer.text
        answer = post(address, "/v1beta/models/m:streamGenerateContent", ASK)
        (found,) = answer.json()
        assert str(error) in json.dumps(found)


def test_while_nothing_happens_the_stream_says_nothing_that_a_client_would_read() -> None:
    gateway = fake_gateway(FakeProvider(pause=0.4), CARD)
    path = "/v1beta/models/m:streamGenerateContent?alt=sse"
    with (
        serving(gateway, Settings(heartbeat=0.05)) as address,
        httpx.stream("POST", address + path, json=ASK, timeout=10) as response,
    ):
        first, *rest = response.iter_raw()
        assert first.strip() == b""
        assert b'"finishReason":"STOP"' in b"".join(rest)
