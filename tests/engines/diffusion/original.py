"""Stable Diffusion's weights under the names that its own authors gave them, as single files are handed around."""

from __future__ import annotations

import re
from typing import Any

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_UNET = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def whole(pipeline: Any) -> dict[str, Any]:
    """All of a Stable Diffusion 1 pipeline, with one layer in each block of its UNet."""
    named = {
        f"model.diffusion_model.{_unet(key)}": value for key, value in pipeline.unet.state_dict().items()
    }
    blocks = len(pipeline.vae.config.block_out_channels)
    for key, value in pipeline.vae.state_dict().items():
        named[f"first_stage_model.{_vae(key, blocks)}"] = value
    for key, value in pipeline.text_encoder.state_dict().items():
        flat = key.removeprefix("text_model.")  # transformers has it with and without
        named[f"cond_stage_model.transformer.text_model.{flat}"] = value
    return {key: value.contiguous() for key, value in named.items()}


def _unet(key: str) -> str:
    for ours, theirs in _UNET.items():
        if key.startswith(ours + "."):
            return key.replace(ours, theirs, 1)
    if found := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", key):
        kind, number, rest = found[1], int(found[2]), found[3]
        return f"middle_block.{2 * number if kind == 'resnets' else 1}.{_resnet(rest) if kind == 'resnets' else rest}"
    found = re.match(r"(down|up)_blocks\.(\d)\.(resnets|attentions|downsamplers|upsamplers)\.(\d)\.(.*)", key)
    assert found is not None, key
    way, block, kind, layer, rest = found[1], int(found[2]), found[3], int(found[4]), found[5]
    if kind == "downsamplers":
        return f"input_blocks.{2 * (block + 1)}.0.{rest.replace('conv', 'op')}"
    if kind == "upsamplers":
        return f"output_blocks.{2 * block + 1}.2.{rest}"
    where = f"input_blocks.{2 * block + layer + 1}" if way == "down" else f"output_blocks.{2 * block + layer}"
    return f"{where}.0.{_resnet(rest)}" if kind == "resnets" else f"{where}.1.{rest}"


def _resnet(rest: str) -> str:
    name, _, kind = rest.rpartition(".")
    return f"{_RESNET[name]}.{kind}"


def _vae(key: str, blocks: int) -> str:
    key = key.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    key = re.sub(r"mid_block\.resnets\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", key)
    if "mid_block.attentions.0" in key:
        key = key.replace("mid_block.attentions.0", "mid.attn_1")
        for ours, theirs in _VAE_ATTENTION.items():
            key = key.replace(f".{ours}.", f".{theirs}.")
        return key
    key = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", key)
    key = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", key)

    def up(found: re.Match[str]) -> str:
        number = blocks - 1 - int(found[1])
        return f"up.{number}.upsample" if found[2] == "upsamplers.0" else f"up.{number}.block.{found[3]}"

    return re.sub(r"up_blocks\.(\d)\.(upsamplers\.0|resnets\.(\d))", up, key)
