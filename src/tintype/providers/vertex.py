"""Google's models at Vertex AI: the Gemini wire at another address, let in by a token of Google Cloud.

Addresses: docs.cloud.google.com/gemini-enterprise-agent-platform/resources/locations; express mode:
cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode (2026-11-28).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec

from ..core import Access
from ..core.errors import Rejected, Unavailable
from ..transport.upstream import Upstream
from ._google import read_error
from .gemini import Gemini

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
DEFAULT_CHAIN = "adc"
"""As `credentials`: what Google's own libraries find (gcloud's login, the machine's account, a federated identity)."""

_TOKEN_SECONDS = 20.0
_PROBE = b'{"contents":[{"role":"user","parts":[{"text":"a"}]}]}'


class Vertex(Gemini):
    name = "vertex"
    options: tuple[str, ...] = ("project", "location", "credentials")

    @classmethod
    def open(cls, access: Access) -> Self:
        """With a key in express mode, and with credentials in a project. The credentials are read when they are
        first needed."""
        at = replace(access, base_url=address(access))
        if access.key:
            return cls(Upstream.of(at, x_goog_api_key=access.key), access.name)
        token = Token(access.option("credentials") or DEFAULT_CHAIN)
        return cls(Upstream.of(at, authorize=token.headers), access.name)

    async def check(self) -> str:
        """By counting the tokens of one letter, which is free; express mode has no list of models."""
        try:
            await self._upstream.ask(
                "POST", "models/gemini-3-pro-image:countTokens", _PROBE, read_error=read_error
            )
        except Rejected as error:
            if error.code != "upstream_not_found":  # without that model, but let in
                raise
        return "Google Cloud lets us in"


def address(access: Access) -> str:
    """Where the models are. An own `base_url` is the host and the version: "https://host/v1".

    >>> address(Access(name="vertex", options={"project": "p"}))
    'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/'
    >>> address(Access(name="vertex", options={"project": "p", "location": "europe-west4"}))
    'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google/'
    >>> address(Access(name="vertex", key="k"))
    'https://aiplatform.googleapis.com/v1/publishers/google/'
    """
    location = "global" if access.key else access.option("location") or "global"
    host = {
        "global": "aiplatform.googleapis.com",
        "us": "aiplatform.us.rep.googleapis.com",
        "eu": "aiplatform.eu.rep.googleapis.com",
    }.get(location, f"{location}-aiplatform.googleapis.com")
    base = (access.base_url or f"https://{host}/v1").rstrip("/")
    if access.key:
        return f"{base}/publishers/google/"
    project = access.option("project")
    if not project:
        raise ValueError(f"[provider.{access.name}]: say the `project`, or the `key` of express mode")
    return f"{base}/projects/{project}/locations/{location}/publishers/google/"


class Token:
    """A token of Google Cloud, fetched when there is none and again before it runs out, away from the event loop."""

    def __init__(self, credentials: str) -> None:
        self._said = credentials
        self._credentials: Any = None  # google.auth.credentials.Credentials, which has no types
        self._lock = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """Raises Rejected for credentials that are none, and Unavailable where Google cannot be asked."""
        async with self._lock:
            if self._credentials is None or not self._credentials.valid:
                self._credentials = await asyncio.to_thread(self._refreshed)
        headers: dict[str, str] = {}
        self._credentials.apply(headers)
        return headers

    def _refreshed(self) -> Any:
        try:
            from google.auth.exceptions import GoogleAuthError, TransportError
            from google.auth.transport.requests import Request
        except ImportError:
            raise Rejected(
                "Vertex AI's credentials need google-auth, which is not installed: pip install 'tintype[vertex]'",
                code="upstream_key_rejected",
            ) from None
        try:
            credentials = self._credentials or _found(self._said)
            credentials.refresh(partial(Request(), timeout=_TOKEN_SECONDS))
        except TransportError as error:
            raise Unavailable(f"Google cannot be asked for a token: {_brief(error)}") from error
        except (GoogleAuthError, OSError, ValueError) as error:
            raise Rejected(
                f"Google gives us no token for the credentials {self._said}: {_brief(error)}",
                code="upstream_key_rejected",
            ) from error
        return credentials


def _found(said: str) -> Any:
    """The credentials of a file, or those that Google's own libraries find. Raises ValueError."""
    import google.auth
    from google.oauth2 import credentials as users
    from google.oauth2 import service_account as services

    service: Any = services.Credentials
    user: Any = users.Credentials
    if said == DEFAULT_CHAIN:
        found, _ = google.auth.default(scopes=SCOPES)
        return found
    info: Any = msgspec.json.decode(Path(said).expanduser().read_bytes())
    kind = info.get("type") if isinstance(info, dict) else None
    if kind == "service_account":
        return service.from_service_account_info(info, scopes=SCOPES)
    if kind == "authorized_user":
        return user.from_authorized_user_info(info, scopes=SCOPES)
    # These name addresses and programs of their own: Google's libraries read them where the environment says so.
    raise ValueError(
        f"it is of the type {kind!r}: say credentials = {DEFAULT_CHAIN!r} for any but a service account"
    )


def _brief(error: Exception) -> str:
    """Without the answer that RefreshError has beside the reason, and without the number that an OSError begins with."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error.args[0] if error.args else error)[:300]
