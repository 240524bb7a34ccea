"""Several models by name under one budget of memory."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

pytest.importorskip("torch", reason="diffusion models need the extra 'diffusion'")
pytest.importorskip("diffusers", reason="diffusion models need the extra 'diffusion'")

from tintype.core.errors import Unavailable, UnknownModel
from tintype.engines.diffusion import loading, placing, weights
from tintype.engines.diffusion.models import Models

from .tiny import models, saved, source, tiny, torch

SIZE = {
    family: sum(
        tensor.numel() * tensor.element_size()
        for part in tiny(family).components.values()
        if isinstance(part, torch.nn.Module)
        for tensor in (*part.parameters(), *part.buffers())
    )
    for family in ("sd15", "sdxl", "flux")
}
"""Bytes of weights, measured another way."""


def test_the_bytes_of_a_model_are_measured() -> None:
    held = models("sd15", "sdxl")
    assert held.resident() == {}
    with held.get("sd15"), held.get("sdxl"):
        assert held.resident() == {"sd15": SIZE["sd15"], "sdxl": SIZE["sdxl"]}
    assert held.describe("sd15").bytes == sum(
        file.stat().st_size for file in saved("sd15").rglob("*.safetensors")
    )


def test_the_model_used_longest_ago_makes_room() -> None:
    held = models("sd15", "sdxl", "flux", budget=SIZE["sd15"] + SIZE["sdxl"] + SIZE["flux"] - 1)
    for name in ("sd15", "sdxl", "sd15", "flux"):
        with held.get(name) as loaded:
            assert loaded.description.model == name
    assert list(held.resident()) == ["sd15", "flux"]
    with held.get("sdxl") as loaded:  # read anew
        assert loaded.pipeline_for("text") is not None
    assert sum(held.resident().values()) <= SIZE["sd15"] + SIZE["sdxl"] + SIZE["flux"] - 1


def test_a_model_in_use_is_never_put_aside() -> None:
    held = models("sd15", "sdxl", budget=max(SIZE["sd15"], SIZE["sdxl"]))
    with held.get("sd15") as loaded:
        with pytest.raises(Unavailable, match="'sdxl' has to wait") as caught, held.get("sdxl"):
            pass
        assert caught.value.code == "model_has_to_wait"
        assert list(held.resident()) == ["sd15"]
        assert loaded.pipeline_for("text").unet is loaded.pipeline.unet
    with held.get("sdxl"):
        assert list(held.resident()) == ["sdxl"]


def test_a_model_that_never_fits_says_what_would_make_it_fit() -> None:
    held = models("sdxl", budget=SIZE["sdxl"] - 200_000)
    with pytest.raises(Unavailable) as caught, held.get("sdxl"):
        pass
    assert caught.value.code == "model_does_not_fit"
    said = str(caught.value)
    assert said.startswith(f"The model 'sdxl' needs {SIZE['sdxl'] / 1e6:.2f} MB for its weights, and ")
    assert 'dtype = "bfloat16"' in said
    assert f"a budget of {SIZE['sdxl'] / 1e6:.2f} MB or more" in said
    narrow = Models([source("sdxl", dtype="bfloat16")], device="cpu", budget=SIZE["sdxl"] - 200_000)
    with narrow.get("sdxl") as loaded:  # and so it does
        assert loaded.pipeline.unet.dtype is torch.bfloat16


def test_a_model_is_read_once() -> None:
    reads: list[str] = []

    def load(found: loading.Found, **told: Any) -> Any:
        reads.append(found.source.name)
        return loading.load(found, **told)

    held = models("sd15", load=load)
    with held.get("sd15") as first, held.get("sd15") as second:
        assert first is second
    with held.get("sd15") as third:
        assert third is first
    assert reads == ["sd15"]
    held.close()
    assert held.resident() == {}


def test_a_model_is_described_without_its_weights() -> None:
    def load(found: loading.Found, **told: Any) -> Any:
        raise AssertionError("weights were read")

    held = models("sdxl", load=load)
    assert held.names() == ("sdxl",)
    assert held.describe("sdxl").title == "Stable Diffusion XL"


def test_any_thread_may_look_models_up() -> None:
    held = models("sd15", "sdxl", "flux")
    found: list[str] = []

    def look() -> None:
        for name in held.names():
            found.append(held.describe(name).family)
            held.resident()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    with held.get("sd15"):
        pass
    for thread in threads:
        thread.join(30)
    assert sorted(found) == sorted(["sd15", "sdxl", "flux"] * 6)


def test_an_unknown_name_is_told_those_that_there_are() -> None:
    with pytest.raises(UnknownModel, match="no diffusion model 'dall-e' here; there is: sd15"):
        models("sd15").describe("dall-e")


def test_what_a_description_says_of_the_operators_own_wishes() -> None:
    held = Models([source("flux", at_once=512 * 512, fast=True)], device="cpu")
    told = held.describe("flux")
    assert (told.at_once, told.fast, told.controls) == (512 * 512, True, ())


def test_out_of_memory_while_loading_says_what_would_make_it_fit() -> None:
    def load(found: loading.Found, **told: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    held = models("sdxl", load=load)
    with pytest.raises(Unavailable, match=r"'sdxl' needs .* It would fit with"), held.get("sdxl"):
        pass
    assert held.resident() == {}


def test_what_is_put_aside_on_a_gpu_comes_back_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor stands in for the GPU here: the weights go nowhere, but the way there is walked."""
    place = placing.find("cpu")
    monkeypatch.setattr(type(place), "is_gpu", property(lambda self: True))
    reads: list[str] = []

    def load(found: loading.Found, **told: Any) -> Any:
        reads.append(found.source.name)
        return loading.load(found, **told).to(torch.float32)

    held = models("sd15", "sdxl", budget=max(SIZE["sd15"], SIZE["sdxl"]), load=load)
    for name in ("sd15", "sdxl", "sd15", "sdxl"):
        with held.get(name):
            assert list(held.resident()) == [name]
    assert reads == ["sd15", "sdxl"]


@pytest.mark.parametrize("offload", ["none", "model", "group"])
@pytest.mark.parametrize("family", ["flux", "sdxl"])
def test_what_has_to_go_is_gone_before_the_next_one_is_read(
    family: str, offload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at the next sweep for cycles, of which offloading makes some: there may be no room for both."""
    if offload != "none":
        monkeypatch.setattr(placing.Place, "is_gpu", property(lambda self: True))
    seen: list[weakref.ref[Any]] = []
    left: list[int] = []

    def load(found: loading.Found, **told: Any) -> Any:
        left.append(sum(part() is not None for part in seen))
        pipeline = loading.load(found, **told)
        seen.extend(
            weakref.ref(part) for part in pipeline.components.values() if isinstance(part, torch.nn.Module)
        )
        return pipeline

    other = {"flux": "sdxl", "sdxl": "flux"}[family]
    sources = source(family, offload=offload, dtype="float32"), source(other, dtype="float32")
    held = Models(sources, device="cpu", budget=10**9, load=load)
    with held.get(family) as loaded:
        loaded.pipeline_for("text")("a cube", height=64, width=64, num_inference_steps=1)
        loaded.settle()
    del loaded
    held._budget.bytes = SIZE[other]
    gc.disable()
    try:
        with held.get(other):
            assert list(held.resident()) == [other]
    finally:
        gc.enable()
    assert left == [0, 0]


def test_what_is_quantized_is_measured_by_what_it_has_become(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so it stays where only that fits. Float8 of the weights alone, which a processor can do, stands in for what a GPU does."""
    quantization: Any = pytest.importorskip("torchao.quantization", reason="quantize needs torchao")
    gpu = placing.Place(torch.device("cpu"), "H200", 10**11, (9, 0), bfloat16=True)
    monkeypatch.setattr(placing, "find", lambda device: gpu)
    monkeypatch.setattr(
        quantization, "Float8DynamicActivationFloat8WeightConfig", quantization.Float8WeightOnlyConfig
    )
    plain, small = (
        Models([source("flux", dtype="bfloat16", quantize=kind)], device="cpu", budget=10**9)
        for kind in (None, "fp8")
    )
    with plain.get("flux") as loaded:
        whole = weights.of_pipeline(loaded.pipeline)
    with small.get("flux") as loaded:
        parts = dict(weights.of_pipeline(loaded.pipeline))
        assert 0.5 * whole["transformer"] < parts.pop("transformer") < 0.75 * whole["transformer"]
        assert parts == {name: size for name, size in whole.items() if name != "transformer"}
        drawn = loaded.pipeline_for("text")("a cube", height=64, width=64, num_inference_steps=1).images[0]
        assert drawn.size == (64, 64)
    fits = sum(small.resident().values())
    assert fits < sum(whole.values())
    again = Models([source("flux", dtype="bfloat16", quantize="fp8")], device="cpu", budget=fits)
    with again.get("flux"):
        assert again.resident() == {"flux": fits}
