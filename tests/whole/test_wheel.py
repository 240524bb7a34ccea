"""The wheel, alone in an empty environment, serves pictures: assets are the classic thing to be missing."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]

DRAW = """
import asyncio, pathlib, tintype
from tintype.core import Completed, ImageRequest
from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings

async def main():
    job = open_gateway(Settings(), {}).submit(
        ImageRequest(model="gpt-image-2", prompt='a panda with a sign that says "hi"', quality="low")
    )
    async with job.watched() as events:
        (picture,) = [event async for event in events if isinstance(event, Completed)]
    print(picture.image.header(), pathlib.Path(tintype.__file__).parent)

asyncio.run(main())
"""


def run(*command: str | Path, cwd: Path) -> str:
    ended = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_the_wheel_alone_draws(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 5_000_000
    empty = tmp_path / "empty"
    venv.create(empty, with_pip=True)
    python = empty / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    run(python, "-m", "pip", "install", "--quiet", "-c", constraints, wheel, cwd=tmp_path)
    said = run(python, "-c", DRAW, cwd=tmp_path)
    assert "format='png', size=Size(width=1024, height=1024)" in said
    assert str(empty) in said, "it ran from the environment and not from the source"
    assert "tintype-illustrator" in run(empty / "bin" / "tintype", "models", cwd=tmp_path)
