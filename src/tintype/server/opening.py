"""Open the rooms of a server: the gateway with its store and its books, the door, and what is done beside answering."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from ..accounts import elsewhere
from ..accounts.database import Database
from ..accounts.deliveries import Deliveries
from ..accounts.history import History
from ..accounts.keys import Keys
from ..accounts.limits import Limits
from ..core import Preparing
from ..core.errors import BadRequest
from ..gateway.assemble import open_gateway, open_store
from ..gateway.books import Books, Memory
from ..gateway.gateway import Gateway
from ..gateway.office import Office
from ..gateway.settings import Settings
from ..gateway.upkeep import Chore
from ..gateway.webhooks import Secrets, Webhooks
from ..gateway.written import Written
from ..storage import read_secret
from ..transport.posting import Poster
from .admission import is_loopback
from .door import Door
from .hooks import order_owed
from .readiness import Check, NotYet
from .telemetry import Traces
from .watch import Watch

DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """`database` is None where nothing is written down. `locked`: whoever comes needs a key."""

    gateway: Gateway
    door: Door
    locked: bool = False
    chores: tuple[Chore, ...] = ()
    database: Database | None = None
    written: Written | None = None
    office: Office | None = None
    webhooks: Webhooks | None = None
    limits: Limits | None = None
    watch: Watch = field(default_factory=Watch)
    checks: Mapping[str, Check] = field(default_factory=dict)

    def start(self) -> None:
        """Within the event loop."""
        if self.webhooks is not None:
            self.webhooks.start()

    async def close(self) -> None:
        """After the last job."""
        if self.webhooks is not None:
            await self.webhooks.close()
        if self.written is not None:
            await self.written.ledger.stop()
        if self.limits is not None:
            await self.limits.close()
        if self.database is not None:
            await self.database.close()
        await self.watch.close()


def open_rooms(settings: Settings, environ: Mapping[str, str]) -> Rooms:
    """Raises ValueError for what cannot be opened, and BadRequest for a server that everyone could use unasked."""
    url = settings.database_url
    database = Database.open(url) if url else None
    try:
        return _rooms(settings, environ, database)
    except BaseException:
        if database is not None:
            asyncio.run(database.close())
        raise


def _rooms(settings: Settings, environ: Mapping[str, str], database: Database | None) -> Rooms:
    watch = Watch(Traces.open(environ))
    written = Written(database) if database is not None else None
    keys = Keys(database) if database is not None else None
    # Of keys of its own: what these find is believed for a while.
    locked = database is not None and asyncio.run(Keys(database).any())
    if not locked:
        _check_open(settings, keys)
    books: Books = written or Memory()
    secret = read_secret(settings.secret, settings.data)
    store = open_store(settings, tell=watch.store)
    gateway = open_gateway(settings, environ, store=store, books=books, teller=watch.metrics)
    secrets = Secrets(settings.webhook_secret, secret)
    limits = Limits.open(settings.limits, tell=watch.metrics.limit)
    webhooks, office = None, None
    if database is not None and written is not None:
        office = Office.on(database, keys=keys, ledger=written.ledger)
        webhooks = Webhooks(
            Deliveries(database),
            secrets,
            Poster(allow=settings.fetch_allow),
            tell=watch.metrics.deliver,
        )
    return Rooms(
        gateway=gateway,
        door=Door(keys, limits),
        locked=locked,
        limits=limits,
        watch=watch,
        checks=_checks(gateway, written),
        chores=_chores(settings, gateway, written, webhooks),
        office=office,
        webhooks=webhooks,
        database=database,
        written=written,
    )


def _checks(gateway: Gateway, written: Written | None) -> dict[str, Check]:
    """Whether what this server stands on answers."""

    async def answers() -> None:
        assert written is not None
        await written.database.read(lambda connection: connection.exec_driver_sql("SELECT 1"))
        await written.ledger.sign()  # a full disk can still be read, and every order is refused

    checks: dict[str, Check] = {"store": gateway.store.check}
    for provider in gateway.providers:
        if isinstance(provider, Preparing):
            checks[provider.name] = partial(_is_prepared, provider)
    if written is not None:
        checks["database"] = answers
    return checks


async def _is_prepared(provider: Preparing) -> None:
    if text := provider.preparing():
        raise NotYet(text)


def _chores(
    settings: Settings, gateway: Gateway, written: Written | None, webhooks: Webhooks | None
) -> tuple[Chore, ...]:
    if written is None or webhooks is None:
        return ()
    history, running = written.history, gateway.jobs.running

    async def heed() -> None:
        if not running:
            return
        database, me = written.database, written.ledger.process.id
        if ends := await elsewhere.asked(database, elsewhere.END, me):
            for id in ends:
                if id in running:
                    running[id].cancel()
            await elsewhere.done(database, elsewhere.END, ends)
        joined = await elsewhere.asked(database, elsewhere.GO_ON, me)
        # Of one that is being ended it is not said: whoever joined it orders anew.
        if heard := [id for id in joined if id not in running or running[id].stay()]:
            await elsewhere.done(database, elsewhere.GO_ON, heard)

    async def forget() -> None:
        await history.forget(time.time() - max(settings.history_days * DAY, settings.result_lifetime))
        await _mark_expired(history)

    async def tell() -> None:
        await order_owed(webhooks, gateway.recall)

    return (
        # Nothing is waited for beside it: whoever is silent for too long is taken for dead.
        Chore("say that this server lives, and end the jobs of dead ones", 5.0, written.ledger.beat),
        Chore("order the webhooks that are owed", 5.0, tell),
        Chore("heed what other servers were asked of jobs that run here", 1.0, heed),
        Chore("forget what is old", 600.0, forget),
    )


async def _mark_expired(history: History) -> None:
    """The store deletes them by itself, by the hour."""
    while expired := await history.expired_pictures(time.time() - 3600):
        await history.delete_pictures(picture.path for picture in expired)


def _check_open(settings: Settings, keys: Keys | None) -> None:
    """Whoever is not on this machine needs a key, and there is none yet."""
    if settings.open or settings.host == "localhost" or is_loopback(settings.host):
        return
    mend = "set `database`, then make one" if keys is None else "make one"
    raise BadRequest(
        f"{settings.host} can be reached by others, and there is no key yet, so everyone could draw at your "
        f"expense. Please {mend}: tintype keys create --name NAME. Or set `open = true`, if whoever can reach this "
        "server may use it.",
        param="host",
    )
