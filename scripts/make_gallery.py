"""Draws docs/gallery.md: thirty prompts, the seeds of the project among them, each with its picture.

make gallery
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from tintype.core import Size
from tintype.engines.illustrator import Commission, shape, stages

DOCS = Path(__file__).parent.parent / "docs"
EDGE = 480  # pixels of a picture in the page


class Entry(NamedTuple):
    name: str
    prompt: str
    service: str = ""  # whose documentation prints this prompt


ENTRIES = [
    Entry("panda", "A panda eating bamboo", "ZnapAI"),
    Entry(
        "rooftop",
        "Japanese negative film aesthetic, rooftop summer scene, soft natural sunlight, slight overexposure "
        "highlights, low contrast, muted faded colors, subtle grain  subject standing or sitting on rooftop edge "
        "area, body relaxed, slight wind moving hair and clothes, looking toward camera with calm distant gaze, not "
        "posing  open sky, empty space, minimal elements, imperfect composition, quiet isolated mood, nostalgic and "
        "reflective, “memory-like realism” --2:3",
        "ZnapAI",
    ),
    Entry(
        "lamp",
        "A professional product photo of a white desk lamp on a neutral studio background, soft lighting, 50mm lens "
        "feel",
        "ZnapAI's Azure route",
    ),
    Entry(
        "banana",
        "Create a picture of a nano banana dish in a fancy restaurant with a Gemini theme",
        "GPTProto",
    ),
    Entry(
        "ceramicist",
        "A photorealistic close-up portrait of an elderly Japanese ceramicist with deep, sun-etched wrinkles and a "
        "warm, knowing smile. He is carefully inspecting a freshly glazed tea bowl. The setting is his rustic, "
        "sun-drenched workshop with pottery wheels and shelves of clay pots in the background. The scene is "
        "illuminated by soft, golden hour light streaming through a window, highlighting the fine texture of the clay "
        "and the fabric of his apron. Captured with an 85mm portrait lens, resulting in a soft, blurred background "
        "(bokeh). The overall mood is serene and masterful.",
        "GPTProto",
    ),
    Entry(
        "red-panda",
        "A kawaii-style sticker of a happy red panda wearing a tiny bamboo hat. It's munching on a green bamboo leaf. "
        "The design features bold, clean outlines, simple cel-shading, and a vibrant color palette. The background "
        "must be white.",
        "GPTProto",
    ),
    Entry(
        "daily-grind",
        "Create a modern, minimalist logo for a coffee shop called 'The Daily Grind'. The text should be in a clean, "
        "bold, sans-serif font. The design should feature a simple, stylized icon of a a coffee bean seamlessly "
        "integrated with the text. The color scheme is black and white.",
        "GPTProto",
    ),
    Entry(
        "mug",
        "A high-resolution, studio-lit product photograph of a minimalist ceramic coffee mug in matte black, "
        "presented on a polished concrete surface. The lighting is a three-point softbox setup designed to create "
        "soft, diffused highlights and eliminate harsh shadows. The camera angle is a slightly elevated 45-degree "
        "shot to showcase its clean lines. Ultra-realistic, with sharp focus on the steam rising from the coffee. "
        "Square image.",
        "GPTProto",
    ),
    Entry(
        "maple-leaf",
        "A minimalist composition featuring a single, delicate red maple leaf positioned in the bottom-right of the "
        "frame. The background is a vast, empty off-white canvas, creating significant negative space for text. Soft, "
        "diffused lighting from the top left. Square image.",
        "GPTProto",
    ),
    Entry(
        "detective",
        "A single comic book panel in a gritty, noir art style with high-contrast black and white inks. In the "
        "foreground, a detective in a trench coat stands under a flickering streetlamp, rain soaking his shoulders. In "
        'the background, the neon sign of a desolate bar reflects in a puddle. A caption box at the top reads "The '
        'city was a tough place to keep secrets." The lighting is harsh, creating a dramatic, somber mood. Landscape.',
        "GPTProto",
    ),
    Entry("cabin", "a cozy cabin in snowy mountains at night"),
    Entry("astronaut", "an astronaut riding a horse on the moon"),
    Entry("sailboat", "a sailboat at sunset, --16:9"),
    Entry("cats", "three cats on a red sofa"),
    Entry("apples", "a still life of three red apples and a wine bottle on a wooden table, oil painting"),
    Entry("fox", "a watercolour of a fox in an autumn forest"),
    Entry("whale", "a whale and a school of fish under water"),
    Entry("balloons", "five hot air balloons over green hills at dawn --16:9"),
    Entry("robot", "a robot holding a flower, pixel art"),
    Entry("ramen", "a steaming bowl of ramen on a table, product photo"),
    Entry("bus-stop", "a yellow taxi in a city street at night in the rain"),
    Entry("dragon", "a green dragon above a castle, storm"),
    Entry("desert", "a camel in the desert, golden hour, film photo"),
    Entry("corgi", "a corgi wearing sunglasses at the beach"),
    Entry("owl", "an owl on a branch, pencil sketch"),
    Entry("birthday", 'a birthday cake with a sign that says "Happy 40th, Ada!"'),
    Entry("rocket", "a rocket and ringed planets in space, retro poster"),
    Entry("library", "a girl reading in a library, warm evening light"),
    Entry("penguins", "a dozen penguins on the ice, snow"),
    Entry("elephant", "an elephant under a rainbow in a meadow, minimal"),
]


def main() -> None:
    (DOCS / "gallery").mkdir(exist_ok=True)
    lines = [
        "# Gallery",
        "",
        "Drawn by the illustrator that ships with Tintype, as it draws them for you: same prompt, same seed (none), "
        "quality high. It is an illustrator and not a neural model. `make gallery` draws this page anew.",
        "",
        "Prompts printed in the documentation of the services that Tintype stands in for come first.",
        "",
    ]
    for entry in ENTRIES:
        picture = draw(entry.prompt)
        picture.save(DOCS / "gallery" / f"{entry.name}.jpg", quality=82, optimize=True)
        source = f" ({entry.service})" if entry.service else ""
        prompt = re.sub(r"\s+", " ", entry.prompt)
        lines += [f"> {prompt}{source}", "", f"![{prompt[:80]}](gallery/{entry.name}.jpg)", ""]
    (DOCS / "gallery.md").write_text("\n".join(lines), "utf-8")


def draw(prompt: str) -> Image.Image:
    """At 1024 pixels, as most callers order it, and then made small for the page."""
    width, height = shape(prompt) or (1, 1)
    size = (
        Size(1024, round(1024 * height / width))
        if width > height
        else Size(round(1024 * width / height), 1024)
    )
    *_, last = stages(Commission(prompt=prompt, width=size.width, height=size.height, detail="high"))
    last.picture.thumbnail((EDGE, EDGE), Image.Resampling.LANCZOS)
    return last.picture.convert("RGB")


if __name__ == "__main__":
    main()
