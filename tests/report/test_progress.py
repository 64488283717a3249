"""How a solve goes on, on standard error."""

from __future__ import annotations

import time

import pytest

from optimizer.report.progress import follow, line, narrate
from optimizer.solver.solution import Progress


def test_a_line_tells_what_is_known() -> None:
    """Tests that seconds, phase, best plan with its source, bound, gap and nodes stand in one line."""
    event = Progress(phase="solve", elapsed=12.34, incumbent=1.25e9, bound=1.2e9, gap=0.04, nodes=1234, source="HiGHS")
    expected = "  12.3 s  solving  best plan 1.25 bn USD (HiGHS)  bound 1.2 bn USD  gap 4 %  1,234 nodes"
    assert line(event, "USD") == expected


def test_a_line_counts_subproblems() -> None:
    """Tests that a search that is divided shows rounds, and how many subproblems are solved by how many workers."""
    event = Progress(phase="solve", elapsed=1, incumbent=3.0, bound=2.0, nodes=4, done=5, tasks=20, workers=2)
    expected = "best plan 3 USD  bound 2 USD  4 rounds  5 of 20 subproblems, 2 workers"
    assert line(event, "USD").endswith(expected)
    alone = Progress(phase="alone", elapsed=1, done=1, tasks=3, workers=1)
    assert line(alone, "USD").endswith("planning for each scenario alone  1 of 3 scenarios, 1 worker")


def test_a_line_counts_nodes_from_two_on() -> None:
    """Tests that one node is not worth a word, that two are, and that rounds take their place in a divided search."""
    assert [line(Progress(phase="solve", elapsed=2, nodes=nodes), "USD") for nodes in (0, 1, 2)] == [
        "   2.0 s  solving",
        "   2.0 s  solving",
        "   2.0 s  solving  2 nodes",
    ]


def test_a_line_shows_changes_while_staying_near() -> None:
    """Tests that the incumbent of the search for fewest changes is what changes cost."""
    event = Progress(phase="near", elapsed=1234.56, incumbent=0.0, bound=-2.0, gap=0.0)
    expected = "1,234.6 s  staying near the earlier plan  changes 0 USD  bound -2 USD  gap 0 %"
    assert line(event, "USD") == expected


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("build", "building the program"),
        ("compile", "compiling it"),
        ("extract", "reading off the plan"),
        ("audit", "checking the plan"),
        ("dance", "dance"),
    ],
)
def test_a_line_tells_nothing_that_is_not_known(phase: str, words: str) -> None:
    """Tests that a phase without a plan has its seconds and its name, and one without words is shown as it is."""
    assert line(Progress(phase=phase, elapsed=0.04), "USD") == f"   0.0 s  {words}"


def test_lines_are_few_where_nobody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tests that a log gets the first line at once, and then one every five seconds at most, on standard error."""
    clock = iter([1.0, 2.0, 5.9, 6.0, 10.9, 12.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with follow("USD") as tell:
        for elapsed in range(6):
            tell(Progress(phase="solve", elapsed=elapsed))
    out, err = capsys.readouterr()
    assert out == ""
    assert [text.split()[0] for text in err.splitlines()] == ["0.0", "3.0", "5.0"]


def test_a_terminal_gets_one_live_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that a terminal shows the latest line, with brackets in it as they are, and is left clean."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with follow("[USD]") as tell:
        tell(Progress(phase="solve", elapsed=1, incumbent=1e9))
        time.sleep(0.3)
    out, err = capsys.readouterr()
    assert out == ""
    assert "best plan 1 bn [USD]" in err
    assert err.rstrip().endswith(("\x1b[2K", "\x1b[?25h"))  # the line is erased, the cursor shown again


def test_many_searches_are_narrated(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests a line for each search at once, and of its progress one five seconds after the start and five later."""
    clock = iter([1.0, 2.0, 5.9, 6.0, 10.9, 11.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with narrate("USD") as (say, tell):
        say("an [offer] " + "x" * 100)
        for elapsed in range(5):
            tell(Progress(phase="solve", elapsed=elapsed))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["an [offer] " + "x" * 100 + " ...", "   2.0 s  solving", "   4.0 s  solving"]


def test_many_searches_are_narrated_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tests that the lines stay and the progress is one live line below."""
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm"), ("COLUMNS", "100")):
        monkeypatch.setenv(name, value)
    with narrate("USD") as (say, tell):
        tell(Progress(phase="solve", elapsed=7))
        say("an [offer]")
        time.sleep(0.3)
    err = capsys.readouterr().err
    assert "an [offer] ...\n" in err
    assert "7.0 s  solving" in err
    assert err.rstrip().endswith(("\x1b[2K", "\x1b[?25h"))
