"""The application as gunicorn loads it: `servers.wsgi:application`."""

import service
from grpc_worker import wire
from servers import worker

worker.prepare()


def application(environ, start_response):
    message = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    reply = wire.encode(service.serve(wire.decode(message)))
    kind = ("Content-Type", "application/octet-stream")
    start_response("200 OK", [kind, ("Content-Length", str(len(reply)))])
    return [reply]


worker.say_up()
