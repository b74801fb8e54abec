# ---- the comparison

# The normal distribution's 97.5 % point.
Z = 1.959964


def quantile(values, share):
    """Point, low and high of a quantile: 95 %, by order statistics."""
    values, n = sorted(values), len(values)
    half = Z * math.sqrt(n * share * (1 - share))
    place = [n * share, n * share - half, n * share + half]
    return [values[min(max(math.ceil(p) - 1, 0), n - 1)] for p in place]


def observed(seen, peak):
    """Each figure as point, low and high."""
    first, last = min(s.due for s in seen), max(s.finished for s in seen)
    batch = PREDICTED["load"]["kind"] == "batch"
    # The first tenth is the pool warming up.
    warm = first if batch else first + (max(s.due for s in seen) - first) / 10
    kept = [s for s in seen if s.due >= warm and s.ok is True]
    figures = {}
    if kept:
        span = max(last - warm, 1e-9)
        half = Z * math.sqrt(len(kept)) / span
        rate = len(kept) / span
        figures["throughput"] = [rate, max(rate - half, 0), rate + half]
    for kind in {s.kind for s in kept}:
        times = [s.finished - s.due for s in kept if s.kind == kind]
        for share in (0.5, 0.95, 0.99):
            figures[f"{kind} p{round(share * 100)}"] = quantile(times, share)
    if batch:
        figures["makespan"] = [last - first] * 3
    if peak is not None:
        figures["peak_pss"] = [peak] * 3
    return figures


def show(unit, values):
    """A figure and its interval."""
    factor, unit = (1000, "ms") if unit == "s" and values[0] < 1 else (1, unit)
    point, low, high = (value * factor for value in values)
    return f"{point:.4g} {unit} [{low:.4g}, {high:.4g}]"


def compare(figures, tolerance):
    """Prints each figure; the number that are outside."""
    outside = 0
    print(f"{'figure':22}{'predicted':30}{'observed':30}")
    for figure in PREDICTED["figures"]:
        name, unit = figure["name"], figure["unit"]
        row = f"{name:22}{show(unit, [figure['point'], figure['low'], figure['high']]):30}"
        if name not in figures:
            print(row + "not run: " + ("name the process with --pid" if name == "peak_pss"
                                       else "no request of it was answered"))
            continue
        point, low, high = figures[name]
        fits = low <= figure["high"] * (1 + tolerance) and high >= figure["low"] * (1 - tolerance)
        why = figure.get("not_judged")
        outside += not (fits or why)
        change = (point / figure["point"] - 1) * 100 if figure["point"] else 0.0
        verdict = "not judged: " + why if why else "within" if fits else "OUTSIDE"
        print(f"{row}{show(unit, [point, low, high]):30}{change:+.1f} % {verdict}")
    return outside


def main():
    """Runs the load, prints the comparison, gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--for", dest="length", type=float, default=60.0, metavar="S",
                        help="length of the load in s [60]")
    parser.add_argument("--tolerance", type=float, default=0.2, metavar="SHARE",
                        help="beyond the predicted interval, as a share [0.2]")
    add_arguments(parser)
    options = parser.parse_args()
    print(f"{PREDICTED['workload']} on {PREDICTED['pool']}")
    seen, peak = run(options)
    answered = sum(s.ok is True for s in seen)
    if not answered:
        print("the pool gave no answer: " + (str(seen[0].ok) if seen else "no request was due"))
        return 30
    outside = compare(observed(seen, peak), options.tolerance)
    late = quantile([s.sent - s.due for s in seen], 0.99)[0]
    print(f"{len(seen)} requests, {len(seen) - answered} failed; "
          f"99 % were sent within {late * 1000:.3g} ms of their time")
    latencies = [f["point"] for f in PREDICTED["figures"] if f["name"].endswith(" p50")]
    if PREDICTED["load"]["kind"] != "batch" and latencies and late > 0.5 * min(latencies):
        print("not judged: this program could not keep the pace; run it on an idle machine")
        return 31
    return 40 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
