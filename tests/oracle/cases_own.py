"""A case of own rules over every quantity and kind of item."""

from __future__ import annotations

from typing import Any

from tests.oracle.frames import frames
from tests.oracle.tables import Frames

_RULES: dict[str, tuple[Any, ...]] = {
    # name: sense, rhs, from, to, each, penalty; then terms (quantity, item, coefficient)
    "lease or build": ("<=", 190, "", "2027-06", "", "", ("capacity", "lease", 1), ("mw", "hall", 300)),
    "own is a third": (">=", 0, "2027-04", "", "", 800, ("used", "in_house", 2), ("used", "neo", -1),
                       ("used", "lease", -1), ("used", "hourly", -1)),
    "site is used": (">=", 1500, "2027-02", "2027-10", "total", 90, ("used", "north", 1), ("leased", "north", 1)),
    "chat on few": ("<=", 260, "2027-03", "2027-09", "", 700, ("used", "chat", 1)),
    "let something": (">=", 200, "", "", "total", "", ("leased", "let", 1), ("started", "let", 10)),
    "sub little": ("<=", 30, "", "", "", 300, ("leased", "neo", 1), ("leased", "lease", 0.5)),
    "own stays": ("<=", 140, "2027-06", "", "", 500, ("leased", "in_house", 1), ("started", "hall", 5)),
    "power cap": ("<=", 0.52, "2027-05", "2027-08", "", 9000000, ("mw", "north", 1), ("mw", "space", 1)),
    "all power": ("<=", 6.5, "", "", "total", 400000, ("mw", "in_house", 1), ("mw", "lease", 1), ("mw", "neo", 1)),
    "site money": ("<=", 260000, "", "", "total", 0.4, ("spend", "north", 1), ("spend", "let", 1)),
    "neo money": ("<=", 900000, "2027-02", "2027-07", "total", 0.3, ("spend", "neo", 1), ("spend", "gpus", 1)),
    "own money": ("<=", 90000, "2027-03", "", "", 0.2, ("spend", "in_house", 1), ("spend", "lab", -0.1)),
    "hall money": ("<=", 700000, "", "", "total", 0.5, ("spend", "hall", 1), ("spend", "lease", 0.2),
                   ("spend", "hourly", 1)),
    "lots": (">=", 2, "2027-11", "2028-08", "total", "", ("started", "gpus", 1), ("capacity", "gpus", 0.001)),
    "even": ("=", 1, "2027-02", "2027-07", "total", 50000, ("started", "lease", 1), ("started", "small", -1)),
    "exactly": ("=", 95, "2027-09", "2027-09", "", 1200, ("served", "lease", 1), ("served", "hourly", 1)),
    "served": (">=", 2400, "", "", "total", 100, ("served", "chat", 1), ("served", "small", 2), ("served", "neo", 0.3)),
    "fair": ("<=", 0, "", "", "", 900, ("unserved", "chat", 1), ("unserved", "labs", -1)),
    "own work": (">=", 150, "2027-08", "", "", 150, ("served", "north", 1), ("served", "in_house", 0.1)),
    "run it": ("<=", 0.5, "", "", "", 100000, ("unserved", "small", 1)),
    "room": (">=", 250, "2027-04", "", "", 60, ("capacity", "north", 1), ("capacity", "neo", 1),
             ("capacity", "hourly", 0.5)),
    "deal only": ("<=", 40, "", "", "", 10, ("capacity", "deal", 1), ("used", "deal", 1)),
    "run small": ("<=", 50, "2027-05", "", "", 2000, ("used", "small", 1)),
    "own room": ("<=", 400, "", "2027-12", "", 70, ("capacity", "in_house", 1)),
    "empty": (">=", 1, "2028-01", "2028-02", "", "", ("used", "chat", 1)),
}  # fmt: skip


def _rule_tables() -> dict[str, str]:
    rules = [",".join(map(str, (name, *cells[:6]))) for name, cells in _RULES.items()]
    terms = [",".join(map(str, (name, *term))) for name, cells in _RULES.items() for term in cells[6:]]
    return {
        "rules": "\n".join(["rule,sense,rhs,from,to,each,penalty", *rules]),
        "rule_terms": "\n".join(["rule,quantity,item,coefficient", *terms]),
    }


# Own rules over every quantity and kind of item, hard and soft, each month and in total, with negative coefficients.
_RULED = {
    "power": "site,month,mw,price_per_mwh\nnorth,2027-01,0.45,60",
    "fleet": "site,accelerator,count,until\nnorth,gpu,260,2027-11",
    "builds": "build,site,mw_per_block,max_blocks,lead_months,capex_per_mw,fixed_cost_per_mw_month\n"
    "hall,north,0.06,4,2,4000000,5000",
    "purchases": "purchase,site,accelerator,unit_price,lot_size,lead_months,deposit_fraction,maintenance_per_month\n"
    "gpus,north,gpu,18000,20,3,0.4,30",
    "contracts": (
        "contract,provider,region,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,"
        "min_term_months,termination_fee_months,upfront_per_block,max_blocks,sublease\n"
        "lease,neo,europe,gpu,50,0.08,1.2,accelerator_hour,,3,1,20000,4,yes"
    ),
    "ramps": "contract,month_of_term,capacity_fraction,price_fraction\nlease,0,0.5,0.75\nlease,1,1,1",
    "on_demand": "offer,provider,region,accelerator,price,max_accelerators,commitment\n"
    "hourly,cloud,europe,gpu,2.9,150,\ndeal,neo,europe,gpu,1.3,60,neo-deal",
    "commitments": "commitment,provider,annual_amount,years\nneo-deal,neo,1500000,1",
    "outlets": (
        "outlet,tenant,sells,site,accelerator,accelerators_per_block,mw_per_block,price,per,min_term_months,"
        "termination_fee_months,max_blocks\nlet,lab,,,gpu,40,,1.7,accelerator_hour,2,1,3\n"
        "space,lab,mw,north,,,0.05,9000,block_month,3,1,2"
    ),
    "workloads": "workload,class,penalty\nchat,serve,3200\nlabs,study,2100",
    "demand": "workload,month,amount\nchat,2027-01,240\nchat,2027-06,330\nlabs,2027-03,60\nlabs,2027-10,100",
    "training_runs": "run,class,work,sizes,penalty,deadline\nsmall,train,180,60;40,300000,2027-10",
}
OWN_RULES: dict[str, Frames] = {"own rules": frames(_RULED | _rule_tables(), discount_rate=0.09)}
