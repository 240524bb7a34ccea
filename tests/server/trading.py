"""Some days of business in a house's books: two accounts, three keys, jobs that went well and others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from tintype.accounts.deliveries import Deliveries
from tintype.accounts.records import Closing, KeptPicture, Opening, State
from tintype.core import Attempt, Micros, Usage
from tintype.gateway.office import Office

CENT = 10_000


@dataclass(frozen=True, kw_only=True)
class Trade:
    job: str
    account: str
    key: str
    day: int  # of November 2026
    model: str = "gpt-image-2"
    provider: str = "openai"
    state: State = "done"
    cost: Micros | None = CENT
    paid: Micros = CENT // 2


async def trade(office: Office) -> list[Trade]:
    """acme has $10 and two keys; default has one, which nobody limits."""
    acme = await office.owners.make("acme", prepaid=True)
    await office.ledger.credit(acme.id, 10_000_000, "to begin with", "first")
    web, _ = await office.keys.make("web", "acme")
    night, _ = await office.keys.make("night", "acme")
    other, _ = await office.keys.make("other")
    trades = [
        Trade(job="job_1", account=acme.id, key=web.id, day=1),
        Trade(job="job_2", account=acme.id, key=night.id, day=1, cost=3 * CENT),
        Trade(
            job="job_3", account=acme.id, key=web.id, day=2, model="flux-pro", provider="bfl", cost=5 * CENT
        ),
        Trade(job="job_4", account=acme.id, key=web.id, day=2, state="failed", cost=0),
        Trade(job="job_5", account=other.account, key=other.id, day=2, cost=None, provider="second"),
        Trade(job="job_6", account=other.account, key=other.id, day=3, state="running"),
    ]
    for each in trades:
        await _do(office, each)
    messages = Deliveries(office.database)
    await messages.add("job_3", "https://hooks.example/a", "{}", now=2.0)
    (sent,) = await messages.claim(now=2.0, until=60.0)
    await messages.failed(sent, due=5.0, failure="it answered 503")
    return trades


async def _do(office: Office, trade: Trade) -> None:
    at = datetime(2026, 11, trade.day, 12, tzinfo=UTC).timestamp() + int(trade.job[-1])
    opening = Opening(
        job=trade.job,
        account=trade.account,
        key=trade.key,
        hold=10 * CENT,
        created=at,
        asked=trade.model,
        model=trade.model,
        provider=trade.provider,
        prompt=f"a fox, number {trade.job[-1]}",
        dialect="openai-images",
        request=f"req_{trade.job[-1]}",
    )
    await office.ledger.hold(opening)
    if trade.state == "running":
        return
    well = trade.state == "done"
    attempt = Attempt(
        job=trade.job,
        offer=trade.model,
        provider=trade.provider,
        model=trade.model,
        outcome="drawn" if well else "failed",
        started=at,
        seconds=1.5,
        asked=1,
        pictures=int(well),
        claimed=Usage(text_in=3, image_out=100),
        cost=trade.paid,
    )
    picture = KeptPicture(
        position=0, hash="0" * 64, path=f"{trade.job}.png", media_type="image/png", bytes=9, expires=at + 3600
    )
    await office.ledger.settle(
        Closing(
            job=trade.job,
            state=trade.state,
            ended=at + 2,
            cost=trade.cost,
            paid=trade.paid,
            maybe_paid=not well,
            model=trade.model,
            provider=trade.provider,
            attempts=(attempt,),
            usage=Usage(text_in=3, image_out=100) if well else Usage(),
            made=int(well),
            pictures=(picture,) if well else (),
            error="" if well else "upstream_timeout",
        )
    )
