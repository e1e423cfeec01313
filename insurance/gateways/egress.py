"""The only way out of this server to a payer: allowed hosts, no redirects, one total time-out, one size cap.

Each exchange has a connection of its own: a kept one that the payer has closed meanwhile would fail in a way that
cannot be told from "asked, and no answer", and cost the caller 90 seconds.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings

ANSWER_BYTES = 1024 * 1024


class RefusedError(Exception):
    """The address is not one we may talk to; no socket was opened."""


class NotSentError(Exception):
    """No connection: the payer has not been asked."""


class AmbiguousError(Exception):
    """The connection broke or the time ran out after something may have been sent."""


class TooLargeError(Exception):
    """The answer is larger than any honest one; reading stopped."""


@dataclass(frozen=True, slots=True)
class Exchange:
    status: int
    headers: httpx.Headers
    body: bytes


def send(method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"", total_seconds: float) -> Exchange:
    """One request, one answer, within `total_seconds` however slowly the bytes drip."""
    check_address(url)
    deadline = time.monotonic() + total_seconds
    timeouts = {
        "connect": min(settings.PAYER_CONNECT_SECONDS, total_seconds),
        "read": total_seconds,
        "write": total_seconds,
    }
    pool = httpcore.ConnectionPool(ssl_context=_tls(), network_backend=_Backend(deadline), max_connections=1)
    own = {"Host": urlsplit(url).netloc, "Accept-Encoding": "identity", "Connection": "close"}
    sent: list[tuple[bytes | str, bytes | str]] = [*own.items(), *headers.items()]
    try:
        with (
            pool,
            pool.stream(method, url, headers=sent, content=content, extensions={"timeout": timeouts}) as answer,
        ):
            return Exchange(answer.status, httpx.Headers(answer.headers), _capped(answer.iter_stream()))
    except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
        raise NotSentError(type(error).__name__) from error
    except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError) as error:
        raise RefusedError(type(error).__name__) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise AmbiguousError(type(error).__name__) from error


def check_address(url: str) -> None:
    """Only the hosts of PAYER_HOSTS, by TLS unless they are this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host not in settings.PAYER_HOSTS:
        raise RefusedError("its host is not in PAYER_HOSTS")
    if parts.scheme not in {"https", "http"} or parts.username or parts.password:
        raise RefusedError("its address is not a plain http or https one")


def _capped(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > ANSWER_BYTES:
            raise TooLargeError
    return bytes(body)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _Backend(httpcore.NetworkBackend):
    """Hands out sockets whose every wait ends at one common deadline."""

    def __init__(self, deadline: float) -> None:
        self.inner, self.deadline = httpcore.SyncBackend(), deadline

    def connect_tcp(  # noqa: PLR0917
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self.inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _Stream(stream, self.deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self.inner, self.deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(timeout, httpcore.ConnectTimeout)
        return _Stream(self.inner.start_tls(ssl_context, server_hostname, left), self.deadline)

    def get_extra_info(self, info: str) -> object:
        return self.inner.get_extra_info(info)

    def _left(self, timeout: float | None, late: type[Exception]) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise late("the total time is over")
        return left if timeout is None else min(left, timeout)
