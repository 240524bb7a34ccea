"""What a server does beside answering goes on, whatever becomes of it once."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from tintype.core import Grid, ModelCard, Sizes
from tintype.gateway.upkeep import Chore, Upkeep

from ..fakes import FakeProvider
from ..serving import fake_gateway

CARD = ModelCard(id="m", provider="p", sizes=Sizes(grid=Grid()))


def test_a_chore_that_fails_is_done_again_and_the_log_hears_a_reason_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr("tintype.gateway.upkeep.log", log)
    outcomes = ["away", "away", "away", "full", "full", "", "full"]

    async def main() -> None:
        done = asyncio.Event()

        async def work() -> None:
            if not outcomes:
                done.set()
            elif outcome := outcomes.pop(0):
                raise OSError(outcome)

        upkeep = Upkeep(fake_gateway(FakeProvider(), CARD), [Chore("work", 0.0, work)])
        await upkeep.start()
        await asyncio.wait_for(done.wait(), 10)
        await upkeep.stop()

    asyncio.run(main())
    assert [call.kwargs["reason"] for call in log.calls] == ["away", "full", "full"]
