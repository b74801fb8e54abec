"""Answers any GET after a delay: `python server.py PORT DELAY_MS`."""

import http.server
import sys
import time

BODY = b"x" * 4096


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    delay_s = 0.0

    def do_GET(self):
        time.sleep(self.delay_s)
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        """Says nothing."""


if __name__ == "__main__":
    Handler.delay_s = float(sys.argv[2]) / 1000
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
