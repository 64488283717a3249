"""Tables and the profile of a campaign."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import inf, isfinite
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contenders import CONTENDERS
from benchmarks.trace import GAPS, Run, relative_gap, shifted_mean

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
TOLERANCE = 1e-5  # relative, between the values of two programs; logs show about 10 digits
SHIFT = 1.0  # seconds, of the geometric means


def best_known(runs: Sequence[Run]) -> dict[str, float]:
    """Best incumbent of any contender, by instance."""
    found: dict[str, float] = {}
    for run in runs:
        found[run.instance] = min(found.get(run.instance, inf), run.last()[0])
    return found


def contradictions(runs: Sequence[Run]) -> list[str]:
    """Bounds that are above the best incumbent of another contender: one of the two is wrong."""
    best, found = best_known(runs), []
    for run in runs:
        bound, cost = run.last()[1], best[run.instance]
        if isfinite(cost) and bound - cost > TOLERANCE * abs(cost):
            found.append(f"{run.instance}: {run.contender} proves {bound:.9g}, but a plan of {cost:.9g} was found")
    return found


def gaps_down_to(target: float) -> list[float]:
    """Return the gaps to list for a target gap: the larger ones, and the target."""
    return [*(gap for gap in GAPS if gap > target), target]


def table(runs: Sequence[Run], limit: float, about: Mapping[str, Any]) -> str:
    """Markdown: machine and versions, and a row for each size and contender."""
    gaps = gaps_down_to(about["gap"])
    head = [*map(_percent, gaps), "search over", "gap at the end", "primal integral", "build", "memory"]
    lines = [
        f"{about['seeds']} random instances of each size; {limit:g} s and {about['threads']} thread(s) for each, "
        f"target gap {_percent(gaps[-1])}. Seconds of the solver to a proven gap and until it returned, and seconds "
        f"of building the program: geometric means shifted by {SHIFT:g} s, a gap that is not reached counts as the "
        "limit, with how many reached it. Gap, primal integral (s) and memory (MB): medians.",
        "",
        f"| size | contender | {' | '.join(head)} |",
        f"| --- | --- |{' ---: |' * len(head)}",
    ]
    best = best_known(runs)
    for size in dict.fromkeys(run.instance.rsplit("-", 1)[0] for run in runs):
        for contender in dict.fromkeys(run.contender for run in runs):
            group = [run for run in runs if run.contender == contender and run.instance.rsplit("-", 1)[0] == size]
            if group:
                lines.append(f"| {size} | {CONTENDERS[contender]} | {' | '.join(_cells(group, limit, best, gaps))} |")
    failed = [f"- {run.instance}, {CONTENDERS[run.contender]}: {run.note}" for run in runs if run.status == "failed"]
    lines += ["", *(["Not done:", "", *failed, ""] if failed else [])]
    lines.append(
        f"{about['processor']}, {about['cores']} cores, {about['system']}; {about['versions']}; {about['date']}."
    )
    return "\n".join(lines)


def _percent(gap: float) -> str:
    return f"{gap * 100:g} %"


def _cells(group: Sequence[Run], limit: float, best: Mapping[str, float], gaps: Sequence[float]) -> list[str]:
    cells = []
    done = [run for run in group if run.status != "failed"]
    for gap in gaps:
        times = [run.seconds_to(gap) for run in group]
        reached = sum(time is not None and time <= limit for time in times)
        mean = shifted_mean((limit if time is None else min(time, limit) for time in times), SHIFT)
        cells.append(f"{mean:.1f} ({reached}/{len(group)})")
    cells.append(f"{shifted_mean((run.solve_seconds for run in done), SHIFT):.1f}" if done else "")
    left = median(relative_gap(*run.last(limit)) for run in group)
    cells.append(f"{left:.2%}" if isfinite(left) else "none")
    integrals = [run.primal_integral(best[run.instance], limit) for run in group]
    cells.append(f"{median(integrals):.1f}")
    cells.append(f"{shifted_mean((run.build_seconds for run in done), SHIFT):.1f}" if done else "")
    cells.append(f"{median(run.memory_mb for run in done):,.0f}" if done else "")
    return cells


def put_into(page: Path, text: str) -> None:
    """Put a text between the marks of a page.

    Raises
    ------
    ValueError
        If the page lacks the marks.
    """
    old = page.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not pattern.search(old):
        raise ValueError(f"{page} lacks the marks {BEGIN} and {END}; put them where the table belongs")
    page.write_text(pattern.sub(lambda _: f"{BEGIN}\n{text}\n{END}", old), encoding="utf-8")


def profile(runs: Sequence[Run], gap: float) -> dict[str, list[tuple[float, float]]]:
    """Performance profile (Dolan and Moré, 2002): share of instances solved within each factor of the fastest."""
    times = {(run.contender, run.instance): run.seconds_to(gap) for run in runs}
    fastest: dict[str, float] = {}
    for (_, instance), seconds in times.items():
        if seconds is not None:
            fastest[instance] = min(fastest.get(instance, inf), max(seconds, 0.1))
    count = len({run.instance for run in runs})
    curves = {}
    for contender in dict.fromkeys(run.contender for run in runs):
        mine = [(instance, seconds) for (who, instance), seconds in times.items() if who == contender]
        ratios = sorted(max(seconds, 0.1) / fastest[instance] for instance, seconds in mine if seconds is not None)
        curves[contender] = [(ratio, (place + 1) / count) for place, ratio in enumerate(ratios)]
    return curves


def plot(runs: Sequence[Run], gaps: Sequence[float], path: Path) -> None:
    """Draw the profile of each gap as an SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "capopt"
    figure = Figure(figsize=(12, 4.5), layout="constrained")
    for axes, gap in zip(figure.subplots(1, len(gaps), sharey=True, squeeze=False)[0], gaps, strict=True):
        curves = profile(runs, gap)
        most = max([ratio for curve in curves.values() for ratio, _ in curve], default=1.0) * 1.5
        for contender, curve in curves.items():
            steps = [(1.0, 0.0), *curve, (most, curve[-1][1] if curve else 0.0)]
            axes.step(*zip(*steps, strict=True), where="post", label=CONTENDERS[contender])
        axes.set(
            xscale="log", xlim=(1, most), ylim=(0, 1.02), title=f"to {_percent(gap)}", xlabel="factor of the fastest"
        )
    figure.axes[0].set_ylabel("share of instances")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None})
