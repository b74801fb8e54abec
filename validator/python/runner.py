"""Serves one trace with one real pool: `python runner.py SPEC`.

Everything it has to say goes to the file of events that the spec names. This
module does nothing when imported: a spawned worker imports it again.
"""

import sys

if __name__ == "__main__":
    import experiment

    sys.exit(experiment.main(sys.argv[1]))
