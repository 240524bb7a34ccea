"""The families of models that are drawn: what each was made for, where its pipeline's signature does not tell."""

from __future__ import annotations

from collections.abc import Mapping

from ...core import Size
from .family import Family, Steps

_FLUX_CONTROL = {"pipeline": "FluxControlNetPipeline", "model": "FluxControlNetModel"}
_KANDINSKY_SIZES = tuple(
    Size(*pair)
    for pair in ((1024, 1024), (640, 1408), (1408, 640), (768, 1280), (1280, 768), (896, 1152), (1152, 896))
)
_KANDINSKY_PRIOR = "kandinsky-community/kandinsky-2-2-prior"
_KANDINSKY_22 = {"callback_steps": None}  # or it warns of what nobody said
_PIXART = {"use_resolution_binning": False}

_QWEN_PICTURE = "<|image_pad|>"
_QWEN_TOKENS = 2048  # its table of positions has 4096, and a picture takes about 1400

FAMILIES: Mapping[str, Family] = {
    "sd15": Family(
        title="Stable Diffusion 1 and 2",
        tasks={
            "text": "StableDiffusionPipeline",
            "image": "StableDiffusionImg2ImgPipeline",
            "inpaint": "StableDiffusionInpaintPipeline",
        },
        steps=Steps(low=20, medium=30, high=50),
        few=Steps(low=2, medium=4, high=8),
        few_guidance=1.0,
        edge=512,
        multiple=8,
        at_once=4.0,
        control={"pipeline": "StableDiffusionControlNetPipeline", "model": "ControlNetModel"},
    ),
    "sdxl": Family(
        title="Stable Diffusion XL",
        tasks={
            "text": "StableDiffusionXLPipeline",
            "image": "StableDiffusionXLImg2ImgPipeline",
            "inpaint": "StableDiffusionXLInpaintPipeline",
        },
        steps=Steps(low=20, medium=30, high=50),
        few=Steps(low=2, medium=4, high=8),
        few_guidance=0.0,
        multiple=8,
        at_once=8.0,
        strength=0.6,  # the signature's 0.3 is for a refiner
        control={"pipeline": "StableDiffusionXLControlNetPipeline", "model": "ControlNetModel"},
    ),
    "sd3": Family(
        title="Stable Diffusion 3 and 3.5",
        tasks={
            "text": "StableDiffusion3Pipeline",
            "image": "StableDiffusion3Img2ImgPipeline",
            "inpaint": "StableDiffusion3InpaintPipeline",
        },
        steps=Steps(low=20, medium=28, high=40),
        few=Steps(low=4, medium=4, high=8),
        few_guidance=0.0,
        at_once=2.0,
        control={"pipeline": "StableDiffusion3ControlNetPipeline", "model": "SD3ControlNetModel"},
    ),
    "flux": Family(
        title="FLUX.1",
        tasks={"text": "FluxPipeline", "image": "FluxImg2ImgPipeline", "inpaint": "FluxInpaintPipeline"},
        steps=Steps(low=20, medium=28, high=50),
        few=Steps(low=2, medium=4, high=8),
        guidance=3.5,
        control=_FLUX_CONTROL,
    ),
    "flux-kontext": Family(
        title="FLUX.1 Kontext",
        tasks={
            "text": "FluxKontextPipeline",
            "reference": "FluxKontextPipeline",
            "inpaint": "FluxKontextInpaintPipeline",
        },
        steps=Steps(low=20, medium=28, high=50),
        guidance=2.5,
        references=1,
        shared=frozenset({"text"}),
    ),
    "flux2": Family(
        title="FLUX.2",
        tasks={"text": "Flux2Pipeline", "reference": "Flux2Pipeline"},
        steps=Steps(low=20, medium=28, high=50),
        references=10,
        shared=frozenset({"text"}),
    ),
    "flux2-klein": Family(
        title="FLUX.2 klein",
        tasks={
            "text": "Flux2KleinPipeline",
            "reference": "Flux2KleinPipeline",
            "inpaint": "Flux2KleinInpaintPipeline",
        },
        steps=Steps(low=20, medium=28, high=50),
        few=Steps(low=4, medium=4, high=8),
        references=4,
        shared=frozenset({"text"}),
    ),
    "qwen-image": Family(
        title="Qwen-Image",
        tasks={
            "text": "QwenImagePipeline",
            "image": "QwenImageImg2ImgPipeline",
            "inpaint": "QwenImageInpaintPipeline",
        },
        steps=Steps(low=20, medium=30, high=50),
        few=Steps(low=4, medium=8, high=8),
        few_guidance=1.0,
        control={"pipeline": "QwenImageControlNetPipeline", "model": "QwenImageControlNetModel"},
    ),
    "qwen-image-edit": Family(
        title="Qwen-Image-Edit",
        # The one for masks draws a megapixel, whatever is asked for.
        tasks={"reference": "QwenImageEditPipeline"},
        steps=Steps(low=20, medium=40, high=50),
        few=Steps(low=4, medium=8, high=8),
        few_guidance=1.0,
        references=1,
        reserved=_QWEN_PICTURE,
        most_tokens=_QWEN_TOKENS,
        shared=frozenset(),
    ),
    "qwen-image-edit-plus": Family(
        title="Qwen-Image-Edit 2509 and later",
        tasks={"reference": "QwenImageEditPlusPipeline"},
        steps=Steps(low=20, medium=40, high=50),
        few=Steps(low=4, medium=8, high=8),
        few_guidance=1.0,
        references=3,
        reserved=_QWEN_PICTURE,
        most_tokens=_QWEN_TOKENS,
        shared=frozenset(),
    ),
    "z-image": Family(
        title="Z-Image",
        tasks={
            "text": "ZImagePipeline",
            "image": "ZImageImg2ImgPipeline",
            "inpaint": "ZImageInpaintPipeline",
        },
        steps=Steps(low=28, medium=40, high=50),
        few=Steps(low=6, medium=9, high=12),
        few_guidance=0.0,
    ),
    "hidream": Family(
        title="HiDream-I1",
        tasks={"text": "HiDreamImagePipeline"},
        steps=Steps(low=28, medium=40, high=50),
        few=Steps(low=16, medium=20, high=28),
        few_guidance=0.0,
        fast_words=("dev",),
        most=1.0,  # its table of positions has no more
    ),
    "sana": Family(
        title="Sana",
        tasks={"text": "SanaPipeline"},
        steps=Steps(low=14, medium=20, high=28),
        multiple=32,
        at_once=8.0,
        control={"pipeline": "SanaControlNetPipeline", "model": "SanaControlNetModel"},
        arguments=_PIXART,
    ),
    "pixart-alpha": Family(
        title="PixArt-alpha",
        tasks={"text": "PixArtAlphaPipeline"},
        steps=Steps(low=14, medium=20, high=28),
        few=Steps(low=4, medium=4, high=8),
        few_guidance=0.0,
        at_once=8.0,
        arguments=_PIXART,
    ),
    "pixart-sigma": Family(
        title="PixArt-Sigma",
        tasks={"text": "PixArtSigmaPipeline"},
        steps=Steps(low=14, medium=20, high=28),
        few=Steps(low=4, medium=4, high=8),
        few_guidance=0.0,
        at_once=8.0,
        arguments=_PIXART,
    ),
    "lumina2": Family(
        title="Lumina-Image 2",
        tasks={"text": "Lumina2Pipeline"},
        steps=Steps(low=20, medium=30, high=50),
        at_once=2.0,
    ),
    "kandinsky22": Family(
        title="Kandinsky 2.2",
        # The one for pictures lays those on their side that are not square, so ours is taken.
        tasks={"text": "KandinskyV22CombinedPipeline"},
        steps=Steps(low=25, medium=50, high=75),
        edge=512,
        multiple=64,
        at_once=4.0,
        decoder="KandinskyV22Pipeline",
        prior=_KANDINSKY_PRIOR,
        arguments=_KANDINSKY_22,
    ),
    "kandinsky22-inpaint": Family(
        title="Kandinsky 2.2, inpainting",
        tasks={"inpaint": "KandinskyV22InpaintCombinedPipeline"},
        steps=Steps(low=25, medium=50, high=75),
        edge=512,
        multiple=64,
        shared=frozenset(),  # it puts the first one's picture back into those of all
        decoder="KandinskyV22InpaintPipeline",
        prior=_KANDINSKY_PRIOR,
        arguments=_KANDINSKY_22,
    ),
    "kandinsky5": Family(
        title="Kandinsky 5",
        tasks={"text": "Kandinsky5T2IPipeline"},
        steps=Steps(low=25, medium=35, high=50),
        few=Steps(low=16, medium=16, high=16),
        few_guidance=1.0,
        sizes=_KANDINSKY_SIZES,
    ),
    "kandinsky5-edit": Family(
        title="Kandinsky 5, edits",
        tasks={"reference": "Kandinsky5I2IPipeline"},
        steps=Steps(low=25, medium=35, high=50),
        sizes=_KANDINSKY_SIZES,
        references=1,
        reserved=_QWEN_PICTURE,
        shared=frozenset(),
    ),
    "cogview4": Family(
        title="CogView4",
        tasks={"text": "CogView4Pipeline"},
        steps=Steps(low=25, medium=35, high=50),
        shared=frozenset(),  # it attends to what fills up a shorter prompt, so a neighbour's length shows
    ),
}

PIPELINES: Mapping[str, str] = {
    name: key for key, family in FAMILIES.items() for name in (family.pipeline, family.decoder) if name
}
"""The families' keys by what a folder's `model_index.json` says."""


def offered() -> str:
    """The families that are supported, for a sentence."""
    return ", ".join(family.title for family in FAMILIES.values())
