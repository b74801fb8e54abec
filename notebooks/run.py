"""Executes the notebooks from a clean state and holds their text against what is committed.

    python notebooks/run.py             # fails if a cell raises or a text changes
    python notebooks/run.py --update    # keeps what comes out, pictures included

Pictures are not compared: fonts differ between machines. docs/unseen.md and the
answers in notebooks/README.md are made of what the notebooks say.
"""

import argparse
import copy
import difflib
import pathlib
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = pathlib.Path(__file__).resolve().parent
UNSEEN = HERE.parent / "docs" / "unseen.md"
README = HERE / "README.md"
BOOKS = (
    "lock-contention",
    "fork-spawn-memory",
    "recycling",
    "queueing-and-profiles",
    "calibration-and-validation",
    "claims-audit",
)
MARKS = ("<!-- answers -->\n", "<!-- /answers -->\n")
UNSEEN_HEAD = """# What the documents did not see

Each row is a section of a notebook in [notebooks/](../notebooks/README.md), which has the figures; this page is made of them by `notebooks/run.py`. Simulated figures have 95 % intervals over replications; measured ones say how many runs they are the median of and how far two runs differ.

"""


def outputs(cell):
    return cell.get("outputs", [])


def executed(path):
    """The notebook with new outputs; nothing of its old ones is looked at."""
    book = nbformat.read(path, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(
        book,
        timeout=120,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(HERE)}},
    ).execute()
    book.metadata.pop("widgets", None)
    book.metadata["language_info"] = {"name": "python"}
    for cell in book.cells:
        cell.metadata.pop("execution", None)
    return book


def text_of(book):
    """What the cells print, as lines."""
    lines = []
    for index, cell in enumerate(book.cells):
        for output in outputs(cell):
            data = output.get("data", {})
            text = data.get("text/markdown") or output.get("text")
            if text is None and "image/svg+xml" not in data:
                text = data.get("text/plain", "")
            lines += [f"cell {index}: {line}" for line in (text or "").splitlines()]
    return lines


def metadata_of(books, key):
    """What cells of the notebooks gave out under a key."""
    found = []
    for name, book in books.items():
        for cell in book.cells:
            for output in outputs(cell):
                if key in output.get("metadata", {}):
                    found.append((name, output.metadata[key]))
    return found


def unseen_page(books):
    """docs/unseen.md: a table of the findings."""
    heads = ["", "the document says", "the simulation shows", "measured", "to repeat"]
    lines = [heads, ["---"] * len(heads)]
    for name, found in metadata_of(books, "finding"):
        title = f"[{found['key']}](../notebooks/{name}.ipynb)"
        lines.append(
            [title, found["document"], found["simulated"], found["measured"], found["repeat"]]
        )
    rows = (" | ".join(" ".join(cell.split()) for cell in line) for line in lines)
    return UNSEEN_HEAD + "".join(f"| {row} |\n" for row in rows)


def readme_page(books):
    """notebooks/README.md with the answers between its marks."""
    page = README.read_text()
    head, rest = page.split(MARKS[0])
    tail = rest.split(MARKS[1])[1]
    rows = ["| notebook | question | answer |\n", "| --- | --- | --- |\n"]
    for name, text in metadata_of(books, "answer"):
        first = books[name].cells[0].source
        question = first.split("**Question.**")[1].split("\n\n")[0].strip()
        rows.append(f"| [{name}]({name}.ipynb) | {' '.join(question.split())} | {text} |\n")
    return head + MARKS[0] + "".join(rows) + MARKS[1] + tail


def differences(name, old, new):
    return list(
        difflib.unified_diff(old, new, f"{name} as committed", f"{name} now", lineterm="", n=0)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="keep what comes out")
    options = parser.parse_args()
    books, changed = {}, []
    for name in BOOKS:
        path = HERE / f"{name}.ipynb"
        committed = text_of(nbformat.read(path, as_version=4))
        try:
            book = executed(path)
        except CellExecutionError as error:
            sys.exit(f"{path.name}: a cell failed\n{error}")
        books[name] = book
        changed += differences(path.name, committed, text_of(book))
        if options.update:
            nbformat.write(copy.deepcopy(book), path)
        print(f"{path.name}: executed")
    for page, text in ((UNSEEN, unseen_page(books)), (README, readme_page(books))):
        old = page.read_text() if page.exists() else ""
        changed += differences(page.name, old.splitlines(), text.splitlines())
        if options.update:
            page.write_text(text)
    if changed and not options.update:
        print("\n".join(changed))
        sys.exit(
            "what the notebooks say is not what is committed; look, then UPDATE_NOTEBOOKS=1 bash .ci/notebooks"
        )


if __name__ == "__main__":
    main()
