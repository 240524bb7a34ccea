"""`tintype jobs`: what was ordered, how it went, and money back for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.money import usd
from .opening import Config, Data, Json, cash, moment, note, print_json, settings_of, show, with_office
from .options import Option

if TYPE_CHECKING:
    from ..gateway.office import Office
    from ..server.admin_reports import JobInFull, Jobs

app = typer.Typer(rich_markup_mode=None)

Which = Annotated[str, typer.Argument(metavar="JOB", help="Its id: x-tintype-job of the answer.")]


@app.command("list")
def list_jobs(
    state: Annotated[
        str, Option("--state", metavar="WORD", help="running, done, failed, cancelled or interrupted.")
    ] = "",
    account: Annotated[str, Option("--account", metavar="ACCOUNT", help="Only this account's.")] = "",
    key: Annotated[str, Option("--key", metavar="KEY", help="Only this key's, by its id or name.")] = "",
    maybe_paid: Annotated[
        bool,
        Option("--maybe-paid", help="Only those for which an upstream may have taken more than is known."),
    ] = False,
    before: Annotated[str, Option("--before", metavar="JOB", help="Only older ones than this.")] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="So many, to 1000.")] = 20,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """List the jobs, the newest first."""
    from ..server import admin_reading as reading
    from ..server.asking import Asked, Nothing, read_query

    said = {"state": state, "account": account, "key": key, "before": before, "limit": str(limit)}
    if maybe_paid:
        said["maybe_paid"] = "true"
    query = read_query(said.items(), reading.OfJobs)

    async def work(office: Office) -> tuple[Jobs, dict[str, str]]:
        names = {each.id: each.name for each in await office.keys.list(revoked=True)}
        return await reading.list_jobs(office, Asked({}, query, Nothing())), names

    found, names = with_office(settings_of(config, data), work)
    if json:
        print_json(found)
        return 0
    if not found.data:
        note("there are no such jobs")
        return 0
    heads = ("job", "when", "state", "model", "provider", "key", "pictures", "cost", "charged", "error")
    show(heads, [_row(each, names) for each in found.data])
    if found.next:
        note(f"there are more: --before {found.next}")
    return 0


@app.command("show")
def show_job(job: Which, json: Json = False, data: Data = None, config: Config = None) -> int:
    """Tell of a job and what was asked of upstreams for it."""
    from ..server import admin_reading as reading
    from ..server.asking import Asked, Nothing

    async def work(office: Office) -> JobInFull:
        return await reading.tell_job(office, Asked({"job": job}, Nothing(), Nothing()))

    found = with_office(settings_of(config, data), work)
    if json:
        print_json(found)
        return 0
    for name, value in _facts(found):
        print(f"{name:<12} {value}")
    if found.attempts:
        print()
        rows = [
            [
                each.offer,
                each.provider,
                f"{each.outcome} {each.code}".strip(),
                moment(each.started),
                f"{each.seconds:.1f}",
                f"{each.pictures} of {each.asked}",
                cash(each.cost) or "not known",
            ]
            for each in found.attempts
        ]
        show(("asked of", "at", "outcome", "when", "seconds", "pictures", "took"), rows)
    if found.webhooks:
        print()
        told = [
            [each.url, each.state, str(each.tries), moment(each.due), each.failure] for each in found.webhooks
        ]
        show(("webhook", "state", "tries", "due", "failure"), told)
    return 0


@app.command("refund")
def refund(
    job: Which,
    why: Annotated[str, Option("--note", metavar="TEXT", help="Why.")] = "",
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Give back what a job was charged: all of it, and once."""
    amount = with_office(settings_of(config, data), lambda office: office.ledger.refund(job, why))
    if json:
        from ..server import admin_words as words

        print_json(words.Refunded(job=job, refunded=usd(amount)))
    else:
        print(f"{cash(usd(amount))} was given back for {job}" if amount else f"nothing is charged for {job}")
    return 0


def _row(job: Any, names: dict[str, str]) -> list[str]:
    return [
        job.id,
        moment(job.created),
        job.state,
        job.model or job.asked,
        job.provider,
        names.get(job.key, job.key) or "-",
        f"{job.pictures_made} of {job.pictures_asked}",
        _cost(job),
        cash(job.charged),
        job.error,
    ]


def _cost(job: Any) -> str:
    if job.cost is None:
        return f"{cash(job.held)} held" if job.state == "running" else "not known"
    return cash(job.cost)


def _facts(job: JobInFull) -> list[tuple[str, str]]:
    more = ", and maybe more" if job.maybe_paid else ""
    facts = [
        ("job", job.id),
        ("state", job.state),
        ("error", f"{job.error}: {job.message}" if job.error else ""),
        ("when", f"{moment(job.created)} to {moment(job.ended)}" if job.ended else moment(job.created)),
        ("asked for", f"{job.asked or 'the default model'} by {job.dialect}"),
        ("drawn by", f"{job.model} at {job.provider}" if job.provider else ""),
        ("prompt", job.prompt),
        ("plan", job.plan),
        ("pictures", f"{job.pictures_made} of {job.pictures_asked}, {len(job.pictures)} of them kept"),
        ("tokens", ", ".join(f"{count} {kind}" for kind, count in job.tokens.items() if count)),
        ("cost", _cost(job)),
        ("charged", cash(job.charged)),
        ("paid", f"{cash(job.paid)}{more}"),
        ("account", job.account),
        ("key", job.key),
        ("request", job.request),
    ]
    return [(name, value) for name, value in facts if value]


@app.callback()
def start(context: typer.Context) -> int:
    """What was ordered, and how it went. Without a command, the last jobs are listed."""
    return list_jobs() if context.invoked_subcommand is None else 0
