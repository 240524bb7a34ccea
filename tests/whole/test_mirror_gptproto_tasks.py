"""The house as its own upstream in GPTProto's tasks: ordered, asked for, and fetched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tintype.core import ImageRequest
from tintype.core.errors import Refused, TintypeError, Unavailable

from . import mirrors

AT = "/gptproto"
GPT, GEMINI = "gptproto-tasks/gpt-image-2", "gptproto-tasks/gemini-3-pro-image"


@pytest.mark.parametrize(
    ("model", "order"),
    [
        (GPT, mirrors.CAT),
        (GPT, mirrors.CATS),
        (GPT, replace(mirrors.SMALL, output_format="jpeg", background="opaque")),
        (GPT, mirrors.EDITS),
        (GEMINI, mirrors.FINE),
        (GEMINI, replace(mirrors.WIDE, images=mirrors.EDIT.images)),
    ],
)
def test_the_same_comes_out(chain: mirrors.Chains, model: str, order: ImageRequest) -> None:
    mirrors.assert_same(chain(model, AT, houses=1), model, order, usage=False)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Refused("Input may not meet the guidelines. Please adjust."), Refused),
        (Unavailable("down"), Unavailable),
    ],
    ids=str,
)
def test_the_same_errors_come_out(error: TintypeError, kind: type[TintypeError]) -> None:
    caught = mirrors.failure(GPT, AT, error)
    assert type(caught) is kind
    assert str(error) in str(caught)
