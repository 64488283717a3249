"""What requests that change something have in common: the entity tag of what they have read, and notes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field

IfMatch = Annotated[str, Header(alias="If-Match", description="ETag of what changes as it was read, or `*`.")]
Note = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class NoteChange(BaseModel):
    """A new note, which says what a job or a version is for."""

    model_config = ConfigDict(extra="forbid")
    note: Note
