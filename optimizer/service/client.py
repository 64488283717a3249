"""The library's calls against a server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer import (
    Alternatives,
    Audit,
    Comparison,
    Diagnosis,
    Explanation,
    Fault,
    Instance,
    InstanceError,
    Plan,
    Simulation,
    UncertainComparison,
)
from optimizer import compare as compare_plans
from optimizer import compare_uncertain as compare_uncertain_plans
from optimizer.interruption import Cancel
from optimizer.service.client_jobs import JobClient, OnProgress, OnStep
from optimizer.service.connection import faults_of
from optimizer.service.contents import pack, pack_files

_OF_SWEEPS = ("value", "objective", "bound", "gap", "change", "note")


class Client(JobClient):
    """A project on a server: instances are stored and jobs run there, plans and answers come back.

    Its methods are the functions of the library, with their parameters and results. Ctrl-C cancels a job, and returns
    what it has found until then. A connection that breaks, or a server that starts again, loses nothing: requests are
    repeated with the same key.

    Parameters
    ----------
    url : str
        Address of the server, such as ``https://plans.example``.
    token : str, optional
        Token of ``capopt token create``; by default that of the environment, ``CAPOPT_TOKEN``.
    project : str
        Project to work in; it is created if it does not exist.
    """

    # ---------------------------------------------------------------- instances
    def add(self, instance: Instance) -> str:
        """Store an instance as the next version of the project, unless it is there already; return its hash.

        Raises
        ------
        InstanceError
            If the server finds errors in it.
        """
        with tempfile.TemporaryDirectory(prefix="capopt-") as work:
            data = pack(instance.save(Path(work) / "instance"))
        headers = {"Content-Type": "application/zip"}
        found = self._request("POST", f"/projects/{self.project}/instances", content=data, headers=headers)
        return str(found["hash"])

    def validate(self, source: str | Path) -> Mapping[str, Any]:
        """Check the folder or workbook of an instance on the server without storing anything.

        Returns
        -------
        mapping of str to object
            ``name``, ``start``, ``months``, ``currency``, ``hash``, ``rows`` by table, and ``warnings``: a list of
            :class:`optimizer.Fault`.

        Raises
        ------
        InstanceError
            If it has errors; it has all of them.
        """
        path = Path(source)
        parts = {one.name: one.read_bytes() for one in path.glob("*") if one.suffix in (".csv", ".toml")}
        found = self._request("POST", "/validate", content=pack_files(parts) if path.is_dir() else path.read_bytes())
        if not found["valid"]:
            raise InstanceError(faults_of(found["faults"]), f"instance {source}")
        warnings: list[Fault] = faults_of(found["warnings"])
        return {**{name: found[name] for name in ("name", "start", "months", "currency", "hash", "rows")}} | {
            "warnings": warnings
        }

    # ---------------------------------------------------------------- plans
    def solve(
        self,
        instance: Instance,
        *,
        start: Plan | None = None,
        near: Plan | None = None,
        within: float = 0.005,
        progress: OnProgress | None = None,
        cancel: Cancel | None = None,
        **options: object,
    ) -> Plan:
        """Solve an instance as :func:`optimizer.solve` does; ``start`` and ``near`` are plans of this client.

        ``cancel`` cancels the job, as Ctrl-C does, and what it has found until then is returned.

        Raises
        ------
        NoFeasiblePlan
            If no plan meets all rules.
        StoppedWithoutPlan
            If the job ended before any plan was found.
        ServerError
            If the job failed, or the server refuses it or does not answer.
        """
        plans = {name: self.job_of(plan) for name, plan in (("start", start), ("near", near)) if plan is not None}
        given = {"within": within, **options, **plans}
        return self.plan(self.wait(self.submit("solve", given, instance=self.add(instance)), progress, None, cancel))

    def what_if(
        self,
        plan: Plan,
        edits: Iterable[str] = (),
        *,
        delay: Iterable[str] = (),
        force: Iterable[str] = (),
        forbid: Iterable[str] = (),
        end: Iterable[str] = (),
        progress: OnProgress | None = None,
        cancel: Cancel | None = None,
        **options: object,
    ) -> Plan:
        """Solve the instance of a plan of this client again with edits or fixed decisions.

        Parameters and errors are those of :func:`optimizer.what_if`, and the errors of :meth:`solve`.
        """
        fixings = {"force": list(force), "forbid": list(forbid), "end": list(end)}
        given = {"set": list(edits), "delay": list(delay), **fixings, **options}
        return self.plan(self.wait(self.submit("whatif", given, plan=self.job_of(plan)), progress, None, cancel))

    def sweep(
        self,
        plan: Plan,
        cell: str,
        values: Sequence[float],
        edits: Iterable[str] = (),
        *,
        delay: Iterable[str] = (),
        fixings: Mapping[str, Iterable[str]] | None = None,
        budget: float | None = 60.0,
        on_step: OnStep | None = None,
        progress: OnProgress | None = None,
        cancel: Cancel | None = None,
        **options: object,
    ) -> pd.DataFrame:
        """Return the costs over a range of values of one cell.

        Parameters, columns and errors are those of :func:`optimizer.sweep`, and the errors of :meth:`solve`.
        """
        fixed = {name: list(texts) for name, texts in (fixings or {}).items()}
        given = {"cell": cell, "values": list(values), "set": list(edits), "delay": list(delay), **fixed, **options}
        job = self.submit("sweep", {**given, **_seconds(budget)}, plan=self.job_of(plan))
        answer = self._answer(job, progress, on_step, cancel)
        table = pd.DataFrame(answer["rows"], columns=list(_OF_SWEEPS))
        return table.assign(**{name: pd.to_numeric(table[name]) for name in _OF_SWEEPS[:-1]})

    def explain(
        self,
        plan: Plan,
        *,
        quick: bool = False,
        items: Sequence[str] = (),
        budget: float | None = 60.0,
        more: bool = False,
        tighten: bool = False,
        on_step: OnStep | None = None,
        progress: OnProgress | None = None,
        cancel: Cancel | None = None,
        **options: object,
    ) -> Explanation:
        """Explain a plan of this client.

        Parameters and errors are those of :func:`optimizer.explain`, and the errors of :meth:`solve`. The explained
        plan is that of a new job, in which the tables are; ``more`` continues from the tables of the plan's own job.
        """
        given = {"quick": quick, "offer": list(items), "more": more, "tighten": tighten, **options, **_seconds(budget)}
        job = self.submit("explain", given, plan=self.job_of(plan))
        answer = self._answer(job, progress, on_step, cancel)
        return Explanation.from_dict(self.plan(job), answer)

    def diagnose(
        self,
        instance: Instance,
        *,
        on_step: OnStep | None = None,
        progress: OnProgress | None = None,
        cancel: Cancel | None = None,
        time_limit: float = 120.0,
        **options: object,
    ) -> Diagnosis:
        """Find the conflicts of an instance without a plan, and repairs, as :func:`optimizer.diagnose` does.

        Raises
        ------
        CapoptError
            As :meth:`solve` does.
        """
        job = self.submit("explain", {"budget": time_limit, **options}, instance=self.add(instance))
        found = Diagnosis.from_dict(self._answer(job, progress, on_step, cancel), self._further(job))
        if found.plan is not None:
            self.know(found.plan, job)
        return found

    def find_alternatives(
        self,
        plan: Plan,
        within: float = 0.01,
        plans: int = 2,
        *,
        budget: float | None = 60.0,
        on_step: OnStep | None = None,
        cancel: Cancel | None = None,
        **options: object,
    ) -> Alternatives:
        """Explore the plans that cost little more than a plan of this client.

        Parameters and errors are those of :func:`optimizer.find_alternatives`, and the errors of :meth:`solve`.
        """
        given = {"within": within, "plans": plans, **options, **_seconds(budget)}
        job = self.submit("alternatives", given, plan=self.job_of(plan))
        return Alternatives.from_dict(self._answer(job, None, on_step, cancel), self._further(job))

    def simulate(
        self,
        plans: Plan | Sequence[Plan] | Mapping[str, Plan],
        draw: int | None = None,
        seed: int | None = None,
        *,
        instance: Instance | None = None,
        progress: OnProgress | None = None,
        cancel: Cancel | None = None,
        **options: object,
    ) -> Simulation:
        """Keep what plans of this client decide before anything is known, in many draws of what may come.

        Parameters and errors are those of :func:`optimizer.simulate`, and the errors of :meth:`solve`; ``progress``
        is called with the number of draws that are examined.
        """
        several = [plans] if isinstance(plans, Plan) else plans
        named = dict(several) if isinstance(several, Mapping) else {f"{at}": one for at, one in enumerate(several, 1)}
        first, *others = map(self.job_of, named.values())
        source = {} if instance is None else {"instance": self.add(instance)}
        given = {"draw": draw, "seed": seed, "others": others, "names": list(named), **source, **options}
        answer = self._answer(self.submit("simulate", given, plan=first), progress, None, cancel)
        uncertain = (plan.instance for plan in named.values() if "scenarios" in plan.tables)
        return Simulation.from_dict(answer, instance or next(uncertain))

    def audit(self, plan: Plan) -> Audit:
        """Check and price a plan of this client again, as :func:`optimizer.audit` does.

        Raises
        ------
        CapoptError
            As :meth:`solve` does.
        """
        return Audit.from_dict(self._answer(self.submit("audit", {}, plan=self.job_of(plan))))

    def check_decisions(self, plan: Plan, decisions: pd.DataFrame, **options: object) -> Plan:
        """Find the best plan with exactly these decisions in place of those of a plan of this client.

        Parameters and errors are those of :func:`optimizer.check_decisions`, and the errors of :meth:`solve`.
        """
        rows = decisions[["month", "decision", "item", "blocks"]].to_dict("records")
        return self.plan(self.wait(self.submit("audit", {"decisions": rows, **options}, plan=self.job_of(plan))))

    def compare(self, a: Plan, b: Plan, names: tuple[str, str] = ("A", "B")) -> Comparison | UncertainComparison:
        """Compare two plans, each of one future or under uncertainty, as ``capopt compare`` does."""
        if any("scenarios" in plan.tables for plan in (a, b)):
            return compare_uncertain_plans(a, b, names)
        return compare_plans(a, b, names)


def _seconds(budget: float | None) -> dict[str, object]:
    """Return the options of a budget; None is for all there is."""
    return {"full": True} if budget is None else {"budget": budget}
