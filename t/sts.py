# SPDX-License-Identifier: ISC
"""An HTTPS server of policies, each host of which does something else, for mta-sts.bats and others.

sts.py FOLDER: serves on a free port of 127.0.0.1, with FOLDER/here.crt and here.key, or for hosts
whose name has "wrongcert" in it FOLDER/wrong.crt and wrong.key; writes the port to FOLDER/port and
a line for each request to FOLDER/requests. What it answers to mta-sts.NAME.example.test is the file
FOLDER/policies/NAME, or what is in behaviours below. Bodies of POST go to FOLDER/posted.
"""
import http.server
import os
import ssl
import sys
import threading
import time

folder = sys.argv[1]
GOOD = "version: STSv1\nmode: enforce\nmx: mx.example.test\nmax_age: 86400\n"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self):
        with open(folder + "/requests", "a") as f:
            f.write(f"{self.command} {self.headers['Host']} {self.path}"
                    f" {self.headers.get('Cookie', '-')} {self.headers.get('Authorization', '-')}\n")

    def answer(self, status, body, kind="text/plain", extra=()):
        body = body.encode()
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        for name, value in extra:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.note()
        name = self.headers["Host"].split(".")[1].partition(":")[0]
        file = f"{folder}/policies/{name}"
        if os.path.exists(file):
            with open(file) as f:
                return self.answer(200, f.read(), "text/plain; charset=utf-8")
        if self.path != "/.well-known/mta-sts.txt":
            return self.answer(404, "not here")
        if name == "redirect":
            return self.answer(301, GOOD, extra=[("Location", "/other.txt"),
                                                 ("Set-Cookie", "a=b")])
        if name == "notfound":
            return self.answer(404, GOOD)
        if name == "created":
            return self.answer(201, GOOD)
        if name == "html":
            return self.answer(200, GOOD, "text/html")
        if name == "notype":
            return self.answer(200, GOOD, None)
        if name == "large":
            return self.answer(200, GOOD + "x: " + "y" * 70000 + "\n")
        if name == "endless":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x: y\n" * 1000)
            except OSError:
                self.close_connection = True
            return None
        if name == "slow":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            try:
                for octet in GOOD:
                    self.wfile.write(octet.encode())
                    time.sleep(1)
            except OSError:
                pass
            self.close_connection = True
            return None
        if name == "syntax":
            return self.answer(200, GOOD + "this is no field\n")
        return self.answer(200, GOOD, "Text/Plain;charset=utf-8")

    def do_POST(self):
        self.note()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(folder + "/posted", "wb") as f:
            f.write(self.headers["Content-Type"].encode() + b"\n" + body)
        self.answer(500 if "fail" in self.path else 201, "thanks")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass

    def get_request(self):
        # the handshake is the thread's, so that a client that hangs stops nobody
        sock, address = super().get_request()
        return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), address


def context_of(name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(f"{folder}/{name}.crt", f"{folder}/{name}.key")
    return made


def pick(sock, name, _):
    if name and "wrongcert" in name:
        sock.context = wrong


context, wrong = context_of("here"), context_of("wrong")
context.sni_callback = pick
server = Server(("127.0.0.1", 0), Handler)
with open(folder + "/port.new", "w") as f:
    f.write(str(server.server_address[1]) + "\n")
os.rename(folder + "/port.new", folder + "/port")
threading.Thread(target=server.serve_forever).start()
