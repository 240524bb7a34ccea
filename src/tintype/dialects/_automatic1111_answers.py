"""What AUTOMATIC1111's web UI answers: pictures with their generation data, lists, and errors of FastAPI."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ..core import Answer, Completed, ImageRequest, JobView, Octets, Report
from ..core.errors import TintypeError
from ..wire import payload

UNKNOWN_SEED = -1

OPTIONS: dict[str, Any] = {
    "sd_vae": "Automatic",
    "CLIP_stop_at_last_layers": 1,
    "samples_format": "png",
    "show_progress_every_n_steps": 1,
    "return_grid": False,
}

LISTS: dict[str, Any] = {
    # Any name is taken: the model that draws has its own way. These are what clients choose by default.
    "samplers": [
        {"name": name, "aliases": [name.lower().replace(" ", "_")], "options": {}}
        for name in ("Automatic", "Euler", "Euler a", "DPM++ 2M")
    ],
    "schedulers": [
        {
            "name": "automatic",
            "label": "Automatic",
            "aliases": None,
            "default_rho": -1,
            "need_inner_model": False,
        }
    ],
    "upscalers": [{"name": "None", "model_name": None, "model_path": None, "model_url": None, "scale": 4}],
    "latent-upscale-modes": [],
    "sd-vae": [],
    "sd-modules": [],
    "hypernetworks": [],
    "loras": [],
    "embeddings": {"loaded": {}, "skipped": {}},
    "face-restorers": [],
    "realesrgan-models": [],
    "prompt-styles": [],
    "scripts": {"txt2img": [], "img2img": []},
    "script-info": [],
    "extensions": [],
    "cmd-flags": {},
    "memory": {
        "ram": {"error": "The memory of this server is not told."},
        "cuda": {"error": "The models behind this API are not on a CUDA device of this server."},
    },
}


def document(request: ImageRequest, pictures: Sequence[Completed], report: Report) -> Iterator[Octets]:
    parameters = request.echo["parameters"]
    images = payload.array([b'"', picture.image.as_base64(), b'"'] for picture in pictures)
    info = msgspec.json.encode(_info(request, pictures, report)).decode()
    tail = msgspec.json.encode({"parameters": parameters, "info": info})
    yield b'{"images":'
    yield from images
    yield b"," + tail[1:]


def _info(request: ImageRequest, pictures: Sequence[Completed], report: Report) -> dict[str, Any]:
    """The generation data, which clients keep beside a picture. A seed that no one knows is -1."""
    said = request.echo["parameters"]
    seeds = [UNKNOWN_SEED if picture.seed is None else picture.seed for picture in pictures]
    sizes = [picture.image.header().size for picture in pictures]
    first = next(filter(None, sizes), None)
    count = len(pictures)
    return {
        "prompt": said["prompt"],
        "all_prompts": [said["prompt"]] * count,
        "negative_prompt": said["negative_prompt"],
        "all_negative_prompts": [said["negative_prompt"]] * count,
        "seed": seeds[0] if seeds else UNKNOWN_SEED,
        "all_seeds": seeds,
        "subseed": UNKNOWN_SEED,
        "all_subseeds": [UNKNOWN_SEED] * count,
        "subseed_strength": 0,
        "width": first.width if first else said["width"],
        "height": first.height if first else said["height"],
        "sampler_name": said["sampler_name"],
        "cfg_scale": said["cfg_scale"],
        "steps": said["steps"],
        "batch_size": said["batch_size"],
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": report.model,
        "sd_model_hash": None,
        "sd_vae_name": None,
        "sd_vae_hash": None,
        "seed_resize_from_w": -1,
        "seed_resize_from_h": -1,
        "denoising_strength": said.get("denoising_strength"),
        "extra_generation_params": {},
        "index_of_first_image": 0,
        "infotexts": [
            _infotext(said, report.model, seed, str(size or first))
            for seed, size in zip(seeds, sizes, strict=True)
        ],
        "styles": [],
        "job_timestamp": timestamp(report.created),
        "clip_skip": 1,
        "is_using_inpainting_conditioning": False,
        "version": "tintype",
    }


def _infotext(said: dict[str, Any], model: str, seed: int, size: str) -> str:
    """The same in words, as the web UI writes it into its files and reads it back."""
    lines = [said["prompt"]]
    if said["negative_prompt"]:
        lines.append(f"Negative prompt: {said['negative_prompt']}")
    lines.append(
        f"Steps: {said['steps']}, Sampler: {said['sampler_name']}, CFG scale: {said['cfg_scale']}, "
        f"Seed: {seed}, Size: {size}, Model: {model}"
    )
    return "\n".join(lines)


def timestamp(seconds: float) -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(seconds))


def error(error: TintypeError) -> Answer:
    """A field at fault is 422 with where it is, as FastAPI's own validation says it; all else is one sentence."""
    detail: Any = str(error)
    status = error.status
    if status == 400 and error.param:
        status = 422
        detail = [{"type": error.code, "loc": ["body", error.param], "msg": str(error)}]
    body = {"error": error.code, "detail": detail, "body": "", "errors": str(error)}
    headers = {"www-authenticate": "Basic"} if status == 401 else {}
    return Answer(body=msgspec.json.encode(body), status=status, headers=headers)


def progress(job: JobView | None, *, with_picture: bool) -> Answer:
    """Between 0.01 and 1 while one runs, and 0 when none does."""
    wanted = job.request.n if job else 0
    done = [event for event in job.events if isinstance(event, Completed)] if job else []
    share = min(0.01 + len(done) / wanted, 1.0) if wanted else 0.0
    began = job.report.created if job else 0
    spent = max(time.time() - began, 0.0) if job else 0.0
    state = {
        "skipped": False,
        "interrupted": False,
        "stopping_generation": False,
        "job": "scripts_txt2img" if job and not job.request.images else "scripts_img2img" if job else "",
        "job_count": wanted,
        "job_timestamp": timestamp(began) if job else "0",
        "job_no": len(done),
        "sampling_step": 0,
        "sampling_steps": 0,
    }
    head = {
        "progress": round(share, 4),
        "eta_relative": round(spent / share - spent, 3) if share else 0.0,
        "state": state,
        "textinfo": None,
    }
    picture: list[Octets] = [b"null"]
    if with_picture and done:
        picture = [b'"', done[-1].image.as_base64(), b'"']
    return Answer(body=b"".join(payload.object_holding(head, "current_image", picture)))
