"""A protocol front on real sockets: one port for requests and streams alike."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import WSMsgType, web

from helpers.clock import Clock
from helpers.errors import UserError
from simulation.servers.front import Connection, ServerRequest, ServerResponse, StreamRefused, VenueFront
from simulation.servers.memory_transport import server_request

_HANDSHAKE = "websocket"
_ANY_SIZE = 8 * 1024 * 1024


class SocketServer:
    """Serves one front until it is closed."""

    def __init__(self, front: VenueFront, clock: Clock) -> None:
        """Open nothing yet; the front's venue must be attached to the clock."""
        self._front = front
        self._clock = clock
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def open(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            UserError: the port is taken or not allowed.
        """
        app = web.Application(client_max_size=_ANY_SIZE)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise UserError(f"cannot listen on {host}:{port} ({error.strerror})", "choose another --port") from None
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        asked = server_request(
            request.method, str(request.rel_url), request.headers, await request.read(), request.remote or ""
        )
        self._front.venue.advance_to(self._clock.now_ns())
        if request.headers.get("Upgrade", "").lower() == _HANDSHAKE:
            return await self._stream(request, asked)
        answered: asyncio.Future[ServerResponse] = asyncio.get_running_loop().create_future()

        def respond(response: ServerResponse) -> None:
            if not answered.done():  # the client may have gone
                answered.set_result(response)

        self._front.handle(asked, respond)
        self._front.venue.changed()
        return _http(await answered)

    async def _stream(self, request: web.Request, asked: ServerRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            heartbeat=self._front.ping_interval_s, compress=False, max_msg_size=_ANY_SIZE, autoping=True
        )
        connection = _SocketConnection(socket)
        try:
            peer = self._front.accept(asked, connection)
        except StreamRefused as error:
            return _http(error.response)
        await socket.prepare(request)
        writing = asyncio.create_task(connection.write())
        self._front.venue.changed()
        try:
            async for message in socket:
                if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    data = message.data.encode() if isinstance(message.data, str) else message.data
                    self._front.venue.advance_to(self._clock.now_ns())
                    peer.on_message(data)
                    self._front.venue.changed()
        finally:
            peer.on_end()
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
        return socket


class _SocketConnection(Connection):
    """Queues what the front sends; one task writes it in order."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._queue: asyncio.Queue[bytes | tuple[int, str]] = asyncio.Queue()

    def send(self, message: bytes) -> None:
        """Send to the client."""
        self._queue.put_nowait(message)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the stream after what was sent."""
        self._queue.put_nowait((code, reason))

    async def write(self) -> None:
        """Write until the stream ends."""
        while True:
            item = await self._queue.get()
            if isinstance(item, tuple):
                await self._socket.close(code=item[0], message=item[1].encode())
                return
            try:
                await self._socket.send_str(item.decode())
            except (ConnectionError, RuntimeError):  # the client has gone; its reader notices
                return


def _http(response: ServerResponse) -> web.Response:
    headers = dict(response.headers)
    if response.body and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    return web.Response(status=response.status, body=response.body, headers=headers)


__all__ = ["SocketServer"]
