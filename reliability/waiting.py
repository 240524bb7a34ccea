"""To wait until something is so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def until(is_so: Callable[[], Awaitable[bool]], patience: float, pause: float = 0.05) -> bool:
    """Whether it came to be so within `patience` seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while True:
        if await is_so():
            return True
        if loop.time() >= end:
            return False
        await asyncio.sleep(pause)
