"""The house as its own upstream in both of NanoGPT's wires."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tintype.core import Completed, ImageRequest, Size
from tintype.core.errors import OutOfCredit, Refused, Rejected, TintypeError, Unavailable, UnknownModel

from ..serving import serving
from . import mirrors

AT = "/nanogpt/api/v1"
NEWER, OLDER, MASKS = "nanogpt/gpt-image-2", "flux-kontext", "flux-lora/inpainting"

ORDERS = [
    *((NEWER, order) for order in (mirrors.CAT, mirrors.CATS, mirrors.SMALL, mirrors.EDIT, mirrors.EDITS)),
    (NEWER, replace(mirrors.CAT, output_format="jpeg")),
    (NEWER, replace(mirrors.CAT, background="opaque")),
    (OLDER, mirrors.GEMINI),
    (OLDER, replace(mirrors.CATS, quality=None)),
    (OLDER, replace(mirrors.GEMINI, size=Size(1536, 1024))),
    (OLDER, replace(mirrors.EDITS, quality=None)),
    (MASKS, replace(mirrors.MASKED, quality=None)),
]


@pytest.mark.parametrize(("model", "order"), ORDERS)
def test_the_same_comes_out(chain: mirrors.Chains, model: str, order: ImageRequest) -> None:
    mirrors.assert_same(chain(model, AT), model, order, usage=False)


def test_what_it_cost_comes_back_to_the_micro_dollar(address: str) -> None:
    card = mirrors.CARDS["pruna-ai/p-image/text-to-image"]  # five thousandths of a dollar a picture
    events = mirrors.through(
        mirrors.house(mirrors.opened("nanogpt", address + AT), card),
        replace(mirrors.CATS, quality=None, size=Size(1024, 1024)),
    )
    assert [event.cost for event in events if isinstance(event, Completed)] == [None, 10_000]


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (Refused("no cats"), Refused, "moderation_blocked"),
        (OutOfCredit("empty"), Rejected, "upstream_out_of_credit"),
        (UnknownModel("gone", param="model"), Rejected, "upstream_no_model"),
        (Unavailable("down"), Unavailable, "upstream_unavailable"),
    ],
    ids=str,
)
@pytest.mark.parametrize("model", [NEWER, OLDER])
def test_the_same_errors_come_out(
    model: str, error: TintypeError, kind: type[TintypeError], code: str
) -> None:
    caught = mirrors.failure(model, AT, error, mirrors.GEMINI)
    assert isinstance(caught, kind)
    assert caught.code == code


def test_it_is_checked_by_the_balance() -> None:
    async def main(address: str) -> str:
        provider = mirrors.opened("nanogpt", address + AT)
        try:
            return await provider.check()
        finally:
            await provider.close()

    with serving(mirrors.original(NEWER)) as address:
        assert asyncio.run(main(address)) == "the key is taken, $0.00000000 left"
