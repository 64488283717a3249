"""Members of policies and the pools that are lost with each."""

from __future__ import annotations

from typing import Any

from optimizer.auditing.pools import Pool
from optimizer.instance.instance import Instance
from optimizer.schema import IN_HOUSE

Members = dict[str, frozenset[int]]


def members(instance: Instance, pools: list[Pool], policy: Any) -> Members:
    """Places of the pools of each member that a policy is about: of the one named, or of each one but ``in_house``."""
    if policy.member:
        return _pools_of(instance, [policy.member], pools, policy.subject)
    return each(instance, pools, policy.subject)


def each(instance: Instance, pools: list[Pool], subject: str) -> Members:
    """Places of the pools of each member of a kind but ``in_house``."""
    return _pools_of(instance, _all_members(instance, pools, subject), pools, subject)


def _pools_of(instance: Instance, names: list[str], pools: list[Pool], subject: str) -> Members:
    """Places of pools, and of contracts of MW after them, that belong to each of some members."""
    parties = {row.provider: row for row in instance.rows["providers"]}
    found = {name: {place for place, one in enumerate(pools) if name in _belongs_to(one, subject)} for name in names}
    for place, row in enumerate(space(instance), start=len(pools)):
        party = parties[row.provider]
        belongs = {"provider": [party.provider], "group": [party.group], "tag": party.tags}.get(subject, ())
        for name in found:
            found[name] |= {place} if name in belongs else set()
    return {name: frozenset(places) for name, places in found.items()}


def space(instance: Instance) -> list[Any]:
    """Rows of the contracts that supply MW; the places after those of the pools are theirs."""
    return [row for row in instance.rows["contracts"] if row.supplies == "mw"]


def is_site_lost(row: Any, subject: str, member: str) -> bool:
    """Whether a site itself is lost with a member: itself, its region, or the planner's own sites together."""
    return member == {"site": row.site, "region": row.region, "provider": IN_HOUSE, "group": IN_HOUSE}.get(subject)


def worst(every: Members) -> Members:
    """Members whose pools are not contained in those of another; of members with the same pools, the first."""
    found: Members = {}
    for name, lost in every.items():
        if lost not in found.values() and not any(lost < other for other in every.values()):
            found[name] = lost
    return found


def _all_members(instance: Instance, pools: list[Pool], subject: str) -> list[str]:
    """Each member of a kind, in the order of the instance."""
    providers, sites = instance.rows["providers"], instance.rows["sites"]
    if subject == "region":
        return list(dict.fromkeys([row.region for row in sites] + [pool.region for pool in pools]))
    if subject == "tag":
        return list(dict.fromkeys(tag for row in providers for tag in row.tags))
    rows = sites if subject == "site" else providers
    return list(dict.fromkeys(getattr(row, subject) for row in rows))


def _belongs_to(pool: Pool, subject: str) -> frozenset[str]:
    """Members of a kind that a pool belongs to."""
    if subject == "site":
        return frozenset([pool.place]) if pool.own else frozenset()
    if subject == "region":
        return frozenset([pool.region])
    if subject == "tag":
        return pool.tags
    return frozenset([IN_HOUSE if pool.own else pool.party if subject == "provider" else pool.group])
