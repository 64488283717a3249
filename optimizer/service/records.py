"""The database: projects, accounts, instances, jobs and what was done, as SQLAlchemy records."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

ROLES = ("reader", "planner", "admin")
"""Roles, each of which may do what those before it may."""
STATES = ("queued", "running", "finishing", "cancelling", "succeeded", "failed", "cancelled")
ACTIVE = ("running", "finishing", "cancelling")
ENDED = ("succeeded", "failed", "cancelled")
RESULTS = ("optimal", "feasible", "infeasible", "none")
_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
ID = String(32)
HASH = String(64)


class UtcTime(TypeDecorator[datetime]):
    """A time in UTC; databases without time zones keep it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time to write; one without a time zone is an error."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time that was read, in UTC."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """Return the current time, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a new identifier: 32 hexadecimal digits that sort by time, half of them random."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


class Record(DeclarativeBase):
    """Base of all records."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcTime, dict[str, Any]: JSON}
    metadata = MetaData(naming_convention=_NAMES)  # so that migrations can name what they change


class Account(Record):
    """Somebody or something that uses the service; ``role`` is the one in every project, if any."""

    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str | None] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Token(Record):
    """A token of an account: its SHA-256 alone is kept."""

    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    hash: Mapped[str] = mapped_column(HASH, unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class Session(Record):
    """A browser that has logged in with a token: ``hash`` is the SHA-256 of its cookie."""

    __tablename__ = "sessions"
    hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    token_id: Mapped[str] = mapped_column(ForeignKey("tokens.id", ondelete="CASCADE"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class Project(Record):
    """A project with its quotas and the limits of its jobs; ``version`` counts its changes."""

    __tablename__ = "projects"
    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(100))
    max_queued: Mapped[int] = mapped_column(default=2000)
    max_running: Mapped[int] = mapped_column(default=16)
    cpu_seconds_a_day: Mapped[float] = mapped_column(default=1e6)
    max_storage: Mapped[int] = mapped_column(BigInteger, default=20 * 2**30)
    max_memory_mb: Mapped[int] = mapped_column(default=8192)
    max_threads: Mapped[int] = mapped_column(default=8)
    max_seconds: Mapped[float] = mapped_column(default=6 * 3600.0)
    retention_days: Mapped[int] = mapped_column(default=365)


class Member(Record):
    """The role of an account in a project."""

    __tablename__ = "members"
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(10))


class Content(Record):
    """Bytes by their SHA-256: the same content is stored once; it is deleted with the last record that refers to it."""

    __tablename__ = "contents"
    hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class InstanceVersion(Record):
    """An instance of a project: its content is the zip of its folder, ``hash`` that of :class:`optimizer.Instance`."""

    __tablename__ = "instances"
    __table_args__ = (Index("ix_instances_project_hash", "project_id", "hash", unique=True),)
    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    hash: Mapped[str] = mapped_column(HASH)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, default="")
    start: Mapped[str] = mapped_column(String(7))
    months: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, default="upload")
    note: Mapped[str] = mapped_column(Text, default="")
    parent_hash: Mapped[str | None] = mapped_column(HASH)
    content_hash: Mapped[str] = mapped_column(ForeignKey("contents.hash"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(100))


class MarkedWorkbook(Record):
    """A copy of an invalid workbook in which its errors are marked; it is kept for a day."""

    __tablename__ = "marked_workbooks"
    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    content_hash: Mapped[str] = mapped_column(ForeignKey("contents.hash"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    created_by: Mapped[str] = mapped_column(String(100))


class Job(Record):
    """A job. Only :mod:`optimizer.service.jobs` changes its state.

    ``lease_token`` is the fencing token: it grows with each worker that takes the job, and only the holder of the
    current one can write. ``losses`` counts workers that were lost with the job, ``crashes`` ends of its own process by
    a signal.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_project_state", "project_id", "state"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12), default="queued", index=True)
    result: Mapped[str] = mapped_column(String(12), default="none")
    note: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    instance_hash: Mapped[str | None] = mapped_column(HASH)
    plan_job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    input_hash: Mapped[str] = mapped_column(ForeignKey("contents.hash"), index=True)
    options: Mapped[dict[str, Any]]
    limits: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(String(100))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None] = mapped_column(index=True)
    expires_at: Mapped[datetime | None] = mapped_column(index=True)
    cancel_requested_at: Mapped[datetime | None]
    lease_token: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str] = mapped_column(String(100), default="")
    lease_until: Mapped[datetime | None] = mapped_column(index=True)
    losses: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    events: Mapped[int] = mapped_column(default=0)
    phase: Mapped[str] = mapped_column(String(20), default="")
    incumbent: Mapped[float | None]
    bound: Mapped[float | None]
    gap: Mapped[float | None]
    memory_mb: Mapped[float | None]
    cpu_seconds: Mapped[float] = mapped_column(default=0.0)
    answer: Mapped[dict[str, Any] | None]
    error: Mapped[dict[str, Any] | None]


class JobEvent(Record):
    """An event of a job, numbered without gaps: ``kind`` is state, progress, step, incumbent or log."""

    __tablename__ = "job_events"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str] = mapped_column(String(12))
    data: Mapped[dict[str, Any]]


class JobFile(Record):
    """A file of a job: ``plan.zip``, ``incumbent.zip``..."""

    __tablename__ = "job_files"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    content_hash: Mapped[str] = mapped_column(ForeignKey("contents.hash"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Action(Record):
    """Who did what, and when; rows are added and never changed."""

    __tablename__ = "actions"
    id: Mapped[str] = mapped_column(ID, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=now)
    account: Mapped[str] = mapped_column(String(100))
    project_id: Mapped[str | None] = mapped_column(ID, index=True)
    action: Mapped[str] = mapped_column(String(50))
    object: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class IdempotencyKey(Record):
    """The answer to a POST with an ``Idempotency-Key``; ``status`` is 0 while it is worked on."""

    __tablename__ = "idempotency_keys"
    account: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(HASH)
    created_at: Mapped[datetime] = mapped_column(default=now)
    status: Mapped[int] = mapped_column(default=0)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
