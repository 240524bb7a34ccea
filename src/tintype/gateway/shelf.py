"""Pictures on their way to the store, and out of it when their time is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from ..accounts.records import KeptPicture
from ..core import Completed
from ..core.errors import TintypeError
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

    async def show(self, pictures: Sequence[Completed]) -> tuple[KeptPicture, ...]:
        """Keep them for the gallery, each with a thumbnail. Never raises."""
        shown = []
        for kept in await self.keep(pictures, max(self.gallery, self.seconds)):
            try:
                shown.append(await self._with_thumbnail(kept))
            except (TintypeError, ValueError) as error:
                log.warning("a picture has no thumbnail", reason=str(error))
                shown.append(kept)
        return tuple(shown)

    async def _with_thumbnail(self, kept: KeptPicture) -> KeptPicture:
        small = await asyncio.to_thread(thumbnail, await self.store.read(kept.path))
        seconds = max(self.gallery, self.seconds)
        stored = await self.store.keep(small, kind="webp", seconds=seconds, now=time.time())
        return replace(kept, thumbnail=stored.path)

    async def keep(
        self, pictures: Sequence[Completed], seconds: float | None = None
    ) -> tuple[KeptPicture, ...]:
        """Those that could be kept, at their positions; for so many seconds, where it is not the usual time.

        Never raises: a full disk costs no picture that is delivered.
        """
        kept = []
        for position, picture in enumerate(pictures):
            if not picture.image.is_local:
                continue
            try:
                kept.append(await self._keep(position, picture, self.seconds if seconds is None else seconds))
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

    async def ensure(self, pictures: Sequence[Completed], kept: Sequence[KeptPicture]) -> None:
        """Once it is written down where pictures lie: whoever deleted the same picture of another job before that has
        taken theirs too, and it is put back. Never raises."""
        for each in kept:
            try:
                if not await self.store.has(each.path):
                    data = await asyncio.to_thread(pictures[each.position].image.as_bytes)
                    await self.store.put_back(each.path, data)
            except (TintypeError, ValueError) as error:
                log.warning("a picture may not be where it is said to be", reason=str(error))

    async def forget(self, paths: Sequence[str]) -> dict[str, TintypeError]:
        """Delete what lies at these paths, which no other picture shares. Those that stay, with what the store said."""
        stay = {}
        for path in paths:
            try:
                await self.store.delete(path)
            except TintypeError as error:
                stay[path] = error
        return stay

    async def _keep(self, position: int, picture: Completed, seconds: float) -> KeptPicture:
        format, size = picture.image.header()
        data = await asyncio.to_thread(picture.image.as_bytes)
        stored = await self.store.keep(data, kind=format or "png", seconds=seconds, now=time.time())
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
