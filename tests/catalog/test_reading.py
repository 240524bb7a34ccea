"""A catalog file that is wrong is refused by file, model and key."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from tintype.catalog import configure, load, read_service
from tintype.core import Life, ModelCard, Prices, Range, Size

PROVIDER = '[provider]\nadapter = "tintype.providers.acme:Acme"\n'
SOURCED = 'source = "its page"\nchecked = 2026-11-20\n'


def model(text: str) -> str:
    return f'{PROVIDER}[[model]]\nid = "acme-1"\n{text}\n{SOURCED}'


def test_a_whole_file() -> None:
    service = read_service(
        "acme.toml",
        """
        [provider]
        adapter = "tintype.providers.openai:OpenAI"
        base_url = "https://api.acme.example/v1/"
        key_env = "ACME_API_KEY"

        [defaults]
        owned_by = "acme"
        max_n = 4
        source = "its page"
        checked = 2026-11-20

        [family.big]
        max_n = 2
        partial_images = 1
        sizes = ["1024x1024", "512*512"]

        [[model]]
        id = "acme-1"
        family = "big"
        upstream_id = "one"
        aliases = ["acme-latest"]
        prices = { image_out = 8 }
        life = { retired = 2026-12-01, successor = "acme-2" }

        [[model]]
        id = "acme-2"
        family = "big"
        max_n = 1

        [[model]]
        id = "acme-3"
        """,
    )
    one, two, three = service.cards
    assert service.name == "acme"
    assert service.settings["key_env"] == "ACME_API_KEY"
    assert [card.max_n for card in service.cards] == [2, 1, 4]
    assert {card.owned_by for card in service.cards} == {"acme"}
    assert {card.provider for card in service.cards} == {"acme"}
    assert (one.upstream_id, two.upstream_id) == ("one", "acme-2")
    assert one.sizes.listed == (Size(1024, 1024), Size(512, 512))
    assert one.prices == Prices(image_out=8)
    assert one.life == Life(retired=date(2026, 12, 1), successor="acme-2")
    assert "partial_images" in one.accepts
    assert "partial_images" not in three.accepts


def one(*lines: str) -> ModelCard:
    """The card of a model with these lines."""
    head = '[provider]\nadapter = "a:B"\n[[model]]\nid = "m"\nsource = "its page"\nchecked = 2026-11-20\n'
    (card,) = read_service("acme.toml", head + "\n".join(lines)).cards
    return card


def test_ranges_and_switches_are_honoured_without_being_said_twice() -> None:
    card = one(
        "ranges.strength = { min = 0, max = 1, default = 0.8 }",
        "ranges.num_inference_steps = { min = 1, max = 50 }",
        'switches = ["turbo"]',
        'accepts = ["seed"]',
    )
    assert card.ranges == {
        "strength": Range(min=0, max=1, default=0.8),
        "num_inference_steps": Range(min=1, max=50),
    }
    assert card.accepts == {"strength", "num_inference_steps", "turbo", "seed"}


def test_prices_of_every_kind() -> None:
    card = one(
        'qualities = ["low", "high"]',
        "prices.text_in = 5",
        "prices.cached_text_in = 1",
        "prices.megapixel = 30_000",
        "prices.second = 4",
        "prices.preview = 3",
        'prices.images.high = { "1024x1024" = 40, "1024*1536" = 60, "*" = 80 }',
        'prices.images."*" = { "1024x1024" = 7 }',
    )
    assert card.prices == Prices(
        text_in=5,
        cached_text_in=1,
        megapixel=30_000,
        second=4,
        preview=3,
        images={
            "high": {Size(1024, 1024): 40, Size(1024, 1536): 60, None: 80},
            "*": {Size(1024, 1024): 7},
        },
    )


def test_a_tier_is_the_price_of_each_of_its_sizes_but_of_those_that_have_their_own() -> None:
    card = one(
        'sizes = { tiers = ["1K", "2K"], ratios = { "1:1" = "1024x1024", "16:9" = "1376x768" } }',
        'prices.images."*" = { "1K" = 134, "2K" = 240, "2752x1536" = 239 }',
    )
    assert card.prices.images == {
        "*": {Size(1024, 1024): 134, Size(1376, 768): 134, Size(2048, 2048): 240, Size(2752, 1536): 239}
    }
    with pytest.raises(ValueError, match="no tier '4K': there are 1K, 2K"):
        one(
            'sizes = { tiers = ["1K", "2K"], ratios = { "1:1" = "1024x1024" } }',
            'prices.images."*" = { "4K" = 9 }',
        )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ranges.strength = { min = 0 }", ["ranges", "max"]),
        ("ranges.strength = { min = 0, max = 1, default = 2 }", ["ranges", "default"]),
        ("ranges.strength = { min = 1, max = 0 }", ["ranges", "max"]),
        ('ranges.strength = { min = "0", max = 1 }', ["ranges", "min", "number"]),
        ("ranges.speed = { min = 0, max = 1 }", ["ranges", "speed", "strength"]),
        ("ranges = 3", ["ranges"]),
        ("switches = [1]", ["switches"]),
    ],
)
def test_a_range_that_cannot_be(line: str, words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"acme\.toml: model 'm'") as caught:
        one(line)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["[provider]"]),
        ("= 3", ["not TOML"]),
        ("[provider]\n", ["[provider]", "`adapter`"]),
        ('[provider]\nadapter = 3\n[[model]]\nid = "x"', ["[provider]", "`adapter`", "3"]),
        ('[provider]\nadapter = "x:X"\nsecret = "sk-1"\n', ["[provider]", "`secret`"]),
        (PROVIDER, ["[[model]]"]),
        (f"{PROVIDER}[[model]]\n", ["number 1", "`id`"]),
        (f'{PROVIDER}[[models]]\nid = "x"\n', ["`models`"]),
        (f'{PROVIDER}[[model]]\nid = "x"\nchecked = 2026-11-20\n', ["'x'", "`source`"]),
        (f'{PROVIDER}[[model]]\nid = "x"\nsource = "its page"\n', ["'x'", "`checked`"]),
        (model("family = []"), ["'acme-1'", "`family`"]),
        (model('family = "big"') + "[family]\nbig = 3", ["[family.big]", "table"]),
        (model('family = "big"'), ["'acme-1'", "`family`", "family.big"]),
        (model("max_images = 3"), ["'acme-1'", "`max_images`", "max_n"]),
        (model("provider = 'y'"), ["'acme-1'", "`provider`"]),
        (model("max_n = 0"), ["'acme-1'", "`max_n`"]),
        (model("max_n = true"), ["'acme-1'", "`max_n`"]),
        (model('max_n = "3"'), ["'acme-1'", "`max_n`", "'3'"]),
        (model("partial_images = -1"), ["'acme-1'", "`partial_images`", "-1"]),
        (model("mask = 1"), ["'acme-1'", "`mask`"]),
        (model("mask = true"), ["'acme-1'", "`mask`", "no picture"]),
        (model('name = ""'), ["'acme-1'", "`name`"]),
        (model('aliases = "x"'), ["'acme-1'", "`aliases`", "list"]),
        (model('aliases = ["acme-1"]'), ["'acme-1'", "`aliases`", "taken"]),
        (model('sizes = "1024x1024"'), ["'acme-1'", "`sizes`"]),
        (model("sizes = []"), ["'acme-1'", "`sizes`"]),
        (model('sizes = ["16:9"]'), ["'acme-1'", "`sizes`", "'16:9'"]),
        (model('sizes = ["huge"]'), ["'acme-1'", "`sizes`", "'huge'"]),
        (model("sizes = { step = 16 }"), ["'acme-1'", "`sizes`", "`step`"]),
        (model("sizes = { multiple = 0 }"), ["'acme-1'", "`sizes`", "`multiple`"]),
        (model("sizes = { max_ratio = 0.5 }"), ["'acme-1'", "`sizes`", "`max_ratio`"]),
        (
            model("sizes = { multiple = 16, min_edge = 4000, max_edge = 64 }"),
            ["'acme-1'", "`sizes`", "no size"],
        ),
        (model('sizes = { ratios = {}, tiers = ["1K"] }'), ["'acme-1'", "`sizes`", "`ratios`"]),
        (model('sizes = { ratios = { "1:1" = "8x8" } }'), ["'acme-1'", "`sizes`", "`tiers`"]),
        (model('sizes = { ratios = { "1:1" = "8x8" }, tiers = ["3K"] }'), ["`sizes`", "`tiers`", "3K"]),
        (model('sizes = { ratios = { "1:1" = "8:8" }, tiers = ["1K"] }'), ["`sizes`", "1:1", "'8:8'"]),
        (model('sizes = { ratios = { "2K" = "8x8" }, tiers = ["1K"] }'), ["`sizes`", "`ratios`", "'2K'"]),
        (model('sizes = { ratios = { "1:1" = "8x8", "2:2" = "8x8" }, tiers = ["1K"] }'), ["the same size"]),
        (model('sizes = { ratios = { "1:1" = "8x8" }, tiers = ["1K"], step = 1 }'), ["`sizes`", "`step`"]),
        (
            model('sizes = { ratios = { "1:1" = "8x8" }, tiers = ["1K"], printed = { "8:1@1K" = "8x1" } }'),
            ["`sizes`", "`printed`", "'8:1@1K'"],
        ),
        (
            model(
                'sizes = { ratios = { "1:1" = "8x8" }, tiers = ["1K", "2K"] }\ntokens = { tiers = { 1K = 9 } }'
            ),
            ["'acme-1'", "`tokens`", "`tiers`", "2K"],
        ),
        (model("tokens = { tiers = { 1K = 9 } }"), ["'acme-1'", "`tokens`", "`tiers`"]),
        (model('says_text = "yes"'), ["'acme-1'", "`says_text`"]),
        (model('formats = ["gif"]'), ["'acme-1'", "`formats`", "'gif'", "webp"]),
        (model('formats = ["png", "png"]'), ["'acme-1'", "`formats`", "twice"]),
        (model('backgrounds = ["green"]'), ["'acme-1'", "`backgrounds`", "'green'"]),
        (model('accepts = ["background"]'), ["'acme-1'", "`accepts`", "'background'"]),
        (model('delivers = "post"'), ["'acme-1'", "`delivers`", "'post'"]),
        (model('default_quality = "low"'), ["'acme-1'", "`default_quality`", "'low'"]),
        (model('fidelities = ["low"]'), ["'acme-1'", "`fidelities`"]),
        (model("tokens = { ladder = { low = 16 } }"), ["'acme-1'", "`tokens`", "'low'"]),
        (model("tokens = { ladder = 3 }"), ["'acme-1'", "`tokens`", "`ladder`"]),
        (model("tokens = { per_picture = 3 }"), ["'acme-1'", "`tokens`", "`per_picture`"]),
        (
            model('qualities = ["low"]\nsizes = ["8x8"]\ntokens = { table = { low = { 9x9 = 1 } } }'),
            ["'acme-1'", "`tokens`", "9x9"],
        ),
        (model("prices = { image_out = 0.5 }"), ["'acme-1'", "`prices`", "`image_out`", "0.5"]),
        (model("prices = { picture = 5 }"), ["'acme-1'", "`prices`", "`picture`"]),
        (model("prices = { megapixel = -5 }"), ["`prices`", "`megapixel`", "from 0"]),
        (model("prices = { images = 5 }"), ["`prices`", "`images`", "table"]),
        (model("prices = { images = {} }"), ["`prices`", "`images`", "a price at least"]),
        (model("prices = { images = { high = {} } }"), ["`prices`", "`images`", "a price at least"]),
        (model('prices = { images = { "*" = 5 } }'), ["`images`", "`*`", "sizes"]),
        (model('prices = { images = { "*" = { big = 5 } } }'), ["`images`", "big"]),
        (model('prices = { images = { "*" = { "8x8" = "5" } } }'), ["`images`", "whole number", "'5'"]),
        (model('prices = { images = { "*" = { "2K" = 5 } } }'), ["`images`", "'2K'", "no tiers"]),
        (model('prices = { images = { high = { "*" = 5 } } }'), ["`images`", "'high'", "qualities"]),
        (
            model('sizes = ["16x16"]\nprices = { images = { "*" = { "8x8" = 5 } } }'),
            ["`images`", "8x8", "16x16"],
        ),
        (model("prices = { cached_text_in = 5 }"), ["`prices`", "`cached_text_in`", "`text_in`"]),
        (model("prices = { image_in = 4, cached_image_in = 5 }"), ["`cached_image_in`", "`image_in`"]),
        (model('life = { retired = "soon" }'), ["'acme-1'", "`life`", "`retired`", "'soon'"]),
        (model("life = { retired = 2026-11-20T10:00:00 }"), ["'acme-1'", "`life`", "`retired`"]),
        (model('life = { successor = "acme-9" }'), ["'acme-1'", "`life`", "'acme-9'"]),
        (model('life = { successor = "acme-1" }'), ["'acme-1'", "`life`", "'acme-1'"]),
        (
            model("life = { released = 2026-11-20, retired = 2026-11-19 }"),
            ["'acme-1'", "`life`", "before"],
        ),
        (model("") + f'[[model]]\nid = "acme-1"\n{SOURCED}', ["'acme-1'", "`id`", "taken"]),
    ],
)
def test_what_is_wrong_is_named(text: str, words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"acme\.toml") as caught:
        read_service("acme.toml", text)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("key", [field.name for field in fields(ModelCard) if field.name != "provider"])
@pytest.mark.parametrize(
    "value",
    [
        "-1",
        "0.5",
        "nan",
        "true",
        '""',
        '"x"',
        "[]",
        "[1]",
        "[[]]",
        "{}",
        "{ a = 1 }",
        "2026-11-20",
        "1979-01-01T00:00:00",
    ],
)
def test_any_value_is_understood_or_named(key: str, value: str) -> None:
    keys = {"id": '"acme-1"', "source": '"its page"', "checked": "2026-11-20", key: value}
    text = PROVIDER + "[[model]]\n" + "".join(f"{name} = {said}\n" for name, said in keys.items())
    try:
        read_service("acme.toml", text)
    except ValueError as error:
        message = str(error)
        assert message.startswith("acme.toml: model ")
        assert f"`{key}`" in message


COMFY = """
[provider]
adapter = "tintype.providers.acme:Acme"
needs = ["base_url"]
template = "acme/default"

[[model]]
id = "acme/default"
upstream_id = "default"
aliases = ["acme"]
max_n = 4
max_input_images = 2
accepts = ["seed"]
ranges.strength = { min = 0, max = 1 }
prices = { image = 0 }
source = "its page"
checked = 2026-11-28
"""


OFFERED = [card for service in load() for card in service.cards if card.of]


@pytest.mark.parametrize("card", OFFERED, ids=lambda card: card.id)
def test_who_says_a_price_of_an_offer_keeps_the_rest_of_it(card: ModelCard) -> None:
    """What the provider calls the model, and what it can do there: not what its own vendor can."""
    said = {card.provider: {"model": [{"of": card.of, "prices": {"image": 70_000}}]}}
    service = next(each for each in configure(load(), said) if each.name == card.provider)
    found = next(each for each in service.cards if each.id == card.id)
    assert found.prices == Prices(image=70_000)
    assert replace(found, prices=card.prices, source=card.source, checked=card.checked) == card
    assert len(service.cards) == len(next(each for each in load() if each.name == card.provider).cards)


def test_an_operators_own_model_is_like_the_template_but_for_what_it_says() -> None:
    service = read_service("acme.toml", COMFY)
    rows = [{"id": "mine", "upstream_id": "mine.safetensors", "max_n": 1}, {"id": "plain", "accepts": []}]
    theirs = {"id": "garage/mine", "upstream_id": "mine.safetensors", "max_n": 1}
    tables = {"acme": {"model": rows}, "garage": {"kind": "acme", "model": [theirs]}}
    acme, garage = configure([service], tables)
    default, mine, plain = acme.cards
    assert default == service.cards[0]
    assert (mine.id, mine.upstream_id, mine.name, mine.aliases) == ("mine", "mine.safetensors", "mine", ())
    assert (mine.max_n, mine.max_input_images, mine.prices) == (1, 2, default.prices)
    assert mine.accepts == {"seed", "strength"}
    assert plain.upstream_id == "plain"
    assert plain.accepts == {"strength"}
    assert (garage.cards[-1].id, garage.cards[-1].provider) == ("garage/mine", "garage")
    assert garage.cards[-1].max_input_images == 2


@pytest.mark.parametrize("said", [["Bearer sk-hush"], {"authorization": ["Bearer sk-hush"]}, {"sk-hush": 5}])
@pytest.mark.parametrize("name", ["headers", "base_url"])
def test_what_may_hold_a_key_is_not_repeated(name: str, said: object) -> None:
    """Neither a header of the wrong kind, nor an address with a password in it."""
    with pytest.raises(ValueError, match=rf"^\[provider\.acme\]: `{name}`: .* is wanted$") as caught:
        configure([read_service("acme.toml", COMFY)], {"acme": {name: said}})
    assert "hush" not in str(caught.value)
