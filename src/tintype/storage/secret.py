"""The secret by which addresses are signed: the operator's, or one that is made once and kept in the data folder."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex, token_urlsafe

FILE = "secret"
SHORTEST = 16


def read_secret(setting: str, data: Path, *, make: bool = True) -> bytes:
    """Raises ValueError in a sentence, without the secret in it, for one that is too short or cannot be kept; and where
    there is none, unless it may `make` it.

    Servers that start at the same moment on one folder agree: the first file that is there is everybody's.
    """
    if setting:
        if len(setting) < SHORTEST:
            raise ValueError(f"secret: it must have {SHORTEST} letters or more, and has {len(setting)}")
        return setting.encode()
    path = data / FILE
    try:
        if not path.exists():
            if not make:
                raise ValueError(f"There is no secret {path.absolute()}: a server makes it.")
            _make(path)
        found = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ValueError(f"{path}: {reason}: set TINTYPE_SECRET, or mend the file") from None
    if len(found) < SHORTEST:
        raise ValueError(f"{path}: it must have {SHORTEST} letters or more: delete it for a new one")
    return found.encode()


def _make(path: Path) -> None:
    """The file appears with all that is in it, and only where there is none: that is what a hard link can do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}-{token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # another server was quicker
    finally:
        draft.unlink(missing_ok=True)
