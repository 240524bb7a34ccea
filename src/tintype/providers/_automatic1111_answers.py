"""What AUTOMATIC1111's web UI answers: pictures with their seeds, how far it is, its checkpoints, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, TypeVar

import msgspec

from ..core import Completed
from ..core.errors import BadRequest, Busy, Garbled, NoImage, Refused, Rejected, TintypeError
from ..wire import payload
from ._own_server import decode as own_decode
from ._own_server import field_fault, is_out_of_memory

T = TypeVar("T")

_PARAMS = {
    "width": "size",
    "height": "size",
    "steps": "num_inference_steps",
    "cfg_scale": "guidance_scale",
    "denoising_strength": "strength",
    "init_images": "image",
    "batch_size": "n",
    "n_iter": "n",
}
_decoration = re.compile(r"(\.safetensors|\.ckpt)?(\s*\[\w+\])?$")


class Answer(msgspec.Struct):
    images: list[msgspec.Raw] = []
    info: Any = ""


class Info(msgspec.Struct):
    """Of all that the web UI tells of its pictures, what matters here; -1 is a seed that it does not know."""

    all_seeds: list[int] = []
    index_of_first_image: int = 0


class Progress(msgspec.Struct):
    """`current_task` is there, and perhaps null, in web UIs that know names of tasks (since late 2023)."""

    progress: float = 0.0
    current_image: msgspec.Raw = msgspec.Raw(b"null")
    current_task: str | msgspec.UnsetType | None = msgspec.UNSET


class Checkpoint(msgspec.Struct):
    title: str = ""
    model_name: str = ""
    filename: str | None = None
    hash: str | None = None


def names(checkpoint: Checkpoint) -> set[str]:
    """Whatever a checkpoint may be called.

    >>> sorted(names(Checkpoint(title="xl/base.safetensors [31e35c80fc]", model_name="xl_base")))
    ['base', 'base.safetensors', 'xl/base', 'xl/base.safetensors', 'xl/base.safetensors [31e35c80fc]', 'xl_base']
    """
    said = {checkpoint.title, checkpoint.model_name, checkpoint.hash or "", checkpoint.filename or ""}
    said |= {name.rpartition(" [")[0] for name in said if name.endswith("]")}
    said |= {PurePosixPath(PureWindowsPath(name).as_posix()).name for name in said if not name.endswith("]")}
    said |= {_decoration.sub("", name) for name in said}
    return said - {""}


def read(document: bytes, wanted: int) -> Iterator[Completed]:
    """The pictures, without the grid that some settings put before them and the maps that ControlNet puts behind."""
    answer = decode(document, Answer)
    info = _read_info(answer.info)
    first = info.index_of_first_image
    found = answer.images[first : first + wanted]
    if not found:
        raise NoImage("The web UI answered without a picture.")
    for index, held in enumerate(found):
        try:
            image = payload.answered(held)
        except ValueError as error:
            raise Garbled(f"The web UI's picture is {error}.") from error
        if image is None:
            raise NoImage("The web UI answered without a picture.")
        seed = info.all_seeds[index] if index < len(info.all_seeds) else -1
        yield Completed(image=image, index=index, seed=seed if seed >= 0 else None)


def _read_info(text: object) -> Info:
    """stable-diffusion.cpp leaves it empty."""
    try:
        return msgspec.json.decode(text if isinstance(text, str) else "", type=Info)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Info()


def read_error(status: int, body: bytes) -> TintypeError | None:
    """FastAPI's `detail`, and the name and the words of what was raised."""
    try:
        document = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    kind, detail = document.get("error"), document.get("detail")
    if fault := field_fault(detail, _PARAMS):
        return fault
    words = ": ".join(dict.fromkeys(str(each) for each in (detail, document.get("errors")) if each))[:500]
    if is_out_of_memory(f"{kind} {words}"):
        return Busy("The web UI ran out of memory.")
    if kind in ("moderation_blocked", "content_policy_violation"):
        return Refused(words)
    if detail in ("Invalid encoded image", "Invalid image url"):
        return BadRequest("The web UI cannot read the picture.", param="image", code="invalid_image_file")
    if detail == "Not Found":
        return Rejected("There is no API at this address: start the web UI with --api.")
    if status in (400, 404, 422) and words:
        return Rejected(f"The web UI does not take the request: {words}")
    return None


def decode(document: bytes, kind: type[T]) -> T:
    """Raises Garbled."""
    return own_decode(document, kind, "the web UI")
