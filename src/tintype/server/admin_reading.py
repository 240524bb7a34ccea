"""The admin API's calls that only read: jobs, entries, usage, and whether the books add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from ..core import Answer
from ..core.errors import NotFound
from . import admin_reports as reports
from . import admin_words as words
from .admin_tables import as_csv, usage_rows
from .asking import Asked, Call, Nothing

if TYPE_CHECKING:
    from ..gateway.office import Office

Limit = Annotated[int, Meta(ge=1, le=1000)]
CSV = "text/csv"


class OfEntries(Struct, forbid_unknown_fields=True):
    account: Annotated[str, Meta(description='Its id or name; without one, the account "default".')] = (
        "default"
    )
    before: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    limit: Limit = 100


class OfUsage(reports.Span, kw_only=True):
    by: Annotated[
        str, Meta(description="day, key, model, provider, account: one or several of them, with commas.")
    ] = "day"
    account: str = ""
    key: str = ""
    format: Literal["json", "csv"] = "json"


class OfJobs(Struct, forbid_unknown_fields=True):
    account: str = ""
    key: str = ""
    state: Literal["", "running", "done", "failed", "cancelled", "interrupted"] = ""
    maybe_paid: bool | None = None
    before: Annotated[str, Meta(description="The id of a job: those that are older.")] = ""
    limit: Limit = 100


async def list_entries(office: Office, asked: Asked[OfEntries, Nothing]) -> reports.Entries:
    query = asked.query
    account = await office.owners.find(query.account)
    found = await office.history.entries(account.id, before=query.before, limit=query.limit)
    following = found[-1].id if len(found) == query.limit else None
    return reports.Entries(data=[reports.entry(each) for each in found], next=following)


async def tell_usage(office: Office, asked: Asked[OfUsage, Nothing]) -> reports.Usage | Answer:
    query = asked.query
    by, found = await usage(office, query)
    if query.format == "json":
        return found
    text = as_csv(usage_rows(by, found))
    headers = {"content-disposition": 'attachment; filename="usage.csv"'}
    return Answer(body=text.encode(), media_type=CSV, headers=headers)


async def usage(office: Office, query: OfUsage) -> tuple[tuple[str, ...], reports.Usage]:
    """What it is by, and it. Raises NotFound, BadRequest."""
    from ..accounts.usage import report

    reports.check_days(query.since, query.until)
    by = reports.read_by(query.by)
    account, key = await ids(office, query.account, query.key)
    lines = await report(office.database, by, since=query.since, until=query.until, account=account, key=key)
    return by, reports.usage(lines)


async def ids(office: Office, account: str, key: str) -> tuple[str, str]:
    """Of names or ids; empty of empty ones. Raises NotFound."""
    found = (await office.owners.find(account)).id if account else ""
    return found, (await office.keys.find(key)).id if key else ""


async def list_jobs(office: Office, asked: Asked[OfJobs, Nothing]) -> reports.Jobs:
    query = asked.query
    account, key = await ids(office, query.account, query.key)
    found = await office.history.list_jobs(
        key=key or None,
        account=account or None,
        state=query.state or None,
        maybe_paid=query.maybe_paid,
        before=query.before,
        limit=query.limit,
    )
    following = found[-1].id if len(found) == query.limit else None
    return reports.Jobs(data=[reports.job(each) for each in found], next=following)


async def tell_job(office: Office, asked: Asked[Nothing, Nothing]) -> reports.JobInFull:
    from ..accounts.deliveries import Deliveries

    name = asked.path["job"]
    found = await office.history.find(name)
    if found is None:
        raise NotFound(f"There is no job {name!r}.", param="job")
    attempts, pictures = await office.history.attempts(name), await office.history.pictures(name)
    return reports.job_in_full(found, attempts, pictures, await Deliveries(office.database).of(name))


async def check_books(office: Office, asked: Asked[Nothing, Nothing]) -> words.Books:
    from ..accounts.usage import prove

    faults = [*await office.ledger.check_books(), *await prove(office.database)]
    return words.Books(adds_up=not faults, faults=faults)


CALLS: tuple[Call, ...] = (
    Call(
        method="GET",
        path="/admin/entries",
        summary="The entries of an account: credits, charges, refunds",
        run=list_entries,
        query=OfEntries,
        answer=reports.Entries,
    ),
    Call(
        method="GET",
        path="/admin/usage",
        summary="What was used and what it came to",
        run=tell_usage,
        query=OfUsage,
        answer=reports.Usage,
        media_types=(CSV,),
    ),
    Call(
        method="GET",
        path="/admin/jobs",
        summary="The jobs, the newest first",
        run=list_jobs,
        query=OfJobs,
        answer=reports.Jobs,
    ),
    Call(
        method="GET",
        path="/admin/jobs/{job}",
        summary="A job with its calls of upstreams, the pictures that are kept, and its webhooks",
        run=tell_job,
        answer=reports.JobInFull,
    ),
    Call(
        method="GET",
        path="/admin/books",
        summary="Whether every number that is kept adds up",
        run=check_books,
        answer=words.Books,
    ),
)
