"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _accounts()
    _keys()
    _purses()
    _entries()
    _jobs()
    _attempts()
    _pictures()
    _deliveries()
    _processes()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("closed", sa.Float()),
        sa.Column("markup", sa.Integer()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("tail", sa.String(length=8), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("expires", sa.Float()),
        sa.Column("revoked", sa.Float()),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("dialects", sa.Text(), nullable=False),
        sa.Column("requests_per_minute", sa.Integer()),
        sa.Column("images_per_minute", sa.Integer()),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("strict", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ix_keys_account", "keys", ["account"], unique=False)


def _purses() -> None:
    op.create_table(
        "purses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("prepaid", sa.Boolean(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("at_once", sa.Integer()),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("day_spent", sa.BigInteger(), nullable=False),
        sa.Column("day_limit", sa.BigInteger()),
        sa.Column("month_spent", sa.BigInteger(), nullable=False),
        sa.Column("month_limit", sa.BigInteger()),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("spent_limit", sa.BigInteger()),
        sa.CheckConstraint("NOT prepaid OR balance - held >= 0", name="never_below_zero"),
        sa.CheckConstraint("held >= 0 AND running >= 0", name="nothing_is_held_less_than_nothing"),
        sa.PrimaryKeyConstraint("id"),
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reference", sa.String(length=200)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index("entries_of_account", "entries", ["account", "id"], unique=False)
    op.create_index("entries_of_job", "entries", ["job"], unique=False)


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("process", sa.String(length=32), nullable=False),
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("idempotency", sa.String(length=255)),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("dialect", sa.String(length=40), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("ended", sa.Float()),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("asked", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=False),
        sa.Column("real", sa.Boolean(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("pictures_asked", sa.Integer(), nullable=False),
        sa.Column("pictures_made", sa.Integer(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger()),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("maybe_paid", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("text_in", sa.BigInteger(), nullable=False),
        sa.Column("image_in", sa.BigInteger(), nullable=False),
        sa.Column("text_out", sa.BigInteger(), nullable=False),
        sa.Column("image_out", sa.BigInteger(), nullable=False),
        sa.Column("cached_in", sa.BigInteger(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("error", sa.String(length=64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("jobs_of_key", "jobs", ["key", "created"], unique=False)
    op.create_index("jobs_of_request", "jobs", ["request"], unique=False)
    op.create_index("jobs_of_time", "jobs", ["created", "id"], unique=False)
    op.create_index(
        "jobs_that_run",
        "jobs",
        ["process"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "one_job_an_order",
        "jobs",
        ["idempotency"],
        unique=True,
        sqlite_where=sa.text("idempotency IS NOT NULL"),
        postgresql_where=sa.text("idempotency IS NOT NULL"),
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("offer", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("started", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text()),
        sa.Column("cost", sa.BigInteger()),
        sa.Column("charged", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attempts_job", "attempts", ["job"], unique=False)


def _pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("thumbnail", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("expires", sa.Float(), nullable=False),
        sa.Column("deleted", sa.Float()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pictures_expires", "pictures", ["expires"], unique=False)
    op.create_index("ix_pictures_job", "pictures", ["job"], unique=False)
    op.create_index("ix_pictures_path", "pictures", ["path"], unique=False)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", sa.Float()),
        sa.Column("taken", sa.Float()),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deliveries_due", "deliveries", ["due"], unique=False)
    op.create_index("ix_deliveries_job", "deliveries", ["job"], unique=False)


def _processes() -> None:
    op.create_table(
        "processes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started", sa.String(length=40), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
