"""Diffusion models on the command line: `tintype serve --diffusion`, what is said without torch, and the doctor."""

from __future__ import annotations

from typing import Any

import pytest

from tintype.catalog import load
from tintype.cli.serve import DIFFUSION, with_diffusion
from tintype.core import Access
from tintype.core.errors import BadRequest
from tintype.engines.diffusion import installed
from tintype.providers.diffusion import Diffusion

from .conftest import Tintype


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what diffusion models are drawn with."""
    monkeypatch.setattr(installed, "NEEDED", ("torch", "diffusers_that_nobody_has"))
    monkeypatch.setattr(installed, "find_spec", lambda name: name == "torch" or None)


@pytest.mark.parametrize(
    ("environ", "models", "named"),
    [
        ({}, [], None),
        ({}, ["/models/a", "b=/models/b"], "/models/a,b=/models/b"),
        ({DIFFUSION: "c=d"}, ["/models/a"], "c=d,/models/a"),
        ({DIFFUSION: "c=d"}, [], "c=d"),
    ],
)
def test_models_are_named_on_the_command_line(
    environ: dict[str, str], models: list[str], named: str | None
) -> None:
    assert with_diffusion(environ, models).get(DIFFUSION) == named


def test_a_model_with_a_comma_needs_a_table() -> None:
    with pytest.raises(BadRequest, match=r"tintype\.toml"):
        with_diffusion({}, ["/models/a,b"])


def test_the_variable_is_the_one_of_the_catalog() -> None:
    (engine,) = (service for service in load() if service.name == "diffusion")
    assert engine.settings["environment"]["also"] == DIFFUSION
    assert set(engine.settings["environment"]) <= set(Diffusion.options)


def test_without_torch_one_sentence_says_what_to_install(
    bare: None, tintype: Tintype, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tintype("serve", "--port", "0", "--diffusion", "sdxl=stabilityai/sdxl")
    assert told.code == 1
    (line,) = told.err.splitlines()
    assert line.startswith("tintype: sdxl cannot be drawn here. ")
    assert line.endswith("pip install 'tintype[diffusion]'")
    monkeypatch.setenv(DIFFUSION, "sdxl=stabilityai/sdxl")
    assert "pip install 'tintype[diffusion]'" in tintype("models").err


def test_without_torch_everything_else_works(bare: None, tintype: Tintype) -> None:
    assert tintype("models").code == 0
    assert tintype("gen", "-m", "tintype-illustrator", "-s", "64x64", "-q", "low", "a fox").code == 0
    doctor = tintype("doctor")
    assert doctor.code == 0
    assert "diffusion" not in doctor.out


def test_the_doctor_says_what_is_missing(
    bare: None, tintype: Tintype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DIFFUSION, "stabilityai/sdxl")
    told = tintype("doctor")
    assert told.code == 1
    lines = [line for line in told.out.splitlines() if line.split()[1] == "diffusion"]
    assert len(lines) == 1
    assert lines[0].startswith("fail")
    assert "pip install 'tintype[diffusion]'" in lines[0]


@pytest.mark.parametrize(
    "text",
    [
        "[engine.cubism]\n",
        '[engine]\ndiffusion = "yes"\n',
        '[engine.diffusion.models."a"]\nsource = "x"\ncolour = 1\n',
        '[engine.diffusion]\nalso = "a"\ncolour = 1\n',
    ],
)
def test_a_setting_that_is_not_there_stops_the_start(tintype: Tintype, text: str, tmp_path: Any) -> None:
    (tmp_path / "tintype.toml").write_text(text)
    told = tintype("models")
    assert told.code != 0
    assert "engine" in told.err


def test_the_home_of_nobody_stops_the_start(tintype: Tintype) -> None:
    told = tintype("serve", "--port", "0", "--diffusion", "~nobody-here/model")
    assert (told.code, told.err.count("\n")) == (1, 1)
    assert "nobody in whose home '~nobody-here/model' would be" in told.err


def test_the_doctor_tells_device_and_models(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("diffusers", reason="the device is told by torch, of the extra `diffusion`")
    from ..engines.diffusion.tiny import EDGE, saved

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    tables = {name: {"source": str(saved("sdxl")), "edge": EDGE} for name in ("local/a", "local/b")}
    options: dict[str, Any] = {"device": "cpu", "models": {**tables, "lost": {"source": "/no/such/folder"}}}
    told = list(Diffusion.examine(Access(name="diffusion", options=options)))
    assert [verdict for verdict, _ in told] == ["ok", "ok", "ok", "fail"]
    assert "(cpu) draws" in told[0][1]
    assert "local/a: Stable Diffusion XL, text, image, inpaint" in told[1][1]
    assert "previews by a linear map" in told[1][1]
    assert "/no/such/folder" in told[3][1]
    size = sum(path.stat().st_size for path in saved("sdxl").rglob("*.safetensors"))
    told = list(Diffusion.examine(Access(name="diffusion", options={**options, "budget": size // 2})))
    assert told[1][0] == "fail"
    assert "It would fit with" in told[1][1]
    options["models"].pop("lost")
    told = list(Diffusion.examine(Access(name="diffusion", options={**options, "budget": round(size * 1.5)})))
    assert [verdict for verdict, _ in told] == ["ok", "ok", "ok", "warn"]
    assert "put aside" in told[3][1]
    (first,) = Diffusion.examine(Access(name="diffusion", options={**options, "device": "cuda:9"}))
    assert first[0] == "fail"
    assert "cuda:9" in first[1]
