"""A model from a folder, from a single file, from GGUF; and a sentence for everything that is none."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="diffusion models need the extra 'diffusion'")
pytest.importorskip("diffusers", reason="diffusion models need the extra 'diffusion'")

import numpy as np

from tintype.core.errors import Unavailable
from tintype.engines.diffusion import loading, weights
from tintype.engines.diffusion.families import FAMILIES
from tintype.engines.diffusion.loading import Source

from .original import whole
from .tiny import EDGE, UNSAVED, saved, tiny, torch

save_file: Any = importlib.import_module("safetensors.torch").save_file
PROMPT = {"prompt": "a red cube", "num_inference_steps": 2, "height": EDGE, "width": EDGE}


def _load(**told: Any) -> Any:
    found = loading.ready(loading.find(Source(name="mine", **told)))
    return loading.load(found, dtype=torch.float32)


def _draw(pipeline: Any) -> np.ndarray:
    more: dict[str, Any] = {
        "output_type": "np",
        "return_dict": False,
        "generator": torch.Generator().manual_seed(1),
    }
    with torch.inference_mode():
        return np.asarray(pipeline(**PROMPT, **more)[0][0])


@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in UNSAVED])
def test_a_folder_is_loaded_with_all_its_weights(family: str) -> None:
    ours, theirs = _load(path=str(saved(family))), tiny(family)
    assert type(ours) is type(theirs)
    for name, part in theirs.components.items():
        if isinstance(part, torch.nn.Module):
            weights = ours.components[name].state_dict()
            assert all(torch.equal(weights[key], tensor) for key, tensor in part.state_dict().items())


def test_a_folder_draws_as_the_pipeline_that_was_saved() -> None:
    assert np.abs(_draw(_load(path=str(saved("sdxl")))) - _draw(tiny("sdxl"))).max() < 1e-5


def _transformer_file(folder: Path) -> Path:
    """The transformer alone, of other weights than its base has."""
    file = folder / "tuned.safetensors"
    save_file(tiny("flux", seed=7).transformer.state_dict(), file)
    return file


def test_a_single_file_takes_its_other_parts_from_its_base(tmp_path: Path) -> None:
    file = _transformer_file(tmp_path)
    pipeline = _load(path=str(file), base=str(saved("flux")))
    assert torch.equal(pipeline.transformer.proj_out.weight, tiny("flux", seed=7).transformer.proj_out.weight)
    assert torch.equal(pipeline.vae.decoder.conv_in.weight, tiny("flux").vae.decoder.conv_in.weight)
    assert _draw(pipeline).shape == (EDGE, EDGE, 3)


def test_a_whole_model_in_a_single_file_needs_a_folder_with_the_configuration_only(tmp_path: Path) -> None:
    """As models of Stable Diffusion are handed around: all parts in one file, under their authors' names."""
    save_file(whole(tiny("sd15", seed=7)), tmp_path / "dream.safetensors")
    base = tmp_path / "base"
    shutil.copytree(saved("sd15"), base, ignore=shutil.ignore_patterns("*.safetensors"))
    told: dict[str, Any] = {"path": str(tmp_path / "dream.safetensors"), "base": str(base)}
    pipeline = _load(**told)
    assert np.abs(_draw(pipeline) - _draw(tiny("sd15", seed=7))).max() < 1e-5
    found = loading.find(Source(name="mine", **told))
    assert loading.stored(found) == (tmp_path / "dream.safetensors").stat().st_size
    measured = sum(weights.of_pipeline(pipeline).values())
    assert abs(sum(loading.weigh(found, 4).values()) - measured) < 1000  # of positions, which are not stored


def test_a_single_files_weight_is_counted_once(tmp_path: Path) -> None:
    found = loading.find(Source(name="mine", path=str(_transformer_file(tmp_path)), base=str(saved("flux"))))
    whole = loading.find(Source(name="whole", path=str(saved("flux"))))
    assert loading.weigh(found, 4) == loading.weigh(whole, 4)
    stored, as_folder = loading.stored(found), loading.stored(whole)
    assert stored is not None
    assert as_folder is not None
    assert abs(stored - as_folder) < 10_000  # of headers


def _gguf(file: Path, tensors: Mapping[str, Any]) -> None:
    gguf = pytest.importorskip("gguf", reason="GGUF files need the package gguf")
    writer = gguf.GGUFWriter(str(file), "flux")
    for name, tensor in tensors.items():
        array = tensor.numpy()
        if array.ndim == 2 and array.shape[-1] % 32 == 0:
            packed = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_gguf_is_drawn_about_as_what_it_was_made_from(tmp_path: Path) -> None:
    _gguf(tmp_path / "flux-Q8_0.gguf", tiny("flux").transformer.state_dict())
    pipeline = _load(path=str(tmp_path / "flux-Q8_0.gguf"), base=str(saved("flux")))
    difference = np.abs(_draw(pipeline) - _draw(tiny("flux"))).max()
    assert 0 < difference < 0.1


def test_gguf_needs_its_base_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "flux.gguf").write_bytes(b"GGUF")
    with pytest.raises(Unavailable, match="transformer alone: set `base` of the model 'mine'"):
        loading.find(Source(name="mine", path=str(tmp_path / "flux.gguf")))


def test_a_single_file_without_a_network_says_that_its_configuration_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tensors tell that it is SDXL; how SDXL is configured is on the hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    file = tmp_path / "dream.safetensors"
    tensors = {
        "conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias": torch.zeros(1280),
        "model.diffusion_model.input_blocks.0.0.weight": torch.zeros(320, 4, 3, 3),
    }
    save_file(tensors, file)
    with pytest.raises(
        Unavailable, match=r"single file.*stable-diffusion-xl-base.*HF_HUB_OFFLINE.*set `base`"
    ):
        loading.find(Source(name="mine", path=str(file)))


def test_a_single_file_that_nobody_knows_needs_a_base(tmp_path: Path) -> None:
    save_file({"something.weight": torch.zeros(3)}, tmp_path / "odd.safetensors")
    with pytest.raises(Unavailable, match="not a model that is known by its tensors: set `base`"):
        loading.find(Source(name="mine", path=str(tmp_path / "odd.safetensors")))


def _folder(folder: Path, files: Mapping[str, Any]) -> str:
    for name, document in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(document if isinstance(document, str) else json.dumps(document))
    return str(folder)


def _lora(folder: Path) -> str:
    save_file({"unet.down.lora_A.weight": torch.zeros(2, 2)}, folder / "style.safetensors")
    return str(folder / "style.safetensors")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda folder: str(folder / "nothing"), "There is no file or folder .*nothing"),
        (
            lambda folder: _folder(folder, {"config.json": {}}),
            "no model_index.json: it is not a diffusion model",
        ),
        (
            lambda folder: _folder(folder, {"dream.safetensors": ""}),
            "Where one of its files is a whole model, name that: dream.safetensors",
        ),
        (lambda folder: _folder(folder, {"model_index.json": "{"}), "model_index.json cannot be read"),
        (lambda folder: _folder(folder, {"model_index.json": []}), "is not an object in JSON"),
        (lambda folder: _folder(folder, {"model_index.json": {}}), "does not say which pipeline"),
        (lambda folder: _folder(folder, {"m.ckpt": "x"}) + "/m.ckpt", "is of a kind that is not read"),
        (
            lambda folder: _folder(folder, {"m.safetensors": "x"}) + "/m.safetensors",
            "not a .safetensors file",
        ),
        (_lora, "is a LoRA, not a model: put it into the folder"),
    ],
)
def test_what_is_no_model_is_refused_in_a_sentence(made: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=said):
        loading.find(Source(name="mine", path=made(tmp_path)))


def test_a_base_that_is_nothing_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="The base of the model 'mine', /no/such, is neither"):
        loading.find(Source(name="mine", path=str(_transformer_file(tmp_path)), base="/no/such"))


def test_weights_that_are_broken_are_refused_in_a_sentence(tmp_path: Path) -> None:
    for file in saved("sdxl").rglob("*"):
        if file.is_file():
            target = tmp_path / file.relative_to(saved("sdxl"))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    weights = tmp_path / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])  # as an aborted copy leaves them
    with pytest.raises(Unavailable, match=r"The model 'mine' cannot be loaded from .*"):
        _load(path=str(tmp_path))


def test_a_processor_that_needs_torchvision_says_so(tmp_path: Path) -> None:
    if find_spec("torchvision") is not None:
        pytest.skip("torchvision is installed here")
    index = {"_class_name": "QwenImageEditPipeline", "processor": ["transformers", "Qwen2VLProcessor"]}
    found = loading.find(Source(name="edit", path=_folder(tmp_path, {"model_index.json": index})))
    with pytest.raises(Unavailable, match="'edit' has a Qwen2VLProcessor, which needs torchvision"):
        loading.check(found)
