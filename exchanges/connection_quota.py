"""How many connections a venue lets one address open: kept by waiting, also when everything reconnects at once."""

from __future__ import annotations

import msgspec

from helpers.clock import NS_PER_S


class ConnectionQuota(msgspec.Struct, kw_only=True):
    """How many connections the venue lets one address open in a time; shared by all streams of a process.

    The venue counts when they arrive, we when they leave: ask for a little less than it allows.
    """

    most: int
    window_s: float
    opened_ns: list[int] = []

    def take(self, now_ns: int) -> int | None:
        """Count a connection that is opened now; or count nothing, and give the ns until there may be room."""
        window_ns = round(self.window_s * NS_PER_S)
        # A clock that was set back leaves times in its future: they count as now.
        self.opened_ns[:] = [min(time_ns, now_ns) for time_ns in self.opened_ns if time_ns + window_ns > now_ns]
        if len(self.opened_ns) < self.most:
            self.opened_ns.append(now_ns)
            return None
        return self.opened_ns[0] + window_ns - now_ns


__all__ = ["ConnectionQuota"]
