"""Pictures on their way to the store, and out of it when their time is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ..accounts.records import KeptPicture
from ..core import Completed
from ..core.errors import TintypeError, Unavailable
from ..pixels import thumbnail
from ..storage import Store
from ..storage.names import HOUR, Name

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """`seconds`: how long a picture is kept to be read again; `gallery` is that of every picture, 0 where there is none."""

    store: Store
    seconds: float = 24 * 3600.0
    gallery: float = 0.0

    async def show(self, job: str, pictures: Sequence[Completed]) -> tuple[KeptPicture, ...]:
        """Keep them for the gallery, each with a thumbnail. Never raises."""
        shown = []
        for kept in await self.keep(job, pictures, max(self.gallery, self.seconds)):
            try:
                shown.append(await self._with_thumbnail(job, kept))
            except (TintypeError, ValueError) as error:
                log.warning("a picture has no thumbnail", reason=str(error))
                shown.append(kept)
        return tuple(shown)

    async def _with_thumbnail(self, job: str, kept: KeptPicture) -> KeptPicture:
        small = await asyncio.to_thread(thumbnail, await self.store.read(kept.path))
        seconds = max(self.gallery, self.seconds)
        stored = await self.store.keep(small, kind="webp", seconds=seconds, now=time.time(), owner=job)
        return replace(kept, thumbnail=stored.path)

    async def keep(
        self, job: str, pictures: Sequence[Completed], seconds: float | None = None
    ) -> tuple[KeptPicture, ...]:
        """Those of a job that could be kept, at their positions; for so many seconds, where it is not the usual time.

        Never raises: a full disk costs no picture that is delivered.
        """
        kept = []
        seconds = self.seconds if seconds is None else seconds
        for position, picture in enumerate(pictures):
            if not picture.image.is_local:
                continue
            try:
                kept.append(await self._keep(job, position, picture, seconds))
            except (TintypeError, ValueError) as error:  # base64 that is none
                log.warning("a picture is not kept", reason=str(error))
        return tuple(kept)

    def at_addresses(self, pictures: Sequence[Completed]) -> tuple[KeptPicture, ...]:
        """Those that have been given addresses of this house, where they lie for these."""
        found = []
        for position, picture in enumerate(pictures):
            path = None if picture.image.url is None else self.store.path_of(picture.image.url)
            if path is not None:
                name, size = Name.parse(path), picture.image.header().size
                found.append(
                    KeptPicture(
                        position=position,
                        hash=name.hash.hex(),
                        path=path,
                        media_type=name.media_type,
                        width=size.width if size else 0,
                        height=size.height if size else 0,
                        bytes=picture.image.weight(),
                        expires=float((name.hour + 1) * HOUR),
                    )
                )
        return tuple(found)

    async def forget(self, paths: Sequence[str]) -> None:
        """Delete what lies at these paths. Raises Unavailable where one of them could not be, once the others are."""
        failure: Unavailable | None = None
        for path in paths:
            try:
                await self.store.delete(path)
            except Unavailable as error:
                failure = error
        if failure is not None:
            raise failure

    async def _keep(self, job: str, position: int, picture: Completed, seconds: float) -> KeptPicture:
        format, size = picture.image.header()
        data = await asyncio.to_thread(picture.image.as_bytes)
        stored = await self.store.keep(
            data, kind=format or "png", seconds=seconds, now=time.time(), owner=job
        )
        return KeptPicture(
            position=position,
            hash=stored.hash,
            path=stored.path,
            media_type=stored.media_type,
            width=size.width if size else 0,
            height=size.height if size else 0,
            bytes=stored.bytes,
            expires=stored.expires,
        )
