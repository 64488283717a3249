"""The application: all routes, over a database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

from optimizer import __version__
from optimizer.service import (
    forks,
    health,
    metrics,
    openapi,
    pages,
    pages_instances,
    pages_jobs,
    pages_notes,
    pages_projects,
    pages_scenarios,
    problems,
    routes_instances,
    routes_jobs,
    routes_plans,
    routes_projects,
)
from optimizer.service.bodies import LimitedBodies
from optimizer.service.browser import SafeHeaders
from optimizer.service.database import Database
from optimizer.service.dispatch import Dispatcher
from optimizer.service.feed import Feed
from optimizer.service.paging import refuse_nul
from optimizer.service.settings import Settings
from optimizer.service.state import State

API = "/api/v1"


def create_app(settings: Settings) -> FastAPI:
    """Return the application of a server.

    Parameters
    ----------
    settings : Settings
        How it runs. The database is opened, and brought up to date, when the application starts.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings.data.mkdir(parents=True, exist_ok=True)
        database = Database(settings.database_url)
        try:
            await run_in_threadpool(database.upgrade)
            Thread(target=forks.warm_up, daemon=True).start()
            feed = Feed(database)
            dispatcher = Dispatcher(settings, database, feed.wake)
            app.state.service = State(settings, database, feed, dispatcher.notify)
            if settings.cluster or settings.workers:
                await run_in_threadpool(dispatcher.start)
            try:
                yield
            finally:
                feed.stop()
                await run_in_threadpool(dispatcher.stop)
        finally:
            database.close()

    app = FastAPI(
        title="capopt",
        version=__version__,
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_nul)],
    )
    app.add_middleware(LimitedBodies)
    app.add_middleware(SafeHeaders)
    problems.install(app)
    openapi.install(app)
    app.include_router(health.router)
    app.include_router(metrics.router)
    for routes in (routes_projects, routes_instances, routes_jobs, routes_plans):
        app.include_router(routes.router, prefix=API)
    for routes in (pages, pages_projects, pages_instances, pages_jobs, pages_notes, pages_scenarios):
        app.include_router(routes.router)
    app.mount("/static", pages.STATIC)
    return app
