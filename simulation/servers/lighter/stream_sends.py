"""Transactions sent on the stream: the same intake and the same bucket as REST, answered on the stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from simulation.servers.lighter.errors import Refused, encode, invalid_param
from simulation.servers.lighter.intake import Intake, info_text, read_batch
from simulation.servers.lighter.rate_limits import RateLimits
from simulation.servers.lighter.rest_account import sent_body
from simulation.servers.lighter.trading import Json, Trading

Deliver = Callable[[bytes], None]


class StreamSends:
    """Takes transactions from streams."""

    def __init__(self, trading: Trading, limits: RateLimits, intake: Intake) -> None:
        """Share the intake."""
        self._trading = trading
        self._limits = limits
        self._intake = intake

    def send(self, kind: str, data: object, deliver: Deliver, *, readonly: bool) -> None:
        """Take one message and answer it after the gateway's time; `id` comes back where one was given."""
        fields = data if isinstance(data, dict) else {}
        try:
            answer = {"code": 200, **self._accept(kind, fields, readonly=readonly)}
        except Refused as refusal:
            answer = {"code": refusal.code, "message": refusal.text}
        if isinstance(fields.get("id"), str):
            answer["id"] = fields["id"]
        delay = self._trading.options.gateway.draw(self._trading.rng)
        message = encode({"type": kind, **answer})
        self._trading.venue.core.agenda.at(self._trading.now_ns + delay, partial(deliver, message))

    def _accept(self, kind: str, fields: dict[str, Any], *, readonly: bool) -> Json:
        if readonly:
            raise Refused(30012, "readonly connection")
        self._limits.send(self._trading.now_ns)
        if kind == "jsonapi/sendtx":
            tx_type, info = fields.get("tx_type"), fields.get("tx_info")
            if type(tx_type) is not int:
                raise invalid_param("tx_type")
            if not isinstance(info, str | dict):
                raise invalid_param("tx_info")
            accepted = self._intake.accept([(tx_type, info_text(info))])
            return sent_body(accepted, accepted.hashes[0])
        if kind == "jsonapi/sendtxbatch":
            batch = read_batch(_text(fields.get("tx_types")), _text(fields.get("tx_infos")))
            accepted = self._intake.accept(batch)
            return sent_body(accepted, list(accepted.hashes))
        raise Refused(30001, "Invalid Message")


def _text(given: object) -> str:
    """Give JSON text: the venue takes arrays as text, and as arrays."""
    return given if isinstance(given, str) else json.dumps(given)


__all__ = ["StreamSends"]
