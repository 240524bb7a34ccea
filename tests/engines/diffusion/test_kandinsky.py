"""Kandinsky 2.2, which comes in two: a prior that makes of words what a decoder paints."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from PIL import Image

from tintype.core.errors import Unavailable
from tintype.engines.diffusion import loading, variants, weights
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.loading import Source
from tintype.engines.diffusion.models import Models
from tintype.engines.diffusion.orders import Drawn, Progress

from .held import SMALL, apart, order, picture, told, until
from .tiny import EDGE, models, saved, tiny, torch
from .tiny_parts import D

FAMILY = "kandinsky22"
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # diffusers' own


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of a decoder and of a prior, as the hub has them."""
    made = tmp_path_factory.mktemp("kandinsky")
    pipeline = tiny(FAMILY)
    pipeline.decoder_pipe.save_pretrained(made / "decoder")
    pipeline.prior_pipe.save_pretrained(made / "prior")
    return made / "decoder", made / "prior"


def _source(halves: tuple[Path, Path], **told: Any) -> Source:
    usual: dict[str, Any] = {"name": FAMILY, "path": str(halves[0]), "base": str(halves[1]), "edge": EDGE}
    return Source(**usual | told)


def test_a_decoder_draws_with_its_prior_as_both_in_one_folder(halves: tuple[Path, Path]) -> None:
    async def main() -> None:
        apart_from_each_other, whole = Engine(Models([_source(halves)], device="cpu")), Engine(models(FAMILY))
        assert apart_from_each_other.describe(FAMILY).tasks == whole.describe(FAMILY).tasks
        one, two = [await picture(engine, order(FAMILY)) for engine in (apart_from_each_other, whole)]
        assert apart(one, two) == 0
        await apart_from_each_other.close()
        await whole.close()

    asyncio.run(main())


def test_both_halves_are_counted(halves: tuple[Path, Path]) -> None:
    found = loading.ready(loading.find(_source(halves)))
    assert found.is_here
    counted = loading.weigh(found, 4)
    measured = weights.of_pipeline(loading.load(found, dtype=torch.float32))
    assert set(counted) == set(measured)
    assert sum(counted.values()) == pytest.approx(sum(measured.values()), rel=0.02)  # masks are not stored
    files = [file for folder in halves for file in folder.rglob("*.safetensors")]
    assert loading.stored(found) == sum(file.stat().st_size for file in files)


def test_a_prior_that_is_not_here_is_told(halves: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Unavailable) as caught:
        loading.find(_source(halves, base=None))
    said = str(caught.value)
    assert said.startswith(f"{halves[0]} is a decoder, and needs a prior that reads the words. ")
    assert "hf download kandinsky-community/kandinsky-2-2-prior" in said
    assert caught.value.code == "model_not_here"


def test_what_is_no_prior_is_refused_by_name(halves: tuple[Path, Path]) -> None:
    with pytest.raises(
        Unavailable, match=r"The base of the model 'kandinsky22', .* is made for StableDiffusionPipeline and"
    ):
        loading.find(_source(halves, base=str(saved("sd15"))))


def test_ours_paints_over_a_square_as_diffusers_does() -> None:
    """So the picture that is laid beneath the noise is on the scale that the model was made for."""
    source = Image.linear_gradient("L").resize(SMALL).convert("RGB")
    theirs = variants.build(D.KandinskyV22Img2ImgCombinedPipeline, tiny(FAMILY))
    usual: dict[str, Any] = {"height": EDGE, "width": EDGE, "num_inference_steps": 4, "strength": 0.5}
    expected = theirs("a cube", source, generator=torch.Generator().manual_seed(1), **usual).images[0]

    async def main() -> None:
        engine = Engine(models(FAMILY))
        wanted = order(FAMILY, task="image", images=(source,), strength=0.5, steps=4)
        assert apart(await picture(engine, wanted), expected) <= 1
        await engine.close()

    asyncio.run(main())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_it_is_drawn_in_half_precision(halves: tuple[Path, Path], dtype: Any) -> None:
    async def main() -> None:
        engine = Engine(Models([_source(halves, dtype=dtype)], device="cpu"))
        source = Image.new("RGB", SMALL, "teal")
        await picture(engine, order(FAMILY, negative_prompt="grey"))
        await picture(engine, order(FAMILY, task="image", images=(source,), strength=0.5))
        await engine.close()

    asyncio.run(main())


def test_leaving_while_the_prior_is_at_work_ends_it_at_its_next_step() -> None:
    async def main() -> None:
        shelf = models(FAMILY)
        engine = Engine(shelf)
        alone = await picture(engine, order(FAMILY))
        steps, go = {"prior": 0, "decoder": 0}, threading.Event()

        def begin(name: str) -> Any:
            def hook(*_: Any) -> None:
                steps[name] += 1
                assert go.wait(20)

            return hook

        with shelf.get(FAMILY) as loaded:
            hooks = [
                part.register_forward_pre_hook(begin(name))
                for name, part in (("prior", loaded.pipeline.prior_prior), ("decoder", loaded.pipeline.unet))
            ]
        drawing = engine.draw(order(FAMILY), caller="a")
        begun = asyncio.create_task(_first_step(drawing))
        await until(lambda: steps["prior"])
        begun.cancel()
        await asyncio.gather(begun, return_exceptions=True)
        await drawing.aclose()
        go.set()
        after = asyncio.create_task(told(engine, order(FAMILY)))
        *_, last = await after
        assert steps == {"prior": 1 + 25, "decoder": 3}  # one of them was left
        assert isinstance(last, Drawn)
        assert apart(last.image, alone) == 0
        for hook in hooks:
            hook.remove()
        await engine.close()

    asyncio.run(asyncio.wait_for(main(), 60))


async def _first_step(drawing: Any) -> None:
    while not isinstance(await anext(drawing), Progress):
        pass
