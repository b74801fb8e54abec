"""Questions about one callable, each asked in a process of its own.

`main.py` is where a process begins, `target.py` finds the callable; the other
files ask one question each. None imports anything but the standard library, and
nothing here keeps state between questions.
"""
