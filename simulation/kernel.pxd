# C types for simulation/kernel.py; read only when it is compiled.
cimport cython


@cython.locals(
    rows=Py_ssize_t, block=Py_ssize_t, row=Py_ssize_t, at=Py_ssize_t,
    least_bid=int, least_ask=int, lowest_hit=int, greatest_bid=int, greatest_ask=int, highest_lift=int,
)
cpdef summarise(
    const signed char[::1] kind, const int[::1] bid, const int[::1] ask, const int[::1] price, int[::1] blocks
)


cdef class Touch:
    cdef public long long buy
    cdef public long long buy_ahead
    cdef public bint buy_counted
    cdef public long long sell
    cdef public long long sell_ahead
    cdef public bint sell_counted
    cdef public long long low
    cdef public long long high
    cdef public bint quotes
    cdef public bint moves
    cdef public long long bid
    cdef public long long ask

    cpdef take_over(self, Touch other)


cdef class Rows:
    cdef const signed char[::1] kind
    cdef const int[::1] bid
    cdef const long long[::1] bid_lots
    cdef const int[::1] ask
    cdef const long long[::1] ask_lots
    cdef const int[::1] price
    cdef const long long[::1] lots
    cdef const int[::1] blocks

    @cython.locals(
        row=Py_ssize_t, what=int, best_bid=int, best_ask=int, left_buy="long long", left_sell="long long", traded="long long",
        hits=bint, lifts=bint, quotes=bint, moves=bint,
        buy="long long", sell="long long", low="long long", high="long long",
        buy_ahead="long long", sell_ahead="long long",
        kind="const signed char[::1]", bid="const int[::1]", ask="const int[::1]", price="const int[::1]",
    )
    cpdef Py_ssize_t first_touch(self, Py_ssize_t start, Py_ssize_t stop, Touch touch) except -1

    @cython.locals(
        at=Py_ssize_t, least_bid=int, greatest_bid=int, least_ask=int, greatest_ask=int, blocks="const int[::1]"
    )
    cdef bint _is_quiet(self, Py_ssize_t block, Touch touch, long long buy_ahead, long long sell_ahead) except -1
