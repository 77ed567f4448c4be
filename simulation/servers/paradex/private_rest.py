"""The endpoints that need a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from helpers.money import plain
from simulation.servers.front import ServerRequest
from simulation.servers.paradex.account_book import AccountBook, SeqNumbers
from simulation.servers.paradex.accounts import AccountRegistry
from simulation.servers.paradex.errors import ApiRefusal, invalid
from simulation.servers.paradex.markets import BY_SYMBOL, BY_TICKER
from simulation.servers.paradex.order_api import OrderApi
from simulation.servers.paradex.order_file import OrderFile
from simulation.servers.paradex.order_form import decode_order, decode_orders
from simulation.servers.paradex.pages import page
from simulation.servers.paradex.tokens import Token
from simulation.venue import SimulatedVenue

T = TypeVar("T")
_MS: Final = 1_000_000
_FILTERS: Final = ("client_id", "market", "side", "status", "type")


class CancelBatchBody(msgspec.Struct):
    """What DELETE /orders/batch carries."""

    order_ids: list[str] | None = None
    client_order_ids: list[str] | None = None


class MarginBody(msgspec.Struct):
    """What POST /account/margin/{market} carries."""

    leverage: int
    margin_type: str = "CROSS"


class PrivateRest:
    """Orders and the account, for whoever the token names."""

    def __init__(
        self,
        venue: SimulatedVenue,
        api: OrderApi,
        book_of: Callable[[str], AccountBook],
        registry: AccountRegistry,
        seq: SeqNumbers,
    ) -> None:
        """Serve orders through the api and accounts from their books, by address."""
        self._venue = venue
        self._api = api
        self._book_of = book_of
        self._registry = registry
        self._seq = seq
        self._margins: dict[tuple[str, str], MarginBody] = {}

    def show(self, file: OrderFile) -> dict[str, Any]:
        """Show an order."""
        now_ns = self._venue.core.now_ns
        return file.view(self._seq.next(now_ns), now_ns // _MS)

    # -- orders -----------------------------------------------------------------------------------

    def create(self, request: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer POST /orders."""
        return self.show(self._api.create(token, decode_order(request.body)))

    def create_batch(self, request: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer POST /orders/batch."""
        orders, errors = [], []
        for outcome in self._api.create_batch(token, decode_orders(request.body)):
            if isinstance(outcome, ApiRefusal):
                errors.append({"error": outcome.code, "message": outcome.text})
            else:
                orders.append(self.show(outcome))
        return {"orders": orders, "errors": errors}

    def modify(self, request: ServerRequest, token: Token, order_id: str) -> dict[str, Any]:
        """Answer PUT /orders/{order_id}."""
        return self.show(self._api.modify(token, order_id, decode_order(request.body)))

    def cancel(self, _: ServerRequest, token: Token, order_id: str) -> None:
        """Answer DELETE /orders/{order_id}."""
        self._api.cancel(token, order_id)

    def cancel_named(self, request: ServerRequest, token: Token, client_id: str) -> None:
        """Answer DELETE /orders/by_client_id/{client_id}."""
        self._api.cancel_named(token, client_id, request.parameter("market"))

    def cancel_all(self, request: ServerRequest, token: Token) -> None:
        """Answer DELETE /orders."""
        self._api.cancel_all(token, request.parameter("market"))

    def cancel_batch(self, request: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer DELETE /orders/batch."""
        body = _decode(request.body, CancelBatchBody)
        return {"results": self._api.cancel_batch(token, body.order_ids or (), body.client_order_ids or ())}

    def orders(self, request: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /orders: what is live."""
        files = self._api.index.live(token.account, request.parameter("market") or None)
        return {"results": [self.show(file) for file in files]}

    def order(self, _: ServerRequest, token: Token, order_id: str) -> dict[str, Any]:
        """Answer GET /orders/{order_id}."""
        return self.show(self._api.find(token, order_id))

    def order_named(self, _: ServerRequest, token: Token, client_id: str) -> dict[str, Any]:
        """Answer GET /orders/by_client_id/{client_id}."""
        return self.show(self._api.find_named(token, client_id))

    def history(self, request: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /orders-history: every order, whatever became of it."""
        files = [file for file in self._api.index.of(token.account) if _fits(request, file)]
        return page(request, files, lambda file: file.received_ms, self.show)

    # -- the account --------------------------------------------------------------------------------

    def account(self, _: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /account."""
        return self._book_of(token.account).summary()

    def balances(self, _: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /balance."""
        return {"results": self._book_of(token.account).balances()}

    def positions(self, _: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /positions."""
        return {"results": self._book_of(token.account).positions()}

    def fills(self, request: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /fills."""
        return self._listed(request, self._book_of(token.account).fills())

    def payments(self, request: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /funding/payments."""
        _symbol(request.parameter("market") or "")
        return self._listed(request, self._book_of(token.account).payments)

    def info(self, _: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /account/info."""
        market = BY_TICKER["BTC"]
        maker, taker = (plain(fee) for fee in (market.maker_fee, market.taker_fee))
        return {
            "account": token.account,
            "public_key": hex(self._registry.main_key(token.account)),
            "parent_account": "",
            "kind": "main",
            "username": "",
            "isolated_market": "",
            "derivation_path": "",
            "created_at": market.opened_ms,
            "fees": {"maker_rate": maker, "taker_rate": taker, "commission_rate": "0", "discount_rate": "0"},
        }

    def margins(self, request: ServerRequest, token: Token) -> dict[str, Any]:
        """Answer GET /account/margin."""
        asked = request.parameter("market")
        symbols = [_symbol(asked)] if asked else list(BY_SYMBOL)
        configs = [self._margin(token, symbol) for symbol in symbols]
        return {"account": token.account, "margin_methodology": "cross_margin", "configs": configs}

    def set_margin(self, request: ServerRequest, token: Token, symbol: str) -> dict[str, Any]:
        """Answer POST /account/margin/{market}. It is remembered; the simulated venue's margin stays as it is."""
        market, body = BY_SYMBOL[_symbol(symbol)], _decode(request.body, MarginBody)
        if not 1 <= body.leverage <= 1 / market.initial_margin:
            raise invalid(f"leverage: must be between 1 and {plain(1 / market.initial_margin)}")
        if body.margin_type not in {"CROSS", "ISOLATED"}:
            raise invalid(f"margin_type: unknown value {body.margin_type}")
        self._margins[token.account, symbol] = body
        return {"account": token.account, **self._margin(token, symbol)}

    def _margin(self, token: Token, symbol: str) -> dict[str, Any]:
        chosen = self._margins.get((token.account, symbol))
        leverage = int(1 / BY_SYMBOL[symbol].initial_margin) if chosen is None else chosen.leverage
        return {
            "market": symbol,
            "leverage": leverage,
            "margin_type": "CROSS" if chosen is None else chosen.margin_type,
        }

    @staticmethod
    def _listed(request: ServerRequest, views: list[dict[str, Any]]) -> dict[str, Any]:
        symbol = request.parameter("market")
        chosen = [view for view in views if not symbol or view["market"] == symbol]
        return page(request, chosen, lambda view: int(view["created_at"]), lambda view: view)


def _fits(request: ServerRequest, file: OrderFile) -> bool:
    form = file.form
    facts = (form.client_id, form.market.symbol, form.side.name, file.status.value, form.kind)
    return all(request.parameter(name) in {None, "", fact} for name, fact in zip(_FILTERS, facts, strict=True))


def _symbol(symbol: str) -> str:
    if symbol not in BY_SYMBOL:
        raise ApiRefusal("MARKET_NOT_FOUND", f"market {symbol} not found")
    return symbol


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise ApiRefusal("BINDING_ERROR", str(error)) from None


__all__ = ["PrivateRest"]
