"""What a single file of weights is, and which model it takes its other parts from."""

from __future__ import annotations

import importlib
from pathlib import Path

from ...core.errors import Unavailable
from . import installed, weights


def check(file: Path) -> None:
    """Raises Unavailable for what is no model."""
    if file.suffix == ".safetensors":
        names = tuple(weights.header(file))
        if weights.is_lora(names):
            raise Unavailable(
                f"{file} is a LoRA, not a model: put it into the folder that `loras` names, and ask for it by its name.",
                code="not_a_diffusion_model",
            )
    elif file.suffix != ".gguf":
        raise Unavailable(
            f"{file} is of a kind that is not read: name a folder, a hub id, a .safetensors or a .gguf file.",
            code="not_a_diffusion_model",
        )


def default_base(name: str, file: Path) -> str:
    """The hub id that diffusers knows for a file of this shape; `name` is the model's. Raises Unavailable where it knows none."""
    if file.suffix == ".gguf":
        raise Unavailable(
            f"{file} has the transformer alone: set `base` of the model '{name}' to the folder or the hub id of the "
            "model that it was made from.",
            code="base_needed",
        )
    torch = installed.torch()
    installed.diffusers()
    single = importlib.import_module("diffusers.loaders.single_file_utils")
    shapes = {key: torch.empty(told["shape"], device="meta") for key, told in weights.header(file).items()}
    try:
        kind = single.infer_diffusers_model_type(shapes)
    except (IndexError, KeyError):  # it looks into shapes that a strange file need not have
        kind = "v1"
    # "v1" is what the library says of everything that it does not know.
    if kind == "v1" and not any(key.startswith("model.diffusion_model.") for key in shapes):
        raise Unavailable(
            f"{file} is not a model that is known by its tensors: set `base` of the model '{name}' to the folder or "
            "the hub id of the model that it was made from.",
            code="base_needed",
        )
    return str(single.DIFFUSERS_DEFAULT_PIPELINE_PATHS[kind]["pretrained_model_name_or_path"])
