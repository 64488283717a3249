"""The starter that ``capopt new`` writes: a small example that validates and solves, meant to be changed.

A company with one hall of its own sees two kinds of work grow. It can lease a bridge, commit for a year, extend the
hall, buy accelerators, use on-demand capacity, and lease out idle capacity. Every figure is made up.
"""

from __future__ import annotations

import tomllib

HEAD: dict[str, object] = tomllib.loads("""
format = 1
name = "starter"
title = "A starter to change: one hall, two offers, two workloads"
description = "One hall of our own, a lease until it is extended, and two kinds of work that grow."
sources = "Every figure is made up. Replace it, and say here where yours come from."
start = "2027-01"
months = 24
currency = "USD"
discount_rate = 0.08
hours_per_month = 730
""")

TABLES: dict[str, str] = {
    "accelerators": """
accelerator,kw,reference,vendor,description
h100,1.2,1,Nvidia,the kind the hall is full of
b200,1.9,2.2,Nvidia,the kind on offer
""",
    "throughput": """
class,accelerator,factor
serving,h100,1
serving,b200,2.4
batch,h100,1
batch,b200,2
""",
    "providers": """
provider,kind,group,tags
big-cloud,hyperscaler,,
small-cloud,neocloud,,rival
neighbour,tenant,,
""",
    "sites": """
site,region,pue,availability
hall,north,1.2,0.97
""",
    "power": """
site,month,mw,price_per_mwh
hall,2027-01,9,70
hall,2028-01,9,75
""",
    "fleet": """
site,accelerator,count,until
hall,h100,6000,
""",
    "builds": """
build,site,mw_per_block,max_blocks,lead_months,capex_per_mw,payment
extension,hall,4,2,10,9000000,spread
""",
    "purchases": """
purchase,site,accelerator,unit_price,lead_months,lot_size,max_total,deposit_fraction,maintenance_per_month
b200-lots,hall,b200,40000,8,250,3000,0.2,50
""",
    "contracts": """
contract,provider,region,accelerator,accelerators_per_block,price,per,term_months,min_term_months,notice_months,lead_months,latest,max_blocks,availability
bridge,small-cloud,north,h100,1000,2.4,accelerator_hour,,6,3,,,3,0.96
one-year,big-cloud,south,b200,500,5.2,accelerator_hour,12,,,3,2027-12,4,0.98
""",
    "ramps": """
contract,month_of_term,capacity_fraction,price_fraction
bridge,0,0.5,0.6
bridge,1,1,1
""",
    "on_demand": """
offer,provider,region,accelerator,price,max_accelerators,availability
by-the-hour,big-cloud,south,h100,4.2,400,0.99
""",
    "prices": """
item,month,price
by-the-hour,2028-01,3.9
""",
    "outlets": """
outlet,tenant,accelerator,accelerators_per_block,price,per,min_term_months,notice_months,lead_months,max_blocks
neighbour-h100,neighbour,h100,250,1.9,accelerator_hour,3,1,1,4
""",
    "workloads": """
workload,class,penalty,min_service,regions,exclude
assistant,serving,6000,0.9,,
archive,batch,1500,,north,rival
""",
    "demand": """
workload,month,amount
assistant,2027-01,4500
assistant,2027-04,5500
assistant,2027-06,7500
assistant,2028-01,10500
assistant,2028-07,15000
archive,2027-01,800
archive,2028-01,1200
""",
    "budgets": """
budget,from,to,amount,covers
investment-2027,2027-01,2027-12,150000000,capex
investment-2028,2028-01,2028-12,100000000,capex
""",
}
