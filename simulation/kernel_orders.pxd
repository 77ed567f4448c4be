# C types for simulation/kernel_orders.py; read only when it is compiled.
cimport cython

cdef int _BUY, _SELL, _IDLE, _ON_ITS_WAY, _ANSWERED, _BEST, _MID


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
    cpdef bint is_idle(self) noexcept

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
