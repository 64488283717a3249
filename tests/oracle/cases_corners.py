"""Cases of what is legal but odd."""

from __future__ import annotations

from tests.oracle.frames import frames
from tests.oracle.tables import Frames

CORNERS: dict[str, Frames] = {
    # What is bought or built only because a rule says so, and comes after the plan; nothing in tables that are there;
    # names shared by provider, group and tag; own capacity excluded; a minimum term of 0 that lets a renewal start at
    # will; committed blocks that renew; a negative budget; fractions of blocks; batches of a fleet.
    "odd corners": frames(
        {
            "providers": (
                "provider,kind,group,tags\ncloud,,neo,sister\nneo,,,cloud;lone\nsister,,lone,\nlab,tenant,neo,neo"
            ),
            "power": "site,month,mw,price_per_mwh\nnorth,2026-01,0.2,55",
            "fleet": "site,accelerator,count,until\nnorth,gpu,110,2026-12\nnorth,gpu,60,\nnorth,gpu,0,2027-03\n"
            "north,gpu,40,",
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
