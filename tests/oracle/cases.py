"""Hand-made instances that bring the mechanisms of the format together at their edges, as CSV text per table."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd

from tests.oracle.tables import Frames

_BASE = {
    "accelerators": "accelerator,kw,reference\ngpu,1.2,1\ntpu,0.9,1.5",
    "throughput": "class,accelerator,factor\nserve,gpu,1\nserve,tpu,1.4\nstudy,gpu,0.8\ntrain,gpu,1\ntrain,tpu,1.2",
    "providers": (
        "provider,kind,group,tags\ncloud,hyperscaler,alpha,rival\nneo,neocloud,,\n"
        "sister,neocloud,alpha,investor;rival\nlab,tenant,,"
    ),
    "sites": "site,region,pue,availability\nnorth,europe,1.25,0.95\nsouth,america,1.1,",
}


def frames(text: dict[str, str], **head: Any) -> Frames:
    """Tables from CSV text, on top of common hardware, parties and sites; a blank text takes a table away."""
    tables = {name: table for name, table in (_BASE | text).items() if table}
    read = {name: pd.read_csv(io.StringIO(table), dtype=str, keep_default_na=False) for name, table in tables.items()}
    return {"instance": {"format": 1, "name": "case", "start": "2027-01", "months": 12} | head, **read}


def loosen(case: Frames) -> Frames:
    """The same as a linear program, but for runs: no whole blocks and lots, and spend commitments with a certain start.

    The relaxation of a start that is free depends on how it is written.
    """
    whole = ("builds", "purchases", "contracts", "outlets")
    loose = {name: table.assign(integer="false") if name in whole else table for name, table in case.items()}
    if "commitments" in case:
        first = pd.Period(case["instance"]["start"], "M")
        last = str(first + int(case["instance"]["months"]) - 1)
        loose["commitments"] = _with_certain_starts(case["commitments"], str(first), last)
    return loose


def _with_certain_starts(table: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Every spend commitment starts in its earliest month, unless that comes after the plan."""
    given = table["earliest"] if "earliest" in table else [first] * len(table)
    starts = [max(month, first) if isinstance(month, str) and month else first for month in given]
    required = ["true" if month <= last else "false" for month in starts]
    return table.assign(earliest=starts, latest=starts, required=required)


# ---------------------------------------------------------------- without runs, commitments, policies and own rules
CASES: dict[str, Frames] = {
    # Builds that are energised in the last month or after it, each way of paying, a build that must wait for one that
    # comes too late to be of use; purchases whose life ends within the plan, whose rest falls due after it, and whose
    # price changed before and within it; fleet that goes away.
    "own sites at the edges": frames(
        {
            "power": "site,month,mw,price_per_mwh\nnorth,2026-03,0.6,90\nnorth,2027-05,0.9,40\nsouth,2027-03,0.2,70",
            "fleet": "site,accelerator,count,until\nnorth,gpu,300,2027-08\nnorth,gpu,100,\nsouth,gpu,90,2027-02",
            "builds": (
                "build,site,mw_per_block,max_blocks,earliest,latest,lead_months,capex_per_mw,payment,"
                "fixed_cost_per_mw_month,life_months,residual_fraction,after,integer\n"
                "hall,north,0.15,4,2026-10,2027-11,3,6000000,spread,9000,30,0.7,,\n"
                "annex,north,0.3,2,,,0,9500000,spread,4000,6,,hall,\n"
                "late,south,0.2,3,2027-02,2028-05,11,900000,order,0,240,0.5,,\n"
                "next,south,0.1,2.5,,,2,3000000,delivery,3000,9,0.9,late,false\n"
                "never,south,5,1,,,12,100000,delivery,0,240,1,,"
            ),
            "purchases": (
                "purchase,site,accelerator,unit_price,lead_months,earliest,latest,lot_size,max_per_month,max_total,"
                "deposit_fraction,maintenance_per_month,life_months,residual_fraction,integer\n"
                "gpus,north,gpu,24000,2,,,40,130,170,0.3,60,5,0.8,\n"
                "tpus,south,tpu,30000,1,2027-02,2027-11,25,,,0.5,,48,0.6,\n"
                "more,north,tpu,26000,4,2027-05,,30,75,,0.25,35,7,,false"
            ),
            "prices": (
                "item,month,price\ngpus,2026-06,12000\ngpus,2027-04,19000\ntpus,2027-07,22000\ntpus,2028-03,1\n"
                "more,2027-06,19000"
            ),
            "workloads": "workload,class,penalty,min_service\nchat,serve,9000,0.3\nlabs,study,6000,",
            "demand": (
                "workload,month,amount\nchat,2026-11,350\nchat,2027-06,800\nchat,2027-10,1100\nlabs,2027-02,200\n"
                "labs,2027-05,0\nlabs,2027-07,260"
            ),
        },
        discount_rate=0.12,
    ),
    # Agreements from before the plan: one that expires, one past its minimum term, one still in it and in its ramp,
    # one that runs out by `ends_by` in the first month, one that starts later, each renewed in its own way.
    "agreed before": frames(
        {
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,"
                "min_term_months,notice_months,termination_fee_months,earliest,latest,lead_months,ends_by,min_blocks,"
                "max_blocks,upfront_per_block,availability,sublease,renews,committed_blocks\n"
                "old,neo,europe,gpu,60,,2.2,accelerator_hour,14,,,,2026-03,,,,,1,9000,0.9,,,3\n"
                "old-2,neo,europe,gpu,60,,1.9,accelerator_hour,5,,,,,,,,2,4,3000,0.9,,old,\n"
                "old-3,neo,europe,gpu,60,,1.7,accelerator_hour,,2,1,0.5,,,,2027-11,,4,,0.9,,old-2,\n"
                "open,cloud,europe,tpu,50,,60000,block_month,,6,3,1.5,2026-02,,,,,0,,0.97,,,4\n"
                "open-2,cloud,europe,tpu,50,,47000,block_month,,3,,0,,,2,,,3,5000,0.97,,open,\n"
                "young,sister,america,gpu,80,,1500,accelerator_month,,8,2,2,2026-09,,,,,,,,,,2\n"
                "gone,neo,america,gpu,70,,99999,block_month,,1,,9,2026-06,,,2026-12,,1,,,,,2\n"
                "back,neo,america,gpu,70,,72000,block_month,7,,,,,,,,,2,1000,,,gone,\n"
                "later,cloud,america,gpu,40,,50000,block_month,4,,,,2027-10,,6,,,1,20000,,,,2\n"
                "signed,cloud,america,gpu,40,,50000,block_month,4,,,,2028-02,,4,,,1,12345,,,,1"
            ),
            "ramps": (
                "contract,month_of_term,capacity_fraction,price_fraction\nyoung,0,0.25,0.5\nyoung,3,0.5,0.5\n"
                "young,6,1,1\nlater,0,0,0.25\nlater,2,1,1.25\nold,12,0.5,0.75\nold-3,1,0.5,1"
            ),
            "prices": (
                "item,month,price\nold,2026-12,2.5\nold,2027-02,9\nopen,2026-05,52000\nopen,2027-04,66000\n"
                "open,2027-09,58000\nyoung,2027-06,1900\nback,2027-01,70000\nlater,2027-11,1"
            ),
            "workloads": "workload,class,penalty,min_service,regions\nchat,serve,2600,,europe\nedge,serve,2100,0.2,",
            "demand": "workload,month,amount\nchat,2027-01,400\nchat,2027-05,250\nchat,2027-09,420\nedge,2026-01,260\n"
            "edge,2027-08,0\nedge,2027-10,330",
        },
        discount_rate=0.08,
    ),
    # Offers cut by `ends_by`, by lead times, by a notice longer than the rest, by least blocks of a signature; minimum
    # terms of 0 and beyond the plan; terms past the horizon; ramps of both kinds; every way to state a price.
    "offers at the edges": frames(
        {
            "sites": "",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,"
                "min_term_months,notice_months,termination_fee_months,earliest,latest,lead_months,ends_by,min_blocks,"
                "max_blocks,upfront_per_block,availability,integer\n"
                "cut,neo,europe,gpu,50,0.08,500000,mw_month,4,,,,,,1,2027-09,2,3,2500,,\n"
                "broken,neo,europe,gpu,50,,1.1,accelerator_hour,,3,2,0.5,2026-05,2027-10,,2027-11,1.5,4,,0.92,false\n"
                "free,cloud,america,gpu,30,,33000,block_month,,0,0,0.25,,,,,,5,1500,,\n"
                "bound,cloud,america,tpu,45,,1100,accelerator_month,,20,,,2027-03,2028-06,3,,,2,,0.98,\n"
                "noticed,sister,america,tpu,45,,1000,accelerator_month,,2,9,1,,2027-04,,,,2,,,\n"
                "deaf,sister,europe,gpu,35,,900,accelerator_month,,1,30,0,2027-02,,,,,2,,,\n"
                "long,sister,europe,gpu,64,0.1,38000,block_month,36,,,,,,2,,3,6,30000,0.95,\n"
                "late,neo,america,gpu,90,,60000,block_month,2,,,,2027-12,2028-03,,,,3,,,"
            ),
            "ramps": (
                "contract,month_of_term,capacity_fraction,price_fraction\ncut,0,0.5,0.75\ncut,1,1,1\n"
                "cut,9,0,0\nbroken,0,0.2,0\nbroken,1,0.6,1.5\nbroken,3,1,1\nbound,2,0.5,1\nbound,6,1,0.9\n"
                "long,0,0.1,0.1\nlong,3,0.7,0.7\nlong,20,1,1"
            ),
            "on_demand": (
                "offer,provider,region,accelerator,price,max_accelerators,availability\n"
                "hourly,cloud,america,gpu,2.4,70,0.9\nspot,neo,europe,gpu,1.6,45,0.6"
            ),
            "prices": "item,month,price\ncut,2027-04,470000\nbroken,2027-06,1.4\nspot,2027-05,3.1\nhourly,2027-09,1.8",
            "workloads": (
                "workload,class,penalty,min_service,regions,exclude\nchat,serve,2500,0.1,europe,\n"
                "labs,study,1800,,,sister\nedge,serve,2000,,america;europe,alpha"
            ),
            "demand": (
                "workload,month,amount\nchat,2027-02,240\nchat,2027-06,300\nchat,2027-11,150\nlabs,2027-01,90\n"
                "labs,2027-04,0\nlabs,2027-08,110\nedge,2027-03,170\nedge,2027-12,260"
            ),
        },
        discount_rate=0.3,
        hours_per_month=720,
    ),
    # Everything that can be leased out: own accelerators of one site or any, contracts that allow it but not back to
    # their provider, powered space; terms, fees and upfronts received; leases that outlive the head lease.
    "landlord": frames(
        {
            "power": "site,month,mw,price_per_mwh\nnorth,2027-01,0.8,50\nnorth,2027-07,1.0,80\nsouth,2026-12,0.5,30",
            "fleet": "site,accelerator,count,until\nnorth,gpu,420,2027-11\nsouth,gpu,250,\nsouth,tpu,120,2027-09",
            "builds": "build,site,mw_per_block,max_blocks,lead_months,capex_per_mw,payment\n"
            "hall,south,0.2,2,3,4000000,delivery",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,min_term_months,"
                "notice_months,termination_fee_months,max_blocks,sublease,ends_by\n"
                "lease,neo,europe,gpu,100,1.2,accelerator_hour,,3,1,0.5,3,yes,2027-10\n"
                "sub,lab,america,gpu,60,1.0,accelerator_hour,5,,,,2,true,\n"
                "firm,cloud,america,tpu,50,900,accelerator_month,6,,,,2,no,"
            ),
            "outlets": (
                "outlet,tenant,sells,site,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,"
                "min_term_months,notice_months,termination_fee_months,earliest,latest,lead_months,ends_by,min_blocks,"
                "max_blocks,integer,upfront_per_block,committed_blocks\n"
                "any,lab,,,gpu,80,,2.1,accelerator_hour,,2,1,1,,,,,,4,,4000,\n"
                "here,lab,accelerators,north,gpu,50,0.1,1800,accelerator_month,4,,,,2027-02,,1,2027-11,2,3,,,\n"
                "chips,neo,accelerators,,tpu,30,0.04,3000000,mw_month,,0,,,2027-03,2028-01,,2027-12,1.2,2.5,no,,\n"
                "gpus,neo,accelerators,,gpu,45,,110000,block_month,3,,,,,,,,,2,,,\n"
                "space,cloud,mw,south,,,0.1,190000,mw_month,,5,2,2,,,1,,,3,,25000,\n"
                "hall-share,sister,mw,north,,100,0.15,260,accelerator_month,6,,,,2026-11,,,,,,,9000,1\n"
                "kept,sister,,south,gpu,70,,90000,block_month,,4,3,0.5,2026-12,,,,,,,,1"
            ),
            "prices": "item,month,price\nany,2027-05,1.3\nany,2027-09,2.9\nspace,2027-08,310000\nhere,2026-08,1500\n"
            "kept,2027-05,61000",
            "workloads": "workload,class,penalty,min_service\nchat,serve,1900,0.15\nlabs,study,1000,",
            "demand": "workload,month,amount\nchat,2027-01,260\nchat,2027-04,420\nchat,2027-08,150\nlabs,2027-03,130",
        },
        discount_rate=0.1,
        hours_per_month=700,
    ),
    # Budgets of each kind, nominal, in overlapping windows, one net of lease-out revenue, one that only agreed payments
    # touch, one that lies beyond the plan.
    "budgets": frames(
        {
            "power": "site,month,mw,price_per_mwh\nnorth,2027-01,0.12,60",
            "fleet": "site,accelerator,count\nnorth,gpu,150",
            "purchases": (
                "purchase,site,accelerator,unit_price,lead_months,lot_size,deposit_fraction,maintenance_per_month\n"
                "gpus,north,gpu,20000,2,30,0.4,50"
            ),
            "builds": "build,site,mw_per_block,max_blocks,lead_months,capex_per_mw,payment,fixed_cost_per_mw_month\n"
            "hall,north,0.06,3,1,1500000,spread,250000",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,min_term_months,"
                "termination_fee_months,upfront_per_block,max_blocks,committed_blocks,earliest\n"
                "lease,neo,europe,gpu,40,60000,block_month,,2,1,10000,6,,\n"
                "kept,cloud,europe,gpu,50,70000,block_month,9,,,,,1,2026-08"
            ),
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,cloud,europe,gpu,3.5,120",
            "outlets": (
                "outlet,tenant,accelerator,accelerators_per_block,price,per,min_term_months,termination_fee_months,"
                "upfront_per_block,max_blocks\nlet,lab,gpu,25,70000,block_month,2,0.5,9000,4"
            ),
            "workloads": "workload,class,penalty\nchat,serve,5000\nspare,study,400",
            "demand": "workload,month,amount\nchat,2027-01,300\nchat,2027-06,520\nchat,2027-09,200\nchat,2027-11,450\n"
            "spare,2027-02,90",
            "budgets": (
                "budget,from,to,amount,covers,net\nyear,,,8000000,all,yes\nbuy,,2027-10,800000,capex,\n"
                "spring,2027-03,2027-05,520000,opex,true\nautumn,2027-08,2028-09,1500000,,\n"
                "beyond,2028-01,2028-12,0,all,\nearly,2026-01,2027-01,700000,opex,no"
            ),
        },
        discount_rate=0.05,
    ),
    # More asked than can be: the share that must be served needs more than all there is.
    "no plan": frames(
        {
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,cloud,europe,gpu,3.5,120",
            "workloads": "workload,class,penalty,min_service\nchat,serve,5000,0.8",
            "demand": "workload,month,amount\nchat,2027-01,100\nchat,2027-12,151",
        }
    ),
    # Agreed leases to tenants that only a purchase or a new lease can cover.
    "cover in time": frames(
        {
            "power": "site,month,mw,price_per_mwh\nnorth,2027-01,2,60",
            "purchases": (
                "purchase,site,accelerator,unit_price,lead_months,lot_size,life_months,earliest\n"
                "gpus,north,gpu,20000,1,50,3,2026-01"
            ),
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,sublease,max_blocks\n"
                "lease,neo,europe,gpu,64,100000,block_month,3,yes,3"
            ),
            "outlets": (
                "outlet,tenant,accelerator,accelerators_per_block,price,per,term_months,committed_blocks,earliest\n"
                "owed,lab,gpu,90,50000,block_month,5,2,2027-03\nheld,lab,gpu,30,50000,block_month,20,1,2026-11"
            ),
            "workloads": "workload,class,penalty\nchat,serve,1200",
            "demand": "workload,month,amount\nchat,2027-02,40",
        },
        months=9,
    ),
}

# ---------------------------------------------------------------- with runs, commitments, policies and own rules
CASES |= {
    # Runs that compete with workloads and leases for capacity and power: placed in ramping contracts, in sites whose
    # fleet leaves, at the edge of their deadline; one required, one released before the plan, one due after it, one
    # too long to be run, one whose penalty falls due before the plan, one late whenever it is run.
    "runs": frames(
        {
            "power": "site,month,mw,price_per_mwh\nnorth,2027-01,0.55,60\nnorth,2027-06,0.9,45\nsouth,2027-01,0.3,30",
            "fleet": "site,accelerator,count,until\nnorth,gpu,400,2027-09\nnorth,tpu,150,\nsouth,gpu,260,",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,min_term_months,"
                "termination_fee_months,max_blocks,availability,sublease\n"
                "lease,neo,europe,gpu,100,1.4,accelerator_hour,,4,1,3,0.9,yes\n"
                "tpus,sister,america,tpu,120,95000,block_month,6,,,2,,"
            ),
            "ramps": "contract,month_of_term,capacity_fraction,price_fraction\nlease,0,0.4,0.5\nlease,2,1,1",
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,cloud,europe,gpu,3,200",
            "outlets": "outlet,tenant,accelerator,accelerators_per_block,price,per,term_months,max_blocks\n"
            "let,lab,gpu,60,1.9,accelerator_hour,3,3",
            "workloads": "workload,class,penalty,exclude\nchat,serve,2600,alpha",
            "demand": "workload,month,amount\nchat,2027-01,300\nchat,2027-05,420\nchat,2027-10,200",
            "training_runs": (
                "run,class,work,sizes,release,deadline,target,lateness_penalty,penalty,required,regions,exclude\n"
                "big,train,900,300;150;270,,2027-10,2027-04,150000,4000000,,,\n"
                "must,train,380,95;200,2026-05,2028-06,2027-02,40000,,yes,europe,\n"
                "other,study,144,60;30,2027-07,,,,500000,,america,investor\n"
                "whole,train,240,120,2027-11,2027-12,2027-11,10000,3000000,no,,in_house\n"
                "vast,train,50000,400,,,,,123456,,,\n"
                "past,train,10,50,,2026-10,,,54321,,,\n"
                "late,train,100,100;50,2027-03,2027-08,2026-11,7000,900000,,,neo"
            ),
        },
        discount_rate=0.1,
    ),
    # Spend commitments: one with a free start over years cut by the plan's end that opens a cheap rate, one that must
    # start in a window before contracts count, one for a provider whose agreed contract, upfronts and fees count.
    "spend commitments": frames(
        {
            "sites": "",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,min_term_months,"
                "termination_fee_months,upfront_per_block,max_blocks,committed_blocks,earliest,lead_months,sublease,integer\n"
                "lease,cloud,europe,gpu,70,110000,block_month,,3,2,30000,2,,,1,,no\n"
                "kept,neo,europe,gpu,60,70000,block_month,,4,1.5,,,2,2026-11,,yes,\n"
                "more,neo,america,tpu,60,82000,block_month,5,,,90000,1,,,2,,"
            ),
            "on_demand": (
                "offer,provider,region,accelerator,price,max_accelerators,commitment\n"
                "hourly,cloud,europe,gpu,3.4,150,\ndeal,cloud,europe,gpu,1.5,130,cloud-deal\n"
                "neo-deal,neo,america,tpu,1.2,60,neo-years\nsister-deal,sister,europe,gpu,1.9,50,sister-deal"
            ),
            "commitments": (
                "commitment,provider,annual_amount,years,earliest,latest,required\n"
                "cloud-deal,cloud,3000000,2,2026-09,2027-04,\nneo-years,neo,2500000,1,2027-03,2027-05,true\n"
                "sister-deal,sister,900000,1,2028-01,2029-01,no\nidle,lab,600000,3,2027-11,2027-12,yes\n"
                "too-late,sister,1,1,2028-07,2028-09,"
            ),
            "outlets": (
                "outlet,tenant,accelerator,accelerators_per_block,price,per,min_term_months,termination_fee_months\n"
                "let,cloud,gpu,30,90000,block_month,2,3"
            ),
            "workloads": "workload,class,penalty\nchat,serve,4000",
            "demand": (
                "workload,month,amount\nchat,2027-01,150\nchat,2027-06,260\nchat,2027-11,120\nchat,2028-02,310\n"
                "chat,2028-04,90"
            ),
            "budgets": "budget,from,to,amount,covers\nlate,2028-01,2028-12,2300000,opex",
        },
        months=17,
        discount_rate=0.07,
    ),
    # A commitment that must be taken but cannot start.
    "no start": frames(
        {
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,cloud,europe,gpu,3.5,120",
            "commitments": "commitment,provider,annual_amount,years,earliest,required\nlate,cloud,5,1,2028-02,true",
            "workloads": "workload,class,penalty\nchat,serve,5000",
            "demand": "workload,month,amount\nchat,2027-01,100",
        }
    ),
    # Shares of every subject, named and each one, over windows that cut.
    "shares": frames(
        {
            "power": "site,month,mw\nnorth,2027-01,0.6\nsouth,2027-01,0.4",
            "fleet": "site,accelerator,count,until\nnorth,gpu,200,2027-08\nsouth,tpu,120,",
            "purchases": "purchase,site,accelerator,unit_price,lot_size,lead_months,earliest\n"
            "gpus,north,gpu,16000,60,1,2027-02\ntpus,south,tpu,21000,40,2,",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,min_term_months,"
                "max_blocks,integer\nc1,cloud,europe,gpu,90,0.9,accelerator_hour,,3,3,\n"
                "c2,sister,america,tpu,50,1.0,accelerator_hour,5,,2,no\nc3,neo,asia,gpu,60,1.2,accelerator_hour,,2,3,no"
            ),
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,cloud,europe,gpu,3,400",
            "workloads": "workload,class,penalty\nchat,serve,3500",
            "demand": "workload,month,amount\nchat,2027-01,500\nchat,2027-05,800\nchat,2027-09,600",
            "policies": (
                "policy,rule,subject,member,limit,from,to\ngroups,max_share,group,,0.4,,\nalpha,max_share,group,alpha,0.3,2027-02,2027-06\n"
                "sister,max_share,provider,sister,0.15,2027-03,2027-09\ntags,max_share,tag,,0.35,2027-06,2028-06\n"
                "sites,max_share,site,south,0.3,2026-01,2027-06\nregions,max_share,region,,0.55,2027-04,2027-11\n"
                "own,max_share,provider,in_house,0.62,2027-07,\nbeyond,max_share,group,alpha,0,2028-01,2028-03"
            ),
        },
        months=9,
        discount_rate=0.06,
    ),
    # Outages of each subject: critical work moves to what is left, where leases stay and power binds.
    "outages": frames(
        {
            "power": "site,month,mw\nnorth,2027-01,0.5\nsouth,2027-01,0.32",
            "fleet": "site,accelerator,count\nnorth,gpu,320\nsouth,gpu,240\nsouth,tpu,60",
            "builds": "build,site,mw_per_block,max_blocks,lead_months,capex_per_mw\nhall,south,0.05,4,2,3000000",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,min_term_months,"
                "max_blocks,sublease\nc1,cloud,europe,gpu,40,1.1,accelerator_hour,,3,4,yes\n"
                "c2,sister,america,tpu,30,1.3,accelerator_hour,3,,4,\nc3,neo,asia,gpu,30,1.6,accelerator_hour,,1,4,yes"
            ),
            "on_demand": (
                "offer,provider,region,accelerator,price,max_accelerators,availability,commitment\n"
                "hourly,cloud,europe,gpu,4,90,0.9,\nspare,neo,america,tpu,2,45,,neo-deal"
            ),
            "commitments": "commitment,provider,annual_amount,years,latest\nneo-deal,neo,400000,1,2027-06",
            "outlets": (
                "outlet,tenant,sells,site,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,"
                "max_blocks\nlet,lab,,,gpu,50,,1.8,accelerator_hour,4,4\nspace,lab,mw,south,,,0.05,9000,block_month,6,2"
            ),
            "workloads": (
                "workload,class,penalty,critical,regions,exclude\nchat,serve,4000,0.8,,\n"
                "labs,study,2500,0.5,europe;america;asia,rival\nedge,serve,3000,,,"
            ),
            "demand": "workload,month,amount\nchat,2027-01,230\nchat,2027-05,340\nchat,2027-10,0\nchat,2027-11,280\n"
            "labs,2027-03,90\nedge,2027-01,120",
            "policies": (
                "policy,rule,subject,member,limit,from,to\nproviders,survive,provider,,0.9,2027-02,2027-08\n"
                "regions,survive,region,,0.7,2027-03,2027-11\nsites,survive,site,north,1,,2027-06\n"
                "rivals,survive,tag,rival,1,2027-09,\nown,survive,group,in_house,0.3,2027-04,2027-12"
            ),
        },
        discount_rate=0.06,
    ),
    # Leases to tenants and powered space that an outage must leave room for: first of capacity, then of power; a region
    # that only contracts and offers lie in.
    "lean refuge": frames(
        {
            "power": "site,month,mw\nsouth,2027-01,0.4\nsouth,2027-05,0.264",
            "fleet": "site,accelerator,count\nsouth,gpu,240",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,min_term_months,max_blocks\n"
                "c1,cloud,asia,gpu,40,0.9,accelerator_hour,1,8"
            ),
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,sister,asia,gpu,6,20",
            "outlets": (
                "outlet,tenant,sells,site,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,"
                "max_blocks\nlet,lab,,,gpu,15,,2.2,accelerator_hour,2,9\nspace,lab,mw,south,,,0.02,9000,block_month,2,3"
            ),
            "workloads": "workload,class,penalty,critical\nchat,serve,4000,0.7",
            "demand": "workload,month,amount\nchat,2027-01,250",
            "policies": (
                "policy,rule,subject,member,limit,from,to\ncloud,survive,provider,cloud,0.9,,2027-08\n"
                "alphas,survive,group,alpha,0.85,2027-09,2027-10\nregions,survive,region,,0.8,2027-11,"
            ),
        },
    ),
    # Nowhere left to run critical work.
    "no refuge": frames(
        {
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,cloud,europe,gpu,3.5,120\n"
            "other,neo,europe,gpu,3.5,120",
            "workloads": "workload,class,penalty,critical,exclude\nchat,serve,5000,0.1,neo",
            "demand": "workload,month,amount\nchat,2027-01,100",
            "policies": "policy,rule,subject,limit\nproviders,survive,provider,0.5",
        }
    ),
}

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
CASES["own rules"] = frames(_RULED | _rule_tables(), discount_rate=0.09)
CASES |= {
    # What is bought or built only because a rule says so, and comes after the plan; nothing in tables that are there;
    # names shared by provider, group and tag; own capacity excluded; a minimum term of 0 that lets a renewal start at
    # will; committed blocks that renew; a negative budget; numbers of blocks that are not whole.
    "odd corners": frames(
        {
            "providers": (
                "provider,kind,group,tags\ncloud,,neo,sister\nneo,,,cloud;lone\nsister,,lone,\nlab,tenant,neo,neo"
            ),
            "power": "site,month,mw,price_per_mwh\nnorth,2026-01,0.2,55",
            "fleet": "site,accelerator,count,until\nnorth,gpu,110,2026-12\nnorth,gpu,100,\nnorth,gpu,0,2027-03",
            "builds": (
                "build,site,mw_per_block,max_blocks,lead_months,capex_per_mw,payment,life_months,after\n"
                "wing,north,0.05,0,0,1000000,order,240,\nhall,south,0.1,2.5,9,700000,spread,1,\n"
                "shed,north,0.02,3,1,900000,delivery,3,hall"
            ),
            "purchases": (
                "purchase,site,accelerator,unit_price,lead_months,lot_size,max_per_month,max_total,deposit_fraction,"
                "life_months\ngpus,north,gpu,15000,7,7.5,40,,0.2,2\ntpus,south,tpu,9000,0,10,,0,,\n"
                "more,north,gpu,9000,1,10,25,38,1,1"
            ),
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,min_term_months,"
                "max_blocks,renews,committed_blocks,earliest,latest,upfront_per_block,notice_months,lead_months\n"
                "door,neo,europe,gpu,10,90000,block_month,,0,4.5,,,,,100,,\n"
                "cheap,neo,europe,gpu,40,30000,block_month,3,,3,door,,,,,,\n"
                "old,sister,europe,gpu,30,20000,block_month,,2,,,2,2026-12,,,2,\n"
                "new,sister,europe,gpu,30,21000,block_month,2,,9,old,2,2027-04,,7000,,3\n"
                "none,cloud,europe,tpu,50,1,block_month,1,,0,,,,,,,\n"
                "soon,cloud,europe,tpu,50,45000,block_month,4,,1,,,2026-06,2029-01,,,6"
            ),
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nfree,lab,asia,gpu,0,12\n"
            "zero,cloud,europe,gpu,1,0\nhourly,neo,europe,gpu,4,60",
            "outlets": (
                "outlet,tenant,accelerator,accelerators_per_block,price,per,term_months,max_blocks,committed_blocks,"
                "earliest\nlet,lab,gpu,20,52000,block_month,2,2,,\nlast,lab,gpu,5,50000,block_month,9,,1,2027-08"
            ),
            "workloads": (
                "workload,class,penalty,min_service,regions,exclude\nchat,serve,3000,,,lone\nlabs,study,2500,1,europe,\n"
                "away,serve,2800,,,in_house;cloud\nidle,serve,0,,,\nnever,study,99,0.5,,"
            ),
            "demand": "workload,month,amount\nchat,2026-12,90\nchat,2027-04,160\nlabs,2027-02,30\nlabs,2027-06,0\n"
            "away,2027-01,50\nidle,2027-01,500\nchat,2027-09,7",
            "training_runs": (
                "run,class,work,sizes,release,deadline,target,lateness_penalty,penalty,exclude\n"
                "fit,train,57,20,,,2027-02,30000,900000,neo\nfinal,study,45.6,20,2027-06,2027-08,,,800000,cloud;sister"
            ),
            "budgets": "budget,from,to,amount,covers,net\nearn,2027-06,2027-08,-20000,capex,yes\nall,,,5000000,,",
            "rules": (
                "rule,sense,rhs,from,to,each,penalty\nlate lots,>=,1,2027-07,,total,\nlate hall,=,1.5,,,total,80000\n"
                "swing,<=,30,2027-03,2027-06,,500\ntenant,<=,-250000,,,total,0.3\nnothing,<=,0,,,,"
            ),
            "rule_terms": (
                "rule,quantity,item,coefficient\nlate lots,started,gpus,\nlate hall,started,hall,\n"
                "swing,capacity,neo,1\nswing,leased,in_house,-1\nswing,capacity,lab,1\ntenant,spend,lab,\n"
                "late lots,spend,last,0\nlate lots,used,final,0.001"
            ),
            "policies": (
                "policy,rule,subject,member,limit,from,to\ntag,max_share,tag,cloud,0.6,2027-03,\n"
                "group,survive,group,neo,0,,\nall,max_share,region,europe,1,,"
            ),
        },
        months=8,
        hours_per_month=744,
        discount_rate=0.2,
    ),
    # A plan of one month.
    "one month": frames(
        {
            "power": "site,month,mw,price_per_mwh\nnorth,2027-01,0.3,60",
            "fleet": "site,accelerator,count\nnorth,gpu,150",
            "builds": "build,site,mw_per_block,lead_months,capex_per_mw\nhall,north,0.05,0,400000",
            "purchases": "purchase,site,accelerator,unit_price,life_months,lot_size\ngpus,north,gpu,3000,2,25",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,min_term_months,committed_blocks,"
                "earliest,termination_fee_months\nold,neo,europe,gpu,20,60000,block_month,1,2,2026-12,1\n"
                "new,cloud,europe,gpu,20,31000,block_month,5,,,1"
            ),
            "commitments": "commitment,provider,annual_amount,years,required\ndeal,cloud,240000,1,yes",
            "workloads": "workload,class,penalty,critical\nchat,serve,1700,0.6",
            "demand": "workload,month,amount\nchat,2027-01,260",
            "training_runs": "run,class,work,sizes,penalty,lateness_penalty,target\n"
            "run,train,19,20;10,50000,20000,2026-11",
            "policies": "policy,rule,subject,limit\nout,survive,provider,0.8",
        },
        months=1,
    ),
}
