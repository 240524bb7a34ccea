"""Shows a picture inside the terminal, by the protocols of kitty and iTerm2. Asks the terminal nothing:
what it can do is read from the environment, so that no answer can end up in the shell."""

from __future__ import annotations

import base64
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Literal

Protocol = Literal["kitty", "iterm2"]

COLUMNS = 48
_CHUNK = 4096  # of base64; the most that kitty's protocol allows in one escape


def protocol(environ: Mapping[str, str]) -> Protocol | None:
    """What the terminal understands. Under tmux TERM_PROGRAM is tmux itself, and other traces tell."""
    program = environ.get("TERM_PROGRAM", "")
    term = environ.get("TERM", "")
    kitty = ("KITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR", "KONSOLE_VERSION")
    if any(environ.get(name) for name in kitty) or term in ("xterm-kitty", "xterm-ghostty"):
        return "kitty"
    if program == "WezTerm" or environ.get("WEZTERM_PANE"):
        return "iterm2"
    if program in ("iTerm.app", "vscode") or environ.get("LC_TERMINAL") == "iTerm2":
        return "iterm2"
    return None


def show(data: bytes) -> bool:
    """Show it on stderr, so that stdout stays clean. False where no terminal is there or can."""
    chosen = protocol(os.environ)
    if chosen is None or not sys.stderr.isatty():
        return False
    columns = min(COLUMNS, shutil.get_terminal_size().columns)
    for escape in escapes(data, chosen, columns, tmux=bool(os.environ.get("TMUX"))):
        sys.stderr.buffer.write(escape)
    sys.stderr.buffer.write(b"\n")
    sys.stderr.flush()
    return True


def escapes(data: bytes, chosen: Protocol, columns: int, *, tmux: bool = False) -> Iterator[bytes]:
    """The escape sequences that draw a picture `columns` wide, its shape kept."""
    plain = _kitty(data, columns) if chosen == "kitty" else _iterm2(data, columns)
    for escape in plain:
        yield b"\x1bPtmux;" + escape.replace(b"\x1b", b"\x1b\x1b") + b"\x1b\\" if tmux else escape


def _kitty(data: bytes, columns: int) -> Iterator[bytes]:
    """sw.kovidgoyal.net/kitty/graphics-protocol: a=T show at once, f=100 PNG, q=2 no answer, m=1 more to come."""
    encoded = base64.standard_b64encode(_as_png(data))
    for at in range(0, len(encoded), _CHUNK):
        more = at + _CHUNK < len(encoded)
        control = f"a=T,f=100,q=2,c={columns},m={more:d}" if at == 0 else f"m={more:d}"
        yield b"\x1b_G" + control.encode() + b";" + encoded[at : at + _CHUNK] + b"\x1b\\"


def _iterm2(data: bytes, columns: int) -> Iterator[bytes]:
    """iterm2.com/documentation-images.html: it takes any format."""
    options = f"inline=1;size={len(data)};width={columns};preserveAspectRatio=1"
    yield b"\x1b]1337;File=" + options.encode() + b":" + base64.standard_b64encode(data) + b"\x07"


def _as_png(data: bytes) -> bytes:
    if data.startswith(b"\x89PNG"):
        return data
    from PIL import Image

    buffer = BytesIO()
    Image.open(BytesIO(data)).save(buffer, "png", compress_level=1)
    return buffer.getvalue()
