# ---- requests over HTTP, a connection for each, as the prediction has it

import http.client  # noqa: E402
import urllib.parse  # noqa: E402


def add_arguments(parser):
    """What this kind of pool needs to know."""
    parser.add_argument("--url", action="append", default=[], metavar="[CLASS=]URL",
                        help="where requests go; of one class if named [http://127.0.0.1:8000/CLASS]")
    parser.add_argument("--pid", type=int, help="the pool's main process, for its memory")


def run(options):
    """All requests, and the peak of the memory."""
    urls = {c["name"]: "http://127.0.0.1:8000/" + c["name"] for c in PREDICTED["classes"]}
    for text in options.url:
        name, _, url = text.partition("=")
        if name in urls and url:
            urls[name] = url
        else:
            urls = {name: text for name in urls}

    def call(kind):
        url = urllib.parse.urlsplit(urls[kind])
        connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=60)
        try:
            target = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
            connection.request("GET", target, headers={"Connection": "close"})
            reply = connection.getresponse()
            reply.read()
            if reply.status >= 400:
                raise RuntimeError(f"{urls[kind]} answered {reply.status}")
        finally:
            connection.close()

    memory = Memory(options.pid) if options.pid else None
    if memory:
        memory.start()
    seen = by_threads(call, options.length)
    return seen, memory.stop() if memory else None
