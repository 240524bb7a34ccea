"""Devices, numbers and offloading: what is chosen, what is refused, and what is said of a model that does not fit."""

# ruff: noqa: E402 (the rest is imported only where the extra is installed)
from __future__ import annotations

import asyncio
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch", reason="diffusion models need the extra 'diffusion'")
pytest.importorskip("diffusers", reason="diffusion models need the extra 'diffusion'")

from PIL import Image

from tintype.core import Size
from tintype.core.errors import Unavailable
from tintype.engines.diffusion import placing
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.families import FAMILIES
from tintype.engines.diffusion.loaded import Loaded
from tintype.engines.diffusion.loading import Source
from tintype.engines.diffusion.models import Models
from tintype.engines.diffusion.orders import Drawn, Order, Preview
from tintype.engines.diffusion.placing import Place
from tintype.engines.diffusion.signatures import parameters

from .tiny import EDGE, UNSAVED, source, tiny

GB = 1_000_000_000
CPU = Place(torch.device("cpu"), "processor", 60 * GB)
H200 = Place(torch.device("cuda:0"), "H200", 119 * GB, (9, 0), bfloat16=True)
A100 = Place(torch.device("cuda:0"), "A100", 34 * GB, (8, 0), bfloat16=True)
T4 = Place(torch.device("cuda:0"), "T4", 12 * GB, (7, 5))
APPLE = Place(torch.device("mps"), "Apple GPU", 20 * GB, bfloat16=True)
SLOW = ("kandinsky22", "kandinsky22-inpaint")
"""Their autoencoder takes the processor seconds in half precision: see test_kandinsky.py."""
FLUX = {"transformer": 24 * GB, "text_encoder_2": 9 * GB, "text_encoder": GB // 4, "vae": GB // 6}


def _source(**told: Any) -> Source:
    usual: dict[str, Any] = {"name": "flux", "path": "some/flux"}
    return Source(**usual | told)


def test_the_processor_is_always_there_and_knows_its_memory() -> None:
    place = placing.find("cpu")
    assert not place.is_gpu
    assert place.room is None or place.room > 10_000_000
    assert placing.find("auto").device.type in {"cpu", "cuda", "mps"}


@pytest.mark.parametrize("device", ["cuda:99", "tpu", "gpu"])
def test_a_device_that_is_not_here_is_refused_by_name(device: str) -> None:
    with pytest.raises(Unavailable, match=f"There is no device '{device}' here; there (is|are)") as caught:
        placing.find(device)
    assert caught.value.code == "no_such_device"


@pytest.mark.parametrize(
    ("place", "wanted", "numbers"),
    [
        (CPU, None, torch.float32),
        (CPU, "bfloat16", torch.bfloat16),
        (H200, None, torch.bfloat16),
        (T4, None, torch.float16),
        (APPLE, None, torch.bfloat16),
        (H200, "float32", torch.float32),
    ],
)
def test_the_numbers_are_those_that_the_device_is_quick_with(place: Place, wanted: Any, numbers: Any) -> None:
    assert placing.dtype(_source(dtype=wanted), place) is numbers


@pytest.mark.parametrize(
    ("place", "told", "said"),
    [
        (
            CPU,
            {"offload": "model"},
            "offload = \"model\" of the model 'flux' .* without a GPU here: leave it out",
        ),
        (H200, {"offload": "sequential"}, 'offload = "sequential" .* is not one of none, model, group'),
        (CPU, {"quantize": "fp8"}, 'quantize = "fp8" .* needs an NVIDIA GPU .* drawn by processor here'),
        (A100, {"quantize": "fp8"}, 'quantize = "fp8" .* 8.9 or newer .* drawn by A100 here'),
        (APPLE, {"quantize": "fp8"}, 'quantize = "fp8" .* drawn by Apple GPU here'),
        (H200, {"quantize": "fp8", "path": "flux.gguf"}, "needs a folder or a hub id; a single file"),
    ],
)
def test_what_a_device_cannot_do_is_refused_by_name(place: Place, told: Any, said: str) -> None:
    with pytest.raises(Unavailable, match=said):
        placing.check(_source(**told), place)


@pytest.mark.parametrize(
    ("place", "told"),
    [(H200, {"quantize": "fp8"}), (T4, {"offload": "group"}), (APPLE, {"offload": "model"}), (CPU, {})],
)
def test_what_a_device_can_do_is_let_through(place: Place, told: Any) -> None:
    placing.check(_source(**told), place)


@pytest.mark.parametrize(
    ("offload", "size"),
    [("none", sum(FLUX.values())), ("model", 24 * GB), ("group", sum(FLUX.values()) // 20)],
)
def test_offloading_leaves_less_on_the_device(offload: str, size: int) -> None:
    assert placing.on_device(FLUX, offload) == size


def test_parts_that_stay_on_the_device_are_counted_beside_those_that_are_brought() -> None:
    sd15 = {"unet": 2 * GB, "text_encoder": GB // 4, "safety_checker": GB}
    assert placing.on_device(sd15, "model") == 3 * GB
    kandinsky = {"unet": 5 * GB, "prior_text_encoder": 3 * GB, "prior_prior": 4 * GB, "movq": GB}
    assert placing.on_device(kandinsky, "model") == 9 * GB
    assert placing.on_device(kandinsky, "group") == 5 * GB + 8 * GB // 20
    assert placing.on_device(kandinsky, "none") == 13 * GB


def _ways(place: Place, room: int, numbers: Any, **told: Any) -> str:
    said = placing.does_not_fit(_source(**told), FLUX, place, room, "transformer", numbers)
    assert said.startswith("The model 'flux' needs ")
    return said


def test_a_model_that_does_not_fit_is_told_only_what_would_make_it_fit() -> None:
    said = _ways(H200, 25 * GB, torch.bfloat16)
    assert "needs 33.4 GB for its weights, and 25.0 GB may be used" in said
    assert 'quantize = "fp8" (21.4 GB)' in said
    assert 'offload = "model" (24.0 GB at once)' in said
    assert 'offload = "group" (1.7 GB at once)' in said
    assert "dtype" not in said  # they are as small as they get
    small = _ways(T4, 12 * GB, torch.float16)
    assert 'offload = "group"' in small
    assert "fp8" not in small  # this GPU has none
    assert 'offload = "model"' not in small  # the transformer alone is larger
    assert "a budget of 33.4 GB or more" in small
    wide = _ways(A100, 20 * GB, torch.float32)
    assert 'dtype = "bfloat16" (16.7 GB)' in wide
    processor = _ways(CPU, 20 * GB, torch.float32)
    assert 'dtype = "bfloat16"' in processor
    assert "offload" not in processor


@pytest.mark.parametrize("offload", ["none", "model", "group"])
@pytest.mark.parametrize("family", ["sdxl", "flux", "kandinsky22"])
def test_where_weights_lie_changes_nothing_of_what_is_drawn(
    family: str, offload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every task, and after a batch that broke off. The processor stands in for the GPU."""
    monkeypatch.setattr(Place, "is_gpu", property(lambda self: True))
    size, picture = Size(EDGE, EDGE), Image.new("RGB", (EDGE, EDGE), "teal")

    def draw(loaded: Loaded, **more: Any) -> Any:
        seen = loaded.pipeline_for("image", size=size)
        call: dict[str, Any] = {
            "prompt": "a cube",
            "image": picture,
            "strength": 1.0,
            "num_inference_steps": 2,
            "width": EDGE,
            "height": EDGE,
            "output_type": "np",
            "return_dict": False,
            **more,
        }
        known = parameters(type(seen))
        try:
            with torch.no_grad():
                return seen(
                    generator=torch.Generator().manual_seed(1),
                    **{name: value for name, value in call.items() if name in known},
                )[0]
        finally:
            loaded.settle()

    def stop(*_: Any) -> dict[str, Any]:
        raise InterruptedError

    usual, other = (
        Models([source(family, offload=one)], device="cpu", budget=10**9) for one in ("none", offload)
    )
    with usual.get(family) as loaded:
        expected = draw(loaded)
    with other.get(family) as loaded:
        assert (draw(loaded) == expected).all()
        with pytest.raises(InterruptedError):
            draw(loaded, callback_on_step_end=stop)
        assert (draw(loaded) == expected).all()


@pytest.mark.parametrize(
    "told", [{"dtype": "bfloat16", "offload": "group"}, {"dtype": "float16", "offload": "model"}], ids=str
)
@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in (*UNSAVED, *SLOW)])
def test_every_family_is_drawn_however_its_weights_lie(
    family: str, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its own pipeline, and by ours, which brings pictures to the device in the midst of it; with previews, which do, too."""
    monkeypatch.setattr(Place, "is_gpu", property(lambda self: True))
    picture = Image.linear_gradient("L").resize((EDGE, EDGE)).convert("RGB")

    async def main() -> None:
        engine = Engine(Models([source(family, **told)], device="cpu", budget=10**9))
        tasks = engine.describe(family).tasks
        ours = [task for task, way in tasks.items() if way == "generic"]
        for task in (next(iter(tasks)), *ours[:1]):
            wanted = Order(
                model=family,
                task=task,
                prompt="a cube",
                size=Size(EDGE, EDGE),
                seed=1,
                steps=4,
                previews=1,
                images=() if task == "text" else (picture,),
                mask=Image.new("L", (EDGE, EDGE), 255) if task == "inpaint" else None,
            )
            happenings = [each async for each in engine.draw(wanted, caller="a")]
            assert isinstance(happenings[-1], Drawn)
            assert sum(isinstance(each, Preview) for each in happenings) == 1
        await engine.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("place", "numbers", "streams"),
    [
        (H200, torch.bfloat16, True),
        (T4, torch.float16, False),  # SDXL's autoencoder works in float32 there
        (T4, torch.float32, True),
        (APPLE, torch.bfloat16, False),
    ],
)
def test_layers_are_brought_ahead_where_their_numbers_stay_as_they_are(
    place: Place, numbers: Any, streams: bool
) -> None:
    assert placing.streams(tiny("sdxl").to(numbers), place) is streams


def test_compiling_is_a_switch() -> None:
    compiled, plain = tiny("flux"), tiny("flux")
    placing.spread(compiled, _source(compile=True), CPU, "transformer")
    placing.spread(plain, _source(), CPU, "transformer")

    def count(pipeline: Any) -> int:
        return sum(part._compiled_call_impl is not None for part in pipeline.transformer.modules())

    assert count(compiled) == 2  # each kind of block once: the one and the single one
    assert count(plain) == 0


def test_a_wish_that_cannot_be_met_is_told_when_the_model_is_described() -> None:
    held = Models([source("sdxl", quantize="fp8")], device="cpu")
    with pytest.raises(Unavailable, match="fp8"):
        held.describe("sdxl")
