"""Writes the modules of a program: `python write_program.py FOLDER BYTES`.

A package `application` comes to stand in FOLDER, of as many modules as take
BYTES of private memory once they are imported; that is measured by importing one
after the other here. Each has what modules are made of: functions, classes,
docstrings, tables. Unlike one large object, all of this has reference counts and
is seen by the collector, so that a forked child comes to own some of its pages.

All modules have the same text, which is compiled once.
"""

import importlib
import importlib.util
import os
import py_compile
import shutil
import sys

FUNCTIONS = 60
CLASSES = 12
METHODS = 6
ROWS = 80

FUNCTION = '''

def function_{0}(first, second=None, *rest, **options):
    """Of kind {0}: joins what is given, and counts it.

    first    what comes first, or several of it
    second   what comes next, if anything does
    """
    found = {{"first_{0}": first, "second_{0}": second, "rest": rest}}
    for key, value in sorted(options.items()):
        if value is None or key.startswith("_"):
            continue
        found["option_{0}_" + key] = [part for part in str(value).split(",") if part]
    try:
        size = sum(len(str(value)) for value in found.values())
    except (TypeError, ValueError) as error:
        raise RuntimeError("kind {0} cannot count %r" % (first,)) from error
    return found if size > {0} else dict(found, size_{0}=size)
'''
CLASS = '''

class Keeper{0}:
    """Keeps what it is asked for."""

    def __init__(self):
        self._kept_{0} = {{}}
'''
METHOD = '''
    def method_{0}_{1}(self, key, default={1}):
        """What is kept as `key`, or `default` if there is nothing."""
        value = self._kept_{0}.get(key, default)
        if isinstance(value, (list, tuple)):
            value = [self.method_{0}_{1}(part, default) for part in value]
        self._kept_{0}[key] = value
        return value
'''
ROW = '    "key {0}": ({0}, {0}.5, "a value of {0}", ["{0}", None]),\n'


def source():
    """The text of a module."""
    text = ['"""A part of a program."""\n']
    text += [FUNCTION.format(number) for number in range(FUNCTIONS)]
    for number in range(CLASSES):
        text.append(CLASS.format(number))
        text += [METHOD.format(number, method) for method in range(METHODS)]
    rows = "".join(ROW.format(number) for number in range(ROWS))
    return "".join(text) + "\n\nTABLE = {\n" + rows + "}\n"


def compiled(path):
    """The bytecode of `path`, made by a child: this one's memory stays as it is."""
    cached = importlib.util.cache_from_source(path)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            # Valid under any name and at any time.
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(path, cached, doraise=True, invalidation_mode=mode)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        raise RuntimeError("cannot compile %s" % path)
    return cached


def private_bytes():
    with open("/proc/self/smaps_rollup") as file:
        sizes = [int(line.split()[1]) for line in file if line.startswith("Private")]
    return sum(sizes) * 1024


def write(folder, size):
    package = os.path.join(folder, "application")
    init = os.path.join(package, "__init__.py")
    title = '"""%d bytes on %s."""\n' % (size, " ".join(sys.version.split()))
    if os.path.exists(init):
        with open(init) as file:
            if file.readline() == title:
                return
        shutil.rmtree(package)
    os.makedirs(os.path.join(package, "__pycache__"))
    names = fill(folder, package, size)
    # In the end: what has this is whole.
    with open(init, "w") as file:
        file.write(title)
        file.writelines("from . import %s\n" % name for name in names)
        file.write("\nPARTS = [%s]\n" % ", ".join(names))


def fill(folder, package, size):
    """Adds modules until they take `size`; their names."""
    first = os.path.join(package, "part_0.py")
    with open(first, "w") as file:
        file.write(source())
    bytecode = compiled(first)
    sys.path.insert(0, folder)
    names, before = [], private_bytes()
    while not names or private_bytes() - before < size:
        name = "part_%d" % len(names)
        if names:
            path = os.path.join(package, name + ".py")
            os.link(first, path)
            os.link(bytecode, importlib.util.cache_from_source(path))
        importlib.import_module("application." + name)
        names.append(name)
    return names


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]))
