"""An upstream that quotes our key in a failure that it tells under a 200: nobody hears the key from us."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tintype.core import Access, ImageRequest, ModelCard, Provider
from tintype.core.errors import TintypeError
from tintype.providers.azure import Azure
from tintype.providers.bfl import BlackForestLabs
from tintype.providers.comfyui import ComfyUI
from tintype.providers.fal import Fal
from tintype.providers.gemini import Gemini
from tintype.providers.gptproto_tasks import GPTProtoTasks
from tintype.providers.localai import LocalAI
from tintype.providers.nanogpt import NanoGPT
from tintype.providers.openai import OpenAI
from tintype.providers.replicate import Replicate

from ..upstream import Reply
from .asking import EVENTS, JSON, ask

KEY = "sk-very-secret-key"
SAYS = f"The key {KEY} has seen better days."
ERROR = {"error": {"message": SAYS}}
CARD = ModelCard(id="m", provider="p", upstream_id="m")


def told(document: Any) -> Reply:
    return Reply(headers=JSON, chunks=[json.dumps(document).encode()])


FRAME = Reply(headers=EVENTS, chunks=[b"data: %s\n\n" % json.dumps(ERROR).encode()])
TICKET = {
    "id": "1",
    "request_id": "1",
    **{f"{name}_url": "https://elsewhere.test/x" for name in ("polling", "status", "response", "cancel")},
}


@pytest.mark.parametrize(
    ("adapter", "replies"),
    [
        (OpenAI, [told(ERROR)]),
        (OpenAI, [FRAME]),
        (Azure, [told(ERROR)]),
        (NanoGPT, [told(ERROR)]),
        (LocalAI, [told(ERROR)]),
        (Gemini, [told(ERROR)]),
        (Gemini, [FRAME]),
        (GPTProtoTasks, [told(TICKET), told({"id": "1", "status": "failed", "error": SAYS})]),
        (Fal, [told(TICKET), told({"status": "COMPLETED", "error": SAYS, "error_type": "bad_request"})]),
        (
            BlackForestLabs,
            [
                told(TICKET),
                told({"status": "Error", "message": SAYS}),
            ],
        ),
        (Replicate, [told({"id": "1", "status": "failed", "error": SAYS})]),
        (
            ComfyUI,
            [
                told({"prompt_id": "1"}),
                told({"1": {"status": {"messages": [["execution_error", {"exception_message": SAYS}]]}}}),
            ],
        ),
    ],
)
def test_a_key_that_is_quoted_under_a_200(adapter: Any, replies: list[Reply]) -> None:
    def opened(url: str) -> Provider:
        provider: Provider = adapter.open(Access(name="p", base_url=url, key=KEY))
        return provider

    with pytest.raises(TintypeError) as caught:
        ask(opened, ImageRequest(model="m", prompt="a cat"), CARD, *replies)
    assert "has seen better days" in str(caught.value)
    assert KEY not in str(caught.value)
