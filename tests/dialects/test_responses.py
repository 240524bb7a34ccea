"""The Responses API as far as its image_generation tool: orders within a conversation, items, and events."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import Completed, Image, ImageRequest, Partial, Size, Text, Usage
from tintype.core.errors import BadRequest, Busy, Garbled, Refused
from tintype.dialects.responses import Responses

from ..pictures import picture
from . import writing

CAT, DOG, MASK = (picture(colour=colour) for colour in ("#100", "#010", "#fff"))
DONE = Completed(
    image=Image.from_bytes(CAT),
    usage=Usage(text_in=3, image_out=90),
    quality="low",
    background="opaque",
)
TOOL = {"type": "image_generation"}
DRAWN = {"type": "image_generation_call", "id": "ig_1", "result": base64.b64encode(CAT).decode()}


@pytest.fixture
def dialect() -> Responses:
    return Responses()


def url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def user(text: str, *images: bytes) -> dict[str, Any]:
    pictures = [{"type": "input_image", "image_url": url(image), "detail": "auto"} for image in images]
    return {"role": "user", "content": [{"type": "input_text", "text": text}, *pictures]}


def read(dialect: Responses, tool: dict[str, Any] | None = None, **fields: Any) -> ImageRequest:
    body = {"model": "gpt-5", "input": "a cat", "tools": [{**TOOL, **(tool or {})}], **fields}
    return writing.read(dialect, "/responses", body)


def test_every_field_of_the_tool(dialect: Responses) -> None:
    tool = {
        "model": "gpt-image-2",
        "size": "1536x1024",
        "quality": "xhigh",
        "background": "transparent",
        "output_format": "webp",
        "output_compression": 60,
        "moderation": "low",
        "partial_images": 2,
        "input_fidelity": "high",
        "input_image_mask": {"image_url": url(MASK)},
        "action": "edit",
        "n": 2,
        "complexity": "high",
        "frame_count": 4,
    }
    said = {"instructions": "Be brief.", "temperature": 0.5, "user": "u", "stream": True, "store": False}
    request = read(dialect, tool, input=[user("bluer", DOG)], **said)
    assert request == ImageRequest(
        model="gpt-image-2",
        prompt="bluer",
        images=(Image.from_bytes(DOG),),
        mask=Image.from_bytes(MASK),
        n=2,
        size=Size(1536, 1024),
        quality="xhigh",
        background="transparent",
        output_format="webp",
        output_compression=60,
        moderation="low",
        partial_images=2,
        input_fidelity="high",
        complexity="high",
        user="u",
        stream=True,
        wants_text=True,
        response_format="b64_json",
        extras={"responses": {"instructions": "Be brief.", "frame_count": 4}},
        echo=request.echo,
    )


@pytest.mark.parametrize(
    ("input", "prompt", "images"),
    [
        ("a cat", "a cat", []),
        ([{"role": "user", "content": "a cat"}], "a cat", []),
        ([{"type": "message", "role": "user", "content": "a cat"}], "a cat", []),
        ([user("bluer", DOG)], "bluer", [DOG]),
        ([user("a cat"), DRAWN, user("bluer")], "bluer", [CAT]),
        ([user("bluer"), DRAWN], "bluer", [CAT]),  # as in OpenAI's guide: the picture after the wish
        ([DRAWN, user("bluer")], "bluer", [CAT]),
        ([user("so", DOG), DRAWN, user("bluer")], "bluer", [CAT]),
        ([user("a cat"), DRAWN, user("like this", DOG)], "like this", [DOG]),
        (
            [
                user("a cat"),
                {"type": "reasoning", "id": "rs_1", "summary": []},
                DRAWN,
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": ""}]},
                {"type": "item_reference", "id": "msg_1"},
                user("bluer"),
            ],
            "bluer",
            [CAT],
        ),
    ],
)
def test_the_order_in_a_conversation(
    dialect: Responses, input: Any, prompt: str, images: list[bytes]
) -> None:
    request = read(dialect, input=input)
    assert (request.prompt, [image.as_bytes() for image in request.images]) == (prompt, images)


def test_to_generate_is_not_to_edit_what_came_before(dialect: Responses) -> None:
    assert read(dialect, {"action": "generate"}, input=[user("a cat"), DRAWN, user("a dog")]).images == ()


@pytest.mark.parametrize(
    ("tool", "model", "any_model"),
    [({}, "gpt-5", True), ({"model": "gpt-image-2"}, "gpt-image-2", False)],
)
def test_the_tools_model_draws_and_not_the_one_for_words(
    dialect: Responses, tool: dict[str, Any], model: str, any_model: bool
) -> None:
    request = read(dialect, tool)
    assert (request.model, request.any_model) == (model, any_model)
    assert json.loads(writing.written(dialect, request, DONE))["model"] == "gpt-5"


def test_other_tools_are_reported(dialect: Responses) -> None:
    function = {"type": "function", "name": "f"}
    request = read(dialect, tools=[function, TOOL])
    assert request.extras == {"responses": {"tools": [function]}}


def test_null_is_nothing_said(dialect: Responses) -> None:
    request = read(dialect, instructions=None, tool_choice=None, metadata=None, tools=[{**TOOL, "svg": None}])
    assert request.extras == {}
    answer = json.loads(writing.written(dialect, request, DONE))
    assert (answer["instructions"], answer["tool_choice"], answer["metadata"]) == (None, "auto", {})


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"tools": []}, "tools", "draws pictures"),
        ({"tools": [{"type": "function", "name": "f"}]}, "tools", "draws pictures"),
        ({"tools": None}, "tools", "draws pictures"),
        ({"tools": "image_generation"}, "tools", "an array"),
        ({"tools": [1]}, "tools[0]", "an object"),
        ({"tool_choice": "none"}, "tool_choice", "forbids"),
        ({"tool_choice": {"type": "function", "name": "f"}}, "tool_choice", "forbids"),
        ({"input": None}, "input", "Missing"),
        ({"input": [DRAWN]}, "input", "no message of the user"),
        (
            {"input": [user("x"), {"type": "image_generation_call", "id": "ig_1"}]},
            "input[1]",
            "not remembered",
        ),
        ({"input": [user("x"), {"type": "item_reference", "id": "ig_1"}]}, "input[1]", "not remembered"),
        ({"previous_response_id": "resp_1"}, "previous_response_id", "not found"),
        ({"conversation": "conv_1"}, "conversation", "no stored"),
        ({"tools": [{**TOOL, "action": "edit"}]}, "tools", "needs a picture"),
        ({"tools": [{**TOOL, "input_image_mask": {"image_url": url(MASK)}}]}, "tools", "needs an image"),
        ({"tools": [{**TOOL, "input_image_mask": {"file_id": "f"}}]}, "input_image_mask", "file store"),
        ({"tools": [{**TOOL, "size": "huge"}]}, "size", "not a size"),
        ({"tools": [{**TOOL, "partial_images": 4}]}, "partial_images", "<= 3"),
        ({"stream": "yes"}, "stream", "a boolean"),
        ({"store": "false"}, "store", "a boolean"),
    ],
)
def test_faults_are_named(dialect: Responses, fields: dict[str, Any], param: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words) as caught:
        read(dialect, **fields)
    assert caught.value.param == param


def test_a_plain_answer(dialect: Responses) -> None:
    request = read(dialect, {"quality": "low"}, metadata={"a": "b"}, tool_choice={"type": "image_generation"})
    answer = json.loads(writing.written(dialect, request, Text(text="A cat."), DONE))
    id = answer["id"].removeprefix("resp_")
    picture, message = answer["output"]
    assert picture == {
        "id": f"ig_{id}00",
        "type": "image_generation_call",
        "status": "completed",
        "action": "generate",
        "background": "opaque",
        "output_format": "png",
        "quality": "low",
        "size": "16x8",
        "revised_prompt": "a cat",
        "result": base64.b64encode(CAT).decode(),
    }
    assert (message["role"], message["content"][0]["text"]) == ("assistant", "A cat.")
    assert (answer["object"], answer["status"], answer["error"]) == ("response", "completed", None)
    assert (answer["metadata"], answer["tool_choice"]) == ({"a": "b"}, {"type": "image_generation"})
    assert answer["tools"][0]["quality"] == "low"
    assert answer["tool_usage"]["image_gen"]["output_tokens"] == 90
    assert answer["usage"]["total_tokens"] == 0, "no model for words was asked"


def test_a_stream(dialect: Responses) -> None:
    request = read(dialect, stream=True)
    preview = Partial(image=Image.from_bytes(DOG), step=0)
    found = writing.frames(writing.written(dialect, request, preview, Text(text="A cat."), DONE))
    call = "response.image_generation_call"
    assert [name for name, _ in found] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        f"{call}.in_progress",
        f"{call}.generating",
        f"{call}.partial_image",
        f"{call}.completed",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [data["type"] for _, data in found] == [name for name, _ in found]
    assert [data["sequence_number"] for _, data in found] == list(range(len(found)))
    previewed, last = found[5][1], found[-1][1]["response"]
    assert previewed["partial_image_b64"] == base64.b64encode(DOG).decode()
    assert (previewed["partial_image_index"], previewed["output_format"]) == (0, "png")
    assert previewed["item_id"] == found[2][1]["item"]["id"] == last["output"][0]["id"]
    assert found[0][1]["response"]["output"] == []
    assert found[7][1]["item"] == last["output"][0]
    assert (last["status"], len(last["output"])) == ("completed", 2)


@pytest.mark.parametrize("stream", [False, True])
def test_several_pictures_are_several_items(dialect: Responses, stream: bool) -> None:
    request = read(dialect, {"n": 2}, stream=stream)
    made = [replace(DONE, image=Image.from_bytes(data), index=at) for at, data in ((1, DOG), (0, CAT))]
    text = writing.written(dialect, request, *made)
    answer = writing.frames(text)[-1][1]["response"] if stream else json.loads(text)
    assert [item.get("result") for item in answer["output"]] == [
        base64.b64encode(CAT).decode(),
        base64.b64encode(DOG).decode(),
        None,
    ]
    if stream:
        done = [data for name, data in writing.frames(text) if name == "response.output_item.done"]
        assert [data["output_index"] for data in done] == [1, 0, 2]


def test_a_model_that_draws_more_than_was_ordered_shares_no_place_with_the_message(
    dialect: Responses,
) -> None:
    made = [replace(DONE, image=Image.from_bytes(data), index=at) for at, data in enumerate((CAT, DOG))]
    found = writing.frames(writing.written(dialect, read(dialect, stream=True), *made, Text(text="Two.")))
    output = found[-1][1]["response"]["output"]
    assert [item["type"] for item in output] == ["image_generation_call"] * 2 + ["message"]
    for kind in ("response.output_item.added", "response.output_item.done"):
        told = {data["output_index"]: data["item"]["id"] for name, data in found if name == kind}
        assert told == {place: item["id"] for place, item in enumerate(output)}
    assert [data["sequence_number"] for _, data in found] == list(range(len(found)))


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_picture_is_known_by_its_id_where_another_did_not_come(dialect: Responses, missing: int) -> None:
    pictures = {0: CAT, 1: DOG, 2: MASK}
    del pictures[missing]
    made = [replace(DONE, image=Image.from_bytes(data), index=at) for at, data in pictures.items()]
    answer = json.loads(writing.written(dialect, read(dialect, {"n": 3}), *made))
    for item, data in zip(answer["output"], pictures.values(), strict=False):
        assert item["result"] == base64.b64encode(data).decode()
        request = read(dialect, input=[user("bluer"), {"type": "item_reference", "id": item["id"]}])
        assert [image.as_bytes() for image in request.images] == [data]


@pytest.mark.parametrize("by", ["previous_response_id", "item_reference", "image_generation_call"])
def test_the_next_turn_names_a_picture_by_id_alone(dialect: Responses, by: str) -> None:
    two = [replace(DONE, image=Image.from_bytes(data), index=at) for at, data in enumerate((CAT, DOG))]
    answer = json.loads(writing.written(dialect, read(dialect, {"n": 2}), *two))
    if by == "previous_response_id":
        request = read(dialect, input="bluer", previous_response_id=answer["id"])
        assert [image.as_bytes() for image in request.images] == [CAT, DOG]
    else:
        request = read(dialect, input=[user("bluer"), {"type": by, "id": answer["output"][1]["id"]}])
        assert [image.as_bytes() for image in request.images] == [DOG]


def test_who_wants_nothing_kept_has_nothing_kept(dialect: Responses) -> None:
    answer = json.loads(writing.written(dialect, read(dialect, store=False), DONE))
    with pytest.raises(BadRequest, match="not found"):
        read(dialect, previous_response_id=answer["id"])


@pytest.mark.parametrize(
    ("fails", "code"),
    [
        (Refused("Not that."), "image_content_policy_violation"),
        (Busy("Later."), "server_error"),
    ],
)
def test_a_failure_in_a_stream_ends_it_in_the_apis_own_way(dialect: Responses, fails: Any, code: str) -> None:
    found = writing.frames(writing.written(dialect, read(dialect, stream=True), fails=fails))
    (name, told), (last, failed) = found[-2:]
    assert (name, told["message"], told["error"]["code"]) == ("error", str(fails), fails.code)
    assert (last, failed["response"]["status"]) == ("response.failed", "failed")
    assert failed["response"]["error"] == {"code": code, "message": str(fails)}


def test_a_failure_of_a_plain_answer_is_a_status(dialect: Responses) -> None:
    with pytest.raises(Busy):
        writing.written(dialect, read(dialect), fails=Busy("later"))


def test_an_address_is_no_picture(dialect: Responses) -> None:
    with pytest.raises(Garbled):
        writing.written(dialect, read(dialect), Completed(image=Image.from_url("https://example.com/a.png")))
