"""Pictures a second of SDXL and FLUX shapes on a GPU, by batch, and which share of what it could do at most.

Weights are random and in place of the text encoders are short ones of the same width: neither changes how long the
denoising takes. The limit is the GPU's own speed in a large product of matrices of that kind, measured first.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from typing import Any

from tintype.core import Size
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.orders import Drawn, Order

SIZE = Size(1024, 1024)
BATCHES = (1, 2, 4, 8)
WORK = {"sdxl": (30, 416e12), "flux": (28, 2098e12)}
"""Steps, and floating-point operations of a picture: counted on the real configurations (text, network, decoding)."""


def told(memory: Callable[..., Any], shelf: Callable[..., Any], rounds: int) -> Iterator[str]:
    import torch

    if not torch.cuda.is_available():
        yield "No GPU here: pictures a second and the share of the physical limit are not measured."
        return
    peak, peak8 = speed(torch.bfloat16), speed(torch.float8_e4m3fn)
    yield (
        f"{torch.cuda.get_device_name()}: {peak / 1e12:.0f} TFLOP/s in bfloat16, {peak8 / 1e12:.0f} in FP8. "
        "Pictures a second at 1024x1024 (share of the limit):"
    )
    yield ""
    yield "| | bare diffusers, 1 | " + " | ".join(f"engine, {batch} a batch" for batch in BATCHES) + " |"
    yield "|---|" + "---|" * (len(BATCHES) + 1)
    for family, compiled, eight in (
        ("sdxl", False, False),
        ("sdxl", True, False),
        ("flux", False, False),
        ("flux", True, False),
        ("flux", True, True),
    ):
        words = family.upper() + (", compiled" if compiled else "") + (", FP8" if eight else "")
        pipeline = ready(BUILDERS[family](), compiled=compiled, eight=eight)
        limit = (peak8 if eight else peak) / WORK[family][1]
        cells = [
            f"{each:.3f} ({each / limit:.0%})"
            for each in asyncio.run(paces(pipeline, family, memory, shelf, rounds))
        ]
        yield f"| {words}, {WORK[family][0]} steps | " + " | ".join(cells) + " |"
        del pipeline
        gc.collect()
        torch.cuda.empty_cache()


async def paces(
    pipeline: Any, family: str, memory: Callable[..., Any], shelf: Callable[..., Any], rounds: int
) -> list[float]:
    """Pictures a second: bare, then through the engine for each size of batch."""
    import torch

    from .engine import described

    steps = WORK[family][0]
    found = []
    description = described(family, 1, SIZE)

    def bare() -> None:
        generator = torch.Generator("cpu").manual_seed(1)
        steering = description.steering(None, None)
        pipeline(
            prompt="a cube",
            num_inference_steps=steps,
            width=SIZE.width,
            height=SIZE.height,
            generator=generator,
            **steering,
        )

    bare()
    times = []
    for _ in range(min(rounds, 3)):
        begun = time.perf_counter()
        bare()
        times.append(time.perf_counter() - begun)
    found.append(1 / median(times))
    for batch in BATCHES:
        model = memory(
            pipeline, replace(description, at_once=batch * SIZE.width * SIZE.height), torch.device("cuda")
        )
        engine = Engine(shelf(model))
        times = []
        for number in range(min(rounds, 3) + 1):
            begun = time.perf_counter()
            orders = [
                Order(model=family, prompt="a cube", size=SIZE, seed=seed, steps=steps)
                for seed in range(batch)
            ]
            drawn = await asyncio.gather(*(picture(engine, each) for each in orders))
            if number and all(round(1 / each.share) == batch for each in drawn):
                times.append(time.perf_counter() - begun)
        await engine.close()
        found.append(batch / median(times) if times else float("nan"))
    return found


async def picture(engine: Engine, order: Order) -> Drawn:
    async for happening in engine.draw(order, caller="a"):
        last = happening
    assert isinstance(last, Drawn)
    return last


def ready(pipeline: Any, *, compiled: bool, eight: bool) -> Any:
    """On the GPU, in bfloat16 or FP8, compiled block by block."""
    network = getattr(pipeline, "transformer", None) or pipeline.unet
    if eight:
        from torchao.quantization import Float8DynamicActivationFloat8WeightConfig, quantize_

        quantize_(network, Float8DynamicActivationFloat8WeightConfig())
    if (
        compiled
        and hasattr(network, "compile_repeated_blocks")
        and getattr(network, "_repeated_blocks", None)
    ):
        network.compile_repeated_blocks(dynamic=False)
    elif compiled:
        network.compile(dynamic=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def speed(kind: Any) -> float:
    """Floating-point operations a second in a product of two 8192 x 8192 matrices."""
    import torch

    edge, times = 8192, 20
    one = torch.randn(edge, edge, device="cuda", dtype=torch.bfloat16).to(kind)
    two = torch.randn(edge, edge, device="cuda", dtype=torch.bfloat16).to(kind).t()
    unit = torch.ones((), device="cuda")

    def multiply() -> None:
        if kind == torch.float8_e4m3fn:
            torch._scaled_mm(
                one, two, scale_a=unit, scale_b=unit, out_dtype=torch.bfloat16, use_fast_accum=True
            )
        else:
            torch.matmul(one, two)

    for _ in range(5):
        multiply()
    torch.cuda.synchronize()
    begun = time.perf_counter()
    for _ in range(times):
        multiply()
    torch.cuda.synchronize()
    return float(2 * edge**3 * times / (time.perf_counter() - begun))


def sdxl() -> Any:
    import diffusers as D
    from tests.engines.diffusion import tiny_parts as parts

    unet = D.UNet2DConditionModel(
        sample_size=128, in_channels=4, out_channels=4, layers_per_block=2, cross_attention_dim=2048,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(320, 640, 1280), transformer_layers_per_block=(1, 2, 10), attention_head_dim=(5, 10, 20),
        use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
    )  # fmt: skip
    return D.StableDiffusionXLPipeline(
        unet=unet, vae=autoencoder(4, scaling_factor=0.13025), text_encoder=clip(768, 768),
        text_encoder_2=clip(1280, 1280, projected=True), tokenizer=parts.clip_tokenizer(),
        tokenizer_2=parts.clip_tokenizer(),
        scheduler=D.EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, steps_offset=1, beta_schedule="scaled_linear", timestep_spacing="leading"
        ),
    )  # fmt: skip


def flux() -> Any:
    import diffusers as D
    import transformers as T
    from tests.engines.diffusion import tiny_parts as parts

    transformer = D.FluxTransformer2DModel(guidance_embeds=True)
    wide = T.T5Config(
        vocab_size=512,
        d_model=4096,
        d_ff=1024,
        d_kv=64,
        num_layers=2,
        num_heads=16,
        feed_forward_proj="gated-gelu",
    )
    return D.FluxPipeline(
        transformer=transformer, vae=autoencoder(16, scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=clip(768, 768), text_encoder_2=T.T5EncoderModel(wide), tokenizer=parts.clip_tokenizer(),
        tokenizer_2=parts.t5_tokenizer(), scheduler=D.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
    )  # fmt: skip


def autoencoder(channels: int, **scale: float) -> Any:
    import diffusers as D

    return D.AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2, latent_channels=channels,
        use_quant_conv=channels == 4, use_post_quant_conv=channels == 4, sample_size=1024, **scale,
    )  # fmt: skip


def clip(width: int, projection: int, *, projected: bool = False) -> Any:
    import transformers as T

    config = T.CLIPTextConfig(
        hidden_size=width, projection_dim=projection, intermediate_size=1024, num_attention_heads=width // 64,
        num_hidden_layers=2, vocab_size=1000, bos_token_id=0, eos_token_id=2, pad_token_id=1,
    )  # fmt: skip
    return (T.CLIPTextModelWithProjection if projected else T.CLIPTextModel)(config)


def on_gpu(build: Callable[[], Any]) -> Callable[[], Any]:
    """Made where they are used: twelve billion random numbers take minutes on a processor."""

    def made() -> Any:
        import torch

        usual = torch.get_default_dtype()
        torch.set_default_dtype(torch.bfloat16)
        try:
            with torch.device("cuda"):
                pipeline = build()
        finally:
            torch.set_default_dtype(usual)
        return pipeline.to("cuda", torch.bfloat16)

    return made


BUILDERS: dict[str, Callable[[], Any]] = {"sdxl": on_gpu(sdxl), "flux": on_gpu(flux)}
