"""One diffusion model in memory: what it draws with for a task, its LoRAs and ControlNets, and its way to the device and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core import Size
from ...core.errors import Unsupported
from . import adapters, placing, tiny_autoencoders, variants
from .describing import Description
from .families import FAMILIES
from .loading import Found
from .orders import Order, Task


class Loaded:
    """A model in memory, held there while in use. Only the device's worker thread touches it.

    `pipeline` is what was loaded; never call it, ask for a view. `device` draws, and `dtype` is of the weights.
    """

    def __init__(
        self,
        pipeline: Any,
        found: Found,
        description: Description,
        place: placing.Place,
        dtype: Any,
        grow: Callable[[int], None],
    ) -> None:
        family = FAMILIES[description.family]
        self.pipeline = pipeline
        self.description = description
        self.device = place.device
        self.dtype = dtype
        self._source = found.source
        self._classes = variants.classes(family)
        self._built: dict[Task, Any] = {}
        self._loras = adapters.Loras(pipeline, found.source.loras, found.source.name)
        self._controls = adapters.Controls(pipeline, family, found.source.controls, found.source.name, grow)

    def pipeline_for(self, task: Task, *, size: Size | None = None, control: str | None = None) -> Any:
        """A view of the pipeline for this task that is this batch's own: the same weights, a scheduler of its own.

        It costs no memory; drop it afterwards. Where the task's way is "generic" it is that of the description's `base`.
        `size` is what will be drawn: a few families have to be told before their call.
        Raises Unsupported for a task or a ControlNet that the model has not.
        """
        if task not in self.description.tasks:
            told = ", ".join(self.description.tasks)
            raise Unsupported(
                f"The model '{self.description.model}' does not draw '{task}'; it draws {told}."
            )
        if control is not None:
            if task != "text":
                raise Unsupported(
                    "A ControlNet guides a picture that is drawn from words alone.", param="control"
                )
            base = self._controls.pipeline(control)
        else:
            base = self._base(task if self.description.tasks[task] == "own" else self.description.base)
        seen = variants.view(base)
        if size is not None:
            variants.prepare(seen, size.width, size.height)
            placing.tile(seen, size.width * size.height)
        return seen

    def arguments(self, size: Size) -> dict[str, Any]:
        """What the call of a view needs besides what was ordered (`use_resolution_binning=False` and such), where its
        signature has it."""
        return {
            **self.description.arguments,
            **variants.arguments(self.pipeline, size.width, size.height),
        }

    def use_adapters(self, order: Order) -> None:
        """The LoRAs of this order, and no others, act from now on; without any the weights are bit for bit their own.

        Raises Unsupported for a name that is not in the folder, or a file that does not fit the model.
        """
        self._loras.use(order.loras)

    def tiny_autoencoder(self) -> Any | None:
        """What previews are decoded by, or None where a linear map has to do. Too small to count in the budget."""
        path = self.description.tiny_autoencoder
        return None if path is None else tiny_autoencoders.load(path, self.device)

    def settle(self) -> None:
        """After every batch, ended or aborted: what offloading had brought to the device goes back."""
        if self._source.offload == "model":
            self.pipeline.maybe_free_model_hooks()

    def put_aside(self) -> None:
        """Into the machine's memory; ControlNets are read anew when they are asked for again."""
        self._controls.forget()
        placing.put_aside(self.pipeline)

    def bring_back(self) -> None:
        self.pipeline.to(self.device)

    def _base(self, task: Task) -> Any:
        if task not in self._built:
            wanted = self._classes[task]
            same = wanted is type(self.pipeline)
            self._built[task] = self.pipeline if same else variants.build(wanted, self.pipeline)
        return self._built[task]
