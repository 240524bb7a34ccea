"""Credits and refunds: what moves money without a job that runs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ..core import Micros
from ..core.errors import CallerError, NotFound
from ..core.money import dollars
from ._moves import READ_PURSES, WRITE_PURSE, before, change, read_purse
from ._rows import day_of, tidy
from ._statements import Hand
from .schema import accounts, entries, jobs, purses


def credit(
    connection: sa.Connection, *, account: str, amount: Micros, note: str, reference: str, now: float
) -> Micros:
    """The balance after it. Raises NotFound, CallerError."""
    owner = connection.execute(
        sa.select(accounts.c.name, accounts.c.closed, purses.c.prepaid)
        .join(purses, purses.c.id == accounts.c.id)
        .where(accounts.c.id == account)
    ).one_or_none()
    if owner is None:
        raise NotFound(f"There is no account {account!r}.")
    reference = f"credit:{reference}" if reference else ""
    if len(reference) > 200:
        raise CallerError("A reference has at most 190 letters.", param="reference")
    if reference:
        earlier = connection.execute(
            sa.select(entries.c.account, entries.c.amount).where(entries.c.reference == reference)
        ).one_or_none()
        if earlier is not None:
            if earlier != (account, amount):
                raise CallerError(
                    f"The reference {reference[7:]!r} was used for {dollars(earlier.amount)} to {earlier.account} already.",
                    param="reference",
                )
            return _balance(connection, account)
    if owner.closed and owner.prepaid and amount > 0:  # one that is not prepaid may still pay what it owes
        raise CallerError(f"The account {owner.name!r} is closed: nobody could spend it.", param="account")
    enough = sa.or_(sa.literal(amount >= 0), purses.c.balance - purses.c.held + amount >= 0)
    moved = connection.execute(
        purses.update().where(purses.c.id == account, enough).values(balance=purses.c.balance + amount)
    )
    if not moved.rowcount:
        left = connection.execute(
            sa.select(purses.c.balance - purses.c.held).where(purses.c.id == account)
        ).scalar()
        raise CallerError(
            f"{dollars(-amount)} cannot be taken out: {dollars(left or 0)} is there.", param="amount"
        )
    _enter(
        connection,
        account=account,
        kind="credit",
        amount=amount,
        now=now,
        note=note,
        reference=reference or None,
    )
    return _balance(connection, account)


def refund(connection: sa.Connection, *, job: str, note: str, now: float) -> Micros:
    """What was given back. Raises NotFound, CallerError."""
    found = connection.execute(
        sa.select(jobs.c.state, jobs.c.charged, jobs.c.account, jobs.c.key, jobs.c.day)
        .where(jobs.c.id == job)
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no job {job!r}.")
    if found.state == "running":
        raise CallerError(f"The job {job} still runs: it has not been charged yet.")
    if not found.charged:
        return 0
    hand = Hand(connection)
    mine = sorted({found.account, found.key} - {""})
    for row in hand.look_up(READ_PURSES, mine):
        purse = read_purse(row)
        was = before(purse)
        purse.refund(found.charged, found.day, balanced=purse.id == found.account)
        hand.write((WRITE_PURSE, [change(was, purse)]))
    hand.close()
    connection.execute(jobs.update().where(jobs.c.id == job).values(charged=0))
    _enter(
        connection,
        account=found.account,
        key=found.key,
        job=job,
        kind="refund",
        amount=found.charged,
        now=now,
        day=found.day,
        note=note,
        reference=f"refund:{job}",
    )
    amount: Micros = found.charged
    return amount


def _balance(connection: sa.Connection, account: str) -> Micros:
    found: Micros = connection.execute(sa.select(purses.c.balance).where(purses.c.id == account)).scalar_one()
    return found


def _enter(connection: sa.Connection, *, now: float, note: str, **columns: Any) -> None:
    connection.execute(
        entries.insert().values(created=now, note=tidy(note), **{"day": day_of(now)} | columns)
    )
