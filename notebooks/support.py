"""What the notebooks share: reading exports, numbers with intervals, the style of figures."""

import json
import pathlib
import tomllib

import matplotlib.pyplot as plt
import polars as pl
from IPython.display import Markdown, display
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from matplotlib_inline.backend_inline import set_matplotlib_formats

NOTEBOOKS = pathlib.Path(__file__).resolve().parent
ROOT = NOTEBOOKS.parent
DATA = NOTEBOOKS / "data"
MEASURED = NOTEBOOKS / "measured"

# Okabe and Ito: told apart with any colour vision, and in grey by their lightness.
BLUE, ORANGE, GREEN, RED, SKY, PURPLE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
)
GREY = "#666666"
MARKERS = "osD^vP"

plt.rcParams.update(
    {
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "figure.constrained_layout.use": True,
        "figure.facecolor": "white",
        "font.size": 9,
        "grid.color": "#dddddd",
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "lines.linewidth": 1.4,
        "lines.markersize": 4.5,
        "svg.fonttype": "path",
        "svg.hashsalt": "planner",
    }
)
set_matplotlib_formats("svg", metadata={"Date": None})


def exported(name):
    """A file of notebooks/data: a dictionary or a table."""
    return _read(DATA / name)


def measured(name):
    """A file of notebooks/measured/HOST; `None` if nobody measured it."""
    paths = sorted(MEASURED.glob(f"*/{name}"))
    return _read(paths[0]) if paths else None


def origin(name):
    """Host, date and command of a file of measurements."""
    path = sorted(MEASURED.glob(f"*/{name}"))[0]
    about = tomllib.loads((path.parent / "about.toml").read_text())
    return f"{path.parent.name}, {about['date']}: `{about['command'][name]}`"


def _read(path):
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    if path.suffix == ".csv":
        return pl.read_csv(path, infer_schema_length=None)
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    return json.loads(path.read_text())


def command(name):
    """The command that exported a file."""
    return json.loads((DATA / "commands.json").read_text())[name]


def of(row, figure, group=""):
    """A figure of a sweep's row with its interval; `figure` with its unit, as `p99_s`."""
    unit = next(
        (unit for unit in ("_per_s", "_s", "_bytes", "_share") if figure.endswith(unit)), ""
    )
    stem = figure.removesuffix(unit)
    tail = f"{unit}_{group}" if group else unit
    ends = {"point": "", "low": "_low", "high": "_high"}
    return {end: row[f"{stem}{part}{tail}"] for end, part in ends.items()}


SCALES = {
    "s": [(1, "s"), (1e-3, "ms"), (1e-6, "us")],
    "B": [(2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")],
    "/s": [(1, "/s")],
    "%": [(0.01, "%")],
    "": [(1, "")],
}


def shown(value, unit=""):
    """`1.84 s [1.83, 1.87]`, of a number or of an estimate."""
    estimate = value if isinstance(value, dict) else {"point": value}
    point = estimate["point"]
    scales = SCALES[unit]
    fits = (one for one in scales if abs(point) >= one[0])
    factor, name = next(fits, scales[-1]) if point else scales[0]
    gap = "" if name in ("", "/s") else " "
    text = f"{digits(point / factor)}{gap}{name}"
    if estimate.get("low") is None:
        return text
    return f"{text} [{digits(estimate['low'] / factor)}, {digits(estimate['high'] / factor)}]"


def digits(number):
    """Three significant digits, or three places, and never a power of ten."""
    if abs(number) < 1000 and abs(number - round(number)) < 1e-9 * abs(number) + 1e-12:
        return f"{number:.0f}"
    size = abs(number)
    if size < 0.0005:
        return "0.000"
    places = 0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3
    return f"{number:,.{places}f}"


def over(above, below):
    """The ratio of two estimates, with the widest interval that theirs allow."""
    return {
        "point": above["point"] / below["point"],
        "low": above["low"] / below["high"],
        "high": above["high"] / below["low"],
    }


def apart(one, other):
    """Do two intervals share no value?"""
    return one["high"] < other["low"] or other["high"] < one["low"]


def observed(cells, cell, figure):
    """A measured figure of `planner validate`'s table."""
    return cells.row(
        by_predicate=(pl.col("cell") == cell) & (pl.col("figure") == figure), named=True
    )


def seen(row, unit):
    """A measured figure with how far two runs differ, and its prediction."""
    gap = row["noise_floor"]
    spread = "1 run" if gap is None else f"{row['runs']} runs, {100 * gap:.0f} % apart"
    return f"{shown(row['observed'], unit)} ({spread})"


def foreseen(row, unit):
    """The prediction of that figure, with its 90 % interval."""
    point, low, high = row["predicted"], row["predicted_low"], row["predicted_high"]
    return shown({"point": point, "low": low, "high": high}, unit)


def band(axes, rows, x, figure, group="", factor=1, **style):
    """A line with the band of its intervals."""
    rows = rows.sort(x).to_dicts()
    xs = [row[x] for row in rows]
    estimates = [of(row, figure, group) for row in rows]
    axes.plot(xs, [one["point"] * factor for one in estimates], **style)
    lows, highs = ([one[end] * factor for one in estimates] for end in ("low", "high"))
    axes.fill_between(xs, lows, highs, color=style.get("color"), alpha=0.2, linewidth=0)


def logarithmic(axes, which):
    """Logarithmic axes, `x`, `y` or `xy`, with numbers that can be read."""
    for axis in (getattr(axes, f"{letter}axis") for letter in which):
        getattr(axes, f"set_{axis.axis_name}scale")("log")
        low, high = axis.get_view_interval()
        axis.set_major_locator(LogLocator(subs=(1,) if high / low > 100 else (1, 2, 5), numticks=12))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def table(heads, rows):
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    display(Markdown("\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)))


def finding(key, document, simulated, real, repeat):
    """What a document did not see: shown here, collected into docs/unseen.md."""
    found = {
        "key": key,
        "document": document,
        "simulated": simulated,
        "measured": real,
        "repeat": repeat,
    }
    text = (
        f"**The document.** {document}\n\n**The simulation.** {simulated}\n\n"
        f"**The machine.** {real}\n\n**To repeat.** {repeat}"
    )
    display(Markdown(text), metadata={"finding": found})


def answer(text):
    """The closing answer, collected into notebooks/README.md."""
    display(Markdown(f"**Answer.** {text}"), metadata={"answer": text})
