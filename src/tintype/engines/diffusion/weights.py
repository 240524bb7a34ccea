"""How large weights are and what they are for, read from the headers of their files alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from ...core.errors import Unavailable

_MOST_HEADER = 100_000_000  # bytes; the format's own limit
_FULL_PARTS = ("first_stage_model.", "vae.", "conditioner.", "cond_stage_model.", "text_encoders.")
_LORA = re.compile(r"(?:^|[._])lora(?:[._]|$)")


@dataclass(frozen=True, slots=True)
class Weight:
    """Numbers in all, and bytes as they lie on the disk."""

    numbers: int
    stored: int


def header(file: Path) -> Mapping[str, Any]:
    """The tensors of a .safetensors file: name to `{"dtype", "shape"}`. Raises Unavailable for another file."""
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 2 <= length <= min(_MOST_HEADER, file.stat().st_size):
                raise ValueError("its header has no such length")
            document = json.loads(stream.read(length))
    except (OSError, ValueError) as error:
        raise Unavailable(f"{file} is not a .safetensors file that can be read: {error}") from error
    if not isinstance(document, dict):
        raise Unavailable(f"{file} is not a .safetensors file: its header is not an object.")
    return {name: told for name, told in document.items() if name != "__metadata__"}


def of_file(file: Path) -> Weight:
    if file.suffix != ".safetensors":
        size = file.stat().st_size
        return Weight(size // 2, size)  # torch's own format and GGUF: as if of two bytes each
    return Weight(sum(prod(told["shape"]) for told in header(file).values()), file.stat().st_size)


def of_folder(folder: Path, parts: Iterable[str], variant: str | None = None) -> Mapping[str, Weight]:
    """Each component's weight, as a pipeline would load it."""
    from .hub import pick

    here = [
        f"{part}/{file.name}"
        for part in parts
        if (folder / part).is_dir()
        for file in (folder / part).iterdir()
    ]
    found: dict[str, Weight] = {}
    for name in pick(here, parts, variant):
        part, _, file = name.partition("/")
        if file.endswith((".safetensors", ".bin")):
            one = of_file(folder / name)
            so_far = found.get(part, Weight(0, 0))
            found[part] = Weight(so_far.numbers + one.numbers, so_far.stored + one.stored)
    return found


def is_lora(names: Iterable[str]) -> bool:
    return any(_LORA.search(name) for name in names)


def is_whole(names: Iterable[str]) -> bool:
    """Whether a single file holds more than what is run at each step: also the autoencoder, or a text encoder."""
    return any(name.startswith(_FULL_PARTS) for name in names)


def of_pipeline(pipeline: Any) -> Mapping[str, int]:
    """Bytes in memory of each component's weights; what components share is counted once."""
    seen: set[int] = set()
    found: dict[str, int] = {}
    for name, part in pipeline.components.items():
        if not hasattr(part, "parameters"):
            continue
        found[name] = of_part(part, seen)
    return found


def of_part(part: Any, seen: set[int] | None = None) -> int:
    """Bytes in memory of one component's weights, less those that were `seen` already."""
    seen = set() if seen is None else seen
    total = 0
    for tensor in (*part.parameters(), *part.buffers()):
        if id(tensor) not in seen:
            seen.add(id(tensor))
            total += _held(tensor)
    return total


def _held(tensor: Any) -> int:
    """Bytes. What torchao quantizes says that it is still of the numbers that it was made from: what counts is inside."""
    if not hasattr(tensor, "__tensor_flatten__"):
        return int(tensor.numel() * tensor.element_size())
    inner, _ = tensor.__tensor_flatten__()
    return sum(_held(getattr(tensor, name)) for name in inner)
