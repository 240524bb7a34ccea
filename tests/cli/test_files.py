from __future__ import annotations

from pathlib import Path

import pytest

from tintype.cli.files import names
from tintype.core.errors import BadRequest


@pytest.mark.parametrize(
    ("output", "count", "kind", "written"),
    [
        ("fox.png", 1, "png", ["fox.png"]),
        ("fox.jpeg", 1, "jpeg", ["fox.jpeg"]),
        ("fox", 1, "jpeg", ["fox.jpg"]),
        ("fox.v2", 1, "webp", ["fox.v2.webp"]),
        ("fox.png", 1, "webp", ["fox.webp"]),  # the picture says what it is, whatever its name
        ("fox.png", 2, "png", ["fox-1.png", "fox-2.png"]),
    ],
)
def test_a_name_and_the_bytes_make_a_file(
    tmp_path: Path, output: str, count: int, kind: str, written: list[str]
) -> None:
    target = names(str(tmp_path / output), "a fox", count, force=False)
    paths = [target.save(b"bytes", index, kind) for index in range(count)]
    assert [path.name for path in paths] == written
    assert sorted(path.name for path in tmp_path.iterdir()) == written


def test_a_name_that_was_taken_while_it_was_drawn_is_not_overwritten(tmp_path: Path) -> None:
    target = names(str(tmp_path / "fox.png"), "a fox", 1, force=False)
    target.check("png")
    (tmp_path / "fox.png").write_bytes(b"somebody else's")
    saved = target.save(b"paid for", 0, "png")
    assert saved.name.startswith("fox-")
    assert saved.read_bytes() == b"paid for"
    assert (tmp_path / "fox.png").read_bytes() == b"somebody else's"


def test_every_number_is_checked_before_drawing(tmp_path: Path) -> None:
    (tmp_path / "fox-3.png").write_bytes(b"mine")
    target = names(str(tmp_path / "fox.png"), "a fox", 3, force=False)
    with pytest.raises(BadRequest, match=r"fox-3\.png"):
        target.check("png")
    names(str(tmp_path / "fox.png"), "a fox", 2, force=False).check("png")


def test_without_a_name_two_orders_never_meet(tmp_path: Path) -> None:
    saved = {names(str(tmp_path), "a fox", 1, force=False).save(b"bytes", 0, "png") for _ in range(20)}
    assert len(saved) == 20
    assert all(path.name.startswith("fox-") for path in saved)


@pytest.mark.parametrize("prompt", ["../../etc/passwd", "a/b\\c", "x" * 500, "\0", "..", "狐" * 300])
def test_a_prompt_never_leaves_the_folder(tmp_path: Path, prompt: str) -> None:
    saved = names(str(tmp_path), prompt, 1, force=False).save(b"bytes", 0, "png")
    assert saved.parent == tmp_path
