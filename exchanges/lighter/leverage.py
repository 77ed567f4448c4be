"""The leverage of a market on Lighter: an initial margin, told with the positions, changed by a transaction."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Final

from exchanges.lighter.account_rest import LighterAccountRest
from exchanges.lighter.account_wire import AccountPosition
from exchanges.lighter.mapping import number
from exchanges.lighter.markets import LighterMarket
from exchanges.lighter.sender import TxSender
from exchanges.lighter.signing import LighterSigner
from exchanges.rate_limiter import Priority
from helpers.clock import Clock
from helpers.errors import ConnectivityError, VenueRejected

_UPDATE: Final = 20
_WHOLE: Final = Decimal(10_000)
_LOOKS: Final = 6
_LOOK_S: Final = 0.5


class LighterLeverage:
    """Reads and chooses leverage for one account."""

    def __init__(self, reads: LighterAccountRest, sender: TxSender, signer: LighterSigner, clock: Clock) -> None:
        """Read by `reads`, sign and send with the others."""
        self._reads = reads
        self._sender = sender
        self._signer = signer
        self._clock = clock

    async def read(self, market: LighterMarket) -> Decimal:
        """Give the leverage that holds now; the market's default where the account has never chosen."""
        held = await self._held(market)
        if held is not None and held.initial_margin_fraction:
            return 100 / number(held.initial_margin_fraction)
        if market.default_leverage is None:
            raise VenueRejected("leverage", f"Lighter does not tell the leverage on {market.market.ticker}")
        return market.default_leverage

    async def choose(self, market: LighterMarket, leverage: Decimal) -> None:
        """Send another leverage and wait until the account shows it; the kind of margin stays as it is.

        Raises:
            VenueRejected: it is out of range, or the venue refuses it.
            ConnectivityError: it was taken, and the account does not show it.
        """
        if not 1 <= leverage <= market.market.max_leverage:
            raise VenueRejected("leverage", f"{market.market.ticker} allows 1 to {market.market.max_leverage:g}")
        fraction, held = int(_WHOLE / leverage), await self._held(market)
        mode = 0 if held is None else held.margin_mode
        sign = partial(self._signer.update_leverage, market.index, fraction, mode)
        await self._sender.send(_UPDATE, sign, Priority.ORDER)
        for _ in range(_LOOKS):
            if abs(_WHOLE / await self.read(market) - fraction) < 1:
                return
            await self._clock.sleep(_LOOK_S)
        raise ConnectivityError(f"Lighter took a leverage of {leverage:g} and does not show it")

    async def _held(self, market: LighterMarket) -> AccountPosition | None:
        account = await self._reads.account()
        return next((each for each in account.positions or () if each.market_id == market.index), None)


__all__ = ["LighterLeverage"]
