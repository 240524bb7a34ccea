"""Where a diffusion model comes from: the hub, a folder, a single file or GGUF; and how it is read into memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Offload = Literal["none", "model", "group", "sequential"]
Dtype = Literal["bfloat16", "float16", "float32"]

Downloaded = Callable[[str, int, int], None]
"""Told the model's name, how many bytes are here, and how many there are in all (0: not known yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One model, as the operator names it.

    `path` is a hub id ("owner/name"), a diffusers folder, or a file: `.safetensors`, or `.gguf` with the transformer
    alone. `base` is the folder or hub id that a file takes its other parts and its configuration from. What is None
    is chosen for the device.
    """

    name: str
    path: str
    base: str | None = None
    revision: str | None = None
    variant: str | None = None  # "fp16": the weights' own suffix
    dtype: Dtype | None = None
    offload: Offload = "none"
    quantize: Literal["fp8"] | None = None
    compile: bool = False
    loras: Path | None = None  # a folder of .safetensors, asked for by name
    controls: Mapping[str, str] = field(default_factory=dict)  # name: hub id or folder of a ControlNet
    at_once: int | None = None  # pixels that a batch may have in all; None: as the family has it
