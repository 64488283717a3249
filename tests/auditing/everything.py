"""A small instance whose plan has rows in every table and decisions of every kind, for tests that tamper with it."""

from __future__ import annotations

from functools import cache
from io import StringIO

import pandas as pd

import optimizer
from optimizer.plan.plan import Plan

HEAD = {
    "format": 1,
    "name": "everything",
    "start": "2030-01",
    "months": 8,
    "hours_per_month": 100,
    "discount_rate": 0.1,
}
TABLES = {
    "accelerators": "accelerator,kw,reference\ngpu,1,1\ntpu,2,2\n",
    "throughput": "class,accelerator,factor\nany,gpu,1\nany,tpu,2\ntrain,gpu,1\n",
    "providers": "provider,kind,group,tags\ncloud,hyperscaler,,\nneo,neocloud,alpha,rival\nlab,tenant,,\n",
    "sites": "site,region,pue,availability\nhall,here,1.25,0.9\n",
    "power": "site,month,mw,price_per_mwh\nhall,2030-01,0.1,50\n",
    "fleet": "site,accelerator,count\nhall,gpu,100\n",
    "builds": (
        "build,site,mw_per_block,lead_months,capex_per_mw,fixed_cost_per_mw_month,residual_fraction\n"
        "wing,hall,0.05,2,20000,100,0.5\n"
    ),
    "purchases": (
        "purchase,site,accelerator,unit_price,lot_size,lead_months,maintenance_per_month,latest,residual_fraction\n"
        "buy,hall,gpu,60,10,1,1,2030-03,0.5\n"
    ),
    "contracts": (
        "contract,provider,region,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,min_term_months,"
        "notice_months,termination_fee_months,upfront_per_block,earliest,lead_months,max_blocks,sublease,renews,"
        "committed_blocks,ends_by\n"
        "lease,neo,here,gpu,10,0.02,900,block_month,,2,1,0.5,50,,,3,yes,,,2031-06\n"
        "old,cloud,here,gpu,10,,800,block_month,5,,,,,2029-11,,,,,2,\n"
        "again,cloud,here,gpu,10,,700,block_month,2,,,,,,,2,,old,,\n"
        "fast,cloud,here,tpu,5,,600,block_month,3,,,,,,1,1,,,,\n"
    ),
    "ramps": "contract,month_of_term,capacity_fraction,price_fraction\nlease,0,0.5,0.6\nlease,1,1,1\n",
    "on_demand": (
        "offer,provider,region,accelerator,price,max_accelerators,commitment\n"
        "hourly,cloud,here,gpu,1.5,30,\nrate,cloud,here,gpu,1.2,20,deal\n"
    ),
    "commitments": "commitment,provider,annual_amount,years,required\ndeal,cloud,100000,1,yes\n",
    "outlets": (
        "outlet,tenant,sells,site,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,min_term_months,"
        "latest,max_blocks\n"
        "let,lab,accelerators,,gpu,10,,1500,block_month,,1,,2\n"
        "space,lab,mw,hall,,,0.01,3000,block_month,2,,2030-02,1\n"
    ),
    "workloads": "workload,class,penalty,critical\njobs,any,1000,0.4\nstudy,any,400,\n",
    "demand": (
        "workload,month,amount\njobs,2030-01,60\njobs,2030-02,80\njobs,2030-03,120\njobs,2030-04,200\njobs,2030-06,90\n"
        "jobs,2030-07,60\njobs,2030-08,40\nstudy,2030-01,20\n"
    ),
    "training_runs": (
        "run,class,work,sizes,deadline,target,lateness_penalty,penalty\n"
        "big,train,60,20;30,,2030-02,5000,1000000\nidle,train,60,20,2030-12,,,500\n"
    ),
    "budgets": "budget,amount\ncap,1e9\n",
    "policies": (
        "policy,rule,subject,member,limit\nspread,max_share,group,,0.9\nlose,survive,provider,,0.5\n"
    ),
    "rules": "rule,sense,rhs,each,penalty\nsoft,<=,40,month,10\nhard,>=,10,total,\n",
    "rule_terms": "rule,quantity,item\nsoft,used,jobs\nhard,served,big\n",
}  # fmt: skip


@cache
def everything() -> Plan:
    """A good plan of it, within 0.1 % of the best."""
    frames = {name: pd.read_csv(StringIO(text), dtype=str, keep_default_na=False) for name, text in TABLES.items()}
    return optimizer.solve(optimizer.read({"instance": HEAD, **frames}), gap=1e-3, threads=1)
