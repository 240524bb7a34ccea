"""Where pictures are written: names from prompts, nothing overwritten, no half files."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import BadRequest
from .inputs import SPELLINGS

_LEADING = {"a", "an", "the", "one", "some"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How the files of one order are called: `stem` and an extension, numbered when there are several.

    `suffix` is the extension as the caller spelled it (".JPEG"), kept where it suits the picture.
    """

    folder: Path
    stem: str
    suffix: str = ""
    count: int = 1
    force: bool = False

    def check(self, kind: str) -> None:
        """Before anything is drawn: refuse a name that is taken. `kind` is the format to come."""
        for index in range(self.count):
            path = self._path(index, kind)
            if path.exists() and not self.force:
                raise BadRequest(f"{str(path)!r} exists: choose another name or say --force.", param="output")

    def first(self, kind: str) -> Path:
        """The name that the first picture will probably have."""
        return self._path(0, kind).absolute()

    def save(self, data: bytes | memoryview, index: int, kind: str) -> Path:
        """Write one picture: whole or not at all. A name that was taken since `check` gets a short
        id, since by now the picture may have been paid for."""
        draft = self.folder / f".tintype-{secrets.token_hex(4)}.part"
        try:
            draft.write_bytes(data)
            path = self._path(index, kind)
            while not _put(draft, path, force=self.force):
                path = self.folder / f"{self.stem}-{secrets.token_hex(2)}{self._extension(kind)}"
            return path.absolute()
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()

    def _path(self, index: int, kind: str) -> Path:
        number = f"-{index + 1}" if self.count > 1 else ""
        return self.folder / f"{self.stem}{number}{self._extension(kind)}"

    def _extension(self, kind: str) -> str:
        if SPELLINGS.get(self.suffix.lower().removeprefix(".")) == kind:
            return self.suffix
        return ".jpg" if kind == "jpeg" else f".{kind}"


def names(output: str, prompt: str, count: int, *, force: bool) -> Names:
    """Read `-o`: a folder that exists (or ends with a slash), else a file. Raises BadRequest."""
    try:
        path = Path(output or ".").expanduser()
    except RuntimeError:
        raise BadRequest(f"there is nobody in whose home {output!r} would be.", param="output") from None
    if not output or output.endswith(("/", os.sep)) or path.is_dir():
        folder, stem, suffix = path, f"{slug(prompt)}-{secrets.token_hex(2)}", ""
    else:
        known = path.suffix.lower().removeprefix(".") in SPELLINGS
        folder, stem, suffix = path.parent, path.stem if known else path.name, path.suffix if known else ""
    if not folder.is_dir():
        raise BadRequest(f"there is no folder {str(folder)!r}: make it first.", param="output")
    if not os.access(folder, os.W_OK):
        raise BadRequest(f"the folder {str(folder)!r} cannot be written to.", param="output")
    return Names(folder=folder, stem=stem, suffix=suffix, count=count, force=force)


def slug(prompt: str) -> str:
    """A prompt as the name of a file.

    >>> slug("A red panda, eating bamboo in the rain at night"), slug("Fuchs im Schnee: Ölbild"), slug("???")
    ('red-panda-eating-bamboo-in', 'fuchs-im-schnee-ölbild', 'picture')
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFC", prompt.lower()))
    while len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    return "-".join(words[:5])[:40].rstrip("-") or "picture"


def _put(draft: Path, path: Path, *, force: bool) -> bool:
    """Give the draft its name; False when the name is taken. A hard link, since renaming overwrites."""
    if force:
        draft.replace(path)
        return True
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if path.exists():
            return False
        draft.rename(path)
    return True
