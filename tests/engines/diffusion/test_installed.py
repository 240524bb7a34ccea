"""What is said where torch or diffusers is missing or broken: in a process of its own, with packages that are made up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

VISION = 'raise RuntimeError("operator torchvision::nms does not exist")'
LAZY = f"def __getattr__(name):\n    {VISION}"


def _said(folder: Path, packages: dict[str, str], ask: str) -> str:
    for name, text in packages.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(text)
    script = (
        "import importlib.util, sys\n"
        f"packages = {sorted(packages)}\n"
        "class Only:\n"  # hides what is installed here
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'diffusers', 'transformers', 'accelerate') and name not in packages:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Only())\n"
        "real = importlib.util.find_spec\n"
        "def find_spec(name, package=None):\n"
        "    try:\n        return real(name, package)\n    except ModuleNotFoundError:\n        return None\n"
        "importlib.util.find_spec = find_spec\n"
        "from tintype.core.errors import Unavailable\n"
        "from tintype.engines.diffusion import installed\n"
        "try:\n"
        f"    print({ask})\n"
        "except Unavailable as error:\n"
        "    print(error.code, error)\n"
    )
    source = str(Path(__file__).parents[3] / "src")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), source))},
    )
    return done.stdout.strip()


def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    said = _said(tmp_path, {}, "installed.diffusers()")
    assert said == (
        "diffusion_not_installed Diffusion models need torch, not installed here: pip install 'tintype[diffusion]'"
    )


def test_without_diffusers_it_says_what_to_install(tmp_path: Path) -> None:
    said = _said(tmp_path, {"torch": ""}, "installed.diffusers()")
    assert said.endswith(
        "Diffusion models need diffusers, not installed here: pip install 'tintype[diffusion]'"
    )


@pytest.mark.parametrize("broken", [VISION, LAZY])
def test_a_torchvision_that_does_not_fit_is_named_instead_of_a_traceback(tmp_path: Path, broken: str) -> None:
    said = _said(tmp_path, {"torch": "", "diffusers": broken}, "installed.diffusers()")
    assert "does not fit torch" in said
    assert said.endswith("pip uninstall torchvision")


def test_another_breakage_is_told_as_it_is(tmp_path: Path) -> None:
    said = _said(tmp_path, {"torch": "raise OSError('libcudart.so: no such file')"}, "installed.torch()")
    assert "torch" in said
    assert "libcudart.so: no such file" in said


def test_what_is_missing_is_told_without_loading_anything(tmp_path: Path) -> None:
    crash = "raise SystemExit('loaded')"
    said = _said(tmp_path, {"torch": crash, "diffusers": crash}, "installed.fault()")
    assert said == (
        "Diffusion models need transformers and accelerate, not installed here: pip install 'tintype[diffusion]'"
    )


def test_nothing_of_it_is_loaded_with_the_package(tmp_path: Path) -> None:
    ask = (
        "__import__('tintype.engines.diffusion.models') and sorted({'torch', 'diffusers'} & set(sys.modules))"
    )
    assert _said(tmp_path, {}, ask) == "[]"
