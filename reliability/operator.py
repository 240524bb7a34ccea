"""What the server tells its operator: which jobs an upstream may have been paid for, and whether the books add up."""

from __future__ import annotations

from .checks import Seen
from .http import ask
from .shop import Buyer


async def as_told(port: int, operator: Buyer, seen: Seen) -> list[str]:
    """What is wrong with that. `seen` is what the database says."""
    faults: list[str] = []
    listed: set[str] = set()
    following = ""
    while following is not None:
        page = f"/admin/jobs?maybe_paid=true&limit=200{following and f'&before={following}'}"
        answer = await ask(port, "GET", page, key=operator.secret)
        if answer.status != 200:
            return [f"the operator's list is {answer.status}: {answer.body[:200]!r}"]
        listed |= {job["id"] for job in answer.json()["data"]}
        following = answer.json()["next"]
    if listed != {job.id for job in seen.jobs if job.maybe_paid}:
        faults.append(f"the operator is told of {len(listed)} jobs that may have been paid")
    books = (await ask(port, "GET", "/admin/books", key=operator.secret)).json()
    if not books["adds_up"]:
        faults.append(f"the operator is told that the books do not add up: {books['faults'][:3]}")
    lines = (await ask(port, "GET", "/admin/usage?by=day", key=operator.secret)).json()["data"]
    if sum(line["maybe_paid"] for line in lines) != len(listed):
        faults.append(f"the usage counts {[line['maybe_paid'] for line in lines]} of {len(listed)} such jobs")
    return faults
