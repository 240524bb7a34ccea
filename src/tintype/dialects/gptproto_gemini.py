"""GPTProto's Gemini route: Google's own wire behind GPTProto's address, as of docs.gptproto.com in 2025-11."""

from __future__ import annotations

from ..core import Aside, Dialect
from .gemini import Gemini


class GPTProtoGemini(Gemini):
    name = "gptproto-gemini"
    paths = tuple(
        f"/gptproto{path}" for path in Gemini.paths if path.startswith(("/models", "/v1beta/models"))
    )
    asides: tuple[Aside, ...] = ()


dialect: Dialect = GPTProtoGemini()
