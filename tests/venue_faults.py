"""A bad network between a bot and a venue: lost requests and replies, 503s, 429s, cut and silent streams."""

from __future__ import annotations

import random

from helpers.clock import NS_PER_S
from simulation.servers.front import ServerRequest, ServerResponse
from simulation.servers.memory_transport import Fault, MemoryTransport
from simulation.virtual_loop import VirtualClock

_BUSY = ServerResponse(status=503, body=b"<html>upstream connect error</html>")
_SLOW_DOWN = ServerResponse(status=429, body=b'{"message":"too many"}', headers={"Retry-After": "1"})
_GARBAGE = ServerResponse(status=200, body=b'{"cut off in the mid')


class BadNetwork:
    """Draws faults from a seed until a time; heals then."""

    def __init__(self, transport: MemoryTransport, clock: VirtualClock, seed: int, until_ns: int, rate: float) -> None:
        """Strike so often: `rate` is the fraction of requests; streams suffer about once a minute."""
        self._transport = transport
        self._clock = clock
        self._rng = random.Random(f"network:{seed}")
        self._until_ns = until_ns
        self._rate = rate
        self.struck: list[str] = []
        transport.faults = self.fault

    def fault(self, request: ServerRequest) -> Fault | None:
        """Decide what becomes of a request."""
        if self._clock.now_ns() >= self._until_ns or self._rng.random() >= self._rate:
            return None
        name, fault = self._rng.choice(
            [
                ("request lost", Fault(lose_request=True)),
                ("reply lost", Fault(lose_reply=True)),
                ("503 instead", Fault(answer=_BUSY)),
                ("429 instead", Fault(answer=_SLOW_DOWN)),
                ("cut reply", Fault(answer=_GARBAGE)),
                ("slow reply", Fault(delay_s=self._rng.uniform(1, 9))),
            ]
        )
        self.struck.append(f"{name}: {request.method} {request.path}")
        return fault

    async def trouble_streams(self) -> None:
        """Cut streams, or let them go silent, now and then."""
        while self._clock.now_ns() < self._until_ns:
            await self._clock.sleep(self._rng.uniform(20, 100))
            if self._clock.now_ns() >= self._until_ns:
                break
            if self._rng.random() < 0.5:
                self.struck.append("streams cut")
                self._transport.cut()
                self._transport.refuses_streams = self._rng.random() < 0.5
                await self._clock.sleep(self._rng.uniform(0, 10))
                self._transport.refuses_streams = False
            elif self._transport.streams:
                self.struck.append("a stream is half open")
                self._rng.choice(self._transport.streams).is_silent = True

    @property
    def heals_in_s(self) -> float:
        """Give how long the trouble still lasts."""
        return max(0.0, (self._until_ns - self._clock.now_ns()) / NS_PER_S)
