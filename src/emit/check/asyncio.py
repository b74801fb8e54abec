# ---- coroutines on the loop that this runs

import asyncio  # noqa: E402


def add_arguments(parser):
    """What this kind of pool needs to know."""
    parser.add_argument("--call", action="append", default=[], metavar="CLASS=MODULE:FUNCTION",
                        required=True, help="the coroutine function of the class, without arguments")


def run(options):
    """All requests, and the peak of the memory."""
    sys.path[:0] = [os.getcwd(), os.path.dirname(os.path.abspath(__file__))]
    functions = {}
    for text in options.call:
        kind, _, place = text.partition("=")
        module, _, name = place.partition(":")
        functions[kind] = getattr(importlib.import_module(module), name)
    memory = Memory(os.getpid())
    memory.start()
    seen = asyncio.run(serve(importlib.import_module(POOL_MODULE).Pool, functions, options.length))
    return seen, memory.stop()


async def serve(make, functions, length):
    """Makes the load on this loop."""
    pool, start, load = make(), time.monotonic(), PREDICTED["load"]

    async def one(kind, due):
        sent = time.monotonic() - start
        try:
            await pool.run(functions[kind])
            ok = True
        except Exception as error:  # a failed request is a result
            ok = repr(error)
        return Seen(kind, sent if due is None else due, sent, time.monotonic() - start, ok)

    async def client(number):
        random_, seen = random.Random(PREDICTED["seed"] * 1_000_003 + number), []
        names = [c["name"] for c in PREDICTED["classes"]]
        shares = [c["share"] for c in PREDICTED["classes"]]
        while time.monotonic() - start < length:
            await asyncio.sleep(draw(random_, load["think"]))
            seen.append(await one(random_.choices(names, shares)[0], None))
        return seen

    try:
        if load["kind"] == "closed":
            lists = await asyncio.gather(*map(client, range(load["clients"])))
            return [seen for list_ in lists for seen in list_]
        tasks = []
        for due, kind in schedule(length):
            await asyncio.sleep(max(0.0, start + due - time.monotonic()))
            tasks.append(asyncio.ensure_future(one(kind, due)))
        return await asyncio.gather(*tasks)
    finally:
        pool.close()
