"""What a pipeline raises, as an error that says in a sentence what is wrong and who can mend it."""

from __future__ import annotations

import re

from ...core.errors import BadRequest, Rejected, TintypeError, Unavailable
from . import installed
from .orders import Order

_GPU = re.compile(r"(CUDA|HIP|cuDNN|MIOpen) error")
_FOR_EVER = re.compile(
    r"device-side assert|illegal (memory access|instruction|address)|misaligned address|launch (failure|timed out)"
    r"|hardware stack error|invalid program counter|uncorrectable|unknown error",
    re.IGNORECASE,
)


_PATH = re.compile(r"(?<![\w:/.])(~|\.{1,2})?/\w")


def out_of_memory(error: BaseException) -> bool:
    torch = installed.torch()

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "out of memory" in str(error).lower()


def broken(error: BaseException) -> bool:
    """Whether the device is of no more use to this process: after some errors of a GPU every later call fails as well."""
    torch = installed.torch()

    if not isinstance(error, RuntimeError) or out_of_memory(error):
        return False
    if not isinstance(error, torch.AcceleratorError) and _GPU.search(str(error)) is None:
        return False
    return _FOR_EVER.search(str(error)) is not None or not _answers()


def lost(error: BaseException) -> Unavailable:
    """What is told of a device that is `broken`: to whom it drew for, to who waits, and to who comes later."""
    words = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return Unavailable(
        f"The GPU stopped working ({words}) and draws nothing more before Tintype is restarted.",
        code="device_lost",
    )


def told(error: BaseException, order: Order, device: object) -> TintypeError:
    """`error` came of this order alone, not of others that it was drawn with."""
    if isinstance(error, TintypeError):
        return error
    words = _words(error)
    if out_of_memory(error):
        return Rejected(
            f"There is not enough memory on {device} for a picture of {order.size} with {order.model}: ask for a "
            "smaller one, or let the model be offloaded.",
            code="out_of_memory",
        )
    if isinstance(error, ValueError):  # diffusers' word for an input that it checks
        return BadRequest(f"{order.model} cannot draw this: {words}")
    return Rejected(
        f"{order.model} failed to draw this ({type(error).__name__}: {words}).", code="engine_failed"
    )


def not_loaded(error: BaseException, model: str) -> TintypeError:
    if isinstance(error, TintypeError):
        return error
    return Unavailable(f"{model} cannot be loaded ({type(error).__name__}: {_words(error)}).")


def names_a_place(error: BaseException) -> bool:
    """Whether it says where something lies on this machine, which is the operator's alone.

    >>> names_a_place(ValueError("no x.json in /srv/a b")), names_a_place(ValueError("no '~/x'"))
    (True, True)
    >>> names_a_place(ValueError("3/4 of org/name, see https://hf.co/org/name"))
    False
    """
    return _PATH.search(str(error)) is not None


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or "no more is known"


def _answers() -> bool:
    torch = installed.torch()

    try:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
    except RuntimeError:
        return False
    return True
