"""One small instance per constraint family, whose rows stand in ``<family>.lp``: small enough to be checked by eye.

The comment over each says what its rows must read.
"""

from __future__ import annotations

from collections.abc import Callable

from optimizer.instance.instance import Instance
from tests.golden.instances import (
    budgets,
    builds,
    commitments,
    delivery,
    long_run,
    metered,
    minimum,
    options,
    outages,
    outlets,
    power,
    purchase,
    ramped,
    renewals,
    rules,
    shares,
    signatures,
    terms,
    uses,
    work,
)

Case = Callable[[], Instance]

CASES: dict[str, Case] = {
    # B[b,t] = B[b,t-1] + o[b,t] in the order months, 1 and 2; B <= 3, whole
    "build_stock": lambda: builds({"lead_months": 1, "max_blocks": 3, "earliest": 1, "latest": 2}),
    # B[east,t] / 4 <= B[west,t] / 2; west, last ordered in month 1, stays then
    "build_after": lambda: builds(
        {"build": "west", "max_blocks": 2, "latest": 1},
        {"build": "east", "max_blocks": 4, "after": "west", "latest": 2},
    ),
    # U x 0.5 x 1.2 + 3 A[space] <= 10, and 20 + 5 B[wing,0] in month 1
    "site_power": power,
    # g[grid] <= 0.5 x 4 N in month 0, interrupted, and <= 4 N in month 1
    "drawn_delivered": metered,
    # g <= v
    "billed_drawn": metered,
    # 0.75 x 0.5 x 4 N <= v in month 0, 0.75 x 4 N <= v in month 1
    "billed_least": metered,
    # I[t] = I[t-1] + l[t-1] - l[t-3]: a lead of 1 and a life of 2; no order in month 4, which would come too late
    "purchase_stock": lambda: purchase(5, lead_months=1, life_months=2),
    # sum of l <= 23 / 5; l <= 12 / 5, that is 2 whole lots, in each month
    "purchase_total": lambda: purchase(3, max_total=23, max_per_month=12, latest=1),
    # U <= 10 + 5 I[t], and nothing is installed in month 0
    "in_house_capacity": lambda: purchase(2, lead_months=1),
    # fixed: A = A[t-1] + n[t] - n[t-2]; open: A = A[t-1] + n[t] - q[t], from month 1 till month 2 (`ends_by`);
    # old: A = A[t-1] - q[t] from 4 on, q in month 3 at the earliest
    "active_balance": terms,
    # up: D = D[t-1] + 0.25 n[t] + 0.5 n[t-1] + 0.25 n[t-2] - q[t]
    # down, 3 blocks at age 1 in month 0, the last: D[0] = 3 at 1.0; D[1] = D[0] - 0.5 x 3 at age 2; gone in month 2
    "delivered_balance": ramped,
    # F = F[t-1] + n[t] - n[t-2]; old: 4 at first, 0 from month 2 on (minimum term of 3 from month -1)
    "firm_balance": minimum,
    # F <= A
    "minimum_term": minimum,
    # 2 z <= n
    "signature_least": signatures,
    # n <= 5 z
    "signature_most": signatures,
    # next: n <= 4 in month 2, in which old expires, else 0
    # more: n <= q[now] up to month 1, and in month 2, after `ends_by`, n <= A[now,1]
    "renewal": renewals,
    # N[tier] <= 3 y; agreed: N = 2 <= 2 y in months 0 and 1
    "option_active": options,
    # tier: 2 y <= N[base], and y <= 0 in month 2, after base has ended; agreed: y <= N[tier]
    "option_required": options,
    # plain: U <= 10 A; slow, with a ramp: U <= 20 D
    "contract_capacity": delivery,
    # x[any,own] + x[any,lease] = 10 A[any], not from the contract without sublease, nor from the lab's own;
    # x[ours,own] = 10 A[ours] in month 0
    "outlet_cover": outlets,
    # U = a + 10 x (y10 started in this month or the one before) + 20 x (y20 started in this month) + x
    "pool_use": uses,
    # own: 0.75 x 2 a; by the hour: 0.5 x 2 a, not for chats; + u = d; u <= d / 2 for jobs; no chats in month 0
    "demand_met": work,
    # sum of y + g = 1 (g = 0 if required); size 10 takes 2 months, size 5 takes 4, all in months 1 to 5
    "run_once": long_run,
    # sum of w <= 1, and = 1 where required
    "commitment_once": lambda: commitments(2, {}, {"commitment": "must", "required": True}),
    # W = W[t-1] + w[t] - w[t-12]: a year from month 0 or 1 on
    "running_balance": lambda: commitments(14),
    # S = S[t-1] + 3 n + 10 A + 20 q + (0.02 or 0.01) x 100 U: upfront, price, fee, by the hour
    "spend_balance": lambda: commitments(3),
    # h[b] + S[e] - S[b-1] >= 120 x months / 12 x w: years from months 0, 1, 12 (2 months left), 13 (1 month left)
    "commitment_year": lambda: commitments(14, {"years": 2}),
    "commitment_total": lambda: commitments(14, {"years": 2}),
    # U <= 20 W
    "rate_holds": lambda: commitments(2),
    # R = 10 + 5 I + 10 A[lease] + 2 x 10 A[neo]
    "reference_balance": shares,
    # cloud: 10 A <= 0.6 R; neo: 2 x 10 A <= 0.6 R; lab has nothing to limit
    "share_limit": shares,
    # 2 e[own] + 2 e[lease] + 0.5 x 2 e[hourly], without the lost one's, = 0.8 x 0.5 x 20
    "outage_demand": outages,
    # e + x <= 10 at the site, <= 10 A on the lease, e <= 10 by the hour
    "outage_capacity": outages,
    # 0.5 (e + x) <= 6
    "outage_power": outages,
    # hard: 2 x 10 A - a <= 30 in each month; soft: n[1] + n[2] - over + under = 5 in month 2
    # (hard is divided by 10, the power of ten near its coefficients)
    "own_rule": rules,
    # capex, months 1 and 2 of a lot at 10, 4 at order and 6 a month later, <= 30
    # opex, months 0 and 1: upkeep 5 I, 10 A + 20 q, 0.02 x 100 U, <= 20
    # net, month 1: all of it less 3 n[let] at signature and 7 n[let] by the month, <= 40
    "budget_limit": budgets,
}
