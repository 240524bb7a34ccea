"""Whatever is sent to the admin API, it is answered, and what is wrong is the sender's."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tintype.server.admin import CALLS
from tintype.server.asking import Call

from .administered import House, administered
from .trading import trade

NAMES = ["acme", "default", "web", "job_1", "job_6", "nobody", "\0", "a b", "é", "%"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 2**63, -(2**63), 10**40])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([*NAMES, "1.5", "-1", "999999999", "2026-11-01", "running", "csv", "day,key", "tt-x"])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)


def fields(kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields that there are, and now and then one that there is not."""
    known = kind.__struct_encode_fields__
    return st.dictionaries(st.sampled_from([*known, "unknown"]), VALUES, max_size=4)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    with administered(tmp_path_factory.mktemp("fuzzed")) as house:

        async def work() -> str:
            await trade(house.office)
            await house.office.owners.make("operators")  # of a name that nothing below says
            return (await house.office.keys.make("boss", "operators", admin=True))[1]

        yield house, asyncio.run(work())


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_nothing_that_is_sent_breaks_it(house: tuple[House, str], call: Call, data: st.DataObject) -> None:
    at, key = house
    path = re.sub(r"\{\w+\}", lambda _: quote(data.draw(st.sampled_from(NAMES)), safe=""), call.path)
    query = data.draw(fields(call.query))
    body = data.draw(fields(call.body) | VALUES)
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
    told = at.ask(
        call.method, f"{path}?{urlencode(texts, errors='replace')}", json.dumps(body).encode(), key=key
    )
    assert told.status not in (401, 403)
    assert told.status < 500, (path, query, body, told.body)
    if told.status >= 400:
        assert told.error["message"]
    elif told.headers["content-type"].startswith("application/json"):
        assert told.document is not None


def test_after_all_of_that_the_books_add_up(house: tuple[House, str]) -> None:
    at, key = house
    assert at.get("/admin/books", key) == {"adds_up": True, "faults": []}
