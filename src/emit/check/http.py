# ---- requests over HTTP, a connection for each, as the prediction has it

import http.client  # noqa: E402
import socket  # noqa: E402
import urllib.parse  # noqa: E402


def add_arguments(parser):
    """What this kind of pool needs to know."""
    parser.add_argument("--url", action="append", default=[], metavar="[CLASS=]URL",
                        help="where requests go; of one class if named [http://127.0.0.1:8000/CLASS]")
    parser.add_argument("--pid", metavar="PID|FILE",
                        help="the pool's main process, or a file with its number, for its memory")
    parser.add_argument("--wait", type=float, default=10.0, metavar="S",
                        help="longest that the pool may take to listen [10]")


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

    for url in sorted(set(urls.values())):
        wait_until_it_listens(urllib.parse.urlsplit(url), options.wait)
    memory = Memory(process(options.pid)) if options.pid else None
    if memory:
        memory.start()
    seen = by_threads(call, options.length)
    return seen, memory.stop() if memory else None


def wait_until_it_listens(url, patience):
    """Returns when `url` can be connected to, or after `patience` s."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            return socket.create_connection((url.hostname, url.port or 80), 1).close()
        except OSError:
            time.sleep(0.05)


def process(text):
    """The number of a process, or that in the file of that name."""
    if text.isdigit():
        return int(text)
    try:
        with open(text, encoding="utf-8") as file:
            return int(file.read())
    except (OSError, ValueError) as error:
        sys.exit(f"--pid {text}: {error}")
