"""The house as its own upstream in the wires of the resellers that are only catalog files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tintype.core import ImageRequest, Size
from tintype.core.errors import (
    Busy,
    OutOfCredit,
    Refused,
    Rejected,
    TintypeError,
    TooManyRequests,
    Unavailable,
    UnknownModel,
)

from . import mirrors

PLACES = {"znapai": "/znapai", "octen": "/octen/v1", "gptproto": "/gptproto/v1"}

OF_GPT = {
    "plain": mirrors.CAT,
    "two": mirrors.CATS,
    "another size": mirrors.SMALL,
    "jpeg": mirrors.JPEG,
    "hints": mirrors.HINTS,
    "stream": mirrors.STREAM,
    "edit": mirrors.EDIT,
    "edit of a stream": replace(mirrors.EDITS, stream=True),
    "mask": mirrors.MASKED,
}
OF_GEMINI = {
    "plain": replace(mirrors.GEMINI, size=Size(1024, 1024)),
    "a shape": mirrors.WIDE,
    "a fine shape": mirrors.FINE,
    "words": mirrors.WORDS,
    "edit": replace(mirrors.GEMINI, images=mirrors.EDITS.images),
    "edit of a shape": replace(mirrors.WIDE, images=mirrors.EDITS.images),
}
ORDERS = [
    *((f"{service}/gpt-image-2", order) for service in PLACES for order in OF_GPT),
    *(("octen/gpt-image-2.5-flare", order) for order in ("plain", "edit")),
    *(("octen/gemini-3-pro-image", order) for order in OF_GEMINI),
    *(("znapai/gemini-3-pro-image", order) for order in ("plain", "a shape", "a fine shape", "edit")),
    *(("gptproto/gemini-2.5-flash-image", order) for order in ("plain", "a shape", "edit of a shape")),
]


@pytest.mark.parametrize(("model", "order"), ORDERS)
def test_the_same_comes_out(chain: mirrors.Chains, model: str, order: str) -> None:
    orders = OF_GEMINI if "gemini" in model else OF_GPT
    mirrors.assert_same(chain(model, PLACES[model.partition("/")[0]]), model, orders[order])


ERRORS = [
    (Refused("Input may not meet the guidelines. Please adjust."), Refused, "moderation_blocked"),
    (OutOfCredit("Insufficient balance"), Rejected, "upstream_out_of_credit"),
    (UnknownModel("gone", param="model"), Rejected, "upstream_no_model"),
    (TooManyRequests("slow"), Busy, "upstream_busy"),
    (Unavailable("down"), Unavailable, "upstream_unavailable"),
]


@pytest.mark.parametrize(("error", "kind", "code"), ERRORS, ids=str)
@pytest.mark.parametrize("order", [mirrors.CAT, mirrors.STREAM], ids=["plain", "stream"])
@pytest.mark.parametrize("service", PLACES)
def test_the_same_errors_come_out(
    service: str, order: ImageRequest, error: TintypeError, kind: type[TintypeError], code: str
) -> None:
    caught = mirrors.failure(f"{service}/gpt-image-2", PLACES[service], error, order)
    assert isinstance(caught, kind)
    if service == "gptproto" and code == "upstream_no_model":
        code = "upstream_rejected"  # its errors have no code and no field
    assert caught.code == code
