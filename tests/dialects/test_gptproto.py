"""What GPTProto's fields become, and how its answers, errors and tasks are written."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tintype.core import (
    Answer,
    Completed,
    Image,
    ImageEvent,
    ImageRequest,
    Incoming,
    Ratio,
    Report,
    Size,
    SizeWish,
    Usage,
)
from tintype.core import errors as e
from tintype.dialects.gptproto import dialect, pictures_in

from ..fakes import FakeHouse, answered
from ..pictures import picture
from .writing import happening, joined

PNG = picture("png", 32, 16)
BASE64 = base64.b64encode(PNG).decode()
DATA_URL = f"data:image/png;base64,{BASE64}"
REPORT = Report(asked="m", model="gemini-2.5-flash-image", provider="p", created=1_762_156_444)
DONE = Completed(
    image=Image.from_bytes(PNG), usage=Usage(text_in=19, image_in=516, text_out=1, image_out=1290)
)
REQUEST = ImageRequest(model="m", prompt="p", size=Ratio(16, 9))


def read(path: str = "/gptproto/v1/images/generations", **body: object) -> ImageRequest:
    raw = json.dumps({"prompt": "a cat", **body}).encode()
    return dialect.read(Incoming(path=path, body=raw))


def written(request: ImageRequest, report: Report, *events: ImageEvent) -> str:
    return joined(dialect, request, report, happening(*events)).decode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"model": "gemini-2.5-flash-image", "size": Ratio(1, 1)}),
        ({"size": "21:9"}, {"size": Ratio(21, 9)}),
        ({"model": "gpt-image-2"}, {"model": "gpt-image-2", "size": None}),
        ({"image": BASE64}, {"size": None, "images": (Image.from_bytes(PNG),)}),
        (
            {"prompt": f"{DATA_URL} make it blue"},
            {"prompt": "make it blue", "images": (Image.from_bytes(PNG),)},
        ),
    ],
)
def test_what_a_body_means(body: dict[str, Any], expected: dict[str, Any]) -> None:
    request = read(**body)
    assert {name: getattr(request, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("prompt", "rest", "urls"),
    [
        ("no picture", "no picture", []),
        ("https://a.test/b.png", "", ["https://a.test/b.png"]),
        (
            "Mix http://a.test/B.JPG?x=1, and (https://c.test/d.webp).",
            "Mix , and ().",
            ["http://a.test/B.JPG?x=1", "https://c.test/d.webp"],
        ),
        ("a shop sign saying https://a.test", "a shop sign saying https://a.test", []),
        ("http://[ or http://[/a.png", "http://[ or http://[/a.png", []),
    ],
)
def test_addresses_in_a_prompt(prompt: str, rest: str, urls: list[str]) -> None:
    left, found = pictures_in(prompt)
    assert left == rest
    assert [image.url for image in found] == urls


@pytest.mark.parametrize(
    "prompt", ["https://" * 50_000, "data:image/" * 50_000, "https://a.test/" + "." * 300_000]
)
def test_a_long_prompt_of_half_addresses_is_read(prompt: str) -> None:
    """By a scan that goes through it once: one that starts over would not come to an end here."""
    left, found = pictures_in(prompt)
    assert sum(len(image.url or "") for image in found) + len(left) <= len(prompt)


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/gptproto/v1/images/edits", {}, "image"),
        ("/gptproto/v1/images/generations", {"prompt": "data:image/png;base64,A"}, "prompt"),
        ("/gptproto/v1/images/generations", {"prompt": "data:image/png;base64,AAAA"}, "image"),
        ("/gptproto/v1/images/generations", {"prompt": DATA_URL * 17}, "image"),
        ("/gptproto/v1/images/generations", {"size": "16/9"}, "size"),
    ],
)
def test_faults_name_the_field(path: str, body: dict[str, Any], param: str) -> None:
    with pytest.raises(e.BadRequest) as caught:
        read(path, **body)
    assert caught.value.param == param


def test_an_edit_may_have_its_picture_in_the_prompt() -> None:
    assert read("/gptproto/v1/images/edits", prompt=f"blue {DATA_URL}").images == (Image.from_bytes(PNG),)


def test_a_gemini_answer_as_printed() -> None:
    assert written(REQUEST, REPORT, DONE) == (
        f'{{"created":1762156444000,"data":[{{"b64_json":"{BASE64}"}}],'
        '"output_format":"png","quality":"high","size":"16:9",'
        '"usage":{"input_tokens":535,"input_tokens_details":{"image_tokens":516,"text_tokens":19},'
        '"output_tokens":1291,"total_tokens":1826}}'
    )


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (Ratio(16, 9, "2K"), "16:9"),
        (Ratio(19.5, 9), "19.5:9"),
        (Size(1024, 1024), "1024x1024"),
        (None, "16:9"),
    ],
)
def test_the_size_is_told_as_it_was_asked_for(wish: SizeWish, told: str) -> None:
    """The picture is 32x16; of the ten shapes 16:9 is nearest."""
    assert json.loads(written(replace(REQUEST, size=wish), REPORT, DONE))["size"] == told


def test_a_gpt_answer_is_openais() -> None:
    answer = json.loads(written(REQUEST, replace(REPORT, model="gpt-image-2"), DONE))
    assert (answer["created"], answer["size"]) == (1_762_156_444, "32x16")
    assert "quality" not in answer
    assert answer["usage"]["output_tokens_details"] == {"image_tokens": 1290, "text_tokens": 1}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (e.BadRequest("no", param="size"), 400),
        (e.Unauthenticated("no"), 401),
        (e.OutOfCredit("no"), 403),
        (e.Forbidden("no"), 403),
        (e.UnknownModel("no"), 404),
        (e.TooManyRequests("no"), 429),
        (e.TintypeError("no"), 500),
        (e.Refused("no"), 503),
    ],
)
def test_errors(error: e.TintypeError, status: int) -> None:
    answer = dialect.write_error(error)
    assert answer.status == status
    wanted = {"message": "size: no" if error.param else "no", "type": str(status)}
    assert json.loads(answer.body) == {"error": wanted}
    frame = dialect.write_error_frame(error).decode()
    assert json.loads(frame.split("data: ")[1]) == {"type": "error", "error": wanted}


@dataclass
class Job:
    id: str = "job_0123456789abcdef01234567"
    request: ImageRequest = REQUEST
    report: Report = field(default_factory=lambda: replace(REPORT))
    ended: bool = True
    error: e.TintypeError | None = None
    events: Sequence[ImageEvent] = field(default_factory=list)

    def cancel(self) -> None:
        raise NotImplementedError

    async def over(self) -> None:
        raise NotImplementedError


ADDRESSED = replace(DONE, image=Image.from_url("http://house.test/pictures/a.png"))


def ask(job: Job | None, path: str = "/tasks/result/{id}", id: str = Job.id) -> Answer:
    house = FakeHouse(jobs={job.id: job} if job else {})
    aside = next(each for each in dialect.asides if each.path == f"/gptproto/api/v3{path}")
    return answered(aside, Incoming(path=aside.path, path_params={"id": id}), house)


@pytest.mark.parametrize(
    ("job", "status", "rest"),
    [
        (Job(ended=False), "in_progress", {}),
        (Job(events=[ADDRESSED]), "completed", {"unsigned_urls": ["http://house.test/pictures/a.png"]}),
        (Job(error=e.Refused("not this")), "failed", {"error": "not this"}),
        (Job(error=e.Cancelled("left")), "cancelled", {"error": "left"}),
    ],
)
@pytest.mark.parametrize("id", ["job-0123456789abcdef01234567", "gen-0123456789abcdef01234567"])
def test_how_a_task_stands(job: Job, status: str, rest: dict[str, Any], id: str) -> None:
    answer = ask(job, id=id)
    assert answer.status == 200
    document = json.loads(answer.body)
    assert document == {
        "id": "job-0123456789abcdef01234567",
        "status": status,
        "native_status": status,
        "polling_url": "/api/v3/tasks/result/job-0123456789abcdef01234567",
        **rest,
    }
    assert list(document) == ["id", "status", *rest, "native_status", "polling_url"]


def test_a_task_of_long_ago_has_expired() -> None:
    assert json.loads(ask(None).body)["status"] == "expired"


def test_what_is_no_task() -> None:
    answer = ask(None, id="../etc")
    assert answer.status == 404
    told = {"code": 404, "message": "This is not the id of a task."}
    assert json.loads(answer.body) == {**told, "type": "error", "error": told}


@pytest.mark.parametrize(
    ("job", "status", "outputs", "error"),
    [
        (Job(ended=False), "processing", [], ""),
        (Job(events=[ADDRESSED]), "completed", ["http://house.test/pictures/a.png"], ""),
        (Job(error=e.Cancelled("left")), "failed", [], "left"),
    ],
)
def test_how_a_prediction_stands(job: Job, status: str, outputs: list[str], error: str) -> None:
    data = json.loads(ask(job, "/predictions/{id}/result").body)["data"]
    assert data == {
        "id": "0123456789abcdef01234567",
        "model": "m",
        "outputs": outputs,
        "urls": {"get": "http://house.test/gptproto/api/v3/predictions/0123456789abcdef01234567/result"},
        "hasNsfwContents": [False] * len(outputs),
        "status": status,
        "createdAt": "2025-11-03T07:54:04.000Z",
        "error": error,
        "executionTime": 0,
        "timings": {"inference": 0},
    }
