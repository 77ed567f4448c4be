"""Lighter's native signer, called directly: the one place that knows its C functions, and the one thread that calls it.

The shared library of lighter-sdk is opened without importing the package: the import takes 1.2 s
and 70 MB, warns of deprecated code, and its SignerClient wants a running loop and opens an HTTP
session of its own that nobody needs here. The C functions change between releases, so what they
sign is checked by exchanges/lighter/signing.py.

The calls run in one worker thread, with an event loop waiting in the main thread for the result, so
that the order of signatures is the order of calls. Measured on two cores of a Linux server with
signer 1.1.8, per signed order: 0.34 ms in the worker, hand-over included; on the main thread 0.9 ms
in a small process and 3.3 ms in a large one, because there each entry into Go makes glibc read the
map of the process's memory anew.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from helpers.errors import UserError

T = TypeVar("T")

_INSTALL: Final = "run `make install EXTRAS=lighter`"
_X64, _ARM = ("x86_64", "amd64"), ("aarch64", "arm64")
_FILES: Final = {
    **{("Linux", machine): "lighter-signer-linux-amd64.so" for machine in _X64},
    **{("Linux", machine): "lighter-signer-linux-arm64.so" for machine in _ARM},
    **{("Darwin", machine): "lighter-signer-darwin-amd64.dylib" for machine in _X64},
    **{("Darwin", machine): "lighter-signer-darwin-arm64.dylib" for machine in _ARM},
    **{("Windows", machine): "lighter-signer-windows-amd64.dll" for machine in _X64},
}

_long, _int, _byte, _text = ctypes.c_longlong, ctypes.c_int, ctypes.c_uint8, ctypes.c_char_p
_pointer = ctypes.c_void_p
_BY_WHOM: Final = (_byte, _long, _int, _long)
"""Skip-nonce flag, nonce, API key index, account index: how most signing functions end."""

_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lighter-signer")


class NativeTx(msgspec.Struct, frozen=True):
    """A signed transaction."""

    tx_type: int
    tx_info: str
    """JSON, to be sent as it is."""
    tx_hash: str


class NativeRefusal(Exception):  # noqa: N818 - reads as what happened
    """The signer refused its arguments; its words hold no key."""


class _SignedTx(ctypes.Structure):
    _fields_ = (
        ("tx_type", _byte),
        ("tx_info", _pointer),
        ("tx_hash", _pointer),
        ("message", _pointer),
        ("error", _pointer),
    )


class _TextOrError(ctypes.Structure):
    _fields_ = (("text", _pointer), ("error", _pointer))


_FUNCTIONS: Final[dict[str, tuple[tuple[Any, ...], Any]]] = {
    "CreateClient": ((_text, _text, _int, _int, _long), _pointer),
    "CreateAuthToken": ((_long, _int, _long), _TextOrError),
    # market, client order index, base amount, price, is ask, type, time in force, reduce only, trigger price,
    # expiry, integrator's account and two fees, two self-trade modes
    "SignCreateOrder": (
        (_long, _long, _long, _int, _int, _int, _int, _int, _int, _long, _long, _int, _int, _byte, _byte, *_BY_WHOM),
        _SignedTx,
    ),
    "SignCancelOrder": ((_long, _long, *_BY_WHOM), _SignedTx),
    # when, at what time, and the market (255 is all of them)
    "SignCancelAllOrders": ((_int, _long, _long, *_BY_WHOM), _SignedTx),
    # market, initial margin fraction, margin mode
    "SignUpdateLeverage": ((_long, _int, _int, *_BY_WHOM), _SignedTx),
    # market, index, base amount, price, trigger price, integrator's account and two fees, two self-trade modes,
    # skip-nonce flag, nonce, order version, API key index, account index
    "SignModifyOrder": (
        (*(_long,) * 6, _int, _int, _byte, _byte, _byte, _long, _long, _int, _long),
        _SignedTx,
    ),
    "Free": ((_pointer,), None),
}


def library_path(system: str = "", machine: str = "") -> Path:
    """Find the shared library for this computer.

    Raises:
        UserError: lighter-sdk is not installed, or has no signer for it.
    """
    system, machine = system or platform.system(), (machine or platform.machine()).lower()
    spec = find_spec("lighter")  # looks, and imports nothing
    if spec is None or spec.origin is None:
        raise UserError("lighter-sdk, which signs for Lighter, is not installed", _INSTALL)
    name = _FILES.get((system, machine))
    path = Path(spec.origin).parent / "signers" / (name or "none")
    if not path.is_file():
        raise UserError(f"lighter-sdk has no signer for {system} on {machine}", "run on Linux or macOS")
    return path


@cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(str(library_path()))
        for name, (arguments, result) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, result
    except (OSError, AttributeError):
        raise UserError("the signer of the installed lighter-sdk cannot be loaded", _INSTALL) from None
    return library


def _in_worker(call: Callable[[], T]) -> T:
    return _worker.submit(call).result()


def _take(pointer: int | None) -> str:
    """Read a text of the library and give its memory back."""
    if not pointer:
        return ""
    try:
        return (ctypes.cast(pointer, _text).value or b"").decode()
    finally:
        _library().Free(pointer)


def create_client(url: str, private_key: str, chain_id: int, api_key_index: int, account_index: int) -> None:
    """Give the library a key; it replaces what it had under this pair of numbers.

    Raises:
        UserError: the library does not take the key. Its own words may hold parts of it and are not passed on.
    """

    def call() -> str:
        return _take(
            _library().CreateClient(url.encode(), private_key.encode(), chain_id, api_key_index, account_index)
        )

    if _in_worker(call):
        raise UserError("LIGHTER_API_KEY_PRIVATE_KEY is no Lighter API key", "copy it again, all 80 hex digits")


def sign(function: str, *arguments: int) -> NativeTx:
    """Sign a transaction.

    Raises:
        NativeRefusal: the library refuses the arguments.
    """

    def call() -> tuple[NativeTx, str]:
        result = getattr(_library(), function)(*arguments)
        tx = NativeTx(result.tx_type, _take(result.tx_info), _take(result.tx_hash))
        _take(result.message)
        return tx, _take(result.error)

    tx, error = _in_worker(call)
    if error or not tx.tx_info:
        raise NativeRefusal(error or "it gave nothing")
    return tx


def auth_token(expires_s: int, api_key_index: int, account_index: int) -> str:
    """Make a token for reading private data.

    Raises:
        NativeRefusal: the library has no such key.
    """

    def call() -> tuple[str, str]:
        result = _library().CreateAuthToken(expires_s, api_key_index, account_index)
        return _take(result.text), _take(result.error)

    token, error = _in_worker(call)
    if error or not token:
        raise NativeRefusal(error or "it gave nothing")
    return token


__all__ = ["NativeRefusal", "NativeTx", "auth_token", "create_client", "library_path", "sign"]
