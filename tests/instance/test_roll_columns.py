"""Every column has a rule for what a rolled instance has in it."""

from __future__ import annotations

from optimizer.schema import load_schema

# What a rolled instance has in a column follows from its role: of a month with the default of the plan's first, of a
# window, a step series, a limit over a window, `until`, an agreed price. All other columns stay as they are.
KNOWN = {
    "instance": "format name title description sources start months currency discount_rate hours_per_month "
    "risk_measure risk_weight risk_level max_scenarios seed tail_fraction",
    "accelerators": "accelerator kw reference vendor description",
    "throughput": "class accelerator factor",
    "providers": "provider kind group tags",
    "sites": "site region pue availability latitude longitude",
    "power": "site month mw price_per_mwh",
    "fleet": "site accelerator count until",
    "builds": "build site mw_per_block max_blocks integer earliest latest lead_months capex_per_mw payment "
    "fixed_cost_per_mw_month life_months residual_fraction after",
    "purchases": "purchase site accelerator unit_price lead_months earliest latest lot_size integer max_per_month "
    "max_total deposit_fraction maintenance_per_month life_months residual_fraction",
    "contracts": "contract provider region accelerator accelerators_per_block mw_per_block price per term_months "
    "min_term_months notice_months termination_fee_months earliest latest lead_months ends_by min_blocks max_blocks "
    "integer upfront_per_block availability sublease renews committed_blocks supplies site requires requires_blocks "
    "minimum_take escalation prepaid_fraction",
    "ramps": "contract month_of_term capacity_fraction price_fraction",
    "interruptions": "interruption item from to capacity_fraction price_fraction",
    "on_demand": "offer provider region accelerator price max_accelerators availability commitment",
    "commitments": "commitment provider annual_amount years earliest latest required",
    "prices": "item month price",
    "outlets": "outlet tenant sells site accelerator accelerators_per_block mw_per_block price per term_months "
    "min_term_months notice_months termination_fee_months earliest latest lead_months ends_by min_blocks max_blocks "
    "integer upfront_per_block committed_blocks",
    "workloads": "workload class penalty min_service critical regions exclude",
    "demand": "workload month amount",
    "training_runs": "run class work sizes release deadline target lateness_penalty penalty required regions exclude",
    "decided": "month decision item blocks starts ends pool price spent party accelerators mw committed_cost",
    "budgets": "budget from to amount covers net",
    "policies": "policy rule subject member limit from to",
    "rules": "rule sense rhs from to each penalty",
    "rule_terms": "rule quantity item coefficient",
    # Instances with these are refused.
    "scenarios": "scenario probability known title",
    "risks": "risk outcome probability known title",
    "changes": "scenario risk outcome table key column how value from to",
}


def test_every_column_has_a_rolling_rule() -> None:
    """Tests that no column is added without a decision on what a rolled instance has in it.

    Add the column to the list once `optimizer/instance/roll.py` rolls it, or once it is right that it stays as it is.
    """
    schema = load_schema()
    assert {table.name: " ".join(table.columns) for table in (schema.head, *schema.tables.values())} == KNOWN


def test_every_table_of_items_can_lapse() -> None:
    """Tests that a table on whose rows is decided has a window, by which they lapse."""
    assert [name for name, table in load_schema().tables.items() if table.decisions and not table.window] == []
