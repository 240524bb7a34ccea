"""The clients that are driven: what is installed for each, and what it is called in the README."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

COLUMNS = ("models", "generate", "edit", "several", "mask", "stream", "errors")
"""What each client is tried at: one input picture is `edit`, two or more are `several`."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder of its own under .conformance/. `rows` are the lines of the table that its drive fills."""

    name: str
    tool: Literal["pip", "npm"]
    packages: tuple[str, ...]
    drive: str
    rows: tuple[tuple[str, str], ...]  # (client, the version that stands in the table)


def _ai_sdk(major: int, core: str, openai: str, compatible: str, azure: str, google: str) -> Environment:
    return Environment(
        f"ai-sdk-{major}",
        "npm",
        (
            f"ai@{core}",
            f"@ai-sdk/openai@{openai}",
            f"@ai-sdk/openai-compatible@{compatible}",
            f"@ai-sdk/azure@{azure}",
            f"@ai-sdk/google@{google}",
        ),
        "ai_sdk.mjs",
        (
            (f"AI SDK {major}, openai", f"ai {core}, {openai}"),
            (f"AI SDK {major}, openai-compatible", compatible),
            (f"AI SDK {major}, azure", azure),
            (f"AI SDK {major}, google", google),
        ),
    )


def _openai_python(version: str) -> Environment:
    return Environment(
        f"openai-python-{version}",
        "pip",
        (f"openai=={version}",),
        "openai_python.py",
        (("openai-python", version), ("AzureOpenAI (Python), three ways", version)),
    )


def _google_genai(version: str) -> Environment:
    return Environment(
        f"google-genai-{version}",
        "pip",
        (f"google-genai=={version}",),
        "google_genai_python.py",
        (("google-genai (Python)", version),),
    )


ENVIRONMENTS = (
    _openai_python("3.51.0"),
    _openai_python("2.54.0"),
    Environment(
        "openai-node",
        "npm",
        ("openai@6.49.0",),
        "openai_node.mjs",
        (("openai-node", "6.49.0"), ("AzureOpenAI (Node)", "6.49.0")),
    ),
    _ai_sdk(7, "7.0.173", "4.0.77", "3.0.92", "4.0.85", "4.0.83"),
    _ai_sdk(6, "6.0.326", "3.0.141", "2.0.87", "3.0.128", "3.0.141"),
    Environment(
        "litellm",
        "pip",
        ("litellm==1.106.2",),
        "litellm_python.py",
        (("LiteLLM, openai", "1.106.2"), ("LiteLLM, azure", "1.106.2"), ("LiteLLM, gemini", "1.106.2")),
    ),
    _google_genai("3.3.0"),
    _google_genai("2.34.0"),
    Environment(
        "google-genai-node",
        "npm",
        ("@google/genai@2.32.0",),
        "google_genai_node.mjs",
        (("@google/genai (Node)", "2.32.0"),),
    ),
)
