"""A Lighter simulator in memory, and a client that signs for it in pure Python and moves its time by hand."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

from worlds import MS, START_NS, S

from helpers.clock import NS_PER_S
from simulation.servers.front import ServerRequest, ServerResponse
from simulation.servers.lighter.api_keys import token_message
from simulation.servers.lighter.front import LighterFront
from simulation.servers.lighter.markets import BY_ID, LighterMarket
from simulation.servers.lighter.options import LighterOptions
from simulation.servers.lighter.schnorr import sign
from simulation.servers.lighter.transactions import TxType, read_tx
from simulation.servers.lighter.wire_orders import WireOrder

BTC = 1
ETH = 0
DAY_MS = 86_400_000
Answer = tuple[int, dict[str, Any]]


class Client:
    """One stream and what it heard."""

    def __init__(self, scene: Scene, query: tuple[tuple[str, str], ...] = ()) -> None:
        self.scene = scene
        self.heard: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None
        request = ServerRequest(method="GET", path="/stream", query=query)
        self.peer = scene.front.accept(request, self)

    def send(self, message: bytes) -> None:
        self.heard.append(json.loads(message))

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = (code, reason)

    def say(self, **message: Any) -> dict[str, Any]:
        """Say something; give the newest message heard after that."""
        self.peer.on_message(json.dumps(message).encode())
        return self.heard[-1]

    def subscribe(self, channel: str, *, auth: bool = False) -> dict[str, Any]:
        extra = {"auth": self.scene.token()} if auth else {}
        return self.say(type="subscribe", channel=channel, **extra)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message.get("type") == kind]


class Scene:
    """The simulator, one second after it opened."""

    def __init__(self, **options: Any) -> None:
        self.front = LighterFront(LighterOptions(start_ns=START_NS, **options))
        self.identity = self.front.identity
        self.trading = self.front.trading
        self.nonce = 0
        self.client_index = 0
        self.wait(1)

    # -- time -------------------------------------------------------------------------------

    @property
    def now_ms(self) -> int:
        return self.front.venue.core.now_ns // MS

    def wait(self, seconds: float) -> None:
        self.front.venue.advance_to(self.front.venue.core.now_ns + round(seconds * S))

    # -- requests ---------------------------------------------------------------------------

    def ask(self, method: str, path: str, parameters: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
        """Make a request and let time pass until it is answered."""
        answers: list[ServerResponse] = []
        pairs = {name: str(value) for name, value in parameters.items()}
        is_post = method == "POST"
        request = ServerRequest(
            method=method,
            path=path,
            query=() if is_post else tuple(pairs.items()),
            headers=headers or {},
            body=urlencode(pairs).encode() if is_post else b"",
        )
        self.front.handle(request, answers.append)
        if not answers:
            self.wait(0.01)
        (answer,) = answers
        return answer.status, json.loads(answer.body)

    def get(self, call: str, *, auth: bool = False, **parameters: Any) -> Answer:
        headers = {"authorization": self.token()} if auth else {}
        return self.ask("GET", f"/api/v1/{call}", parameters, headers)

    def mine(self, call: str, **parameters: Any) -> dict[str, Any]:
        """Read something of the account that needs its token."""
        status, body = self.get(call, auth=True, account_index=self.identity.account_index, **parameters)
        assert status == 200, body
        return body

    def token(self, life_s: int = 600, *, account: int | None = None) -> str:
        account = self.identity.account_index if account is None else account
        text = f"{self.front.venue.core.now_ns // NS_PER_S + life_s}:{account}:{self.identity.api_key_index}"
        return f"{text}:{sign(self.identity.private_key, token_message(text), 77).hex()}"

    # -- transactions -------------------------------------------------------------------------

    def tx(
        self,
        kind: TxType,
        *,
        nonce: int,
        chain_id: int = 304,
        attributes: dict[str, int] | None = None,
        deadline_ms: int | None = None,
        **numbers: Any,
    ) -> str:
        """Sign a transaction."""
        fields = {
            "AccountIndex": self.identity.account_index,
            "ApiKeyIndex": self.identity.api_key_index,
            **numbers,
            "ExpiredAt": self.now_ms + 599_000 if deadline_ms is None else deadline_ms,
            "Nonce": nonce,
            "Sig": "",
            "L2TxAttributes": attributes,
        }
        message = read_tx(kind, json.dumps(fields)).message(chain_id)
        fields["Sig"] = base64.b64encode(sign(self.identity.private_key, message, 1_000_003 + nonce)).decode()
        return json.dumps(fields)

    def send(self, kind: TxType, **fields: Any) -> Answer:
        """Send a transaction with the next nonce; the nonce counts as used if the API took it."""
        fields.setdefault("nonce", self.nonce)
        answer = self.post(kind, self.tx(kind, **fields))
        if answer[0] == 200:
            self.nonce = fields["nonce"] + 1
        return answer

    def post(self, kind: TxType | int, info: str) -> Answer:
        return self.ask("POST", "/api/v1/sendTx", {"tx_type": int(kind), "tx_info": info})

    def order_fields(self, **changes: Any) -> dict[str, Any]:
        """Give the numbers of a resting buy of 0.01 BTC, 1 % under the market, and changes to them."""
        self.client_index += 1
        fields = {
            "MarketIndex": BTC,
            "ClientOrderIndex": self.client_index,
            "BaseAmount": 1_000,
            "Price": self.ticks(0.99),
            "IsAsk": 0,
            "Type": 0,
            "TimeInForce": 1,
            "ReduceOnly": 0,
            "TriggerPrice": 0,
            "OrderExpiry": self.now_ms + DAY_MS,
        }
        fields |= changes
        if fields["TimeInForce"] == 0 and "OrderExpiry" not in changes:
            fields["OrderExpiry"] = 0
        return fields

    def place(self, **changes: Any) -> WireOrder:
        """Place an order, wait until it is past every speed bump, give the venue's file on it."""
        options = {name: changes.pop(name) for name in ("attributes", "nonce") if name in changes}
        fields = self.order_fields(**changes)
        status, body = self.send(TxType.CREATE_ORDER, **options, **fields)
        assert status == 200, body
        self.wait(0.5)
        order = self.trading.orders.find(fields["ClientOrderIndex"])
        assert order is not None
        return order

    def refusal(self, **changes: Any) -> int:
        """Send an order that the API refuses; give the code."""
        status, body = self.send(TxType.CREATE_ORDER, **self.order_fields(**changes))
        assert status == 400, body
        return int(body["code"])

    def buy_now(self, lots: int = 1_000) -> WireOrder:
        """Take from the book."""
        return self.place(Price=self.ticks(1.01), TimeInForce=0, BaseAmount=lots)

    # -- the market ---------------------------------------------------------------------------

    def market(self, market_id: int = BTC) -> LighterMarket:
        return BY_ID[market_id]

    def ticks(self, factor: float, market_id: int = BTC) -> int:
        """Give the mark price times a factor, in ticks."""
        market = self.market(market_id)
        return round(float(self.trading.mark(market) / market.tick_size) * factor)
