"""What a prompt wishes of a picture that exists already: read beside the Scene, which cannot say "warmer"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..scene import Colour, Scene, Style, Subject

TONES = {
    "black and white": r"black[- ]and[- ]white|b&w|gr[ae]y ?scale|monochrome|desaturate",
    "sepia": r"sepia|antique|old[- ]fashioned photo",
    "vintage": r"vintage|retro|nostalgic",
    "invert": r"invert(ed)?|negative of",
    "warmer": r"warmer|warmth|warm (tones?|colou?rs?|light|look)|MAKE (a bit |more |very )?warm",
    "cooler": r"cooler|colder|bluish|cool (tones?|colou?rs?|light|look)|MAKE (a bit |more |very )?(cool|cold)",
    "brighter": r"brighter|brighten|lighter|lighten|more light|daylight|daytime|sunny|MAKE (a bit |more |very )?bright",
    "darker": r"darker|darken|dim|dimmer|moody|MAKE (a bit |more |very )?dark",
    "contrast": r"(more|higher|add|increase|boost)( the)? contrast|punchier|dramatic",
    "vivid": r"vivid|vibrant|saturat(ed|e|ion)|colou?rful|more colou?r",
    "muted": r"muted|faded|pastel|washed[- ]out|less (colou?r|saturated)",
    "enhance": r"enhance|improve|better|restore|fix|clean up|high quality",
    "soft": r"(make (it|this)|more) (soft|dreamy|blurry)|dreamy|soften|blur (it|this|the (image|picture|photo|whole))",
    "sharp": r"sharp(er|en)?|crisp(er)?",
    "blur background": r"blur(red|ry)?( out)? (the )?background|background (to be )?(blur|out of focus)|bokeh|depth of field|shallow focus",
    "vignette": r"vignette",
    "mirror": r"mirror(ed)?|flip(ped)?( it| this)?( horizontally)?",
}
"""Changes of the whole picture, by the words that ask for them."""

COLOURS: dict[str, Colour] = {
    "red": (204, 32, 36),
    "orange": (240, 126, 28),
    "yellow": (246, 204, 40),
    "green": (46, 150, 70),
    "teal": (24, 140, 140),
    "turquoise": (48, 196, 190),
    "blue": (36, 92, 204),
    "navy": (24, 40, 100),
    "purple": (124, 60, 180),
    "violet": (124, 60, 180),
    "pink": (244, 120, 176),
    "brown": (124, 78, 46),
    "gold": (212, 166, 52),
    "golden": (212, 166, 52),
    "silver": (190, 194, 200),
    "black": (26, 26, 30),
    "white": (248, 248, 246),
    "grey": (132, 134, 138),
    "gray": (132, 134, 138),
}
MAKE = r"make (?:it|this|that|everything|the (?:image|picture|photo|scene|whole))"
EXISTING = r"(?:the|this|that|these|those|his|her|its|their|my|your|our|existing|same)"
BETWEEN = r"(?:the|this|that|his|her|its|their|my|to|on|onto|of|with|in|for)\b"
ADDING = r"\b(add|put|place|insert|draw|include|give|wearing|wear|with|holding|surround|fill)\b"
PUTTING = r"\b(add|put|place|insert|draw|include|give)\b"
EDITING = (
    r"\b(add|put|place|insert|include|give|make|turn|convert|change|transform|remove|erase|delete|replace|swap|"
    r"restyle|redraw|recolou?r|colou?r|blur|sharpen|brighten|darken|lighten|keep|edit|combine|merge|enhance|fix|"
    r"render|set|use|apply|flip|mirror|invert|extend|crop|move)\b"
)
AS_PHOTO = r"\b(into|as|like|an?|real)\b[\w ,-]*\bphoto(graph)?\b|photo-?\s?real|realistic|\d+ ?mm lens|dslr|studio-?\s?lit"
STYLE_WORDS: dict[Style, str] = {"illustration": r"illustration|cartoon|vector|flat art|clip ?art|anime"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """`style` is None when the picture keeps its own. `described` says that the prompt tells of a whole
    scene and not of a change. `cut` asks for the background to go, `backdrop` for another one, `emptied` for
    what the mask covers to go; `colour` is a new one for what is there, or for what is `behind` it;
    `borrowed` asks for the looks of the second picture, not for the picture."""

    style: Style | None
    tones: tuple[str, ...]
    newcomers: tuple[Subject, ...]
    described: bool
    cut: bool
    backdrop: bool
    emptied: bool
    colour: Colour | None
    behind: bool
    borrowed: bool


def read_wishes(prompt: str, scene: Scene) -> Wishes:
    text = re.sub(r"\s+", " ", prompt.lower())
    editing = re.search(EDITING, text) is not None
    style: Style | None = scene.style if scene.style != "illustration" else None
    if style == "photo" and not re.search(AS_PHOTO, text):
        style = None  # "enhance this photo" names the picture, not a style
    if style is None and re.search(rf"\b(an?|as|into|style)\b.*\b({STYLE_WORDS['illustration']})\b", text):
        style = "illustration"
    removing = re.search(r"\b(remove|erase|delete|get rid of|take away|without)\b", text) is not None
    background = re.search(r"\bback(ground|drop)\b", text) is not None
    cut = background and (removing or re.search(r"\b(transparent|cut ?out|isolate)\b", text) is not None)
    tones = tuple(
        name for name, words in TONES.items() if re.search(rf"\b(?:{words.replace('MAKE', MAKE)})\b", text)
    )
    if "blur background" in tones:
        tones = tuple(tone for tone in tones if tone != "soft")
    if style in ("noir", "film", "photo", "pencil"):  # "a moody noir", "a faded film look": the style has it
        tones = tuple(tone for tone in tones if tone in ("warmer", "cooler", "mirror"))
    replacing = re.search(r"\b(replace|swap|change|turn)\b.*\b(with|by|for|into|to)\b", text) is not None
    newcomers = _newcomers(text, scene, removing)
    return Wishes(
        style=style,
        tones=tones,
        newcomers=newcomers,
        described=not editing and bool(scene.subjects or scene.place != "nowhere"),
        cut=cut,
        backdrop=scene.place != "nowhere" and (background or not newcomers or not re.search(PUTTING, text)),
        emptied=removing or (replacing and bool(newcomers or scene.place != "nowhere")),
        colour=_colour(text) if not newcomers and not removing else None,
        behind=background,
        borrowed=re.search(
            r"\b(style|colou?rs?|palette|tones?|look|mood) (of|from|in) (the )?(second|other|reference|last|next|image 2)",
            text,
        )
        is not None,
    )


def _colour(text: str) -> Colour | None:
    """The colour of "paint the wall blue" or "a red one instead"; not that of "black and white"."""
    if not re.search(r"\b(make|paint|turn|change|colou?r|recolou?r|dye|tint|in)\b", text):
        return None
    text = re.sub(r"black[ -]and[ -]white|golden hour|white balance|red eye", " ", text)
    found = re.findall(rf"\b({'|'.join(COLOURS)})\b", text)
    return COLOURS[found[-1]] if found else None


def _newcomers(text: str, scene: Scene, removing: bool) -> tuple[Subject, ...]:
    """The subjects that are not in the picture yet: not "the sofa", but "a cat". A remover adds nothing
    unless it says "and add" or "with"."""
    fresh = []
    for subject in scene.subjects:
        noun = re.escape(subject.words.lower().split()[-1]) if subject.words.split() else ""
        known = re.search(rf"\b{EXISTING} (?:[\w-]+ ){{0,2}}{noun}\b", text)
        article = re.search(
            rf"\b(?:an?|some|\d+|one|two|three|four|five|six|seven|several|more|another) (?:(?!{BETWEEN})[\w-]+ ){{0,3}}{noun}\b",
            text,
        )
        if known and not article:
            continue
        if removing and not re.search(ADDING, text):
            continue
        fresh.append(subject)
    return tuple(fresh)
