"""HTTP to parties that cannot be trusted to answer in time, in form or in measure.

Two things that the libraries leave open are closed here. A *read* time-out in ``requests`` is for
each packet, so a peer who sends a byte a second holds a worker for ever: our sockets count it
over the whole answer. And an answer is read with a limit, undecoded, so neither a huge body nor a
compressed one can fill the memory.
"""

import http.client
import logging
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

log = logging.getLogger(__name__)
CHUNK = 65_536  # bytes read at a time
REFUSAL = 2000  # bytes of the text of a refusal that are read for a log


class NoReply(Exception):
    """No usable answer. ``reason`` is one word for logs; ``retry``: it may not have arrived.

    ``status`` is set when at least the status line came.
    """

    def __init__(self, reason: str, retry: bool = False, status: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.retry, self.status = reason, retry, status


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # case-insensitive
    body: bytes


class _TotalTimeoutMixin:
    """A socket whose time-out is for all that follows until it is set again, not for each call."""

    _ends: float | None = None

    def settimeout(self, value: float | None) -> None:
        self._ends = None if value is None else time.monotonic() + value
        socket.socket.settimeout(self, value)  # type: ignore[arg-type]

    def _set_remaining(self) -> None:
        if self._ends is not None:
            rest = self._ends - time.monotonic()
            if rest <= 0:
                raise TimeoutError("timed out")
            socket.socket.settimeout(self, rest)  # type: ignore[arg-type]


class _Socket(_TotalTimeoutMixin, socket.socket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._set_remaining()
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._set_remaining()
        super().sendall(*args, **kwargs)


class _SecureSocket(_TotalTimeoutMixin, ssl.SSLSocket):
    def read(self, *args: Any, **kwargs: Any) -> Any:
        self._set_remaining()
        return super().read(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._set_remaining()
        return super().send(*args, **kwargs)


def _with_total_timeout(plain: socket.socket) -> _Socket:
    seconds = plain.gettimeout()
    sock = _Socket(fileno=plain.detach())
    sock.settimeout(seconds)
    return sock


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _with_total_timeout(super()._new_conn())


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _with_total_timeout(super()._new_conn())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class TotalTimeout(HTTPAdapter):
    """Puts those sockets under ``requests``; goes before another adapter, whose checks stay."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = create_urllib3_context()
        context.sslsocket_class = _SecureSocket
        super().init_poolmanager(*args, **kwargs, ssl_context=context)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class UnixSocket(HTTPAdapter):
    """Every request goes to the server at one Unix socket."""

    def __init__(self, path: str) -> None:
        self._pool = _UnixPool(path)
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        return self._pool


class _UnixPool(HTTPConnectionPool):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", maxsize=10)
        self.path = path

    def _new_conn(self) -> HTTPConnection:
        connection = _UnixConnection("localhost")
        connection.path = self.path
        return connection


class _UnixConnection(HTTPConnection):
    path = ""

    def _new_conn(self) -> socket.socket:
        sock = _Socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(self.timeout if isinstance(self.timeout, (int, float)) else None)
        try:
            sock.connect(self.path)
        except OSError as error:
            sock.close()
            raise urllib3.exceptions.NewConnectionError(self, str(error)) from error
        return sock


def plain_session() -> requests.Session:
    """Return a session that takes no proxy and no .netrc from here, and no cookies from there."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def session_for(url: str) -> tuple[requests.Session, str]:
    """Return a session for an agency at ``http(s)://…`` or ``unix:/path``, and its base address."""
    session = plain_session()
    if url.startswith("unix:"):
        session.mount("http://", UnixSocket(url.removeprefix("unix:")))
        return session, "http://localhost"
    session.mount("http://", TotalTimeout())
    session.mount("https://", TotalTimeout())
    return session, url.rstrip("/")


def post(
    session: requests.Session,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    limit: int,
) -> Reply:
    """POST ``body`` and return the answer, whatever its status; redirects are not followed.

    Takes at most ``seconds`` in all, name resolution apart (a fifth each to connect and to agree
    on TLS, the rest to answer), and reads at most ``limit`` bytes; with 0 the status is enough,
    and nothing more is waited for, but for what came at once of an answer that is no 2xx (its
    first ``REFUSAL`` bytes). Raises ``NoReply``.
    """
    status = 0
    try:
        with session.post(
            url,
            data=body,
            headers={"Accept-Encoding": "identity", **headers},
            timeout=(seconds / 5, seconds * 3 / 5),
            allow_redirects=False,
            stream=True,
        ) as response:
            status = response.status_code
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise NoReply("garbage")  # we asked for none, and unpack none
            if not limit and not 200 <= status < 300:
                return Reply(status, response.headers, _beginning(response, REFUSAL))
            return Reply(status, response.headers, _read(response, limit))
    except Exception as error:  # whatever a peer can make two HTTP libraries raise
        if isinstance(error, NoReply):
            error.status = status
            raise
        raise _no_reply(error, status) from error


def _read(response: requests.Response, limit: int) -> bytes:
    if not limit and response.headers.get("Content-Length") != "0" and response.status_code != 204:
        return b""  # what is left unread costs the connection, and no time
    body = bytearray()
    while chunk := response.raw.read(CHUNK, decode_content=False):
        body += chunk
        if len(body) > limit:
            raise NoReply("too_large")
    return bytes(body)


def _beginning(response: requests.Response, most: int) -> bytes:
    try:
        return bytes(response.raw.read1(most, decode_content=False))
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        return b""  # the status is the answer


def _no_reply(error: Exception, status: int) -> NoReply:
    """Name what went wrong in one word."""
    if isinstance(error, InvalidIPAddress):
        return NoReply("blocked")
    if isinstance(error, (requests.exceptions.SSLError, ssl.SSLError)):
        return NoReply("tls", status=status)
    if isinstance(
        error, (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    ):
        return NoReply("timeout", status=status)
    if _truncated(error):
        return NoReply("truncated", status=status)
    if isinstance(
        error, (requests.exceptions.ConnectionError, urllib3.exceptions.HTTPError, OSError)
    ):
        return NoReply("connection", retry=True, status=status)
    if not isinstance(error, (http.client.HTTPException, ValueError)):
        log.error("unexpected %s from an HTTP peer", type(error).__name__)
    return NoReply("garbage", status=status)


def _truncated(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, (http.client.IncompleteRead, urllib3.exceptions.IncompleteRead)):
            return True
        error = error.__cause__ or error.__context__
    return False
