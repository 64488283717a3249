"""What it costs not to know, and which risk is worth learning about first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from optimizer.format import interval_text, money, percent, scale_of, shown
from optimizer.report.charts import Chart, plot_text, style
from optimizer.report.colours import MUTED, PALETTE
from optimizer.report.document import Block, Grid, KeyFigures, Prose, Table
from optimizer.report.uncertain_figures import information_figures, saving_text

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_ROW = 34  # points a risk
_MOST = 20  # risks in the chart
CAPTION = "What it would save to know the outcome of one risk from the first month on"
_NOTE = (
    "In the measure of risk, as proven: an interval where the gaps of the searches leave one. The outcome of this risk "
    "is known at once, all others as late as before. It is what learning about the risk is worth at most."
)
_SMALLER_GAP = "A smaller gap of the plan ranks them: capopt solve --gap."


def information_blocks(plan: Plan) -> list[Block]:
    """Return the blocks of the section."""
    blocks: list[Block] = [KeyFigures(information_figures(plan)), Prose([learn_sentence(plan)])]
    table = information_table(plan)
    return [*blocks, *([_chart(plan, table)] if table.grid.rows else [])]


def ranked_risks(plan: Plan) -> list[dict[Any, Any]]:
    """Return the risks, the one that is worth most to know first."""
    table = plan.tables["information"]
    return sorted(table.to_dict("records"), key=lambda row: (-_proven(row["at_least"]), -_proven(row["at_most"])))


def _proven(value: float) -> float:
    """Return a proven saving; nothing is saved at least where nothing is proven."""
    return 0.0 if value != value else max(value, 0.0)


def knowing_sentence(plan: Plan) -> str:
    """Return what it costs not to know which scenario comes."""
    value = plan.head["evpi"]
    if value["at_least"] is None and value["at_most"] is None:
        return "Nothing is proven of what it costs not to know what comes; give the solve more time."
    return f"Not knowing what comes costs {saving_text(plan, value)}."


def learn_sentence(plan: Plan) -> str:
    """Return which risk is worth learning about first, as far as that is proven."""
    rows = ranked_risks(plan)
    if not rows:
        return "No risk can be looked at by itself: scenarios are listed as such, or all outcomes are known at once."
    first, others = rows[0], rows[1:]
    if all(row["at_most"] != row["at_most"] for row in rows):
        return "Nothing is proven of what each risk is worth to know; give the solve more time."
    text = f"{shown(first['risk'], 60)}: knowing its outcome at once saves {saving_text(plan, first)}"
    if all(first["at_least"] >= row["at_most"] for row in others) and first["at_least"] > 0:
        return f"Worth learning about first is {text}."
    tied = [row for row in others if not first["at_least"] >= row["at_most"]]
    if not tied:
        return f"No risk is proven to be worth learning about. Most of {text}."
    if _proven(first["at_least"]) == 0:
        most = max(row["at_most"] for row in rows if row["at_most"] == row["at_most"])
        saves = saving_text(plan, {"at_least": None, "at_most": most})
        return f"No risk is proven to be worth learning about first: to know one of them saves {saves}. {_SMALLER_GAP}"
    names = ", ".join(shown(row["risk"], 60) for row in tied)
    return f"Probably worth learning about first is {text}. It is not proven that {names} would not save as much."


def information_table(plan: Plan) -> Table:
    """Return what knowing each risk saves."""
    evpi = plan.head["evpi"]
    rows = [(shown(row["risk"]), *_cells(plan, row)) for row in ranked_risks(plan)]
    if rows:
        rows.append(("all of them", *_cells(plan, evpi)))
    columns = ("Risk", f"Saves, {plan.instance.head.currency}", "At most, of the objective")
    grid = Grid(columns, rows, 1, _NOTE, frozenset({len(rows) - 1}), source="the plan's table information")
    return Table(CAPTION, grid)


def _cells(plan: Plan, value: dict[Any, Any]) -> tuple[str, str]:
    least, most = value["at_least"], value["at_most"]
    if most is None or most != most:
        return interval_text(least, most), ""
    text = saving_text(plan, value).removesuffix(f" {plan.instance.head.currency}")
    return text, percent(max(most, 0.0) / abs(plan.objective)) if plan.objective else ""


def _chart(plan: Plan, table: Table) -> Chart:
    """Return the proven intervals as bars, the most valuable risk on top."""
    known = [row for row in ranked_risks(plan) if row["at_most"] == row["at_most"]][:_MOST]
    ends = [(_proven(row["at_least"]), _proven(row["at_most"])) for row in known]
    size, name = scale_of([most for _, most in ends])
    unit = f"{name} {plan.instance.head.currency}".strip()
    figure = go.Figure()
    style(figure, _ROW * len(known) + 120)
    for label, base, width, colour in (
        ("at least", [0.0] * len(ends), [least for least, _ in ends], PALETTE[0][0]),
        ("at most", [least for least, _ in ends], [max(most - least, 0.0) for least, most in ends], PALETTE[4][0]),
    ):
        values = [value / size for value in width]
        hover = [money(low + wide, plan.instance.head.currency) for low, wide in zip(base, width, strict=True)]
        bar: dict[str, Any] = {"x": values, "y": list(range(len(known))), "orientation": "h", "customdata": hover}
        look = {"color": colour, "line": {"width": 0}}
        figure.add_trace(go.Bar(**bar, name=label, meta={"label": label}, marker=look, hovertemplate="%{customdata}"))
    figure.update_layout(barmode="stack", hovermode="y unified")
    figure.update_xaxes(title={"text": unit, "font": {"size": 12}}, tickformat=",", zeroline=True, zerolinecolor=MUTED)
    labels = [plot_text(row["risk"], 20) for row in known]
    figure.update_yaxes(
        showgrid=False, zeroline=False, autorange="reversed", tickvals=list(range(len(known))), ticktext=labels
    )
    return Chart("information", f"{CAPTION}.", figure, table.grid, _NOTE)
