"""The house as its own upstream in Azure's wire, by both routes, and behind ZnapAI's address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tintype.core import ImageRequest
from tintype.core.errors import OutOfCredit, Refused, Rejected, TintypeError, Unavailable, UnknownModel
from tintype.gateway.assemble import open_gateway
from tintype.gateway.settings import Settings

from ..serving import serving
from . import mirrors

ORDERS = {
    "plain": mirrors.CAT,
    "two": mirrors.CATS,
    "another size": mirrors.SMALL,
    "jpeg": mirrors.JPEG,
    "hints": mirrors.HINTS,
    "stream": mirrors.STREAM,
    "edit": mirrors.EDIT,
    "edit of two": mirrors.EDITS,
    "edit of a stream": replace(mirrors.EDIT, stream=True),
    "mask": mirrors.MASKED,
}
AZURE = "azure/gpt-image-2"
PLACES = {AZURE: "", "znapai-azure/gpt-image-2": "/znapai/azure"}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("model", PLACES)
def test_the_same_comes_out(chain: mirrors.Chains, model: str, order: ImageRequest) -> None:
    mirrors.assert_same(chain(model, PLACES[model]), model, order)


def test_by_the_other_route() -> None:
    with serving(mirrors.original(AZURE)) as address:
        far = mirrors.house(mirrors.opened("azure", address, route="v1"), mirrors.CARDS[AZURE])
        for order in (mirrors.CAT, mirrors.MASKED, mirrors.STREAM):
            mirrors.assert_same(far, AZURE, order)


def test_what_is_streamed_behind_the_callers_back_is_one_plain_picture(chain: mirrors.Chains) -> None:
    order = replace(mirrors.CAT, quality="high")
    mirrors.assert_same(chain(AZURE, ""), AZURE, order)


def test_the_illustrators_own_picture_comes_out(address: str) -> None:
    far = mirrors.house(mirrors.opened("azure", address), mirrors.CARDS[AZURE])
    near = mirrors.through(open_gateway(Settings(), {}), replace(mirrors.CAT, model="gpt-image-2"))
    events = mirrors.through(far, mirrors.CAT)
    assert (mirrors.told(events), mirrors.used(events)) == (mirrors.told(near), mirrors.used(near))


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (Refused("no cats"), Refused, "moderation_blocked"),
        (UnknownModel("gone", param="model"), Rejected, "upstream_no_model"),
        (OutOfCredit("empty"), Rejected, "upstream_out_of_credit"),
        (Unavailable("down"), Unavailable, "upstream_unavailable"),
    ],
    ids=str,
)
@pytest.mark.parametrize("quality", ["low", "high"], ids=["plain", "streamed"])
def test_the_same_errors_come_out(
    quality: str, error: TintypeError, kind: type[TintypeError], code: str
) -> None:
    caught = mirrors.failure(AZURE, "", error, replace(mirrors.CAT, quality=quality))
    assert isinstance(caught, kind)
    assert caught.code == code


def test_a_fault_in_a_field_is_the_callers(address: str) -> None:
    card = replace(mirrors.CARDS[AZURE], backgrounds=("transparent", "opaque"))
    gateway = mirrors.house(mirrors.opened("azure", address), card)
    with pytest.raises(TintypeError, match="Transparent background is not supported") as caught:
        mirrors.through(gateway, replace(mirrors.CAT, background="transparent"))
    assert (caught.value.status, caught.value.param) == (400, "background")
