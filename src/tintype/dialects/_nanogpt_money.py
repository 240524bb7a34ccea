"""NanoGPT's pages about money: the balance, what a single request came to, and sums, which are zeros of the right type."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from ..core import Answer, House, Incoming
from ..core.errors import BadRequest
from ..core.money import MILLION
from ._nanogpt import told

_COUNTERS = {
    "requests": 0,
    "costUsd": 0,
    "refundedUsd": 0,
    "netCostUsd": 0,
    "inputTokens": 0,
    "outputTokens": 0,
    "reasoningTokens": 0,
    "totalTokens": 0,
}
_GROUPINGS = {
    "day": ("byDay",),
    "model": ("byModel",),
    "day,model": ("byDay", "byModel", "byDayModel"),
}
_LEGACY = ("duration", "page", "pageSize", "sort", "dir", "filter", "weekOffset", "tz", "include_summary")
_MAX_DAYS = 366


async def balance(incoming: Incoming, house: House) -> Answer:
    """An account without a balance of its own is told zero: the page has no other word for it."""
    left = await house.balance() or 0
    return told(
        {"usd_balance": f"{left / MILLION:.8f}", "nano_balance": "0.00000000", "nanoDepositAddress": ""}
    )


def use_post(incoming: Incoming, house: House) -> Answer:
    """In the envelope of NanoGPT's oldest pages: an integer `error`."""
    return told({"error": 405, "message": "GET is not for /api/check-balance: use POST."}, status=405)


def usage(incoming: Incoming, house: House) -> Answer:
    now = datetime.now(UTC)
    try:
        first, last = _days(incoming, now.date())
        grouping = _grouping(incoming)
    except BadRequest as error:
        return _error(400, str(error), "invalid_request_error")
    document = {
        "object": "usage",
        "scope": incoming.query.get("scope", "current_key"),
        "apiKey": {"id": 0},
        "from": first.isoformat(),
        "to": last.isoformat(),
        "timezone": "UTC",
        "groupBy": grouping,
        "asOf": timestamp(now),
        "source": {"rollupDays": [], "liveDays": [], "missingRollupDays": []},
        "totals": _COUNTERS,
    }
    return told(document | {group: [] for group in _GROUPINGS[grouping]})


async def usage_of_request(incoming: Incoming, house: House) -> Answer:
    """What a request came to, for a day. docs.nano-gpt.com/api-reference/endpoint/request-billing, 2026-11-20."""
    wanted = incoming.path_params["id"]
    receipt = await house.receipt(wanted)
    if receipt is None:
        answer = _error(404, f"No settled usage is known of request {wanted[:80]!r}.", "not_found_error")
        return replace(answer, headers={"retry-after": "30"})
    ended = datetime.fromtimestamp(receipt.ended, UTC)
    return told(
        {
            "object": "request_billing",
            "request_id": wanted,
            "created_at": timestamp(ended, "microseconds"),
            "expires_at": timestamp(ended + timedelta(days=1), "microseconds"),
            "as_of": timestamp(datetime.now(UTC), "microseconds"),
            "cost": f"{(receipt.cost or 0) / MILLION:.8f}",
            "currency": "USD",
            "cost_scope": "primary_charge",
            "usage": {
                "input_tokens": receipt.usage.input_tokens,
                "output_tokens": receipt.usage.output_tokens,
                "reasoning_tokens": None,
            },
        }
    )


def timestamp(moment: datetime, timespec: str = "milliseconds") -> str:
    """
    >>> timestamp(datetime(2026, 6, 25, 1, 2, 3, 456_789, UTC))
    '2026-06-25T01:02:03.456Z'
    """
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


def _days(incoming: Incoming, today: date) -> tuple[date, date]:
    """The days asked for, both included; the last 30 when nothing is said. Raises BadRequest."""
    said = [incoming.query.get(name) for name in ("from", "to")]
    if said == [None, None]:
        return today - timedelta(days=29), today
    if None in said:
        raise BadRequest("from and to must be provided together.")
    try:
        first, last = (_day(text or "") for text in said)
    except ValueError as error:
        raise BadRequest("from and to must use YYYY-MM-DD UTC dates.") from error
    if last < first:
        raise BadRequest("to must be on or after from.")
    if last > today:
        raise BadRequest("to cannot be in the future.")
    if (last - first).days >= _MAX_DAYS:
        raise BadRequest(f"Ranges are capped at {_MAX_DAYS} days.")
    return first, last


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _grouping(incoming: Incoming) -> str:
    for name in _LEGACY:
        if name in incoming.query:
            raise BadRequest(f"{name} is not supported. Use explicit UTC from and to dates.")
    if incoming.query.get("scope", "current_key") not in ("current_key", "api_key"):
        raise BadRequest("scope must be current_key or api_key.")
    grouping = incoming.query.get("group_by", "day,model").replace("model,day", "day,model")
    if grouping not in _GROUPINGS:
        raise BadRequest(f"group_by must be one of: {'; '.join(_GROUPINGS)}.")
    return grouping


def _error(status: int, message: str, kind: str) -> Answer:
    return Answer(body=msgspec.json.encode({"error": {"message": message, "type": kind}}), status=status)
