"""The page of a plan under uncertainty: what to do now, what each scenario costs, and what is decided in each case."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from optimizer import Plan
from optimizer.service.answers import Grid, grid
from optimizer.service.pages import PageCaller, PageReader, PageRoute, render
from optimizer.service.problems import Problem
from optimizer.service.routes_plans import kept
from optimizer.service.state import state_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)
SCENARIOS, NODES = "scenarios", "nodes"


def is_uncertain(plan: Plan) -> bool:
    """Whether a plan has scenarios."""
    return SCENARIOS in plan.tables


def nodes(plan: Plan) -> list[dict[str, Any]]:
    """Return the nodes of a plan under uncertainty: which scenarios are the same until when."""
    return _rows(plan, NODES) if is_uncertain(plan) else []


@router.get("/projects/{project}/jobs/{job}/scenarios")
def show_scenarios(request: Request, access: PageReader, caller: PageCaller, job: str) -> Response:
    """Show the scenarios of a plan."""
    found = kept(state_of(request), access, job)
    plan = found.plan
    if not is_uncertain(plan):
        raise Problem(404, f"the plan of job {job} has no scenarios: its instance is of one future")
    return render(
        request,
        "scenarios.html.j2",
        caller,
        access=access,
        job=found.job,
        head=plan.head,
        currency=plan.instance.head.currency,
        moves=_moves(plan),
        scenarios=sorted(_rows(plan, SCENARIOS), key=lambda row: -row["cost"]),
        nodes=nodes(plan),
        decided=_decided(plan),
        information=grid("What it is worth to know", _information(plan)),
    )


def _rows(plan: Plan, name: str) -> list[dict[str, Any]]:
    table = plan.tables[name]
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _moves(plan: Plan) -> list[dict[str, Any]]:
    """Return the decisions that are taken before anything is known, those that most scenarios would take first."""
    return sorted(_rows(plan, "robustness"), key=lambda row: -row["probability"])


def _decided(plan: Plan) -> Grid:
    """Return the decisions that only some scenarios share, by month."""
    later = [row for row in _rows(plan, "decisions") if row["scenario"] != "*"]
    return grid("What is decided later, and in which case", sorted(later, key=lambda row: str(row["month"])))


def _information(plan: Plan) -> list[dict[str, Any]]:
    """Return what knowing each risk at once saves, the most valuable first, in the words of the report."""
    currency = plan.instance.head.currency
    headings = {
        "risk": "Risk",
        "at_least": f"Saves at least, {currency}",
        "at_most": f"Saves at most, {currency}",
        "cost": f"Best plan with it known, {currency}",
        "bound": f"Proven for every such plan, {currency}",
    }
    table = plan.tables["information"].sort_values("at_most", ascending=False)
    rows = table[list(headings)].rename(columns=headings).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]
