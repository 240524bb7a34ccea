"""ComfyUI's workflows in API format: a plain one that is made here, and the operator's own with its markers filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..core.errors import BadRequest, Rejected, Unsupported

Graph = dict[str, Any]
"""Nodes by number: `{"3": {"class_type": "KSampler", "inputs": {"seed": 1, "model": ["4", 0]}}}`."""

MARKERS = (
    "prompt",
    "negative",
    "seed",
    "width",
    "height",
    "steps",
    "guidance",
    "strength",
    "sampler",
    "scheduler",
    "model",
    "image",
    "mask",
)
"""What may stand between percent signs in a workflow; the second picture is `%image2%`, and so on."""

# ComfyUI has such words of its own for the names of files, as %year%: they are left to it.
_marker = re.compile(rf"%({'|'.join(MARKERS)}|image[0-9]+)%")


def plain(values: Mapping[str, Any], *, megapixels: float | None = None) -> Graph:
    """From words to a picture, or with `image` from a picture and words, or with `mask` within that.

    `megapixels`: the picture is first made so large, in its own shape. The node types are ComfyUI's own (nodes.py
    and comfy_extras, read 2026-11-28); the picture is a preview, so that none stays in the server's output folder.
    """
    graph: Graph = {
        "model": _node("CheckpointLoaderSimple", ckpt_name=values["model"]),
        "positive": _node("CLIPTextEncode", text=values["prompt"], clip=["model", 1]),
        "negative": _node("CLIPTextEncode", text=values["negative"], clip=["model", 1]),
        "sampler": _node(
            "KSampler",
            model=["model", 0],
            positive=["positive", 0],
            negative=["negative", 0],
            latent_image=["latent", 0],
            seed=values["seed"],
            steps=values["steps"],
            cfg=values["guidance"],
            sampler_name=values["sampler"],
            scheduler=values["scheduler"],
            denoise=values["strength"] if "image" in values else 1.0,
        ),
        "decoded": _node("VAEDecode", samples=["sampler", 0], vae=["model", 2]),
        "result": _node("PreviewImage", images=["decoded", 0]),
    }
    if "image" not in values:
        size = {"width": values["width"], "height": values["height"]}
        graph["latent"] = _node("EmptyLatentImage", **size, batch_size=1)
    else:
        graph.update(_from_picture(values, megapixels))
    return graph


def _from_picture(values: Mapping[str, Any], megapixels: float | None) -> Graph:
    """What stands in the place of an empty latent. A mask keeps the picture's shape: it would not fit another."""
    graph: Graph = {"image": _node("LoadImage", image=values["image"])}
    source = ["image", 0]
    if megapixels is not None:
        graph["fitted"] = _node(
            "ImageScaleToTotalPixels",
            image=source,
            upscale_method="lanczos",
            megapixels=megapixels,
            resolution_steps=1,  # newer versions want it, and older ones do not look
        )
        source = ["fitted", 0]
    elif "mask" not in values and values.get("width"):
        size = {"width": values["width"], "height": values["height"]}
        graph["fitted"] = _node("ImageScale", image=source, upscale_method="lanczos", crop="center", **size)
        source = ["fitted", 0]
    if "mask" not in values:
        graph["latent"] = _node("VAEEncode", pixels=source, vae=["model", 2])
        return graph
    # LoadImageMask turns alpha round: where a mask in OpenAI's sense is transparent, it is 1, and is drawn.
    graph["mask"] = _node("LoadImageMask", image=values["mask"], channel="alpha")
    graph["whole"] = _node("VAEEncode", pixels=source, vae=["model", 2])
    graph["latent"] = _node("SetLatentNoiseMask", samples=["whole", 0], mask=["mask", 0])
    # Through the latents and back, what is outside of the mask changes a little: it is put back as it was.
    graph["composed"] = _node(
        "ImageCompositeMasked",
        destination=source,
        source=["decoded", 0],
        mask=["mask", 0],
        x=0,
        y=0,
        resize_source=True,
    )
    graph["result"] = _node("PreviewImage", images=["composed", 0])
    return graph


def _node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def read_workflow(name: str, data: bytes) -> Graph:
    """An operator's own workflow. Raises Rejected with what to do about the file."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Rejected(f"The workflow {name} is not JSON: {error}") from None
    if isinstance(document, dict) and isinstance(document.get("nodes"), list):
        raise Rejected(f"The workflow {name} is one for the editor: export it with 'Export (API)'.")
    if not isinstance(document, dict) or not document:
        raise Rejected(f"The workflow {name} is not a table of nodes: export it with 'Export (API)'.")
    for number, node in document.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            raise Rejected(f"The workflow {name}: node {number} has no `class_type`.")
    return document


def markers(document: Any) -> set[str]:
    """The names between percent signs, wherever a text has one."""
    return {found for text in _texts(document) for found in _marker.findall(text)}


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)


def fill(graph: Graph, values: Mapping[str, Any]) -> Graph:
    """The workflow with its markers replaced. Raises CallerError for pictures that it needs and did not get, or got
    and has no place for."""
    wanted = markers(graph)
    for name in sorted(wanted):
        if name not in values:
            field = "mask" if name == "mask" else "image"
            raise BadRequest(
                f"This model starts from a picture: there is none for its %{name}%.", param=field
            )
    for name in values:
        if name.startswith(("image", "mask")) and name not in wanted:
            field = "mask" if name == "mask" else "image"
            raise Unsupported(
                f"This model's workflow has no place for it: %{name}% is not in it.", param=field
            )
    filled: Graph = _filled(graph, values)
    return filled


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    """A marker that is all of a text becomes the value itself: a number where that is one.

    >>> _filled({"seed": "%seed%", "text": "%prompt%, seed %seed%"}, {"seed": 7, "prompt": "100%seed%"})
    {'seed': 7, 'text': '100%seed%, seed 7'}
    """
    if isinstance(value, dict):
        return {key: _filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    if whole := _marker.fullmatch(value):
        return values[whole[1]]
    return _marker.sub(lambda found: str(values[found[1]]), value)
