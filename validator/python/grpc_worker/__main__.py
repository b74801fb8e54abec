"""The course of one process.

    python -m grpc_worker SPEC calibrate
    python -m grpc_worker SPEC serve PORT THREADS RATES

What the dispatcher must know goes to standard output, one JSON object a line;
the end of that pipe tells it that this process has ended.
"""

import json
import sys
import traceback


def say(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


class Speaker:
    """Takes the place of the file of events."""

    write = staticmethod(say)


def calibrate(spec):
    import calibration

    return lambda: calibration.calibrate(spec["classes"], Speaker(), spec["rates"])


def serve(spec, port, threads, rates):
    import service
    from grpc_worker import server

    def start():
        service.prepare(spec, json.loads(rates))
        running, bound = server.start(int(port), int(threads))
        lock = getattr(sys, "_is_gil_enabled", lambda: True)()
        say(event="up", port=bound, interpreter_lock=lock)
        running.wait_for_termination()

    return start


def main(spec_path, what, *arguments):
    """Exit status: 3 if it came to nothing."""
    stage = "import"
    try:
        with open(spec_path) as file:
            spec = json.load(file)
        # Before anything is started, so that a missing package is named once.
        import grpc  # noqa: F401

        course = {"calibrate": calibrate, "serve": serve}[what](spec, *arguments)
        stage = {"calibrate": "calibration", "serve": "start"}[what]
        course()
    except Exception as error:
        import events

        traceback.print_exc()
        say(event="failed", stage=stage, detail=events.describe(error))
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
