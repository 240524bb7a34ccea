"""Where pictures lie: in a bucket, in a folder of this machine, or in memory. All three are obstore's.

obstore is loaded for the first picture, or for the first bucket: it takes as long as a tenth of the start.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, cast

from ..core import Octets
from .names import Name

if TYPE_CHECKING:
    from obstore.store import ObjectStore

MOST = 10_000
"""Objects that one sweep takes out of a bucket: the next one goes on."""

_AT_ONCE = 1000  # objects in one call of the bucket's


class Place:
    """An object store that is opened when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: ObjectStore | None = None

    def _open(self) -> ObjectStore:
        raise NotImplementedError

    def objects(self) -> ObjectStore:
        """Blocks, the first time."""
        with self._lock:
            if self._made is None:
                self._made = self._open()
            return self._made

    async def ready(self) -> ObjectStore:
        return await asyncio.to_thread(self.objects) if self._made is None else self._made

    async def put(self, name: Name, data: Octets) -> None:
        """All of it or nothing; what is there already is not written again."""
        objects, path = await self.ready(), name.path
        from obstore.exceptions import AlreadyExistsError, NotSupportedError

        told: Any = {"Content-Type": name.media_type, "Content-Disposition": name.disposition}
        try:
            await objects.put_async(path, data, attributes=told, mode="create")
        except AlreadyExistsError:
            return
        except (NotSupportedError, NotImplementedError):  # as AWS_CONDITIONAL_PUT=disabled has it
            await objects.put_async(path, data, attributes=told, use_multipart=False)

    async def delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            await (await self.ready()).delete_async(path)

    async def folders(self) -> list[str]:
        found = await (await self.ready()).list_with_delimiter_async()
        return sorted(found["common_prefixes"])

    async def clear(self, folder: str, most: int) -> int:
        """Delete what is in it, `most` objects at the most; how many they were."""
        objects, count = await self.ready(), 0
        async for found in objects.list(folder, chunk_size=min(_AT_ONCE, most)):
            paths = [each["path"] for each in found]
            with suppress(FileNotFoundError):  # another server sweeps too: the next time takes what is left
                await objects.delete_async(paths)
            count += len(paths)
            if count >= most:
                break
        return count


class Bucket(Place):
    """S3, Google Cloud Storage or Azure; credentials, endpoint and region are the environment's."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def _open(self) -> ObjectStore:
        """Raises ValueError, or one of obstore's errors."""
        from obstore.store import from_url

        return from_url(
            self._url,
            # An endpoint is the operator's own word, and so is the `http` in it.
            client_options={"allow_http": True, "timeout": timedelta(seconds=30)},
            # A caller waits for this, and gets the picture as base64 when it fails.
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
        )

    async def sign(self, path: str, seconds: float) -> str:
        import obstore

        objects = cast("Any", await self.ready())
        signed: str = await obstore.sign_async(objects, "GET", path, timedelta(seconds=seconds))
        return signed


class Folder(Place):
    """Files that nobody but this server's user can read. obstore writes files that everybody can."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    def _open(self) -> ObjectStore:
        from obstore.store import LocalStore

        self._make_root()
        return LocalStore(self._root)

    def _make_root(self) -> None:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def put(self, name: Name, data: Octets) -> None:
        await asyncio.to_thread(self._write, self._root / name.path, data)

    def _write(self, path: Path, data: Octets) -> None:
        if path.exists():
            return
        self._make_root()
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft = path.with_name(f".{token_hex(8)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", 0) as file:
                left = memoryview(data)
                while left:  # a raw write may take a part of it
                    left = left[file.write(left) :]
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    async def folders(self) -> list[str]:
        def look() -> list[str]:
            return sorted(os.listdir(self._root)) if self._root.exists() else []

        return await asyncio.to_thread(look)

    async def clear(self, folder: str, most: int) -> int:
        """All of it at once, with the drafts of a server that was killed. Raises OSError for what stays."""

        def remove() -> int:
            path = self._root / folder
            count = sum(not name.startswith(".") for name in os.listdir(path))
            shutil.rmtree(path, ignore_errors=True)  # another server may be sweeping too
            if path.exists():
                shutil.rmtree(path)
            return count

        with suppress(FileNotFoundError, NotADirectoryError):
            return await asyncio.to_thread(remove)
        return 0


class Memory(Place):
    """At most `capacity` bytes: the oldest pictures make way."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self._capacity = capacity
        self._held: dict[str, int] = {}  # bytes by path, in the order of arrival
        self._size = 0

    def _open(self) -> ObjectStore:
        from obstore.store import MemoryStore

        return MemoryStore()

    async def put(self, name: Name, data: Octets) -> None:
        if len(data) > self._capacity:
            raise OSError(errno.ENOSPC, "it is larger than the memory for all of them")
        await super().put(name, data)
        self._forget(name.path)
        self._held[name.path] = len(data)
        self._size += len(data)
        while self._size > self._capacity:
            await self.delete(next(iter(self._held)))

    async def delete(self, path: str) -> None:
        self._forget(path)
        await super().delete(path)

    async def clear(self, folder: str, most: int) -> int:
        for path in [each for each in self._held if each.startswith(f"{folder}/")]:
            self._forget(path)
        return await super().clear(folder, most)

    def _forget(self, path: str) -> None:
        self._size -= self._held.pop(path, 0)
