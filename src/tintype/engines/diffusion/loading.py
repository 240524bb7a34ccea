"""Where a diffusion model comes from: the hub, a folder, a single file or GGUF; and how it is read into memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from ...core.errors import TintypeError, Unavailable
from . import facts, hub, installed, single_files, weights
from .facts import Facts
from .families import FAMILIES, PIPELINES
from .hub import Downloaded

Offload = Literal["none", "model", "group"]
"""Sequential offloading is left out: accelerate 1.15 fails with transformers 5, and group does the same faster."""
Dtype = Literal["bfloat16", "float16", "float32"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One model, as the operator names it.

    `path` is a hub id ("owner/name"), a diffusers folder, or a file: `.safetensors`, or `.gguf` with the transformer
    alone. `base` is the folder or hub id that a file takes its other parts and its configuration from. What is None
    is chosen for the device, or told by the model.
    """

    name: str
    path: str
    base: str | None = None
    revision: str | None = None
    variant: str | None = None  # "fp16": the suffix of the weights' files
    dtype: Dtype | None = None
    offload: Offload = "none"
    quantize: Literal["fp8"] | None = None
    compile: bool = False
    loras: Path | None = None  # a folder of .safetensors, asked for by name
    controls: Mapping[str, str] = field(default_factory=dict)  # name: hub id or folder of a ControlNet
    at_once: int | None = None  # pixels that a batch may have in all
    edge: int | None = None  # of the usual square, in pixels
    fast: bool | None = None  # whether it was made for few steps
    tiny_autoencoder: str | None = None  # a hub id or a folder, or "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A source that has been looked up: `folder` has its configuration and the weights that are not in `file`; None
    where they are still on the hub."""

    source: Source
    folder: Path | None
    hub_id: str | None
    file: Path | None
    facts: Facts
    prior: Found | None = None  # of a decoder that has none in its own folder

    @property
    def is_here(self) -> bool:
        return self.folder is not None and (self.prior is None or self.prior.is_here)

    @property
    def denoiser(self) -> str:
        """The component that is run at each step."""
        return "transformer" if "transformer" in self.facts.classes else "unet"


def find(source: Source) -> Found:
    """Look the source up and read its configuration; no weights. Raises Unavailable, in a sentence."""
    found = _find(source)
    family = FAMILIES.get(PIPELINES.get(found.facts.pipeline, ""))
    if family is None or found.facts.pipeline != family.decoder:
        return found
    base = source.base if found.file is None else None
    try:
        prior = _find(replace(source, path=base or family.prior, base=None, revision=None))
    except Unavailable as error:
        raise Unavailable(
            f"{source.path} is a decoder, and needs a prior that reads the words. {error} Or set `base` of the model "
            f"'{source.name}' to a folder that has it.",
            code=error.code,
        ) from error
    if not prior.facts.pipeline.endswith("PriorPipeline"):
        raise Unavailable(
            f"The base of the model '{source.name}', {prior.source.path}, is made for {prior.facts.pipeline} and is not a prior.",
            code="model_not_there",
        )
    return replace(found, facts=facts.joined(family.pipeline, found.facts, prior.facts), prior=prior)


def _find(source: Source) -> Found:
    path = Path(source.path).expanduser()
    if path.is_dir():
        return Found(source=source, folder=path, hub_id=None, file=None, facts=_of_folder(path))
    if path.is_file():
        return _find_file(source, path)
    if path.suffix not in {".safetensors", ".gguf"} and hub.is_id(source.path):
        folder = hub.configuration(source.path, source.revision)
        told = facts.of_folder(folder)
        here = None if hub.missing(folder, told.classes) else folder
        return Found(source=source, folder=here, hub_id=source.path, file=None, facts=told)
    raise Unavailable(
        f"There is no file or folder {source.path}, and it is not a hub id (owner/name).",
        code="model_not_there",
    )


def check(found: Found) -> None:
    """Raises Unavailable for a model that needs a package which is not here: transformers 5 builds what reads words and
    pictures together (Qwen-Image-Edit, FLUX.2, Kandinsky 5) with torchvision only."""
    for made in found.facts.classes.values():
        together = made.endswith("Processor") and not made.endswith("ImageProcessor")
        if together and find_spec("torchvision") is None:
            raise Unavailable(
                f"The model '{found.source.name}' has a {made}, which needs torchvision besides torch: install the build of it that "
                "fits this torch, from where torch came.",
                code="not_installed",
            )


def stored(found: Found) -> int | None:
    """Bytes of all weights on the disk, or None where they are not here and the hub cannot be asked."""
    if found.prior is None:
        return _stored(found)
    decoder, prior = _stored(found), _stored(found.prior)
    return None if decoder is None or prior is None else decoder + prior


def _stored(found: Found) -> int | None:
    source = found.source
    try:
        size = found.file.stat().st_size if found.file is not None else 0
        if found.file is not None and _is_whole(found):
            return size
        if found.folder is not None:
            return size + sum(one.stored for one in _weigh(found, found.folder).values())
        assert found.hub_id is not None
        rest = hub.weight(found.hub_id, source.revision, source.variant)
        return None if rest is None else size + rest
    except TintypeError:
        return None


def ready(found: Found, downloaded: Downloaded | None = None) -> Found:
    """The same with its weights on the disk: downloads what is missing, and blocks meanwhile."""
    if found.prior is not None:
        found = replace(found, prior=ready(found.prior, downloaded))
    if found.hub_id is None:
        return found
    if found.file is not None and _is_whole(found):
        return replace(found, folder=hub.configuration(found.hub_id, None))
    folder = hub.fetch(
        found.hub_id,
        found.source.revision if found.file is None else None,
        variant=found.source.variant,
        without=found.denoiser if found.file is not None else None,
        name=found.source.name,
        downloaded=downloaded,
    )
    return replace(found, folder=folder)


def weigh(found: Found, bytes_each: int) -> Mapping[str, int]:
    """Bytes in memory of each component, at so many bytes a number. For a source that is `ready`."""
    assert found.folder is not None
    told = {part: one.numbers * bytes_each for part, one in _weigh(found, found.folder).items()}
    if found.file is not None:
        told[found.denoiser] = weights.of_file(found.file).numbers * bytes_each
        if found.file.suffix == ".gguf":
            told[found.denoiser] = found.file.stat().st_size  # its numbers stay as small as they are
    if found.prior is not None:
        told |= {f"prior_{part}": size for part, size in weigh(found.prior, bytes_each).items()}
    return told


def load(found: Found, *, dtype: Any, quantization: Any = None) -> Any:
    """The pipeline, in the processor's memory. For a source that is `ready`. Raises Unavailable."""
    diffusers = installed.diffusers()
    source, folder = found.source, found.folder
    assert folder is not None
    told: dict[str, Any] = {"dtype": dtype, "local_files_only": True}
    try:
        with installed.quiet():
            if found.file is not None and _is_whole(found):
                pipeline_class = getattr(diffusers, found.facts.pipeline)
                pipeline = pipeline_class.from_single_file(str(found.file), config=str(folder), **told)
            else:
                if found.file is not None:
                    told[found.denoiser] = _denoiser(found, diffusers, dtype)
                    told |= _unused(found)
                elif quantization is not None:
                    told["quantization_config"] = quantization
                if source.variant is not None:
                    told["variant"] = source.variant
                pipeline = diffusers.DiffusionPipeline.from_pretrained(str(folder), **told)
    except Unavailable:
        raise
    except Exception as error:  # a broken file may raise anything
        raise Unavailable(
            f"The model '{source.name}' cannot be loaded from {source.path}: {_first_line(error)}"
        ) from error
    if found.prior is not None:
        prior = load(found.prior, dtype=dtype)
        others = {f"prior_{name}": part for name, part in prior.components.items()}
        pipeline = getattr(diffusers, found.facts.pipeline)(**pipeline.components, **others)
    pipeline.set_progress_bar_config(disable=True)
    for part in pipeline.components.values():
        if hasattr(part, "requires_grad_"):
            part.requires_grad_(False).eval()
    return pipeline


def _denoiser(found: Found, diffusers: Any, dtype: Any) -> Any:
    """The transformer or UNet that is alone in a file; its configuration is the base's."""
    part_class = getattr(diffusers, found.facts.classes[found.denoiser])
    told: dict[str, Any] = {}
    assert found.file is not None
    if found.file.suffix == ".gguf":
        installed.optional("gguf", "A .gguf file", "gguf")
        told["quantization_config"] = diffusers.GGUFQuantizationConfig(compute_dtype=dtype)
    if not hasattr(part_class, "from_single_file"):
        raise Unavailable(
            f"diffusers cannot read {part_class.__name__} from a single file; give the model '{found.source.name}' as a folder "
            "or a hub id."
        )
    return part_class.from_single_file(
        str(found.file),
        config=str(found.folder),
        subfolder=found.denoiser,
        dtype=dtype,
        local_files_only=True,
        **told,
    )


def _unused(found: Found) -> dict[str, Any]:
    """A checker or encoder of pictures that the base lists and that is not here is not missed."""
    assert found.folder is not None
    spare = ("safety_checker", "feature_extractor", "image_encoder")
    return {
        name: None for name in spare if name in found.facts.classes and not (found.folder / name).is_dir()
    }


def _find_file(source: Source, file: Path) -> Found:
    single_files.check(file)
    base = source.base or single_files.default_base(source.name, file)
    folder = Path(base).expanduser()
    if folder.is_dir():
        return Found(source=source, folder=folder, hub_id=None, file=file, facts=_of_folder(folder))
    if not hub.is_id(base):
        raise Unavailable(
            f"The base of the model '{source.name}', {base}, is neither a folder nor a hub id (owner/name).",
            code="model_not_there",
        )
    try:
        told = facts.of_folder(hub.configuration(base, None))
    except Unavailable as error:
        raise Unavailable(
            f"{file} is a single file, without the model's configuration, which is in {base}. {error} Or set `base` to a "
            "folder that has it.",
            code=error.code,
        ) from error
    return Found(source=source, folder=None, hub_id=base, file=file, facts=told)


def _of_folder(folder: Path) -> Facts:
    if (folder / "model_index.json").is_file():
        return facts.of_folder(folder)
    files = sorted(file.name for file in folder.iterdir() if file.suffix in {".safetensors", ".gguf"})
    hint = f" Where one of its files is a whole model, name that: {', '.join(files[:4])}." if files else ""
    raise Unavailable(
        f"{folder} has no model_index.json: it is not a diffusion model in diffusers' form.{hint}",
        code="not_a_diffusion_model",
    )


def _is_whole(found: Found) -> bool:
    """Only Stable Diffusion 1, 2 and XL are handed around with all their parts in one file."""
    file = found.file
    return (
        file is not None
        and file.suffix == ".safetensors"
        and found.facts.pipeline.startswith("StableDiffusion")
        and "unet" in found.facts.classes
        and weights.is_whole(weights.header(file))
    )


def _weigh(found: Found, folder: Path) -> Mapping[str, weights.Weight]:
    told = dict(weights.of_folder(folder, found.facts.classes, found.source.variant))
    if found.file is not None:
        told.pop(found.denoiser, None)
    return {} if _is_whole(found) else told


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
