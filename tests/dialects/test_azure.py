"""What Azure's dialect reads and answers, and ZnapAI's route that is the same; the rest is OpenAI's, and tested there."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tintype.core import (
    Completed,
    Dialect,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    Life,
    ModelCard,
    Report,
    Size,
    Usage,
)
from tintype.core import errors as e
from tintype.dialects import all_dialects
from tintype.dialects.azure import dialect
from tintype.dialects.znapai_azure import dialect as znapai
from tintype.server.routes import Routes

from ..fakes import FakeHouse, answered
from ..pictures import picture
from ..seeds import printed, same_shape
from .writing import happening, joined

JPEG = picture("jpeg", 32, 16)
REPORT = Report(asked="m", model="m", provider="p", created=1_795_166_107)
REQUEST = ImageRequest(model="m", prompt="p")
USAGE = Usage(text_in=29, image_out=158)
DONE = Completed(image=Image.from_bytes(JPEG), usage=USAGE, quality="low", background="opaque")
(SEED,) = printed("znapai_azure")
ROUTES = Routes(all_dialects())


def document(request: ImageRequest, *events: ImageEvent) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(joined(dialect, request, REPORT, happening(*events)))
    return found


def read(path: str, body: dict[str, Any]) -> ImageRequest:
    """As the server does it: the path finds the pattern, and the pattern the names in it."""
    match = ROUTES.find("POST", path, Incoming(path=""))
    body_bytes = json.dumps(body).encode()
    return match.route.dialect.read(
        Incoming(path=match.route.path, path_params=match.path_params, body=body_bytes)
    )


@pytest.mark.parametrize(
    "root", ["/openai", "/azure/openai", "/znapai/azure/openai", "/v1/openai", "//openai/"]
)
@pytest.mark.parametrize(
    ("place", "body_model", "model"),
    [
        ("/deployments/dep", None, "dep"),
        ("/deployments/dep", "gpt-9", "dep"),
        ("/deployments/openai/gpt-image-2", None, "openai/gpt-image-2"),
        ("/deployments/gpt-image-2.5-flare", "", "gpt-image-2.5-flare"),
        ("", "dep", "dep"),
        ("", None, ""),
        ("/v1", "dep", "dep"),
        ("/v1", None, ""),
    ],
)
def test_which_model_is_meant(root: str, place: str, body_model: str | None, model: str) -> None:
    body = {"prompt": "p"} | ({} if body_model is None else {"model": body_model})
    assert read(f"{root}{place}/images/generations", body).model == model
    url = "data:image/jpeg;base64," + base64.b64encode(JPEG).decode()
    edit = read(f"{root}{place}/images/edits", {**body, "image": url})
    assert (edit.model, edit.images) == (model, (Image.from_bytes(JPEG),))
    with pytest.raises(e.BadRequest, match="image"):
        read(f"{root}{place}/images/edits", body)


def test_the_printed_request() -> None:
    path = SEED.request.path.partition("?")[0]
    request = read(f"/znapai{path}", json.loads(SEED.request.body))
    assert request == ImageRequest(
        model="gpt-image-2",
        prompt=request.prompt,
        size=Size(1536, 1024),
        quality="low",
        output_format="jpeg",
        output_compression=85,
        background="opaque",
    )
    assert request.prompt.startswith("A professional product photo")


def test_the_whole_answer() -> None:
    answer = document(REQUEST, DONE)
    same_shape(SEED.response, answer)
    assert answer["usage"] == SEED.response["usage"]
    assert (answer["size"], answer["output_format"]) == ("32x16", "jpeg")


def test_what_is_not_known_is_left_out() -> None:
    assert set(document(REQUEST, Completed(image=DONE.image))) == {"created", "data", "size", "output_format"}


def test_an_address_that_was_asked_for() -> None:
    """Azure answers nothing at all to this."""
    hosted = replace(DONE, image=DONE.image.at("http://t.test/a.jpg"))
    assert document(replace(REQUEST, response_format="url"), hosted)["data"] == [
        {"url": "http://t.test/a.jpg"}
    ]


@pytest.mark.parametrize("service", [dialect, znapai], ids=lambda each: each.name)
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (e.UnknownModel("no gpt-9", param="model"), 404, "DeploymentNotFound"),
        (e.Refused("no"), 400, "contentFilter"),
        (e.Unauthenticated("who?"), 401, "401"),
        (e.Forbidden("not you"), 403, "403"),
        (e.NotFound("nothing there"), 404, "404"),
        (e.MethodNotAllowed("GET is not for this"), 405, "method_not_allowed"),
        (e.TooManyRequests("slowly"), 429, "429"),
        (e.TooLarge("so large"), 413, "request_too_large"),
        (e.TooLarge("so large", param="image"), 413, "request_too_large"),
        (e.BadRequest("no JSON", code="invalid_json"), 400, "invalid_json"),
        (e.Rejected("the upstream's"), 502, "upstream_rejected"),
        (e.TintypeError("ours"), 500, "internal_error"),
    ],
)
def test_errors_of_the_service(service: Dialect, error: e.TintypeError, status: int, code: str) -> None:
    answer = service.write_error(error)
    body = json.loads(answer.body)
    created = body.pop("created", None)
    assert (answer.status, list(body), list(body["error"])) == (status, ["error"], ["code", "message"])
    assert body["error"]["code"] == code
    assert body["error"]["message"].endswith(str(error))
    if code == "contentFilter":
        assert abs(created - time.time()) < 5
        assert json.loads(answer.body).keys() == {"created", "error"}
    else:
        assert created is None


def test_a_fault_in_a_field_is_told_as_the_model_tells_it() -> None:
    answer = dialect.write_error(e.BadRequest("Invalid 'size'", param="size"))
    assert json.loads(answer.body)["error"] == {
        "message": "Invalid 'size'",
        "type": "image_generation_user_error",
        "param": "size",
        "code": "invalid_value",
    }


def test_an_error_of_a_stream_is_a_frame() -> None:
    name, data, *end = dialect.write_error_frame(e.Refused("no")).decode().split("\n")
    assert (name, end) == ("event: error", ["", ""])
    event = json.loads(data.removeprefix("data: "))
    assert (event["type"], event["error"]) == ("error", {"code": "contentFilter", "message": "no"})


CARDS = (
    ModelCard(
        id="gpt-image-2",
        provider="openai",
        owned_by="openai",
        aliases=("gpt-image-2-2026-04-21",),
        life=Life(released=date(2026, 4, 21), retired=date(2027, 4, 21)),
    ),
    ModelCard(id="acme/draw", provider="acme"),
)
HOUSE = FakeHouse(
    cards=lambda: CARDS,
    named={
        "mine": "gpt-image-2",
        "dated": "gpt-image-2-2026-04-21",
        "again": "mine",
        "acme/draw": "gpt-image-2",
    },
)


@pytest.mark.parametrize("root", ["/openai", "/azure/openai", "/znapai/azure/openai"])
def test_lists_are_where_clients_look(root: str) -> None:
    for path, first in (
        ("/deployments", ("deployment", "gpt-image-2")),
        ("/models", ("model", "gpt-image-2")),
        ("/v1/models", ("model", "gpt-image-2")),
        ("/deployments/mine/models", ("model", "gpt-image-2")),
    ):
        listing = asked(root + path)
        assert listing["object"] == "list"
        assert (listing["data"][0]["object"], listing["data"][0]["id"]) == first
    for path in ("/models/acme/draw", "/v1/models/acme/draw", "/deployments/mine/models/acme/draw"):
        assert asked(root + path)["id"] == "acme/draw"


def test_deployments_are_models_and_what_the_operator_named() -> None:
    found = {each["id"]: each["model"] for each in asked("/openai/deployments")["data"]}
    assert found == {
        "gpt-image-2": "gpt-image-2",
        "acme/draw": "acme/draw",
        "mine": "gpt-image-2",
        "dated": "gpt-image-2",
        "again": "gpt-image-2",
    }


def test_one_deployment() -> None:
    assert asked("/openai/deployments/gpt-image-2") == {
        "scale_settings": {"scale_type": "standard"},
        "model": "gpt-image-2",
        "owner": "organization-owner",
        "id": "gpt-image-2",
        "status": "succeeded",
        "created_at": 1_776_729_600,
        "updated_at": 1_776_729_600,
        "object": "deployment",
    }
    with pytest.raises(e.UnknownModel):
        asked("/openai/deployments/gpt-9")


def test_a_model_has_azure_s_members_beside_openai_s() -> None:
    model, other = asked("/openai/models")["data"]
    assert model["capabilities"]["inference"] is True
    assert model["capabilities"]["chat_completion"] is False
    assert model["capabilities"]["image_generation"] is True
    assert (model["created"], model["created_at"]) == (1_776_729_600, 1_776_729_600)
    assert (model["lifecycle_status"], model["deprecation"]) == ("deprecated", {"inference": 1_808_265_600})
    assert (other["lifecycle_status"], other["deprecation"]) == ("generally-available", {"inference": None})


def asked(path: str) -> dict[str, Any]:
    match = ROUTES.find("GET", path, Incoming(path=""))
    aside = match.route.aside
    assert aside is not None
    incoming = Incoming(path=match.route.path, path_params=match.path_params)
    answer: dict[str, Any] = json.loads(answered(aside, incoming, HOUSE).body)
    return answer
