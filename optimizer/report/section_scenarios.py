"""The cost of every scenario, next to that of the best plan for it alone, and which of them hurt most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from optimizer.format import counted, money, percent, scale_of, shown, signed_money
from optimizer.plan.tables import SCENARIO
from optimizer.report.charts import Chart, plot_text, style
from optimizer.report.colours import INK, MUTED, PALETTE
from optimizer.report.document import Block, Grid, Prose, Table

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

HURTING = 3
_BARS = 30  # scenarios that are named in the chart
_ROW, _HEIGHT = 22, 380  # points
_MOST = 200  # rows of the table


def costliest_first(plan: Plan) -> pd.DataFrame:
    """Return the table of scenarios, that of the highest cost first."""
    return plan.tables["scenarios"].sort_values("cost", ascending=False, kind="stable")


def scenario_blocks(plan: Plan) -> list[Block]:
    """Return the blocks of the section."""
    return [Prose(hurting_sentences(plan)), cost_chart(plan), _spread(plan)]


def hurting_sentences(plan: Plan) -> list[str]:
    """Return the scenarios that cost most, in words of what comes in them."""
    currency, rows = plan.instance.head.currency, costliest_first(plan).head(HURTING).to_dict("records")
    found = [f"{counted(len(rows), 'scenario')} cost most:" if len(rows) > 1 else "There is one scenario:"]
    for row in rows:
        over = signed_money(row["cost"] - plan.head["expected_cost"])
        cost = f"{money(row['cost'], currency)}, {over} against the expected cost"
        regret = row["regret"]
        late = "" if regret != regret else f", regret at most {money(regret)}" if regret > 0 else ", without regret"
        found.append(f"{shown(_what(row))} ({percent(row['probability'])}): {cost}{late}.")
    return found


def _what(row: dict[Any, Any]) -> str:
    """Return what comes in a scenario, in words; its name if there are none."""
    text = str(row["changes"] or row[SCENARIO])
    return f"{text[:1].upper()}{text[1:]}"


def hurting_table(plan: Plan) -> Table:
    """Return the scenarios that cost most."""
    currency = plan.instance.head.currency
    rows = [
        (
            row[SCENARIO],
            row["changes"],
            percent(row["probability"]),
            money(row["cost"], currency),
            signed_money(row["cost"] - plan.head["expected_cost"]),
        )
        for row in costliest_first(plan).head(HURTING).to_dict("records")
    ]
    columns = ("Scenario", "What comes", "Probability", "Cost", "Over expected")
    return Table("Scenarios that cost most", Grid(columns, rows, 2, source="the plan's table scenarios"))


def scenario_grid(plan: Plan) -> Grid:
    """Return every scenario with its cost, that of the best plan for it alone, and what it is about."""
    rows = [
        (
            shown(row[SCENARIO], 80),
            shown(row["changes"]),
            percent(row["probability"]),
            *(_known(row[name]) for name in ("cost", "alone_cost", "regret", "committed_now")),
            "" if row["unserved_share"] != row["unserved_share"] else percent(row["unserved_share"]),
        )
        for row in costliest_first(plan).to_dict("records")
    ]
    columns = ("Scenario", "What comes", "Probability", "Cost", "Own best plan", "Regret", "Committed now", "Unserved")
    note = (
        f"In {plan.instance.head.currency}. Own best plan: cost of the best plan found for this scenario alone. "
        "Regret: cost over what is proven for it. Committed now: by the decisions taken before anything is known."
    )
    return Grid(columns, rows, 2, note, source="the plan's table scenarios").head(_MOST)


def _known(value: float) -> str:
    return "" if value != value else money(value)


def _spread(plan: Plan) -> Prose:
    table = costliest_first(plan)
    high, low = table.iloc[0], table.iloc[-1]
    currency = plan.instance.head.currency
    return Prose(
        [
            f"Costs reach from {money(low['cost'], currency)} ({shown(low[SCENARIO], 60)}) to "
            f"{money(high['cost'], currency)} ({shown(high[SCENARIO], 60)})."
        ]
    )


def cost_chart(plan: Plan) -> Chart:
    """Return the cost of every scenario as a bar, with a mark at the cost of its own best plan."""
    table, currency = costliest_first(plan), plan.instance.head.currency
    size, name = scale_of(table["cost"].tolist())
    unit, is_named = f"{name} {currency}".strip(), len(table) <= _BARS
    figure, places = go.Figure(), list(range(1, len(table) + 1))
    style(figure, max(_ROW * len(table) + 120, 200) if is_named else _HEIGHT)
    hover = [f"{plot_text(row, 60)}" for row in table[SCENARIO]]
    for label, column in (("cost", "cost"), ("own best plan", "alone_cost")):
        values = (table[column] / size).tolist()
        texts = [f"{text}: {_known(value)} {currency}" for text, value in zip(hover, table[column], strict=True)]
        spot: dict[str, Any] = {"x": values, "y": places} if is_named else {"x": places, "y": values}
        common = {"name": label, "meta": {"label": label}, "customdata": texts, "hovertemplate": "%{customdata}"}
        if column == "cost":
            look: dict[str, Any] = {"color": PALETTE[4][0], "line": {"width": 0}}
            figure.add_trace(go.Bar(**spot, orientation="h" if is_named else "v", marker=look, **common))
        elif table[column].notna().any():
            symbol = "diamond"
            look = {"color": INK, "symbol": symbol, "size": 8 if is_named else 5}
            common["meta"] = {"label": label, "symbol": symbol}
            figure.add_trace(go.Scatter(**spot, mode="markers", marker=look, **common))
    title_of_axis = {"text": plot_text(unit), "font": {"size": 12}}
    money_axis: dict[str, Any] = {"title": title_of_axis, "tickformat": ",", "zerolinecolor": MUTED}
    figure.update_layout(hovermode="closest")
    if is_named:
        labels = [plot_text(str(row), 28) for row in table[SCENARIO]]
        figure.update_yaxes(showgrid=False, autorange="reversed", tickvals=places, ticktext=labels)
        figure.update_xaxes(zeroline=True, **money_axis)
    else:
        figure.update_xaxes(title={"text": "scenarios, the costliest first", "font": {"size": 12}}, showgrid=False)
        figure.update_yaxes(zeroline=True, **money_axis)
    worst = f"{money(plan.head['worst_cost'], currency)} at worst"
    title = f"{counted(len(table), 'scenario')}: {money(plan.head['expected_cost'], currency)} expected, {worst}."
    return Chart("scenario-cost", title, figure, scenario_grid(plan))
