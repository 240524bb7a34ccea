"""Errors after which a GPU is of no more use: nobody is kept waiting for it, and it is said what to do."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

pytest.importorskip("torch", reason="tintype[diffusion] is not installed")
pytest.importorskip("diffusers", reason="tintype[diffusion] is not installed")

from tintype.core.errors import Rejected, TintypeError, Unavailable
from tintype.engines.diffusion import failures
from tintype.engines.diffusion.engine import Engine
from tintype.engines.diffusion.orders import Drawn, Progress

from .held import Held, Shelf, order, picture, told, until
from .tiny import torch

HINTS = "\nCUDA kernel errors might be asynchronously reported at some other API call.\nCompile with `TORCH_USE_CUDA_DSA`."
FOR_EVER = [
    torch.AcceleratorError("CUDA error: device-side assert triggered" + HINTS),
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered" + HINTS),
    torch.AcceleratorError("CUDA error: uncorrectable ECC error encountered"),
    torch.AcceleratorError("CUDA error: unspecified launch failure"),
    RuntimeError("HIP error: the operation cannot be performed: unknown error"),
    RuntimeError("CUDA error: misaligned address"),
]
FOR_ONCE = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"),
    torch.AcceleratorError("CUDA error: out of memory"),
    torch.AcceleratorError("CUDA error: invalid argument"),
    RuntimeError("The size of tensor a (4) must match the size of tensor b (8): unknown error"),
    ValueError("device-side assert"),
]


@pytest.mark.parametrize("error", FOR_EVER, ids=str)
def test_after_some_errors_a_device_is_of_no_more_use(error: Exception) -> None:
    assert failures.broken(error)
    assert not failures.out_of_memory(error)


@pytest.mark.parametrize("error", FOR_ONCE, ids=str)
def test_after_others_it_draws_on(error: Exception) -> None:
    assert not failures.broken(error)


def test_a_device_that_does_not_answer_is_broken_whatever_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        raise torch.AcceleratorError("CUDA error: something of next year")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", silent)
    assert failures.broken(RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"))
    assert not failures.broken(RuntimeError("The size of tensor a (4) must match"))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    assert not failures.broken(RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"))


@pytest.mark.parametrize("when", ["drawing", "loading", "previewing"])
def test_everybody_is_told_at_once(
    when: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were drawn together, those that waited for another model, and those that come later."""

    async def main() -> list[Any]:
        sdxl, flux = Held("sdxl"), Held("flux")
        engine = Engine(Shelf(sdxl=sdxl, flux=flux))
        sdxl.hold()
        blocking = asyncio.create_task(told(engine, order("sdxl", steps=1)))
        await sdxl.stopped()
        waiting = [
            asyncio.create_task(told(engine, order(name, seed=seed, previews=2)))
            for name in ("sdxl", "flux")
            for seed in (1, 2)
        ]
        await until(lambda: len(engine) == 4)
        assert engine.fault() == ""
        if when == "drawing":
            sdxl.fault = FOR_EVER[0]
        elif when == "loading":
            monkeypatch.setattr(Shelf, "get", fail)
        else:
            monkeypatch.setattr("tintype.engines.diffusion.previews.Previewer.__call__", fail)
        sdxl.release()
        assert isinstance((await blocking)[-1], Drawn)
        found = await asyncio.gather(*waiting, return_exceptions=True)
        with pytest.raises(Unavailable) as later:
            await picture(engine, order("flux"))
        assert engine.fault() == str(later.value)
        await asyncio.wait_for(engine.close(), 5)
        for model in (sdxl, flux):
            model.drop()
        return [*found, later.value]

    def fail(*_: Any) -> None:
        raise FOR_EVER[0]

    with caplog.at_level(logging.ERROR):
        errors = asyncio.run(main())
    assert len(errors) == 5
    for error in errors:
        assert isinstance(error, Unavailable)
        assert (error.status, error.retryable, error.code) == (503, True, "device_lost")
        assert str(error) == (
            "The GPU stopped working (CUDA error: device-side assert triggered) and draws nothing more before Tintype is "
            "restarted."
        )
    assert [record.message for record in caplog.records] == [str(errors[0])]
    assert not [thread for thread in threading.enumerate() if thread.name == "diffusion"]


def test_another_device_draws_on() -> None:
    async def main() -> None:
        good, bad = Held("sdxl"), Held("sd15")
        engine = Engine([Shelf(sdxl=bad), Shelf(sdxl=good)])
        for model in (good, bad):
            model.hold()  # so that each has one
        first = [asyncio.create_task(told(engine, order("sdxl", steps=steps))) for steps in (2, 3)]
        await good.stopped()
        await bad.stopped()
        bad.fault = FOR_EVER[0]
        good.release()
        bad.release()
        results = await asyncio.gather(*first, return_exceptions=True)
        assert sorted(type(each).__name__ for each in results) == ["Unavailable", "list"]
        assert engine.fault() == ""
        await picture(engine, order("sdxl"))
        await engine.close()

    asyncio.run(main())


def test_memory_that_is_short_breaks_nothing() -> None:
    async def main() -> None:
        model = Held("sdxl")
        engine = Engine(Shelf(sdxl=model))
        model.memory = 0
        with pytest.raises(Rejected) as caught:
            await picture(engine, order("sdxl"))
        assert isinstance(caught.value, TintypeError)
        assert caught.value.code == "out_of_memory"
        model.memory = 9
        happenings = await told(engine, order("sdxl"))
        assert [each for each in happenings if isinstance(each, Progress)]
        assert engine.fault() == ""
        await engine.close()

    asyncio.run(main())
