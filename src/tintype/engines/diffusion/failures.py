"""What a pipeline raises, as an error that says in a sentence what is wrong and who can mend it."""

from __future__ import annotations

from ...core.errors import BadRequest, Rejected, TintypeError, Unavailable
from . import installed
from .orders import Order


def out_of_memory(error: BaseException) -> bool:
    torch = installed.torch()

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "out of memory" in str(error).lower()


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


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or "no more is known"
