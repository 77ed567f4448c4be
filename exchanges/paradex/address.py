"""The account that belongs to a main key, worked out by the venue's own SDK: nobody else may be right about it.

The SDK takes seconds to load, so it is loaded only where PARADEX_L2_ADDRESS is not given.
"""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

from exchanges.paradex.wire import SystemConfig
from helpers.errors import UserError, VenueError


def derive_address(config: SystemConfig, public_key: int) -> int:
    """Give the account's address.

    Raises:
        UserError: the SDK is not installed.
        VenueError: the venue's configuration does not say what is needed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the SDK's own dependencies warn of each other while they load
            from paradex_py.account.utils import derive_l2_address_starknet  # noqa: PLC0415 - slow to load
    except ImportError:
        mend = "set PARADEX_L2_ADDRESS, or make install EXTRAS=paradex"
        raise UserError("the account of this key cannot be worked out", mend) from None
    classes: Any = SimpleNamespace(
        paraclear_account_hash=config.paraclear_account_hash,
        paraclear_account_proxy_hash=config.paraclear_account_proxy_hash,
    )
    try:
        return int(derive_l2_address_starknet(classes, public_key))
    except (TypeError, ValueError):
        raise VenueError("Paradex does not say from which contract its accounts are made") from None


__all__ = ["derive_address"]
