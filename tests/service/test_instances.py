"""Instances through the API: uploads, versions, downloads, differences."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

import optimizer
from optimizer.service.contents import pack
from optimizer.service.settings import Settings
from tests.command import ROOT
from tests.service.server import serving

API = "/api/v1"
EXAMPLE = Path(ROOT) / "instances" / "first-steps"
INSTANCE = optimizer.read(str(EXAMPLE))


@pytest.fixture(scope="module")
def client(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server without workers, with two projects."""
    with serving(Settings(tmp_path_factory.mktemp("data"), database_url, workers=0)) as found:
        for name in ("one", "two"):
            found.post(f"{API}/projects", json={"name": name}).raise_for_status()
        yield found


@pytest.fixture(scope="module")
def uploaded(client: httpx.Client) -> dict[str, Any]:
    """The answer to the upload of the example's folder to the project `one`."""
    answer = client.post(f"{API}/projects/one/instances", content=pack(EXAMPLE))
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{API}/projects/one/instances/{found['hash']}"
    return found


def test_the_same_content_is_stored_once(client: httpx.Client, uploaded: dict[str, Any], tmp_path: Path) -> None:
    """Tests that folder, workbook and JSON tables of one instance are one version, with the library's hash."""
    assert (uploaded["hash"], uploaded["number"], uploaded["name"]) == (INSTANCE.hash, 1, "first-steps")
    path = f"{API}/projects/one/instances"
    workbook = client.post(path, content=INSTANCE.save(tmp_path / "a.xlsx").read_bytes())
    tables = client.get(f"{path}/{INSTANCE.hash}/tables").json()
    assert (workbook.status_code, workbook.json()["is_new"]) == (200, False)
    again = client.post(path, json=tables)
    assert (again.status_code, again.json()["hash"]) == (200, INSTANCE.hash)
    assert [one["number"] for one in client.get(path).json()["items"]] == [1]


def test_a_workbook_comes_back(client: httpx.Client, uploaded: dict[str, Any], tmp_path: Path) -> None:
    """Tests that the workbook of a version is the same instance."""
    answer = client.get(f"{API}/projects/one/instances/{uploaded['hash']}.xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="first-steps-1.xlsx"'
    (tmp_path / "b.xlsx").write_bytes(answer.content)
    assert optimizer.read(tmp_path / "b.xlsx") == INSTANCE


def test_versions_differ_cell_by_cell(client: httpx.Client, uploaded: dict[str, Any]) -> None:
    """Tests that a second version has the next number and its parent, and that the changed setting is listed."""
    path = f"{API}/projects/one/instances"
    other = INSTANCE.replace(discount_rate=0.125)
    tables = client.get(f"{path}/{uploaded['hash']}/tables").json()
    tables["instance"]["discount_rate"] = 0.125
    second = client.post(path, json=tables).json()
    assert (second["hash"], second["number"], second["parent_hash"]) == (other.hash, 2, INSTANCE.hash)
    rows = client.get(f"{path}/{uploaded['hash'][:8]}/diff/{second['hash']}").json()
    before = optimizer.differences(INSTANCE, other).iloc[0]
    assert [(one["row"], one["a"], one["b"]) for one in rows] == [("discount_rate", before.a, "0.125")]
    first, rest = (client.get(path, params={"limit": 1, "cursor": cursor}).json() for cursor in ("", None))
    assert [first["items"][0]["number"], rest["items"][0]["number"]] == [2, 2]
    following = client.get(path, params={"limit": 1, "cursor": first["next"]}).json()
    assert ([one["number"] for one in following["items"]], following["next"]) == ([1], None)


def test_every_error_is_listed_and_marked(client: httpx.Client, tmp_path: Path) -> None:
    """Tests that an invalid workbook is answered by all errors and a link to a copy in which they are marked."""
    source = INSTANCE.save(tmp_path / "c.xlsx")
    book = load_workbook(source)
    keys = {row[0].value: row[1] for row in book["instance"].iter_rows()}
    keys["months"].value, keys["start"].value = "many", "soon"
    book.save(source)
    answer = client.post(f"{API}/projects/one/instances", content=source.read_bytes())
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert sorted(one["value"] for one in answer.json()["faults"]) == ["many", "soon"]
    marked = client.get(answer.json()["marked_workbook"])
    assert "Errors" in load_workbook(io.BytesIO(marked.content)).sheetnames
    elsewhere = answer.json()["marked_workbook"].replace("/one/", "/two/")
    assert client.get(elsewhere).status_code == 404


def test_validation_keeps_nothing(client: httpx.Client, tmp_path: Path) -> None:
    """Tests that a check answers by hash or errors, and that no version is added."""
    before = client.get(f"{API}/projects/two/instances").json()["items"]
    found = client.post(f"{API}/validate", content=pack(EXAMPLE)).json()
    assert (found["valid"], found["hash"], found["marked_workbook"]) == (True, INSTANCE.hash, None)
    source = INSTANCE.save(tmp_path / "d.xlsx")
    book = load_workbook(source)
    next(row for row in book["instance"].iter_rows() if row[0].value == "months")[1].value = -1
    book.save(source)
    found = client.post(f"{API}/validate", content=source.read_bytes()).json()
    assert (found["valid"], len(found["faults"])) == (False, 1)
    assert "Errors" in load_workbook(io.BytesIO(base64.b64decode(found["marked_workbook"]))).sheetnames
    assert client.get(f"{API}/projects/two/instances").json()["items"] == before == []


def test_instances_stay_in_their_project(client: httpx.Client, uploaded: dict[str, Any]) -> None:
    """Tests that the hash of an instance of another project is not found, in any of the routes."""
    path = f"{API}/projects/two/instances"
    for end in ("", ".xlsx", "/tables", f"/diff/{uploaded['hash']}"):
        assert client.get(f"{path}/{uploaded['hash']}{end}").status_code == 404


def test_what_is_no_instance_is_refused(client: httpx.Client) -> None:
    """Tests the answers to uploads of other kinds, without a traceback."""
    path = f"{API}/projects/one/instances"
    codes = [client.post(path, content=data).status_code for data in (b"", b"hello", b"{}", b"{", b"PK\x03\x04")]
    assert codes == [415, 415, 422, 422, 422]
    assert client.post(path, json={"instance": {"name": "a"}, "demnd": [{"a": 1}]}).status_code == 422
