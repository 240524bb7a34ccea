"""Diffusion models as a provider: what becomes of a request, and what its caller sees while it is drawn."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import PIL.Image
import pytest
import structlog

from tintype.core import Completed, Image, ImageEvent, ImageRequest, Partial, Prices, Size
from tintype.core.call import CALL, Call
from tintype.core.errors import BadRequest, TintypeError, TooManyRequests, Unavailable, Unsupported
from tintype.providers._diffusion_orders import orders_of
from tintype.providers._diffusion_prices import read_prices
from tintype.providers._diffusion_settings import read_setup
from tintype.providers._diffusion_start import Start
from tintype.providers.diffusion import Diffusion

from ..diffusing import ALL, LOOKS, FakeEngine, card, colour
from ..pictures import encoded, opened, png

CAT = ImageRequest(model="local/tiny", prompt="a cat", seed=3)
RED = Image.from_bytes(png(Size(64, 64), "#f00"))


def ordered(
    engine: FakeEngine, request: ImageRequest = CAT, call: Call | None = None, **said: Any
) -> list[ImageEvent]:
    async def main() -> list[ImageEvent]:
        if call is not None:
            CALL.set(call)
        provider = Diffusion(engine)
        async with aclosing(provider.generate(request, card(engine.can, **said))) as events:
            return [event async for event in events]

    return asyncio.run(main())


def finished(events: list[ImageEvent]) -> list[Completed]:
    return [event for event in events if isinstance(event, Completed)]


def pixel(image: Image, at: tuple[int, int] = (0, 0)) -> Any:
    return opened(bytes(image.as_bytes())).convert("RGB").getpixel(at)


def test_each_picture_is_an_order_of_its_own_seed() -> None:
    engine = FakeEngine()
    events = finished(ordered(engine, replace(CAT, n=3)))
    assert sorted((event.index, event.seed) for event in events) == [(0, 3), (1, 4), (2, 5)]
    for event in events:
        assert event.seed is not None
        assert pixel(event.image) == colour(event.seed)
        assert event.image.header() == ("png", Size(64, 64))


def test_a_seed_is_chosen_and_told_where_none_was_said() -> None:
    engine = FakeEngine()
    request = replace(CAT, seed=None)
    (first,), (second,) = finished(ordered(engine, request)), finished(ordered(engine, request))
    assert first.seed != second.seed
    (again,) = finished(ordered(engine, replace(CAT, seed=first.seed)))
    assert again.image == first.image


def test_previews_come_on_the_way_in_the_format_of_the_picture() -> None:
    events = ordered(FakeEngine(), replace(CAT, stream=True, partial_images=2, output_format="webp"))
    previews = [event for event in events if isinstance(event, Partial)]
    assert [(event.step, event.index) for event in previews] == [(0, 0), (1, 0)]
    assert isinstance(events[-1], Completed)
    assert [event.image.header().format for event in events] == ["webp"] * 3  # type: ignore[union-attr]
    assert previews[0].image != previews[1].image


@pytest.mark.parametrize("stream", [True, False])
def test_previews_are_drawn_for_those_who_see_them(stream: bool) -> None:
    engine = FakeEngine()
    ordered(engine, replace(CAT, stream=stream, partial_images=3))
    assert engine.orders[0].previews == (3 if stream else 0)


@pytest.mark.parametrize(
    ("said", "steps", "told"),
    [
        ({}, 8, "medium"),
        ({"quality": "low"}, 4, "low"),
        ({"quality": "high"}, 16, "high"),
        ({"quality": "high", "num_inference_steps": 7}, 7, None),
    ],
)
def test_a_quality_is_a_number_of_steps(said: dict[str, Any], steps: int, told: str | None) -> None:
    engine = FakeEngine()
    (event,) = finished(ordered(engine, replace(CAT, **said)))
    assert (engine.orders[0].steps, event.quality) == (steps, told)


def test_the_operator_says_the_steps_of_a_quality() -> None:
    engine = FakeEngine()
    ordered(engine, replace(CAT, quality="low"), steps={"low": 2})
    assert engine.orders[0].steps == 2
    assert card(steps={"high": 150}).ranges["num_inference_steps"].max == 150


def test_what_is_said_of_the_drawing_reaches_the_engine() -> None:
    engine = FakeEngine()
    request = replace(
        CAT, negative_prompt="dogs", guidance_scale=7.5, images=(RED,), strength=0.4, size=Size(96, 32)
    )
    ordered(engine, request)
    (order,) = engine.orders
    assert (order.task, order.negative_prompt, order.guidance, order.strength) == ("image", "dogs", 7.5, 0.4)
    assert (order.size, order.images[0].size) == (Size(96, 32), (64, 64))


def test_an_edit_keeps_the_shape_of_its_picture() -> None:
    engine = FakeEngine()
    ordered(engine, replace(CAT, images=(Image.from_bytes(png(Size(100, 50))),)))
    assert engine.orders[0].size == Size(96, 48)


def test_the_clear_part_of_a_mask_changes_and_nothing_else() -> None:
    hole = PIL.Image.new("RGBA", (64, 64), "black")
    hole.paste((0, 0, 0, 0), (0, 0, 32, 64))
    mask = Image.from_bytes(encoded(hole, "png"))
    engine = FakeEngine()
    (event,) = finished(ordered(engine, replace(CAT, images=(RED,), mask=mask)))
    assert engine.orders[0].task == "inpaint"
    assert pixel(event.image, (10, 10)) == colour(3)
    assert pixel(event.image, (50, 10)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("can", "images", "strength", "task"),
    [
        (LOOKS, 1, None, "reference"),
        (LOOKS, 3, None, "reference"),
        (ALL, 1, None, "image"),
        (replace(ALL, tasks={**ALL.tasks, "reference": "own"}, max_references=3), 1, None, "reference"),
        (replace(ALL, tasks={**ALL.tasks, "reference": "own"}, max_references=3), 1, 0.5, "image"),
        (replace(ALL, tasks={**ALL.tasks, "reference": "own"}, max_references=3), 2, 0.5, "reference"),
    ],
)
def test_pictures_are_looked_at_or_painted_over(
    can: Any, images: int, strength: float | None, task: str
) -> None:
    (order,) = orders_of(replace(CAT, images=(RED,) * images, strength=strength), card(can), can)
    assert (order.task, len(order.images)) == (task, images)


def test_further_pictures_beside_a_mask_are_for_models_that_look_at_several() -> None:
    hole = Image.from_bytes(encoded(PIL.Image.new("RGBA", (64, 64)), "png"))
    asked = replace(CAT, images=(RED, RED), mask=hole)
    can = replace(LOOKS, tasks={**LOOKS.tasks, "inpaint": "generic"})
    (order,) = orders_of(asked, card(can), can)
    assert (order.task, len(order.images)) == ("inpaint", 2)
    own = replace(LOOKS, tasks={**LOOKS.tasks, "inpaint": "own"})
    with pytest.raises(Unsupported, match="changes one picture where a mask says so, and 2 were sent"):
        orders_of(asked, card(own), own)


@pytest.mark.parametrize(
    "said",
    [
        {"loras": [{"name": "ink", "scale": 0.5}]},
        {"loras": [{"path": "ink.safetensors", "weight": 0.5}]},
        {"loras": {"ink": 0.5}},
        {"loras": '[{"name": "ink", "scale": 0.5}]'},
        {"lora": "ink:0.5"},
        {"lora": {"name": "ink", "strength": 0.5}},
        {"lora": "a cat <lora:ink:0.5>"},
    ],
)
def test_a_lora_is_understood_as_others_write_it(said: dict[str, Any]) -> None:
    (order,) = orders_of(replace(CAT, extras={"openai": said}), card(), ALL)
    assert order.loras == {"ink": 0.5}


@pytest.mark.parametrize("said", ["ink", ["ink"], [{"name": "ink"}], "<lora:ink>"])
def test_a_lora_without_a_weight_has_its_whole(said: Any) -> None:
    (order,) = orders_of(replace(CAT, extras={"openai": {"loras": said}}), card(), ALL)
    assert order.loras == {"ink": 1.0}


def test_a_controlnet_draws_along_the_picture() -> None:
    request = replace(CAT, images=(RED,), extras={"openai": {"control": "edges"}})
    (order,) = orders_of(request, card(), ALL)
    assert (order.task, order.control, len(order.images)) == ("text", "edges", 1)


@pytest.mark.parametrize(
    ("can", "said", "error", "param", "names"),
    [
        (ALL, {"extras": {"o": {"loras": 3}}}, BadRequest, "loras", "list"),
        (ALL, {"extras": {"o": {"loras": "[3"}}}, BadRequest, "loras", "list"),
        (ALL, {"extras": {"o": {"loras": {"ink": "heavy"}}}}, BadRequest, "loras", "ink"),
        (ALL, {"extras": {"o": {"loras": {"ink": 99}}}}, BadRequest, "loras", "ink"),
        (ALL, {"extras": {"o": {"loras": {"ink": True}}}}, BadRequest, "loras", "ink"),
        (LOOKS, {"extras": {"o": {"loras": ["ink"]}}}, Unsupported, "loras", "LoRA"),
        (ALL, {"extras": {"o": {"control": "depth"}}, "images": (RED,)}, Unsupported, "control", "'edges'"),
        (LOOKS, {"extras": {"o": {"control": "edges"}}, "images": (RED,)}, Unsupported, "control", "none"),
        (ALL, {"extras": {"o": {"control": 3}}, "images": (RED,)}, BadRequest, "control", "name"),
        (ALL, {"extras": {"o": {"control": "edges"}}}, BadRequest, "image", "along"),
        (ALL, {"images": (RED, RED)}, Unsupported, "image", "2 were sent"),
        (replace(ALL, tasks={"reference": "own"}, max_references=1), {}, BadRequest, "image", "send"),
        (replace(ALL, tasks={"inpaint": "own"}), {"images": (RED,)}, Unsupported, "image", "mask"),
        (ALL, {"images": (Image.from_bytes(b"no picture"),)}, BadRequest, "image", "image 1"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    can: Any, said: dict[str, Any], error: type[TintypeError], param: str, names: str
) -> None:
    with pytest.raises(error, match=names) as caught:
        orders_of(replace(CAT, **said), card(can), can)
    assert caught.value.param == param


def test_a_card_says_what_the_family_has() -> None:
    rich, poor = card(ALL), card(LOOKS)
    assert {"negative_prompt", "strength", "guidance_scale", "num_inference_steps", "seed"} <= rich.accepts
    assert rich.mask
    assert not poor.mask
    assert not {"negative_prompt", "strength"} & poor.accepts
    assert (rich.max_input_images, poor.max_input_images) == (1, 3)
    assert rich.ranges["strength"].min == 0.1
    assert card(replace(ALL, previews=False)).partial_images == 0


def test_the_queue_and_the_steps_reach_whoever_watches() -> None:
    told: list[tuple[int, float]] = []
    call = Call("ann", lambda: told.append((call.position, call.under_way)))
    engine = FakeEngine()
    ordered(engine, replace(CAT, n=2, quality="low"), call)
    assert engine.callers == ["ann", "ann"]
    shares = [under_way for _, under_way in told]
    assert shares[:3] == [0.25, 0.5, 0.75]
    assert call.under_way == 0.0
    assert all(position == 0 for position, under_way in told if under_way), "one of them is drawn"


def test_a_place_in_the_queue_is_told_until_it_is_drawn() -> None:
    async def main() -> list[int]:
        engine = FakeEngine(pause=0.002)
        places: list[int] = []
        call = Call("bob", lambda: places.append(call.position))

        async def order(seed: int, at: Call) -> None:
            CALL.set(at)
            async with aclosing(Diffusion(engine).generate(replace(CAT, seed=seed), card())) as events:
                async for _ in events:
                    pass

        tasks = []
        for seed, at in ((1, Call()), (2, Call()), (3, call)):
            tasks.append(asyncio.create_task(order(seed, at)))
            await asyncio.sleep(0.004)
        await asyncio.gather(*tasks)
        return places

    places = asyncio.run(main())
    assert places[:2] == [2, 1]
    assert set(places[2:]) == {0}


def test_leaving_ends_the_drawing_at_its_next_step() -> None:
    async def main() -> FakeEngine:
        engine = FakeEngine(pause=0.001)
        provider = Diffusion(engine)
        request = replace(CAT, n=2, stream=True, partial_images=1, num_inference_steps=100)
        events = provider.generate(request, card())
        assert isinstance(await anext(events), Partial)
        await events.aclose()
        assert engine.is_idle
        return engine

    engine = asyncio.run(main())
    assert engine.steps == {3: 50}, "the other one was not begun"


@dataclass
class Stamp:
    """Signs like signing.Signer, where anyone can see it."""

    signed: list[tuple[str, str, bool]] = field(default_factory=list)

    def sign(
        self, data: bytes, format: str, model: str, *, composed: bool = False, trained: bool = False
    ) -> bytes:
        assert trained, "what has been trained does not say that it was not"
        self.signed.append((format, model, composed))
        return data


@pytest.mark.parametrize("edits", [False, True])
def test_what_is_finished_is_signed_and_previews_are_not(edits: bool) -> None:
    async def main() -> None:
        provider = Diffusion(FakeEngine(), signer=stamp)  # type: ignore[arg-type]
        request = replace(CAT, stream=True, partial_images=2, images=(RED,) if edits else ())
        async with aclosing(provider.generate(request, card())) as events:
            assert len([event async for event in events]) == 3

    stamp = Stamp()
    asyncio.run(main())
    assert stamp.signed == [("png", "local/tiny", edits)]


def test_the_first_failure_ends_all_of_an_order() -> None:
    engine = FakeEngine(room=1)
    with pytest.raises(TooManyRequests) as caught:
        ordered(engine, replace(CAT, n=3))
    assert caught.value.retry_after == 7
    assert engine.is_idle


def test_where_a_model_lies_is_told_to_the_log_alone() -> None:
    lost = "There is no file or folder /srv/my models/tiny, and it is not a hub id (owner/name)."
    with structlog.testing.capture_logs() as log, pytest.raises(Unavailable) as caught:
        ordered(FakeEngine(broken=lost))
    assert str(caught.value) == "local/tiny cannot be drawn at the moment: the server's log tells why."
    assert caught.value.code == "device_lost"
    assert [(each["model"], each["reason"]) for each in log] == [("local/tiny", lost)]
    stopped = "The GPU stopped working (3/4 of it) and draws nothing more before Tintype is restarted."
    with pytest.raises(Unavailable, match=re.escape(stopped)):
        ordered(FakeEngine(broken=stopped))


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        ("free", 0),
        ("0.01 per image", 10_000),
        ("0.25 per megapixel", 1024),
        ("0.25 per megapixel-step", 8 * 1024),
        ("0.002 per second", 2_000),  # half of the batch's two seconds
        ("0.01 per image + 0.002 per second", 12_000),
    ],
)
def test_a_picture_costs_what_it_took(price: str, cost: int) -> None:
    (event,) = finished(ordered(FakeEngine(), prices=read_prices(price)))
    assert event.cost == cost


def test_its_price_goes_by_its_true_size() -> None:
    engine = FakeEngine(true_size=Size(128, 128))
    (event,) = finished(ordered(engine, prices=Prices(megapixel=1_000_000)))
    assert event.cost == 128 * 128
    assert event.image.header().size == (128, 128)


@pytest.mark.parametrize(
    "price", ["", "0.1", "cheap", "0.1 per hour", "-1 per image", "1 per image + 2 per image", 3]
)
def test_a_price_that_cannot_be_is_told(price: object) -> None:
    with pytest.raises(ValueError, match=r"per megapixel|twice|pay callers|not a sum"):
        read_prices(price)


def test_the_settings_are_read(tmp_path: Any) -> None:
    setup = read_setup(
        {
            "device": "cpu",
            "budget": "20 GB",
            "queue": "12",
            "dtype": "bf16",
            "loras": str(tmp_path),
            "models": {
                "sdxl": {"source": "/models/sdxl", "aliases": ["xl"], "price": "0.01 per image"},
                "flux": {"source": "black/flux", "dtype": "auto", "offload": "model", "of": "flux-kontext"},
            },
            "also": "sdxl=/other, runway/tiny-sd",
        }
    )
    assert (setup.device, setup.budget, setup.queue, setup.preload) == ("cpu", 20 * 10**9, 12, True)
    sdxl, flux, tiny = setup.models
    assert (sdxl.source.path, sdxl.source.dtype, sdxl.source.loras) == ("/other", "bfloat16", tmp_path)
    assert (sdxl.aliases, sdxl.prices) == (("xl",), Prices(image=10_000))
    assert (flux.source.dtype, flux.source.offload, flux.of) == (None, "model", "flux-kontext")
    assert (tiny.name, tiny.source.path) == ("local/tiny-sd", "runway/tiny-sd")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"models": {"a": {}}}, r'models."a"\]: `source` is missing'),
        ({"models": {"a": {"source": "x", "colour": 1}}}, "`colour` is not a key"),
        ({"models": {"a": "x"}}, "a table is wanted"),
        ({"models": ["a"]}, "`models` is a table"),
        ({"budget": "much", "also": "a"}, '`budget`: an amount such as "20 GB"'),
        ({"dtype": "int3", "also": "a"}, "`dtype`: 'int3' is none of auto, bfloat16"),
        ({"offload": "some", "also": "a"}, "`offload`"),
        ({"loras": "/no/such/folder", "also": "a"}, "`loras`: there is no folder"),
        ({"queue": 0, "also": "a"}, "`queue`"),
        ({"queue": 9, "also": "a"}, "`queue`: 10 at the least, since so many pictures may be of one order"),
        ({"also": "a="}, "says no model"),
        ({"models": {"a": {"source": "x", "steps": {"low": 0}}}}, "`steps`"),
        ({"models": {"a": {"source": "x", "steps": {"best": 9}}}}, "`steps`"),
        ({"compile": "perhaps", "also": "a"}, "`compile`: true or false"),
    ],
)
def test_a_setting_that_cannot_be_is_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_setup(options)


def test_what_is_loaded_at_the_start_is_told_until_it_is_there() -> None:
    async def main() -> tuple[list[str], list[str]]:
        engine = FakeEngine(pause=0.005)
        start = Start(engine, ["a", "b"], resident=lambda: dict.fromkeys(["a", "b"], 1))
        provider = Diffusion(engine, start=start)
        seen = [provider.preparing()]
        task = asyncio.create_task(provider.prepare())
        while not task.done():
            await asyncio.sleep(0.001)
            start.downloaded("b", 3_000_000_000, 6_000_000_000)
            seen.append(provider.preparing())
        return list(dict.fromkeys(seen)), [order.model for order in engine.orders]

    seen, drawn = asyncio.run(main())
    assert seen == ["", "a is being loaded.", "b is being fetched: 3.0 of 6.0 GB are here."]
    assert drawn == ["a", "b"]


def test_a_model_that_the_budget_does_not_hold_waits_until_it_is_asked_for() -> None:
    async def main() -> list[str]:
        engine = FakeEngine()
        await Start(engine, ["a", "b", "c"], resident=lambda: {"b": 1}).prepare()
        return [order.model for order in engine.orders]

    assert asyncio.run(main()) == ["a"], "it was put out of memory again"


def test_a_model_that_cannot_be_loaded_hinders_no_other() -> None:
    async def main() -> list[str]:
        engine = FakeEngine(can=replace(ALL, tasks={"reference": "own"}), room=-1)
        await Start(engine, ["a"]).prepare()
        engine.room = 1
        await Start(engine, ["b"]).prepare()
        return [order.task for order in engine.orders]

    assert asyncio.run(main()) == ["reference"]
