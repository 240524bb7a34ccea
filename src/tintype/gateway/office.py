"""Accounts, keys, money and jobs on the database of the settings: what the admin API and the command line work with.

It brings SQLAlchemy with it, so it is imported where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ..accounts.database import Database
from ..accounts.history import History
from ..accounts.keys import Keys
from ..accounts.ledger import Ledger
from ..accounts.owners import Owners
from .settings import Settings

FILE = "tintype.db"


def database_url(settings: Settings) -> str:
    """Raises ValueError where nothing is written down."""
    if settings.database == "off":
        raise ValueError('there are no accounts: `database` is "off" in the settings.')
    return settings.database or f"sqlite:///{(settings.data / FILE).absolute()}"


@dataclass(frozen=True, slots=True)
class Office:
    database: Database
    keys: Keys
    owners: Owners
    ledger: Ledger
    history: History

    @classmethod
    def on(cls, database: Database, *, keys: Keys | None = None, ledger: Ledger | None = None) -> Self:
        """`keys` and `ledger`: those that a server has already."""
        return cls(
            database,
            keys or Keys(database),
            Owners(database),
            ledger or Ledger(database),
            History(database),
        )

    @classmethod
    def open(cls, settings: Settings, *, make: bool = True) -> Self:
        """`make`: a database that is a file is made where it is not there. Raises ValueError for one that cannot be, in
        a sentence."""
        return cls.on(Database.open(database_url(settings), make=make))

    async def close(self) -> None:
        await self.database.close()
