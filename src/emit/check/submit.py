

def function_of(text):
    """The function that `module:function` names."""
    sys.path.insert(0, os.getcwd())
    module, _, name = text.partition(":")
    return getattr(importlib.import_module(module), name)


def run(options):
    """All requests, and the peak of the memory."""
    functions = {k: function_of(v) for k, v in (text.split("=", 1) for text in options.call)}
    missing = [c["name"] for c in PREDICTED["classes"] if c["name"] not in functions]
    if missing:
        sys.exit("name a function for each class: --call " + missing[0] + "=MODULE:FUNCTION")
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    module = importlib.import_module(POOL_MODULE)
    pools = [make() for make in module.MAKERS]
    memory = Memory(os.getpid())
    memory.start()
    try:
        seen = send(pools, module.SERVES, functions, options.length)
    finally:
        peak = memory.stop()
        for pool in pools:
            close(pool)
    return seen, peak


def send(pools, serves, functions, length):
    """Submits on schedule from this thread; replies come on the pools' own."""
    if PREDICTED["load"]["kind"] == "closed":
        def call(kind):
            over, errors = threading.Event(), []
            submit(pools[serves[kind]], functions[kind], lambda e: (errors.append(e), over.set()))
            over.wait()
            if errors[0] is not None:
                raise errors[0]
        return by_threads(call, length)
    start, seen, plan = time.monotonic(), [], schedule(length)
    complete = threading.Semaphore(0)
    for due, kind in plan:
        wait_until(start + due)
        sent = time.monotonic() - start

        def done(error, kind=kind, due=due, sent=sent):
            finished = time.monotonic() - start
            seen.append(Seen(kind, due, sent, finished, error is None or repr(error)))
            complete.release()

        submit(pools[serves[kind]], functions[kind], done)
    for _ in plan:
        complete.acquire()
    return seen
