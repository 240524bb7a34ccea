"""The database: what is written stands or leaves no trace, whoever else writes, and whatever happens to the server."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from tintype.accounts import _engines
from tintype.accounts.database import Database
from tintype.accounts.schema import accounts, processes
from tintype.core.errors import BadRequest, Unavailable

from .databases import empty


def add(name: str) -> sa.Insert:
    return accounts.insert().values(id=name, name=name, created=1.0)


async def names(database: Database) -> set[str]:
    return set(
        await database.read(lambda connection: connection.execute(sa.select(accounts.c.id)).scalars().all())
    )


def test_what_is_written_is_read_and_is_there_when_it_is_opened_again(url: str) -> None:
    async def main() -> None:
        for turn in ("first", "second"):
            database = Database.open(url)
            await database.write(lambda connection, turn=turn: connection.execute(add(turn)))  # type: ignore[misc]
            assert turn in await names(database)
            await database.close()

        database = Database.open(url)
        assert await names(database) == {"first", "second"}
        await database.close()

    asyncio.run(main())


def test_a_work_that_fails_leaves_no_trace_and_its_neighbours_stand(url: str) -> None:
    def work(connection: sa.Connection, number: int) -> int:
        connection.execute(add(f"account {number}"))
        if number % 3 == 0:
            raise BadRequest(f"not {number}")
        if number % 3 == 1:
            connection.execute(add(f"account {number}"))  # twice: the database itself refuses
        return number

    async def main() -> None:
        database = Database.open(url)
        answers = await asyncio.gather(
            *(database.write(lambda connection, n=n: work(connection, n)) for n in range(60)),  # type: ignore[misc]
            return_exceptions=True,
        )
        for number, answer in enumerate(answers):
            kinds = (BadRequest, sa.exc.IntegrityError, int)
            assert isinstance(answer, kinds[number % 3]), answer
        assert await names(database) == {f"account {number}" for number in range(60) if number % 3 == 2}
        await database.close()

    asyncio.run(main())


def test_several_event_loops_write_at_once(url: str) -> None:
    database = Database.open(url)

    async def main(name: str) -> None:
        await asyncio.gather(
            *(
                database.write(lambda connection, n=n: connection.execute(add(f"{name} {n}")))  # type: ignore[misc]
                for n in range(20)
            )
        )

    threads = [threading.Thread(target=asyncio.run, args=(main(name),)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def end() -> None:
        assert len(await names(database)) == 60
        await database.close()

    asyncio.run(end())


def test_what_waits_when_it_is_closed_is_written_and_nothing_after_it(url: str) -> None:
    async def main() -> None:
        database = Database.open(url)
        waiting = [
            asyncio.ensure_future(database.write(lambda connection, n=n: connection.execute(add(f"{n}"))))  # type: ignore[misc]
            for n in range(40)
        ]
        await asyncio.sleep(0)
        await database.close()
        await asyncio.gather(*waiting)
        with pytest.raises(Unavailable):
            await database.write(lambda connection: connection.execute(add("late")))

        database = Database.open(url)
        assert len(await names(database)) == 40
        await database.close()

    asyncio.run(main())


def test_a_reader_sees_one_moment(url: str) -> None:
    """Although somebody writes between two of its looks."""
    looked, written = threading.Event(), threading.Event()

    def look(connection: sa.Connection) -> tuple[int, int]:
        count = sa.select(sa.func.count()).select_from(accounts)
        first = connection.execute(count).scalar_one()
        looked.set()
        assert written.wait(10)
        return first, connection.execute(count).scalar_one()

    async def main() -> None:
        database = Database.open(url)
        reading = asyncio.ensure_future(database.read(look))
        await asyncio.to_thread(looked.wait, 10)
        await database.write(lambda connection: connection.execute(add("new")))
        written.set()
        assert await reading == (0, 0)
        assert await names(database) == {"new"}
        await database.close()

    asyncio.run(main())


def test_whoever_reads_cannot_write_on_postgresql(servers_url: str) -> None:
    async def main() -> None:
        database = Database.open(servers_url)
        with pytest.raises(Unavailable) as caught:
            await database.read(lambda connection: connection.execute(add("x")))
        assert "read-only" in str(caught.value.__cause__)
        await database.close()

    asyncio.run(main())


def test_an_sqlite_file_is_nobody_elses_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "tintype.db"

    async def main() -> None:
        database = Database.open(f"sqlite:///{path}")
        await database.write(lambda connection: connection.execute(add("x")))
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        await database.close()

    asyncio.run(main())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://u:secret@h/d", "cannot be one of mysql"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("//::secret", "cannot be read"),
        ("/a/path/file.db", "cannot be read: it is sqlite:////a/path"),
        ("postgresql://u:secret@127.0.0.1:PORT/d", r"postgresql\+psycopg://u:\*\*\*@127.0.0.1:\d+/d cannot be opened"),
        ("postgresql://u:secret@127.0.0.1:x/d", "cannot be"),
        ("sqlite:////dev/null/x.db", "cannot be opened: File exists"),
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_told_without_its_password(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        Database.open(url.replace("PORT", str(free_port())))
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_somebody_keeps_locked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/tintype.db"
    asyncio.run(Database.open(url).close())
    monkeypatch.setattr("tintype.accounts._engines.PATIENCE", 0.1)
    other = sqlite3.connect(tmp_path / "tintype.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ValueError, match=r"tintype\.db cannot be opened: database is locked\.$"):
        Database.open(url)
    other.execute("ROLLBACK")
    other.close()
    asyncio.run(Database.open(url).close())


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tintype.db"
    path.write_text("This is a letter, and it is long enough to be looked at closely." * 20)
    with pytest.raises(ValueError, match="file is not a database"):
        Database.open(f"sqlite:///{path}")


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(ValueError, match=r"pip install 'tintype\[postgresql\]'"):
        Database.open("postgresql://u@h/d")


class Relay:
    """Stands between a client and a server, and can be closed and opened again, as a server that goes away."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self._to = port
        self._open: list[socket.socket] = []
        self._listener: socket.socket | None = None

    def up(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def down(self) -> None:
        for each in (self._listener, *self._open):
            if each is not None:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near = listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            self._open += near, far
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for each in (one, other):
            each.close()


def relayed(url: str) -> tuple[Relay, str]:
    """A relay to the server of this URL, and the URL by way of it."""
    parsed = sa.make_url(url)
    relay = Relay(parsed.port or 5432)
    relay.up()
    return relay, parsed.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False)


def test_a_server_that_goes_away_fails_what_is_written_then_and_nothing_later(servers_url: str) -> None:
    relay, through = relayed(servers_url)

    async def main() -> None:
        database = Database.open(through)
        before = await names(database)
        await database.write(lambda connection: connection.execute(add("before")))
        relay.down()
        with pytest.raises(Unavailable, match="The database is not there") as writing:
            await database.write(lambda connection: connection.execute(add("lost")))
        with pytest.raises(Unavailable, match="The database is not there") as reading:
            await names(database)
        for caught in (writing, reading):
            assert caught.value.code == "database_unavailable", "no upstream is to blame"
        relay.up()
        await database.write(lambda connection: connection.execute(add("after")))
        relay.down()  # a server that was started anew: the old connections are dead, and nobody notices
        relay.up()
        await database.write(lambda connection: connection.execute(add("later")))
        assert await names(database) - before == {"before", "after", "later"}
        await database.close()

    try:
        asyncio.run(main())
    finally:
        relay.down()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such setting")
@pytest.mark.parametrize(("said", "seconds"), [({}, 10), ({"tcp_user_timeout": "3000"}, 3)])
def test_a_server_whose_machine_is_gone_is_waited_for_so_long(
    servers_url: str, said: dict[str, str], seconds: int
) -> None:
    """Nothing tells that it is gone: orders would hang as long as the system goes on sending, a quarter of an hour."""
    parsed = sa.make_url(servers_url).update_query_dict(said)
    url = _engines.parse(parsed.render_as_string(hide_password=False))
    for engine in (_engines.for_writing(url), _engines.for_reading(url)):
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            with socket.socket(fileno=os.dup(driver.fileno())) as sent:
                assert sent.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == seconds * 1000
                assert sent.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= seconds * 2
        engine.dispose()


def test_the_log_is_told_once_that_it_is_away_and_once_that_it_is_back(
    servers_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr("tintype.accounts._failures.log", log)
    relay, through = relayed(servers_url)

    async def main() -> None:
        database = Database.open(through)
        await names(database)
        relay.down()
        for _ in range(10):
            writing = database.write(lambda connection: connection.execute(add("while it is away")))
            for refused in await asyncio.gather(writing, names(database), return_exceptions=True):
                assert isinstance(refused, Unavailable)
        relay.up()
        await database.write(lambda connection: connection.execute(add("once it is back")))
        await names(database)
        await database.close()

    try:
        asyncio.run(main())
    finally:
        relay.down()
    told = [(call.args[0], call.kwargs["doing"]) for call in log.calls]
    assert sorted(told) == [
        (event, doing)
        for event in ("the database is not there", "the database is there again")
        for doing in ("read", "write")
    ]


def test_two_that_want_the_same_rows_in_opposite_orders_both_get_them(servers_url: str) -> None:
    """PostgreSQL ends one of two transactions that wait for one another; it is done again."""
    met = threading.Barrier(2)
    waited: set[str] = set()

    def work(connection: sa.Connection, first: str, second: str) -> None:
        for name in (first, second):
            statement = processes.update().where(processes.c.id == name).values(pid=processes.c.pid + 1)
            connection.execute(statement)
            if name == first and first not in waited:
                waited.add(first)
                met.wait(5)

    async def main() -> None:
        both = Database.open(servers_url), Database.open(servers_url)
        rows = [{"id": name, "host": "", "pid": 0, "started": "", "seen": 0.0} for name in "ab"]
        await both[0].write(lambda connection: connection.execute(processes.insert(), rows))
        await asyncio.gather(
            both[0].write(lambda connection: work(connection, "a", "b")),
            both[1].write(lambda connection: work(connection, "b", "a")),
        )
        pids = sa.select(processes.c.pid).where(processes.c.id.in_(["a", "b"]))
        assert await both[0].read(lambda connection: connection.execute(pids).scalars().all()) == [2, 2]
        await asyncio.gather(*(each.close() for each in both))

    empty(servers_url)
    asyncio.run(main())
