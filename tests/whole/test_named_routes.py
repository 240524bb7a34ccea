"""A route with a name of its own, to clients that look for it in a list before they ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import openai
import pytest

from tintype.core import ANYONE, Caller, ModelCard
from tintype.core.errors import Unavailable
from tintype.gateway.gateway import Gateway
from tintype.gateway.offers import Offer, Offers
from tintype.gateway.route import Route
from tintype.polyfills import all_polyfills
from tintype.server.door import Door
from tintype.server.opening import Rooms
from tintype.server.watch import Watch

from ..fakes import FakeProvider
from ..serving import serving

BROKEN, SOUND = (ModelCard(id=name, provider=name) for name in ("broken", "sound"))
LISTS = {
    "/v1/models": "id",
    "/openai/deployments": "id",
    "/openai/models": "id",
    "/v1beta/models": "name",
    "/sdapi/v1/sd-models": "title",
    "/nanogpt/api/v1/images/models": "id",
    "/nanogpt/api/v1/image-models": "id",
}


@dataclass
class OneKey:
    caller_: Caller

    async def any(self) -> bool:
        return self.caller_ is not ANYONE

    async def caller(self, secret: str) -> Caller:
        return self.caller_


def gateway() -> Gateway:
    offers = [
        Offer(BROKEN, FakeProvider("broken", fails=Unavailable("gone"))),
        Offer(SOUND, FakeProvider("sound")),
    ]
    return Gateway(
        offers=Offers(offers, default="sound", routes={"team/best": Route(offers=("broken", "sound"))}),
        polyfills=all_polyfills(),
    )


@pytest.fixture
def address(caller: Caller) -> Iterator[str]:
    behind = gateway()
    with serving(behind, rooms=Rooms(gateway=behind, door=Door(OneKey(caller)), watch=Watch())) as url:
        yield url


def names(address: str, path: str) -> list[str]:
    document = httpx.get(address + path, headers={"authorization": "Bearer k"}).json()
    items = document if isinstance(document, list) else document.get("data") or document["models"]
    return [item[LISTS[path]].removeprefix("models/") for item in items]


@pytest.mark.parametrize("caller", [ANYONE])
def test_it_is_in_every_list_and_can_be_looked_up(address: str, caller: Caller) -> None:
    for path in LISTS:
        assert sorted(names(address, path)) == ["broken", "sound", "team/best"]
    client = openai.OpenAI(base_url=f"{address}/v1", api_key="k")
    found = client.models.retrieve("team/best")
    assert found.id == "team/best"
    assert client.images.generate(model=found.id, prompt="a cat").data
    with pytest.raises(openai.NotFoundError, match="On offer: broken, sound, team/best"):
        client.images.generate(model="nope", prompt="a cat")
    assert httpx.get(f"{address}/v1beta/models/team/best").json()["name"] == "models/team/best"


@pytest.mark.parametrize("caller", [ANYONE])
def test_chosen_as_a_checkpoint_it_stays_a_route(address: str, caller: Caller) -> None:
    # A checkpoint is kept for whoever chose it, by all servers of a process: here it is nobody else's.
    with httpx.Client(
        base_url=f"{address}/sdapi/v1", headers={"authorization": "Bearer of-this-test"}
    ) as web_ui:
        assert web_ui.post("/options", json={"sd_model_checkpoint": "team/best"}).status_code == 200
        assert web_ui.get("/options").json()["sd_model_checkpoint"] == "team/best"
        answer = web_ui.post("/txt2img", json={"prompt": "a cat"})
    assert (answer.status_code, answer.headers["x-tintype-model"]) == (200, "sound")


@pytest.mark.parametrize(
    ("caller", "seen"),
    [
        (Caller(key="k", models=("sound",)), ["sound"]),
        (Caller(key="k", models=("team/*",)), ["team/best"]),
        (Caller(key="k", models=("broken",)), ["broken", "team/best"]),
    ],
    ids=["another model", "the route", "the first of its offers"],
)
def test_a_key_sees_it_that_may_order_from_it(address: str, caller: Caller, seen: list[str]) -> None:
    headers = {"authorization": "Bearer k"}
    assert names(address, "/v1/models") == seen
    order = {"model": "team/best", "prompt": "a cat"}
    status = httpx.post(f"{address}/v1/images/generations", json=order, headers=headers).status_code
    assert (status == 200) is ("team/best" in seen)
