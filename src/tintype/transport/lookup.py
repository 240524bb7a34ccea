"""Looks host names up, in threads of its own that nobody waits for when the process ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Semaphore, Thread

AT_ONCE = 64

_Question = tuple["Future[list[str]]", str, int]
_questions: SimpleQueue[_Question] = SimpleQueue()
_idle = Semaphore(0)
_threads: list[Thread] = []


async def lookup(host: str, port: int) -> Sequence[str]:
    """The system's own answer, in its order. Raises OSError.

    A name server that someone else owns may keep silent for half a minute. The event loop has but a handful of threads
    to wait in (uvloop four, asyncio those of all else), and those of a pool would be waited for at the end.
    """
    answer: Future[list[str]] = Future()
    _questions.put((answer, host, port))
    if not _idle.acquire(blocking=False) and len(_threads) < AT_ONCE:
        thread = Thread(target=_answer_all, name=f"lookup-{len(_threads)}", daemon=True)
        _threads.append(thread)
        thread.start()
    return await asyncio.wrap_future(answer)


def _answer_all() -> None:
    while True:
        answer, host, port = _next()
        if not answer.set_running_or_notify_cancel():
            continue  # whoever asked has left
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.set_result([str(entry[4][0]) for entry in found])
        except Exception as error:
            answer.set_exception(error)


def _next() -> _Question:
    try:
        return _questions.get_nowait()
    except Empty:
        _idle.release()
        return _questions.get()
