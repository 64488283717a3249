"""Members of policies: whose pools they are, and which losses have to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.schema import IN_HOUSE

if TYPE_CHECKING:
    from optimizer.program.index import Index


def window(row: Any, horizon: int) -> range:
    """Months of the plan from ``from`` to ``to``."""
    return range(max(int(row.from_), 0), min(int(row.to), horizon - 1) + 1)


def members(index: Index, policy: Any) -> dict[str, frozenset[str]]:
    """Pools and contracts of MW of each member that a policy is about: the one named, or each one but ``in_house``."""
    names = [policy.member] if policy.member else _every(index, policy.subject)
    return {name: _pools(index, policy.subject, name) for name in names}


def losses(index: Index, policy: Any) -> dict[str, frozenset[str]]:
    """Members whose loss is not part of the loss of another one: surviving the larger one is surviving both."""
    every = members(index, policy)
    kept: dict[str, frozenset[str]] = {}
    for name, pools in every.items():
        larger = any(pools < other for other in every.values())
        if not larger and pools not in kept.values():
            kept[name] = pools
    return kept


def _every(index: Index, subject: str) -> list[str]:
    parties = index.rows["providers"]
    if subject == "provider":
        return [party.provider for party in parties]
    if subject == "group":
        return list(dict.fromkeys(party.group for party in parties))
    if subject == "tag":
        return list(dict.fromkeys(tag for party in parties for tag in party.tags))
    if subject == "site":
        return list(index.sites)
    return list(
        dict.fromkeys([*(row.region for row in index.sites.values()), *(p.region for p in index.pools.values())])
    )


def _pools(index: Index, subject: str, member: str) -> frozenset[str]:
    found = {name for name, pool in index.pools.items() if member in _belongs(index, subject, pool)}
    parties = {name: agreement.party for name, agreement in index.agreements.items() if agreement.supplies_mw}
    return frozenset(found | {name for name, party in parties.items() if member in _of_party(index, subject, party)})


def _belongs(index: Index, subject: str, pool: Any) -> tuple[str, ...]:
    """Members of a kind that a pool belongs to."""
    own = pool.source == IN_HOUSE
    if subject == "site":
        return (pool.place,) if own else ()
    if subject == "region":
        return (pool.region,)
    if own:
        return () if subject == "tag" else (IN_HOUSE,)
    return _of_party(index, subject, pool.party)


def _of_party(index: Index, subject: str, name: str) -> tuple[str, ...]:
    """Members of a kind that all that a provider supplies belongs to; its contracts of MW are lost with their site."""
    party = index.providers[name]
    belongs: dict[str, tuple[str, ...]] = {"provider": (name,), "group": (party.group,), "tag": party.tags}
    return belongs.get(subject, ())


def is_site_lost(index: Index, policy: Any, member: str, site: str) -> bool:
    """Whether a site itself is lost with a member of a policy."""
    lost = {"site": site, "region": index.sites[site].region, "provider": IN_HOUSE, "group": IN_HOUSE}
    return lost.get(policy.subject) == member
