"""Whether diffusion models can be drawn on this machine, and what would mend it: for `tintype doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core.errors import TintypeError
from ..core.protocols import Told
from ..engines.diffusion import installed
from ._diffusion_settings import Model, Setup

if TYPE_CHECKING:
    from ..engines.diffusion.models import Models
    from ..engines.diffusion.placing import Place

GB = 1e9


def examine(setup: Setup, models: Models) -> Iterator[Told]:
    """The device first, then each of the models. Loads no weights."""
    try:
        installed.diffusers()
        place = models.place()
    except TintypeError as error:
        yield "fail", str(error)
        return
    room = setup.budget or place.room
    amount = "its memory is not known" if room is None else f"{room / GB:.1f} GB for weights"
    yield "ok", f"{place.name} ({place.device}) draws, {amount}"
    needed = 0
    for model in setup.models:
        try:
            need, told = _model(model, models, place, room)
            needed += need
            yield told
        except TintypeError as error:
            yield "fail", f"{model.name}: {error}"
    if room is not None and needed > room and len(setup.models) > 1:
        yield (
            "warn",
            f"all of them take {needed / GB:.1f} GB: the one that was not asked for longest is put aside for another",
        )


def _model(model: Model, models: Models, place: Place, room: int | None) -> tuple[int, Told]:
    """The bytes that it takes on the device, and what is to be told of it. Raises Unavailable."""
    from ..engines.diffusion import loading, placing

    can, source = models.describe(model.name), model.source
    found = loading.find(source)
    what = f"{model.name}: {can.title}"
    if not found.is_here or can.bytes is None:
        size = "" if can.bytes is None else f", {can.bytes / GB:.1f} GB"
        return 0, ("warn", f"{what} is not here yet{size}: the server fetches it at its start")
    numbers = placing.dtype(source, place)
    parts = loading.weigh(found, numbers.itemsize)
    need = placing.on_device(parts, source.offload)
    if room is not None and need > room:
        return 0, ("fail", placing.does_not_fit(source, parts, place, room, found.denoiser, numbers))
    return need, (
        "ok",
        f"{what}, {', '.join(can.tasks)}; {need / GB:.1f} GB in {str(numbers).rpartition('.')[2]}; previews by "
        f"{can.tiny_autoencoder or 'a linear map'}",
    )
