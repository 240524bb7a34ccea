"""Pipelines of every family with random weights, made in memory in milliseconds: `tiny("sdxl")`, `saved("sdxl")`."""

from __future__ import annotations

import atexit
import importlib
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tintype.engines.diffusion import loading
from tintype.engines.diffusion.families import PIPELINES
from tintype.engines.diffusion.loading import Found, Source
from tintype.engines.diffusion.models import Models

from . import tiny_parts as parts
from .tiny_parts import D

torch: Any = pytest.importorskip("torch", reason="diffusion models need the extra 'diffusion'")
torch.set_num_threads(1)

EDGE = 64
"""What is drawn fast: set `edge=EDGE` on a Source, since most configurations do not tell a size."""


def _small_references() -> None:
    """Qwen-Image-Edit brings what it looks at to a megapixel, which takes it seconds here: to EDGE instead."""
    for name in ("edit", "edit_inpaint", "edit_plus"):
        module: Any = importlib.import_module(f"diffusers.pipelines.qwenimage.pipeline_qwenimage_{name}")
        real = module.calculate_dimensions
        module.calculate_dimensions = lambda area, ratio, real=real: real(min(area, EDGE * EDGE), ratio)


_small_references()


def tiny(family: str, seed: int = 0) -> Any:
    """A new pipeline of this family (a key of families.FAMILIES); the same seed gives the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pipeline = BUILDERS[family]()
    pipeline.set_progress_bar_config(disable=True)
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval()  # some encoders drop out
    return pipeline


@cache
def saved(family: str) -> Path:
    """A folder with that pipeline, as a hub would have it; made once for a session. Leave it as it is."""
    folder = Path(tempfile.mkdtemp(prefix=f"tintype-tiny-{family}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    tiny(family).save_pretrained(folder)
    return folder


def source(family: str, **told: Any) -> Source:
    usual: dict[str, Any] = {
        "name": family,
        "path": str(saved(family)),
        "edge": EDGE,
        "tiny_autoencoder": "none",
    }
    return Source(**usual | told)


def models(*families: str, **options: Any) -> Models:
    """Models of these families on the processor, named like them, that draw at EDGE; read from `saved` folders, but for
    those whose processor cannot be saved."""
    usual: dict[str, Any] = {"device": "cpu", "load": load}
    return Models([source(family) for family in families], **usual | options)


def load(found: Found, **told: Any) -> Any:
    family = PIPELINES[found.facts.pipeline]
    return tiny(family) if family in UNSAVED else loading.load(found, **told)


UNSAVED = ("qwen-image-edit", "qwen-image-edit-plus", "kandinsky5", "kandinsky5-edit")
"""Those with a QwenProcessor, which stands in for one that needs torchvision."""


def sd15() -> Any:
    unet = D.UNet2DConditionModel(
        block_out_channels=(8, 16), layers_per_block=1, sample_size=8, in_channels=4, out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32, norm_num_groups=2,
    )  # fmt: skip
    scheduler = D.DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    return D.StableDiffusionPipeline(
        unet=unet, vae=parts.vae(4, scaling=0.18215, shift=None), text_encoder=parts.clip(),
        tokenizer=parts.clip_tokenizer(), scheduler=scheduler, safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip


def sdxl() -> Any:
    unet = D.UNet2DConditionModel(
        block_out_channels=(8, 16), layers_per_block=1, sample_size=8, in_channels=4, out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4), use_linear_projection=True, addition_embed_type="text_time",
        addition_time_embed_dim=8, transformer_layers_per_block=(1, 1), projection_class_embeddings_input_dim=80,
        cross_attention_dim=64, norm_num_groups=2,
    )  # fmt: skip
    scheduler = D.EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        steps_offset=1,
        beta_schedule="scaled_linear",
        timestep_spacing="leading",
    )
    return D.StableDiffusionXLPipeline(
        unet=unet, vae=parts.vae(4, scaling=0.13025, shift=None), text_encoder=parts.clip(),
        text_encoder_2=parts.clip_with_projection(), tokenizer=parts.clip_tokenizer(),
        tokenizer_2=parts.clip_tokenizer(), scheduler=scheduler,
    )  # fmt: skip


def sd3() -> Any:
    transformer = D.SD3Transformer2DModel(
        sample_size=8, patch_size=2, in_channels=16, num_layers=1, attention_head_dim=8, num_attention_heads=4,
        caption_projection_dim=32, joint_attention_dim=32, pooled_projection_dim=64, out_channels=16,
        pos_embed_max_size=96,
    )  # fmt: skip
    return D.StableDiffusion3Pipeline(
        transformer=transformer, vae=parts.vae(16, quant=False, scaling=1.5305, shift=0.0609),
        scheduler=parts.flow(shift=3.0), text_encoder=parts.clip_with_projection(),
        text_encoder_2=parts.clip_with_projection(), text_encoder_3=parts.t5(), tokenizer=parts.clip_tokenizer(),
        tokenizer_2=parts.clip_tokenizer(), tokenizer_3=parts.t5_tokenizer(),
    )  # fmt: skip


def _flux(made: Any, *, guided: bool = True) -> Any:
    transformer = D.FluxTransformer2DModel(
        patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=32, pooled_projection_dim=32, axes_dims_rope=(4, 4, 8), guidance_embeds=guided,
    )  # fmt: skip
    return made(
        transformer=transformer, vae=parts.vae(16, quant=False), scheduler=parts.flow(use_dynamic_shifting=True),
        text_encoder=parts.clip(), text_encoder_2=parts.t5(), tokenizer=parts.clip_tokenizer(),
        tokenizer_2=parts.t5_tokenizer(),
    )  # fmt: skip


def _flux2_transformer(text: int, *, guided: bool) -> Any:
    return D.Flux2Transformer2DModel(
        patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=text, timestep_guidance_channels=256, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=guided,
    )  # fmt: skip


def flux2() -> Any:
    """Its encoder needs 31 layers: the pipeline looks at the tenth, twentieth and thirtieth."""
    return D.Flux2Pipeline(
        transformer=_flux2_transformer(48, guided=True), vae=parts.flux2_vae(), scheduler=parts.flow(),
        text_encoder=parts.mistral(31), tokenizer=parts.qwen_tokenizer(),
    )  # fmt: skip


def flux2_klein() -> Any:
    """Its encoder needs 28 layers: the pipeline looks at the ninth, eighteenth and twenty-seventh."""
    return D.Flux2KleinPipeline(
        transformer=_flux2_transformer(48, guided=False), vae=parts.flux2_vae(), scheduler=parts.flow(),
        text_encoder=parts.qwen3(28, causal=True), tokenizer=parts.qwen_tokenizer(),
    )  # fmt: skip


def _qwen(made: Any, **others: Any) -> Any:
    transformer = D.QwenImageTransformer2DModel(
        patch_size=2, in_channels=64, out_channels=16, num_layers=1, attention_head_dim=16, num_attention_heads=3,
        joint_attention_dim=16, guidance_embeds=False, axes_dims_rope=(8, 4, 4),
    )  # fmt: skip
    return made(
        transformer=transformer, vae=parts.qwen_vae(), scheduler=parts.flow(), text_encoder=parts.qwen25(),
        tokenizer=parts.qwen_tokenizer(), **others,
    )  # fmt: skip


def z_image() -> Any:
    transformer = D.ZImageTransformer2DModel(
        all_patch_size=(2,), all_f_patch_size=(1,), in_channels=16, dim=32, n_layers=1, n_refiner_layers=1, n_heads=2,
        n_kv_heads=2, norm_eps=1e-5, qk_norm=True, cap_feat_dim=16, rope_theta=256.0, t_scale=1000.0,
        axes_dims=[8, 4, 4], axes_lens=[2048, 64, 64],
    )  # fmt: skip
    with torch.no_grad():  # these are not initialised, and may be no numbers at all
        transformer.x_pad_token.fill_(1.0)
        transformer.cap_pad_token.fill_(1.0)
    return D.ZImagePipeline(
        transformer=transformer, vae=parts.vae(16, quant=False), scheduler=parts.flow(), text_encoder=parts.qwen3(),
        tokenizer=parts.qwen_tokenizer(),
    )  # fmt: skip


def hidream() -> Any:
    transformer = D.HiDreamImageTransformer2DModel(
        patch_size=2, in_channels=16, out_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=8,
        num_attention_heads=4, caption_channels=[32, 16], text_emb_dim=64, num_routed_experts=4,
        num_activated_experts=2, axes_dims_rope=(4, 2, 2), max_resolution=(32, 32), llama_layers=(0, 1),
    )  # fmt: skip
    return D.HiDreamImagePipeline(
        transformer=transformer, vae=parts.vae(16, quant=False), scheduler=parts.flow(),
        text_encoder=parts.clip_with_projection(128), tokenizer=parts.clip_tokenizer(128),
        text_encoder_2=parts.clip_with_projection(128), tokenizer_2=parts.clip_tokenizer(128),
        text_encoder_3=parts.t5(), tokenizer_3=parts.t5_tokenizer(), text_encoder_4=parts.llama(),
        tokenizer_4=parts.llama_tokenizer(),
    )  # fmt: skip


def sana() -> Any:
    transformer = D.SanaTransformer2DModel(
        patch_size=1, in_channels=4, out_channels=4, num_layers=1, num_attention_heads=2, attention_head_dim=4,
        num_cross_attention_heads=2, cross_attention_head_dim=4, cross_attention_dim=8, caption_channels=8,
        sample_size=8,
    )  # fmt: skip
    return D.SanaPipeline(
        transformer=transformer, vae=parts.sana_vae(), scheduler=parts.flow(shift=7.0),
        text_encoder=parts.gemma2(1), tokenizer=parts.gemma_tokenizer(),
    )  # fmt: skip


def _pixart(made: Any, *, conditioned: bool) -> Any:
    transformer = D.PixArtTransformer2DModel(
        sample_size=8, num_layers=1, patch_size=2, attention_head_dim=8, num_attention_heads=3, caption_channels=32,
        in_channels=4, cross_attention_dim=24, out_channels=8, attention_bias=True, activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000, norm_type="ada_norm_single", norm_elementwise_affine=False, norm_eps=1e-6,
        use_additional_conditions=conditioned,
    )  # fmt: skip
    return made(
        transformer=transformer, vae=parts.vae(4, scaling=0.13025, shift=None), scheduler=D.DDIMScheduler(),
        text_encoder=parts.t5(), tokenizer=parts.t5_tokenizer(),
    )  # fmt: skip


def lumina2() -> Any:
    transformer = D.Lumina2Transformer2DModel(
        sample_size=8, patch_size=2, in_channels=16, hidden_size=8, num_layers=1, num_attention_heads=1, num_kv_heads=1,
        multiple_of=16, norm_eps=1e-5, scaling_factor=1.0, axes_dim_rope=[4, 2, 2], cap_feat_dim=8,
    )  # fmt: skip
    return D.Lumina2Pipeline(
        transformer=transformer, vae=parts.vae(16, quant=False), scheduler=parts.flow(),
        text_encoder=parts.gemma2(2), tokenizer=parts.gemma_tokenizer(),
    )  # fmt: skip


def _kandinsky22(made: Any, *, channels: int) -> Any:
    unet = D.UNet2DConditionModel(
        sample_size=8, in_channels=channels, out_channels=8, block_out_channels=(8, 16), layers_per_block=1,
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn", norm_num_groups=2,
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"), addition_embed_type="image",
        encoder_hid_dim=32, encoder_hid_dim_type="image_proj", cross_attention_dim=16, attention_head_dim=4,
        resnet_time_scale_shift="scale_shift",
    )  # fmt: skip
    scheduler = D.DDPMScheduler(
        beta_schedule="linear",
        beta_start=0.00085,
        beta_end=0.012,
        clip_sample=False,
        variance_type="learned_range",
    )
    return made(
        unet=unet, scheduler=scheduler, movq=parts.movq(),
        prior_prior=D.PriorTransformer(num_attention_heads=2, attention_head_dim=8, embedding_dim=32, num_layers=1),
        prior_image_encoder=parts.clip_eyes(), prior_text_encoder=parts.clip_with_projection(),
        prior_tokenizer=parts.clip_tokenizer(), prior_image_processor=parts.clip_pictures(),
        prior_scheduler=D.UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample", clip_sample_range=5.0
        ),
    )  # fmt: skip


def _kandinsky5(made: Any, *, looks: bool) -> Any:
    transformer = D.Kandinsky5Transformer3DModel(
        in_visual_dim=16, in_text_dim=16, in_text_dim2=32, time_dim=32, out_visual_dim=16, patch_size=(1, 2, 2),
        model_dim=64, ff_dim=128, num_text_blocks=1, num_visual_blocks=1, axes_dims=(8, 4, 4), visual_cond=looks,
        attention_type="regular",
    )  # fmt: skip
    return made(
        transformer=transformer, vae=parts.vae(16, quant=False), scheduler=parts.flow(shift=5.0),
        text_encoder=parts.qwen25(), tokenizer=parts.QwenProcessor(), text_encoder_2=parts.clip(),
        tokenizer_2=parts.clip_tokenizer(),
    )  # fmt: skip


def cogview4() -> Any:
    transformer = D.CogView4Transformer2DModel(
        patch_size=2, in_channels=16, num_layers=1, attention_head_dim=8, num_attention_heads=4, out_channels=16,
        text_embed_dim=32, time_embed_dim=8, condition_dim=4, sample_size=8,
    )  # fmt: skip
    return D.CogView4Pipeline(
        transformer=transformer, vae=parts.vae(16, quant=False), scheduler=parts.flow(use_dynamic_shifting=True),
        text_encoder=parts.glm(), tokenizer=parts.glm_tokenizer(),
    )  # fmt: skip


BUILDERS: dict[str, Callable[[], Any]] = {
    "sd15": sd15,
    "sdxl": sdxl,
    "sd3": sd3,
    "flux": lambda: _flux(D.FluxPipeline),
    "flux-kontext": lambda: _flux(D.FluxKontextPipeline),
    "flux2": flux2,
    "flux2-klein": flux2_klein,
    "qwen-image": lambda: _qwen(D.QwenImagePipeline),
    "qwen-image-edit": lambda: _qwen(D.QwenImageEditPipeline, processor=parts.QwenProcessor()),
    "qwen-image-edit-plus": lambda: _qwen(D.QwenImageEditPlusPipeline, processor=parts.QwenProcessor()),
    "z-image": z_image,
    "hidream": hidream,
    "sana": sana,
    "pixart-alpha": lambda: _pixart(D.PixArtAlphaPipeline, conditioned=False),
    "pixart-sigma": lambda: _pixart(D.PixArtSigmaPipeline, conditioned=False),
    "lumina2": lumina2,
    "kandinsky22": lambda: _kandinsky22(D.KandinskyV22CombinedPipeline, channels=4),
    "kandinsky22-inpaint": lambda: _kandinsky22(D.KandinskyV22InpaintCombinedPipeline, channels=9),
    "kandinsky5": lambda: _kandinsky5(D.Kandinsky5T2IPipeline, looks=False),
    "kandinsky5-edit": lambda: _kandinsky5(D.Kandinsky5I2IPipeline, looks=True),
    "cogview4": cogview4,
}
