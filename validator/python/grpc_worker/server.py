"""The server: each of its threads serves one call, a ping or a request.

Pings queue for the same threads as requests. A worker of one thread that hangs
therefore answers none, and one of several threads does while one is left.
"""

import concurrent.futures

import grpc
import service
from grpc_worker import wire

HOST = "127.0.0.1"
SERVICE = "planner.Worker"
OPTIONS = (
    # Two servers on one port would share its connections without a word.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)


def start(port, threads):
    """A server that runs, and its port; port 0: one that is free."""
    executor = concurrent.futures.ThreadPoolExecutor(threads)
    server = grpc.server(executor, options=OPTIONS)
    # Without (de)serializers messages are bytes.
    calls = {
        "Serve": grpc.unary_unary_rpc_method_handler(serve),
        "Ping": grpc.unary_unary_rpc_method_handler(ping),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, calls),))
    bound = server.add_insecure_port("%s:%d" % (HOST, port))
    if bound == 0:
        raise OSError("port %d is taken" % port)
    server.start()
    return server, bound


def serve(message, _context):
    return wire.encode(service.serve(wire.decode(message)))


def ping(_message, _context):
    return b""
