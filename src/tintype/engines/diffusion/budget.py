"""Which models stay where there is not room for all: the one that was used longest ago goes first."""

from __future__ import annotations

from collections import OrderedDict


class NoRoom(Exception):
    """`free` bytes could be had at the most, since the rest is in use."""

    def __init__(self, free: int) -> None:
        super().__init__(f"{free} bytes")
        self.free = free


class Budget:
    """Names with their sizes, least recently used first. It decides; others move the weights. Not thread-safe."""

    def __init__(self, bytes: int | None) -> None:
        """None: no limit."""
        self.bytes = bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._users: dict[str, int] = {}

    def sizes(self) -> dict[str, int]:
        return dict(self._sizes)

    def used(self) -> int:
        return sum(self._sizes.values())

    def make_room(self, name: str, size: int) -> list[str]:
        """The names that have to go so that this one fits: none where it does already. Raises NoRoom, and then
        nothing is to be moved."""
        if self.bytes is None:
            return []
        others = {other: held for other, held in self._sizes.items() if other != name}
        missing = sum(others.values()) + size - self.bytes
        going: list[str] = []
        for other, held in others.items():
            if missing <= 0:
                break
            if not self._users.get(other):
                going.append(other)
                missing -= held
        if missing > 0:
            held_in_use = sum(held for other, held in others.items() if self._users.get(other))
            raise NoRoom(max(0, self.bytes - held_in_use))
        return going

    def put(self, name: str, size: int) -> None:
        """It is there, and was used just now."""
        self._sizes[name] = size
        self._sizes.move_to_end(name)

    def remove(self, name: str) -> None:
        self._sizes.pop(name, None)

    def hold(self, name: str) -> None:
        """Somebody uses it: it does not go until as many `let_go`."""
        self._users[name] = self._users.get(name, 0) + 1
        if name in self._sizes:
            self._sizes.move_to_end(name)

    def let_go(self, name: str) -> None:
        left = self._users[name] - 1
        if left:
            self._users[name] = left
        else:
            del self._users[name]
