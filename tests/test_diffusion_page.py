"""docs/diffusion.md tells of the families what the engine has, and of the settings what can be set."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tintype.engines.diffusion.families import FAMILIES
from tintype.engines.diffusion.family import Family
from tintype.providers._diffusion_settings import OPTIONS, read_setup

PAGE = (Path(__file__).parents[1] / "docs" / "diffusion.md").read_text("utf-8")
NONE = "-"


def row(family: Family) -> str:
    own = family.tasks
    steps = family.steps
    ours = "ours" if {"text", "reference"} & set(own) else NONE
    cells = (
        family.title,
        "own" if "text" in own else NONE,
        "own" if "image" in own else ours,
        "own" if "inpaint" in own else ours,
        f"{family.references} picture{'s' * (family.references > 1)}" if family.references else NONE,
        "yes" if family.control else NONE,
        f"{steps.low}, {steps.medium}, {steps.high}",
        ", ".join(
            word
            for task, word in (("text", "words"), ("image", "pictures"), ("inpaint", "masks"))
            if task in family.shared and (task in own or not family.references)
        )
        or NONE,
    )
    return f"| {' | '.join(cells)} |"


def test_the_table_of_families_is_the_engines() -> None:
    told = PAGE.partition("<!-- families -->\n")[2].partition("<!-- /families -->")[0].splitlines()[2:]
    assert told == [row(family) for family in FAMILIES.values()]


def test_the_settings_of_the_page_are_read(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    table = tomllib.loads(block.replace("/models/loras", str(tmp_path)))["engine"]["diffusion"]
    setup = read_setup(table)
    assert [model.name for model in setup.models] == ["local/sdxl", "local/kontext"]
    assert dict(setup.models[0].source.controls) == {"edges": "diffusers/controlnet-canny-sdxl-1.0"}
    assert set(table) == set(OPTIONS) - {"also", "at_once"}
