"""A plan of an instance of six months, both written by hand, every figure worked out with a pencil."""

from __future__ import annotations

from functools import cache
from io import StringIO

import pandas as pd

from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from tests.program.tiny import tiny

RATE = 0.21

# Six months of 100 hours. A site of 0.02 MW (energy at 50 per MWh) whose accelerators of 1.2 IT kW draw 1.2 x 1.5 =
# 1.8 kW and do 0.9 x 2 = 1.8 of work; those of others do 2. A lease agreed last month, from which an outlet is covered;
# offers; a workload that wants 18, half of it critical; two training runs; policies and own rules.
INSTANCE = tiny(
    6,
    {"jobs": [18]},
    head={"discount_rate": RATE},
    accelerators=[{"kw": 1.2}],
    throughput=[{"factor": 2}],
    providers=[{}, {"provider": "neo"}, {"provider": "lab", "kind": "tenant"}],
    sites=[{"pue": 1.5, "availability": 0.9}],
    power=[{"month": -3, "mw": 0.02, "price_per_mwh": 50}],
    builds=[{"mw_per_block": 2, "lead_months": 4, "capex_per_mw": 3e6, "residual_fraction": 0.5}],
    purchases=[
        {"unit_price": 30, "lot_size": 10, "lead_months": 2, "deposit_fraction": 0.25, "maintenance_per_month": 2}
        | {"life_months": 12, "residual_fraction": 1}
    ],
    contracts=[
        {"provider": "neo", "price": 100, "min_term_months": 1, "notice_months": 1, "termination_fee_months": 1.5}
        | {"committed_blocks": 2, "earliest": -1, "mw_per_block": 0.5, "sublease": True},
        {"contract": "firm", "price": 50, "term_months": 3, "lead_months": 1, "upfront_per_block": 5},
    ],
    ramps=[
        {"month_of_term": 0, "capacity_fraction": 0.5, "price_fraction": 0.6},
        {"month_of_term": 1, "capacity_fraction": 1},
        {"contract": "firm", "month_of_term": 0, "capacity_fraction": 0.2, "price_fraction": 0.5},
        {"contract": "firm", "month_of_term": 1, "capacity_fraction": 1},
    ],
    prices=[
        {"item": "lease", "month": 2, "price": 120},
        {"item": "firm", "month": 2, "price": 70},
        {"item": "buy", "month": 1, "price": 24},
    ],
    on_demand=[{"price": 0.1, "max_accelerators": 4}],
    commitments=[{"annual_amount": 1200}],
    outlets=[
        {"accelerator": "gpu", "accelerators_per_block": 5, "mw_per_block": 0.1, "price": 60, "min_term_months": 1}
        | {"termination_fee_months": 0.5, "committed_blocks": 1, "earliest": 0},
        {"outlet": "space", "sells": "mw", "site": "hall", "mw_per_block": 0.001, "price": 10, "term_months": 2}
        | {"upfront_per_block": 3},
    ],
    workloads=[{"workload": "jobs", "penalty": 7, "critical": 0.5}],
    training_runs=[
        {"work": 36, "sizes": "10", "target": 4, "lateness_penalty": 11},
        {"run": "small", "work": 36, "sizes": "10", "deadline": 3, "penalty": 13},
    ],
    policies=[{"rule": "survive", "subject": "provider", "member": "cloud", "limit": 0.5, "to": 1}],
    rules=[
        {"sense": "<=", "rhs": 4, "from": 4, "penalty": 2},
        {"rule": "all", "sense": ">=", "rhs": 9, "each": "total"},
    ],
    rule_terms=[
        {"quantity": "used", "item": "lease"},
        {"rule": "all", "quantity": "started", "item": "wing", "coefficient": 20},
        {"rule": "all", "quantity": "leased", "item": "let", "coefficient": -0.5},
    ],
)

TABLES = {
    # The block of firm binds to 5 upfront and, at the price of its start, 0.5 x 50 + 50 + 50; that of space to 3 + 2 x
    # 10. Fees: 1.5 x 120 for a block of the lease, 0.5 x 60 for the outlet. Ten accelerators at 24; 2 MW at 3 million.
    "decisions": """
        2030-01,sign,firm,cloud,1,10,0,2030-02,2030-04,130
        2030-01,lease_out,space,lab,1,0,0.001,2030-01,2030-02,-23
        2030-02,buy,buy,in_house,1,10,0,2030-04,2031-03,240
        2030-03,commit_spend,deal,cloud,1,0,0,2030-03,2031-02,1200
        2030-03,expire,space,lab,1,0,0.001,,2030-02,0
        2030-03,hand_back,lease,neo,1,10,0.5,,2030-03,180
        2030-04,order_build,wing,in_house,1,0,2,2030-08,,6000000
        2030-04,take_back,let,lab,1,5,0.1,,2030-04,30
        2030-05,expire,firm,cloud,1,10,0,,2030-04,0
        2030-05,start_run,big,neo,1,10,0,2030-05,2030-06,0""",
    # The lease is past its first month when the plan begins; firm delivers a fifth in its first.
    "capacity": """
        2030-01,lease,contract,neo,here,gpu,20,0,5,15,1
        2030-01,hourly,on_demand,cloud,here,gpu,4,4,0,0,0
        2030-02,lease,contract,neo,here,gpu,20,0,5,15,1
        2030-02,firm,contract,cloud,here,gpu,2,0,0,2,0
        2030-03,lease,contract,neo,here,gpu,20,0,5,15,1
        2030-03,firm,contract,cloud,here,gpu,10,0,0,10,0
        2030-04,hall/gpu,in_house,in_house,hall,gpu,10,10,0,0,0.018
        2030-04,lease,contract,neo,here,gpu,10,0,5,5,0.5
        2030-04,firm,contract,cloud,here,gpu,10,0,0,10,0
        2030-05,hall/gpu,in_house,in_house,hall,gpu,10,10,0,0,0.018
        2030-05,lease,contract,neo,here,gpu,10,10,0,0,0.5
        2030-06,hall/gpu,in_house,in_house,hall,gpu,10,10,0,0,0.018
        2030-06,lease,contract,neo,here,gpu,10,10,0,0,0.5""",
    "allocation": """
        2030-01,hourly,jobs,4,8
        2030-04,hall/gpu,jobs,10,18
        2030-05,hall/gpu,jobs,10,18
        2030-05,lease,big,10,20
        2030-06,hall/gpu,jobs,10,18
        2030-06,lease,big,10,20""",
    "leases": """
        2030-01,let,lease,5
        2030-02,let,lease,5
        2030-03,let,lease,5
        2030-04,let,lease,5""",
    # 36 of work at 10 x 2 a month: two months.
    "runs": """
        big,lease,10,2030-05,2030-06,2030-05,1""",
    "service": """
        2030-01,jobs,18,8,10
        2030-02,jobs,18,0,18
        2030-03,jobs,18,0,18
        2030-04,jobs,18,18,0
        2030-05,jobs,18,18,0
        2030-06,jobs,18,18,0""",
    "power": """
        2030-01,hall,0.02,0,0.001
        2030-02,hall,0.02,0,0.001
        2030-03,hall,0.02,0,0
        2030-04,hall,0.02,0.018,0
        2030-05,hall,0.02,0.018,0
        2030-06,hall,0.02,0.018,0""",
    # Half of the critical half of 18 is 4.5.
    "outages": """
        2030-01,care,cloud,lease,jobs,2.25,4.5
        2030-02,care,cloud,lease,jobs,2.25,4.5""",
    # The lease does 10, 6 more than 4. One block of wing counts 20, four months of 5 leased out -0.5 each: 10. One more
    # allowed saves a penalty of 2, four and five months on: 2 / 1.21 ** (4 / 12), 2 / 1.21 ** (5 / 12).
    "rules": """
        2030-05,mine,month,<=,10,4,0,6,-1.87687293719
        2030-06,mine,month,<=,10,4,0,6,-1.84729430504
        2030-06,all,total,>=,10,9,1,0,0""",
    # The build is paid in four instalments of 1.5 million, one of them after the plan; half of the 4.5 million paid
    # is left. The purchase, three months old of twelve, is worth three quarters of 240. Of the year of spending four
    # months lie in the plan: 1200 x 4 / 12 = 400, of which firm is paid 50 twice. Energy: 0.018 MW x 100 h x 50.
    "cash": """
        2030-01,upfront,firm,cloud,5
        2030-01,contract,lease,neo,200
        2030-01,on_demand,hourly,cloud,40
        2030-01,lease_out,let,lab,-60
        2030-01,lease_out,space,lab,-13
        2030-01,unserved,jobs,,70
        2030-02,purchase,buy,in_house,60
        2030-02,contract,lease,neo,200
        2030-02,contract,firm,cloud,25
        2030-02,lease_out,let,lab,-60
        2030-02,lease_out,space,lab,-10
        2030-02,unserved,jobs,,126
        2030-03,contract,lease,neo,240
        2030-03,contract,firm,cloud,50
        2030-03,lease_out,let,lab,-60
        2030-03,unserved,jobs,,126
        2030-04,build,wing,in_house,1500000
        2030-04,purchase,buy,in_house,180
        2030-04,energy,hall,in_house,90
        2030-04,maintenance,buy,in_house,20
        2030-04,contract,lease,neo,120
        2030-04,contract,firm,cloud,50
        2030-04,termination,lease,neo,180
        2030-04,lease_out,let,lab,-60
        2030-04,not_run,small,,13
        2030-05,build,wing,in_house,1500000
        2030-05,energy,hall,in_house,90
        2030-05,maintenance,buy,in_house,20
        2030-05,contract,lease,neo,120
        2030-05,termination,let,lab,30
        2030-05,violation,mine,,12
        2030-06,build,wing,in_house,1500000
        2030-06,energy,hall,in_house,90
        2030-06,maintenance,buy,in_house,20
        2030-06,contract,lease,neo,120
        2030-06,shortfall,deal,cloud,300
        2030-06,lateness,big,,11
        2030-06,violation,mine,,12
        2030-07,residual,wing,in_house,-2250000
        2030-07,residual,buy,in_house,-180""",
    # Each month the lease could end in the next one for a fee of 1.5 x its price: two blocks at 100 + 150, 100 + 180
    # and 120 + 180; then the fee of one and 120 + 180 of the other. The fee of the last month is due after the plan.
    # Of the year of spending 400 in the plan and 800 after it are owed, less the 100 that are owed for firm or were
    # paid for it.
    "obligations": """
        2030-01,lease,neo,500,0
        2030-01,firm,cloud,130,0
        2030-02,lease,neo,560,0
        2030-02,firm,cloud,125,0
        2030-02,buy,in_house,240,0
        2030-03,lease,neo,600,0
        2030-03,firm,cloud,100,0
        2030-03,buy,in_house,180,0
        2030-03,deal,cloud,1100,800
        2030-04,lease,neo,480,0
        2030-04,firm,cloud,50,0
        2030-04,wing,in_house,6000000,1500000
        2030-04,buy,in_house,180,0
        2030-04,deal,cloud,1100,800
        2030-05,lease,neo,300,0
        2030-05,wing,in_house,4500000,1500000
        2030-05,deal,cloud,1100,800
        2030-06,lease,neo,300,180
        2030-06,wing,in_house,3000000,1500000
        2030-06,deal,cloud,1100,800""",
}


# Paid: 245, 285, 290, 1500640, 1500260 and 1500530 in the six months. 4 x 60 + 13 + 10 from tenants; 70 + 2 x 126 of
# penalties for 46 of 108 not served. Most accelerators in the third and the fourth month: 20 + 10, then 10 + 10 + 10.
# Eight rows are no expiry; due in the first three months are the first four and the notice of the hand-back. Owed are
# 500 + 130 in the first month, 480 + 50 + 6000000 + 180 + 1100 in the fourth; after the plan 180 + 1500000 + 800.
HEADLINE = {
    "cash_out": 4502250.0,
    "lease_out_revenue": 263.0,
    "unserved_share": 46 / 108,
    "unserved_penalty": 322.0,
    "peak_accelerators": {"total": 30.0, "in_house": 10.0, "contract": 30.0, "on_demand": 4.0},
    "peak_mw": {"total": 1.0, "in_house": 0.018, "contract": 1.0, "on_demand": 0.0},
    "owed_at_start": 630.0,
    "owed_peak": 6001810.0,
    "owed_peak_month": "2030-04",
    "owed_after_horizon": 1500980.0,
    "decisions": 8,
    "decisions_due_soon": 5,
}


def _table(name: str) -> pd.DataFrame:
    columns = list(COLUMNS[name])
    given = columns[:-1] if name == "cash" else columns
    lines = "\n".join(line.strip() for line in TABLES.get(name, "").strip().splitlines())
    frame = pd.read_csv(StringIO(f"{','.join(given)}\n{lines}\n"), keep_default_na=False)
    if name == "cash":
        frame["present_value"] = frame["amount"] * (1 + RATE) ** (-frame["month"].map(INSTANCE.month_index) / 12)
    return make_table(name, {column: frame[column] for column in columns})


@cache
def by_hand() -> Plan:
    """The plan, said to be proven optimal."""
    tables = {name: _table(name) for name in COLUMNS}
    cost = float(tables["cash"]["present_value"].sum())
    told = {"name": INSTANCE.head.name, "currency": INSTANCE.head.currency, "hash": INSTANCE.hash}
    head = {
        "format": 1,
        "instance": told,
        "start": INSTANCE.head.start,
        "months": INSTANCE.head.months,
        "status": "optimal",
        "stopped": "gap_reached",
        "objective": cost,
        "bound": cost,
        "gap": 0.0,
        "relaxed": False,
        "options": {"gap": 0.0, "relax": False},
        "size": {"columns": 4, "rows": 3, "nonzeros": 12, "integers": 4},
        "headline": {"net_present_cost": cost, "bound": cost, "gap_money": 0.0, **HEADLINE},
    }
    return Plan(head, tables, INSTANCE)
