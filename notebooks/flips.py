"""Who wins of two profiles, and where a swept value makes the other win."""

import polars as pl

from support import apart, of, over, shown

INDIFFERENT = 0.05
"""Less than this is no difference, as for `planner recommend`."""


def verdicts(rows, sweep, figure, one, other, group="", more=False, by="profile"):
    """For each swept value: the value, who wins of `one` and `other` or `None`, and their ratio.

    Less is better unless `more`; a winner is better by more than `INDIFFERENT`, and the
    intervals of the two share no value.
    """
    found = []
    for value in rows[sweep].unique().sort():
        there = rows.filter(pl.col(sweep) == value)
        pair = [
            of(there.row(by_predicate=pl.col(by) == name, named=True), figure, group)
            for name in (one, other)
        ]
        ratio = over(*pair)
        leads = (ratio["point"] > 1) == more
        matters = apart(*pair) and abs(ratio["point"] - 1) > INDIFFERENT
        found.append((value, (one if leads else other) if matters else None, ratio))
    return found


def turns(found, name, unit):
    """Between which swept values `name` begins or stops to win."""
    wins = [winner == name for _, winner, _ in found]
    edges = [index for index in range(1, len(wins)) if wins[index] != wins[index - 1]]
    if not edges:
        often = "always" if wins[0] else "never"
        return f"{often} wins, {shown(found[0][0], unit)} to {shown(found[-1][0], unit)}"
    return "; ".join(
        f"{'begins' if wins[index] else 'stops'} to win between {shown(found[index - 1][0], unit)}"
        f" and {shown(found[index][0], unit)}"
        for index in edges
    )


def branch(says, published, rows, advised, rival, *, swept, sweep, unit, figure, **how):
    """A row of the tree: advice, ratio and verdict at the published value, where it turns."""
    found = verdicts(rows, sweep, figure, advised, rival, **how)
    _, winner, ratio = min(found, key=lambda one: abs(one[0] - published))
    verdict = {advised: "confirmed", rival: "refuted", None: "no difference"}[winner]
    return [says, swept, shown(ratio), verdict, f"{advised} {turns(found, advised, unit)}"]
