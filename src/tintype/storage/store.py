"""Pictures kept for a while, and the unguessable way to them."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Self
from urllib.parse import urlsplit

from ..core import Image, Octets
from ..core.errors import NotFound, TintypeError, Unavailable
from .failures import failing, reason
from .names import HOUR, LATEST, Name, hour_of
from .places import MOST, Bucket, Folder, Memory, Place
from .tokens import read_token, write_token

CAPACITY = 256 * 1024 * 1024
"""Bytes of pictures that are kept in memory."""

FOLDER = "/pictures/"
"""Before the token, in an address of this house."""

LONGEST = 7 * 24 * 3600.0
"""Seconds: S3 and Google Cloud Storage sign nothing for longer."""

SMALL = 256 * 1024
"""Bytes. Whatever is smaller is hashed more quickly than another thread is asked to."""


Tell = Callable[[str, float, float, str], None]
"""Is told what the store has done, when that began in Unix time, the seconds it took, and its failure's code or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """`path` is its name in the store, `hash` its SHA-256 in hex; it stays until `expires`, Unix time, at the least."""

    path: str
    hash: str
    bytes: int
    media_type: str
    expires: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Where an address leads, and until when it is good, in Unix time."""

    name: Name
    expires: float

    @property
    def path(self) -> str:
        return self.name.path


class Store:
    """Every method raises Unavailable, code "storage_failed", where the store does not do its part.

    A path tells the hour in which its picture expires, and its hash: the same picture kept twice within an hour is one.
    """

    def __init__(self, place: Place, secret: bytes, tell: Tell | None = None) -> None:
        self._place = place
        self._secret = secret
        self._tell = tell

    @classmethod
    def open(cls, url: str, *, folder: Path, secret: bytes, tell: Tell | None = None) -> Self:
        """`url`: "" for `folder`, `file:///other/folder`, `memory://`, `s3://BUCKET/PREFIX`, `gs://…`, `az://…`.

        Raises ValueError in a sentence for any other, and for a bucket that cannot be used as the environment has it.
        """
        return cls(_place(url, folder), secret, tell)

    @classmethod
    def in_memory(cls, capacity: int = CAPACITY) -> Self:
        """Until this process ends. `capacity` is bytes: the oldest pictures make way."""
        return cls(Memory(capacity), token_bytes(32))

    @contextmanager
    def _doing(self, operation: str) -> Iterator[None]:
        """Told, however it ends. A picture that is gone is an answer of the store, and no failure."""
        started, begun, failure = time.time(), time.perf_counter(), ""
        try:
            with failing(operation):
                yield
        except NotFound:
            raise
        except Exception as error:
            failure = error.code if isinstance(error, TintypeError) else type(error).__name__
            raise
        finally:
            if self._tell is not None:
                self._tell(operation, started, time.perf_counter() - begun, failure)

    async def keep(self, data: Octets, *, kind: str, seconds: float, now: float) -> Stored:
        """`kind` is "png", "jpeg", "webp"; what is no format that we know is kept as bytes and no picture."""
        expires = min(now + seconds, LATEST)
        if len(data) < SMALL:
            found = hashlib.sha256(data)
        else:
            found = await asyncio.to_thread(hashlib.sha256, data)
        name = Name.of(found.digest(), kind, expires)
        with self._doing("keep"):
            await self._place.put(name, data)
        return Stored(
            path=name.path,
            hash=found.hexdigest(),
            bytes=len(data),
            media_type=name.media_type,
            expires=expires,
        )

    async def read(self, path: str) -> bytes:
        """Raises NotFound for what is gone, or never was."""
        path = Name.parse(path).path
        with self._doing("read"):
            found = await (await self._place.ready()).get_async(path)
            return bytes(await found.bytes_async())

    async def read_range(self, path: str, start: int, end: int) -> bytes:
        """From `start`, which must be within it, to before `end`. Raises NotFound."""
        path = Name.parse(path).path
        with self._doing("read"):
            return bytes(await (await self._place.ready()).get_range_async(path, start=start, end=end))

    async def size(self, path: str) -> int:
        """Bytes. Raises NotFound."""
        path = Name.parse(path).path
        with self._doing("read"):
            return (await (await self._place.ready()).head_async(path))["size"]

    async def has(self, path: str) -> bool:
        path = Name.parse(path).path
        try:
            with self._doing("find"):
                await (await self._place.ready()).head_async(path)
        except NotFound:
            return False
        return True

    async def put_back(self, path: str, data: Octets) -> None:
        """What `keep` had put there."""
        with self._doing("keep"):
            await self._place.put(Name.parse(path), data)

    async def delete(self, path: str) -> None:
        """No address leads to it any more. What is gone already stays so."""
        path = Name.parse(path).path
        with self._doing("delete"):
            await self._place.delete(path)

    async def sweep(self, now: float) -> int:
        """Delete the pictures of every hour that is over, some thousands at the most; how many they were. An hour that
        cannot be deleted keeps no other; where there is none but such, that is raised."""
        count, fault = 0, None
        with self._doing("delete"):
            folders = await self._place.folders()
        for folder in folders:
            hour = hour_of(folder)
            if hour is not None and (hour + 1) * HOUR <= now and count < MOST:
                try:
                    with self._doing("delete"):
                        count += await self._place.clear(folder, MOST - count)
                except Unavailable as error:
                    fault = error
        if fault is not None and not count:
            raise fault
        return count

    async def check(self) -> None:
        """Keep something and delete it again: whether the store does what is asked of it."""
        # Another server may do the same in the same moment, or sweep away what is over.
        kept = await self.keep(token_bytes(16), kind="bin", seconds=60, now=time.time())
        await self.read(kept.path)
        await self.delete(kept.path)

    async def address(self, path: str, *, base_url: str, seconds: float, now: float) -> str:
        """Where it can be fetched for so many seconds, and never for longer than it is kept: a bucket's own address,
        or one of this house, which is reached at `base_url`."""
        name = Name.parse(path)
        expires = min(now + seconds, (name.hour + 1) * HOUR)
        if isinstance(self._place, Bucket):
            with self._doing("address"):
                return await self._place.sign(path, max(1.0, min(expires - now, LONGEST)))
        return f"{base_url}{FOLDER}{write_token(self._secret, name, expires)}"

    def resolve(self, token: str, now: float) -> Resolved:
        """The last part of an address. Raises NotFound for one that was changed, has expired, or is none of ours."""
        name, expires = read_token(self._secret, token, now)
        return Resolved(name=name, expires=expires)

    def path_of(self, url: str) -> str | None:
        """Where the picture lies that an address of this store leads to, or led to; None for any other address."""
        # The last one: `public_base_url` may have such a folder, too.
        _, found, token = url.rpartition(FOLDER)
        if found:
            with suppress(NotFound):
                return read_token(self._secret, token, 0.0)[0].path
        name = Name.find(urlsplit(url).path) if isinstance(self._place, Bucket) else None
        return None if name is None else name.path

    def at_home(self, url: str, now: float) -> bytes | None:
        """The picture at an address of this house; None for any other. It blocks for as long as a file is read.

        A bucket's addresses are its own: they are fetched like anybody's.
        """
        if isinstance(self._place, Bucket):
            return None
        _, _, token = url.rpartition(FOLDER)
        try:
            path = self.resolve(token, now).path
            with self._doing("read"):
                return bytes(self._place.objects().get(path).bytes())
        except TintypeError:
            return None


def addresses(
    store: Store, seconds: float, clock: Callable[[], float] = time.time
) -> Callable[[Image, str], Awaitable[str]]:
    """What keeps a picture for so many seconds, and tells its address below the base URL that it is given.

    What it makes raises Unavailable, and ValueError for a picture whose base64 is broken.
    """

    async def keep(image: Image, base_url: str) -> str:
        data, kind, now = await asyncio.to_thread(image.as_bytes), image.header().format or "bin", clock()
        stored = await store.keep(data, kind=kind, seconds=seconds, now=now)
        return await store.address(stored.path, base_url=base_url, seconds=seconds, now=now)

    return keep


def _place(url: str, folder: Path) -> Place:
    if not url:
        return Folder(folder)
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "storage: its address has no place for keys and options: set them in the environment, "
            "as AWS_ACCESS_KEY_ID and the like"
        )
    match parts.scheme:
        case "memory" if not parts.netloc and parts.path in ("", "/"):
            return Memory(CAPACITY)
        case "file" if not parts.netloc and parts.path.strip("/"):
            return Folder(Path(parts.path))
        case "s3" | "gs" | "az" if parts.netloc:
            bucket = Bucket(url)
            try:
                bucket.objects()
            except Exception as error:  # obstore's errors have no base that is there before it is loaded
                raise ValueError(f"storage: {url}: {reason(error)}") from None
            return bucket
    raise ValueError(
        f"storage cannot be {url!r}: it must be empty for a folder, file:///FOLDER, memory://, "
        "s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX"
    )
