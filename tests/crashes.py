"""A campaign of crashes: commands that write are cut off or refused at every call of the file system.

``python -m tests.crashes --points 2000`` draws so many points of `solve`, `explain` and `report`, and prints what
became of the plans: lost ones, mixed folders and files of the planner that are gone must be 0. The search is done once;
each point is a process of its own that runs the command on a copy of the same folder and meets its fault.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import optimizer
from optimizer import exchange, files, folders
from optimizer.analysis import explanation
from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run
from optimizer.plan.folder import KIND
from optimizer.plan.plan import Plan
from optimizer.plan.tables import EXPLAINED, text_columns
from optimizer.report import html, plan_document, whatif_tables
from optimizer.uncertainty import solve as planning
from tests.program.tiny import frames

CALLS = ("open", "write", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir", "link", "symlink", "chmod")
DEAD = 77  # exit code of a process that was cut off
FAULTS = ("before", "after", "torn", "refused", "full", "readonly", "killed")
COMMANDS: dict[str, tuple[str, ...]] = {
    "solve": ("solve", "mine", "-o", "p"),
    "first": ("solve", "mine", "-o", "new/p"),
    "linked": ("solve", "mine", "-o", "link"),
    "explain": ("explain", "p"),
    "report": ("report", "p", "--html", "p/report.html", "--xlsx", "p/report.xlsx"),
}
WAYS = ("exchange", "two steps", "copies")  # how folders are replaced: by this system, and by lesser ones
NOTES = {"notes.txt": b"agreed", "report.html": b"old page", "mine/deep.txt": b"deep", "instance/why.md": b"why"}
State = dict[str, bytes]


@dataclass(frozen=True)
class Point:
    """A fault: at which call of which command it comes, and what it is."""

    command: str
    way: str
    fault: str
    at: int
    delay: float = 0.0


@dataclass(frozen=True)
class Stage:
    """What all points start from: a folder with an instance and its plan, and what the commands have worked out."""

    home: Path
    plan: Plan
    explained: dict[str, pd.DataFrame]


# ---------------------------------------------------------------- the stage
def prepare(home: Path) -> Stage:
    """Write an instance, its plan and a planner's own files next to it, and find the plan that takes its place."""
    leases = [{"price": 100, "term_months": 1, "max_blocks": 9}]
    optimizer.read(frames(2, {"jobs": [15]}, contracts=leases)).save(home / "mine")
    old = optimizer.solve(optimizer.read(home / "mine"), threads=1)
    replace(old, explained=_explained(1)).save(home / "p")
    for name, content in NOTES.items():
        (home / "p" / name).parent.mkdir(exist_ok=True)
        (home / "p" / name).write_bytes(content)
    (home / "p" / "to-notes").symlink_to("notes.txt")
    (home / "link").symlink_to("p")
    optimizer.read(frames(2, {"jobs": [25]}, contracts=leases)).save(home / "mine")
    new = optimizer.solve(optimizer.read(home / "mine"), threads=1)
    return Stage(home, new, _explained(2))


def _explained(number: int) -> dict[str, pd.DataFrame]:
    """A table of each kind that explains a plan, with one row of this number."""
    return {
        name: pd.DataFrame([dict.fromkeys(columns, number) | dict.fromkeys(text_columns(name), "1")])
        for name, columns in EXPLAINED.items()
    }


def state(folder: Path) -> State:
    """Every file of a folder with its content; a symbolic link by where it points."""
    found: State = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = b"-> " + os.fsencode(os.readlink(path))
        elif path.is_file() and path.name != folders.MARK:
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def ours(files_found: State) -> State:
    """The files that capopt writes."""
    return {name: content for name, content in files_found.items() if KIND.is_ours(Path(name).parts)}


# ---------------------------------------------------------------- faults
class Faults:
    """Calls of the file system, counted, and the one at which a fault comes."""

    def __init__(self, point: Point) -> None:
        self.point, self.count, self.real = point, 0, {name: getattr(os, name) for name in CALLS}

    def install(self) -> None:
        """Take the place of the calls in this process."""
        for name, call in self.real.items():
            setattr(os, name, self._wrapped(name, call))
        swap = exchange._swap
        if self.point.way == "exchange":
            exchange._swap = self._wrapped("exchange", swap)
        else:
            exchange._swap = lambda a, b: False
        if self.point.way == "copies":
            os.link = self._no_links

    def _no_links(self, *_: Any, **__: Any) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if name == "open" and not arguments[1] & (os.O_CREAT | os.O_WRONLY):
                return call(*arguments, **options)
            self.count += 1
            due, fault = self.count == self.point.at, self.point.fault
            if due and fault == "before":
                os._exit(DEAD)
            if due and fault == "torn" and name == "write":
                call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                os._exit(DEAD)
            if (due and fault == "refused") or (self.count >= self.point.at > 0 and self._refuses(name)):
                raise OSError(self._reason(), os.strerror(self._reason()))
            found = call(*arguments, **options)
            if due and fault in ("after", "torn"):
                os._exit(DEAD)
            return found

        return wrapped

    def _refuses(self, name: str) -> bool:
        return self.point.fault == "readonly" or (
            self.point.fault == "full" and name in ("open", "write", "mkdir", "link", "symlink", "fsync")
        )

    def _reason(self) -> int:
        return {"readonly": errno.EROFS, "full": errno.ENOSPC}.get(self.point.fault, errno.EACCES)


# ---------------------------------------------------------------- a point
def carry_out(stage: Stage, point: Point, home: Path) -> tuple[int, int, dict[str, Any]]:
    """Run a command in a process of its own with its fault; exit code, calls counted, and what it printed as JSON."""
    child = os.fork()
    if child == 0:
        try:
            _in_child(stage, point, home)
        except BaseException:  # noqa: BLE001 - reported by the exit code: nothing of the parent may run in the child
            traceback.print_exc(file=sys.__stderr__)
        os._exit(99)
    if point.fault == "killed":
        time.sleep(point.delay)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    try:
        told = json.loads((home / "out").read_text(encoding="utf-8"))
        count = int((home / "count").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return DEAD if code < 0 else code, 0, {}
    return DEAD if code < 0 else code, count, told


def _in_child(stage: Stage, point: Point, home: Path) -> None:
    os.chdir(home)
    tempfile.tempdir = str(home)
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    tables: dict[str, Any] = {**stage.explained}
    for room, name, call in (
        (planning, "solve", lambda *_, **__: stage.plan),
        (explanation, "explain", lambda plan, **_: explanation.Explanation(plan, **tables)),
        (whatif_tables, "render_explanation", lambda *_: ""),
        (plan_document, "plan_document", lambda _: None),
        (html, "page", lambda _: "new page" * 1000),
    ):
        setattr(room, name, call)
    faults = Faults(point)
    faults.install()
    code = run(cli, [*COMMANDS[point.command], "--json"])
    for name, call in faults.real.items():
        setattr(os, name, call)
    Path("out").write_text(sys.stdout.getvalue(), encoding="utf-8")
    Path("count").write_text(str(faults.count), encoding="utf-8")
    if "Traceback" in sys.stderr.getvalue() or "unexpected" in sys.stderr.getvalue():
        os._exit(98)
    os._exit(code)


# ---------------------------------------------------------------- what became of it
def judge(stage: Stage, point: Point, home: Path, new: State, code: int, told: dict[str, Any]) -> list[str]:
    """What is wrong after a point: nothing, or words of `lost`, `mixed`, `planner's file`, `traceback`, `leftover`."""
    wrong = [f"ended with {code}"] if code not in (0, 1, 2, DEAD) else []
    folder = home / ("new/p" if point.command == "first" else "p")
    if point.way != "exchange":
        folders.restore(folder, KIND)  # as the next command that reads the plan does
    wrong += _compared(stage, point, folder, new)
    if code == 1 and point.command in ("solve", "first", "linked") and point.fault == "refused":
        kept = told.get("kept", "")
        if "kept" in told and not (kept and ours(state(home / kept)) == ours(new)):
            wrong.append("lost: the new plan is kept nowhere")
    if code == 0 and ours(state(folder)) != ours(new):
        wrong.append("lost: the command ended well and the new plan is not there")
    folders.recover(folder, KIND)
    wrong += _compared(stage, point, folder, new)
    if left := [path for path in files.drafts_of(folder) if path.is_dir()]:
        wrong.append(f"leftover {left}")
    return wrong


def _compared(stage: Stage, point: Point, folder: Path, new: State) -> list[str]:
    found, old = state(folder), state(stage.home / "p")
    if point.command == "first":
        return [] if not found or ours(found) == ours(new) else ["mixed: parts of a first plan"]
    wrong = []
    if ours(found) not in (ours(old), ours(new)):
        missing = not ours(found)
        wrong.append("lost: no plan is there" if missing else "mixed: neither the old plan nor the new one is there")
    for name in [*NOTES, "to-notes"]:
        allowed = {old[name], new.get(name, old[name])}
        if found.get(name) not in allowed:
            wrong.append(f"planner's file {name} is {found.get(name, b'gone')[:20]!r}")
    book = found.get("report.xlsx")
    if book is not None and not zipfile.is_zipfile(io.BytesIO(book)):
        wrong.append("mixed: half a workbook")
    return wrong


def run_campaign(points: int, seed: int, say: Callable[[str], None]) -> Counter[str]:
    """Draw points over all commands, ways and faults and carry them out; how many ended how, and what went wrong."""
    files.AGE = -1.0  # what is left is put in order at once
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="crashes-") as name:
        stage = prepare(Path(name, "stage").resolve())
        for number, (point, new) in enumerate(_drawn(stage, points, seed), start=1):
            home = _copy(stage, number)
            code, _, told = carry_out(stage, point, home)
            wrong = judge(stage, point, home, new, code, told)
            found[f"{point.command}, {point.way}"] += 1
            found["cut off" if code == DEAD else "done" if code == 0 else "refused"] += 1
            for reason in wrong:
                found[f"WRONG {reason.split(':')[0].split(' ')[0]}"] += 1
                say(f"{point}: {reason}")
            shutil.rmtree(home, ignore_errors=True)
    return found


def _copy(stage: Stage, number: int) -> Path:
    home = stage.home.parent / f"{number}"
    shutil.copytree(stage.home, home, symlinks=True)
    return home


def _drawn(stage: Stage, points: int, seed: int) -> Iterator[tuple[Point, State]]:
    """Points, spread over all commands and ways, each with what the folder is if nothing goes wrong."""
    draw, pairs = random.Random(seed), [(command, way) for command in COMMANDS for way in WAYS]
    known: dict[tuple[str, str], tuple[int, State, float]] = {}
    for number in range(points):
        pair = pairs[number % len(pairs)]
        if pair not in known:
            known[pair] = _undisturbed(stage, *pair)
        calls, new, seconds = known[pair]
        fault = FAULTS[number // len(pairs) % len(FAULTS)]
        yield Point(*pair, fault, draw.randint(1, calls), draw.uniform(0, seconds)), new


def _undisturbed(stage: Stage, command: str, way: str) -> tuple[int, State, float]:
    """How many calls a command makes, what it leaves, and how long it takes."""
    home, began = _copy(stage, 0), time.perf_counter()
    code, calls, told = carry_out(stage, Point(command, way, "none", 0), home)
    seconds = time.perf_counter() - began
    new = state(home / ("new/p" if command == "first" else "p"))
    shutil.rmtree(home)
    if code != 0 or not calls:
        raise RuntimeError(f"{command}, {way} ended with {code} after {calls} calls without any fault: {told}")
    return calls, new, seconds


def main() -> int:
    """Run the campaign; exit code 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    found = run_campaign(chosen.points, chosen.seed, print)
    for name, number in sorted(found.items()):
        print(f"{number:6,}  {name}")
    wrong = sum(number for name, number in found.items() if name.startswith("WRONG"))
    print(f"{chosen.points:,} points, {wrong} wrong: lost plans, mixed folders, files of the planner, leftovers")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
