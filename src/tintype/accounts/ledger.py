"""The ledger: what a job may cost is held before it begins, and what it did cost is charged once when it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa
import structlog

from ..core import Micros
from ..core.errors import TintypeError, Unavailable
from . import _corrections, _recovery
from ._books import check_books
from ._failures import Unheard
from ._moves import Hold, Settle, move
from ._recovery import Recovered
from ._rows import opened
from .database import Database
from .process import LOST, Process, Watch
from .records import Closing, Opening, Settled
from .schema import purses

log = structlog.get_logger()

AGAIN = 0.5
"""Seconds between two looks at a database that is away, when this server stops."""


class Ledger:
    """One for each process and database. `lost`: seconds without a sign after which another process is dead.

    Whoever has one calls `beat` every few seconds, and `stop` at the end.
    """

    def __init__(
        self,
        database: Database,
        process: Process | None = None,
        *,
        lost: float = LOST,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.database = database
        self.process = process or Process.here()
        self._clock = clock
        self._watch = Watch(self.process, lost=lost, clock=monotonic)
        self._known = False  # whether the others know of this process
        self._owed: dict[str, Closing] = {}  # ends of jobs that the database was not there for
        self._undoing: set[asyncio.Task[object]] = set()

    async def hold(self, opening: Opening) -> None:
        """Write the job down as running, and set aside `opening.hold` in its account's and its key's purse.

        Raises OutOfCredit when that is not there or beyond a limit, TooManyRequests when as many jobs run as may,
        Taken when the order has been placed before (unless that ended without a picture), Unauthenticated for an
        account or a key that is not there, Unavailable when the database is not. Whoever cancels it holds nothing.
        """
        if opening.hold < 0:
            raise ValueError(f"a hold cannot be {opening.hold}")
        if not self._known:
            await self.sign()
        waiting = self.database.submit(move, Hold(opened(opening, self.process.id)))
        closing = Closing(job=opening.job, state="cancelled", ended=self._clock(), error="cancelled")
        try:
            await asyncio.shield(waiting)
        except Unheard:
            self._owed[opening.job] = closing  # whoever ordered it is told that it does not run
            raise
        except asyncio.CancelledError:
            task = asyncio.ensure_future(self._undo(waiting, closing))
            self._undoing.add(task)
            task.add_done_callback(self._undoing.discard)
            raise

    async def _undo(self, waiting: asyncio.Future[None], closing: Closing) -> None:
        try:
            await waiting
            await self.settle(closing)
        except Unheard:
            self._owed[closing.job] = closing
        except Exception as error:
            log.debug("nothing was held, or it is let go of later", job=closing.job, reason=str(error))

    async def settle(self, closing: Closing) -> Settled | None:
        """End the job, let go of what it holds, and charge what it cost: no more than is there, and once.

        None when it did not run any more. An unknown cost charges nothing. Raises Unavailable when the database is
        away; then it is settled by a later `beat`.
        """
        if (closing.cost or 0) < 0:
            raise ValueError(f"a cost cannot be {closing.cost}")
        try:
            return await self._settle(closing)
        except TintypeError:
            raise
        except Exception:  # something in it is not to be written: the money is more important
            log.exception("the end of a job could not be written whole", job=closing.job)
        kept = ("job", "state", "ended", "cost", "paid", "maybe_paid", "error", "made")
        return await self._settle(Closing(**{name: getattr(closing, name) for name in kept}))

    async def _settle(self, closing: Closing) -> Settled | None:
        try:
            settled: Settled | None = await asyncio.shield(self.database.submit(move, Settle(closing)))
        except Unavailable:
            self._owed[closing.job] = closing
            raise
        return settled

    async def credit(self, account: str, amount: Micros, note: str = "", reference: str = "") -> Micros:
        """Put `amount` into the account's balance, or take it out; the balance after it. With a `reference`, once:
        again, nothing moves.

        Raises NotFound for an account that is not there, CallerError for more than can be taken out.
        """
        work = partial(
            _corrections.credit,
            account=account,
            amount=amount,
            note=note,
            reference=reference,
            now=self._clock(),
        )
        return await self.database.write(work)

    async def refund(self, job: str, note: str = "") -> Micros:
        """Give back what the job was charged; how much that was, 0 the second time.

        Raises NotFound for a job that is not there, CallerError for one that still runs.
        """
        return await self.database.write(partial(_corrections.refund, job=job, note=note, now=self._clock()))

    async def balance(self, account: str) -> Micros | None:
        """What the account can spend: its balance without what is held. None for one that is not prepaid, or not there."""
        left = (purses.c.balance - purses.c.held).label("left")
        found = await self.database.look_up(sa.select(purses.c.prepaid, left).where(purses.c.id == account))
        return found[0]["left"] if found and found[0]["prepaid"] else None

    async def recover(self) -> Recovered:
        """Declare the jobs of dead processes interrupted: their holds are let go of, and nothing is charged."""
        await self.sign()
        recovered = await self.database.write(
            partial(_recovery.recover, me=self.process.id, watch=self._watch, now=self._clock())
        )
        if recovered.jobs:
            log.warning("jobs were interrupted", count=recovered.jobs, maybe_paid=len(recovered.maybe_paid))
        return recovered

    async def beat(self) -> Recovered:
        """A sign of life, every 5 seconds or so. What could not be settled is, and dead processes' jobs are ended.

        Raises Unavailable when the database is away.
        """
        recovered = await self.recover()
        await self._pay()
        return recovered

    async def sign(self) -> None:
        """A sign of life. Raises Unavailable when nothing can be written."""
        await self.database.write(partial(_recovery.sign, process=self.process, now=self._clock()))
        self._known = True

    async def stop(self, patience: float = 10.0) -> None:
        """After the last job: what is owed is settled, and this process takes its name off the list.

        A database that is away is waited for, for so many seconds. What is owed by then is told in the log, and lost:
        those jobs are interrupted by whoever starts next, and charged nothing.
        """
        if self._undoing:
            await asyncio.wait(self._undoing)
        until = asyncio.get_running_loop().time() + patience
        while True:
            try:
                await self._pay()
                await self.database.write(partial(_recovery.leave, process=self.process.id))
                self._known = False
                return
            except Unavailable as error:
                if asyncio.get_running_loop().time() >= until:
                    for closing in self._owed.values():
                        told = {"job": closing.job, "state": closing.state, "cost": closing.cost}
                        log.error("the end of a job is lost", **told, reason=str(error))
                    return
            await asyncio.sleep(AGAIN)

    async def _pay(self) -> None:
        """Settle what the database was not there for: all at once, since this server is taken for dead if that takes
        long. Raises Unavailable."""
        owed = list(self._owed.values())
        answers = await asyncio.gather(*map(self.settle, owed), return_exceptions=True)
        for closing, answer in zip(owed, answers, strict=True):
            if not isinstance(answer, BaseException):
                self._owed.pop(closing.job, None)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer

    async def check_books(self) -> list[str]:
        """What does not add up, in sentences; empty when everything does."""
        return await self.database.read(check_books)
