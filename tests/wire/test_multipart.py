"""Forms as real clients write them, and as nobody should."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tintype.core.errors import BadRequest
from tintype.wire import multipart
from tintype.wire.multipart import Field

TYPE = "multipart/form-data; boundary=b"


def form(*parts: bytes, boundary: bytes = b"b") -> bytes:
    return b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary


def only(body: bytes, content_type: str = TYPE) -> tuple[str, bytes, str | None]:
    (part,) = multipart.read(body, content_type)
    return part.name, bytes(part.data), part.filename


@pytest.mark.parametrize(
    ("header", "name", "filename"),
    [
        (b'form-data; name="image"; filename="a.png"', "image", "a.png"),
        (b'form-data; name="image"', "image", None),
        (b"form-data; name=image; filename=a.png", "image", "a.png"),
        (b'form-data; filename="a.png"; name="image"', "image", "a.png"),
        (b'form-data; NAME="image[]"; FileName="a.png"', "image[]", "a.png"),
        (b'form-data; name="image%5B%5D"; filename="a.png"', "image[]", "a.png"),
        (b'form-data; name="image"; filename="some/dir/a.png"', "image", "some/dir/a.png"),
        (b'form-data; name="image"; filename="C:\\dir\\a.png"', "image", "C:\\dir\\a.png"),
        (b'form-data; name="image"; filename="a\\"b;c.png"', "image", 'a"b;c.png'),
        (b'form-data; name="image"; filename=""', "image", ""),
        (b"form-data; name=\"image\"; filename*=UTF-8''%e2%82%ac%20a.png", "image", "€ a.png"),
        (b'form-data; name="image"; filename="x"; filename*=iso-8859-1\'\'%e9.png', "image", "é.png"),
        (b"form-data; name=\"image\"; filename*=no-such-charset''a.png", "image", "a.png"),
        ('form-data; name="bild"; filename="ö.png"'.encode(), "bild", "ö.png"),
        (b'form-data; name=""', "", None),
    ],
)
def test_names(header: bytes, name: str, filename: str | None) -> None:
    body = form(b"Content-Type: image/png\r\nContent-Disposition: " + header + b"\r\n\r\n\x89PNG\r\n\x1a\n\0")
    assert only(body) == (name, b"\x89PNG\r\n\x1a\n\0", filename)


@pytest.mark.parametrize(
    "content_type",
    [
        'multipart/form-data; boundary="b"',
        "Multipart/Form-Data;BOUNDARY=b",
        "multipart/form-data; charset=utf-8; boundary=b",
    ],
)
def test_spellings_of_the_boundary(content_type: str) -> None:
    assert only(form(b'Content-Disposition: form-data; name="a"\r\n\r\nx'), content_type) == ("a", b"x", None)


@pytest.mark.parametrize("before", [b"", b"\r\n", b"This is a message in MIME format.\r\n", b"--\r\n--a\r\n"])
def test_what_stands_around_the_form_is_skipped(before: bytes) -> None:
    body = before + form(b'Content-Disposition: form-data; name="n"\r\n\r\n1') + b"and after\r\n"
    assert only(body) == ("n", b"1", None)


def test_data_that_looks_like_a_boundary() -> None:
    data = b"\r\n--\r\n--bb\r\n--b-\r\n-\r"
    assert only(form(b'Content-Disposition: form-data; name="a"\r\n\r\n' + data))[1] == data


def test_a_text_of_two_megabytes_is_a_slice_of_the_body() -> None:
    body = form(b'Content-Disposition: form-data; name="image"\r\n\r\n' + b"A" * 2_000_000)
    (part,) = multipart.read(body, TYPE)
    assert part.data.nbytes == 2_000_000
    assert part.data.obj is body


def test_an_empty_form() -> None:
    assert multipart.read(b"--b--\r\n", TYPE) == []


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\u20ac"],
)
def test_no_boundary(content_type: str) -> None:
    with pytest.raises(BadRequest, match="boundary"):
        multipart.read(form(b""), content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        form(b'Content-Disposition: form-data; name="a"\r\n\r\nx', boundary=b"other"),
        form(b"Content-Disposition: form-data\r\n\r\nx"),
        form(b"\r\nx"),
        form(b"Content-Disposition: form-data; name=a; x=%s\r\n\r\nx" % (b"y" * 9000)),
        form(*[b'Content-Disposition: form-data; name="a"\r\n\r\nx'] * 257),
        form(b'Content-Disposition: form-data; name="a"\r\n' + b"X: y\r\n" * 20 + b"\r\nx"),
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b',
    ],
)
def test_malformed(body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(BadRequest) as caught:
        multipart.read(body, TYPE)
    assert caught.value.code == "invalid_multipart"
    assert not caplog.records, "a stranger does not write our log"


BODY = form(
    b'Content-Disposition: form-data; name="prompt"\r\n\r\nhi',
    b'Content-Disposition: form-data; name="image"; filename="a"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n',
)


@pytest.mark.parametrize("cut", range(len(BODY) - 2))
def test_cut_at_every_place(cut: int) -> None:
    with pytest.raises(BadRequest):
        multipart.read(BODY[:cut], TYPE)


fields = st.lists(
    st.builds(
        Field,
        st.text(
            st.characters(exclude_characters="%", exclude_categories=("Cs", "Cc")), min_size=1, max_size=20
        ),
        st.binary(max_size=200),
        st.sampled_from([None, "image/png"]),
    ),
    max_size=6,
)


@settings(max_examples=80, deadline=None)
@given(fields)
@example([Field("a\\", b""), Field("a\\\\b", b"--b"), Field('a"b', b"\r\n")])
def test_what_is_written_is_read(fields: list[Field]) -> None:
    media_type, body = multipart.write(fields)
    read = multipart.read(body, media_type)
    assert [(part.name, bytes(part.data), part.filename is not None) for part in read] == [
        (field.name, field.data, field.media_type is not None) for field in fields
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([b"--b", b"\r\n", b"--", b": ", b"X", b"\r", b"\n\n", b" "])).map(b"".join)
)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(BadRequest):
        multipart.read(body, TYPE)
