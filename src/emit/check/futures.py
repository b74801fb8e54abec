# ---- calls into the executors, from the process that owns them


def add_arguments(parser):
    """What this kind of pool needs to know."""
    parser.add_argument("--call", action="append", default=[], metavar="CLASS=MODULE:FUNCTION",
                        required=True, help="what a request of the class calls, without arguments")


def submit(pool, function, done):
    """Has `pool` call `function`, then `done` with None or the error."""
    pool.submit(function).add_done_callback(lambda future: done(future.exception()))


def close(pool):
    """Ends it."""
    pool.shutdown()
