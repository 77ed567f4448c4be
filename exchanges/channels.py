"""The channels of one stream: subscribed on each connection, proven by data, watched, subscribed anew in trouble."""

from __future__ import annotations

import logging
from collections.abc import Callable

from exchanges.backoff import Backoff
from exchanges.steady_time import SteadyTime
from exchanges.stream_link import StreamLink
from exchanges.stream_terms import Channel, StreamTerms
from exchanges.subscription import Subscription, after_ns, earliest_ns
from helpers.clock import NS_PER_S, Bell
from helpers.errors import ConnectivityError

_LOG = logging.getLogger("runbot.stream")


class Channels:
    """Every channel that is wanted, and where it stands on the connection as it is now."""

    def __init__(self, time: SteadyTime, backoff: Backoff, terms: StreamTerms, name: str, bell: Bell) -> None:
        """Want nothing yet.

        Args:
            time: for waits and deadlines.
            backoff: draws waits after repeated trouble.
            terms: of the stream.
            name: the stream's, for log lines and error texts.
            bell: wakes who tends the channels, when that is due earlier than planned.
        """
        self.table: dict[str, Subscription] = {}
        self._time = time
        self._backoff = backoff
        self._terms = terms
        self._name = name
        self._bell = bell
        self._link: StreamLink | None = None
        self._closed = ""
        self._early: set[str] = set()
        """Channels that brought data on this connection before they were subscribed: the URL did it."""

    @property
    def are_proven(self) -> bool:
        """Whether all that is wanted is proven."""
        return all(subscription.is_proven for subscription in self.table.values())

    async def add(self, channel: Channel) -> None:
        """Subscribe, and wait until it is proven.

        Raises:
            ConnectivityError: it was not proven in time; the channel is not kept.
        """
        if self._closed:
            raise ConnectivityError(f"{self._name}: {self._closed}")
        now_ns = self._time.now_ns()
        subscription = self.table.get(channel.name)
        if subscription is None:
            subscription = self.table[channel.name] = Subscription(channel, now_ns)
            self._subscribe(subscription, now_ns)
        if subscription.is_proven:
            return
        due_ns = after_ns(now_ns, self._terms.data_within_s)
        try:
            await subscription.proof(self._time, due_ns, lambda: self._why_not(subscription, due_ns))
        finally:
            is_ours = self.table.get(channel.name) is subscription
            if is_ours and not subscription.proofs and not subscription.bells:
                self.remove(channel.name)

    def remove(self, name: str) -> None:
        """Unsubscribe; a channel that is not there is no error."""
        subscription = self.table.pop(name, None)
        if subscription is None:
            return
        if self._link is not None and subscription.is_sent:
            self._unsubscribe(subscription, self._link)
        subscription.tell()

    def close(self, reason: str) -> None:
        """Let nobody wait any longer."""
        self._closed = reason
        for subscription in self.table.values():
            subscription.tell()

    # -- connections ------------------------------------------------------------------------

    def begin(self) -> None:
        """Forget what was heard on the connection before this one."""
        self._early.clear()

    def attach(self, link: StreamLink) -> None:
        """Subscribe everything on a connection that was just greeted."""
        self._link = link
        now_ns = self._time.now_ns()
        for subscription in self.table.values():
            subscription.send_again(now_ns)
        self.tend(now_ns)

    def detach(self, link: StreamLink) -> None:
        """Take note that the connection is over: nothing that was heard is worth anything."""
        if self._link is not link:
            return
        self._link = None
        now_ns = self._time.now_ns()
        lost = list(self.table.values())
        for subscription in lost:
            subscription.send_again(now_ns)
        for subscription in lost:
            _tell(subscription.channel.on_reset, link)

    def tend(self, now_ns: int) -> int | None:
        """Do what is due on each channel, and give when to look again."""
        for subscription in list(self.table.values()):
            due_ns = subscription.due_ns()
            if self._link is None:
                return None
            if due_ns is not None and now_ns >= due_ns:
                self._act(subscription, now_ns, self._link)
        return earliest_ns(*(subscription.due_ns() for subscription in self.table.values()))

    # -- what the venue says ------------------------------------------------------------------

    def first_heard(self, name: str) -> None:
        """Take note of the first data of a channel since it was subscribed."""
        subscription = self.table.get(name)
        if subscription is None or not subscription.is_sent:
            self._early.add(name)
        else:
            self._prove(subscription)

    def acked(self, name: str) -> None:
        """Take note that the venue acknowledged a subscription."""
        subscription = self.table.get(name)
        if subscription is None or not subscription.is_sent or subscription.is_proven:
            return
        subscription.is_acked = True
        if subscription.channel.proven_by_ack:
            self._prove(subscription)

    def refused(self, name: str, reason: str) -> None:
        """Take note that the venue refused a subscription: tried again later, unless nobody but `add` wants it."""
        subscription = self.table.get(name)
        if subscription is None or not subscription.is_sent:
            return
        if subscription.is_proven:
            self.reset(name, f"refused: {reason}")
            return
        _LOG.warning("%s: %s refused: %s", self._name, name, reason)
        now_ns = self._time.now_ns()
        subscription.refusal = reason
        subscription.trouble(now_ns, self._terms.longest_backoff_s)
        subscription.send_again(now_ns + round(self._backoff.after(subscription.troubles) * NS_PER_S))
        subscription.tell()
        self._bell.ring()

    def reset(self, name: str, reason: str) -> None:
        """Subscribe anew, at once the first time, later if it happens again and again."""
        subscription, link = self.table.get(name), self._link
        if subscription is None or link is None or not subscription.is_sent:
            return
        if not subscription.is_proven:  # what we asked for last is still on its way
            _tell(subscription.channel.on_reset, link)
            return
        _LOG.warning("%s: %s is subscribed anew: %s", self._name, name, reason)
        now_ns = self._time.now_ns()
        subscription.trouble(now_ns, self._terms.longest_backoff_s)
        self._renew(subscription, link, now_ns, reason)

    # -- inside -----------------------------------------------------------------------------

    def _why_not(self, subscription: Subscription, due_ns: int | None) -> str:
        """Say why nobody should wait any longer for a proof; empty if there is hope."""
        name, why = subscription.channel.name, self._closed
        if self.table.get(name) is not subscription:
            why = f"{name} was removed"
        elif not why and subscription.refusal:
            why = f"{name} was refused: {subscription.refusal}"
        elif not why and due_ns is not None and self._time.now_ns() >= due_ns:
            ack = ", though it was acknowledged" if subscription.is_acked else ""
            why = f"no data of {name} in {self._terms.data_within_s:g} s{ack}"
        return why and f"{self._name}: {why}"

    def _act(self, subscription: Subscription, now_ns: int, link: StreamLink) -> None:
        channel = subscription.channel
        if not subscription.is_sent:
            self._subscribe(subscription, now_ns)
        elif subscription.is_proven:
            self.reset(channel.name, f"silent for {channel.max_silence_s:g} s")
        else:
            subscription.trouble(now_ns, self._terms.longest_backoff_s)
            reason = f"no data of {channel.name}{', though acknowledged' if subscription.is_acked else ''}"
            if subscription.troubles % 2 == 0:
                link.give_up(reason)
                return
            _LOG.warning("%s: %s", self._name, reason)
            subscription.send_again(now_ns)
            self._renew(subscription, link, now_ns, reason)

    def _renew(self, subscription: Subscription, link: StreamLink, now_ns: int, reason: str) -> None:
        """Unsubscribe, and subscribe again now or after a while; or on a new connection."""
        if subscription.channel.unsubscribe is None:
            link.give_up(f"{subscription.channel.name}: {reason}", is_planned=True)
            return
        wait_s = self._backoff.after(subscription.troubles - 1)
        subscription.send_again(now_ns + round(wait_s * NS_PER_S))
        self._unsubscribe(subscription, link)
        _tell(subscription.channel.on_reset, link)
        if wait_s == 0:
            self._subscribe(subscription, now_ns)
        self._bell.ring()

    def _subscribe(self, subscription: Subscription, now_ns: int) -> None:
        link, name = self._link, subscription.channel.name
        if link is None or not link.is_greeted:
            return
        is_alone = not any(other.is_proven for other in self.table.values())
        subscription.sent(now_ns, subscription.patience_s(self._terms, is_alone=is_alone))
        message = link.guarded(subscription.channel.subscribe, f"{name} cannot be asked for")
        if message and name in link.leftovers:
            link.give_up(f"{name} is wanted again", is_planned=True)
        elif message:
            self._say(message, link)
        elif name in self._early and not subscription.is_proven:
            self._prove(subscription)
        self._bell.ring()

    def _unsubscribe(self, subscription: Subscription, link: StreamLink) -> None:
        unsubscribe = subscription.channel.unsubscribe
        if unsubscribe is None:
            link.leftovers.add(subscription.channel.name)
        else:
            self._say(link.guarded(unsubscribe, "a channel cannot be ended"), link)

    def _prove(self, subscription: Subscription) -> None:
        link = self._link
        if link is None:
            return
        subscription.proven(self._time.now_ns())
        link.proofs += 1
        self._bell.ring()
        _tell(subscription.channel.on_proven, link)

    def _say(self, message: bytes | None, link: StreamLink) -> None:
        try:
            if message:
                link.send(message)
        except ConnectivityError as error:  # the link is over by itself, and everything is subscribed on the next
            _LOG.debug("%s: %s", self._name, error)


def _tell(told: Callable[[], None] | None, link: StreamLink) -> None:
    """Tell the channel's owner."""
    if told is not None:
        link.guarded(told, "news of a channel could not be handled")


__all__ = ["Channels"]
