"""Entra tokens for Azure, fetched with a client's secret by azure-identity (the optional extra "azure")."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import ClientSecretCredential

from ..core.errors import Rejected, Unavailable

SCOPE = "https://cognitiveservices.azure.com/.default"
"""learn.microsoft.com/azure/ai-services/openai/how-to/managed-identity; openai-python's azure_ad example, 2026-11."""

_EARLY = 300.0
"""Seconds before it runs out that a token is no longer used: the longest call should end with it."""


class Token(Protocol):
    @property
    def token(self) -> str: ...
    @property
    def expires_on(self) -> int: ...


class Credential(Protocol):
    """What azure-identity's credentials have in common."""

    def get_token(self, *scopes: str) -> Token: ...


def client_credentials(tenant: str, client_id: str, secret: str) -> Entra:
    """Without I/O. Raises ValueError for a tenant that cannot be one."""
    return Entra(
        ClientSecretCredential(
            tenant, client_id, secret, connection_timeout=10, read_timeout=30, retry_total=1
        )
    )


class Entra:
    """Headers with a token that is good for a while: an `Authorize` for `Upstream`."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential
        self._token: Token | None = None
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> Mapping[str, str]:
        async with self._one_at_a_time:
            if self._token is None or self._token.expires_on - _EARLY < time.time():
                self._token = await self._fetch()
            return {"authorization": f"Bearer {self._token.token}"}

    async def _fetch(self) -> Token:
        try:
            return await asyncio.to_thread(self._credential.get_token, SCOPE)
        except ClientAuthenticationError as error:
            raise Rejected(
                f"Entra gives us no token: {_first_line(error)}", code="upstream_key_rejected"
            ) from None
        except AzureError as error:
            raise Unavailable(f"No token from Entra: {_first_line(error)}") from None


def _first_line(error: AzureError) -> str:
    return str(error.message or "no reason given").partition("\n")[0][:300]
