# C types for simulation/kernel.py; read only when it is compiled.
cimport cython

from simulation.kernel_orders cimport Peg, Touch

cdef long long _FAR, _NO_LOW, _NO_HIGH
cdef int _QUOTE, _BUY, _SELL
cdef Py_ssize_t _BLOCK, _FIGURES


@cython.locals(
    rows=Py_ssize_t, block=Py_ssize_t, row=Py_ssize_t, at=Py_ssize_t,
    least_bid=int, least_ask=int, lowest_hit=int, greatest_bid=int, greatest_ask=int, highest_lift=int,
)
cpdef summarise(
    const signed char[::1] kind, const int[::1] bid, const int[::1] ask, const int[::1] price, int[::1] blocks
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
