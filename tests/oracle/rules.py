"""What binds: spend commitments, budgets, policies and the planner's own rules."""

from __future__ import annotations

from typing import Any

from tests.oracle.demand import drawn_mw, space_mw, supply_mw
from tests.oracle.tables import Row
from tests.oracle.world import MONEY, Flow, Pool, World, quicksum, size

CAPEX = {"build", "purchase"}
PENALTIES = {"unserved", "lateness", "not_run", "violation"}


def add_commitment_starts(w: World) -> None:
    """When each spend commitment starts; on-demand rates hang on it."""
    for row in w.tables["commitments"]:
        made = [one for one in w.tables["decided"] if one["decision"] == "commit_spend"]
        made = [one for one in made if one["item"] == row["commitment"]]
        if made:
            w.starts[row["commitment"]] = {made[0]["month"] if made[0]["starts"] is None else made[0]["starts"]: 1}
            w.spent[row["commitment"]] = made[0]["spent"] or 0
            continue
        months = range(max(row["earliest"], 0), min(row["latest"], w.T - 1) + 1)
        starts = {s: w.var(f"commit {row['commitment']} {s}", integer=True, most=1) for s in months}
        w.starts[row["commitment"]] = starts
        for s, start in starts.items():
            w.decide(s, start, "commit", row["commitment"])
        w.add(quicksum(starts.values()), "=" if row["required"] else "<=", 1)


def add_shortfalls(w: World) -> None:
    """Each year of each possible start pays what is short in it."""
    for row in w.tables["commitments"]:
        counted = w.money(lambda f, p=row["provider"]: _counts(f, p))
        for s, chosen in w.starts[row["commitment"]].items():
            for first in range(s, min(s + 12 * row["years"], w.T), 12):
                months = range(first, min(first + 12, w.T))
                if months[-1] < 0:
                    continue  # a year before the plan
                paid = quicksum(counted[t] for t in months if t >= 0)
                paid += w.spent.get(row["commitment"], 0) if first < 0 else 0
                short = MONEY * w.var(f"short {row['commitment']} {s} {first}")
                w.add(short + paid, ">=", row["annual_amount"] * len(months) / 12 * chosen)
                w.pay("shortfall", row["commitment"], row["provider"], months[-1], short, "commitment")


def _counts(flow: Flow, provider: str) -> bool:
    return flow.party == provider and flow.kind in ("contract", "offer")


def add_budgets(w: World) -> None:
    """Money out in a window, of the kinds covered."""
    for row in w.tables["budgets"]:
        not_out = PENALTIES | {"residual", "tail", "lease_out"}

        def covered(flow: Flow, row: Row = row, not_out: set[str] = not_out) -> bool:
            kind = {"all": True, "capex": flow.term in CAPEX, "opex": flow.term not in CAPEX}[row["covers"]]
            return (kind and flow.term not in not_out) or (row["net"] and flow.term == "lease_out")

        out = w.money(covered)
        w.add(quicksum(out[t] for t in _window(w, row)), "<=", row["amount"])


# ---------------------------------------------------------------- policies
def add_policies(w: World) -> None:
    """Exposure, and outages to survive."""
    for row in w.tables["policies"]:
        for member in [row["member"]] if row["member"] else _members(w, row["subject"]):
            lost = [pool for pool in w.pools.values() if member in _memberships(w, pool, row["subject"])]
            for t in _window(w, row):
                if row["rule"] == "max_share":
                    _cap_share(w, row, lost, t)
                else:
                    _survive(w, row, member, lost, t)


def _members(w: World, subject: str) -> list[str]:
    providers = w.tables["providers"]
    return sorted(
        {
            "provider": {row["provider"] for row in providers},
            "group": {w.group(row) for row in providers},
            "tag": {tag for row in providers for tag in row["tags"]},
            "site": {row["site"] for row in w.tables["sites"]},
            "region": {row["region"] for row in w.tables["sites"]} | {pool.region for pool in w.pools.values()},
        }[subject]
    )


def _memberships(w: World, pool: Pool, subject: str) -> set[str | None]:
    if subject in ("site", "region"):
        return {pool.site if subject == "site" else pool.region}
    if pool.kind == "in_house":
        return {"in_house"} if subject != "tag" else set()
    row = w.tables.by("providers", "provider", pool.provider)
    return {"provider": {pool.provider}, "group": {w.group(row)}, "tag": set(row["tags"])}[subject]


def _window(w: World, row: Row) -> range:
    return range(max(row["from"], 0), min(row["to"], w.T - 1) + 1)


def _cap_share(w: World, row: Row, members: list[Pool], t: int) -> None:
    def reference(pools: Any) -> Any:
        worth = {a["accelerator"]: a["reference"] for a in w.tables["accelerators"]}
        return quicksum(worth[pool.accelerator] * pool.capacity[t] for pool in pools if pool.kind != "offer")

    w.add(reference(members), "<=", row["limit"] * reference(w.pools.values()))


def _survive(w: World, row: Row, member: str, lost: list[Pool], t: int) -> None:
    gone = _lost_space(w, row, member)
    left = [pool for pool in w.pools.values() if pool not in lost]
    moved: dict[str, list[Any]] = {pool.name: [] for pool in left}
    for job in w.tables["workloads"]:
        name, done = job["workload"], []
        need = row["limit"] * job["critical"] * w.tables.step("demand", "workload", job["workload"], t, "amount")
        for pool in left if need else ():
            if (name, pool.name) in w.rates:
                share = w.var(f"{row['policy']} {name} on {pool.name} {t}")
                moved[pool.name].append(share)
                done.append(w.rates[name, pool.name] * share)
        w.add(quicksum(done), "=", need)
    for pool in left:
        w.add(quicksum(moved[pool.name]) + pool.leased(t), "<=", pool.capacity[t])
    for site in [s["site"] for s in w.tables["sites"] if member not in _site_memberships(s, row["subject"])]:
        own = [pool for pool in left if pool.site == site]
        drawn = quicksum(pool.mw * (quicksum(moved[pool.name]) + pool.leased(t)) for pool in own)
        w.add(drawn + space_mw(w, site, t), "<=", supply_mw(w, site, t, gone))


def _site_memberships(site: Row, subject: str) -> set[str]:
    """Members of a kind with which a site itself is lost."""
    return {"site": {site["site"]}, "region": {site["region"]}, "tag": set()}.get(subject, {"in_house"})


def _lost_space(w: World, row: Row, member: str) -> list[str]:
    """Contracts of MW that are lost with a member."""
    found = []
    for c in w.tables["contracts"]:
        party = w.tables.by("providers", "provider", c["provider"])
        belongs = {"provider": {c["provider"]}, "group": {w.group(party)}, "tag": set(party["tags"])}
        if c["supplies"] == "mw" and member in belongs.get(row["subject"], ()):
            found.append(c["contract"])
    return found


# ---------------------------------------------------------------- own rules
def add_rules(w: World) -> None:
    """The planner's own constraints."""
    terms_of = {row["rule"]: [term for term in w.tables["rule_terms"] if term["rule"] == row["rule"]]
                for row in w.tables["rules"]}  # fmt: skip
    items = {term["item"] for terms in terms_of.values() for term in terms if term["quantity"] == "spend"}
    spend = {item: _spend(w, item) for item in items}  # before violations of rules are paid
    for row in w.tables["rules"]:
        months, terms = _window(w, row), terms_of[row["rule"]]
        values = [
            quicksum(c["coefficient"] * _quantity(w, spend, c["quantity"], c["item"], t) for c in terms) for t in months
        ]
        if row["each"] == "month":
            for t, value in zip(months, values, strict=True):
                _add_rule(w, row, value, t)
        elif months:
            _add_rule(w, row, quicksum(values), months[-1])


def _add_rule(w: World, row: Row, value: Any, t: int) -> None:
    if row["penalty"] is not None:
        unit = size(value)
        over, under = unit * w.var(f"over {row['rule']} {t}"), unit * w.var(f"under {row['rule']} {t}")
        value = value - (over if row["sense"] != ">=" else 0) + (under if row["sense"] != "<=" else 0)
        w.pay("violation", row["rule"], "", t, row["penalty"] * (over + under))
    w.add(value, row["sense"], row["rhs"])


def _pools(w: World, item: str) -> list[Pool]:
    """Pools of a contract, offer, site, provider or in_house."""
    return [pool for pool in w.pools.values() if item in (pool.name, pool.site, pool.provider)]


def _quantity(w: World, spend: dict[str, list[Any]], quantity: str, item: str, t: int) -> Any:
    jobs = {row["workload"] for row in w.tables["workloads"]} | {row["run"] for row in w.tables["training_runs"]}
    if quantity == "capacity":
        return w.installed[item][t] if item in w.installed else quicksum(p.capacity[t] for p in _pools(w, item))
    if quantity == "started":
        return w.starts[item].get(t, 0)
    if quantity == "unserved":
        return w.unserved.get((item, t), 0)
    if quantity == "mw":
        return _mw(w, item, t)
    if quantity == "spend":
        return spend[item][t]
    if quantity == "leased":
        if item in w.active and not any(item == pool.name for pool in w.pools.values()):
            row = w.tables.by("outlets", "outlet", item)
            return row["accelerators_per_block"] * w.active[item][t]
        return quicksum(pool.leased(t) for pool in _pools(w, item))
    chosen = w.pools.values() if item in jobs else _pools(w, item)
    return quicksum(
        (1 if quantity == "used" else w.rates[job, pool.name]) * amount
        for pool in chosen
        for job, amount in pool.work.get(t, {}).items()
        if item not in jobs or item == job
    )


def _mw(w: World, item: str, t: int) -> Any:
    sites = [row["site"] for row in w.tables["sites"] if item in (row["site"], "in_house")]
    agreements = [(row, row.get("contract") or row["outlet"], row.get("provider"))
                  for table in ("contracts", "outlets") for row in w.tables[table]]  # fmt: skip
    blocks = [
        row["mw_per_block"] * w.left(name, t) * w.delivered[name][t]
        for row, name, party in agreements
        if item in (name, party)
    ]
    energised = [w.energised[item][t]] if item in w.energised else []
    return quicksum([drawn_mw(w, site, t) + space_mw(w, site, t) for site in sites] + blocks + energised)


def _spend(w: World, item: str) -> list[Any]:
    at = {row.get("build") or row["purchase"]: row["site"] for x in ("builds", "purchases") for row in w.tables[x]}
    return w.money(lambda flow: item in (flow.item, flow.party, at.get(flow.item)))
