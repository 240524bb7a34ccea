"""Diffusion models behind the API, by the official SDK: what callers of a local model see, pay and may end.

The engine is a substitute that draws in steps; test_diffusion_models.py has the real one.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import openai
import PIL.Image
import pytest

from tintype.core import Prices, Size
from tintype.engines.diffusion.describing import Description
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.polyfills import all_polyfills
from tintype.providers._diffusion_start import Start
from tintype.providers.diffusion import Diffusion
from tintype.server.door import Door
from tintype.server.opening import Rooms, _checks

from ..diffusing import ALL, LOOKS, FakeEngine, card, colour
from ..pictures import drawn, encoded, opened, png
from ..serving import serving
from ..strict import validate_event
from .test_http import call

MODEL = "local/tiny"


@dataclass
class House:
    engine: FakeEngine
    gateway: Gateway
    address: str
    client: openai.OpenAI

    def draw(self, **said: Any) -> Any:
        return self.client.images.generate(**{"model": MODEL, "prompt": "a cat", **said})


@contextmanager
def house(engine: FakeEngine | None = None, *, start: Start | None = None, **said: Any) -> Iterator[House]:
    engine = engine or FakeEngine()
    offer = Offer(card(engine.can, **said), Diffusion(engine, start=start))
    gateway = Gateway(offers=Offers([offer], default=MODEL), polyfills=all_polyfills())
    rooms = Rooms(gateway=gateway, door=Door(), checks=_checks(gateway, None))
    with (
        serving(gateway, rooms=rooms) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client,
    ):
        yield House(engine, gateway, address, client)


def picture(data: str | None) -> PIL.Image.Image:
    assert data is not None
    return opened(base64.b64decode(data)).convert("RGB")


def pixel(item: Any, at: tuple[int, int] = (0, 0)) -> Any:
    return picture(item.b64_json).getpixel(at)


def soon(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.002)


def test_a_stream_shows_two_previews_that_differ() -> None:
    with house() as there:
        events = list(there.draw(stream=True, partial_images=2, extra_body={"seed": 5}))
    kinds = [event.type for event in events]
    assert kinds == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    for event in events:
        validate_event(event.type, event.model_dump(exclude_unset=True, warnings=False))
    assert len({event.b64_json for event in events}) == 3
    assert [event.partial_image_index for event in events[:2]] == [0, 1]
    assert pixel(events[-1]) == colour(5)
    assert events[-1].size == "64x64"


def test_a_mask_changes_its_clear_part_alone() -> None:
    hole = PIL.Image.new("RGBA", (64, 64), "black")
    hole.paste((0, 0, 0, 0), (0, 0, 32, 64))
    with house() as there:
        reply = there.client.images.edit(
            model=MODEL,
            prompt="a cat",
            image=png(Size(64, 64), "#0000ff"),
            mask=encoded(hole, "png"),
            extra_body={"seed": 9},
        )
    assert reply.data is not None
    assert pixel(reply.data[0], (5, 5)) == colour(9)
    assert pixel(reply.data[0], (60, 5)) == (0, 0, 255)


def test_a_mask_works_for_a_family_that_has_none() -> None:
    hole = PIL.Image.new("RGBA", (64, 64), "black")
    hole.paste((0, 0, 0, 0), (0, 0, 32, 64))
    with house(FakeEngine(can=LOOKS)) as there:
        raw = there.client.images.with_raw_response.edit(
            model=MODEL, prompt="a cat", image=png(Size(64, 64), "#0000ff"), mask=encoded(hole, "png")
        )
    assert raw.headers["x-tintype-plan"] == "mask=filled:composite"
    item = (raw.parse().data or [])[0]
    assert pixel(item, (60, 5)) == (0, 0, 255)
    assert pixel(item, (5, 5)) != (0, 0, 255)


def test_several_pictures_to_look_at() -> None:
    with house(FakeEngine(can=LOOKS)) as there:
        pictures: list[Any] = [png(Size(64, 64)), BytesIO(encoded(drawn(Size(32, 64)), "jpeg"))]
        there.client.images.edit(model=MODEL, prompt="both", image=pictures)
        (order,) = there.engine.orders
    assert (order.task, [each.size for each in order.images]) == ("reference", [(64, 64), (32, 64)])


def test_everyone_gets_the_picture_of_their_seed() -> None:
    async def main(address: str) -> list[Any]:
        async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0) as client:
            asked = (
                client.images.generate(model=MODEL, prompt="a cat", n=2, extra_body={"seed": 10 * number})
                for number in range(6)
            )
            replies = await asyncio.gather(*asked)
            return [[pixel(item) for item in reply.data or ()] for reply in replies]

    with house(FakeEngine(pause=0.001)) as there:
        pixels = asyncio.run(main(there.address))
    assert pixels == [[colour(10 * number), colour(10 * number + 1)] for number in range(6)]


def test_a_seed_that_was_chosen_draws_the_same_picture_again() -> None:
    with house() as there:
        one = there.draw(extra_body={"response_format": "b64_json"})
        seed = there.engine.orders[0].seed
        again = there.draw(extra_body={"seed": seed})
    assert one.data[0].b64_json == again.data[0].b64_json


def test_who_closes_the_stream_ends_the_drawing_within_a_step() -> None:
    with house(FakeEngine(pause=0.02)) as there:
        stream = there.draw(stream=True, partial_images=3, extra_body={"num_inference_steps": 100, "seed": 1})
        assert next(iter(stream)).type == "image_generation.partial_image"
        stream.close()
        soon(lambda: there.engine.is_idle, "it still draws")
        steps = there.engine.steps[1]
        time.sleep(0.06)
        assert there.engine.steps[1] == steps < 90
        soon(lambda: not there.gateway.jobs.running, "its job still runs")
        assert there.draw().data, "and the next one is drawn"


def test_who_deletes_the_job_ends_the_drawing() -> None:
    with house(FakeEngine(pause=0.02)) as there:
        order = {"model": MODEL, "prompt": "a cat", "num_inference_steps": 100}
        _, headers, _ = call(there.address, "POST", "/v1/images/generations", order, Prefer="respond-async")
        place = headers["location"].removeprefix(there.address)
        soon(lambda: bool(there.engine.steps), "nothing was begun")
        status, _, body = call(there.address, "DELETE", place)
        assert (status, json.loads(body)["status"]) == (200, "cancelled")
        assert there.engine.is_idle


def test_a_job_tells_its_place_in_the_queue_and_how_far_it_is() -> None:
    with house(FakeEngine(pause=0.05)) as there:
        order = {"model": MODEL, "prompt": "a cat", "num_inference_steps": 100}

        def told(place: str) -> dict[str, Any]:
            return dict(json.loads(call(there.address, "GET", place)[2]))

        def placed() -> str:
            _, headers, _ = call(
                there.address, "POST", "/v1/images/generations", order, Prefer="respond-async"
            )
            place = headers["location"].removeprefix(there.address)
            soon(lambda: told(place)["position"] or told(place)["progress"] > 0, "it neither waits nor moves")
            return place

        places = [placed() for _ in range(3)]
        first, second, third = map(told, places)
        assert (first["status"], first["position"]) == ("running", None)
        assert 0 < first["progress"] < 1
        assert first["progress"] * 100 == pytest.approx(round(first["progress"] * 100))
        assert (second["status"], second["position"], second["progress"]) == ("queued", 1, 0)
        assert (third["status"], third["position"]) == ("queued", 2)
        call(there.address, "DELETE", places[0])
        soon(lambda: told(places[1])["status"] == "running", "it is not its turn")
        assert told(places[2])["position"] == 1
        for place in places[1:]:
            call(there.address, "DELETE", place)
        assert there.engine.is_idle


def test_the_events_of_a_job_tell_each_step() -> None:
    with house(FakeEngine(pause=0.01)) as there:
        order = {"model": MODEL, "prompt": "a cat", "num_inference_steps": 10}
        _, headers, _ = call(there.address, "POST", "/v1/images/generations", order, Prefer="respond-async")
        connection = HTTPConnection(urlsplit(there.address).netloc, timeout=10)
        connection.request("GET", f"{headers['location'].removeprefix(there.address)}/events")
        body = connection.getresponse().read().decode()
        connection.close()
    frames = [frame for frame in body.split("\n\n") if frame]
    told = [
        json.loads(frame.partition("data: ")[2])["progress"]
        for frame in frames
        if frame.startswith("event: image.progress")
    ]
    assert told == sorted(told)
    assert len(set(told)) > 3
    assert 0 < told[0] < told[-1] <= 1
    assert "image_generation.completed" in frames[-2]
    assert frames[-1].startswith("event: image.job")


def test_a_full_queue_is_a_429_that_says_when_to_come_back() -> None:
    with house(FakeEngine(room=-1)) as there:
        with pytest.raises(openai.RateLimitError) as caught:
            there.draw()
        assert caught.value.response.headers["retry-after"] == "7"
        assert not there.gateway.jobs.running
        there.engine.room = 4
        assert there.draw().data, "one that was full is asked again at once"


@pytest.mark.parametrize(
    ("can", "said", "param", "names"),
    [
        (ALL, {"loras": [{"name": "oil"}]}, "loras", "oil"),
        (LOOKS, {"loras": [{"name": "ink"}]}, "loras", "LoRA"),
        (ALL, {"num_inference_steps": 100}, "num_inference_steps", "1 to 50"),
        (ALL, {"strength": 0.01, "image": "data:image/png;base64,"}, "strength", "0.1"),
        (ALL, {"control": "depth", "image": "data:image/png;base64,"}, "control", "depth"),
        (ALL, {"background": "transparent"}, "background", "opaque"),
    ],
)
def test_what_a_model_has_not_is_refused_by_name(
    can: Description, said: dict[str, Any], param: str, names: str
) -> None:
    if "image" in said:
        said = {**said, "image": said["image"] + base64.b64encode(png(Size(64, 64))).decode()}
    can = replace(can, steps=replace(can.steps, max=50))
    with house(FakeEngine(can=can)) as there:
        with pytest.raises(openai.BadRequestError, match=names) as caught:
            there.draw(extra_body=said)
        assert caught.value.param == param
        assert there.engine.is_idle
        assert not there.engine.steps


def test_what_only_shapes_a_picture_is_left_out_and_told_or_refused_when_that_is_asked_for() -> None:
    with house(FakeEngine(can=LOOKS)) as there:
        raw = there.client.images.with_raw_response.generate(
            model=MODEL, prompt="a cat", extra_body={"negative_prompt": "dogs"}
        )
        assert raw.headers["x-tintype-plan"] == "negative_prompt=ignored"
        with pytest.raises(openai.BadRequestError, match="negative_prompt"):
            there.draw(extra_body={"negative_prompt": "dogs"}, extra_headers={"Prefer": "handling=strict"})


def test_a_size_that_the_model_did_not_keep_to_is_told() -> None:
    with house(FakeEngine(true_size=Size(128, 128))) as there:
        raw = there.client.images.with_raw_response.generate(model=MODEL, prompt="a cat", size="256x256")
        assert raw.headers["x-tintype-plan"] == "size=delivered:128x128 asked:256x256"
        assert raw.parse().size == "128x128"
        raw = there.client.images.with_raw_response.generate(
            model=MODEL,
            prompt="a cat",
            size="100x50",
        )
        assert "size=adjusted:100x50->96x48" in raw.headers["x-tintype-plan"]


def test_a_picture_is_paid_by_what_it_took() -> None:
    with house(prices=Prices(megapixel_step=1_000_000)) as there:
        order = {"model": MODEL, "prompt": "a cat", "n": 2, "size": "64x64", "quality": "low"}
        status, headers, body = call(there.address, "POST", "/v1/images/generations", order)
        assert status == 200
        assert headers["x-tintype-cost"] == f"{2 * 4 * 64 * 64 / 1e6:.6f}"
        _, _, told = call(there.address, "GET", f"/v1/images/jobs/{headers['x-tintype-job']}")
        assert json.loads(told)["receipt"]["cost"] == headers["x-tintype-cost"]
        _, _, quoted = call(there.address, "POST", "/v1/images/quote", order)
        assert json.loads(quoted)["cost"] == json.loads(quoted)["most"] == headers["x-tintype-cost"]
        assert "usage" not in json.loads(body), "it counts no tokens"


def test_pictures_are_free_where_the_operator_says_no_price() -> None:
    with house() as there:
        raw = there.client.images.with_raw_response.generate(model=MODEL, prompt="a cat")
    assert raw.headers["x-tintype-cost"] == "0.000000"


def test_the_server_is_not_ready_while_a_model_is_being_loaded() -> None:
    engine = FakeEngine(pause=0.5)
    start = Start(engine, [MODEL])
    with house(engine, start=start) as there:
        status, _, body = call(there.address, "GET", "/readyz")
        assert (status, json.loads(body)["reasons"]) == (503, {"diffusion": f"{MODEL} is being loaded."})
        assert call(there.address, "GET", "/healthz")[0] == 200
        soon(lambda: call(there.address, "GET", "/readyz")[0] == 200, "it is never ready")


def test_the_server_is_not_ready_when_its_device_is_lost_and_says_what_to_do() -> None:
    told = "The GPU stopped working (CUDA error) and draws nothing more before Tintype is restarted."
    with house(FakeEngine(broken=told)) as there:
        status, _, body = call(there.address, "GET", "/readyz")
        assert (status, json.loads(body)["reasons"]) == (503, {"diffusion": told})
        with pytest.raises(openai.InternalServerError, match="before Tintype is restarted") as caught:
            there.draw()
        assert (caught.value.status_code, caught.value.code) == (503, "device_lost")


def test_the_model_is_listed() -> None:
    with house() as there:
        model = there.client.models.retrieve(MODEL)
    assert (model.id, model.owned_by) == (MODEL, "local")
