"""A server of the service in a thread of the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

from optimizer.service.app import create_app
from optimizer.service.settings import Settings


@contextmanager
def serving(settings: Settings, headers: dict[str, str] | None = None, **options: Any) -> Iterator[httpx.Client]:
    """Serve on a free port for a block; yield a client of it."""
    config = uvicorn.Config(create_app(settings), port=0, log_level="error", **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server has not started"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        where = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=where, headers=headers, timeout=30.0, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(60.0)
