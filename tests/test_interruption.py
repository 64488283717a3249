"""Ctrl-C and SIGTERM: once to stop and keep, twice to end; what nests, and what is finished off all the same."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import optimizer
from optimizer.generator.frames import random_frames
from optimizer.interruption import (
    ctrl_c_blocked,
    end_as_by_ctrl_c,
    ends_all_searches,
    finishing,
    interruptible,
    interruptible_from_search_on,
)
from optimizer.solver import sensitivity
from optimizer.solver.interruptible import run_uninterruptible
from optimizer.solver.solution import Progress
from optimizer.solving.solve import solve_to_folder
from tests.command import environment

WITHIN_EXEC = """
import click
from optimizer.cli.exit_codes import leave

@click.command()
def command():
    exec("raise KeyboardInterrupt")

leave(command, [])
"""


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def press(number: signal.Signals = signal.SIGINT) -> None:
    signal.raise_signal(number)


def test_the_first_sets_an_event_and_the_second_raises() -> None:
    """Tests a search's block, and that Ctrl-C raises again after it."""
    with interruptible() as pressed:
        assert not pressed.is_set()
        press()
        assert pressed.is_set()
        with pytest.raises(KeyboardInterrupt):
            press()
    with pytest.raises(KeyboardInterrupt):
        press()


def test_blocks_nest() -> None:
    """Tests that a block within another shares its event, and leaves it in force."""
    with interruptible() as outer:
        with interruptible() as inner:
            press()
        assert outer is inner
        assert outer.is_set()


def test_before_the_search_there_is_nothing_to_keep() -> None:
    """Tests that a block that begins before the search raises at once until the search begins, and not afterwards."""
    with pytest.raises(KeyboardInterrupt), interruptible_from_search_on():
        press()
    with interruptible_from_search_on():
        with interruptible() as pressed:
            pass
        press()
        assert pressed.is_set()


def test_searches_that_are_of_no_use_alone_end_together() -> None:
    """Tests that Ctrl-C within one raises when that has stopped, and at once between two."""
    done = []

    def search() -> None:
        with interruptible():
            with interruptible() as pressed:
                done.append(("inner", pressed.is_set()))
                press()
                done.append(("inner", pressed.is_set()))
            done.append(("outer", pressed.is_set()))

    with pytest.raises(KeyboardInterrupt), ends_all_searches():
        search()
    assert done == [("inner", False), ("inner", True), ("outer", True)]
    with ends_all_searches():
        with interruptible():
            pass
        with pytest.raises(KeyboardInterrupt):
            press()


def test_an_error_of_a_search_stays_what_it_is() -> None:
    """Tests that what a search raises after Ctrl-C is not hidden."""

    def search() -> None:
        with interruptible():
            press()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), ends_all_searches():
        search()


def test_sigterm_is_ctrl_c_once_it_is_made_so() -> None:
    """Tests that SIGTERM sets the event too where it does as Ctrl-C, and that one that is ignored stays so."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_as_by_ctrl_c()
    with interruptible() as pressed:
        press(signal.SIGTERM)
        assert pressed.is_set()
    with pytest.raises(KeyboardInterrupt):
        press(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_as_by_ctrl_c()
    press(signal.SIGTERM)


def test_handlers_of_the_program_around_us_stay() -> None:
    """Tests that a handler that is not Python's own is left alone."""
    heard = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    with interruptible() as pressed:
        press()
    assert heard == [signal.SIGINT]
    assert not pressed.is_set()


def test_other_threads_are_not_concerned() -> None:
    """Tests that a block in another thread neither fails nor hears."""
    found = []

    def run() -> None:
        with interruptible() as pressed, finishing() as came:
            found.append((pressed.is_set(), came))

    with interruptible():
        press()
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert found == [(False, False)]


def test_what_finishes_a_result_off_goes_on() -> None:
    """Tests that after Ctrl-C a search that finishes off does not see it, and that others do again afterwards."""
    with interruptible() as pressed:
        with finishing() as came:
            assert not came
        press()
        with finishing() as came, interruptible() as within:
            assert came
            assert not within.is_set()
        with interruptible() as later:
            assert later is pressed
            assert later.is_set()


def test_ctrl_c_is_an_exit_code_wherever_it_comes(tmp_path: Path) -> None:
    """Tests that the command exits 130 where Python would end by SIGINT: a module, after Ctrl-C within `exec`."""
    (tmp_path / "within.py").write_text(WITHIN_EXEC, encoding="utf-8")
    command = [sys.executable, "-m", "within"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "capopt: stopped before it was finished"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_first_incumbent_keeps_the_plan_with_own_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Tests that the plan of an interrupted search is written, audited, with its rules, although they have prices.

    The proof of this random instance takes far longer than its first plan. Prices come from linear programs that take
    as long as those of large instances, so that an interruption ends them.
    """

    def slow(search: Callable[[], object], until: float) -> object:
        def late() -> object:
            time.sleep(0.3)
            return search()

        return run_uninterruptible(late, until)

    monkeypatch.setattr(sensitivity, "_SMALL", 0)
    monkeypatch.setattr(sensitivity, "run_uninterruptible", slow)
    incumbents: list[float] = []

    def follow(progress: Progress) -> None:
        if progress.incumbent is not None and not incumbents:
            incumbents.append(progress.incumbent)
            press(number)

    instance = optimizer.read(random_frames(14, "small"))
    end_as_by_ctrl_c()
    plan = solve_to_folder(instance, tmp_path / "p", gap=0, threads=1, time_limit=60, progress=follow)
    assert (plan.head["stopped"], plan.status, plan.head["audit"]["passed"]) == ("interrupted", "feasible", True)
    assert plan.objective <= incumbents[0] * (1 + 1e-9)
    kept = optimizer.load_plan(tmp_path / "p")
    assert kept.objective == pytest.approx(plan.objective)
    assert set(kept.rules["rule"]) == {row.rule for row in instance.rows["rules"]}


def test_processes_that_never_see_ctrl_c() -> None:
    """Tests that a process that is started in the block has Ctrl-C blocked, and this one has not after it."""
    code = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with ctrl_c_blocked():
        found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout == "True\n"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
