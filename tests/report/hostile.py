"""A plan whose names try to break out of a page."""

from __future__ import annotations

from dataclasses import replace

from optimizer.plan.plan import Plan
from tests.report.plans import small_plan

NAMES = {
    "cloud": "</script><img src=x onerror=alert(1)>",
    "neo": "\"'><svg/onload=alert(2)>",
    "lab": "{{ 7*7 }}{% raw %}",
    "hall": "<b>bold<a href='javascript:alert(3)'>x",
    "lease": "<!--<script>alert(4)",
    "fixed": "L" * 200,
    "annex": "%{meta.label} $x^2$ &lt<i>i</i>",
    "chat": "__proto__",
    "study": "`${alert(5)}` ]]>",
    "big": "مرحبا שלום",
    "cap": "&amp&#60u&#62",
}
# Validation refuses these; a table of a plan can still hold them.
INVISIBLE = "&lt;i&gt; turned\u202ednuora\u2028 \u0000"


def hostile_plan() -> Plan:
    """The plan made by hand with hostile names, and one party whose name turns the text around."""
    plan = small_plan(NAMES)
    tables = {name: table.replace("hourly", INVISIBLE) for name, table in plan.tables.items()}
    head = {**plan.head, "warnings": [*NAMES.values(), INVISIBLE]}
    return replace(plan, head=head, tables=tables)
