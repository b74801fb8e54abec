# ---- tasks through the broker; latency is until the result is there


def add_arguments(parser):
    """What this kind of pool needs to know."""
    parser.add_argument("--app", required=True, metavar="MODULE:APP", help="the Celery application")
    parser.add_argument("--task", action="append", default=[], metavar="CLASS=NAME",
                        help="the task of a class [the class's own name]")
    parser.add_argument("--pid", type=int, help="the worker's main process, for its memory")


def run(options):
    """All requests, and the peak of the memory."""
    sys.path.insert(0, os.getcwd())
    module, _, name = options.app.partition(":")
    app = getattr(importlib.import_module(module), name or "app")
    tasks = {c["name"]: c["name"] for c in PREDICTED["classes"]}
    tasks.update(text.split("=", 1) for text in options.task)

    def call(kind):
        app.send_task(tasks[kind]).get(timeout=60, interval=0.002)

    memory = Memory(options.pid) if options.pid else None
    if memory:
        memory.start()
    seen = by_threads(call, options.length)
    return seen, memory.stop() if memory else None
