"""Latents of any family as a plane of channels, and on the scale that the autoencoder has them on."""

from __future__ import annotations

from typing import Any

from ...core import Size
from . import installed

Tensor = Any  # torch.Tensor: this package is checked without torch, too
Pipeline = Any
Autoencoder = Any
Scheduler = Any


def autoencoder(pipeline: Pipeline) -> Autoencoder | None:
    """Kandinsky's is called MoVQ."""
    return getattr(pipeline, "vae", None) or getattr(pipeline, "movq", None)


def pixels_per_cell(pipeline: Pipeline) -> int:
    """How many pixels, in each direction, one cell of the latents stands for."""
    for name in ("vae_scale_factor", "vae_scale_factor_spatial", "movq_scale_factor"):
        factor = getattr(pipeline, name, None)
        if factor:
            return int(factor)
    return 8


def channels_of(vae: Autoencoder) -> int | None:
    """How many the latents have on the autoencoder's own scale; None where it does not tell."""
    told = vae.config.get("latent_channels") or vae.config.get("z_dim")
    return None if told is None else int(told)


def plane(latents: Tensor, size: Size, cell: int, channels: int | None = None) -> Tensor:
    """As a pipeline holds them, to (batch, channels, height, width), one cell for `cell` pixels.

    Pipelines have them like that already; with a frame (batch, channels, 1, height, width), or with the channels last
    and those of a reference after them, where `channels` tells them apart; or packed for a transformer (batch,
    cells / 4, channels * 4), where 2 x 2 cells are a token, and more tokens than the picture's may follow. Raises
    ValueError when there are fewer.

    `size` is in pixels and matters for packed ones only.
    """
    if latents.dim() == 5:
        if channels and latents.shape[1] != channels:  # Kandinsky 5
            return latents[:, 0, :, :, :channels].permute(0, 3, 1, 2)
        return latents[:, :, 0]
    if latents.dim() == 4:
        return latents
    batch, tokens, depth = latents.shape
    height, width = size.height // (cell * 2), size.width // (cell * 2)
    if height * width > tokens:
        raise ValueError(f"{tokens} tokens are not a picture of {size}")
    cells = latents[:, : height * width].reshape(batch, height, width, depth // 4, 2, 2)
    return cells.permute(0, 3, 1, 4, 2, 5).reshape(batch, depth // 4, height * 2, width * 2)


def shaped(cells: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The other way round: a plane in the shape in which a pipeline has its latents. Raises ValueError where they
    do not fit."""
    batch, channels, height, width = cells.shape
    if len(shape) == 3:
        packed = cells.reshape(batch, channels, height // 2, 2, width // 2, 2).permute(0, 2, 4, 1, 3, 5)
        cells = packed.reshape(batch, (height // 2) * (width // 2), channels * 4)
    elif len(shape) == 5 and shape[1] == channels:
        cells = cells.unsqueeze(2)
    elif len(shape) == 5:  # Kandinsky 5
        cells = cells.permute(0, 2, 3, 1).unsqueeze(1)
    if tuple(cells.shape) != tuple(shape):
        raise ValueError(f"latents of {tuple(cells.shape)} where {tuple(shape)} were wanted")
    return cells


def encode(vae: Autoencoder, pixels: Tensor, device: Any) -> Tensor:
    """Pixels (batch, 3, height, width) from -1 to 1, to a plane of float32 on the autoencoder's own scale.

    The most likely latents, not a sample. An autoencoder that needs float32 for it (SDXL's) has it meanwhile.
    """
    torch = installed.torch()

    usual = vae.dtype
    upcast = usual == torch.float16 and bool(vae.config.get("force_upcast"))
    with torch.no_grad():
        if upcast:
            vae.to(torch.float32)
        try:
            pixels = pixels.to(device, torch.float32 if upcast else usual)
            told = vae.encode(pixels.unsqueeze(2) if _has_frames(vae) else pixels)
        finally:
            if upcast:
                vae.to(usual)
    if hasattr(told, "latent_dist"):
        cells = told.latent_dist.mode()
    else:
        cells = told.latent if hasattr(told, "latent") else told.latents
    return (cells[:, :, 0] if cells.dim() == 5 else cells).float()


def own_scale(vae: Autoencoder, cells: Tensor) -> Tensor:
    """From the scale of the pipeline to the autoencoder's own."""
    mean, deviation = (_spread(values, cells) for values in _scale(vae, cells.shape[1]))
    return cells * deviation + mean


def pipeline_scale(vae: Autoencoder, cells: Tensor) -> Tensor:
    """From the autoencoder's own scale to the pipeline's, where latents are about as large as noise."""
    mean, deviation = (_spread(values, cells) for values in _scale(vae, cells.shape[1]))
    return (cells - mean) / deviation


def _scale(vae: Autoencoder, channels: int) -> tuple[Tensor, Tensor]:
    """Mean and deviation, of which diffusers has three conventions: FLUX.2's statistics of 2 x 2 cells, a list of
    either for the channels, and one number. (1, channels, 1, 1) or (1, channels, 2, 2)."""
    torch = installed.torch()

    config = vae.config
    statistics: Any = getattr(vae, "bn", None)
    if getattr(statistics, "running_var", None) is not None:
        mean = statistics.running_mean.float()
        deviation = (statistics.running_var.float() + config.get("batch_norm_eps", 1e-4)).sqrt()
        return mean.reshape(1, channels, 2, 2), deviation.reshape(1, channels, 2, 2)
    factor = config.get("scaling_factor") or 1.0
    if type(vae).__name__ == "VQModel":  # Kandinsky's has a factor that nobody asks for
        factor = 1.0
    if config.get("latents_mean") is not None and config.get("latents_std") is not None:
        mean = torch.tensor(config["latents_mean"], dtype=torch.float32)
        deviation = torch.tensor(config["latents_std"], dtype=torch.float32) / factor
        return mean.reshape(1, -1, 1, 1), deviation.reshape(1, -1, 1, 1)
    shift = config.get("shift_factor") or 0.0
    return torch.full((1, 1, 1, 1), float(shift)), torch.full((1, 1, 1, 1), 1.0 / factor)


def _spread(values: Tensor, cells: Tensor) -> Tensor:
    values = values.to(cells.device, cells.dtype)
    if values.shape[-1] == 1:
        return values
    return values.repeat(1, 1, cells.shape[-2] // values.shape[-2], cells.shape[-1] // values.shape[-1])


def _has_frames(vae: Autoencoder) -> bool:
    """An autoencoder of films takes a picture as a film of one frame."""
    torch = installed.torch()

    return any(isinstance(module, torch.nn.Conv3d) for module in vae.modules())
