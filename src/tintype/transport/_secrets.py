"""What an upstream must not repeat: the keys that are sent to it, and the passwords in addresses."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from types import TracebackType
from urllib.parse import unquote, urlsplit

from ..core.errors import TintypeError

_MOST = 8  # tokens change, and of those that ran out not all need to be known


class Secrets:
    """Those in the headers of one upstream, and in its address."""

    def __init__(self, headers: Mapping[str, str], base_url: str) -> None:
        self._words = [*_in_headers(headers), *_in_address(base_url)]

    def learn(self, headers: Mapping[str, str]) -> None:
        self._words = sorted({*self._words, *_in_headers(headers)}, key=len)[-_MOST:]

    def clean(self, text: str) -> str:
        for word in self._words:
            text = text.replace(word, "***")
        return text


class Discreet:
    """What is raised within does not quote a secret."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, TintypeError):
            error.args = (self._secrets.clean(str(error)),)


def bare(address: str) -> str:
    """An address without what may be a secret in it.

    >>> bare("https://me:hush@api.test/v1/models?key=hush")
    'https://api.test/v1/models'
    """
    scheme, mark, rest = address.partition("?")[0].rpartition("//")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"[:200]


def _in_headers(headers: Mapping[str, str]) -> list[str]:
    return sorted({word for value in headers.values() for word in value.split() if len(word) > 6})


def _in_address(base_url: str) -> list[str]:
    """A name and a password within an address are sent as `authorization: Basic`."""
    named, at, _ = urlsplit(base_url).netloc.rpartition("@")
    return [b64encode(unquote(named).encode()).decode()] if at else []
