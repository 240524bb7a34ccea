"""The diffusion models of one device, by name: read when first asked for, and put aside by a memory budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ...core import Size
from .describing import Description
from .loading import Downloaded, Source
from .orders import Order, Task


class Loaded:
    """A model in memory, held there while in use. Only the device's worker thread touches it."""

    description: Description
    device: Any  # torch.device that draws
    dtype: Any  # torch.dtype of the weights
    pipeline: Any  # the DiffusionPipeline that was loaded; never call it, ask for a view

    def pipeline_for(self, task: Task, *, size: Size | None = None, control: str | None = None) -> Any:
        """A view of the pipeline for this task that is this batch's own: the same weights, a scheduler of its own.

        It costs no memory; drop it afterwards. Where the task's way is "generic" it is the text pipeline.
        `size` is what will be drawn: a few families have to be told before their call.
        Raises Unsupported for a task or a ControlNet that the model has not.
        """
        raise NotImplementedError

    def arguments(self, size: Size) -> dict[str, Any]:
        """What every call of the view needs besides what was ordered (`use_resolution_binning=False` and such)."""
        raise NotImplementedError

    def use_adapters(self, order: Order) -> None:
        """The LoRAs of this order, and no others, act from now on; without any the weights are bit for bit their own.

        Raises Unsupported for a name that is not in the folder, or a file that does not fit the model.
        """
        raise NotImplementedError

    def settle(self) -> None:
        """After every batch, ended or aborted: what offloading had brought to the device goes back."""
        raise NotImplementedError


class Models:
    """Several models under one memory budget. `names`, `describe` and `check` may be called from any thread."""

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        device: str = "auto",
        budget: int | None = None,
        downloaded: Downloaded | None = None,
    ) -> None:
        """`device`: "auto", "cpu", "mps", "cuda", "cuda:1". `budget`: bytes of weights that may be on the device
        at once; None: as much as it has, less a reserve."""
        raise NotImplementedError

    def names(self) -> tuple[str, ...]:
        raise NotImplementedError

    def describe(self, name: str) -> Description:
        """What can be asked of the model. Reads configuration files and no weights; kept once it is known.

        Blocks (the first one imports diffusers: seconds). Raises UnknownModel for a name that is not here,
        and Unavailable, in a sentence, for a source that cannot be read.
        """
        raise NotImplementedError

    @contextmanager
    def get(self, name: str) -> Iterator[Loaded]:
        """The model in memory, loaded if it is not, and not put aside before the context ends.

        Worker thread only. Raises UnknownModel, and Unavailable for what cannot be read or does not fit.
        """
        raise NotImplementedError
        yield

    def resident(self) -> Mapping[str, int]:
        """The models in memory and the bytes of their weights, least recently used first. Any thread."""
        raise NotImplementedError

    def close(self) -> None:
        """Everything out of memory."""
        raise NotImplementedError
