"""A plan as a page or as a workbook, by the name of the file."""

from __future__ import annotations

from pathlib import Path

from optimizer.errors import PlanFileError
from optimizer.plan.by_scenario import is_uncertain, scenario_plan
from optimizer.plan.plan import Plan
from optimizer.report.validate_tables import check_cells


def write_report(plan: Plan, path: str | Path, kind: str | None = None, scenario: str | None = None) -> Path:
    """Write the report of a plan: one page that needs no network, or a workbook.

    Parameters
    ----------
    plan : Plan
        The plan.
    path : str or Path
        File to write; missing folders are made.
    kind : {"html", "xlsx"}, optional
        Whether to write a page or a workbook; by default the suffix of the path.
    scenario : str, optional
        Of a plan under uncertainty, the scenario to show as a plan of its own.

    Returns
    -------
    Path
        The path.

    Raises
    ------
    PlanFileError
        If the file is of another kind, or the plan has an invalid month or number.
    """
    target = Path(path)
    kind = target.suffix[1:] if kind is None else kind
    check_cells(plan)
    shown = plan if scenario is None else scenario_plan(plan, scenario)
    if kind == "xlsx":
        from optimizer.report.workbook import write_workbook

        return write_workbook(shown, target)
    if kind != "html":
        raise PlanFileError(f"{target} cannot be a report: found the kind {kind!r}, expected html or xlsx")
    from optimizer.report.html import write_html
    from optimizer.report.plan_document import plan_document
    from optimizer.report.uncertain_document import uncertain_document

    return write_html(uncertain_document(shown) if is_uncertain(shown) else plan_document(shown), target)
