# SPDX-License-Identifier: ISC
"""webhook.py FILE: an HTTP server that answers a POST to /CODE with CODE and notes it in FILE.

Its port is the first line that it prints.
"""
import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1], "ab") as file:
            names = ("Content-Type", "X-Envelope-From", "X-Envelope-To", "X-Token")
            for name in names:
                file.write(f"{self.path} {name}: {self.headers[name]}\n".encode())
            file.write(body)
        self.send_response(int(self.path[1:]))
        if self.path == "/302":
            self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
