"""The house as it is put together: twins of shapes to the pixel, and keys of services that cannot be called yet."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from PIL import Image as Pillow

from tintype.catalog import configure, load, read_service
from tintype.core import Completed, Image, ImageRequest, Ratio, Size, SizeWish
from tintype.core.events import Usage
from tintype.gateway import assemble
from tintype.gateway.settings import Settings


async def draw(request: ImageRequest) -> tuple[Completed, str]:
    job = assemble.open_gateway(Settings(), {}).submit(request)
    async with job.watched() as events:
        (done,) = [event async for event in events if isinstance(event, Completed)]
    return done, job.report.plan()


def picture(width: int, height: int) -> Image:
    file = io.BytesIO()
    Pillow.new("RGB", (width, height), "teal").save(file, "png")
    return Image.from_bytes(file.getvalue())


@pytest.mark.parametrize(
    ("model", "wish", "size", "tokens", "plan"),
    [
        ("gemini-3-pro-image", Ratio(16, 9), Size(1376, 768), 1120, ""),
        ("gemini-2.5-flash-image", Ratio(16, 9), Size(1344, 768), 1290, ""),
        ("nano-banana-2", Ratio(2, 3, "512"), Size(424, 632), 747, ""),
        (
            "gemini-3.1-flash-lite-image",
            Ratio(4, 3, "2K"),
            Size(1200, 896),
            1120,
            "size=adjusted:4:3@2K->1200x896",
        ),
        (
            "gemini-3-pro-image",
            Size(1536, 1024),
            Size(1264, 848),
            1120,
            "size=adjusted:1536x1024->1264x848",
        ),
    ],
)
@pytest.mark.anyio
async def test_a_twin_draws_and_counts_as_the_table_says(
    model: str, wish: SizeWish, size: Size, tokens: int, plan: str
) -> None:
    done, told = await draw(ImageRequest(model=model, prompt="a pear", size=wish))
    assert done.image.header().size == size
    assert done.usage == Usage(text_in=2, image_out=tokens)
    assert told == plan


@pytest.mark.anyio
async def test_an_edit_without_a_size_keeps_the_shape_at_the_usual_tier() -> None:
    request = ImageRequest(model="gemini-3-pro-image", prompt="make it night", images=(picture(3200, 2400),))
    done, _ = await draw(request)
    assert done.image.header().size == Size(1200, 896)
    assert done.usage.image_in == 560


def test_a_key_for_a_service_that_cannot_be_called_yet_is_said_aloud(
    caplog: pytest.LogCaptureFixture,
) -> None:
    acme = read_service(
        "acme.toml",
        """
        [provider]
        adapter = "tintype.providers.acme:Acme"
        key_env = "ACME_API_KEY"
        [[model]]
        id = "acme-1"
        source = "its page"
        checked = 2026-11-20
        """,
    )
    illustrator = next(service for service in load() if service.name == "illustrator")
    with caplog.at_level(logging.WARNING):
        offers = list(assemble.offers((illustrator, acme), {}))
        assert not caplog.messages
        offers = list(assemble.offers((illustrator, acme), {"ACME_API_KEY": "sk-secret"}))
    assert [(offer.card.id, offer.twin) for offer in offers] == [
        ("tintype-illustrator", False),
        ("acme-1", True),
    ]
    (warning,) = caplog.messages
    assert "ACME_API_KEY" in warning
    assert "acme" in warning
    assert "sk-secret" not in warning


ACME = """
[provider]
adapter = "tintype.providers.openai:OpenAI"
base_url = "https://api.acme.example/v1/"
key_env = "ACME_API_KEY OLD_ACME_KEY"
environment = { base_url = "ACME_URL" }
headers = { x-team = "pictures" }
timeout = 100
[[model]]
id = "acme-1"
source = "its page"
checked = 2026-11-20
"""


@pytest.mark.parametrize(
    ("environ", "table", "key", "base_url"),
    [
        ({}, {}, None, "https://api.acme.example/v1/"),
        ({"OLD_ACME_KEY": "old"}, {}, "old", "https://api.acme.example/v1/"),
        ({"OLD_ACME_KEY": "old", "ACME_API_KEY": " new\n"}, {}, "new", "https://api.acme.example/v1/"),
        ({"ACME_URL": "http://here/"}, {"key": "said"}, "said", "http://here/"),
        (
            {"MINE": "mine", "ACME_API_KEY": "new"},
            {"key_env": "MINE"},
            "mine",
            "https://api.acme.example/v1/",
        ),
        ({"ACME_API_KEY": "new"}, {"base_url": "http://mine/"}, "new", "http://mine/"),
    ],
)
def test_how_a_provider_is_reached(
    environ: dict[str, str], table: dict[str, Any], key: str | None, base_url: str
) -> None:
    (service,) = configure([read_service("acme.toml", ACME)], {"acme": table})
    access = assemble.read_access(service, environ)
    assert (access.name, access.key, access.base_url) == ("acme", key, base_url)
    assert (access.timeout, access.headers) == (100, {"x-team": "pictures"})
    assert assemble.missing(service, environ) == ([] if key else ["ACME_API_KEY or OLD_ACME_KEY"])
    assert "new" not in repr(access)


def test_an_operators_word_wins_over_the_environment() -> None:
    (service,) = configure([read_service("acme.toml", ACME)], {"acme": {"base_url": "http://mine/"}})
    assert assemble.read_access(service, {"ACME_URL": "http://theirs/"}).base_url == "http://mine/"


def test_several_of_a_kind_are_offers_of_its_models() -> None:
    services = configure(
        [read_service("acme.toml", ACME)],
        {
            "acme-eu": {"kind": "acme", "base_url": "https://eu.acme.example/v1/", "key": "k", "at_once": 2},
            "acme-us": {"kind": "acme", "key_env": "US", "models": ["acme-1"]},
        },
    )
    assert [[(card.id, card.of, card.upstream_id) for card in service.cards] for service in services] == [
        [("acme-1", "", "acme-1")],
        [("acme-eu/acme-1", "acme-1", "acme-1")],
        [("acme-us/acme-1", "acme-1", "acme-1")],
    ]


def test_a_server_of_the_operators_own_with_its_own_models() -> None:
    (_, mine) = configure(
        [read_service("acme.toml", ACME)],
        {
            "mine": {
                "kind": "acme",
                "base_url": "http://10.0.0.5:8000/v1",
                "key": "k",
                "model": [{"id": "painter", "max_n": 4}, {"of": "acme-1", "upstream_id": "acme"}],
            }
        },
    )
    cards = {card.id: card for card in mine.cards}
    assert list(cards) == ["painter", "mine/acme-1"]
    assert (cards["painter"].max_n, cards["painter"].provider) == (4, "mine")
    assert (cards["mine/acme-1"].of, cards["mine/acme-1"].upstream_id) == ("acme-1", "acme")


@pytest.mark.parametrize(
    ("name", "table", "words"),
    [
        ("mine", {}, ["kind", "mine", "acme"]),
        ("mine", {"kind": "acme"}, ["key", "key_env"]),
        ("acme", {"timeout": "long"}, ["timeout", "number"]),
        ("acme", {"timeout": float("inf")}, ["timeout", "seconds"]),
        ("acme", {"at_once": 0}, ["at_once", "at least 1"]),
        ("acme", {"models": ["acme-9"]}, ["models", "acme-9"]),
        ("acme", {"key": 5}, ["key", "text"]),
        ("acme", {"model": [{"id": "x", "max_n": 0}]}, ["x", "max_n"]),
        ("acme", {"enabled": "false"}, ["enabled", "true or false"]),
        ("acme", {"enabled": 0}, ["enabled", "true or false"]),
        ("mine", {"kind": "acme", "key": "k", "model": [{"id": "acme-1"}]}, ["acme has", "mine/acme-1"]),
    ],
)
def test_a_table_that_is_wrong_is_named(name: str, table: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ValueError, match=rf"\[provider\.{name}\]") as caught:
        configure([read_service("acme.toml", ACME)], {name: table})
    assert all(word in str(caught.value) for word in words)


def test_a_setting_that_its_adapter_does_not_know_stops_the_start() -> None:
    with pytest.raises(ValueError, match=r"\[provider\.openai\]: there is no setting `regoin`"):
        assemble.open_gateway(Settings(provider={"openai": {"key": "k", "regoin": "eu"}}), {})


@pytest.mark.parametrize("table", [{"kee": "k"}, {"region": "eu", "enable": True}])
def test_so_it_does_for_a_provider_that_is_off(table: dict[str, Any]) -> None:
    """What is misspelt may be the very key that would turn it on."""
    with pytest.raises(ValueError, match=r"\[provider\.openai\]: there is no setting"):
        assemble.open_gateway(Settings(provider={"openai": table}), {})


def test_so_it_does_for_an_engine_that_has_no_models() -> None:
    with pytest.raises(ValueError, match=r"\[engine\.diffusion\]: there is no setting `modles`"):
        assemble.open_gateway(Settings(engine={"diffusion": {"modles": {"mine": "a/folder"}}}), {})


@pytest.mark.parametrize("table", [{"offers": []}, {"max_price": 0.1}])
def test_a_route_that_nobody_answers_is_refused_at_the_start(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r'\[route\."gpt-imag-2"\]: there is no such model'):
        assemble.open_gateway(Settings(route={"gpt-imag-2": table}), {})


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        (Settings(default_model="gpt-imag-2"), "default_model names"),
        (Settings(stand_in={"mine": "gpt-imag-2"}), r'\[stand_in\] "mine" names'),
        (
            Settings(markup={"model": {"gpt-imag-2": "20%"}}),
            r"\[markup.model\]: there is no model 'gpt-imag-2'",
        ),
        (Settings(markup={"model": {"azure/gpt-image-2": "20%"}}), "a model's name is its vendor's, whoever"),
        (
            Settings(markup={"provider": {"opnai": "20%"}}),
            r"\[markup.provider\]: there is no provider 'opnai'",
        ),
    ],
)
def test_a_name_that_is_no_model_is_told_with_its_setting(settings: Settings, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        assemble.open_gateway(settings, {})


def test_a_markup_is_of_what_is_there_by_name_or_of_whatever_a_pattern_meets() -> None:
    provider = {"second": {"kind": "openai", "key": "k", "model": [{"id": "second/mine"}]}}
    rows = {"provider": {"second": "1%", "azure": "2%"}, "model": {"second/mine": "3%", "none-yet-*": "4%"}}
    assemble.open_gateway(Settings(provider=provider, markup=rows), {})


LOCAL = {
    "comfyui": "COMFYUI_URL",
    "automatic1111": "A1111_URL",
    "localai": "LOCALAI_URL",
    "sdcpp": "SDCPP_URL",
    "vllm-omni": "VLLM_OMNI_URL",
    "sglang": "SGLANG_URL",
}


def test_a_server_of_ones_own_is_there_when_its_address_is_and_has_no_twin() -> None:
    def there(environ: dict[str, str], provider: dict[str, object]) -> dict[str, bool]:
        services = configure(load(), provider)
        found = assemble.offers(services, environ)
        return {offer.card.id: offer.twin for offer in found if offer.card.owned_by == "local"}

    assert there({}, {}) == {}
    environ = dict.fromkeys(LOCAL.values(), "http://127.0.0.1:9")
    assert there(environ, {}) == {f"{name}/default": False for name in LOCAL}
    mine = {"base_url": "http://127.0.0.1:9", "model": [{"id": "mine", "upstream_id": "a.safetensors"}]}
    assert there({}, {"comfyui": mine}) == {"comfyui/default": False, "mine": False}
