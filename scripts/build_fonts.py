"""Build the illustrator's fonts: Latin subsets of open fonts from the npm packages of Fontsource.

    python scripts/build_fonts.py FOLDER

FOLDER holds the unpacked packages @fontsource/inter, @fontsource/balsamiq-sans and @fontsource/lora as
inter/, balsamiq-sans/ and lora/. Needs fonttools and brotli. All three are under the SIL Open Font
License; the subsets are renamed, as its reserved font names ask.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont

ASSETS = Path(__file__).parent.parent / "src/tintype/engines/illustrator/assets"
LETTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x2013, 0x2027),
    0x2039,
    0x203A,
    0x20AC,
    0x2122,
    0x2212,
]
FONTS = (  # our file, our family name, the package, its weight
    ("sans", "Tintype Sans", "inter", 400),
    ("sans-bold", "Tintype Sans", "inter", 700),
    ("hand-bold", "Tintype Hand", "balsamiq-sans", 700),
    ("serif-bold", "Tintype Serif", "lora", 700),
)


def merged(folder: Path, package: str, weight: int, scratch: Path) -> TTFont:
    """One font of the two files, Latin and Latin Extended, that Fontsource cuts a font into."""
    parts = []
    for part in ("latin", "latin-ext"):
        font = TTFont(folder / package / f"files/{package}-{part}-{weight}-normal.woff2")
        font.flavor = None
        for table in ("STAT", "GSUB", "GDEF", *(["GPOS"] if part == "latin-ext" else [])):
            if table in font:
                del font[table]
        path = scratch / f"{package}-{part}.ttf"
        font.save(path)
        parts.append(str(path))
    return Merger().merge(parts)


def rename(font: TTFont, family: str, style: str) -> None:
    names = {
        1: family,
        2: style,
        3: f"{family} {style}",
        4: f"{family} {style}",
        6: f"{family}-{style}".replace(" ", ""),
    }
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.string)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    options = subset.Options(hinting=False, layout_features=["kern"], name_IDs=[0, 1, 2, 3, 4, 6, 13, 14])
    for file, family, package, weight in FONTS:
        with tempfile.TemporaryDirectory() as scratch:
            font = merged(folder, package, weight, Path(scratch))
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=LETTERS)
        subsetter.subset(font)
        rename(font, family, "Bold" if weight == 700 else "Regular")
        font.recalcTimestamp = False
        font["head"].created = font["head"].modified = 3_600_000_000
        font.save(ASSETS / f"{file}.ttf")
        print(
            f"{file}.ttf: {len(font.getBestCmap())} letters, {(ASSETS / f'{file}.ttf').stat().st_size:,} bytes"
        )


if __name__ == "__main__":
    main()
