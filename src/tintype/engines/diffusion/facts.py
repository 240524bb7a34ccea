"""What a model's configuration files say of it: its pipeline's class, and how its parts are made. No weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`parts` holds the configuration of each component that has one; `classes` the class of each component."""

    pipeline: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def denoiser(self) -> Mapping[str, Any]:
        """The configuration of what is run at each step."""
        return self.parts.get("transformer") or self.parts.get("unet") or {}

    @property
    def autoencoder(self) -> Mapping[str, Any]:
        """Kandinsky 2.2's is called MoVQ."""
        return self.parts.get("vae") or self.parts.get("movq") or {}

    @property
    def scale(self) -> int:
        """How many pixels wide one place of the latent picture is."""
        vae = self.autoencoder
        if "temperal_downsample" in vae:  # the library's own spelling
            return int(2 ** len(vae["temperal_downsample"]))
        widths = vae.get("encoder_block_out_channels") or vae.get("block_out_channels")
        return int(2 ** (len(widths) - 1)) if widths else 8


def of_folder(folder: Path) -> Facts:
    """Read `model_index.json` and the configurations beside it. Raises Unavailable, in a sentence."""
    index = _read(folder / "model_index.json")
    pipeline = index.get("_class_name")
    if not isinstance(pipeline, str):
        raise Unavailable(
            f"{folder / 'model_index.json'} does not say which pipeline it is for (_class_name)."
        )
    classes = {
        name: str(value[1])
        for name, value in index.items()
        if isinstance(value, list) and len(value) == 2 and value[1] is not None
    }
    parts = {}
    for name in classes:
        for file in ("config.json", "scheduler_config.json"):
            if (folder / name / file).is_file():
                parts[name] = _read(folder / name / file)
    settings = {
        name: value
        for name, value in index.items()
        if not name.startswith("_") and not isinstance(value, list | dict)
    }
    return Facts(pipeline=pipeline, settings=settings, classes=classes, parts=parts)


def joined(pipeline: str, decoder: Facts, prior: Facts) -> Facts:
    """Of the pipeline that two make together, in which the parts of a prior are called `prior_...`."""
    classes, parts = (
        {**one, **{f"prior_{name}": value for name, value in other.items()}}
        for one, other in ((decoder.classes, prior.classes), (decoder.parts, prior.parts))
    )
    return Facts(pipeline=pipeline, settings=decoder.settings, classes=classes, parts=parts)  # type: ignore[arg-type]


def of_pipeline(pipeline: Any) -> Facts:
    """The same of a pipeline that is in memory."""
    classes, parts = {}, {}
    for name, part in pipeline.components.items():
        if part is None:
            continue
        classes[name] = type(part).__name__
        config = getattr(part, "config", None)
        if config is not None:
            parts[name] = config.to_dict() if hasattr(config, "to_dict") else dict(config)
    settings = {
        name: value
        for name, value in pipeline.config.items()
        if not name.startswith("_") and name not in classes and not isinstance(value, list | dict | tuple)
    }
    return Facts(pipeline=type(pipeline).__name__, settings=settings, classes=classes, parts=parts)


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Unavailable(f"{file} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise Unavailable(f"{file} is not an object in JSON.")
    return document
