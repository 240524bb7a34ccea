"""From words on the command line to an ImageRequest: the prompt, the pictures (files, addresses), and stdin."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from ..core import Format, Image, ImageRequest, SizeWish
from ..core.errors import BadRequest
from ..core.request import MAX_IMAGE_BYTES
from ..core.size import parse
from .options import Wishes

SPELLINGS: dict[str, Format] = {"jpg": "jpeg", **{name: name for name in get_args(Format)}}

_BACKGROUNDS: dict[str, Literal["transparent", "opaque"] | None] = {
    "transparent": "transparent",
    "opaque": "opaque",
    "auto": None,
}


def piped() -> bool:
    """Whether stdin is something other than a terminal."""
    return sys.stdin is not None and not sys.stdin.isatty()


def read_order(prompt: str | None, pictures: Sequence[str], wishes: Wishes) -> ImageRequest:
    """Raises BadRequest naming the option at fault."""
    sources = (*pictures, *wishes.image)
    readers = [*sources, wishes.mask, wishes.prompt_file, prompt if prompt == "-" else ""]
    if readers.count("-") > 1:
        raise BadRequest("Only one thing can be read from stdin, and '-' is there more than once.")
    if prompt is not None and wishes.prompt_file:
        raise BadRequest("The prompt is there twice: as an argument and as --prompt-file.", param="prompt")
    if not 1 <= wishes.n <= 10:
        raise BadRequest(f"-n is 1 to 10, not {wishes.n}.", param="n")
    if wishes.previews is not None and not 0 <= wishes.previews <= 3:
        raise BadRequest(f"--previews is 0 to 3, not {wishes.previews}.", param="partial_images")
    if wishes.compression is not None and not 0 <= wishes.compression <= 100:
        raise BadRequest(f"--compression is 0 to 100, not {wishes.compression}.", param="compression")
    images = tuple(_picture(source, "image") for source in sources)
    mask = _picture(wishes.mask, "mask") if wishes.mask else None
    return ImageRequest(
        model=wishes.model,
        prompt=_prompt(prompt, wishes, stdin_is_taken="-" in (*sources, wishes.mask)),
        n=wishes.n,
        size=_size(wishes.size),
        quality=None if wishes.quality in ("", "auto") else wishes.quality,
        background=_background(wishes),
        output_format=_format(wishes),
        output_compression=wishes.compression,
        seed=wishes.seed,
        images=images,
        mask=mask,
        strict=wishes.strict,
        response_format="bytes",
    )


def _prompt(argument: str | None, wishes: Wishes, *, stdin_is_taken: bool) -> str:
    if wishes.prompt_file not in ("", "-"):
        text = _text(_read(wishes.prompt_file, "prompt-file"), repr(wishes.prompt_file))
    elif argument not in (None, "-"):
        text = argument or ""
    elif (piped() and not stdin_is_taken) or "-" in (argument, wishes.prompt_file):
        text = _text(sys.stdin.buffer.read(), "what came on stdin")
    else:
        text = ""
    if not text.strip():
        raise BadRequest("There is no prompt: write it as an argument, in --prompt-file or on stdin.")
    return text.strip()


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest(f"{name} is not text in UTF-8.", param="prompt") from None


def _size(text: str) -> SizeWish:
    try:
        return parse(text)
    except ValueError as error:
        raise BadRequest(f"{error}.", param="size") from None


def _background(wishes: Wishes) -> Literal["transparent", "opaque"] | None:
    chosen = wishes.background
    if wishes.transparent:
        if chosen == "opaque":
            raise BadRequest("--transparent contradicts --background opaque.", param="background")
        return "transparent"
    if chosen not in _BACKGROUNDS:
        raise BadRequest(f"{chosen!r} is none of {', '.join(_BACKGROUNDS)}.", param="background")
    return _BACKGROUNDS[chosen]


def _format(wishes: Wishes) -> Format | None:
    """What --format says, or else the name given to -o; they must not contradict each other."""
    named = SPELLINGS.get(Path(wishes.output).suffix.lower().removeprefix("."))
    if not wishes.format:
        return named
    chosen = SPELLINGS.get(wishes.format.lower())
    if chosen is None:
        raise BadRequest(f"{wishes.format!r} is none of {', '.join(get_args(Format))}.", param="format")
    if named not in (None, chosen):
        raise BadRequest(f"--format {chosen} contradicts the name {wishes.output!r}.", param="format")
    return chosen


def _picture(source: str, param: str) -> Image:
    if source.lower().startswith(("http://", "https://")):
        return Image.from_url(source)
    data = sys.stdin.buffer.read() if source == "-" else _read(source, param)
    image = Image.from_bytes(data)
    if image.header().format is None:
        name = "what came on stdin" if source == "-" else repr(source)
        raise BadRequest(f"{name} is not a picture that can be read.", param=param)
    return image


def _read(source: str, param: str) -> bytes:
    try:
        path = Path(source).expanduser()
        with path.open("rb") as file:  # a pipe tells no size, and /dev/zero has no end
            data = file.read(MAX_IMAGE_BYTES + 1)
        if len(data) > MAX_IMAGE_BYTES:
            raise BadRequest(f"{source!r} is larger than {MAX_IMAGE_BYTES:,} bytes.", param=param)
        return data
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody's home
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise BadRequest(f"{source!r} cannot be read: {reason}.", param=param) from None
