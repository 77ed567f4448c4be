"""One API key's signatures: ranges checked before, every field checked after, and no two keys under one name.

The native signer cuts numbers to the width of its C types without a word (a price of 2^32 + 5 is
signed as 5, an older release signed market 2048 as market 0), and a release with other
parameters would sign something else altogether. So each signed transaction is read again and
must say what was asked for; and before the first one, samples are signed and their hashes
compared with our own. What remains for the venue alone to say is whether it still takes this
release of the signer (its code 21136).
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from exchanges.lighter import native_signer
from exchanges.lighter.native_signer import NativeRefusal, NativeTx
from exchanges.lighter.signer_claims import SignerClaims
from exchanges.lighter.tx_hash import tx_hash
from helpers.errors import UserError, VenueRejected

SignedTx = NativeTx

MAX_PRICE: Final = (1 << 32) - 1
MAX_BASE_AMOUNT: Final = (1 << 48) - 1
MAX_CLIENT_ORDER_INDEX: Final = (1 << 48) - 1
"""One report has it that the venue refuses ids above 2^31 - 1 (code 21727), while its recorded orders have larger ones;
only the live venue can say. Ours are below 2^48."""
MAX_MARKET_INDEX: Final = 254
"""Of perpetual markets; 255 means all of them."""
ALL_MARKETS: Final = 255

_CREATE, _CANCEL, _CANCEL_ALL, _MODIFY, _LEVERAGE = 14, 15, 16, 17, 20
_MEND: Final = "run `make install EXTRAS=lighter`, which installs the release this project was tested with"


class OrderTx(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A new order in the venue's units."""

    market_index: int
    client_order_index: int
    base_amount: int
    price: int
    is_ask: bool
    order_type: int
    time_in_force: int
    reduce_only: bool
    order_expiry: int
    """Milliseconds; 0 for what cannot rest."""


_claims: Final = SignerClaims()


class LighterSigner:
    """Signs for one API key of one account."""

    def __init__(self, url: str, private_key: str, chain_id: int, api_key_index: int, account_index: int) -> None:
        """Load the signer and prove that it signs what it is asked to.

        Raises:
            UserError: it is missing or of another release, or it does not take this key under these numbers.
        """
        self.api_key_index = api_key_index
        self.account_index = account_index
        self._chain_id = chain_id
        pair = (api_key_index, account_index)
        _claims.take(pair, private_key, chain_id)
        self._release = weakref.finalize(self, _claims.give_back, pair)
        try:
            native_signer.create_client(url, private_key, chain_id, api_key_index, account_index)
            self._prove()
        except UserError:
            self.close()
            raise

    def close(self) -> None:
        """Let another key have these numbers; may be called twice."""
        self._release()

    # -- what can be signed -----------------------------------------------------------------

    def create_order(self, order: OrderTx, nonce: int) -> SignedTx:
        """Sign a new order.

        Raises:
            VenueRejected: a figure is outside the venue's range.
        """
        _check_market(order.market_index)
        _check_amounts(order.price, order.base_amount)
        _check_range("client order id", order.client_order_index, 1, MAX_CLIENT_ORDER_INDEX, "21727")
        asked = {
            "MarketIndex": order.market_index,
            "ClientOrderIndex": order.client_order_index,
            "BaseAmount": order.base_amount,
            "Price": order.price,
            "IsAsk": int(order.is_ask),
            "Type": order.order_type,
            "TimeInForce": order.time_in_force,
            "ReduceOnly": int(order.reduce_only),
            "TriggerPrice": 0,
            "OrderExpiry": order.order_expiry,
        }
        return self._sign("SignCreateOrder", _CREATE, asked, (*asked.values(), 0, 0, 0, 0, 0), nonce)

    def cancel_order(self, market_index: int, index: int, nonce: int) -> SignedTx:
        """Sign a cancel, by client order index or by order index."""
        _check_market(market_index)
        _check_range("order id", index, 1, (1 << 63) - 1, "21700")
        asked = {"MarketIndex": market_index, "Index": index}
        return self._sign("SignCancelOrder", _CANCEL, asked, tuple(asked.values()), nonce)

    def modify_order(self, market_index: int, index: int, base_amount: int, price: int, nonce: int) -> SignedTx:
        """Sign a change of an order's total amount and price."""
        _check_market(market_index)
        _check_amounts(price, base_amount)
        asked = {
            "MarketIndex": market_index,
            "Index": index,
            "BaseAmount": base_amount,
            "Price": price,
            "TriggerPrice": 0,
        }
        who = (0, nonce, 0, self.api_key_index, self.account_index)  # an order version stands after the nonce
        return self._checked("SignModifyOrder", _MODIFY, asked, (*asked.values(), 0, 0, 0, 0, 0, *who), nonce)

    def cancel_all(self, market_index: int, nonce: int) -> SignedTx:
        """Sign a cancel of all our orders on one market."""
        _check_market(market_index)
        asked = {"TimeInForce": 0, "Time": 0}
        attributes = {"5": market_index}
        return self._sign("SignCancelAllOrders", _CANCEL_ALL, asked, (0, 0, market_index), nonce, attributes)

    def schedule_cancel_all(self, time_ms: int | None, nonce: int) -> SignedTx:
        """Sign a cancel of everything at a time, or with None the end of such an appointment."""
        asked = {"TimeInForce": 2, "Time": 0} if time_ms is None else {"TimeInForce": 1, "Time": time_ms}
        arguments = (*asked.values(), ALL_MARKETS)
        return self._sign("SignCancelAllOrders", _CANCEL_ALL, asked, arguments, nonce)

    def update_leverage(self, market_index: int, fraction: int, margin_mode: int, nonce: int) -> SignedTx:
        """Sign another leverage on a market.

        Args:
            market_index: the market.
            fraction: initial margin in 1e-4 of the position: 500 is twenty times.
            margin_mode: 0 is cross, 1 isolated.
            nonce: of this transaction.
        """
        _check_market(market_index)
        asked = {"MarketIndex": market_index, "InitialMarginFraction": fraction, "MarginMode": margin_mode}
        return self._sign("SignUpdateLeverage", _LEVERAGE, asked, (market_index, fraction, margin_mode), nonce)

    def auth_token(self, expires_s: int) -> str:
        """Make a token for private data that ends at this Unix time, in seconds."""
        try:
            return native_signer.auth_token(expires_s, self.api_key_index, self.account_index)
        except NativeRefusal as error:
            raise UserError(f"the Lighter signer makes no token ({error})", _MEND) from None

    # -- inside -----------------------------------------------------------------------------

    def _sign(
        self,
        function: str,
        tx_type: int,
        asked: Mapping[str, int],
        arguments: tuple[int, ...],
        nonce: int,
        attributes: Mapping[str, int] | None = None,
    ) -> SignedTx:
        who = (0, nonce, self.api_key_index, self.account_index)
        return self._checked(function, tx_type, asked, (*arguments, *who), nonce, attributes)

    def _checked(
        self,
        function: str,
        tx_type: int,
        asked: Mapping[str, int],
        arguments: tuple[int, ...],
        nonce: int,
        attributes: Mapping[str, int] | None = None,
    ) -> SignedTx:
        if nonce < 0:
            raise ValueError("a nonce is never negative: the signer would ask the venue for one by itself")
        try:
            signed = native_signer.sign(function, *arguments)
        except NativeRefusal as error:
            raise VenueRejected("signer", f"Lighter's signer refuses: {error}") from None
        who = {"AccountIndex": self.account_index, "ApiKeyIndex": self.api_key_index, "Nonce": nonce}
        _compare(signed, tx_type, {**asked, **who}, attributes or {})
        return signed

    def _prove(self) -> None:
        """Sign samples and compare their hashes with our own; nothing of them is sent.

        Raises:
            UserError: the signer signs something else.
        """
        order = OrderTx(
            market_index=MAX_MARKET_INDEX,
            client_order_index=MAX_CLIENT_ORDER_INDEX - 1,
            base_amount=MAX_BASE_AMOUNT - 2,
            price=MAX_PRICE - 3,
            is_ask=True,
            order_type=0,
            time_in_force=1,
            reduce_only=True,
            order_expiry=1_893_456_000_005,
        )
        for signed in (
            self.create_order(order, 7),
            self.cancel_order(253, (1 << 56) - 11, 8),
            self.modify_order(252, (1 << 48) - 12, 13, MAX_PRICE - 14, 9),
            self.cancel_all(0, 10),
            self.schedule_cancel_all(1_893_456_000_015, 11),
        ):
            if signed.tx_hash != tx_hash(self._chain_id, signed.tx_type, _read(signed)):
                raise UserError("the installed lighter-sdk makes other signatures than this project knows", _MEND)


def _read(signed: SignedTx) -> dict[str, Any]:
    info: dict[str, Any] = msgspec.json.decode(signed.tx_info, type=dict[str, Any])
    return info


def _compare(signed: SignedTx, tx_type: int, asked: Mapping[str, int], attributes: Mapping[str, int]) -> None:
    info = _read(signed)
    wrong = [name for name, value in asked.items() if info.get(name) != value]
    told = {name: value for name, value in (info.get("L2TxAttributes") or {}).items() if value or name in attributes}
    if told != attributes:
        wrong.append("L2TxAttributes")
    if signed.tx_type != tx_type or wrong:
        what = ", ".join(wrong) or "the type"
        raise UserError(f"the installed lighter-sdk signs something else than it is asked to ({what})", _MEND)


def _check_amounts(price: int, base_amount: int) -> None:
    _check_range("price", price, 1, MAX_PRICE, "21702")
    _check_range("quantity", base_amount, 1, MAX_BASE_AMOUNT, "21701")


def _check_market(index: int) -> None:
    _check_range("market number", index, 0, MAX_MARKET_INDEX, "21602")


def _check_range(what: str, value: int, least: int, most: int, code: str) -> None:
    if not least <= value <= most:
        raise VenueRejected(code, f"a {what} of {value} units is outside Lighter's range of {least} to {most}")


__all__ = ["LighterSigner", "OrderTx", "SignedTx"]
