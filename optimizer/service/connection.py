"""Requests to a server: repeated while it does not answer or is busy, and refusals as errors of the library."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection
from typing import Any

import httpx

from optimizer import CapoptError, Fault, InstanceError, ServerError

_TRIES = 60  # of a request that the server cannot answer now, a second apart
_FAULT = ("where", "row", "column", "value", "problem", "nearest", "cell")


class Connection:
    """Connections to a server.

    Parameters
    ----------
    url : str
        Address of the server.
    token : str or None
        Token; by default that of the environment, ``CAPOPT_TOKEN``.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        secret = token or os.environ.get("CAPOPT_TOKEN", "")
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60.0)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(self, method: str, path: str, none: Collection[int] = (), **more: Any) -> Any:
        """Return the JSON of an answer; None for those with a status for which there is none."""
        answer = self.send(method, path, none, **more)
        return None if answer.status_code in none else answer.json()

    def send(self, method: str, path: str, allowed: Collection[int] = (), **more: Any) -> httpx.Response:
        """Send a request; repeat it while the server does not answer or is busy.

        Raises
        ------
        InstanceError, ServerError
            If the server refuses it, or does not answer.
        """
        for attempt in range(_TRIES):
            wait = 1.0
            try:
                answer = self._http.request(method, path, **more)
            except httpx.TransportError as error:
                last: Exception = error
                if attempt == 0 and isinstance(error, httpx.ConnectError):
                    wait = 0.2
            else:
                if answer.status_code not in (429, 503):
                    return answer if answer.is_success or answer.status_code in allowed else _refused(answer)
                last = _error_of(answer)
                with contextlib.suppress(ValueError):
                    wait = min(float(answer.headers.get("Retry-After", "1")), 30.0)
            time.sleep(wait)
        if isinstance(last, CapoptError):
            raise last
        raise ServerError(f"{self.url} does not answer: {last}") from None


def faults_of(found: Collection[dict[str, Any]]) -> list[Fault]:
    """Return errors of an instance as the server lists them."""
    return [Fault(**{key: one[key] for key in _FAULT if key in one}) for one in found]


def _refused(answer: httpx.Response) -> httpx.Response:
    raise _error_of(answer)


def _error_of(answer: httpx.Response) -> CapoptError:
    """Return a problem document as the error that it is."""
    try:
        document = answer.json()
    except ValueError:
        document = {"detail": answer.reason_phrase}
    faults = [one for one in document.get("faults", []) if "where" in one]
    if faults and document.get("kind") == "InstanceError":
        return InstanceError(faults_of(faults), "the instance")
    return ServerError(f"the server answers {answer.status_code}: {document.get('detail', document)}")
