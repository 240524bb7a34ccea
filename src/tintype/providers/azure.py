"""Azure OpenAI, called: OpenAI's Images API under deployments, with Azure's keys, tokens and errors.

learn.microsoft.com/azure/foundry/openai/how-to/dall-e, as of 2026-04-17. A call that is not streamed is cut off
after some 122 seconds (theopenco/llmgateway #2102, 2026-04-27), so one that may take longer is streamed behind the
caller's back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Self
from urllib.parse import quote

from .. import pixels
from ..core import Access, Completed, Events, Image, ImageRequest, ModelCard, Partial
from ..core.errors import Rejected, TintypeError
from ..merging import merge
from ..transport.upstream import Authorize, Upstream
from ._openai_build import Call, build
from ._openai_manner import Manner
from .openai import check_models, key_header, pictures, read, read_error

_ROUTES = ("deployments", "v1")
_NEVER = "never"
_QUALITIES = ("low", "medium", "high", "xhigh", "max", _NEVER)
_UNSAID = "high"
"""What Azure draws when no quality is said; and what a relay's "auto" may come to."""
_LARGE = 2_000_000
"""Pixels from which a picture counts as large: above all three sizes of the older models."""


class Azure:
    name = "azure"
    family = "openai"
    local = False
    options = (
        "route",
        "api_version",
        "deployments",
        "stream_from",
        "key_header",
        "ad_token",
        "tenant",
        "client_id",
        "client_secret",
    )

    def __init__(
        self,
        upstream: Upstream,
        name: str = name,
        *,
        route: str = "deployments",
        api_version: str = "",
        deployments: Mapping[str, str] | None = None,
        stream_from: str = "high",
    ) -> None:
        self._upstream = upstream
        self.name = name
        self._route = route
        self._deployments = deployments or {}
        self._stream_from = stream_from
        self._version = api_version or ("preview" if route == "v1" else "2025-04-01-preview")

    @classmethod
    def open(cls, access: Access) -> Self:
        """A key wins over a token, which runs out in an hour, and that over a client's secret."""
        where = f"[provider.{access.name}]"
        base, route = _split(access.base_url, access.option("route"))
        if route not in _ROUTES:
            raise ValueError(f"{where}: `route`: {route!r} is none of {', '.join(_ROUTES)}")
        stream_from = access.option("stream_from") or "high"
        if stream_from not in _QUALITIES:
            raise ValueError(f"{where}: `stream_from`: {stream_from!r} is none of {', '.join(_QUALITIES)}")
        version = access.option("api_version")
        if route == "v1" and version[:1].isdigit():
            version = ""  # a dated one is the other route's (OPENAI_API_VERSION is for both)
        authorize, headers = None, {}
        if access.key:
            headers = key_header(access, access.option("key_header") or "api-key")
        elif token := access.option("ad_token"):
            headers = {"authorization": f"Bearer {token}"}
        else:
            authorize = _entra(access)
        return cls(
            Upstream.of(replace(access, base_url=base), authorize=authorize, **headers),
            access.name,
            route=route,
            api_version=version,
            deployments=access.table("deployments"),
            stream_from=stream_from,
        )

    async def check(self) -> str:
        path = "/openai/v1/models" if self._route == "v1" else "/openai/models"
        return await check_models(self._upstream, read_error, f"{path}?api-version={self._version}")

    async def close(self) -> None:
        await self._upstream.close()

    def deployment(self, card: ModelCard) -> str:
        """As the operator named it, or as its model."""
        names = (card.id, card.of, card.upstream_id)
        return next(
            (self._deployments[name] for name in names if name in self._deployments), card.upstream_id
        )

    def build(self, request: ImageRequest, card: ModelCard) -> Call:
        deployment = self.deployment(card)
        manner = Manner(model_in_body=self._route == "v1")
        call = build(request, replace(card, upstream_id=deployment), manner)
        place = "/openai/v1" if self._route == "v1" else f"/openai/deployments/{quote(deployment, safe='')}"
        return call._replace(path=f"{place}{call.path}?api-version={quote(self._version, safe='')}")

    async def generate(self, request: ImageRequest, card: ModelCard) -> Events:
        """Of several pictures none can be streamed: where they take long, each is a call of its own, side by side."""
        request = await _with_files_it_takes(request)
        slow = request.n > 1 and self._takes_long(request, card)
        async with aclosing((self._one_by_one if slow else self._called)(request, card)) as events:
            async for event in events:
                yield event

    async def _one_by_one(self, request: ImageRequest, card: ModelCard) -> Events:
        """Whatever comes of one, the others are brought: they are paid. A failure is raised after them; one that may be
        paid, too, before others: whoever goes by it orders nothing here again."""
        failures: list[TintypeError] = []

        async def called() -> Events:
            try:
                async with aclosing(self._called(replace(request, n=1), card)) as events:
                    async for event in events:
                        yield event
            except TintypeError as error:
                failures.append(error)

        made = 0
        async with aclosing(merge([called() for _ in range(request.n)])) as events:
            async for event in events:
                yield replace(event, index=made)
                made += isinstance(event, Completed)
        if failures:
            raise next((each for each in failures if each.charged), failures[0])

    async def _called(self, request: ImageRequest, card: ModelCard) -> Events:
        behind_the_back = not (request.stream and request.partial_images) and self._takes_long(request, card)
        if behind_the_back:  # one preview is what keeps the connection alive (theopenco/llmgateway #2122)
            request = replace(request, stream=True, partial_images=1)
        made = pictures(
            self._upstream,
            self.build(request, card),
            read,
            partial(read_azure_error, deployment=self.deployment(card)),
        )
        unseen = 0
        async with aclosing(made) as events:
            async for event in events:
                if behind_the_back and isinstance(event, Partial):
                    unseen += 1
                elif isinstance(event, Completed):
                    yield replace(event, previews=unseen)
                else:
                    yield event

    def _takes_long(self, request: ImageRequest, card: ModelCard) -> bool:
        """Whether a plain answer could come too late."""
        if self._stream_from == _NEVER or not card.partial_images:
            return False
        size = request.size and card.sizes.nearest(request.size)
        if size and size.width * size.height > _LARGE:
            return True
        quality, known = request.quality or _UNSAID, card.qualities
        if quality not in known or self._stream_from not in known:
            return False
        return known.index(quality) >= known.index(self._stream_from)


async def _with_files_it_takes(request: ImageRequest) -> ImageRequest:
    """PNG and JPEG: what came as WebP, which OpenAI itself takes, goes as PNG."""

    def taken(image: Image, param: str) -> Image:
        if not image.is_local or image.header().format in ("png", "jpeg"):
            return image
        return Image.from_bytes(pixels.encode(pixels.open_picture(image, param=param), "png"))

    def all_taken() -> ImageRequest:
        images = tuple(taken(image, "image") for image in request.images)
        return replace(request, images=images, mask=request.mask and taken(request.mask, "mask"))

    return await asyncio.to_thread(all_taken) if request.images else request


def read_azure_error(status: int, body: bytes, deployment: str = "") -> TintypeError | None:
    """As OpenAI's; but a deployment that is not there, and a resource that is blocked, are the operator's to mend."""
    if b"DeploymentNotFound" in body:
        return Rejected(
            f"Azure has no deployment {deployment!r}: name yours in `deployments` of this provider, "
            "or wait some minutes where it is new.",
            code="upstream_no_model",
        )
    return read_error(status, body)


def _split(base_url: str, route: str) -> tuple[str, str]:
    """The resource's address and the route, also from one that people copy with the route on it.

    >>> _split("https://r.openai.azure.com/openai/v1/", ""), _split("https://r.openai.azure.com", "")
    (('https://r.openai.azure.com', 'v1'), ('https://r.openai.azure.com', 'deployments'))

    Azure's portal shows it as a whole "target URI":

    >>> _split("https://r.openai.azure.com/openai/deployments/d/images/generations?api-version=2024-02-01", "")
    ('https://r.openai.azure.com', 'deployments')
    """
    base = base_url.partition("?")[0].rstrip("/") + "/"
    before, v1, _ = base.partition("/openai/v1/")
    if v1:
        return before, route or "v1"
    resource = base.partition("/openai/deployments/")[0].removesuffix("/").removesuffix("/openai")
    return resource, route or "deployments"


def _entra(access: Access) -> Authorize:
    """A token for a client's secret. Raises ValueError when something of it is missing."""
    where = f"[provider.{access.name}]"
    names = ("tenant", "client_id", "client_secret")
    tenant, client_id, secret = (access.option(name) for name in names)
    if not (tenant and client_id and secret):
        raise ValueError(
            f"{where}: an Azure endpoint is set, and nothing that lets us in: set AZURE_OPENAI_API_KEY, "
            f"AZURE_OPENAI_AD_TOKEN, or {', '.join(names)}"
        )
    try:
        from ._azure_entra import client_credentials
    except ImportError:
        raise ValueError(
            f"{where}: a client's secret needs azure-identity: pip install 'tintype[azure]', or set a key"
        ) from None
    return client_credentials(tenant, client_id, secret)
