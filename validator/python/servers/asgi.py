"""The application as uvicorn loads it: `servers.asgi:application`."""

import service
from grpc_worker import wire
from servers import worker

worker.prepare()


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    reply = wire.encode(await service.serve_async(wire.decode(await body(receive))))
    kind = (b"content-type", b"application/octet-stream")
    length = (b"content-length", str(len(reply)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [kind, length]})
    await send({"type": "http.response.body", "body": reply})


async def body(receive):
    """All of the request's."""
    parts = []
    while True:
        event = await receive()
        parts.append(event.get("body", b""))
        if not event.get("more_body"):
            return b"".join(parts)


async def lifespan(receive, send):
    """uvicorn asks for it before it listens, and before it ends."""
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            worker.say_up()
        await send({"type": event["type"] + ".complete"})
        if event["type"] == "lifespan.shutdown":
            return
