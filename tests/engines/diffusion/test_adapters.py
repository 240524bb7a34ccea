"""LoRAs and ControlNets by name, for one batch only."""

# ruff: noqa: E402 (the rest is imported only where the extra is installed)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="diffusion models need the extra 'diffusion'")
pytest.importorskip("diffusers", reason="diffusion models need the extra 'diffusion'")
peft = pytest.importorskip("peft", reason="LoRAs need the extra 'diffusion'")

import numpy as np
from PIL import Image

from tintype.core import Size
from tintype.core.errors import Unavailable, Unsupported
from tintype.engines.diffusion import adapters
from tintype.engines.diffusion.loaded import Loaded
from tintype.engines.diffusion.models import Models
from tintype.engines.diffusion.orders import Order

from .tiny import EDGE, source, tiny, torch
from .tiny_parts import D

SIZE = Size(EDGE, EDGE)


def _lora(family: str, seed: int, folder: Path, name: str) -> None:
    pipeline = tiny(family)
    part = pipeline.unet if hasattr(pipeline, "unet") else pipeline.transformer
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        part.add_adapter(
            peft.LoraConfig(r=2, lora_alpha=2, target_modules=["to_q", "to_v"], init_lora_weights="gaussian")
        )
        for key, weight in part.named_parameters():
            if "lora_B" in key:
                torch.nn.init.normal_(weight)
    weights = peft.get_peft_model_state_dict(part)
    layers = (
        {"unet_lora_layers": weights} if hasattr(pipeline, "unet") else {"transformer_lora_layers": weights}
    )
    type(pipeline).save_lora_weights(folder, weight_name=f"{name}.safetensors", **layers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("loras")
    _lora("sdxl", 1, made, "ink")
    _lora("sdxl", 2, made, "dots.v2")
    _lora("flux", 3, made, "flux-only")
    (made / "notes.txt").write_text("not a LoRA")
    (made.parent / "outside.safetensors").write_bytes((made / "ink.safetensors").read_bytes())
    return made


def _order(**loras: float) -> Order:
    return Order(model="sdxl", prompt="a cube", size=SIZE, seed=1, loras=loras)


def _draw(loaded: Loaded, **loras: float) -> Any:
    loaded.use_adapters(Order(model="x", prompt="", size=SIZE, seed=1, loras=loras))
    seen = loaded.pipeline_for("text", size=SIZE)
    with torch.inference_mode():
        drawn = seen(
            prompt="a cube", num_inference_steps=2, height=EDGE, width=EDGE, output_type="latent", return_dict=False,
            generator=torch.Generator().manual_seed(1),
        )[0]  # fmt: skip
    return drawn.numpy()


def _models(folder: Path | None, family: str = "sdxl", **more: Any) -> Models:
    return Models([source(family, loras=folder, **more)], device="cpu")


@pytest.mark.parametrize("family", ["sdxl", "flux"])
def test_a_lora_acts_on_its_batch_and_the_next_is_bit_for_bit_as_before(folder: Path, family: str) -> None:
    name = "ink" if family == "sdxl" else "flux-only"
    with _models(folder, family).get(family) as loaded:
        before = _draw(loaded)
        inked = _draw(loaded, **{name: 1.0})
        assert np.abs(inked - before).max() > 1e-4
        assert np.array_equal(_draw(loaded), before)
        assert np.array_equal(_draw(loaded, **{name: 1.0}), inked)
        assert not np.array_equal(_draw(loaded, **{name: 0.5}), inked)
        assert np.allclose(_draw(loaded, **{name: 0.0}), before, atol=1e-5)


def test_loras_are_mixed_and_one_does_not_stay_for_the_next(folder: Path) -> None:
    with _models(folder).get("sdxl") as loaded:
        ink, dots = _draw(loaded, ink=1.0), _draw(loaded, **{"dots.v2": 1.0})
        both = _draw(loaded, **{"ink": 1.0, "dots.v2": 1.0})
        assert not np.array_equal(both, ink)
        assert not np.array_equal(both, dots)
        assert np.array_equal(_draw(loaded, ink=1.0), ink)


def test_loras_act_on_every_task(folder: Path) -> None:
    with _models(folder).get("sdxl") as loaded:
        picture = Image.new("RGB", SIZE, "teal")

        def edit() -> Any:
            seen = loaded.pipeline_for("image", size=SIZE)
            with torch.inference_mode():
                return seen(
                    prompt="a cube", image=picture, strength=1.0, num_inference_steps=2, output_type="latent",
                    return_dict=False, generator=torch.Generator().manual_seed(1),
                )[0].numpy()  # fmt: skip

        loaded.use_adapters(_order())
        before = edit()
        loaded.use_adapters(_order(ink=1.0))
        assert np.abs(edit() - before).max() > 1e-4
        loaded.use_adapters(_order())
        assert np.array_equal(edit(), before)


@pytest.mark.parametrize(
    "name", ["nothing", "../outside", "notes", "ink.safetensors", "", ".", "/etc/passwd", "ink\0"]
)
def test_only_names_in_the_folder_are_found(folder: Path, name: str) -> None:
    with (
        _models(folder).get("sdxl") as loaded,
        pytest.raises(Unsupported, match=r"those that are here: dots\.v2, flux-only, ink") as caught,
    ):
        loaded.use_adapters(Order(model="sdxl", prompt="", size=SIZE, seed=1, loras={name: 1.0}))
    assert caught.value.param == "loras"


def test_a_lora_for_another_model_is_refused_and_leaves_nothing_behind(folder: Path) -> None:
    with _models(folder).get("sdxl") as loaded:
        before = _draw(loaded)
        for _ in range(2):
            with pytest.raises(Unsupported, match="'flux-only' is not made for the model 'sdxl'"):
                _draw(loaded, **{"ink": 1.0, "flux-only": 1.0})
        assert np.array_equal(_draw(loaded), before)
        assert not np.array_equal(_draw(loaded, ink=1.0), before)


def test_the_names_are_those_that_are_in_the_folder_now(folder: Path, tmp_path: Path) -> None:
    held = _models(tmp_path)
    assert held.describe("sdxl").loras == ()
    (tmp_path / "new.safetensors").write_bytes((folder / "ink.safetensors").read_bytes())
    assert held.describe("sdxl").loras == ("new",)
    assert _models(None).describe("sdxl").loras == ()


def test_a_file_that_is_exchanged_is_read_anew(folder: Path, tmp_path: Path) -> None:
    """As whoever trains one does again and again."""
    file = tmp_path / "mine.safetensors"
    file.write_bytes((folder / "ink.safetensors").read_bytes())
    with _models(tmp_path).get("sdxl") as loaded, _models(folder).get("sdxl") as other:
        assert np.array_equal(_draw(loaded, mine=1.0), _draw(other, ink=1.0))
        file.unlink()
        file.write_bytes((folder / "dots.v2.safetensors").read_bytes())
        assert np.array_equal(_draw(loaded, mine=1.0), _draw(other, **{"dots.v2": 1.0}))
        kept = {name for names in loaded.pipeline.get_list_adapters().values() for name in names}
        assert len(kept) == 1


def test_only_so_many_are_kept_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "MOST_LOADED", 1)
    with _models(folder).get("sdxl") as loaded:
        ink = _draw(loaded, ink=1.0)
        _draw(loaded, **{"dots.v2": 1.0})
        kept = {name for names in loaded.pipeline.get_list_adapters().values() for name in names}
        assert len(kept) == 1
        assert np.array_equal(_draw(loaded, ink=1.0), ink)


def test_a_family_without_loras_says_so(folder: Path) -> None:
    held = Models([source("pixart-sigma", loras=folder)], device="cpu")
    assert held.describe("pixart-sigma").loras == ()
    with held.get("pixart-sigma") as loaded, pytest.raises(Unsupported, match="takes no LoRAs"):
        loaded.use_adapters(_order(ink=1.0))


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("control")
    net = D.ControlNetModel.from_unet(tiny("sdxl").unet, conditioning_embedding_out_channels=(4, 8, 8, 8))
    with torch.no_grad():
        for block in (*net.controlnet_down_blocks, net.controlnet_mid_block):
            torch.nn.init.normal_(block.weight)  # they start at zero, where nothing is guided
        torch.nn.init.normal_(net.controlnet_cond_embedding.conv_out.weight)
    net.save_pretrained(made)
    return made


def test_a_controlnet_guides_by_name(control: Path) -> None:
    held = _models(None, controls={"edges": str(control)})
    assert held.describe("sdxl").controls == ("edges",)
    with held.get("sdxl") as loaded:

        def guided(color: str) -> Any:
            seen = loaded.pipeline_for("text", size=SIZE, control="edges")
            assert seen.unet is loaded.pipeline.unet
            told = {"image": Image.new("RGB", SIZE, color)}  # as SDXL's names it
            with torch.inference_mode():
                return seen(
                    prompt="a cube", num_inference_steps=2, height=EDGE, width=EDGE, output_type="latent",
                    return_dict=False, generator=torch.Generator().manual_seed(1), **told,
                )[0].numpy()  # fmt: skip

        before = _draw(loaded)
        assert np.abs(guided("white") - guided("black")).max() > 1e-4
        assert np.array_equal(_draw(loaded), before)


def test_a_controlnet_is_counted_and_others_make_room_for_it(control: Path) -> None:
    size = sum(file.stat().st_size for file in control.glob("*.safetensors"))
    sources = source("sdxl", controls={"edges": str(control)}), source("flux")
    held = Models(sources, device="cpu", budget=10**9)
    for name in ("flux", "sdxl"):
        with held.get(name):
            pass
    alone = dict(held.resident())
    held._budget.bytes = sum(alone.values())
    with held.get("sdxl") as loaded:
        for _ in range(2):
            loaded.pipeline_for("text", size=SIZE, control="edges")
            assert list(held.resident()) == ["sdxl"]
            assert held.resident()["sdxl"] - alone["sdxl"] == pytest.approx(size, rel=0.1)
    with held.get("flux"):  # and makes room itself, with all that it has
        assert held.resident() == {"flux": alone["flux"]}


def test_a_controlnet_that_has_no_room_says_how_much_there_would_have_to_be(control: Path) -> None:
    held = Models([source("sdxl", controls={"edges": str(control)})], device="cpu", budget=10**9)
    with held.get("sdxl") as loaded:
        held._budget.bytes = held.resident()["sdxl"] + 1000
        with pytest.raises(Unavailable, match=r"'sdxl' and its ControlNet need .* would hold both") as caught:
            loaded.pipeline_for("text", size=SIZE, control="edges")
        assert caught.value.code == "model_does_not_fit"
        _draw(loaded)


def test_a_controlnet_that_is_not_there_is_refused_by_name(control: Path) -> None:
    with _models(None, controls={"edges": str(control)}).get("sdxl") as loaded:
        with pytest.raises(Unsupported, match="no ControlNet 'depth'; it has edges"):
            loaded.pipeline_for("text", control="depth")
        with pytest.raises(Unsupported, match="drawn from words alone"):
            loaded.pipeline_for("image", control="edges")
    with (
        _models(None, controls={"edges": "/no/such"}).get("sdxl") as loaded,
        pytest.raises(Unavailable, match="'edges' is neither a folder nor a hub id: /no/such"),
    ):
        loaded.pipeline_for("text", control="edges")
    with (
        _models(None, "lumina2", controls={"edges": str(control)}).get("lumina2") as loaded,
        pytest.raises(Unsupported, match="no ControlNet for Lumina-Image 2"),
    ):
        loaded.pipeline_for("text", control="edges")
