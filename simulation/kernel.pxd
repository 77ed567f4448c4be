# C types for simulation/kernel.py; read only when it is compiled.
cimport cython

cdef long long _FAR, _NO_LOW, _NO_HIGH
cdef int _QUOTE, _BUY, _SELL, _IDLE, _ON_ITS_WAY, _ANSWERED, _BEST, _MID
cdef Py_ssize_t _BLOCK, _FIGURES


@cython.locals(
    rows=Py_ssize_t, block=Py_ssize_t, row=Py_ssize_t, at=Py_ssize_t,
    least_bid=int, least_ask=int, lowest_hit=int, greatest_bid=int, greatest_ask=int, highest_lift=int,
)
cpdef summarise(
    const signed char[::1] kind, const int[::1] bid, const int[::1] ask, const int[::1] price, int[::1] blocks
)


@cython.final
cdef class Peg:
    cdef public bint is_buy
    cdef public int reference
    cdef public long long offset
    cdef public long long limit
    cdef public long long entry_ns
    cdef public long long response_ns
    cdef const long long[::1] depth
    cdef public long long price
    cdef public long long ahead
    cdef public int state
    cdef public bint refused
    cdef public long long wanted
    cdef public long long due_ns
    cdef public long long bid
    cdef public long long ask

    cpdef take_over(self, Peg other)

    @cython.locals(double="long long")
    cpdef long long target(self, long long bid, long long ask) noexcept

    cpdef void look(self, long long now_ns, long long bid, long long ask) noexcept

    @cython.locals(wanted="long long")
    cdef void _decide(self, long long now_ns, long long bid, long long ask) noexcept

    cpdef void settle(
        self, long long before_ns, long long bid, long long bid_lots, long long ask, long long ask_lots
    ) noexcept

    @cython.locals(best="long long", behind="long long")
    cpdef long long displayed(
        self, long long bid, long long bid_lots, long long ask, long long ask_lots
    ) noexcept

    cpdef bint is_reached(self, long long bid, long long ask) noexcept
    cpdef bint is_filled_by(self, int kind, long long price, long long lots) noexcept
    cpdef void count_trade(self, int kind, long long price, long long lots) noexcept
    cpdef void count_quote(self, long long bid, long long bid_lots, long long ask, long long ask_lots) noexcept


@cython.final
cdef class Touch:
    cdef public long long buy
    cdef public long long buy_ahead
    cdef public bint buy_counted
    cdef public long long buy_behind
    cdef public long long sell_behind
    cdef public long long sell
    cdef public long long sell_ahead
    cdef public bint sell_counted
    cdef public long long low
    cdef public long long high
    cdef public bint quotes
    cdef public bint moves
    cdef public long long bid
    cdef public long long ask
    cdef public list pegs

    @cython.locals(mine=Peg, theirs=Peg)
    cpdef take_over(self, Touch other)

    @cython.locals(peg=Peg)
    cpdef settle(
        self, long long before_ns, long long bid, long long bid_lots, long long ask, long long ask_lots
    )


@cython.final
cdef class Rows:
    cdef const long long[::1] time_ns
    cdef const signed char[::1] kind
    cdef const int[::1] bid
    cdef const long long[::1] bid_lots
    cdef const int[::1] ask
    cdef const long long[::1] ask_lots
    cdef const int[::1] price
    cdef const long long[::1] lots
    cdef const int[::1] blocks

    @cython.locals(row=Py_ssize_t, has_pegs=bint)
    cpdef Py_ssize_t first_touch(self, Py_ssize_t start, Py_ssize_t stop, Touch touch) except -1

    cdef inline bint _is_quote(self, Py_ssize_t row) noexcept

    @cython.locals(bid="long long", ask="long long", buy_ahead="long long", sell_ahead="long long")
    cdef inline bint _quote_matters(self, Py_ssize_t row, Touch touch) noexcept

    @cython.locals(kind=int, price="long long", lots="long long", hits=bint, lifts=bint)
    cdef inline bint _trade_matters(self, Py_ssize_t row, Touch touch) noexcept

    @cython.locals(
        peg=Peg, bid="long long", ask="long long", top="long long", bottom="long long",
        least_bid_lots="long long", least_ask_lots="long long",
    )
    cdef Py_ssize_t _skip_still(self, Py_ssize_t row, Py_ssize_t stop, Touch touch) except -1

    @cython.locals(peg=Peg, before=Py_ssize_t, is_quote=bint)
    cdef bint _fills_peg(self, Py_ssize_t row, Touch touch) except -1

    @cython.locals(peg=Peg, is_quote=bint)
    cdef int _move_pegs(self, Py_ssize_t row, Touch touch) except -1

    @cython.locals(
        at=Py_ssize_t, least_bid=int, greatest_bid=int, least_ask=int, greatest_ask=int
    )
    cdef bint _is_quiet(self, Py_ssize_t block, Touch touch) except -1
