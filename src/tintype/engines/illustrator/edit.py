"""An edit: a picture that exists, changed as the prompt asks and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from PIL import Image, ImageChops, ImageOps

from .commission import Commission, Stage
from .editing import arranging, cutout, placing, regrade
from .editing.placing import Box
from .editing.wishes import Wishes, read_wishes
from .layers import Layer, Painting
from .scene import Colour, Scene
from .styles import STYLES
from .styles.recipe import apart, extremes
from .styles.tone import blur, ramp

Paint = Callable[[Commission, Scene], Iterator[Stage]]
"""The painter, for a commission without pictures."""


def stages(commission: Commission, scene: Scene, paint: Paint) -> Iterator[Stage]:
    """Draw the edit: the first picture is the ground, the others are shown in it.

    With a mask, every stage equals the picture outside it, to the pixel (when the sizes are equal;
    otherwise to the pixel of the fitted picture). A picture with transparency stays RGBA.
    """
    edit = _Edit.begun(commission, scene, paint)
    yield Stage("ground", edit.kept())
    edit.lay_ground()
    edit.put_subjects()
    yield Stage("subjects", edit.kept())
    edit.light()
    yield Stage("light", edit.kept())
    edit.restyle()
    yield Stage("finished", edit.kept())


def fitted(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture at this size: scaled to cover it, and cut about the centre."""
    if picture.size == (width, height):
        return picture.copy()
    return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)


def redrawn(mask: Image.Image, width: int, height: int) -> Image.Image:
    """The mask fitted as its picture is, and either 255 or 0."""
    if mask.size != (width, height):
        mask = ImageOps.fit(mask, (width, height), Image.Resampling.NEAREST)
    return mask.convert("L").point([0] * 255 + [255])


def feathered(region: Image.Image, unit: int) -> Image.Image:
    """The region with an edge that softens inwards, never outwards; small regions hardly soften."""
    radius = min(0.004 * unit, region.histogram()[255] ** 0.5 / 16)
    inwards = blur(region, radius).point(ramp(190, 130))
    soft = ImageChops.darker(inwards, region)
    # What is too thin to soften is redrawn whole, since it was asked for.
    return soft if extremes(soft)[1] == 255 else region


@dataclass(slots=True)
class _Edit:
    """One edit on its way: `canvas` changes from step to step, `original` never does."""

    commission: Commission
    scene: Scene
    paint: Paint
    wishes: Wishes
    original: Image.Image
    canvas: Image.Image
    region: Image.Image | None
    soft: Image.Image | None
    painting: Painting
    drawn: bool = False  # the painter has drawn the scene, its subjects, light and style

    @classmethod
    def begun(cls, commission: Commission, scene: Scene, paint: Paint) -> _Edit:
        width, height = commission.width, commission.height
        picture = fitted(commission.pictures[0], width, height)
        clear = picture.mode == "RGBA" and extremes(picture.getchannel("A")) != (255, 255)
        original = picture.convert("RGBA" if clear or commission.transparent else "RGB")
        region = redrawn(commission.mask, width, height) if commission.mask is not None else None
        wishes = read_wishes(commission.prompt, scene)
        painting = Painting(
            scene, width, height, commission.seed, commission.detail, original.mode == "RGBA", []
        )
        soft = feathered(region, painting.unit) if region is not None else None
        return cls(commission, scene, paint, wishes, original, original.copy(), region, soft, painting)

    @property
    def box(self) -> Box:
        """What may change: the mask's bounding box, or everything."""
        found = self.region.getbbox() if self.region is not None else None
        return Box(*found) if found else Box(0, 0, self.painting.width, self.painting.height)

    def kept(self) -> Image.Image:
        """The canvas as far as strength and mask let it through."""
        strength = self.commission.strength
        out = self.canvas
        if strength is not None and strength <= 0:
            out = self.original
        elif strength is not None and strength < 1:
            mode = (
                "RGBa" if out.mode == "RGBA" else "RGB"
            )  # with alpha multiplied in, clear pixels have no say
            out = Image.blend(self.original.convert(mode), out.convert(mode), strength).convert(out.mode)
        if self.soft is not None:
            return Image.composite(out, self.original, self.soft)
        return out.copy()

    def lay_ground(self) -> None:
        """What lies behind newcomers: the picture, a new scene in the region, a new place behind a figure,
        or the region closed when what was there is to go."""
        wishes, adding = self.wishes, bool(self.wishes.newcomers)
        if self.region is not None:
            replaced = self.scene.place != "nowhere" and (wishes.described or wishes.backdrop)
            if replaced and self.region.getbbox():
                self._paint_region()
            elif wishes.emptied or self._hollow() or not (adding or self._changes()):
                self._fill_region()
            return
        if wishes.described and self.commission.strength is not None:
            self.canvas = self._painted(self.scene, self.canvas.size, self.painting.transparent)
            self.drawn = True
            return
        behind = wishes.backdrop or (wishes.behind and wishes.colour is not None)
        if wishes.cut or self.commission.transparent or behind:
            self._part_from_ground()

    def _hollow(self) -> bool:
        """The picture is transparent where the mask asks for something."""
        if self.region is None or self.original.mode == "RGB":
            return False
        return (
            extremes(ImageChops.multiply(self.region, ImageChops.invert(self.original.getchannel("A"))))[1]
            > 127
        )

    def _changes(self) -> bool:
        """Something but newcomers is asked for: a style, a tone, other weather, lettering, a reference."""
        scene, wishes = self.scene, self.wishes
        other = (
            scene.time != "day" or scene.weather != "clear" or scene.lettering or self.commission.pictures[1:]
        )
        return bool(wishes.style or wishes.tones or wishes.cut or wishes.colour or other)

    def _paint_region(self) -> None:
        box = self.box
        scene = replace(self.scene, ratio=None)
        inner = self._painted(scene, (box.width, box.height), False)
        self.canvas.paste(inner.convert(self.canvas.mode), (box.left, box.top))
        self.drawn = True

    def _fill_region(self) -> None:
        assert self.region is not None
        hole = self.region
        if self.canvas.mode == "RGBA":  # what is clear there is no surrounding either
            hole = ImageChops.lighter(hole, self.canvas.getchannel("A").point([255] * 128 + [0] * 128))
        closed = cutout.filled(self.canvas, hole)
        self.canvas.paste(closed.convert(self.canvas.mode), mask=self.region)

    def _part_from_ground(self) -> None:
        alpha = cutout.figure(self.canvas)
        if alpha is None:
            return  # a ground that cannot be told from the figure is left alone
        figure = cutout.cut_out(self.canvas, alpha)
        if self.scene.place != "nowhere" and self.wishes.backdrop and not self.wishes.cut:
            empty = replace(self.scene, subjects=(), lettering=())
            self.canvas = self._painted(empty, self.canvas.size, False).convert(self.canvas.mode)
        elif self.canvas.mode == "RGBA":
            self.canvas = figure
            return
        else:
            ground = self.scene.ground or self.wishes.colour or (255, 255, 255)
            self.canvas = Image.new("RGB", self.canvas.size, ground)
        cutout.laid(self.canvas, figure, 0, 0)

    def put_subjects(self) -> None:
        """Newcomers, lettering and references, each in a place of its own."""
        if self.drawn:
            return
        groups = arranging.groups(self.scene, self.wishes.newcomers)
        others = () if self.wishes.borrowed else self.commission.pictures[1:]
        arrangement = arranging.Arrangement(self.canvas, self.original, self.painting, self._painted)
        count = len(groups) + len(others)
        slots = placing.side_by_side(self.box, count) if self.region is not None and count else [None] * count
        for group, slot in zip(groups, slots, strict=False):
            arrangement.put_group(group, slot)
        for picture, slot in zip(others, slots[len(groups) :], strict=True):
            arrangement.put_reference(picture, len(others), slot)
        if self.scene.lettering:
            words = replace(self.scene, subjects=(), place="nowhere", style="illustration")
            box = self.box
            letters = self._painted(words, (box.width, box.height), True)
            cutout.laid(self.canvas, letters, box.left, box.top)
            self.painting.layers.append(Layer("lettering", letters, box.left, box.top, 0.0))

    def light(self) -> None:
        """Time, weather and tone."""

        def change(treat: Callable[[Image.Image], Image.Image]) -> None:
            colours, alpha = apart(self.canvas)
            self.canvas = treat(colours)
            if alpha is not None:
                self.canvas.putalpha(alpha)

        painting, scene = self.painting, self.scene
        if self.wishes.borrowed and self.commission.pictures[1:]:
            change(lambda picture: regrade.like(picture, self.commission.pictures[1]))
        if not self.drawn:
            change(lambda picture: regrade.timed(picture, scene.time, painting))
            change(lambda picture: regrade.weathered(picture, scene.weather, painting))
        if self.wishes.colour is not None and not self.wishes.behind and not self.drawn:
            self._recolour(self.wishes.colour)
        for tone in self.wishes.tones:
            if tone == "mirror":
                self.canvas = ImageOps.mirror(self.canvas)
            elif tone == "blur background":
                change(
                    lambda picture: regrade.background_blurred(
                        picture, cutout.figure(self.original), painting
                    )
                )
            else:
                change(lambda picture, tone=tone: regrade.toned(picture, tone, painting))  # type: ignore[misc]

    def _recolour(self, colour: Colour) -> None:
        """What the mask covers, or the figure when it can be told, in another colour."""
        alpha = self.region or cutout.figure(self.canvas)
        if alpha is None:
            return
        box = alpha.getbbox()
        if box is not None:
            part = regrade.coloured(self.canvas.crop(box).convert("RGB"), colour)
            keep = self.canvas.getchannel("A") if self.canvas.mode == "RGBA" else None
            self.canvas.paste(part, box, alpha.crop(box))
            if keep is not None:
                self.canvas.putalpha(keep)

    def restyle(self) -> None:
        style = self.wishes.style
        if style is None or (self.drawn and self.region is None):
            return
        if style == "illustration":  # its recipe is for what is drawn already
            colours, clear_part = apart(self.canvas)
            self.canvas = regrade.cartoon(colours, self.painting)
            if clear_part is not None:
                self.canvas.putalpha(clear_part)
            return
        cutting = style in ("sticker", "logo", "minimal")
        recipe, painting = STYLES[style], replace(self.painting)
        if cutting:
            painting.layers = []
        alpha = cutout.figure(self.canvas) if cutting else None
        if alpha is None or alpha.getbbox() is None or self.region is not None:
            self.canvas = recipe.finish(self.canvas, painting)
            return
        figure = cutout.cut_out(self.canvas, alpha)
        layer = arranging.inside(figure, self.painting)
        clear = self.canvas.mode == "RGBA"
        ground = (
            self.scene.ground or (255, 255, 255)
            if style != "sticker"
            else self.scene.ground or (232, 236, 240)
        )
        page = Image.new("RGBA", figure.size, (*ground, 0 if clear else 255))
        painting.layers = [Layer("ground", page, 0, 0, 1.0), layer]
        painting.layers = [recipe.layer(each, painting) for each in painting.layers]
        for each in painting.layers if not clear else painting.layers[1:]:
            cutout.laid(page, each.pixels, each.x, each.y)
        self.canvas = recipe.finish(page if clear else page.convert("RGB"), painting)

    def _painted(self, scene: Scene, size: tuple[int, int], transparent: bool) -> Image.Image:
        """The painter's picture of a scene at this size; what is smaller than 16 pixels is painted larger."""
        width, height = max(16, size[0]), max(16, size[1])
        order = replace(
            self.commission,
            width=width,
            height=height,
            transparent=transparent,
            pictures=(),
            mask=None,
            strength=None,
        )
        picture = None
        for stage in self.paint(order, scene):
            picture = stage.picture
        assert picture is not None
        return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)
