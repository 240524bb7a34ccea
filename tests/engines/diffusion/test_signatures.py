"""What pipelines take is the same by diffusers' source as by its classes, and costs no import of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from tintype.engines.diffusion import signatures
from tintype.engines.diffusion.families import FAMILIES

from .tiny import saved
from .tiny_parts import D

PIPELINES = sorted({made for family in FAMILIES.values() for made in family.tasks.values()})


@pytest.mark.parametrize("name", PIPELINES)
def test_the_source_tells_what_the_class_does(name: str) -> None:
    told, real = signatures.of(name), signatures.of_class(getattr(D, name))
    assert told.takes_loras == real.takes_loras
    assert list(told.parameters) == list(real.parameters)
    for parameter, wanted in real.parameters.items():
        assert told.parameters[parameter].default in (wanted.default, ...), parameter
    assert told.parameters["num_inference_steps"].default == real.parameters["num_inference_steps"].default


def test_a_pipeline_that_this_diffusers_has_not_is_not_there() -> None:
    assert signatures.is_there("FluxPipeline")
    assert not signatures.is_there("FluxPipelin")


def test_a_diffusers_that_keeps_its_pipelines_elsewhere_is_asked_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_source = signatures.of("FluxPipeline")
    signatures.of.cache_clear()
    monkeypatch.setattr(signatures, "_folder", lambda name: None)
    assert signatures.is_there("FluxPipeline")
    asked = signatures.of("FluxPipeline")
    signatures.of.cache_clear()
    assert list(asked.parameters) == list(by_source.parameters)


def test_a_class_that_has_its_call_from_another_is_asked_itself() -> None:
    source = "class A:\n    def __call__(self, prompt=None): ...\n\nclass B(A):\n    pass\n"
    assert signatures._of_source(source, "B") is None
    found = signatures._of_source(source, "A")
    assert found is not None
    assert list(found.parameters) == ["prompt"]


def test_a_server_that_starts_imports_neither_torch_nor_diffusers() -> None:
    """Which takes them seconds: they are imported while models are loaded, behind a server that answers."""
    code = f"""
import sys
from tintype.core import Access
from tintype.providers.diffusion import Diffusion
access = Access(name="diffusion", options={{"models": {{"m": {{"source": {str(saved("sdxl"))!r}}}}}}})
Diffusion.open(access)
[card] = Diffusion.cards(access)
assert card.partial_images == 3 and card.mask, card
print(*sorted({{"torch", "diffusers", "transformers"}} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(signatures.__file__).parents[3])},
    )
    assert done.stdout.split() == []
