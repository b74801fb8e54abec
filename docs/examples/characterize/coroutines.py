"""For an event loop."""

import asyncio


async def poll(times=3):
    """Some waits with some bytecode in between."""
    total = 0
    for _ in range(times):
        await asyncio.sleep(0.002)
        total += sum(range(20_000))
    return total
