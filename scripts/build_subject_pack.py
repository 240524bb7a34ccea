"""Build the illustrator's subject pack from the unpacked npm packages of Fluent Emoji and its Unicode labels.

    python scripts/build_subject_pack.py FLUENT EMOJIBASE

FLUENT and EMOJIBASE are the unpacked folders of @iconify-json/fluent-emoji-flat and
emojibase-data (both MIT). The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import io
import json
import lzma
import re
import tomllib
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import resvg_py
from PIL import Image
from subject_words import words_of

HERE = Path(__file__).parent
ILLUSTRATOR = HERE.parent / "src/tintype/engines/illustrator"
TONE = re.compile(r"-(medium-light|medium-dark|light|medium|dark)(?=-|$)")
RASTER = 256  # pixels on an edge of the picture that boxes and colour shares are measured on


def tidy(body: str) -> str:
    """The same drawing in fewer bytes: coordinates to 2 decimals (1/3200 of the width)."""

    def short(match: re.Match[str]) -> str:
        # A path may write 5.001.456 for two numbers, so each keeps its point and one decimal.
        return f"{float(match[0]):.2f}".removesuffix("0").lstrip("0")

    return re.sub(r"\d*\.\d{3,}", short, body)


def pixels_of(body: str) -> np.ndarray[Any, Any]:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 32 32" width="{RASTER}" height="{RASTER}">{body}</svg>'
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))


def measure(body: str) -> dict[str, Any]:
    """The tight box, where the foot is, and each fill's share of the drawn area in thousandths."""
    pixels = pixels_of(body)
    solid = pixels[..., 3] > 127
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    unit = 32 / RASTER
    box = [columns[0] * unit, rows[0] * unit, (columns[-1] + 1) * unit, (rows[-1] + 1) * unit]
    height = rows[-1] - rows[0] + 1
    foot = np.flatnonzero(solid[rows[-1] - height // 12 : rows[-1] + 1].any(axis=0))
    fills = sorted({f.lower() for f in re.findall(r'(?:fill|stop-color|stroke)="(#[0-9A-Fa-f]+)"', body)})
    full = [f if len(f) == 7 else "#" + "".join(2 * c for c in f[1:]) for f in fills]
    values = np.array([[int(f[i : i + 2], 16) for i in (1, 3, 5)] for f in full] or [[0, 0, 0]], dtype=int)
    seen = pixels[solid][:, :3].astype(int)
    nearest = np.abs(seen[:, None, :] - values[None]).sum(axis=2).argmin(axis=1)
    shares = Counter(nearest.tolist())
    palette = [[fills[i], round(1000 * n / len(seen))] for i, n in shares.most_common() if fills]
    return {
        "box": [round(float(v), 2) for v in box],
        "foot": round(float(foot[0] + foot[-1] + 1) / 2 * unit, 2),
        "palette": [entry for entry in palette if entry[1] > 0],
    }


def groups_of(fluent: Path, emojibase: Path) -> dict[str, dict[str, Any]]:
    """Each subject's name -> its Unicode record, with the name of its group added."""
    messages = json.loads((emojibase / "en/messages.json").read_text())
    group_names = {g["order"]: g["key"] for g in messages["subgroups"]}
    records = {}
    for record in json.loads((emojibase / "en/data.json").read_text()):
        records[record["hexcode"].lower().replace("-fe0f", "")] = record
    found: dict[str, dict[str, Any]] = {}
    for code, name in json.loads((fluent / "chars.json").read_text()).items():
        record = records.get(code.lower().replace("-fe0f", ""))
        if record and name not in found:
            found[name] = record | {"group_name": group_names.get(record.get("subgroup"), "other")}
    return found


def facts_of(name: str, group: str, toned: bool, table: dict[str, Any]) -> dict[str, Any]:
    heads, framed, alive = table["heads"], table["framed"], table["alive"]
    head = (
        name in heads["names"] or group in heads["groups"] or any(fnmatch(name, p) for p in heads["patterns"])
    )
    habit = next((h for h, names in table["habit"].items() if name in names), None)
    sizes = table["size_of_group"]
    return {
        "size": table["size"].get(name, sizes.get(group, sizes["other"])),
        "habit": habit or table["habit_of_group"].get(group, "stands"),
        "head": head and name not in heads["not"],
        "framed": name in framed["names"] or group in framed["groups"],
        "person": toned,
        "alive": (
            group.startswith(("animal", "person", "cat-face", "monkey", "face")) or name in alive["names"]
        )
        and name not in alive["not"],
    }


def collect(fluent: Path, emojibase: Path, table: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    icons = json.loads((fluent / "icons.json").read_text())["icons"]
    tones = Counter(TONE.sub("", name) for name in icons if TONE.search(name))
    toned = {name for name, variants in tones.items() if variants >= 5}
    records = groups_of(fluent, emojibase)
    bodies: dict[str, str] = {}
    facts: dict[str, Any] = {}
    for name in sorted(icons):
        group = records.get(name, {}).get("group_name", "other")
        if TONE.sub("", name) in toned - {name} or group in table["exclude_groups"]:
            continue
        if any(fnmatch(name, pattern) for pattern in table["exclude_names"]):
            continue
        bodies[name] = tidy(icons[name]["body"])
        facts[name] = facts_of(name, group, name in toned, table) | measure(bodies[name])
    for path in sorted((ILLUSTRATOR / "drawn").glob("*.svg")):
        text = path.read_text()
        inner = re.sub(
            r"<!--.*?-->", "", re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", text, flags=re.S), flags=re.S
        )
        bodies[path.stem] = re.sub(r">\s+<", "><", tidy(inner.strip()))
        group = records.get(path.stem, {}).get("group_name", "other")
        is_person = path.stem in table["drawn"]["people"]
        facts[path.stem] = facts_of(path.stem, group, is_person, table) | measure(bodies[path.stem])
    for name, fills in table["paint"].items():
        drawn_with = {fill for fill, _ in facts[name]["palette"]}
        if unknown := set(fills) - drawn_with:
            raise SystemExit(f"{name} is painted in {sorted(unknown)}, but has {sorted(drawn_with)}")
        facts[name]["paint"] = fills
    for name, extra in table["points"].items():
        if name in facts:
            facts[name]["points"] = extra
    return dict(sorted(bodies.items())), dict(sorted(facts.items()))


def write(path: Path, content: object) -> None:
    raw = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    path.write_bytes(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME))
    print(f"{path.name}: {len(raw):,} bytes, {path.stat().st_size:,} compressed")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for package in ("fluent", "emojibase"):
        parser.add_argument(package, type=Path)
    arguments = parser.parse_args()
    table = tomllib.loads((HERE / "subject_facts.toml").read_text())
    bodies, facts = collect(arguments.fluent, arguments.emojibase, table)
    assets = ILLUSTRATOR / "assets"
    assets.mkdir(exist_ok=True)
    write(assets / "subjects.json.xz", bodies)
    write(assets / "facts.json.xz", facts)
    records = groups_of(arguments.fluent, arguments.emojibase)
    drawn = {path.stem for path in (ILLUSTRATOR / "drawn").glob("*.svg")}
    write(
        assets / "words.json.xz",
        words_of(set(bodies), drawn, records, HERE / "subject_words.toml"),
    )
    print(f"{len(bodies)} subjects")


if __name__ == "__main__":
    main()
