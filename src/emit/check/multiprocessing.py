# ---- calls into the pools, from the process that owns them


def add_arguments(parser):
    """What this kind of pool needs to know."""
    parser.add_argument("--call", action="append", default=[], metavar="CLASS=MODULE:FUNCTION",
                        required=True, help="what a request of the class calls, without arguments")


def submit(pool, function, done):
    """Has `pool` call `function`, then `done` with None or the error."""
    pool.apply_async(function, callback=lambda _: done(None), error_callback=done)


def close(pool):
    """Ends it."""
    pool.close()
    pool.join()
