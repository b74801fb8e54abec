"""NumPy: products, element by element, sorting."""

import numpy

LEFT = numpy.random.default_rng(1).random((500, 500))
SIGNAL = numpy.random.default_rng(2).random(400_000)


def product():
    """A matrix product: BLAS, on several threads if it may."""
    return float((LEFT @ LEFT)[0, 0])


def smooth():
    """Element by element: releases the lock for each operation."""
    return float((numpy.sqrt(SIGNAL) * 3.0 + numpy.exp(-SIGNAL)).sum())


def order():
    """A sort: releases the lock."""
    return float(numpy.sort(SIGNAL)[0])
