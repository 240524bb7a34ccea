"""The picture behind the noise: the estimate at a step, and its colours."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from tintype.core import Size
from tintype.engines.diffusion import latents
from tintype.engines.diffusion.previews import Previewer, fit, marks
from tintype.engines.diffusion.tapping import Step, tap

from .tiny import torch
from .tiny_parts import D as diffusers

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SCHEDULERS = [
    ("DDIMScheduler", {}),
    ("DDIMScheduler", {"prediction_type": "v_prediction", "clip_sample": False}),
    ("DDPMScheduler", {"clip_sample": False}),
    ("PNDMScheduler", {"skip_prk_steps": True}),
    ("PNDMScheduler", {"skip_prk_steps": True, "prediction_type": "v_prediction"}),
    ("DPMSolverMultistepScheduler", {}),
    ("DPMSolverMultistepScheduler", {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}),
    ("UniPCMultistepScheduler", {}),
    ("UniPCMultistepScheduler", {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}),
    ("EulerDiscreteScheduler", {}),
    ("EulerAncestralDiscreteScheduler", {}),
    ("FlowMatchEulerDiscreteScheduler", {"shift": 3.0}),
    ("FlowMatchEulerDiscreteScheduler", {"stochastic_sampling": True}),
]


@pytest.mark.parametrize(("name", "config"), SCHEDULERS, ids=str)
def test_the_estimate_is_the_picture_when_the_model_knows_it(name: str, config: dict[str, Any]) -> None:
    """A model that always sees through the noise: what it is shown of must be the picture at every step, though the
    latents are still covered."""
    scheduler = getattr(diffusers, name)(**config)
    scheduler.set_timesteps(6)
    chance = torch.Generator().manual_seed(3)
    picture = torch.rand(2, 4, 8, 8, generator=chance) * 0.9
    sample = torch.randn(picture.shape, generator=chance) * getattr(scheduler, "init_noise_sigma", 1.0)
    wrong = []
    with tap(scheduler, lambda step: wrong.append(float((step.guess() - picture).abs().max()))):
        for timestep in scheduler.timesteps:
            output = _seen_through(scheduler, sample, picture, timestep)
            sample = scheduler.step(output, timestep, sample, return_dict=False)[0]
    assert len(wrong) == len(scheduler.timesteps)
    assert max(wrong) < 1e-2


def _seen_through(scheduler: Any, sample: Any, picture: Any, timestep: Any) -> Any:
    """What a perfect model says of `sample`."""
    kind = "flow_prediction"
    if hasattr(scheduler, "scale_model_input"):
        scheduler.scale_model_input(sample, timestep)  # Euler's wants to have been asked
        kind = scheduler.config.prediction_type
    if hasattr(scheduler, "sigmas"):
        if scheduler.step_index is None:
            scheduler._init_step_index(timestep)
        sigma = scheduler.sigmas[scheduler.step_index]
        if kind == "flow_prediction":
            return (sample - picture) / sigma
        clean, noise = (1.0, sigma)
        if hasattr(scheduler, "_sigma_to_alpha_sigma_t"):
            clean, noise = scheduler._sigma_to_alpha_sigma_t(sigma)
        return (sample - clean * picture) / noise
    alpha = scheduler.alphas_cumprod[int(timestep)]
    noise = (sample - alpha.sqrt() * picture) / (1 - alpha).sqrt()
    return noise if kind == "epsilon" else alpha.sqrt() * noise - (1 - alpha).sqrt() * picture


def test_pipelines_still_see_what_a_step_takes() -> None:
    """diffusers looks for `generator` and `eta` in the signature: without them a seed would mean nothing."""
    import inspect

    scheduler = diffusers.EulerAncestralDiscreteScheduler()
    before = inspect.signature(scheduler.step)
    with tap(scheduler, lambda step: None):
        assert inspect.signature(scheduler.step) == before


def test_an_error_at_a_step_ends_the_run() -> None:
    scheduler = diffusers.DDIMScheduler()
    scheduler.set_timesteps(6)

    def stop(step: Step) -> None:
        raise KeyError(step.number)

    with pytest.raises(KeyError), tap(scheduler, stop):
        scheduler.step(torch.zeros(1, 4, 8, 8), scheduler.timesteps[0], torch.zeros(1, 4, 8, 8))


@pytest.mark.parametrize("shape", [(2, 4, 6, 8), (2, 16, 1, 6, 8), (2, 12, 64)], ids=str)
def test_latents_in_every_shape_are_a_plane_and_back(shape: tuple[int, ...]) -> None:
    held = torch.randn(shape)
    cells = latents.plane(held, Size(64, 48), 8)
    assert cells.shape[0] == 2
    assert cells.shape[-2:] == (6, 8)
    assert torch.equal(latents.shaped(cells, shape), held)


def test_the_tokens_of_reference_pictures_are_not_the_picture() -> None:
    held = torch.randn(1, 12 + 30, 64)
    assert torch.equal(latents.plane(held, Size(64, 48), 8), latents.plane(held[:, :12], Size(64, 48), 8))
    with pytest.raises(ValueError, match="12 tokens"):
        latents.plane(held[:, :12], Size(128, 128), 8)


def test_neighbours_in_a_plane_are_neighbours_in_the_picture() -> None:
    """As FLUX packs them: 2 x 2 cells to a token, channel by channel."""
    packed = diffusers.FluxPipeline._pack_latents(torch.arange(2 * 16 * 6 * 8.0), 2, 16, 6, 8)
    assert torch.equal(latents.plane(packed, Size(64, 48), 8).flatten(), torch.arange(2 * 16 * 6 * 8.0))


class Autoencoder(torch.nn.Module):  # type: ignore[misc]
    """Its latents are the picture's own colours, box by box, in four channels of which one means nothing."""

    dtype = torch.float32

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.config = config

    def encode(self, pixels: Any) -> Any:
        boxes = torch.nn.functional.avg_pool2d(pixels, 8)
        told = torch.cat(
            [boxes[:, 2:], boxes[:, 0:1] * 3 + 1, torch.zeros_like(boxes[:, :1]), boxes[:, 1:2]], 1
        )
        return type("Told", (), {"latents": told})()


def test_the_map_of_colours_is_found() -> None:
    vae = Autoencoder()
    matrix, offset = fit(vae, 8, "cpu")
    red = torch.tensor([1.0, -1.0, -1.0]).view(1, 3, 1, 1).expand(1, 3, 16, 16)
    told = vae.encode(red).latents.permute(0, 2, 3, 1) @ matrix + offset
    assert torch.allclose(told[0, 0, 0], torch.tensor([1.0, -1.0, -1.0]), atol=0.02)


@pytest.mark.parametrize(
    "config",
    [
        {"scaling_factor": 0.13025},
        {"scaling_factor": 0.3611, "shift_factor": 0.1159},
        {"latents_mean": [0.1, 0.2, -0.3, 0.0], "latents_std": [1.0, 2.0, 0.5, 3.0]},
        {"latents_mean": [0.1, 0.2, -0.3, 0.0], "latents_std": [1.0, 2.0, 0.5, 3.0], "scaling_factor": 0.5},
        {"batch_norm_eps": 1e-4},
    ],
    ids=str,
)
def test_colours_are_right_on_every_scale_that_pipelines_have(config: dict[str, Any]) -> None:
    vae = Autoencoder(**config)
    if "batch_norm_eps" in config:
        vae.bn = torch.nn.BatchNorm2d(16, affine=False)
        vae.bn.running_mean = torch.linspace(-1, 1, 16)
        vae.bn.running_var = torch.linspace(0.5, 2, 16)
    pipeline = type("Pipeline", (), {"vae": vae, "vae_scale_factor": 8})()
    blue = torch.tensor([-1.0, -1.0, 1.0]).view(1, 3, 1, 1).expand(1, 3, 64, 48)
    own = vae.encode(blue).latents
    held = latents.pipeline_scale(vae, own)
    assert not torch.allclose(held, own)
    assert torch.allclose(latents.own_scale(vae, held), own, atol=1e-5)
    [preview] = Previewer(pipeline, "cpu")(held, Size(48, 64))
    assert preview.size == (6, 8)
    pixel = preview.getpixel((2, 2))
    assert isinstance(pixel, tuple)
    assert all(abs(one - two) <= 3 for one, two in zip(pixel, (0, 0, 255), strict=True))


def test_a_tiny_autoencoder_draws_larger_previews() -> None:
    torch.manual_seed(0)  # some weights draw nothing but black
    tiny = diffusers.AutoencoderTiny(
        latent_channels=4,
        encoder_block_out_channels=(8,) * 4,
        decoder_block_out_channels=(8,) * 4,
        num_encoder_blocks=(1,) * 4,
        num_decoder_blocks=(1,) * 4,
    )
    pipeline = type("Pipeline", (), {"vae": Autoencoder(), "vae_scale_factor": 8})()
    pictures = Previewer(pipeline, "cpu", tiny)(torch.randn(2, 4, 4, 6), Size(48, 32))
    assert [picture.size for picture in pictures] == [(48, 32)] * 2
    assert pictures[0].tobytes() != pictures[1].tobytes()


@pytest.mark.parametrize("steps", range(1, 12))
@pytest.mark.parametrize("previews", range(4))
def test_previews_are_spread_over_the_steps_and_never_the_last(steps: int, previews: int) -> None:
    shown = marks(steps, previews)
    assert len(set(shown)) == len(shown) == min(previews, max(0, steps - 1)) or steps <= previews
    assert all(0 <= step < steps - 1 for step in shown)
