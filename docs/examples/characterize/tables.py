"""pandas: many short calls, some with the lock and some without."""

import numpy
import pandas

RANDOM = numpy.random.default_rng(1)
SALES = pandas.DataFrame(
    {"shop": RANDOM.integers(0, 200, 100_000), "amount": RANDOM.random(100_000)}
)


def report():
    """Group, aggregate, sort."""
    sums = SALES.groupby("shop")["amount"].agg(["sum", "mean", "max"])
    return float(sums.sort_values("sum")["sum"].iloc[-1])
