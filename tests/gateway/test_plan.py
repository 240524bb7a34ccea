"""What becomes of each field: passed on, closed by a polyfill, ignored, or refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tintype.catalog import load
from tintype.core import Image, ImageRequest, ModelCard, Range, Ratio, Size
from tintype.core.errors import BadRequest, CallerError, Unsupported
from tintype.gateway.plan import Plan, make_plan
from tintype.polyfills import all_polyfills

from ..pictures import png

CARDS = {card.id: card for service in load() for card in service.cards}
FILLS = all_polyfills()
CAT = ImageRequest(model="m", prompt="a cat")
PICTURE = Image.from_bytes(png(Size(64, 48)))
AWAY = Image.from_url("https://example.com/a.png")


def plan(card: ModelCard | str, **changes: object) -> Plan:
    card = CARDS[card] if isinstance(card, str) else card
    return make_plan(replace(CAT, **changes), card, FILLS)  # type: ignore[arg-type]


TOLD: list[tuple[str, dict[str, object], list[str]]] = [
    ("gpt-image-2", {}, []),
    ("gpt-image-2", {"size": Size(1536, 1024), "quality": "high", "n": 10, "moderation": "low"}, []),
    ("gpt-image-2", {"size": Size(512, 512)}, ["size=adjusted:512x512->816x816"]),
    ("gpt-image-1", {"size": Ratio(16, 9)}, ["size=adjusted:16:9->1536x1024"]),
    ("gpt-image-2", {"quality": "hd"}, ["quality=adjusted:hd->high"]),
    ("gpt-image-2", {"quality": "max"}, ["quality=adjusted:max->high"]),
    ("gpt-image-2.5-flare", {"quality": "max"}, []),
    ("dall-e-3", {"n": 3}, ["n=filled:fan_out(1x3)"]),
    ("gpt-image-2", {"stream": True, "n": 2}, ["n=filled:fan_out(1x2)"]),
    ("dall-e-3", {"quality": "high"}, ["quality=adjusted:high->hd"]),
    ("dall-e-3", {"style": "vivid", "output_format": "webp"}, ["output_format=filled:transcode(png->webp)"]),
    ("gpt-image-2", {"style": "vivid", "seed": 7}, ["style=ignored", "seed=ignored"]),
    ("tintype-illustrator", {"seed": 7, "strength": 0.5, "style": "vivid"}, ["style=ignored"]),
    ("gpt-image-2", {"input_fidelity": "high", "images": (PICTURE,)}, ["input_fidelity=ignored"]),
    ("gpt-image-1.5", {"input_fidelity": "high", "images": (PICTURE,)}, []),
    ("gpt-image-2", {"complexity": "high"}, ["complexity=ignored"]),
    ("gpt-image-2.6-flare", {"complexity": "high"}, []),
    ("dall-e-3", {"stream": True, "partial_images": 2}, ["partial_images=ignored"]),
    ("gpt-image-2", {"extras": {"openai": {"new_tomorrow": 1}}}, ["new_tomorrow=ignored"]),
    ("gpt-image-2", {"response_format": "b64_json"}, []),
]


@pytest.mark.parametrize(("card", "changes", "notes"), TOLD)
def test_the_caller_is_told_what_was_done(card: str, changes: dict[str, object], notes: list[str]) -> None:
    assert [str(note) for note in plan(card, **changes).notes] == notes


@pytest.mark.parametrize(("card", "changes", "notes"), [row for row in TOLD if row[2]])
def test_strict_handling_refuses_all_of_it(card: str, changes: dict[str, object], notes: list[str]) -> None:
    with pytest.raises(BadRequest) as caught:
        plan(card, strict=True, **changes)
    assert caught.value.param == notes[0].partition("=")[0]


@pytest.mark.parametrize(
    ("card", "changes", "message"),
    [
        (
            "gpt-image-2",
            {"size": Size(4096, 4096)},
            "Invalid size '4096x4096'. The longest edge must be less than or equal to 3840.",
        ),
        (
            "gpt-image-2",
            {"size": Size(576, 1024)},
            "Invalid size '576x1024'. Requested resolution is below the current minimum pixel budget.",
        ),
        ("gpt-image-2", {"style": "vivid"}, "Unknown parameter: 'style'."),
        ("gpt-image-2", {"response_format": "b64_json"}, "Unknown parameter: 'response_format'."),
        (
            "gpt-image-2",
            {"input_fidelity": "high", "images": (PICTURE,)},
            "The model 'gpt-image-2' does not support the 'input_fidelity' parameter.",
        ),
        ("gpt-image-2", {"stream": True, "n": 2}, "Streaming is only supported with n=1."),
    ],
)
def test_strict_handling_speaks_as_the_vendor_does(
    card: str, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        plan(card, strict=True, **changes)
    assert str(caught.value) == message


REFUSED: list[tuple[str, dict[str, object], type[CallerError], str, str]] = [
    (
        "gpt-image-2",
        {"background": "transparent"},
        Unsupported,
        "background",
        "Transparent background is not",
    ),
    (
        "gpt-image-2.5-flare",
        {"background": "transparent", "output_format": "jpeg"},
        BadRequest,
        "background",
        "png or webp",
    ),
    ("gpt-image-2", {"prompt": "  "}, BadRequest, "prompt", "Missing required parameter"),
    ("dall-e-2", {"prompt": "a" * 1001}, BadRequest, "prompt", "maximum length 1000"),
    ("gpt-image-2", {"n": 11}, BadRequest, "n", "between 1 and 10"),
    ("gpt-image-2", {"n": 0}, BadRequest, "n", "between 1 and 10"),
    ("gpt-image-2", {"quality": "splendid"}, BadRequest, "quality", "'splendid'"),
    ("dall-e-3", {"images": (PICTURE,)}, Unsupported, "image", "does not edit"),
    ("gpt-image-2", {"images": (PICTURE,) * 17}, Unsupported, "image", "at most 16"),
    ("gpt-image-2", {"mask": PICTURE}, BadRequest, "mask", "needs an 'image'"),
    (
        "gpt-image-2",
        {"images": (PICTURE,), "mask": Image.from_bytes(png(Size(32, 32)))},
        BadRequest,
        "mask",
        "32x32 and the image is 64x48",
    ),
    ("gpt-image-2", {"images": (AWAY,) * 17}, Unsupported, "image", "at most 16"),
    ("dall-e-3", {"images": (AWAY,)}, Unsupported, "image", "does not edit"),
    ("gpt-image-2", {"mask": AWAY}, BadRequest, "mask", "needs an 'image'"),
]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("card", "changes", "error", "param", "words"), REFUSED)
def test_meaning_is_refused_by_name(
    card: str, changes: dict[str, object], error: type[CallerError], param: str, words: str, strict: bool
) -> None:
    with pytest.raises(error, match=words) as caught:
        plan(card, strict=strict, **changes)
    assert caught.value.param == param


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("changes", "told", "param"),
    [
        ({"images": (PICTURE, AWAY, AWAY)}, "image=filled:fetch(2)", "image"),
        ({"images": (AWAY,), "mask": AWAY}, "image=filled:fetch(2)", "image"),
        ({"images": (PICTURE,), "mask": AWAY}, "mask=filled:fetch(1)", "mask"),
    ],
)
def test_pictures_at_addresses_are_fetched_unless_the_house_does_not(
    changes: dict[str, object], told: str, param: str, strict: bool
) -> None:
    """In strict handling as well: the picture is the very one that was asked for."""
    assert [str(note) for note in plan("gpt-image-2", strict=strict, **changes).notes] == [told]
    without = [each for each in FILLS if each.name != "fetch"]
    with pytest.raises(Unsupported, match="data URL") as caught:
        make_plan(replace(CAT, strict=strict, **changes), CARDS["gpt-image-2"], without)  # type: ignore[arg-type]
    assert caught.value.param == param


def test_what_is_ignored_does_not_reach_the_provider() -> None:
    assert plan("gpt-image-2", style="vivid", seed=3).request.style is None
    assert plan("tintype-illustrator", seed=3).request.seed == 3


def test_extras_go_to_a_provider_of_their_own_family() -> None:
    request = replace(CAT, extras={"openai": {"new_tomorrow": 1}}, strict=True)
    assert make_plan(request, CARDS["gpt-image-2"], FILLS, family="openai").notes == ()


def test_previews_are_cut_to_what_the_card_has() -> None:
    card = replace(CARDS["gpt-image-2"], partial_images=1)
    made = plan(card, stream=True, partial_images=3)
    assert made.request.partial_images == 1
    assert [str(note) for note in made.notes] == ["partial_images=adjusted:3->1"]


@pytest.mark.parametrize(
    ("steps", "fault"),
    [(1, None), (30, None), (31, "takes 1 to 30"), (0, "takes 1 to 30")],
)
def test_a_number_that_the_model_has_not_is_refused_by_name(steps: int, fault: str | None) -> None:
    steps_alone = {"num_inference_steps": Range(min=1, max=30)}
    card = replace(CARDS["dall-e-3"], ranges=steps_alone, accepts=frozenset(steps_alone))
    if fault is None:
        assert not plan(card, num_inference_steps=steps).notes
        return
    with pytest.raises(BadRequest, match=fault) as caught:
        plan(card, num_inference_steps=steps)
    assert caught.value.param == "num_inference_steps"
