"""A plan as a page or as a workbook, by the name of the file."""

from __future__ import annotations

from pathlib import Path

from optimizer.errors import PlanFileError
from optimizer.plan.by_scenario import is_uncertain, refuse_uncertain, scenario_plan
from optimizer.plan.plan import Plan
from optimizer.report.validate_tables import check_cells


def write_report(plan: Plan, path: str | Path, scenario: str | None = None) -> Path:
    """Write the report of a plan: one page that needs no network, or a workbook.

    Parameters
    ----------
    plan : Plan
        The plan.
    path : str or Path
        File to write, ``.html`` or ``.xlsx``; missing folders are made.
    scenario : str, optional
        Of a plan under uncertainty, the scenario to show as a plan of its own. Its workbook needs one.

    Returns
    -------
    Path
        The path.

    Raises
    ------
    PlanFileError
        If the file is of another kind, or the plan has an invalid month or number.
    UnsupportedInstance
        If a workbook of a plan under uncertainty is to be written without a scenario.
    """
    target = Path(path)
    check_cells(plan)
    shown = plan if scenario is None else scenario_plan(plan, scenario)
    if target.suffix == ".xlsx":
        from optimizer.report.workbook import write_workbook

        refuse_uncertain(shown, "a workbook without a scenario")
        return write_workbook(shown, target)
    if target.suffix != ".html":
        raise PlanFileError(f"{target} is not a report; expected the name of an .html or .xlsx file")
    from optimizer.report.html import write_html
    from optimizer.report.plan_document import plan_document
    from optimizer.report.uncertain_document import uncertain_document

    return write_html(uncertain_document(shown) if is_uncertain(shown) else plan_document(shown), target)
