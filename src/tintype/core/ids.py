"""Names that nobody guesses, made many at a time: asking the system for each takes longer than much of a small answer."""

from __future__ import annotations

import os
from collections import deque
from secrets import token_bytes

_SIZE = 16
_AT_ONCE = 256

_made: deque[str] = deque()
os.register_at_fork(after_in_child=_made.clear)  # two processes must not have the same


def random_hex(length: int = 2 * _SIZE) -> str:
    """So many hexadecimal letters, 32 at the most, of the system's randomness.

    >>> len(random_hex()), len(random_hex(24))
    (32, 24)
    """
    while True:
        try:
            return _made.popleft()[:length]  # of two threads, each takes its own
        except IndexError:
            drawn = token_bytes(_SIZE * _AT_ONCE).hex()
            _made.extend(drawn[at : at + 2 * _SIZE] for at in range(0, len(drawn), 2 * _SIZE))
