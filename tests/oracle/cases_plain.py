"""Cases of supply, tenants, workloads and budgets."""

from __future__ import annotations

from tests.oracle.frames import frames
from tests.oracle.tables import Frames

PLAIN: dict[str, Frames] = {
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
    # Builds and purchases under way: paid at order, on delivery and in instalments, at agreed prices and those of their
    # month; some delivered and worn out before or within the plan, one still to come after it, and limits used in part.
    "ordered before": frames(
        {
            "power": "site,month,mw,price_per_mwh\nnorth,2026-03,0.2,90\nsouth,2027-03,0.1,70",
            "builds": (
                "build,site,mw_per_block,max_blocks,lead_months,capex_per_mw,payment,fixed_cost_per_mw_month,"
                "life_months,residual_fraction,after,integer\n"
                "hall,north,0.15,4,5,6000000,spread,9000,30,0.7,,\n"
                "annex,north,0.1,3,0,950000,spread,4000,6,,hall,\n"
                "late,south,0.2,3,20,900000,delivery,0,240,0.5,,\n"
                "next,south,0.1,2.5,4,3000000,delivery,3000,9,0.9,,false"
            ),
            "purchases": (
                "purchase,site,accelerator,unit_price,lead_months,lot_size,max_per_month,max_total,deposit_fraction,"
                "maintenance_per_month,life_months,residual_fraction,integer\n"
                "gpus,north,gpu,24000,4,40,130,270,0.3,60,5,0.8,\n"
                "tpus,south,tpu,30000,1,25,,,0.5,,48,0.6,\n"
                "more,north,tpu,26000,3,30,75,,0.25,35,7,,false"
            ),
            "prices": "item,month,price\ngpus,2026-10,12000\ngpus,2026-12,19000\ntpus,2027-07,22000",
            "decided": (
                "month,decision,item,blocks,starts,ends,price\n"
                "2026-09,order_build,hall,1,2027-02,,\n2026-11,order_build,hall,2,,,5500000\n"
                "2026-12,order_build,annex,1,,,\n2026-10,order_build,late,1,2028-06,,\n"
                "2026-10,order_build,next,0.75,,,2500000\n"
                "2026-11,buy,gpus,2,,,\n2026-12,buy,gpus,1,2027-04,2027-08,21000\n2026-02,buy,gpus,1,,,\n"
                "2026-12,buy,tpus,3,,,\n2026-09,buy,more,1.5,,,25000"
            ),
            "workloads": "workload,class,penalty,min_service\nchat,serve,9000,\nlabs,study,6000,",
            "demand": (
                "workload,month,amount\nchat,2026-11,150\nchat,2027-06,400\nchat,2027-10,600\nlabs,2027-02,120\n"
                "labs,2027-05,0\nlabs,2027-07,160"
            ),
        },
        discount_rate=0.12,
    ),
    # Spend commitments made before the plan: one in its second year, of which a part was spent, one that starts later
    # in it, one that is over; the rates of all of them, and one that the plan can make.
    "committed before": frames(
        {
            "commitments": (
                "commitment,provider,annual_amount,years,earliest,latest,required\nold,neo,4000000,3,,,true\n"
                "next,cloud,3000000,1,,,\nover,cloud,9000000,1,,,true\nfree,cloud,2500000,1,2027-03,2027-05,"
            ),
            "on_demand": (
                "offer,provider,region,accelerator,price,max_accelerators,availability,commitment\n"
                "old-rate,neo,east,gpu,1.9,150,0.95,old\nnext-rate,cloud,west,gpu,1.7,100,,next\n"
                "over-rate,cloud,west,gpu,0.5,500,,over\nfree-rate,cloud,west,tpu,1.2,80,,free\n"
                "list,cloud,west,tpu,6,500,,"
            ),
            "decided": (
                "month,decision,item,starts,ends,spent\n2025-10,commit_spend,old,,2028-09,1100000\n"
                "2026-12,commit_spend,next,2027-04,,\n2025-06,commit_spend,over,2025-08,,5"
            ),
            "workloads": "workload,class,penalty\nchat,serve,9000\nlabs,study,6000",
            "demand": (
                "workload,month,amount\nchat,2026-11,150\nchat,2027-06,300\nlabs,2027-02,120\nlabs,2027-05,0\n"
                "labs,2027-07,160"
            ),
        },
        discount_rate=0.1,
    ),
    # Runs placed before the plan: one under way in an own pool that gets smaller, late; one on a contract that
    # starts in the plan; one that is over and required; one that the plan can place, and own rules.
    "running before": frames(
        {
            "power": "site,month,mw,price_per_mwh\nnorth,2026-03,0.6,90",
            "fleet": "site,accelerator,count,until\nnorth,gpu,200,2027-08\nnorth,gpu,150,",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,max_blocks\n"
                "lease,neo,europe,tpu,60,900,accelerator_month,7,4"
            ),
            "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nlist,cloud,west,gpu,6,500",
            "training_runs": (
                "run,class,work,sizes,release,deadline,target,lateness_penalty,penalty,required\n"
                "long,train,900,120;80,,2027-08,2027-03,40000,5000000,\nsoon,train,500,100,,,2027-04,30000,,true\n"
                "over,train,200,100,,,,,9000000,true\nfree,train,400,110;90,,,2027-09,20000,2500000,"
            ),
            "decided": (
                "month,decision,item,starts,ends,pool,accelerators\n2026-10,start_run,long,,2027-05,north/gpu,120\n"
                "2026-12,start_run,soon,2027-03,,lease,\n2026-07,start_run,over,,,north/gpu,100"
            ),
            "rules": (
                "rule,sense,rhs,each,penalty\nbusy,<=,250,month,700\ndone,>=,1300,total,90\nfew,<=,1,total,100000\n"
                "north,<=,280,month,50\nleft,<=,0,total,777"
            ),
            "rule_terms": (
                "rule,quantity,item,coefficient\nbusy,used,long,1\nbusy,used,in_house,1\nbusy,used,soon,1\n"
                "done,served,long,1\ndone,served,soon,0.5\ndone,served,lease,1\nfew,started,soon,1\n"
                "few,started,long,1\nfew,started,free,1\nnorth,served,north,1\nleft,unserved,long,1\n"
                "left,unserved,free,1"
            ),
            "workloads": "workload,class,penalty\nchat,serve,9000",
            "demand": "workload,month,amount\nchat,2026-11,150\nchat,2027-06,300",
        },
        discount_rate=0.1,
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
