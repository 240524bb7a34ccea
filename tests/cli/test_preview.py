from __future__ import annotations

import base64
import re

import pytest

from tintype.cli.preview import escapes, protocol
from tintype.core import Size

from ..pictures import drawn, encoded, opened, png


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        (
            {"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "KITTY_WINDOW_ID": "1", "TMUX": "/tmp/x"},
            "kitty",
        ),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM_PROGRAM": "tmux", "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM_PROGRAM": "vscode"}, "iterm2"),
        ({"TERM": "xterm-256color"}, None),
        ({}, None),
    ],
)
def test_the_environment_tells_what_the_terminal_can(environ: dict[str, str], found: str | None) -> None:
    assert protocol(environ) == found


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_kitty_gets_a_whole_png_in_pieces_that_it_takes(kind: str) -> None:
    noisy = drawn(Size(200, 200))
    noisy.putdata([(i * 7 % 256, i * 13 % 256, i * i % 256) for i in range(200 * 200)])
    sent = list(escapes(encoded(noisy, kind), "kitty", 40))
    pieces = [re.fullmatch(rb"\x1b_G([^;]*);(.*)\x1b\\", escape) for escape in sent]
    assert all(pieces)
    assert max(len(piece[2]) for piece in pieces if piece) <= 4096
    assert [piece[1][-3:] for piece in pieces if piece] == [b"m=1"] * (len(sent) - 1) + [b"m=0"]
    whole = opened(base64.b64decode(b"".join(piece[2] for piece in pieces if piece)))
    assert (whole.format, whole.size) == ("PNG", (200, 200))


def test_iterm2_gets_the_file_as_it_is() -> None:
    data = encoded(drawn(Size(20, 20)), "webp")
    (escape,) = escapes(data, "iterm2", 40)
    found = re.fullmatch(rb"\x1b\]1337;File=inline=1;size=(\d+);width=40;[^:]*:(.*)\x07", escape)
    assert found
    assert int(found[1]) == len(data)
    assert base64.b64decode(found[2]) == data


def test_tmux_hands_it_through() -> None:
    (plain,) = escapes(png(Size(8, 8)), "iterm2", 40)
    (wrapped,) = escapes(png(Size(8, 8)), "iterm2", 40, tmux=True)
    assert wrapped == b"\x1bPtmux;\x1b" + plain + b"\x1b\\"
