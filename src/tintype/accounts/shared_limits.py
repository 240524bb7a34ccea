"""The hits of all keys in a Redis or Valkey that several servers share: imported only where one is configured."""

from __future__ import annotations

from typing import Any

from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError

FAILURES = (RedisError, OSError, TimeoutError)
"""What is raised where it does not answer, or does not answer as it should."""

PATIENCE = 1.0
"""Seconds for a connection, for an answer, and for one of the connections to become free. Far more than it takes: a
server that is busy for a moment must not think that Redis is away, since limits are then not exact for a while."""

CONNECTIONS = 16

# The moving window of `limits`, but in one call instead of two or three, each of which takes a fifth of a
# millisecond; and by one clock, that of Redis: by those of the servers it is as exact as they agree.
_TAKE = """
local limit, span, amount = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - span do
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end

local count, wait = redis.call('LLEN', KEYS[1]), 0
if count + amount > limit then
  wait = redis.call('LINDEX', KEYS[1], count + amount - limit - 1) + span - now
else
  local written = string.format('%.0f', now)
  for _ = 1, amount do
    redis.call('RPUSH', KEYS[1], written)
  end
  redis.call('PEXPIRE', KEYS[1], span / 1000)
  count, oldest = count + amount, oldest or written
end
return {count, oldest and oldest + span - now or 0, wait}
"""


class SharedHits(RedisStorage):
    """As the `Hits` of `Limits`. Raises what is in `FAILURES`."""

    def __init__(self, url: str, prefix: str) -> None:
        """`url` is redis:// or rediss://. Raises ValueError for one that cannot be."""
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=PATIENCE,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            # A connection that Redis has closed is made anew; an answer that did not come is not asked for again.
            retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,)),
        )
        try:
            self._pool.connection_class(**self._pool.connection_kwargs)
        except TypeError as error:
            raise ValueError(f"{error}") from None
        pool: Any = self._pool  # `limits` says of its options that they are text or numbers
        super().__init__("async+redis://", implementation="redispy", key_prefix=prefix, connection_pool=pool)
        self._script = Redis(connection_pool=self._pool).register_script(_TAKE)

    async def take(self, name: str, limit: int, seconds: int, amount: int) -> tuple[int, float, float]:
        arguments = [limit, seconds * 1_000_000, amount]
        count, reset, wait = await self._script([self.bridge.prefixed_key(name)], arguments)
        return count, reset / 1e6, wait / 1e6

    async def close(self) -> None:
        await self._pool.disconnect()
