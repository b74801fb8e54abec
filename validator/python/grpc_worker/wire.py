"""Requests and replies as bytes, little-endian; `src/grpc/wire.rs` has the other end."""

import struct

REQUEST = struct.Struct("<QII")
"""Row, class, number of segments; their times and the payload follow."""
REPLY = struct.Struct("<QQQqQII")
"""Row, started, finished, CPU time or -1, thread, process, bytes of the fault;
the fault and the body follow."""


def decode(message):
    """The request that `service.serve` takes."""
    index, number, segments = REQUEST.unpack_from(message)
    times = struct.unpack_from("<%dQ" % segments, message, REQUEST.size)
    return index, number, times, message[REQUEST.size + 8 * segments :]


def encode(reply):
    """What `service.serve` returned."""
    index, started, finished, cpu, process, thread, fault, body = reply
    text = b"" if fault is None else fault.encode()
    cpu = -1 if cpu is None else cpu
    head = REPLY.pack(index, started, finished, cpu, thread, process, len(text))
    return b"".join((head, text, body))
