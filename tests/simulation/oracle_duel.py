"""What must be equal after a world went through the simulated venue and through its slow double."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle_runs import RICH, FastRun, SlowRun
from oracle_worlds import ACCOUNTS, OracleWorld
from venue_scenes import D

from helpers.models import Fill, FundingPayment


def differences(world: OracleWorld) -> list[str]:
    """Run a world through both and list, in words, what is not the same."""
    fast = FastRun(world)
    slow = SlowRun(world, lambda ticker, at: fast.venue.core.market(ticker).funding.rate(at))
    pairs = {
        "fills": (fast_fills(fast), slow_fills(slow)),
        "orders": (fast_orders(fast), slow_orders(slow)),
        "funding": (fast_funding(fast), slow_funding(slow)),
        "looks": (fast.looks, slow.looks),
        "woken": ([news[:3] for news in fast.heard if news[3] == "book"], slow.venue.woken),
        "books": (fast_books(fast), slow_books(slow)),
        "cash": (fast_equity(fast), slow_equity(slow)),
    }
    found = [f"{what}: {first_difference(*pair)}" for what, pair in pairs.items() if pair[0] != pair[1]]
    return found + reply_differences(fast, slow) + wallet_differences(fast, slow)


def first_difference(fast: Any, slow: Any) -> str:
    """Show the first entry that is not the same."""
    if isinstance(fast, dict):
        keys = [key for key in {**fast, **slow} if fast.get(key) != slow.get(key)]
        return "; ".join(f"{key}: venue {fast.get(key)}, double {slow.get(key)}" for key in keys[:3])
    place = next((n for n, (a, b) in enumerate(zip(fast, slow, strict=False)) if a != b), min(len(fast), len(slow)))
    return f"at {place}: venue {fast[place : place + 2]}, double {slow[place : place + 2]}"


def fast_fills(run: FastRun) -> list[Any]:
    """List the fills as they were heard, and check that they are those on file."""
    heard = [(at, account, news) for at, account, _, what, news in run.heard if what == "fill"]
    response = run.world.terms.response_ns
    for account in ACCOUNTS:
        assert [fill for _, who, fill in heard if who == account] == run.venue.core.accounts[account].fills
    return [_fill(account, fill, at - response) for at, account, fill in heard]


def _fill(account: str, fill: Fill, at_ns: int) -> tuple[Any, ...]:
    money = Fraction(fill.price), Fraction(fill.quantity), fill.liquidity, Fraction(fill.fee)
    return (account, fill.ticker, fill.client_order_id, fill.time_ns, fill.side, *money, at_ns)


def slow_fills(run: SlowRun) -> list[Any]:
    """List the double's fills."""
    return [(*fill, fill.time_ns) for fill in run.venue.fills]


def fast_orders(run: FastRun) -> dict[Any, Any]:
    """Tell of every order how it stands."""
    return {
        (account, key): (info.status, Fraction(info.size), Fraction(info.filled_size), info.price, info.time_ns)
        for account in ACCOUNTS
        for key, info in run.venue.core.accounts[account].known.items()
    }


def slow_orders(run: SlowRun) -> dict[Any, Any]:
    """Tell the same of the double's orders."""
    step = Fraction(1, 1000)
    return {
        name: (
            order.status,
            order.lots * step,
            order.filled * step,
            None if order.price is None else order.price * D("0.1"),
            order.noted_ns,
        )
        for name, order in run.venue.known.items()
    }


def fast_funding(run: FastRun) -> list[Any]:
    """List the payments as they were heard."""
    heard: list[tuple[int, str, str, FundingPayment]] = [
        (at, account, ticker, news) for at, account, ticker, what, news in run.heard if what == "funding"
    ]
    return sorted((at, account, ticker, Fraction(payment.amount)) for at, account, ticker, payment in heard)


def slow_funding(run: SlowRun) -> list[Any]:
    """List the double's payments that are heard before the end."""
    return sorted(payment for payment in run.venue.payments if payment[0] <= run.venue.now_ns)


def fast_books(run: FastRun) -> dict[Any, Any]:
    """Tell position, fees and funding by account and market."""
    return {
        (account, fill.ticker): _book(run, account, fill.ticker)
        for account in ACCOUNTS
        for fill in run.venue.core.accounts[account].fills
    }


def _book(run: FastRun, account: str, ticker: str) -> tuple[Any, ...]:
    held = run.venue.core.accounts[account]
    book = held.ledgers[ticker]
    assert held.lots[ticker] == book.position * 1000
    return held.lots[ticker], Fraction(book.fees), Fraction(book.funding)


def slow_books(run: SlowRun) -> dict[Any, Any]:
    """Tell the same of the double."""
    traded = {(fill.account, fill.ticker) for fill in run.venue.fills}
    books = {name: run.venue.money[name] for name in traded}
    return {name: (book.lots, book.fees, book.funding) for name, book in books.items()}


def fast_equity(run: FastRun) -> dict[str, Fraction]:
    """Tell each account's equity at the last marks."""
    marks = run.venue.core.marks()
    return {account: Fraction(run.venue.core.accounts[account].equity(marks)) for account in ACCOUNTS}


def slow_equity(run: SlowRun) -> dict[str, Fraction]:
    """Tell the same of the double: cash paid and received, and positions at the mark."""
    equity = dict.fromkeys(ACCOUNTS, Fraction(RICH))
    for fill in run.venue.fills:
        equity[fill.account] -= fill.side.sign * fill.price * fill.quantity + fill.fee
    for _, account, _, amount in run.venue.payments:
        equity[account] += amount
    for (account, ticker), money in run.venue.money.items():
        equity[account] += money.lots * (run.venue.books[ticker].mark or 0) / 10_000
    return equity


def wallet_differences(fast: FastRun, slow: SlowRun) -> list[str]:
    """Compare the wallets, which are at average cost and may be rounded beyond the 15th decimal."""
    found = []
    for account in ACCOUNTS:
        own = [money for (who, _), money in slow.venue.money.items() if who == account]
        wanted = Fraction(RICH) + sum((money.realised - money.fees + money.funding for money in own), Fraction())
        wallet = Fraction(fast.venue.core.accounts[account].wallet)
        if abs(wallet - wanted) > Fraction(1, 10**15):
            found.append(f"wallet of {account}: venue {float(wallet)}, double {float(wanted)}")
    return found


def reply_differences(fast: FastRun, slow: SlowRun) -> list[str]:
    """Compare the replies: a refusal must carry one of the reasons that hold."""
    found = []
    if len(fast.replies) != len(slow.venue.replies):
        found.append(f"replies: venue {len(fast.replies)}, double {len(slow.venue.replies)}")
    for venue, double in zip(fast.replies, slow.venue.replies, strict=False):
        at, account, what, code = venue
        same = (at, account, what) == double[:3]
        if not same or (code not in double.codes if double.codes else code):
            found.append(f"reply: venue {venue}, double {double}")
    return found[:2]
