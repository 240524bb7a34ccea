"""The tiny autoencoder that decodes a model's previews: the operator's, or the known one where it is on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.errors import Unavailable
from . import hub, installed
from .facts import Facts

KNOWN: Mapping[tuple[int, float], str] = {
    (4, 0.18215): "madebyollin/taesd",
    (4, 0.13025): "madebyollin/taesdxl",
    (16, 1.5305): "madebyollin/taesd3",
    (16, 0.3611): "madebyollin/taef1",
}
"""Hub ids by the channels and the scaling factor of the autoencoder whose latents they read: families share those."""

NONE = "none"


def find(name: str, wanted: str | None, facts: Facts) -> str | None:
    """The hub id or folder of the one for the model `name`, or None where a linear map has to do.

    `wanted` is the operator's word: None takes the known one if that costs no download. Raises Unavailable for one
    that cannot be read or was made for other latents.
    """
    if wanted == NONE or "vae" not in facts.classes:
        return None
    vae = facts.parts.get("vae", {})
    if wanted is None:
        if facts.classes["vae"] != "AutoencoderKL":
            return None
        known = KNOWN.get((vae.get("latent_channels", 4), vae.get("scaling_factor", 0.18215)))
        return known if known is not None and hub.has_part(known) else None
    told = _configuration(name, wanted)
    channels, needed = told.get("latent_channels", 4), vae.get("latent_channels") or vae.get("z_dim")
    if needed is not None and channels != needed:
        raise Unavailable(
            f"The tiny autoencoder {wanted} decodes latents of {channels} channels, and those of the model '{name}' have "
            f'{needed}: name one that was made for it, or "{NONE}".',
            code="tiny_autoencoder_does_not_fit",
        )
    return wanted


def ready(path: str) -> Path:
    """The folder with its weights; downloads them where they are missing, which is 10 MB. Raises Unavailable."""
    folder = Path(path).expanduser()
    return folder if folder.is_dir() else hub.part(path)


def load(path: str, device: Any) -> Any:
    """The autoencoder of a `path` that is `ready`, on the device. Raises Unavailable.

    Half precision on a GPU; never bfloat16, whose few digits show as bands of colour.
    """
    torch, diffusers = installed.torch(), installed.diffusers()
    dtype = torch.float32 if device.type == "cpu" else torch.float16
    try:
        with installed.quiet():
            made = diffusers.AutoencoderTiny.from_pretrained(
                str(ready(path)), dtype=dtype, local_files_only=True
            )
    except Unavailable:
        raise
    except Exception as error:  # a broken file may raise anything
        raise Unavailable(f"The tiny autoencoder {path} cannot be loaded: {error}") from error
    made.requires_grad_(False).eval()
    made.enable_slicing()  # a batch's previews are no reason to run out of memory
    return made.to(device)


def _configuration(name: str, wanted: str) -> Mapping[str, Any]:
    folder = Path(wanted).expanduser()
    if not folder.is_dir():
        if not hub.is_id(wanted):
            raise Unavailable(
                f"There is no folder {wanted}, and it is not a hub id (owner/name): `tiny_autoencoder` of the model '{name}'.",
                code="model_not_there",
            )
        folder = hub.part(wanted, weights=installed.offline())
    try:
        told = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        told = None
    if not isinstance(told, dict) or told.get("_class_name") != "AutoencoderTiny":
        raise Unavailable(
            f"{wanted} is no tiny autoencoder in diffusers' form (AutoencoderTiny): `tiny_autoencoder` of the model '{name}'.",
            code="not_a_tiny_autoencoder",
        )
    return told
