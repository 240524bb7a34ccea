"""The diffusion models of one device, by name: read when first asked for, and put aside by a memory budget."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from ...core.errors import Unavailable, UnknownModel
from . import adapters, describing, installed, loading, placing, tiny_autoencoders, weights
from .budget import Budget, NoRoom
from .describing import Description
from .families import FAMILIES
from .hub import Downloaded
from .loaded import Loaded
from .loading import Found, Source

Load = Callable[..., Any]


class Models:
    """Several models under one memory budget. `names`, `describe` and `resident` may be called from any thread."""

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        device: str = "auto",
        budget: int | None = None,
        downloaded: Downloaded | None = None,
        load: Load = loading.load,
    ) -> None:
        """`device`: "auto", "cpu", "mps", "cuda", "cuda:1". `budget`: bytes of weights that may be on the device
        at once; None: as much as it has, less a reserve. `load` reads a source into memory. Nothing is loaded yet."""
        self._sources = {source.name: source for source in sources}
        self._wanted_device = device
        self._wanted_budget = budget
        self._downloaded = downloaded
        self._load = load
        self._lock = threading.RLock()  # of what is below; never held while something is read
        self._describing = threading.Lock()
        self._place: placing.Place | None = None
        self._budget = Budget(budget)
        self._found: dict[str, Found] = {}
        self._descriptions: dict[str, Description] = {}
        self._loaded: dict[str, Loaded] = {}  # in memory, on the device or beside it

    def names(self) -> tuple[str, ...]:
        return tuple(self._sources)

    def place(self) -> placing.Place:
        """The device that draws. Raises Unavailable where torch or the device is missing."""
        with self._lock:
            if self._place is None:
                self._place = placing.find(self._wanted_device)
                if self._wanted_budget is None:
                    self._budget.bytes = self._place.room
            return self._place

    def describe(self, name: str) -> Description:
        """What can be asked of the model. Reads configuration files and no weights; kept once it is known.

        Blocks, and imports neither torch nor diffusers where it need not. Raises UnknownModel for a name that is not here,
        and Unavailable, in a sentence, for a source that cannot be read.
        """
        source = self._source(name)
        with self._describing:
            told = self._descriptions.get(name) or self._look_up(source)
        return replace(told, loras=adapters.lora_names(source.loras) if told.takes_loras else ())

    @contextmanager
    def get(self, name: str) -> Iterator[Loaded]:
        """The model in memory, loaded if it is not, and not put aside before the context ends.

        Worker thread only. Raises UnknownModel, and Unavailable for what cannot be read or does not fit.
        """
        description = self.describe(name)
        loaded = self._obtain(name, description)
        with self._lock:
            self._budget.hold(name)
        try:
            yield loaded
        finally:
            with self._lock:
                self._budget.let_go(name)

    def resident(self) -> Mapping[str, int]:
        """The models on the device and the bytes that they have there, least recently used first."""
        with self._lock:
            return self._budget.sizes()

    def close(self) -> None:
        """Everything out of memory."""
        with self._lock:
            for name in list(self._loaded):
                self._drop(name)

    def _look_up(self, source: Source) -> Description:
        found = loading.find(source)
        loading.check(found)
        told = describing.describe(
            found.facts, name=source.name, path=source.path, edge=source.edge, fast=source.fast
        )
        plain = self._wanted_device in ("auto", "cpu")
        if not plain or placing.asks(source):  # to know the device takes torch
            placing.check(source, self.place())
        told = replace(
            told,
            at_once=source.at_once or told.at_once,
            controls=tuple(source.controls) if FAMILIES[told.family].control else (),
            bytes=loading.stored(found),
            tiny_autoencoder=tiny_autoencoders.find(source.name, source.tiny_autoencoder, found.facts),
        )
        with self._lock:
            self._found[source.name] = found
            self._descriptions[source.name] = told
        return told

    def _source(self, name: str) -> Source:
        try:
            return self._sources[name]
        except KeyError:
            raise UnknownModel(
                f"There is no diffusion model '{name}' here; there is: {', '.join(self._sources)}."
            ) from None

    def _obtain(self, name: str, description: Description) -> Loaded:
        with self._lock:
            here, size = self._loaded.get(name), self._budget.sizes().get(name)
        if here is not None and size is not None:
            return here
        if here is not None:  # in the machine's memory: back to the device
            self._make_room(name, weights.of_pipeline(here.pipeline), here.dtype)
            here.bring_back()
        else:
            here = self._read(name, description)
        parts = weights.of_pipeline(here.pipeline)
        with self._lock:
            # Files tell a little less than what there is in the end: some numbers are made while loading.
            self._make_room(name, parts, here.dtype)
            self._loaded[name] = here
            self._budget.put(name, placing.on_device(parts, self._sources[name].offload))
        return here

    def _read(self, name: str, description: Description) -> Loaded:
        source, place = self._sources[name], self.place()
        numbers = placing.dtype(source, place)
        with self._lock:
            found = self._found[name]
        found = loading.ready(found, self._downloaded)
        if description.tiny_autoencoder is not None:
            tiny_autoencoders.ready(description.tiny_autoencoder)
        with self._lock:
            self._found[name] = found
        parts = dict(loading.weigh(found, numbers.itemsize))
        if source.quantize is not None and found.denoiser in parts:
            parts[found.denoiser] //= numbers.itemsize
        self._make_room(name, parts, numbers)
        try:
            pipeline = self._load(
                found, dtype=numbers, quantization=placing.quantization(source, found.denoiser)
            )
            placing.spread(pipeline, source, place, found.denoiser)
        except (MemoryError, installed.torch().OutOfMemoryError) as error:
            placing.release()
            room = self._budget.bytes or place.room or 0
            raise Unavailable(
                placing.does_not_fit(source, parts, place, room, found.denoiser, numbers),
                code="model_does_not_fit",
            ) from error
        return Loaded(pipeline, found, description, place, numbers, partial(self._grow, name))

    def _make_room(self, name: str, parts: Mapping[str, int], numbers: Any) -> None:
        """Put others aside. Raises Unavailable where that does not help, and then all stay where they are."""
        source, place = self._sources[name], self.place()
        with self._lock:
            need = placing.on_device(parts, source.offload)
            room = self._budget.bytes
            if room is not None and need > room:
                said = placing.does_not_fit(source, parts, place, room, self._found[name].denoiser, numbers)
                raise Unavailable(said, code="model_does_not_fit")
            self._put_others_aside(name, need)

    def _grow(self, name: str, more: int) -> None:
        """The model has so many bytes more on the device from now on, until it goes itself."""
        with self._lock:
            size, room = self._budget.sizes()[name] + more, self._budget.bytes
            if room is not None and size > room:
                raise Unavailable(
                    f"The model '{name}' and its ControlNet need {placing.amount(size)}, and {placing.amount(room)} may be used: "
                    f"a budget of {placing.amount(size)} or more would hold both.",
                    code="model_does_not_fit",
                )
            self._put_others_aside(name, size)
            self._budget.put(name, size)

    def _put_others_aside(self, name: str, size: int) -> None:
        try:
            going = self._budget.make_room(name, size)
        except NoRoom as error:
            raise Unavailable(
                f"The model '{name}' has to wait: others that are in use leave it {error.free / 1e9:.1f} GB.",
                code="model_has_to_wait",
            ) from error
        for other in going:
            self._put_aside(other)

    def _put_aside(self, name: str) -> None:
        """Into the machine's memory where it has room for it, or else out."""
        source, size = self._sources[name], self._budget.sizes()[name]
        free = placing.free_memory()
        simple = source.offload == "none" and source.quantize is None and not source.compile
        if self.place().is_gpu and simple and free is not None and size < free // 2:
            self._loaded[name].put_aside()
            self._budget.remove(name)
        else:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._budget.remove(name)
        del self._loaded[name]
        placing.release()
