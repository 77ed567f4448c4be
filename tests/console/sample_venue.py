"""A venue for the commands that look at one: its checkup and its frames say what a test wants."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

import msgspec

from exchanges.checkup import CheckupStep
from exchanges.frames import FrameEvent
from exchanges.paper import PaperClient
from helpers.errors import BadPayload

Look = Callable[[], Awaitable[str]]


def says(text: str) -> Look:
    """Succeed with a line."""

    async def look() -> str:
        return text

    return look


def fails(error: Exception) -> Look:
    """Fail."""

    async def look() -> str:
        raise error

    return look


class SampleVenue(PaperClient):
    """Looks as told, reads {"kind": ..., ...} frames."""

    steps: ClassVar[list[CheckupStep]] = []
    asked: ClassVar[list[str]] = []
    disconnected: ClassVar[list[bool]] = []

    def checkup(self, ticker: str) -> Sequence[CheckupStep]:
        self.asked.append(ticker)
        return self.steps

    async def disconnect(self) -> None:
        self.disconnected.append(True)

    @classmethod
    def read_frame(cls, frame: bytes) -> Sequence[FrameEvent]:
        try:
            said = msgspec.json.decode(frame, type=dict)
        except msgspec.MsgspecError:
            raise BadPayload("it is no JSON object") from None
        if "kind" not in said:
            raise BadPayload("it has no kind")
        return [FrameEvent(kind=said.pop("kind"), market=said.pop("market", ""), data=said)]
