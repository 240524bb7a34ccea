"""Where a model's weights lie while it draws: which device, in which numbers, whole or brought there in parts."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ...core.errors import Unavailable
from . import installed
from .loading import Offload, Source

TILED_ABOVE = 2_000_000
"""Pixels from which on the autoencoder works in tiles: whole, it would need more memory than all steps before."""

_SHARE = 0.85  # of a device's memory that weights may have: the rest is for what is computed
_FP8_SINCE = (8, 9)  # compute capability: Ada, Hopper, Blackwell
_STAYING: Mapping[str, tuple[str, ...]] = {
    "model": ("safety_checker", "prior_prior"),
    "group": ("prior_prior", "movq"),
}
"""Parts that stay on the device while others are brought there: diffusers leaves or refuses them, or takes single numbers of them."""
_SMALL_PART = 20  # with group offload, about one in so many of a model's bytes is on the device


@dataclass(frozen=True, slots=True)
class Place:
    """A device that draws. `room` is what weights may take of its memory; None where that is not known."""

    device: Any  # torch.device
    name: str
    room: int | None
    capability: tuple[int, int] | None = None  # of an NVIDIA GPU
    bfloat16: bool = False

    @property
    def is_gpu(self) -> bool:
        return bool(self.device.type != "cpu")


def find(device: str = "auto") -> Place:
    """The device by name, or the best that is here. Raises Unavailable for one that is not."""
    torch = installed.torch()
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if device == "auto":
        device = "cuda" if cuda else "mps" if mps else "cpu"
    kind = device.partition(":")[0]
    if kind == "cuda" and cuda:
        return _cuda(torch, device)
    if kind == "mps" and mps:
        room = int(torch.mps.recommended_max_memory() * _SHARE)
        return Place(torch.device("mps"), "Apple GPU", room, bfloat16=True)
    if kind == "cpu":
        free = free_memory()
        return Place(torch.device("cpu"), "processor", None if free is None else int(free * _SHARE))
    here = [
        "cpu",
        *(["mps"] if mps else []),
        *(f"cuda:{n}" for n in range(torch.cuda.device_count() if cuda else 0)),
    ]
    raise Unavailable(
        f"There is no device '{device}' here; there is: {', '.join(here)}.", code="no_such_device"
    )


def _cuda(torch: Any, device: str) -> Place:
    try:
        found = torch.device(device if ":" in device else f"{device}:{torch.cuda.current_device()}")
        free, total = torch.cuda.mem_get_info(found)
        capability = torch.cuda.get_device_capability(found)
    except (RuntimeError, AssertionError, ValueError) as error:
        count = torch.cuda.device_count()
        raise Unavailable(
            f"There is no device '{device}' here; there are cuda:0 to cuda:{count - 1}.",
            code="no_such_device",
        ) from error
    # What other programs hold is not ours to use.
    room = int(min(free, total) * _SHARE)
    return Place(found, torch.cuda.get_device_name(found), room, capability, bfloat16=capability >= (8, 0))


def free_memory() -> int | None:
    """Bytes of the machine's memory that may still be had, where the system tells."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def dtype(source: Source, place: Place) -> Any:
    """The numbers that the weights are kept in: the operator's choice, or what the device is quick with."""
    torch = installed.torch()
    if source.dtype is not None:
        return getattr(torch, source.dtype)
    if not place.is_gpu:
        return torch.float32
    return torch.bfloat16 if place.bfloat16 else torch.float16


def asks(source: Source) -> bool:
    """Whether it says something that not every device can do."""
    return source.offload != "none" or source.quantize is not None


def check(source: Source, place: Place) -> None:
    """Raises Unavailable for what this device cannot do, by name."""
    if source.offload not in get_args(Offload):
        raise Unavailable(
            f"offload = \"{source.offload}\" of the model '{source.name}' is not one of {', '.join(get_args(Offload))}.",
            code="cannot_offload",
        )
    if source.offload != "none" and not place.is_gpu:
        raise Unavailable(
            f"offload = \"{source.offload}\" of the model '{source.name}' moves weights between the machine's memory and a GPU, "
            "and it is drawn without a GPU here: leave it out.",
            code="cannot_offload",
        )
    if source.quantize is None:
        return
    if place.capability is None or place.capability < _FP8_SINCE:
        raise Unavailable(
            f"quantize = \"fp8\" of the model '{source.name}' needs an NVIDIA GPU of compute capability 8.9 or newer (Ada, Hopper, "
            f"Blackwell), and it is drawn by {place.name} here: leave it out.",
            code="cannot_quantize",
        )
    if source.path.endswith((".gguf", ".safetensors")):
        raise Unavailable(
            f"quantize = \"fp8\" of the model '{source.name}' needs a folder or a hub id; a single file is drawn as it is.",
            code="cannot_quantize",
        )


def quantization(source: Source, denoiser: str) -> Any:
    """What diffusers is told to quantize, or None."""
    if source.quantize is None:
        return None
    diffusers = installed.diffusers()
    installed.optional("torchao", 'quantize = "fp8"', "torchao")
    from importlib import import_module

    kind = import_module("torchao.quantization").Float8DynamicActivationFloat8WeightConfig()
    return diffusers.PipelineQuantizationConfig(quant_mapping={denoiser: diffusers.TorchAoConfig(kind)})


def spread(pipeline: Any, source: Source, place: Place, denoiser: str) -> None:
    """Bring the weights to where the source says that they lie, and compile what is run at each step if it says so."""
    torch = installed.torch()
    if source.offload == "model":
        pipeline.enable_model_cpu_offload(device=place.device)
    elif source.offload == "group":
        pipeline.enable_group_offload(
            onload_device=place.device,
            offload_device=torch.device("cpu"),
            offload_type="leaf_level",
            use_stream=streams(pipeline, place),
            exclude_modules=[name for name in _STAYING["group"] if name in pipeline.components],
        )
    else:
        pipeline.to(place.device)
    if source.compile:
        _compile(getattr(pipeline, denoiser))


def streams(pipeline: Any, place: Place) -> bool:
    """Whether layers can be brought while others work. Those come from a copy that is made now (diffusers 0.42), so not where an
    autoencoder of half precision has float32 for the time of its work: it would have its old numbers again in the midst of it."""
    vae = getattr(pipeline, "vae", None)
    changes = vae is not None and str(vae.dtype) == "torch.float16" and bool(vae.config.get("force_upcast"))
    return place.device.type == "cuda" and not changes


def _compile(part: Any) -> None:
    """Block by block: all of a kind are compiled once, and what is around them may count the pictures of a batch without being
    compiled anew for each number. Sizes and batches of two and more share what is compiled (torch finds what varies)."""
    kinds = getattr(part, "_repeated_blocks", None)
    kinds = kinds or [
        kind for kind in getattr(part, "_no_split_modules", None) or () if kind.endswith("Block")
    ]
    blocks = [module for module in part.modules() if type(module).__name__ in kinds]
    for module in blocks or [part]:
        module.compile()


def on_device(parts: Mapping[str, int], offload: str) -> int:
    """Bytes that are on the device at once, of a model with these components."""
    if offload == "none":
        return sum(parts.values())
    staying = _STAYING[offload]
    brought = [size for name, size in parts.items() if name not in staying]
    return sum(parts.get(name, 0) for name in staying) + (
        max(brought, default=0) if offload == "model" else sum(brought) // _SMALL_PART
    )


def put_aside(pipeline: Any) -> None:
    """From the device into the machine's memory."""
    pipeline.to("cpu")
    release()


def release() -> None:
    """What nobody uses any more goes back to the device and to the machine. Offloading, and FLUX's transformer by itself, tie
    weights into cycles, which would stay until Python happens to look for them: while the next model is read beside them."""
    torch = installed.torch()
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def tile(pipeline: Any, pixels: int) -> None:
    """Have the autoencoder work in tiles from TILED_ABOVE pixels on, and whole below: seams are never for nothing."""
    vae = getattr(pipeline, "vae", None)
    if vae is None or not hasattr(vae, "enable_tiling"):
        return
    if pixels > TILED_ABOVE:
        vae.enable_tiling()
    elif getattr(vae, "use_tiling", False):
        vae.disable_tiling()


def does_not_fit(
    source: Source, parts: Mapping[str, int], place: Place, room: int, denoiser: str, numbers: Any
) -> str:
    """Say what is needed, what there is, and every way in which it would fit."""
    needed = on_device(parts, source.offload)
    ways: list[str] = []
    wide = numbers.itemsize
    if wide == 4 and place.is_gpu and on_device(parts, source.offload) // 2 <= room:
        ways.append(f'dtype = "{"bfloat16" if place.bfloat16 else "float16"}" ({amount(needed // 2)})')
    if source.quantize is None and place.capability is not None and place.capability >= _FP8_SINCE:
        smaller = {**parts, denoiser: parts.get(denoiser, 0) // max(1, wide)}
        if on_device(smaller, source.offload) <= room:
            ways.append(f'quantize = "fp8" ({amount(on_device(smaller, source.offload))})')
    for offload in ("model", "group"):
        less = on_device(parts, offload)
        if place.is_gpu and source.offload == "none" and less <= room:
            ways.append(f'offload = "{offload}" ({amount(less)} at once)')
    if wide == 4 and not place.is_gpu and needed // 2 <= room:
        ways.append(f'dtype = "bfloat16" ({amount(needed // 2)})')
    ways.append(f"a budget of {amount(needed)} or more, where the {place.name} has it")
    return (
        f"The model '{source.name}' needs {amount(needed)} for its weights, and {amount(room)} may be used. It would fit with "
        f"{', or '.join(ways)}."
    )


def amount(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 50_000_000 else f"{number / 1e6:.2f} MB"
