"""What the services that resell OpenAI's and Google's models have in common."""

from __future__ import annotations

import re

_GEMINI = re.compile(r"gemini|banana|imagen", re.IGNORECASE)


def is_gemini(model: str) -> bool:
    """Whether a model's name, with or without its maker before it, is one of Google's: such services
    answer otherwise for those.

    >>> is_gemini("google/gemini-3-pro-image"), is_gemini("nano-banana-2"), is_gemini("openai/gpt-image-2")
    (True, True, False)
    """
    return _GEMINI.search(model) is not None


def under(prefix: str, *paths: str) -> tuple[str, ...]:
    """Each path below a service's prefix, with `/v1` and without: clients are told one base URL or the other.

    >>> under("/octen", "/models")
    ('/octen/v1/models', '/octen/models')
    """
    return tuple(f"{prefix}{version}{path}" for path in paths for version in ("/v1", ""))
