"""LoRAs and ControlNets by name: from the operator's folder, loaded once, and in force for one batch only."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...core.errors import Unavailable, Unsupported
from . import hub, installed, variants, weights
from .family import Family

MOST_LOADED = 16
"""LoRAs of one model that are kept in memory."""


def lora_names(folder: Path | None) -> tuple[str, ...]:
    """What may be asked for: the names of the .safetensors files that lie in the folder itself."""
    if folder is None or not folder.is_dir():
        return ()
    return tuple(sorted(file.stem for file in folder.iterdir() if file.suffix == ".safetensors"))


class Loras:
    """The LoRAs of one pipeline. Worker thread only."""

    def __init__(self, pipeline: Any, folder: Path | None, model: str) -> None:
        self._pipeline = pipeline
        self._folder = folder
        self._model = model
        self._adapters: dict[str, str] = {}  # name: the library's name for it; least recently used first
        self._files: dict[str, tuple[int, int] | None] = {}  # name: what its file was like
        self._count = 0

    def use(self, wanted: Mapping[str, float]) -> None:
        """These LoRAs, and no others, act from now on. Raises Unsupported, and then none does."""
        self._rest()
        if not wanted:
            return
        self._check(wanted)
        for name in wanted:
            self._load(name)
        self._forget(wanted)
        self._rest(enabled=True)
        self._pipeline.set_adapters([self._adapters[name] for name in wanted], list(wanted.values()))

    def _check(self, wanted: Mapping[str, float]) -> None:
        here = lora_names(self._folder)
        for name in wanted:
            if name not in here:
                told = f"those that are here: {', '.join(here)}" if here else "there are none here"
                raise Unsupported(f"The model '{self._model}' has no LoRA '{name}'; {told}.", param="loras")
        if not hasattr(self._pipeline, "load_lora_weights"):
            raise Unsupported(f"The model '{self._model}' takes no LoRAs.", param="loras")

    def _load(self, name: str) -> None:
        assert self._folder is not None
        file = _marks(self._folder / f"{name}.safetensors")
        if name in self._adapters:
            known = self._adapters.pop(name)
            if self._files[name] == file:
                self._adapters[name] = known
                return
            self._delete(known)  # another one lies there by now
        self._count += 1
        adapter = f"lora_{self._count}"  # the library's names may not have every letter
        try:
            self._pipeline.load_lora_weights(
                str(self._folder),
                weight_name=f"{name}.safetensors",
                adapter_name=adapter,
                local_files_only=True,
            )
            fits = any(adapter in known for known in self._pipeline.get_list_adapters().values())
        except Exception as error:  # what is in the file decides what is raised
            self._delete(adapter)
            raise Unsupported(
                f"The LoRA '{name}' is not made for the model '{self._model}': {_first_line(error)}",
                param="loras",
            ) from error
        if not fits:
            raise Unsupported(
                f"The LoRA '{name}' is not made for the model '{self._model}': it has nothing for any of its parts.",
                param="loras",
            )
        self._adapters[name], self._files[name] = adapter, file

    def _forget(self, wanted: Mapping[str, float]) -> None:
        spare = [name for name in self._adapters if name not in wanted]
        for name in spare[: max(0, len(self._adapters) - MOST_LOADED)]:
            self._delete(self._adapters.pop(name))

    def _delete(self, adapter: str) -> None:
        known = self._pipeline.get_list_adapters() if hasattr(self._pipeline, "get_list_adapters") else {}
        if any(adapter in names for names in known.values()):
            self._pipeline.delete_adapters(adapter)

    def _rest(self, *, enabled: bool = False) -> None:
        for layer in self._layers():
            layer.enable_adapters(enabled)

    def _layers(self) -> Iterator[Any]:
        """Every layer that a LoRA has been put around. With its adapters off it is the layer that was there before."""
        if not self._count:
            return
        tuned = importlib.import_module("peft.tuners.tuners_utils").BaseTunerLayer
        for name in self._pipeline._lora_loadable_modules:
            part = getattr(self._pipeline, name, None)
            if part is not None:
                yield from (layer for layer in part.modules() if isinstance(layer, tuned))


class Controls:
    """The ControlNets of one model, each loaded when it is first asked for. Worker thread only."""

    def __init__(
        self, pipeline: Any, family: Family, paths: Mapping[str, str], model: str, grow: Callable[[int], None]
    ) -> None:
        """`grow` makes room on the device for so many bytes more; it raises Unavailable where there is none."""
        self._pipeline = pipeline
        self._family = family
        self._paths = paths
        self._model = model
        self._grow = grow
        self._built: dict[str, Any] = {}

    def pipeline(self, name: str) -> Any:
        """The pipeline with this ControlNet. Raises Unsupported, or Unavailable for one that cannot be read."""
        if name not in self._paths:
            here = ", ".join(self._paths)
            raise Unsupported(
                f"The model '{self._model}' has no ControlNet '{name}'; "
                + (f"it has {here}." if here else "it has none."),
                param="control",
            )
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def forget(self) -> None:
        """Out of memory with them."""
        self._built.clear()

    def _build(self, name: str) -> Any:
        diffusers = installed.diffusers()
        if not self._family.control:
            raise Unsupported(f"diffusers has no ControlNet for {self._family.title}.", param="control")
        model_class = getattr(diffusers, self._family.control["model"])
        path = self._paths[name]
        folder = Path(path).expanduser()
        if not folder.is_dir() and not hub.is_id(path):
            raise Unavailable(
                f"The ControlNet '{name}' is neither a folder nor a hub id: {path}", code="model_not_there"
            )
        denoiser = getattr(self._pipeline, "transformer", None) or self._pipeline.unet
        try:
            control = model_class.from_pretrained(
                str(folder) if folder.is_dir() else path,
                dtype=denoiser.dtype,
                local_files_only=installed.offline(),
            )
        except Exception as error:
            raise Unavailable(
                f"The ControlNet '{name}' of the model '{self._model}' cannot be loaded from {path}: {_first_line(error)}"
            ) from error
        control.requires_grad_(False).eval()
        self._grow(weights.of_part(control))
        control.to(self._pipeline._execution_device)
        return variants.build(
            getattr(diffusers, self._family.control["pipeline"]), self._pipeline, controlnet=control
        )


def _marks(file: Path) -> tuple[int, int] | None:
    """By which a file is known to be the same: when it was written, and its size."""
    try:
        told = file.stat()
    except OSError:  # whoever reads it says so
        return None
    return told.st_mtime_ns, told.st_size


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
