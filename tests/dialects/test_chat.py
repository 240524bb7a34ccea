"""Chat completions: which words and pictures of a conversation are the order, and what a front end is told."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tintype.core import Completed, Image, ImageRequest, Partial, Ratio, Text, Usage
from tintype.core.errors import BadRequest, Busy, NoImage, Refused
from tintype.dialects.chat import dialect

from ..pictures import picture
from ..strict import validate_error
from . import writing

CAT, DOG, HAT = (picture(colour=colour) for colour in ("#100", "#010", "#001"))
DONE = Completed(image=Image.from_bytes(CAT), usage=Usage(text_in=3, image_in=4, image_out=90))


def url(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def shows(data: bytes) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url(data), "detail": "high"}}


def says(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content[0] if isinstance(content[0], str) else list(content)}


def assistant(*images: bytes) -> dict[str, Any]:
    return {"role": "assistant", "content": "Here.", "images": [shows(image) for image in images]}


def read(**fields: Any) -> ImageRequest:
    prefer = fields.pop("prefer", "")
    body = {"model": "m", "messages": [user("a cat")], **fields}
    return writing.read(dialect, "/chat/completions", body, prefer=prefer)


@pytest.mark.parametrize(
    ("messages", "prompt", "images"),
    [
        ([user("a cat")], "a cat", []),
        ([{"role": "system", "content": "You help."}, user("a cat")], "a cat", []),
        ([user("a cat"), {"role": "assistant", "content": "Sure."}, user("a dog")], "a dog", []),
        ([user(says("a cat"), says("in a hat"))], "a cat\nin a hat", []),
        ([user(shows(CAT), says("bluer"), shows(DOG))], "bluer", [CAT, DOG]),
        (
            [user({"type": "input_text", "text": "x"}, {"type": "input_image", "image_url": url(CAT)})],
            "x",
            [CAT],
        ),
        ([user("a cat"), assistant(CAT), user("bluer")], "bluer", [CAT]),
        (
            [user("a cat"), assistant(CAT), user("bluer"), assistant(DOG, HAT), user("more")],
            "more",
            [DOG, HAT],
        ),
        ([user("a cat"), assistant(CAT), user(says("as here"), shows(HAT))], "as here", [HAT]),
        (
            [user(says("see"), shows(CAT)), {"role": "assistant", "content": "I see."}, user("bluer")],
            "bluer",
            [CAT],
        ),
        (
            [user("a cat"), {"role": "assistant", "content": [says("x"), shows(CAT)]}, user("bluer")],
            "bluer",
            [CAT],
        ),
        ([user(says("x"), {"type": "image_url", "image_url": url(CAT)})], "x", [CAT]),
        ([user("a cat"), {"role": "tool", "content": None}], "a cat", []),
    ],
)
def test_the_order_in_a_conversation(messages: list[Any], prompt: str, images: list[bytes]) -> None:
    request = read(messages=messages)
    assert (request.prompt, [image.as_bytes() for image in request.images]) == (prompt, images)


def test_every_field() -> None:
    request = read(
        model="google/gemini-3-pro-image:image",
        modalities=["image", "text"],
        image_config={"aspect_ratio": "16:9", "image_size": "2K"},
        n=2,
        seed=7,
        user="u",
        safety_identifier="s",
        quality="high",
        background="transparent",
        output_format="webp",
        output_compression=60,
        negative_prompt="dogs",
        stream=True,
        temperature=0.7,
        max_tokens=100,
        tools=[{"type": "function"}],
    )
    assert request == ImageRequest(
        model="google/gemini-3-pro-image",
        any_model=True,
        prompt="a cat",
        n=2,
        size=Ratio(16, 9, "2K"),
        seed=7,
        user="u",
        safety_identifier="s",
        quality="high",
        background="transparent",
        output_format="webp",
        output_compression=60,
        negative_prompt="dogs",
        stream=True,
        wants_text=True,
        response_format="b64_json",
        extras={"chat": {"tools": [{"type": "function"}]}},
        echo=request.echo,
    )


def test_in_strict_handling_a_name_is_taken_at_its_word() -> None:
    request = read(prefer="handling=strict")
    assert (request.strict, request.any_model) == (True, False)


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"messages": None}, "messages", "Missing"),
        ({"messages": []}, "messages", "no message of the user"),
        ({"messages": [assistant(CAT)]}, "messages", "no message of the user"),
        ({"messages": [user(" ")]}, "messages", "no text"),
        ({"messages": [user(shows(CAT))]}, "messages", "no text"),
        ({"messages": ""}, "messages", "no text"),
        ({"messages": 3}, "messages", "an array"),
        ({"messages": ["a cat"]}, "messages[0]", "an object"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "an array"),
        ({"messages": [user({"type": "input_audio"})]}, "messages[0].content[0]", "'input_audio'"),
        ({"messages": [user({"text": "x"})]}, "messages[0].content[0].type", "a string"),
        ({"messages": [user(says("x"), {"type": "image_url", "image_url": "?"})]}, "messages[0]", "base64"),
        (
            {"messages": [user(says("x"), {"type": "input_image", "file_id": "f"})]},
            "messages[0]",
            "file store",
        ),
        ({"modalities": ["text"]}, "modalities", "draws pictures"),
        ({"modalities": "image"}, "modalities", "an array"),
        ({"n": 11}, "n", "<= 10"),
        ({"image_config": {"aspect_ratio": "wide"}}, "image_config", "not a size"),
    ],
)
def test_faults_are_named(fields: dict[str, Any], param: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words) as caught:
        read(**fields)
    assert (caught.value.param or "").startswith(param.split("[")[0])
    validate_error(json.loads(dialect.write_error(caught.value).body))


def test_a_form_is_refused() -> None:
    with pytest.raises(BadRequest, match="it is a form"):
        writing.read(
            dialect,
            "/chat/completions",
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
            **{"content-type": "multipart/form-data; boundary=x"},
        )


def test_a_plain_answer() -> None:
    answer = json.loads(writing.written(dialect, read(), DONE))
    assert answer.pop("id").startswith("chatcmpl-")
    assert answer == {
        "object": "chat.completion",
        "created": 1_795_166_107,
        "model": "asked",
        "usage": {
            "prompt_tokens": 7,
            "completion_tokens": 90,
            "total_tokens": 97,
            "prompt_tokens_details": {"cached_tokens": 0, "image_tokens": 4, "text_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 90, "text_tokens": 0},
        },
        "choices": [
            {
                "index": 0,
                "logprobs": None,
                "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": "Here is your picture.",
                    "refusal": None,
                    "images": [{"type": "image_url", "index": 0, "image_url": {"url": url(CAT)}}],
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("fields", "events", "content"),
    [
        ({}, [Text(text="A fine "), Text(text="cat."), DONE], "A fine cat."),
        ({}, [replace(DONE, revised_prompt="A very fine cat")], "A very fine cat"),
        ({}, [DONE, replace(DONE, index=1)], "Here are your 2 pictures."),
        ({"modalities": ["image"]}, [DONE], ""),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_words_beside_the_pictures(
    fields: dict[str, Any], events: list[Any], content: str, stream: bool
) -> None:
    text = writing.written(dialect, read(**fields, stream=stream), *events)
    if stream:
        deltas = [data["choices"][0]["delta"] for _, data in writing.frames(text)[:-1]]
        assert "".join(delta.get("content", "") for delta in deltas) == content
    else:
        assert json.loads(text)["choices"][0]["message"]["content"] == content


def test_several_pictures_are_in_their_order() -> None:
    made = [replace(DONE, image=Image.from_bytes(data), index=at) for at, data in ((1, DOG), (0, CAT))]
    message = json.loads(writing.written(dialect, read(n=2), *made))["choices"][0]["message"]
    assert [image["image_url"]["url"] for image in message["images"]] == [url(CAT), url(DOG)]


def test_a_picture_behind_an_address_is_given_as_one() -> None:
    made = Completed(image=Image.from_url("https://example.com/a.png"))
    message = json.loads(writing.written(dialect, read(), made))["choices"][0]["message"]
    assert message["images"][0]["image_url"] == {"url": "https://example.com/a.png"}


def test_a_stream() -> None:
    request = read(stream=True, stream_options={"include_usage": True})
    text = writing.written(dialect, request, Partial(image=DONE.image), DONE, replace(DONE, index=1))
    names, data = zip(*writing.frames(text), strict=True)
    assert set(names) == {""}, "chat frames have no event line"
    assert data[-1] == "[DONE]"
    *chunks, usage = data[:-1]
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert [image["index"] for delta in deltas for image in delta.get("images", [])] == [0, 1], "no previews"
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, None, "stop"]
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 194)


def test_usage_comes_with_a_stream_only_when_asked_for() -> None:
    frames = writing.frames(writing.written(dialect, read(stream=True), DONE))
    assert all("usage" not in data for _, data in frames[:-1])


@pytest.mark.parametrize("stream", [False, True])
def test_what_fails_before_a_picture_is_no_answer(stream: bool) -> None:
    with pytest.raises(Busy):
        writing.written(dialect, read(stream=stream), fails=Busy("later"))
    with pytest.raises(NoImage):
        writing.written(dialect, read(stream=stream), Text(text="I would rather not."))


def test_an_error_within_a_stream_is_read_as_one() -> None:
    [(name, data)] = writing.frames(dialect.write_error_frame(Refused("No.")))
    assert (name, data["error"]["code"]) == ("", "moderation_blocked")
