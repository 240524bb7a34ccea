"""`tintype usage`: what was used and what it came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..core.errors import BadRequest
from .opening import Config, Data, Json, cash, print_json, settings_of, show, with_office
from .options import Option

if TYPE_CHECKING:
    from ..gateway.office import Office


def usage(
    by: Annotated[
        str,
        Option(
            "--by", metavar="WORDS", help="day, key, model, provider, account: one or more. Default: day."
        ),
    ] = "day",
    since: Annotated[
        str, Option("--from", metavar="DAY", help="The first day (UTC), such as 2026-11-01.")
    ] = "",
    until: Annotated[str, Option("--to", metavar="DAY", help="The last day, itself with.")] = "",
    account: Annotated[str, Option("--account", metavar="ACCOUNT", help="Only this account's.")] = "",
    key: Annotated[str, Option("--key", metavar="KEY", help="Only this key's, by its id or name.")] = "",
    csv: Annotated[bool, Option("--csv", help="As CSV.")] = False,
    json: Json = False,
    data: Data = None,
    config: Config = None,
) -> int:
    """Tell what was used, by day or otherwise, and the total.

    COST is what callers were asked for as far as known, CHARGED what accounts paid of it, refunds taken off, PAID what
    upstreams are known to have taken.
    """
    if csv and json:
        raise BadRequest("--csv and --json contradict each other.")
    from ..server import admin_reading as reading
    from ..server import admin_reports as reports
    from ..server.admin_tables import as_csv, usage_rows

    query = reading.OfUsage(by=by, since=since, until=until, account=account, key=key)

    async def work(office: Office) -> tuple[tuple[str, ...], reports.Usage]:
        return await reading.usage(office, query)

    words, found = with_office(settings_of(config, data), work)
    if json:
        print_json(found)
    elif csv:
        print(as_csv(usage_rows(words, found)), end="")
    else:
        heads = (*words, "jobs", "failed", "pictures", "tokens", "cost", "charged", "paid")
        rows = [[*_names(line, words), *_cells(line)] for line in found.data]
        total = ["total", *[""] * (len(words) - 1)] if words else []
        show(heads, [*rows, [*total, *_cells(found.total)]] if words else rows, total=bool(words))
    return 0


def _names(line: Any, words: tuple[str, ...]) -> list[str]:
    """For people: names where there are some, and a dash for nobody's."""
    from msgspec import UNSET

    named = (getattr(line, f"{word}_name", UNSET) for word in words)
    return [
        (getattr(line, word) if name is UNSET else name) or "-"
        for word, name in zip(words, named, strict=True)
    ]


def _cells(line: Any) -> list[str]:
    unknown = f" and {line.unknown} not known" if line.unknown else ""
    more = f" and {line.maybe_paid} not known" if line.maybe_paid else ""
    return [
        str(line.jobs),
        str(line.failed),
        str(line.pictures),
        str(sum(line.tokens.values())),
        f"{cash(line.cost)}{unknown}",
        cash(line.charged),
        f"{cash(line.paid)}{more}",
    ]
