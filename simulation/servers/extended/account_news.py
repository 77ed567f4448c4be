"""What the engine tells of the account, in the venue's words, to every stream that asked for it."""

from __future__ import annotations

from helpers.decisions import Wake
from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position
from simulation.order_records import DeskReply
from simulation.servers.extended.account_state import AccountState
from simulation.servers.extended.account_view import AccountView
from simulation.servers.extended.order_files import OrderFile
from simulation.servers.extended.topics import ACCOUNT, Frame, Publish, Subscription, Topic

_NO_QUOTES = Wake(book=False)


class AccountNews:
    """Hears all markets; also the source of the account's topic."""

    def __init__(self, state: AccountState, view: AccountView) -> None:
        """Listen to every market, but not to its quotes."""
        self._state = state
        self._view = view
        self._subscriptions: list[Subscription] = []
        deliveries = state.venue.deliveries
        for ticker in state.leverage:
            deliveries.subscribe(state.name, ticker, self)
            deliveries.arm(state.name, ticker, _NO_QUOTES)

    def snapshot(self) -> tuple[Frame, ...]:
        """Tell everything at once: money, positions, open orders."""
        self._state.refresh()
        orders = [self._view.order(file) for file in self._state.orders.open()]
        return (
            Frame("BALANCE", {"balance": self._view.balance()}),
            Frame("POSITION", {"positions": self._view.positions()}),
            Frame("ORDER", {"orders": orders}),
        )

    def subscribe(self, publish: Publish) -> Subscription:
        """Begin to tell what happens from now on."""
        subscription = Subscription(Topic(ACCOUNT), publish)
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop telling."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def answered(self, file: OrderFile, reply: DeskReply | None) -> None:
        """Tell of an order that the book took or refused."""
        self._state.refresh()
        is_taken = reply is not None and reply.accepted
        self._order(file, reply.info if reply is not None and is_taken else None)

    # -- what a listener hears --------------------------------------------------------------

    def on_order(self, info: OrderInfo) -> None:
        """Tell where an order stands."""
        file = self._state.orders.find(int(info.client_order_id or 0))
        self._state.refresh()
        if file is not None:
            self._order(file, info)

    def on_fill(self, fill: Fill) -> None:
        """Tell of an execution."""
        self._state.refresh()
        self._tell("TRADE", "trades", [self._view.trade(fill, with_external_id=True)])

    def on_position(self, position: Position) -> None:
        """Tell of a position."""
        self._state.refresh()
        self._tell("POSITION", "positions", [self._view.position(position)])

    def on_balance(self, balance: Balance) -> None:  # noqa: ARG002 - the venue tells more than that
        """Tell of the money."""
        self._state.refresh()
        self._tell("BALANCE", "balance", self._view.balance())

    def on_funding(self, payment: FundingPayment) -> None:
        """Keep a payment; the venue tells of the balance only."""
        self._state.refresh()
        self._state.payments.append((payment, self._state.positions.pay(payment)))

    def on_book(self) -> None:
        """Hear nothing: quotes go other ways."""

    def on_gap(self) -> None:
        """Hear nothing: inside a process there is none."""

    def on_end(self, reason: str) -> None:
        """Hear nothing: a synthetic market has no end."""

    def _order(self, file: OrderFile, info: OrderInfo | None) -> None:
        self._tell("ORDER", "orders", [file.as_json(self._state.keys.account_id, info)])

    def _tell(self, kind: str, name: str, data: object) -> None:
        for subscription in list(self._subscriptions):
            subscription.publish(Frame(kind, {name: data}))


__all__ = ["AccountNews"]
