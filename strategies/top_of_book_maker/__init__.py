"""Top-of-book maker: a buy at the bid, what it buys is offered at the ask. See docs/strategies/top_of_book_maker.md."""
