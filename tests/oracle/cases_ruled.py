"""Cases of runs, spend commitments and policies."""

from __future__ import annotations

from tests.oracle.frames import frames
from tests.oracle.tables import Frames

RULED: dict[str, Frames] = {
    # Runs that compete with workloads and leases for capacity and power: placed in ramping contracts, in sites whose
    # fleet leaves, at the edge of their deadline; one required, one released before the plan, one due after it, one
    # too long to be run, one over before the plan, one late whenever it is run.
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
