"""A small instance that uses every table and has no fault and no warning, as cells that tests can change."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

Tables = dict[str, list[list[Any]]]  # header first; row 2 is tables[name][1]

HEAD: dict[str, Any] = {"format": 1, "name": "sample", "start": "2026-01", "months": 24}

_TABLES = {
    "accelerators": "accelerator,kw,reference,vendor\ngpu,1.2,1,Maker\ntpu,1.1,1.5,\n",
    "throughput": "class,accelerator,factor\nserve,gpu,1\nserve,tpu,1.4\ntrain,gpu,1\n",
    "providers": (
        "provider,kind,group,tags\ncloud,hyperscaler,alpha,investor;rival\nneo,neocloud,,rival\nlab,tenant,,\n"
    ),
    "sites": "site,region,pue,availability\nnorth,europe,1.2,0.97\nsouth,america,,\n",
    "power": "site,month,mw,price_per_mwh\nnorth,2025-06,10,60\nnorth,2026-09,12,55\n",
    "fleet": "site,accelerator,count,until\nnorth,gpu,4000,2027-06\n",
    "builds": (
        "build,site,mw_per_block,max_blocks,lead_months,capex_per_mw,payment,after\n"
        "hall-1,south,20,2,6,10000000,spread,\nhall-2,south,30,1,12,9000000,order,hall-1\n"
    ),
    "purchases": "purchase,site,accelerator,unit_price,lead_months,lot_size\nbuy-gpu,south,gpu,30000,3,1000\n",
    "contracts": (
        "contract,provider,region,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,"
        "min_term_months,notice_months,earliest,latest,ends_by,min_blocks,max_blocks,sublease,renews,committed_blocks\n"
        'lease,neo,europe,gpu,1000,1.4,"1,500,000",block_month,,6,3,,2026-06,,,2,yes,,\n'
        "five-year,cloud,america,tpu,500,0.8,700_000,mw_month,60,,,,,,,4,,,\n"
        "old,neo,europe,gpu,800,,2.1,accelerator_hour,12,,,2025-10,,,,,,,3\n"
        "old-again,neo,europe,gpu,800,,1.9,accelerator_hour,12,,,2026-10,2026-10,,1,3,,old,\n"
    ),
    "ramps": "contract,month_of_term,capacity_fraction,price_fraction\nlease,0,0.5,0.5\nlease,3,1,1\n",
    "interruptions": (
        "interruption,item,from,to,capacity_fraction,price_fraction\nrecall,five-year,2026-09,2026-10,0.5,0.8\n"
    ),
    "on_demand": (
        "offer,provider,region,accelerator,price,max_accelerators,commitment\nhourly,cloud,europe,gpu,4,500,\n"
        "hourly-deal,cloud,europe,gpu,3,500,deal\n"
    ),
    "commitments": "commitment,provider,annual_amount,years\ndeal,cloud,1e7,1\n",
    "prices": "item,month,price\nlease,2026-04,1400000\nhourly,2026-07,3.5\nbuy-gpu,2027-01,25000\n",
    "outlets": (
        "outlet,tenant,sells,site,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,min_term_months\n"
        "let,lab,,,gpu,100,,2.5,accelerator_hour,,3\nspace,lab,mw,south,,,5,150000,mw_month,12,\n"
    ),
    "workloads": (
        "workload,class,penalty,min_service,regions,exclude\n"
        "assistant,serve,3000,0.9,europe;america,\nstudy,train,2000,,,rival\n"
    ),
    "demand": "workload,month,amount\nassistant,2026-01,3000\nassistant,2027-01,5000\nstudy,2026-06,1000\n",
    "training_runs": (
        "run,class,work,sizes,release,deadline,target,lateness_penalty\n"
        "big,train,6000,1000;2000,2026-03,2027-06,2027-01,5e6\n"
    ),
    "budgets": "budget,from,to,amount,covers\nfirst-year,2026-01,2026-12,1e9,capex\n",
    "policies": "policy,rule,subject,member,limit\nspread,max_share,group,alpha,0.6\noutage,survive,site,north,0.5\n",
    "rules": "rule,sense,rhs,each\ncap,<=,10000,month\n",
    "rule_terms": "rule,quantity,item,coefficient\ncap,capacity,lease,1\n",
    "scenarios": "scenario,probability,known\nbase,0.7,\nslip,0.3,2026-01\n",
    "changes": (
        "scenario,table,key,column,how,value,from\n"
        "slip,builds,hall-1,lead_months,delay,6,\nslip,demand,*,amount,multiply,0.8,2027-12\n"
    ),
}


def sample() -> Tables:
    """A fresh copy of the tables."""
    return {name: list(csv.reader(text.splitlines())) for name, text in _TABLES.items()}


def put(tables: Tables, table: str, row: int, column: str, value: Any) -> None:
    """Change a cell; rows count from the header, which is row 1. A column that is not there yet is added."""
    header = tables[table][0]
    if column not in header:
        header.append(column)
        for record in tables[table][1:]:
            record.append("")
    tables[table][row - 1][header.index(column)] = value


def edited(edits: str) -> Tables:
    """The sample: ``fleet|2|count|9 & demand|study|2027-01|5 & ramps`` sets a cell, adds a row, drops a table."""
    tables = sample()
    for edit in edits.split(" & "):
        table, *cells = edit.split("|")
        if len(cells) == 3 and cells[0].isdigit():
            put(tables, table, int(cells[0]), cells[1], cells[2])
        elif cells:
            tables[table].append(cells)
        else:
            del tables[table]
    return tables


def write_folder(folder: Path, tables: Tables, head: dict[str, Any] | None = None) -> Path:
    """Write the folder carrier."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in (head or HEAD).items()]
    (folder / "instance.toml").write_text("".join(lines), encoding="utf-8")
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    return folder


def write_workbook(path: Path, tables: Tables, head: dict[str, Any] | None = None) -> Path:
    """Write the workbook carrier, every cell as text but for the head."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "instance"
    for pair in (("key", "value"), *(head or HEAD).items()):
        book["instance"].append(pair)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for i, record in enumerate(rows, start=1):
            for j, value in enumerate(record, start=1):
                if value != "":
                    sheet.cell(i, j).value = value
    book.save(path)
    return path
