"""REST calls about accounts: figures, orders, trades, funding, keys, nonces, and the sending of transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from simulation.servers.lighter.account_view import AccountView
from simulation.servers.lighter.api_keys import ApiKeys
from simulation.servers.lighter.errors import NOT_FOUND, Refused, invalid_auth, invalid_param
from simulation.servers.lighter.intake import Accepted, Intake, read_batch
from simulation.servers.lighter.order_view import order_view
from simulation.servers.lighter.parameters import Parameters
from simulation.servers.lighter.trade_file import FEE_TICK, OwnTrade
from simulation.servers.lighter.trading import Json, Trading
from simulation.servers.lighter.wire_orders import IN_PROGRESS, WireOrder

_MOST: Final = 100
_MOST_CLIENT_INDEXES: Final = 20
_NOT_FOUND: Final = Refused(29404, "not found", NOT_FOUND)


class AccountRest:
    """Answers from the one account."""

    def __init__(self, trading: Trading, keys: ApiKeys, intake: Intake, view: AccountView) -> None:
        """Read and act on the account."""
        self._trading = trading
        self._keys = keys
        self._intake = intake
        self._view = view

    # -- without auth -----------------------------------------------------------------------

    def account(self, parameters: Parameters) -> Json:
        """GET account by index or l1_address."""
        by, value, identity = parameters.text("by"), parameters.text("value"), self._trading.identity
        if by not in {"index", "l1_address"}:
            raise invalid_param("by")
        known = str(identity.account_index) if by == "index" else identity.l1_address
        if value.lower() != known:
            raise Refused(21100, "account not found")
        return {"total": 1, "accounts": [self._view.account()], "next_cursor": ""}

    def accounts_by_l1_address(self, parameters: Parameters) -> Json:
        """GET accountsByL1Address."""
        identity = self._trading.identity
        if parameters.text("l1_address").lower() != identity.l1_address:
            raise Refused(21100, "account not found")
        return {"l1_address": identity.l1_address, "sub_accounts": [self._view.summary()]}

    def api_keys(self, parameters: Parameters) -> Json:
        """GET apikeys; 255 is all."""
        account = parameters.number("account_index")
        found = self._keys.select(account, parameters.optional_number("api_key_index"))
        keys = [
            {
                "account_index": account,
                "api_key_index": key.index,
                "nonce": key.expected,
                "public_key": key.public_key.hex(),
                "transaction_time": key.transaction_time_us,
            }
            for key in found
        ]
        return {"api_keys": keys}

    def next_nonce(self, parameters: Parameters) -> Json:
        """GET nextNonce."""
        key = self._keys.find(parameters.number("account_index"), parameters.number("api_key_index"))
        return {"nonce": key.expected}

    def tx(self, parameters: Parameters) -> Json:
        """GET tx by hash."""
        if parameters.text("by") != "hash":
            raise invalid_param("by")
        record = self._trading.txs.by_hash.get(parameters.text("value"))
        if record is None:
            raise _NOT_FOUND
        return record.view(self._trading.identity.l1_address)

    # -- with auth --------------------------------------------------------------------------

    def limits(self, parameters: Parameters) -> Json:
        """GET accountLimits."""
        self._own(parameters)
        terms = self._trading.terms
        return {
            "max_llp_percentage": 25,
            "user_tier": terms.name,
            "can_create_public_pool": False,
            "max_llp_amount": "0.000000",
            "current_maker_fee_tick": int(terms.maker_fee / FEE_TICK),
            "current_taker_fee_tick": int(terms.taker_fee / FEE_TICK),
            "effective_lit_stakes": "0",
            "leased_lit": "0",
            "user_tier_name": terms.name,
        }

    def active_orders(self, parameters: Parameters) -> Json:
        """GET accountActiveOrders, newest first."""
        self._own(parameters)
        live = self._trading.orders.live_on(parameters.market_id())
        found = [order for order in reversed(live) if order.status != IN_PROGRESS]
        return {"next_cursor": "", "orders": self._orders(found)}

    def inactive_orders(self, parameters: Parameters) -> Json:
        """GET accountInactiveOrders, the last that ended first."""
        self._own(parameters)
        market_id, between = parameters.market_id(), _between(parameters)
        ended = [
            order
            for order in reversed(self._trading.orders.ended)
            if market_id in {None, order.market.market_id} and between[0] <= order.created_ns // 1_000_000 <= between[1]
        ]
        page, cursor = _page(ended, parameters)
        return {"next_cursor": cursor, "orders": self._orders(page)}

    def orders_by_client_index(self, parameters: Parameters) -> Json:
        """GET accountOrders: the newest order of each client order index."""
        self._own(parameters)
        indexes = parameters.text("client_order_indexes").split(",")
        if len(indexes) > _MOST_CLIENT_INDEXES or not all(index.strip().isdecimal() for index in indexes):
            raise invalid_param("client_order_indexes")
        market_id = parameters.market_id()
        found = self._trading.orders.of_clients(int(index) for index in indexes)
        found = [order for order in found if market_id in {None, order.market.market_id}]
        return {"next_cursor": "", "orders": self._orders(found)}

    def trades(self, parameters: Parameters) -> Json:
        """GET trades of the account; newest first unless asked otherwise."""
        self._own(parameters)
        chosen = [trade for trade in reversed(self._trading.trades.trades) if _is_wanted(trade, parameters)]
        is_oldest_first = parameters.optional_text("sort_dir") == "asc"
        if is_oldest_first:
            chosen.reverse()
        page, cursor = _page(chosen, parameters, newest_first=not is_oldest_first)
        return {"next_cursor": cursor, "trades": [self._trading.trades.view(trade) for trade in page]}

    def position_funding(self, parameters: Parameters) -> Json:
        """GET positionFunding: payments on our positions, newest first."""
        self._own(parameters)
        market_id, found = parameters.market_id(), []
        for payment in reversed(self._trading.payments):
            market = self._trading.market(payment.ticker)
            assert payment.rate is not None and payment.position is not None  # noqa: S101, PT018 - our own venue says both
            if market_id in {None, market.market_id}:
                found.append(
                    {
                        "timestamp": payment.time_ns // 1_000_000_000,
                        "market_id": market.market_id,
                        "funding_id": int(payment.payment_id.removeprefix("f")),
                        "change": f"{payment.amount:.6f}",
                        "discount": "0.000000",
                        "rate": f"{payment.rate:.8f}",
                        "position_size": market.size_text(abs(payment.position)),
                        "position_side": "long" if payment.position > 0 else "short",
                    }
                )
        page, cursor = _page(found, parameters)
        return {"position_fundings": page, "next_cursor": cursor}

    def account_txs(self, parameters: Parameters) -> Json:
        """GET accountTxs, newest first."""
        self._own(parameters, "value")
        records = list(reversed(self._trading.txs.by_hash.values()))
        page, _ = _page(records, parameters)
        return {"txs": [record.view(self._trading.identity.l1_address) for record in page]}

    # -- transactions -------------------------------------------------------------------------

    def send_tx(self, parameters: Parameters) -> Json:
        """POST sendTx."""
        accepted = self._intake.accept([(parameters.number("tx_type"), parameters.text("tx_info"))])
        return sent_body(accepted, accepted.hashes[0])

    def send_tx_batch(self, parameters: Parameters) -> Json:
        """POST sendTxBatch."""
        accepted = self._intake.accept(read_batch(parameters.text("tx_types"), parameters.text("tx_infos")))
        return sent_body(accepted, list(accepted.hashes))

    def _own(self, parameters: Parameters, name: str = "account_index") -> None:
        if parameters.token is None:
            raise invalid_auth("no token")
        self._keys.check_token(parameters.token, self._trading.now_ns)
        if parameters.number(name) != self._keys.account_index:
            raise invalid_auth("another account's token")

    def _orders(self, orders: Sequence[WireOrder]) -> list[Json]:
        return [order_view(order, self._keys.account_index) for order in orders]


def sent_body(accepted: Accepted, tx_hash: str | list[str]) -> Json:
    """Give the answer to transactions that were accepted."""
    return {
        "message": f'{{"ratelimit": "{accepted.quota_text}"}}',
        "tx_hash": tx_hash,
        "predicted_execution_time_ms": accepted.predicted_ms,
        "volume_quota_remaining": accepted.quota_left,
    }


def _between(parameters: Parameters) -> tuple[int, int]:
    text = parameters.optional_text("between_timestamps")
    if text is None:
        return 0, 2**63
    first, _, last = text.partition("-")
    if not first.isdecimal() or not last.isdecimal():
        raise invalid_param("between_timestamps")
    return int(first), int(last)


def _is_wanted(trade: OwnTrade, parameters: Parameters) -> bool:
    market_id, order_index = parameters.market_id(), parameters.optional_number("order_index")
    since = parameters.optional_number("from")
    if order_index is not None and (trade.order is None or trade.order.index != order_index):
        return False
    if since is not None and since >= 0 and trade.fill.time_ns // 1_000_000 < since:
        return False
    role = parameters.optional_text("role")
    if role in {"maker", "taker"} and (role == "maker") is not trade.is_maker:
        return False
    return market_id in {None, trade.market.market_id}


def _page(items: Sequence[Any], parameters: Parameters, *, newest_first: bool = True) -> tuple[list[Any], str]:
    """Cut a page. The cursor counts from the oldest end, so that what happens meanwhile shifts nothing."""
    cursor, limit = parameters.optional_text("cursor"), parameters.limit(_MOST)
    if cursor is not None and not cursor.isdecimal():
        raise invalid_param("cursor")
    if not newest_first:
        first = int(cursor or 0)
        end = first + limit
        return list(items[first:end]), str(end) if end < len(items) else ""
    left = len(items) if cursor is None else min(int(cursor), len(items))
    first = len(items) - left
    return list(items[first : first + limit]), str(left - limit) if left > limit else ""


__all__ = ["AccountRest", "sent_body"]
