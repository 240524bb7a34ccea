"""Previews by a tiny autoencoder: which one it is, what is said of one that cannot be, and what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

import huggingface_hub.constants
from PIL import Image

from tintype.core.errors import Unavailable
from tintype.engines.diffusion import tiny_autoencoders
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.facts import Facts, of_folder
from tintype.engines.diffusion.models import Models
from tintype.engines.diffusion.orders import Preview
from tintype.engines.diffusion.previews import Previewer
from tintype.engines.diffusion.tapping import Step, tap

from .held import SMALL, Held, apart, order, told
from .tiny import load, saved, source, torch
from .tiny_parts import D


def made(folder: Path, channels: int = 4) -> Path:
    """A small one with random weights, saved as the hub has them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        tiny = D.AutoencoderTiny(
            latent_channels=channels,
            encoder_block_out_channels=(8,) * 4,
            decoder_block_out_channels=(8,) * 4,
            num_encoder_blocks=(1,) * 4,
            num_decoder_blocks=(1,) * 4,
        )
        tiny.decoder.layers[-1].weight.data.mul_(20)  # or all that it draws would be grey
        tiny.save_pretrained(folder)
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache on this machine, empty."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def put(cache: Path, path: str, channels: int) -> None:
    """As if it had been downloaded."""
    there = cache / f"models--{path.replace('/', '--')}"
    made(there / "snapshots" / ("0" * 40), channels)
    (there / "refs").mkdir()
    (there / "refs" / "main").write_text("0" * 40)


def shown(path: str | None) -> list[Image.Image]:
    async def main() -> list[Image.Image]:
        engine = Engine(Models([source("sdxl", tiny_autoencoder=path)], device="cpu", load=load))
        happenings = await told(engine, order("sdxl", steps=6, previews=3))
        await engine.close()
        return [each.image for each in happenings if isinstance(each, Preview)]

    return asyncio.run(main())


def test_previews_are_as_large_as_the_picture(tmp_path: Path) -> None:
    large, small = shown(str(made(tmp_path))), shown("none")
    assert [each.size for each in large] == [tuple(SMALL)] * 3
    assert [each.size for each in small] == [(8, 8)] * 3
    assert len({each.tobytes() for each in large}) == 3
    shrunk = large[-1].resize((8, 8), Image.Resampling.BOX)
    assert apart(shrunk, small[-1]) > 8, "it is not the linear map made large"


def test_previews_come_nearer_to_what_it_makes_of_the_finished_latents(tmp_path: Path) -> None:
    model = Held("sdxl")
    tiny = tiny_autoencoders.load(str(made(tmp_path)), model.device)
    previewer, seen, last = Previewer(model.pipeline, "cpu", tiny), [], []

    def look(step: Step) -> None:
        seen.extend(previewer(step.guess(), SMALL))
        last.append(step.latents)

    view = model.pipeline_for("text")
    with tap(view.scheduler, look):
        view("a cube", height=64, width=64, num_inference_steps=8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        decoded = tiny.decode(last[-1]).sample  # as a pipeline would that had it for its own
    [end] = D.image_processor.VaeImageProcessor().postprocess(decoded)
    far = [apart(each, end) for each in seen]
    assert far == sorted(far, reverse=True)
    assert far[-1] <= 1 < far[0] / 8
    model.drop()


def test_the_known_one_is_taken_where_it_costs_no_download(cache: Path) -> None:
    facts = of_folder(saved("sdxl"))
    assert tiny_autoencoders.find("m", None, facts) is None
    put(cache, "madebyollin/taesdxl", 4)
    assert tiny_autoencoders.find("m", None, facts) == "madebyollin/taesdxl"
    assert tiny_autoencoders.find("m", "none", facts) is None
    assert shown(None)[0].size == tuple(SMALL)


@pytest.mark.parametrize(
    ("family", "known"),
    [
        ("sd15", "madebyollin/taesd"),
        ("pixart-sigma", "madebyollin/taesdxl"),
        ("sd3", "madebyollin/taesd3"),
        ("flux", "madebyollin/taef1"),
        ("z-image", "madebyollin/taef1"),
        ("qwen-image", None),
        ("flux2", None),
        ("sana", None),
    ],
)
def test_it_is_known_by_the_latents(family: str, known: str | None, cache: Path) -> None:
    for each in tiny_autoencoders.KNOWN.values():
        put(cache, each, 4)
    assert tiny_autoencoders.find("m", None, of_folder(saved(family))) == known


def _with(facts: Facts, **vae: Any) -> Facts:
    parts: Mapping[str, Mapping[str, Any]] = {**facts.parts, "vae": vae}
    return replace(facts, parts=parts)


def test_old_configurations_do_not_tell_the_scale(cache: Path) -> None:
    put(cache, "madebyollin/taesd", 4)
    old = _with(of_folder(saved("sd15")), latent_channels=4)
    assert tiny_autoencoders.find("m", None, old) == "madebyollin/taesd"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("/no/such/folder", "There is no folder /no/such/folder.* `tiny_autoencoder` of the model 'sdxl'"),
        ("somebody/taesdxl", "somebody/taesdxl is not on this machine, and HF_HUB_OFFLINE is set"),
        ("SAVED/vae", "no tiny autoencoder in diffusers' form"),
        ("TMP", "latents of 16 channels, and those of the model 'sdxl' have 4"),
    ],
)
def test_one_that_cannot_be_is_told_before_anything_is_loaded(
    wanted: str, said: str, tmp_path: Path, cache: Path
) -> None:
    made(tmp_path / "tiny", 16)
    path = wanted.replace("SAVED", str(saved("sdxl"))).replace("TMP", str(tmp_path / "tiny"))
    models = Models([source("sdxl", tiny_autoencoder=path)], device="cpu")
    with pytest.raises(Unavailable, match=said):
        models.describe("sdxl")


def test_previews_are_small_where_its_weights_are_broken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = made(tmp_path)
    (folder / "diffusion_pytorch_model.safetensors").write_bytes(b"nothing")
    assert [each.size for each in shown(str(folder))] == [(8, 8)] * 3
    assert "sdxl shows small previews: The tiny autoencoder" in caplog.text
