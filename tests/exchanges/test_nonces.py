"""One writer of nonces against a venue that takes, refuses, loses and lags."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.nonces import NonceWriter
from helpers.errors import ConnectivityError, VenueRejected
from simulation.virtual_loop import VirtualClock, run_virtual


class Ledger:
    """A venue that counts one key's nonces."""

    def __init__(self, next_nonce: int = 7) -> None:
        self.next_nonce = next_nonce
        self.fetches = 0
        self.trouble: Exception | None = None
        self.lag = 0
        """How far a read is behind what was taken."""

    async def fetch(self) -> int:
        self.fetches += 1
        if self.trouble is not None:
            raise self.trouble
        return self.next_nonce - self.lag


async def test_it_asks_once_and_counts_up(clock: VirtualClock) -> None:
    """The venue is asked before the first nonce; what it takes needs no question."""
    ledger = Ledger()
    writer = NonceWriter(ledger.fetch)
    given_out = []
    for _ in range(3):
        async with writer.use() as use:
            given_out.append(use.nonce)
            use.consumed()
    assert (given_out, ledger.fetches) == ([7, 8, 9], 1)


async def test_an_unused_nonce_is_the_next_one(clock: VirtualClock) -> None:
    """A refusal before the nonce was looked at costs nothing, and needs no question."""
    ledger = Ledger()
    writer = NonceWriter(ledger.fetch)
    for _ in range(3):
        async with writer.use() as use:
            assert use.nonce == 7
            use.unused()
    assert ledger.fetches == 1


async def test_leaving_without_a_word_is_doubt(clock: VirtualClock) -> None:
    """A lost reply, an exception, a cancelled call: the venue is asked before anything else is sent."""
    ledger = Ledger()
    writer = NonceWriter(ledger.fetch)
    async with writer.use():
        pass
    with pytest.raises(ConnectivityError):
        async with writer.use():
            raise ConnectivityError("no response")

    async def hang() -> None:
        async with writer.use():
            await asyncio.get_running_loop().create_future()

    hanging = asyncio.create_task(hang())
    await clock.sleep(1)
    hanging.cancel()
    ledger.next_nonce = 12
    async with writer.use() as use:
        assert use.nonce == 12
    assert ledger.fetches == 4


async def test_a_word_counts_though_an_exception_follows(clock: VirtualClock) -> None:
    """Who says what became of the nonce may raise afterwards: a refusal that consumed it, say."""
    ledger = Ledger()
    writer = NonceWriter(ledger.fetch)

    async def refused() -> None:
        async with writer.use() as use:
            use.consumed()
            raise VenueRejected("1", "no margin")

    with pytest.raises(VenueRejected):
        await refused()
    async with writer.use() as use:
        assert use.nonce == 8
    assert ledger.fetches == 1


async def test_nothing_is_sent_when_the_venue_cannot_be_asked(clock: VirtualClock) -> None:
    """The block is not entered, the line is free again, and the next one asks again."""
    ledger = Ledger()
    ledger.trouble = ConnectivityError("no response")
    writer = NonceWriter(ledger.fetch)
    entered = False
    for _ in range(2):
        with pytest.raises(ConnectivityError):
            async with writer.use():
                entered = True
    assert not entered
    ledger.trouble = None
    async with writer.use() as use:
        assert use.nonce == 7
    assert ledger.fetches == 3


async def test_doubt_from_outside(clock: VirtualClock) -> None:
    """Somebody else used the key: known nonces are worth nothing, also when it is said during a use."""
    ledger = Ledger()
    writer = NonceWriter(ledger.fetch)
    async with writer.use() as use:
        use.consumed()
    ledger.next_nonce = 20
    writer.doubt()
    async with writer.use() as use:
        assert use.nonce == 20
        writer.doubt()
        ledger.next_nonce = 30
        use.consumed()
    async with writer.use() as use:
        assert use.nonce == 30


async def test_doubt_while_the_venue_is_asked(clock: VirtualClock) -> None:
    """What was read before the doubt is used once and trusted no further."""
    ledger = Ledger()

    async def slow() -> int:
        told = await ledger.fetch()
        await clock.sleep(1)
        return told

    writer = NonceWriter(slow)

    async def use_one() -> int:
        async with writer.use() as use:
            use.consumed()
            return use.nonce

    using = asyncio.create_task(use_one())
    await clock.sleep(0.5)
    writer.doubt()
    ledger.next_nonce = 40
    await using
    assert await use_one() == 40


async def test_one_at_a_time_and_in_turn(clock: VirtualClock) -> None:
    """Requests leave one after the other, in the order they asked, each with the next nonce."""
    writer = NonceWriter(Ledger().fetch)
    log: list[tuple[str, int, int]] = []

    async def send(number: int) -> None:
        async with writer.use() as use:
            log.append(("sent", number, use.nonce))
            await clock.sleep(1)
            use.consumed()
            log.append(("answered", number, use.nonce))

    await asyncio.gather(*(send(number) for number in range(3)))
    assert log == [(word, number, 7 + number) for number in range(3) for word in ("sent", "answered")]


async def test_a_read_that_lags_is_not_believed_at_first(clock: VirtualClock) -> None:
    """The venue took it for certain: a lower number read after that is old. If it insists, it is right."""
    ledger = Ledger()
    writer = NonceWriter(ledger.fetch)
    async with writer.use() as use:
        use.consumed()
    writer.doubt()
    async with writer.use() as use:
        assert use.nonce == 8  # read: 7
    async with writer.use() as use:
        assert use.nonce == 7


# -- in general -----------------------------------------------------------------------------------


class ModelVenue(Ledger):
    """Takes each nonce once, in order; replies get lost, and requests arrive late or never."""

    def __init__(self, clock: VirtualClock, chance: random.Random) -> None:
        super().__init__()
        self.clock = clock
        self.chance = chance
        self.executed: list[int] = []
        self.late: list[asyncio.Task[None]] = []

    async def fetch(self) -> int:
        await self.clock.sleep(self.chance.choice([0, 0.1]))
        if self.chance.random() < 0.2:
            raise ConnectivityError("no response")
        return await super().fetch()

    def take(self, nonce: int) -> bool:
        """Execute if it is the next one; nonces of refused requests may be taken too."""
        if nonce != self.next_nonce:
            return False
        self.next_nonce += 1
        self.executed.append(nonce)
        return True

    async def send(self, nonce: int) -> str:
        """Say `taken` or `refused`; or lose the request, the reply, or time."""
        fate = self.chance.choice(["good", "good", "early refusal", "lost request", "lost reply", "late request"])
        await self.clock.sleep(self.chance.choice([0, 0.05, 0.5]))
        if fate == "late request":
            self.late.append(asyncio.create_task(self._arrive_late(nonce)))
        if fate == "early refusal":
            return "refused"
        taken = fate in {"good", "lost reply"} and self.take(nonce)
        if fate != "good":
            raise ConnectivityError("no response")
        if not taken:
            raise VenueRejected("21104", "invalid nonce")
        return "taken"

    async def _arrive_late(self, nonce: int) -> None:
        await self.clock.sleep(0.3)
        self.take(nonce)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1_000_000), requests=st.integers(1, 25))
def test_no_nonce_is_executed_twice_and_the_writer_agrees_in_the_end(seed: int, requests: int) -> None:
    """Whatever is lost, late, refused or called off: nonces rise, none is sent again after it was taken for certain,
    and once all is quiet the next request goes through at the first try.
    """

    async def scene(clock: VirtualClock) -> None:
        chance = random.Random(seed)
        venue = ModelVenue(clock, chance)
        writer = NonceWriter(venue.fetch)
        certain: set[int] = set()
        in_flight = 0

        async def request() -> None:
            nonlocal in_flight
            async with writer.use() as use:
                in_flight += 1
                assert in_flight == 1
                assert use.nonce not in certain
                try:
                    word = await venue.send(use.nonce)
                finally:
                    in_flight -= 1
                if word == "taken":
                    use.consumed()
                    certain.add(use.nonce)
                else:
                    use.unused()

        async def patient() -> None:
            async with asyncio.timeout(chance.choice([0.2, 5, 5])):
                await clock.sleep(chance.random() * requests / 2)
                await request()

        await asyncio.gather(*(patient() for _ in range(requests)), return_exceptions=True)
        await asyncio.gather(*venue.late)
        assert venue.executed == list(range(7, venue.next_nonce))
        assert certain <= set(venue.executed)
        chance.seed(0)
        chance.random = lambda: 1.0  # type: ignore[method-assign]  # reads answer from now on
        async with writer.use() as use:
            agreed = use.nonce == venue.next_nonce
            if not agreed:  # a late request arrived after the last word: the venue refuses, and we ask
                assert use.nonce < venue.next_nonce
        async with writer.use() as use:
            assert use.nonce == venue.next_nonce
            assert venue.take(use.nonce)
            use.consumed()

    run_virtual(scene)


async def test_a_batch_takes_a_number_for_each(clock: VirtualClock) -> None:
    """After a batch of three the next nonce is three further, with nothing read from the venue."""
    asked: list[int] = []

    async def fetch() -> int:
        asked.append(7)
        return 7

    writer = NonceWriter(fetch)
    async with writer.use() as use:
        use.consumed(3)
    async with writer.use() as use:
        assert (use.nonce, asked) == (10, [7])
        use.unused()
