"""All orders of all accounts, and who may be asked for by which id."""

from __future__ import annotations

from collections.abc import Iterable

from simulation.servers.paradex.order_file import OrderFile


class OrderIndex:
    """Finds orders. A client id is taken while its order is live; afterwards it may be used again."""

    def __init__(self) -> None:
        """Know no orders."""
        self._files: dict[str, dict[str, OrderFile]] = {}
        self._named: dict[tuple[str, str], OrderFile] = {}
        """By account and client id: the last one."""

    def add(self, file: OrderFile) -> None:
        """Take a new order in."""
        self._files.setdefault(file.account, {})[file.order_id] = file
        if file.form.client_id:
            self._named[file.account, file.form.client_id] = file

    def find(self, account: str, order_id: str) -> OrderFile | None:
        """Give an order by the venue's id."""
        return self._files.get(account, {}).get(order_id)

    def named(self, account: str, client_id: str) -> OrderFile | None:
        """Give the last order with this client id."""
        return self._named.get((account, client_id))

    def is_taken(self, account: str, client_id: str) -> bool:
        """Whether a live order has this client id."""
        file = self.named(account, client_id)
        return file is not None and file.is_live

    def of(self, account: str) -> Iterable[OrderFile]:
        """Give every order of an account, oldest first."""
        return self._files.get(account, {}).values()

    def live(self, account: str, symbol: str | None = None) -> list[OrderFile]:
        """Give the live orders of an account, of one market or of all, oldest first."""
        return [
            file for file in self.of(account) if file.is_live and (symbol is None or file.form.market.symbol == symbol)
        ]


__all__ = ["OrderIndex"]
