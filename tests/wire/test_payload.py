"""Pictures in JSON: kept as they are held, and put right only where they have to be."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.wire import openai_images as wire
from tintype.wire import payload


def raw(text: str) -> msgspec.Raw:
    return msgspec.json.decode(b'{"a":%s}' % text.encode(), type=dict[str, msgspec.Raw])["a"]


@pytest.mark.parametrize(
    "text",
    [
        '"aGk="',
        '"aGk"',
        '"aGk\\u003d"',
        '"aG\\nk="',
        '"data:image/png;base64,aGk="',
        '"data:image\\/png;base64,aGk="',
    ],
)
def test_what_an_upstream_answered(text: str) -> None:
    image = payload.answered(raw(text))
    assert image is not None
    assert image.as_bytes() == b"hi"
    assert bytes(image.as_base64()) == b"aGk="


@pytest.mark.parametrize("text", ["null", '""', "1", "{}"])
def test_no_picture_answered(text: str) -> None:
    assert payload.answered(raw(text)) is None


def test_an_escape_that_hides_a_quote_does_not_get_through() -> None:
    with pytest.raises(ValueError, match="not base64"):
        payload.answered(raw(r'"aGk=\",\"b\":\""'))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"aGk=", b"hi"),
        (b"aGk", b"hi"),
        (b"aG\r\nk=\n", b"hi"),
        (b" aGk=", b"hi"),
        (b"_-8=", b"\xff\xef"),
        (b"data:;base64,aGk", b"hi"),
        (b"DATA:image/png;charset=x;BASE64,aGk=", b"hi"),
    ],
)
def test_what_a_caller_wrote(text: bytes, data: bytes) -> None:
    image = payload.asked(text)
    assert image.as_bytes() == data
    assert bytes(image.as_base64()) == base64.b64encode(data), "in the one spelling that any reader takes"


@pytest.mark.parametrize(
    "text", [b"a", b"aGkaa", b"aG*k", b"=", b"a=Gk", b"data:image/png,xx", b"data:image/png"]
)
def test_what_is_no_picture(text: bytes) -> None:
    if text == b"=":
        assert payload.asked(text).as_bytes() == b""
        return
    with pytest.raises(ValueError, match=r"base64|comma"):
        payload.asked(text)


@pytest.mark.parametrize("text", [b"https://example.com/a.png", b" HTTP://example.com/a.png\n"])
def test_an_address(text: bytes) -> None:
    image = payload.asked(text)
    assert not image.is_local
    assert image.url == text.decode().strip()


def test_nothing_is_copied() -> None:
    body = b'{"b64_json":"%s"}' % base64.b64encode(bytes(3000))
    raw = msgspec.json.decode(body, type=dict[str, msgspec.Raw])["b64_json"]
    for image in (payload.answered(raw), payload.asked(memoryview(body)[13:-2])):
        assert image is not None
        held = image.as_base64()
        assert isinstance(held, memoryview)
        assert held in list(payload.object_with({}, "b64_json", held))


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.binary())
def test_spliced_is_what_json_would_have_written(rest: dict[str, int | str], data: bytes) -> None:
    rest.pop("b64_json", None)
    rest = {key: value for key, value in rest.items() if not isinstance(value, int) or abs(value) < 2**63}
    spliced = b"".join(payload.object_with(rest, "b64_json", base64.b64encode(data), b"data:,"))
    assert json.loads(spliced) == {**rest, "b64_json": "data:," + base64.b64encode(data).decode()}


LONG = b"iVBORw0KGgo" * 6000
OTHER = b"/9j/4AAQSkZ" * 6000


@pytest.mark.parametrize(
    ("document", "count"),
    [
        (b'{"data":[{"b64_json":"%s"}]}' % LONG, 1),
        (b'{"data":[{"b64_json" : "%s", "url":null},{"b64_json":\n"%s"}],"n":2}' % (LONG, OTHER), 2),
        (b'{"data":[{"b64_json":"aGk="},{"b64_json":"%s"}]}' % LONG, 1),
        (b'{"data":[{"b64_json":null,"url":"%s"}]}' % LONG, 0),
        (b'{"data":[{"b64_json":"%s\\n"},{"b64_json":"%s"}]}' % (LONG, OTHER), 0),
        (b'{"data":[{"b64_json":"%s"},{"b64_json":"\\"b64_json\\":"}]}' % LONG, 1),
        (b'{"revised_prompt":"\\"b64_json\\":\\"%s","data":[]}' % LONG, 0),
        (b'{"data\\"b64_json":"%s"}' % LONG, 1),
    ],
)
def test_lifting_long_strings_changes_nothing(document: bytes, count: int) -> None:
    rest, taken = payload.lift(document, b"b64_json")
    assert len(taken) == count
    whole = bytes(rest)
    for name, raw in taken.items():
        whole = whole.replace(name, bytes(raw))
    assert json.loads(whole) == json.loads(document)
    assert len(rest) == len(document) - sum(len(bytes(raw)) - 4 for raw in taken.values())


@pytest.mark.parametrize("cut", [20, 40, 40_000, 66_000, 66_019, 66_021, 66_023])
def test_a_long_document_that_is_cut_is_no_document(cut: int) -> None:
    document = b'{"data":[{"b64_json":"%s"}]}' % LONG
    with pytest.raises(msgspec.DecodeError):
        wire.read_answer(document[:cut])


def test_long_pictures_are_read_where_they_lie() -> None:
    document = b'{"data":[{"b64_json":"%s"},{"b64_json":"%s"}]}' % (LONG, OTHER)
    pictures = [payload.answered(item.b64_json) for item in wire.read_answer(document).data or []]
    assert [picture and bytes(picture.as_base64()) for picture in pictures] == [LONG, OTHER]
    frame = b'{"type":"image_generation.completed","b64_json":"%s"}' % LONG
    picture = payload.answered(wire.read_answer(memoryview(frame)).b64_json)
    assert picture is not None
    assert bytes(picture.as_base64()) == LONG
