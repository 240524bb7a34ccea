"""The tables. Times are Unix seconds, days are "2026-11-29" in UTC, money is whole micro-dollars.

`migrations/` brings an older database to this; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

# SQLite counts up by itself only in a column that is INTEGER.
_COUNTED = BigInteger().with_variant(Integer, "sqlite")


def _where(condition: str) -> dict[str, Any]:
    """What makes an index one of some rows only."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created", Float, nullable=False),
    Column("closed", Float),
    Column("markup", Integer),  # basis points; null: as the settings say
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account", String(32), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the key, in hex
    Column("tail", String(8), nullable=False),  # its last letters, to tell keys apart
    Column("created", Float, nullable=False),
    Column("expires", Float),
    Column("revoked", Float),
    Column("models", Text, nullable=False, default=""),  # patterns, one a line; empty: all
    Column("dialects", Text, nullable=False, default=""),
    Column("requests_per_minute", Integer),
    Column("images_per_minute", Integer),
    Column("admin", Boolean, nullable=False, default=False),
    Column("strict", Boolean, nullable=False, default=False),
)

purses = Table(
    "purses",  # one for every account and every key: what can be spent, and what is
    metadata,
    Column("id", String(32), primary_key=True),  # the account's or the key's
    Column("prepaid", Boolean, nullable=False, default=False),  # whether the balance bounds what is spent
    Column("balance", BigInteger, nullable=False, default=0),  # the sum of the account's entries, cached
    Column("held", BigInteger, nullable=False, default=0),  # the sum of the holds of jobs that run
    Column("running", Integer, nullable=False, default=0),
    Column("at_once", Integer),  # jobs; null: any number
    # What was spent and is held on the day that was last spent on, in its month, and in all.
    Column("day", String(10), nullable=False, default=""),
    Column("day_spent", BigInteger, nullable=False, default=0),
    Column("day_limit", BigInteger),
    Column("month_spent", BigInteger, nullable=False, default=0),  # of the month of `day`
    Column("month_limit", BigInteger),
    Column("spent", BigInteger, nullable=False, default=0),
    Column("spent_limit", BigInteger),
    CheckConstraint("held >= 0 AND running >= 0", name="nothing_is_held_less_than_nothing"),
    CheckConstraint("NOT prepaid OR balance - held >= 0", name="never_below_zero"),
)

entries = Table(
    "entries",  # the ledger. Nothing in it is ever changed
    metadata,
    Column("id", _COUNTED, primary_key=True, autoincrement=True),
    Column("account", String(32), nullable=False),
    Column("key", String(32), nullable=False, default=""),
    Column("job", String(32), nullable=False, default=""),
    Column("kind", String(16), nullable=False),  # credit, charge, refund
    Column("amount", BigInteger, nullable=False),  # what the balance grew by; a charge is negative
    Column("created", Float, nullable=False),
    Column("day", String(10), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("reference", String(200), unique=True),  # what may be entered once: "charge:job_…"
    Index("entries_of_account", "account", "id"),
    Index("entries_of_job", "job"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("state", String(16), nullable=False),  # running, done, failed, cancelled, interrupted
    Column("process", String(32), nullable=False),  # of those in `processes`: who runs it
    Column("account", String(32), nullable=False, default=""),
    Column("key", String(32), nullable=False, default=""),
    Column("request", String(64), nullable=False, default=""),  # the x-request-id of the order
    Column("idempotency", String(255)),  # who may not order it twice, and under which name; null: nobody
    Column("fingerprint", String(64), nullable=False, default=""),  # SHA-256 of the order's body
    Column("dialect", String(40), nullable=False, default=""),
    Column("created", Float, nullable=False),
    Column("ended", Float),
    Column("day", String(10), nullable=False),  # of its creation, which is the one that is charged
    Column("asked", String(200), nullable=False, default=""),  # the model's name as the caller wrote it
    Column("model", String(200), nullable=False, default=""),
    Column("provider", String(200), nullable=False, default=""),
    Column("real", Boolean, nullable=False, default=False),  # whether upstreams are asked that may take money
    Column("prompt", Text, nullable=False, default=""),  # empty where no history is kept
    Column("pictures_asked", Integer, nullable=False, default=1),
    Column("pictures_made", Integer, nullable=False, default=0),
    Column("held", BigInteger, nullable=False, default=0),  # while it runs
    Column("cost", BigInteger),  # to the caller; null: not known
    Column("charged", BigInteger, nullable=False, default=0),  # to the account
    Column("paid", BigInteger, nullable=False, default=0),  # to upstreams, as far as known
    Column("maybe_paid", Boolean, nullable=False, default=False),  # an upstream may have taken more
    Column("attempts", Integer, nullable=False, default=0),
    Column("text_in", BigInteger, nullable=False, default=0),  # tokens, as in core's Usage
    Column("image_in", BigInteger, nullable=False, default=0),
    Column("text_out", BigInteger, nullable=False, default=0),
    Column("image_out", BigInteger, nullable=False, default=0),
    Column("cached_in", BigInteger, nullable=False, default=0),
    Column("plan", Text, nullable=False, default=""),
    Column("error", String(64), nullable=False, default=""),  # its code
    Column("message", Text, nullable=False, default=""),  # of the error
    Column("result", LargeBinary),  # what is needed to answer again, without the pictures
    Index("jobs_of_key", "key", "created"),
    Index("jobs_of_time", "created", "id"),
    Index("jobs_of_request", "request"),
    # Small ones, which cost the many jobs that are not in them nothing.
    Index("one_job_an_order", "idempotency", unique=True, **_where("idempotency IS NOT NULL")),
    Index("jobs_that_run", "process", **_where("state = 'running'")),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", _COUNTED, primary_key=True, autoincrement=True),
    Column("job", String(32), nullable=False, index=True),
    Column("offer", String(200), nullable=False),
    Column("provider", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("code", String(64), nullable=False, default=""),
    Column("started", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("pictures", Integer, nullable=False),
    Column("claimed", Text, nullable=False),  # core's Usage, as JSON
    Column("expected", Text),
    Column("cost", BigInteger),  # null: not known
    Column("charged", Boolean, nullable=False, default=False),
)

pictures = Table(
    "pictures",  # those that are kept, and what is known of those that were
    metadata,
    Column("id", _COUNTED, primary_key=True, autoincrement=True),
    Column("job", String(32), nullable=False, index=True),
    Column("position", Integer, nullable=False),  # among those of its job, from 0
    Column("hash", String(64), nullable=False),  # of its path: half of it is of its bytes
    Column("path", String(200), nullable=False, index=True),  # in the store
    Column("thumbnail", String(200), nullable=False, default=""),  # in the store
    Column("media_type", String(40), nullable=False),
    Column("width", Integer, nullable=False, default=0),
    Column("height", Integer, nullable=False, default=0),
    Column("bytes", BigInteger, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False, index=True),
    Column("deleted", Float),
)

deliveries = Table(
    "deliveries",  # webhooks, each until it has been taken or given up
    metadata,
    Column("id", String(40), primary_key=True),  # the webhook-id
    Column("job", String(32), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("due", Float, index=True),  # when it is tried next; null: it is over
    Column("taken", Float),
    Column("failure", Text, nullable=False, default=""),  # of the last try
)

cancellations = Table(
    "cancellations",  # of jobs, asked for at a server that does not run them
    metadata,
    Column("job", String(32), primary_key=True),
    Column("process", String(32), nullable=False),  # who runs it
    Index("cancellations_of_process", "process"),
)

joins = Table(
    "joins",  # of jobs, by callers of a server that does not run them
    metadata,
    Column("job", String(32), primary_key=True),
    Column("process", String(32), nullable=False),  # who runs it
    Index("joins_of_process", "process"),
)

processes = Table(
    "processes",  # the servers on this database
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host", String(200), nullable=False),  # and where on it a pid is counted from
    Column("pid", Integer, nullable=False),
    Column("started", String(40), nullable=False),  # when the system says that this pid began
    Column("seen", Float, nullable=False),
)
