"""Contents by their SHA-256, and folders as zips that depend on nothing but the files in them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from optimizer.service.records import Content, now

_EPOCH = (1980, 1, 1, 0, 0, 0)


def put(session: Session, data: bytes) -> str:
    """Store bytes, unless they are there already; return their hash."""
    name = hashlib.sha256(data).hexdigest()
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(Content)
    row = {"hash": name, "size": len(data), "data": data, "created_at": now()}
    session.execute(insert.values(row).on_conflict_do_update(index_elements=["hash"], set_={"size": len(data)}))
    return name


def get(session: Session, name: str) -> bytes:
    """Return the bytes of a hash."""
    return session.scalars(select(Content.data).where(Content.hash == name)).one()


def forget(session: Session, names: Iterable[str]) -> None:
    """Delete those contents that no record refers to any more."""
    for name in sorted({*names}):
        try:
            with session.begin_nested():
                session.execute(delete(Content).where(Content.hash == name))
        except IntegrityError:  # the database knows of a reference
            continue


def pack(folder: Path) -> bytes:
    """Return a folder as a zip: the same files give the same bytes."""
    return pack_files(
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    )


def pack_files(files: dict[str, bytes]) -> bytes:
    """Return files by their paths as a zip: the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            about = zipfile.ZipInfo(name.replace("\\", "/"), _EPOCH)
            about.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(about, files[name])
    return target.getvalue()


def unpack(data: bytes, folder: Path) -> Path:
    """Write the files of a zip that :func:`pack` has made into a folder, and return it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    return folder


def nest(folders: dict[str, bytes]) -> bytes:
    """Return the zips of folders as that of a folder with them in it, by their names."""
    files: dict[str, bytes] = {}
    for name, data in folders.items():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files |= {f"{name}/{one}": archive.read(one) for one in archive.namelist()}
    return pack_files(files)
