"""Orders of many callers, drawn together: everyone gets their own picture, and nobody is hurt by another."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from PIL import Image

from tintype.core import Size
from tintype.core.errors import BadRequest, Rejected, TintypeError, TooManyRequests, Unavailable
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.orders import Drawn, Order, Preview, Progress, Waiting
from tintype.engines.diffusion.running import Run

from .held import SMALL, Held, Shelf, apart, order, picture, told, until
from .tiny_parts import D

pytestmark = [  # diffusers' own
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

PROMPTS = ["a cube", "a much longer prompt about a small red cube on a table at night", "owl"]
NEGATIVES = ["bad quality, blurry and ugly", "", "low resolution"]
WIDE = Size(128, 64)


def working(work: Callable[..., Coroutine[Any, Any, None]], *models: Held, queue: int = 64) -> None:
    """Runs `work(engine, *models)` and closes the engine."""

    async def main() -> None:
        engine = Engine(Shelf(**{model.description.model: model for model in models}), queue=queue)
        try:
            await asyncio.wait_for(work(engine, *models), 60)
        finally:
            for model in models:
                model.release()
            await engine.close()

    asyncio.run(main())


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[Order]]:
    """What was begun together."""
    seen: list[list[Order]] = []
    draw = Run.draw

    def watched(run: Run) -> float:
        seen.append([ticket.order for ticket in run._tickets])
        return draw(run)

    monkeypatch.setattr(Run, "draw", watched)
    return seen


async def together(engine: Engine, model: Held, wanted: list[Order], callers: str = "abc") -> list[Any]:
    """Everything that was told of each, or the error. They are drawn in one batch: another one kept them waiting."""
    model.hold()
    first = asyncio.create_task(picture(engine, order(model.description.model, steps=1, seed=99)))
    await model.stopped()
    tasks = [
        asyncio.create_task(told(engine, one, callers[number % len(callers)]))
        for number, one in enumerate(wanted)
    ]
    await until(lambda: len(engine) >= len(wanted))
    model.release()
    await first
    return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("family", "negative"),
    [
        (family, False)
        for family in (
            "sd15",
            "sdxl",
            "sd3",
            "flux",
            "z-image",
            "sana",
            "qwen-image",
            "lumina2",
            "kandinsky22",
        )
    ]
    + [(family, True) for family in ("sdxl", "flux", "qwen-image", "kandinsky22")],
)
def test_a_seed_is_the_same_picture_alone_and_among_others(
    family: str, negative: bool, batches: list[list[Order]]
) -> None:
    """engines.md measured latents within 1.5e-5, and pictures within one level, for prompts of any length."""

    async def work(engine: Engine, model: Held) -> None:
        wanted = [
            order(family, prompt=prompt, seed=seed, negative_prompt=NEGATIVES[seed] if negative else None)
            for seed, prompt in enumerate(PROMPTS)
        ]
        among = await together(engine, model, wanted)
        assert batches[-1] == wanted
        alone = [await picture(engine, one) for one in wanted]
        assert [len(batch) for batch in batches[-3:]] == [1, 1, 1]
        assert max(apart(one[-1].image, two) for one, two in zip(among, alone, strict=True)) <= 1
        assert apart(alone[0], alone[1]) > 8
        again = await picture(engine, wanted[0])
        assert apart(again, alone[0]) == 0

    working(work, Held(family))


def test_a_seed_also_means_the_noise_that_is_added_on_the_way(batches: list[list[Order]]) -> None:
    """HiDream Dev comes with a scheduler that adds some at each step, and HiDream's pipeline gives it no generator."""

    class Dev(Held):
        def pipeline_for(self, *rest: Any, **named: Any) -> Any:
            seen = super().pipeline_for(*rest, **named)
            seen.scheduler = D.FlowMatchLCMScheduler(shift=6.0)
            return seen

    async def work(engine: Engine, model: Held) -> None:
        wanted = [order("hidream", seed=seed) for seed in range(3)]
        alone = [await picture(engine, one) for one in wanted]
        assert apart(await picture(engine, wanted[0]), alone[0]) == 0
        among = await together(engine, model, wanted)
        assert len(batches[-1]) == 3
        assert max(apart(one[-1].image, two) for one, two in zip(among, alone, strict=True)) <= 1

    working(work, Dev("hidream"))


@pytest.mark.parametrize("task", ["image", "inpaint"])
@pytest.mark.parametrize("family", ["sdxl", "flux"])
def test_pictures_that_are_painted_over_are_not_mixed_in_a_batch(
    family: str, task: Any, batches: list[list[Order]]
) -> None:
    async def work(engine: Engine, model: Held) -> None:
        colours = ["red", "green", "blue"]
        mask = Image.new("L", (64, 64), 0)
        mask.paste(255, (32, 0, 64, 64))
        wanted = [
            order(
                family,
                task=task,
                seed=seed,
                strength=0.6,
                steps=5,
                images=(Image.new("RGB", (64, 64), colour),),
                mask=mask if task == "inpaint" else None,
            )
            for seed, colour in enumerate(colours)
        ]
        among = await together(engine, model, wanted)
        assert len(batches[-1]) == 3
        for one, told_of in zip(wanted, among, strict=True):
            assert apart(told_of[-1].image, await picture(engine, one)) <= 1
            assert [each.steps for each in told_of if isinstance(each, Progress)] == [3, 3, 3]

    working(work, Held(family))


def test_the_rest_of_a_batch_is_drawn_when_one_of_it_is_at_fault(batches: list[list[Order]]) -> None:
    async def work(engine: Engine, model: Held) -> None:
        wanted = [order("sdxl", prompt=prompt) for prompt in ("a cube", "unspeakable things", "an owl")]
        good, bad, fine = await together(engine, model, wanted)
        assert [len(batch) for batch in batches[-4:]] == [3, 1, 1, 1]
        assert isinstance(bad, BadRequest)
        assert str(bad) == "sdxl cannot draw this: `prompt` cannot be said"
        assert apart(good[-1].image, await picture(engine, wanted[0])) == 0
        assert apart(fine[-1].image, await picture(engine, wanted[2])) == 0

    working(work, Held("sdxl"))


def test_a_batch_that_does_not_fit_is_tried_in_smaller_ones(
    batches: list[list[Order]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(engine: Engine, model: Held) -> None:
        model.memory = 2  # pictures at once
        results = await together(engine, model, [order("sdxl", seed=seed) for seed in range(5)])
        assert all(isinstance(told_of[-1], Drawn) for told_of in results)
        assert [len(batch) for batch in batches[1:]] == [5, 3, 2, 1, 2]
        await together(engine, model, [order("sdxl", seed=seed) for seed in range(4)])
        assert [len(batch) for batch in batches[-2:]] == [2, 2]  # it has learned

        model.memory = 0
        with pytest.raises(Rejected, match="not enough memory on cpu for a picture of 64x64") as caught:
            await picture(engine, order("sdxl"))
        assert caught.value.code == "out_of_memory"
        model.memory = 9
        await picture(engine, order("sdxl"))

    working(work, Held("sdxl"))


def test_what_nobody_foresaw_is_told_in_a_sentence_and_is_not_the_callers_fault() -> None:
    async def work(engine: Engine, model: Held) -> None:
        model.fault = TypeError("unsupported operand")
        with pytest.raises(
            Rejected, match=r"sdxl failed to draw this \(TypeError: unsupported operand\)"
        ) as caught:
            await picture(engine, order("sdxl"))
        assert caught.value.code == "engine_failed"
        model.fault = None
        await picture(engine, order("sdxl"))
        assert model.settled == 2

    working(work, Held("sdxl"))


def test_a_model_that_cannot_be_loaded_is_told_to_all_who_wait_for_it() -> None:
    class Broken(Shelf):
        def get(self, name: str) -> Any:
            if name == "sdxl":
                return super().get(name)
            raise Unavailable("The folder is empty.") if name == "empty" else KeyError("weights")

    async def main() -> None:
        model = Held("sdxl")
        engine = Engine(Broken(sdxl=model))
        model.hold()
        first = asyncio.create_task(picture(engine, order("sdxl")))
        await model.stopped()
        wanted = [order("empty"), order("empty"), order("odd"), order("sdxl")]
        tasks = [asyncio.create_task(told(engine, one)) for one in wanted]
        await asyncio.sleep(0.01)
        model.release()
        *failed, fine = await asyncio.gather(*tasks, return_exceptions=True)
        assert [str(error) for error in failed] == [
            "The folder is empty.",
            "The folder is empty.",
            "odd cannot be loaded (KeyError: 'weights').",
        ]
        assert all(isinstance(error, Unavailable) for error in failed)
        assert isinstance(fine, list)
        await first
        await engine.close()

    asyncio.run(main())


def test_leaving_ends_a_drawing_at_its_next_step_and_the_next_one_is_right() -> None:
    async def work(engine: Engine, model: Held) -> None:
        alone = await picture(engine, order("sdxl", seed=5))
        settled = model.settled
        model.hold()
        drawing = engine.draw(order("sdxl", steps=60), caller="a")
        begun = asyncio.create_task(_until(drawing, Progress))
        await model.stopped()
        taken = model.steps
        model.let(1)
        assert await begun == Progress(1, 60)
        await model.stopped()
        await drawing.aclose()  # does not wait for the step that is being taken
        after = asyncio.create_task(picture(engine, order("sdxl", seed=5)))
        model.let(1)  # this step is finished; no other is begun
        await model.stopped()
        assert model.steps - taken == 2  # one of them is the next order's
        assert model.settled == settled + 1
        model.release()
        assert apart(await after, alone) == 0

    working(work, Held("sdxl"))


def test_leaving_a_batch_does_not_end_it_for_the_others() -> None:
    async def work(engine: Engine, model: Held) -> None:
        wanted = [order("flux", seed=seed, steps=4, previews=3) for seed in range(3)]
        alone = [await picture(engine, one) for one in wanted]
        model.hold()
        blocking = asyncio.create_task(picture(engine, order("flux", steps=1)))
        await model.stopped()
        drawings = [engine.draw(one, caller=str(one.seed)) for one in wanted]
        first = [asyncio.create_task(_until(drawing, Progress)) for drawing in drawings]
        await until(lambda: len(engine) >= 3)
        model.let(2)
        assert await asyncio.gather(*first) == [Progress(1, 4)] * 3
        await blocking
        await model.stopped()
        await drawings[1].aclose()
        model.release()
        for number in (0, 2):
            *_, last = [happening async for happening in drawings[number]]
            assert isinstance(last, Drawn)
            assert apart(last.image, alone[number]) <= 1
            assert last.share == pytest.approx(1 / 3)

    working(work, Held("flux"))


async def _until(drawing: Any, kind: type) -> Any:
    while not isinstance(happening := await anext(drawing), kind):
        pass
    return happening


def test_leaving_the_line_costs_nothing(batches: list[list[Order]]) -> None:
    async def work(engine: Engine, model: Held) -> None:
        model.hold()
        first = asyncio.create_task(picture(engine, order("sdxl")))
        await model.stopped()
        waiting = asyncio.create_task(told(engine, order("sdxl", seed=7)))
        last = asyncio.create_task(told(engine, order("sdxl", size=WIDE), "b"))
        await until(lambda: len(engine) >= 2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert len(engine) == 1
        model.release()
        await first
        assert [each for each in await last if isinstance(each, Waiting)] == [Waiting(2), Waiting(1)]
        assert [[one.seed for one in batch] for batch in batches] == [[1], [1]]

    working(work, Held("sdxl"))


def test_a_full_line_says_so_and_takes_orders_again_later() -> None:
    async def work(engine: Engine, model: Held) -> None:
        model.hold()
        first = asyncio.create_task(picture(engine, order("sdxl")))
        await model.stopped()
        waiting = [asyncio.create_task(picture(engine, order("sdxl", seed=seed))) for seed in range(2)]
        await until(lambda: len(engine) >= 2)
        with pytest.raises(TooManyRequests) as caught:
            await picture(engine, order("sdxl"))
        assert caught.value.retry_after
        model.release()
        await asyncio.gather(first, *waiting)
        await picture(engine, order("sdxl"))

    working(work, Held("sdxl"), queue=2)


def test_eight_orders_of_two_sizes_and_three_callers_are_everyones_own(batches: list[list[Order]]) -> None:
    async def work(engine: Engine, model: Held) -> None:
        wanted = [
            order("sdxl", seed=seed, prompt=f"picture {seed}", size=WIDE if seed % 3 == 2 else SMALL)
            for seed in range(8)
        ]
        results = await together(engine, model, wanted)
        assert sorted(len(batch) for batch in batches[1:]) == [2, 6]
        assert all(len({one.size for one in batch}) == 1 for batch in batches)
        for one, told_of in zip(wanted, results, strict=True):
            assert told_of[-1].image.size == tuple(one.size)
            assert apart(told_of[-1].image, await picture(engine, one)) <= 1
        assert len({told_of[-1].image.tobytes() for told_of in results}) == 8

    working(work, Held("sdxl"))


def test_what_a_family_would_mix_is_never_in_one_batch(batches: list[list[Order]]) -> None:
    """FLUX.2 takes the pictures of a list as references of every picture that it draws (engines.md, finding 5)."""

    async def work(engine: Engine, model: Held) -> None:
        wanted = [
            order("flux2-klein", task="reference", seed=3, images=(Image.new("RGB", (64, 64), colour),))
            for colour in ("red", "green", "blue")
        ]
        results = await together(engine, model, wanted)
        assert [len(batch) for batch in batches] == [1] * 4
        for one, told_of in zip(wanted, results, strict=True):
            assert apart(told_of[-1].image, await picture(engine, one)) == 0

    working(work, Held("flux2-klein"))


def test_event_loops_in_several_threads_never_mix_their_pictures() -> None:
    models = {"sdxl": Held("sdxl"), "flux": Held("flux")}
    engine = Engine(Shelf(**models))
    wanted = [order(family, seed=seed, prompt=f"picture {seed}") for family in models for seed in range(3)]
    found: dict[tuple[str, int], list[Image.Image]] = {}
    keep = threading.Lock()

    def one_thread(number: int) -> None:
        async def main() -> None:
            mine = wanted[number:] + wanted[:number]
            pictures = await asyncio.gather(*(picture(engine, one, str(number)) for one in mine))
            with keep:
                for one, drawn in zip(mine, pictures, strict=True):
                    found.setdefault((one.model, one.seed), []).append(drawn)

        asyncio.run(main())

    threads = [threading.Thread(target=one_thread, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert Counter(map(len, found.values())) == {3: 6}
    for pictures in found.values():
        assert max(apart(pictures[0], other) for other in pictures) <= 1
    assert len({pictures[0].tobytes() for pictures in found.values()}) == 6
    asyncio.run(engine.close())


def test_previews_differ_and_come_closer_to_the_picture() -> None:
    """Each is compared with what the same map makes of the finished latents, which are the last step's estimate."""
    from tintype.engines.diffusion.previews import Previewer

    async def work(engine: Engine, model: Held) -> None:
        wanted = order(model.description.model, steps=12, previews=3)
        happenings = await told(engine, wanted)
        previews = [each for each in happenings if isinstance(each, Preview)]
        assert [each.number for each in previews] == [0, 1, 2]
        assert [type(each) for each in happenings].count(Progress) == 12
        latents = model.pipeline_for("text")(
            "a cube",
            height=64,
            width=64,
            num_inference_steps=12,
            output_type="latent",
            generator=_generator(wanted.seed),
            **model.description.steering(None, None),
            **model.arguments(SMALL),
        ).images
        [end] = Previewer(model.pipeline, "cpu")(latents, SMALL)
        far = [_far(each.image, end) for each in previews]
        assert far[0] > far[1] > far[2] > 0
        assert len({each.image.tobytes() for each in previews}) == 3

    for family in ("sdxl", "flux", "qwen-image"):
        working(work, Held(family))


def _generator(seed: int) -> Any:
    import torch

    return torch.Generator("cpu").manual_seed(seed)


def _far(one: Image.Image, two: Image.Image) -> float:
    import numpy

    assert one.size == two.size
    return float(abs(numpy.asarray(one, float) - numpy.asarray(two, float)).mean())


def test_each_of_a_batch_is_shown_its_own_previews() -> None:
    async def work(engine: Engine, model: Held) -> None:
        wanted = [order("sdxl", seed=seed, steps=6, previews=seed) for seed in range(4)]
        results = await together(engine, model, wanted)
        alone = [await told(engine, one) for one in wanted]
        for seed, (among, by_itself) in enumerate(zip(results, alone, strict=True)):
            shown = [each for each in among if isinstance(each, Preview)]
            same = [each for each in by_itself if isinstance(each, Preview)]
            assert len(shown) == len(same) == seed
            assert all(apart(one.image, two.image) <= 1 for one, two in zip(shown, same, strict=True))

    working(work, Held("sdxl"))


def test_a_batch_that_is_drawn_again_does_not_tell_everything_again() -> None:
    async def work(engine: Engine, model: Held) -> None:
        model.fault_at = 8  # network calls: in the second half of a batch
        wanted = [order("sdxl", seed=seed, steps=6, previews=2) for seed in range(2)]
        for told_of in await together(engine, model, wanted):
            steps = [each.step for each in told_of if isinstance(each, Progress)]
            assert steps == [1, 2, 3, 4, 5, 6]
            assert [each.number for each in told_of if isinstance(each, Preview)] == [0, 1]

    working(work, Held("sdxl"))


def test_closing_ends_what_waits_and_what_is_drawn() -> None:
    async def main() -> None:
        model = Held("sdxl")
        shelf = Shelf(sdxl=model)
        engine = Engine(shelf)
        model.hold()
        drawn = asyncio.create_task(told(engine, order("sdxl", steps=60)))
        await model.stopped()
        waiting = asyncio.create_task(told(engine, order("sdxl")))
        await until(lambda: len(engine))
        closing = asyncio.create_task(engine.close())
        await asyncio.sleep(0.01)
        begun = model.steps
        model.let(1)
        await closing
        assert model.steps == begun
        assert shelf.closed
        for error in await asyncio.gather(drawn, waiting, return_exceptions=True):
            assert isinstance(error, Unavailable)
        with pytest.raises(TintypeError, match="closing"):
            await told(engine, order("sdxl"))

    asyncio.run(main())
