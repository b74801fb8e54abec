"""How many steps of each computing kernel make a given time on this machine.

CPU time counts, not elapsed time, so that neighbours who take the core do not;
and the fastest of several runs, spread over a while, since what else disturbs a
run makes it longer and may last.
One step and many tell the fixed cost of a call from the cost of a step. Another
length is then asked for as a request would ask, and what it took is reported,
so that whoever reads the figures can see how well the lengths were kept.
"""

import time

import kernels

LONG_NS = 4_000_000
CHECK_NS = 2_000_000
REPEATS = 15
PAUSE_S = 0.008
FEWEST_PAGES = 256
"""What can be told from a single page."""


def calibrate(classes, log, known=None, repeats=REPEATS):
    """Rates of the kernels that `classes` use: {kind: (fixed ns, ns per step)}.

    Those that are `known` are not timed: runs that are compared with each other
    must do the same work, however fast the machine was when each began. The
    length that is asked for in the end runs `repeats` times.
    """
    used = {segment["kernel"] for each in classes for segment in each["segments"]}
    rates = {}
    kinds = {kind: kernels.COMPUTING[kind] for kind in used & set(kernels.COMPUTING)}
    largest = max(max(each["working_set_bytes"], each["leak_bytes"]) for each in classes)
    pages = max(FEWEST_PAGES, largest // kernels.PAGE)
    if largest:
        kinds["touch"] = kernels.touch
    for kind, kernel in sorted(kinds.items()):
        # What was touched and freed, the allocator keeps or gives back by its size:
        # a page is timed in as many as requests touch.
        touches = kind == "touch"
        rate = (known or {}).get(kind)
        if rate is None:
            rate = (0.0, _fastest(kernel, pages) / pages) if touches else _rate(kernel)
        rates[kind] = rate
        steps = pages if touches else steps_for(rate, CHECK_NS)
        took = _fastest(kernel, steps, repeats)
        log.write(
            event="calibrated",
            kernel=kind,
            fixed_ns=rate[0],
            step_ns=rate[1],
            check_asked_ns=round(steps * rate[1]) if touches else CHECK_NS,
            check_took_ns=took,
        )
    return rates


def steps_for(rate, ns):
    """Steps that take `ns`; at least one."""
    fixed, step = rate
    return max(1, round((ns - fixed) / step))


def _rate(kernel):
    steps = 16
    while _fastest(kernel, steps, repeats=2) < LONG_NS:
        steps *= 2
    one, many = _fastest(kernel, 1), _fastest(kernel, steps)
    if many <= one:
        raise RuntimeError("%s does not take longer for more steps" % kernel.__name__)
    step = (many - one) / (steps - 1)
    return max(0.0, one - step), step


def _fastest(kernel, steps, repeats=REPEATS):
    """Least CPU time in ns of `repeats` runs; threads of BLAS count as well."""
    best = None
    for turn in range(repeats):
        if turn:
            time.sleep(PAUSE_S)
        began = time.process_time_ns()
        kernel(steps)
        took = time.process_time_ns() - began
        best = took if best is None else min(best, took)
    return best
