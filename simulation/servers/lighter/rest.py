"""The REST side: which call is whose, its limits, and the bodies of answers and refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from simulation.servers.front import Respond, ServerRequest, ServerResponse
from simulation.servers.lighter.errors import NOT_FOUND, Refused, encode
from simulation.servers.lighter.parameters import Parameters
from simulation.servers.lighter.rate_limits import SEND_CALLS, RateLimits
from simulation.servers.lighter.rest_account import AccountRest
from simulation.servers.lighter.rest_public import PublicRest
from simulation.servers.lighter.trading import Json, Trading

_BASE: Final = "/api/v1/"
_OK: Final = 200
_WRONG_METHOD: Final = 405
Call = Callable[[Parameters], Json]


class Rest:
    """Answers requests."""

    def __init__(self, trading: Trading, limits: RateLimits, public: PublicRest, account: AccountRest) -> None:
        """Join the calls."""
        self._trading = trading
        self._limits = limits
        self._public = public
        self._account = account
        self._gets: dict[str, Call] = {
            "currentHeight": public.height,
            "orderBooks": public.order_books,
            "orderBookDetails": public.order_book_details,
            "orderBookOrders": public.order_book_orders,
            "recentTrades": public.recent_trades,
            "candles": public.candles,
            "fundings": public.fundings,
            "funding-rates": public.funding_rates,
            "exchangeStats": public.exchange_stats,
            "announcement": _announcement,
            "account": account.account,
            "accountsByL1Address": account.accounts_by_l1_address,
            "apikeys": account.api_keys,
            "nextNonce": account.next_nonce,
            "tx": account.tx,
            "accountTxs": account.account_txs,
            "accountLimits": account.limits,
            "accountActiveOrders": account.active_orders,
            "accountInactiveOrders": account.inactive_orders,
            "accountOrders": account.orders_by_client_index,
            "trades": self._trades,
            "positionFunding": account.position_funding,
        }
        self._posts: dict[str, Call] = {"sendTx": account.send_tx, "sendTxBatch": account.send_tx_batch}

    def handle(self, request: ServerRequest, respond: Respond) -> None:
        """Answer a request; the answer to a transaction takes the gateway's time."""
        try:
            call, name = self._find(request)
            self._limits.request(name, request.address, self._trading.now_ns)
            body = call(Parameters(request))
        except Refused as refusal:
            respond(refusal.response())
            return
        answer = ServerResponse(body=encode({"code": _OK, **body} if name else body))
        if name not in SEND_CALLS:
            respond(answer)
            return
        delay = self._trading.options.gateway.draw(self._trading.rng)
        self._trading.venue.core.agenda.at(self._trading.now_ns + delay, partial(respond, answer))

    def _find(self, request: ServerRequest) -> tuple[Call, str]:
        if request.path in {"/", ""}:
            return self._public.status, ""
        if request.path == "/info":
            return self._public.info, ""
        name = request.path.removeprefix(_BASE)
        calls, others = (self._posts, self._gets) if request.method == "POST" else (self._gets, self._posts)
        if not request.path.startswith(_BASE) or (name not in calls and name not in others):
            raise Refused(NOT_FOUND, "page not found", NOT_FOUND)
        if name not in calls:
            raise Refused(_WRONG_METHOD, "method not allowed", _WRONG_METHOD)
        return calls[name], name

    def _trades(self, parameters: Parameters) -> Json:
        """GET trades: of an account, or without one of everybody."""
        if parameters.optional_number("account_index") is None:
            return {"next_cursor": "", **self._public.recent_trades(parameters)}
        return self._account.trades(parameters)


def _announcement(parameters: Parameters) -> Json:
    del parameters
    return {"announcements": []}


__all__ = ["Rest"]
