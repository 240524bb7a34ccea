"""Models on the hub: which of their files are needed, fetched with progress, and errors in a sentence."""

from __future__ import annotations

import errno
import importlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...core.errors import Unavailable
from . import installed

Downloaded = Callable[[str, int, int], None]
"""Told the model's name, how many bytes are here, and how many there are in all."""

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_CONFIGURATION = ("model_index.json", "*/config.json", "*/scheduler_config.json")
_PART = ("config.json", "diffusion_pytorch_model.safetensors")
_BESIDE_WEIGHTS = (".json", ".txt", ".model", ".jinja")
_SHARD = re.compile(r"(?P<stem>[^.]+?)(?:\.(?P<variant>[a-z0-9]+?))?(?:-\d{5}-of-\d{5})?\.safetensors")


def is_id(path: str) -> bool:
    """Whether this may be a model's id on the hub: "owner/name"."""
    return _ID.fullmatch(path) is not None


def configuration(path: str, revision: str | None) -> Path:
    """A folder with the model's configuration files, and no weights. Raises Unavailable."""
    return _of_pipeline(path, _snapshot(path, revision, _CONFIGURATION))


def part(path: str, *, weights: bool = True) -> Path:
    """A folder with a single component: its configuration, and its weights if they are wanted. Raises Unavailable."""
    if weights and has_part(path):
        return Path(_library().try_to_load_from_cache(path, _PART[0])).parent
    folder = _snapshot(path, None, _PART if weights else _PART[:1])
    if weights and not all((folder / file).is_file() for file in _PART):
        raise Unavailable(f"{path} has not both of {' and '.join(_PART)} here.", code="model_not_here")
    return folder


def has_part(path: str) -> bool:
    """Whether `part` would find all of it on this machine. Asks nobody."""
    library = _library()
    return all(isinstance(library.try_to_load_from_cache(path, file), str) for file in _PART)


def weight(path: str, revision: str | None, variant: str | None) -> int | None:
    """Bytes of the weights that `fetch` would bring, or None where the hub cannot be asked."""
    if installed.offline():
        return None
    sizes = _sizes(path, revision)
    picked = pick(sizes, _parts(path, revision), variant)
    return sum(size for name, size in sizes.items() if name in picked and _is_weights(name))


def fetch(
    path: str,
    revision: str | None,
    *,
    variant: str | None = None,
    without: str | None = None,
    name: str = "",
    downloaded: Downloaded | None = None,
) -> Path:
    """The folder of the whole model, downloaded where it is not here yet; `without` the weights of one component.

    Blocks, for as long as a download takes. Raises Unavailable.
    """
    parts = _parts(path, revision)
    if installed.offline():
        folder = configuration(path, revision)
        if lost := missing(folder, parts, without):
            raise Unavailable(
                f"The weights of {path} ({lost}) are not on this machine, and HF_HUB_OFFLINE is set. Download them first, "
                f"where there is a network: hf download {path}",
                code="model_not_here",
            )
        return folder
    sizes = _sizes(path, revision)
    picked = pick(sizes, parts, variant, without)
    total = sum(sizes[file] for file in picked)
    _enough_disk(path, total)
    here = 0

    def count(more: int) -> None:
        nonlocal here
        here = min(here + more, total)
        if downloaded is not None:
            downloaded(name or path, here, total)

    return _of_pipeline(path, _snapshot(path, revision, picked, meter=count))


def pick(
    files: Iterable[str], parts: Iterable[str], variant: str | None = None, without: str | None = None
) -> tuple[str, ...]:
    """The files that a pipeline of these parts is loaded from: each part's configuration, and its weights once.

    >>> pick(["model_index.json", "unet/config.json", "unet/m.safetensors", "unet/m.fp16.safetensors", "x.png"], ["unet"])
    ('model_index.json', 'unet/config.json', 'unet/m.safetensors')
    """
    files = sorted(files)
    picked = [file for file in files if file == "model_index.json"]
    for part in sorted(parts):
        inside = [file for file in files if file.startswith(f"{part}/") and file.count("/") == 1]
        picked += [file for file in inside if file.endswith(_BESIDE_WEIGHTS)]
        if part != without:
            picked += _weights(inside, variant)
    return tuple(picked)


def _weights(files: list[str], variant: str | None) -> list[str]:
    """Those of the variant, or the plain ones where it has none; torch's own format where there is no other."""
    found: dict[str | None, list[str]] = {}
    for file in files:
        shape = _SHARD.fullmatch(file.rsplit("/", 1)[-1])
        if shape is not None:
            found.setdefault(shape["variant"], []).append(file)
    if found:
        return found.get(variant) or found.get(None) or next(iter(found.values()))
    return [file for file in files if file.endswith(".bin")]


def _is_weights(file: str) -> bool:
    return file.endswith((".safetensors", ".bin"))


def _parts(path: str, revision: str | None) -> tuple[str, ...]:
    index = json.loads((configuration(path, revision) / "model_index.json").read_bytes())
    return tuple(name for name, value in index.items() if isinstance(value, list) and value and value[0])


def _snapshot(
    path: str, revision: str | None, patterns: Iterable[str], meter: Callable[[int], None] | None = None
) -> Path:
    library = _library()
    with _sentences(path, revision):
        return Path(
            library.snapshot_download(
                path,
                revision=revision,
                allow_patterns=list(patterns),
                local_files_only=installed.offline(),
                tqdm_class=_meter(library, meter or (lambda more: None)),
            )
        )


def _of_pipeline(path: str, folder: Path) -> Path:
    if not (folder / "model_index.json").is_file():
        raise Unavailable(
            f"{path} has no model_index.json: it is not a diffusion model in diffusers' form. Where it holds a single "
            "file (.safetensors, .gguf), download that and name the file.",
            code="not_a_diffusion_model",
        )
    return folder


def _sizes(path: str, revision: str | None) -> Mapping[str, int]:
    with _sentences(path, revision):
        told = _library().HfApi().model_info(path, revision=revision, files_metadata=True)
    return {file.rfilename: int(file.size or 0) for file in told.siblings or ()}


def missing(folder: Path, parts: Iterable[str], without: str | None = None) -> str | None:
    """The component whose weights are not, or not all, in the folder; None where nothing is missing."""
    for part in parts:
        inside = folder / part
        if part == without or not (inside / "config.json").is_file():
            continue
        here = {file.name for file in inside.iterdir() if file.is_file()}
        wanted = {
            shard
            for name in here
            if name.endswith(".index.json")
            for shard in json.loads((inside / name).read_bytes()).get("weight_map", {}).values()
        }
        if not any(map(_is_weights, here)) or (wanted - here and not _is_whole(here)):
            return part
    return None


def _is_whole(files: Iterable[str]) -> bool:
    """Whether there are weights that are not one of several parts."""
    return any(_is_weights(file) and not re.search(r"-\d{5}-of-\d{5}\.", file) for file in files)


def _enough_disk(path: str, total: int) -> None:
    folder = Path(importlib.import_module("huggingface_hub.constants").HF_HUB_CACHE)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if total > free and not installed.offline():
        raise Unavailable(
            f"{path} takes {total / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB left. Make room, or set HF_HOME to "
            "a folder on a larger disk.",
            code="disk_full",
        )


def _library() -> Any:
    return installed.optional("huggingface_hub", "A model from the hub", "'tintype[diffusion]'")


def _meter(library: Any, count: Callable[[int], None]) -> Any:
    """A progress bar of the library's kind that shows nothing, and counts what is written to the disk."""
    base = importlib.import_module("huggingface_hub.utils").tqdm

    def start(self: Any, *args: Any, **options: Any) -> None:
        self.counts = options.get("name") == "huggingface_hub.snapshot_download"
        base.__init__(self, *args, **{**options, "disable": True})

    def update(self: Any, n: float | None = 1) -> Any:
        if self.counts:
            count(int(n or 0))
        return base.update(self, n)

    return type("Meter", (base,), {"__init__": start, "update": update, "counts": False})


@contextmanager
def _sentences(path: str, revision: str | None) -> Iterator[None]:
    """Turn the library's errors into ours."""
    errors = importlib.import_module("huggingface_hub.errors")
    try:
        yield
    except errors.GatedRepoError as error:
        raise Unavailable(
            f"{path} is given only to those who agreed to its conditions: do so at https://huggingface.co/{path}, "
            "then set HF_TOKEN.",
            code="model_gated",
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise Unavailable(
            f"There is no model {path} on the hub, or it is private; for a private one, set HF_TOKEN.",
            code="model_not_there",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise Unavailable(f"{path} has no revision '{revision}'.", code="model_not_there") from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        if not installed.offline():
            raise Unavailable(
                f"{path} is not on this machine, and the hub cannot be reached: {_first_line(error)}",
                code="model_not_here",
            ) from error
        raise Unavailable(
            f"{path} is not on this machine, and HF_HUB_OFFLINE is set. Download it first, where there is a network: "
            f"hf download {path}",
            code="model_not_here",
        ) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Unavailable(
                f"The disk is full: {path} could not be downloaded whole.", code="disk_full"
            ) from error
        raise Unavailable(f"{path} cannot be downloaded: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
