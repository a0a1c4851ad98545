#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""An SMTP server for tests, which accepts everything or misbehaves at the step that it is told.

	sink.py [--host ADDRESS] [--port N | --socket PATH] [--out DIR] [--lmtp] [--most N]
		[--without CAPABILITY]... [--with CAPABILITY]... [--at STEP=ACTION]... [--tls KEYS [--tls-version TLSv1_2] [--tls-ca FILE] [--smtps]]
		[--auth REPLY|REPLY...]...

Prints its port (or PATH), then serves until it is killed. With --out, message N is written to DIR/N.eml as it came
(dots as sent), its envelope to DIR/N.env (DIR/C.end says that connection C sent one), and what each recv gave outside of DATA to DIR/log, one line a
piece: connection number and bytes as Python shows them. DIR/peers has where each connection came from.

With --lmtp it speaks that: LHLO alone, and a reply for each recipient at the end ("end:ADDRESS" or "end").
Of a transaction it takes --most recipients; the others get 452. BDAT needs "--with CHUNKING".

AUTH is answered as --auth says: the first by the replies of the first one, and so on, and the last for all that
come later; a line of the client's is read after each 334. "echo" is 500 with the client's line, "parrot" that line alone, close and stall
as below.

What came in one piece with the end of a message is logged with "behind" after the number.

With --tls, it offers STARTTLS (or, with --smtps, begins so) with the certificate KEYS.crt and the key KEYS.key,
and with --tls-ca to clients alone that have a certificate of that authority; the
log says "tls VERSION new|resumed NAME" for each handshake.

STEP: greeting ehlo helo starttls tls (in place of the handshake) secure (EHLO under TLS) mail rcpt rcpt:ADDRESS data bdat end rset quit, "reading" (in the midst of a message)
or "idle" (after a message). ACTION: a reply (with \\r\\n within for several lines), or one of
close  stall  garbage  reset  drip  lines  line (all without end)  deaf (when reading), forget (when idle: what has come is thrown away), or "wait FILE": as usual, once FILE is there. "ACTION@N" takes effect at the Nth time only.
"""
import argparse
import os
import socket
import ssl
import struct
import threading
import time

CAPABILITIES = ["PIPELINING", "SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"]


# without end: octets, lines of one reply, a line
FLOODS = {"drip": (b"2", 0.05), "lines": (b"250-and so on\r\n", 0), "line": (b"x" * 65536, 0)}


class Gone(Exception):
    pass


class Sink:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.messages = 0
        self.connections = 0
        self.logins = 0
        self.times = {}
        self.tls = None
        if options.tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(options.tls + ".crt", options.tls + ".key")
            self.tls.sni_callback = self.note_name
            if options.tls_ca:
                self.tls.verify_mode = ssl.CERT_REQUIRED
                self.tls.load_verify_locations(options.tls_ca)
            if options.tls_version:
                version = getattr(ssl.TLSVersion, options.tls_version)
                self.tls.minimum_version = self.tls.maximum_version = version
        self.names = {}
        self.actions = {}
        for text in options.at:
            step, action = text.split("=", 1)
            times = None
            head, at, number = action.rpartition("@")
            if at and number.isdigit():
                action, times = head, int(number)
            self.actions.setdefault(step, []).append((action, times))

    def note_name(self, sock, name, _):
        self.names[sock.fileno()] = name

    def action(self, step):
        with self.lock:
            self.times[step] = self.times.get(step, 0) + 1
            for action, times in self.actions.get(step, []):
                if times in (None, self.times[step]):
                    return action
        return None

    def log(self, number, data):
        if self.options.out:
            with self.lock, open(os.path.join(self.options.out, "log"), "a") as f:
                f.write("%s %r\n" % (number, data))

    def store(self, envelope, data):
        with self.lock:
            self.messages += 1
            number = self.messages
        if self.options.out:
            base = os.path.join(self.options.out, str(number))
            with open(base + ".env", "w", encoding="utf-8", errors="surrogateescape") as f:
                f.write("".join(line + "\n" for line in envelope))
            with open(base + ".tmp", "wb") as f:
                f.write(data)
            os.rename(base + ".tmp", base + ".eml")


class Session:
    def __init__(self, sink, sock, number):
        self.sink, self.sock, self.number = sink, sock, number
        self.buffer = b""
        self.envelope = []
        self.recipients = 0
        self.is_secure = False

    def shake_hands(self):
        self.act("tls", None)
        fd = self.sock.fileno()
        self.sock = self.sink.tls.wrap_socket(self.sock, server_side=True)
        self.is_secure = True
        self.sink.log("%d tls %s %s" % (self.number, self.sock.version(),
                                        "resumed" if self.sock.session_reused else "new"), self.sink.names.pop(fd, None))

    def fill(self, log=True):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        if log:
            self.sink.log(self.number, data)
        self.buffer += data

    def act(self, step, reply, before=None):
        """Does what is asked for at STEP, else replies (or not). True if that was a positive reply."""
        action = self.sink.action(step)
        if action == "close":
            raise Gone
        if action == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Gone
        if action == "stall":
            while True:
                self.fill()
        if action and action.startswith("wait "):
            while not os.path.exists(action[5:]):
                time.sleep(0.02)
            action = None
        if action in FLOODS:
            piece, pause = FLOODS[action]
            while True:
                self.sock.sendall(piece)
                time.sleep(pause)
        if action == "garbage":
            reply = "this is no reply"
        elif action is None and reply is None:
            return True
        elif action is not None:
            reply = action.replace("\\r\\n", "\r\n")
        if before and reply[:1] in "23":
            before()
        self.sock.sendall(reply.encode() + b"\r\n")
        if reply.startswith("421"):
            raise Gone
        return reply[:1] in "23"

    def data(self):
        reading = self.sink.action("reading")
        while reading == "deaf":
            time.sleep(1)
        if reading == "close":
            self.fill(log=False)
            raise Gone
        while not (self.buffer.startswith(b".\r\n") or b"\r\n.\r\n" in self.buffer):
            self.fill(log=False)
        if self.buffer.startswith(b".\r\n"):
            message, self.buffer = b"", self.buffer[3:]
        else:
            message, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
            message += b"\r\n"
        if self.buffer:
            self.sink.log("%d behind" % self.number, self.buffer)
        self.end("end", message)

    def end(self, step, message):
        """The whole message has come."""
        if self.sink.options.out:
            open(os.path.join(self.sink.options.out, "%d.end" % self.number), "w").close()
        if self.sink.options.lmtp:
            self.end_each(step, message)
        else:
            taken = "250 2.0.0 taken" if self.recipients else "554 5.5.1 no valid recipients"
            # it is there when it is said to be
            self.act(step, taken, lambda: self.recipients and self.sink.store(self.envelope, message))
        self.envelope, self.recipients = [], 0
        idle = self.sink.action("idle")
        if idle == "close":
            raise Gone
        if idle == "forget":
            self.buffer = b""

    def end_each(self, step, message):
        for line in self.envelope[1:]:
            one = step + ":" + line.split("<", 1)[1].split(">", 1)[0]
            self.act(one if one in self.sink.actions else step, "250 2.0.0 taken",
                     lambda: self.sink.store([self.envelope[0], line], message))

    def bdat(self, line):
        length = int(line.split()[1])
        while len(self.buffer) < length:
            self.fill(log=False)
        message, self.buffer = self.buffer[:length], self.buffer[length:]
        if self.buffer:
            self.sink.log("%d behind" % self.number, self.buffer)
        self.end("bdat", message)

    def rcpt_reply(self):
        if not self.envelope:
            return "503 5.5.1 MAIL first"
        full = self.sink.options.most and self.recipients >= self.sink.options.most
        return "452 4.5.3 too many" if full else "250 2.1.5 ok"

    def auth(self, line):
        scripts = self.sink.options.auth
        with self.sink.lock:
            self.sink.logins = min(self.sink.logins + 1, len(scripts))
        for reply in scripts[self.sink.logins - 1].split("|"):
            if reply == "close":
                raise Gone
            while reply == "stall":
                self.fill()
            if reply == "echo":
                reply = "500 5.5.2 what is " + line
            if reply == "parrot":
                reply = line
            self.sock.sendall(reply.encode() + b"\r\n")
            if reply.startswith("334"):
                while b"\r\n" not in self.buffer:
                    self.fill()
                line, self.buffer = self.buffer.split(b"\r\n", 1)
                line = line.decode("utf-8", "surrogateescape")

    def command(self, line):
        verb = line.split(None, 1)[0].upper() if line.strip() else ""
        if self.sink.options.lmtp and verb in ("EHLO", "HELO", "LHLO"):
            verb = {"LHLO": "EHLO"}.get(verb, "")
        if verb == "STARTTLS" and self.sink.tls and not self.is_secure:
            if self.act("starttls", "220 2.0.0 go on"):
                if self.buffer:
                    self.sink.log("%d injected" % self.number, self.buffer)
                self.shake_hands()
        elif verb == "EHLO":
            if self.is_secure:
                self.act("secure", None)
            names = [c for c in CAPABILITIES + self.sink.options.also if c.split()[0] not in self.sink.options.without]
            if self.sink.tls and not self.is_secure and "STARTTLS" not in self.sink.options.without:
                names.append("STARTTLS")
            lines = ["sink.test greets you"] + names
            self.act("ehlo", "\r\n".join("250-" + l for l in lines[:-1]) +
                     ("\r\n" if len(lines) > 1 else "") + "250 " + lines[-1])
        elif verb == "HELO":
            self.act("helo", "250 sink.test")
        elif verb == "MAIL":
            if self.act("mail", "250 2.1.0 ok"):
                self.envelope = [line]
        elif verb == "RCPT":
            address = line.split("<", 1)[1].split(">", 1)[0]
            step = "rcpt:" + address if "rcpt:" + address in self.sink.actions else "rcpt"
            if self.act(step, self.rcpt_reply()):
                self.envelope.append(line)
                self.recipients += 1
        elif verb == "DATA":
            reply = "354 go on" if self.recipients else "554 5.5.1 no valid recipients"
            if self.act("data", reply):
                self.data()
        elif verb == "BDAT" and "CHUNKING" in self.sink.options.also:
            self.bdat(line)
        elif verb == "RSET":
            self.envelope, self.recipients = [], 0
            self.act("rset", "250 2.0.0 ok")
        elif verb in ("VRFY", "EXPN", "NOOP", "HELP"):
            self.act(verb.lower(), "252 2.5.0 cannot say")
        elif verb == "AUTH" and self.sink.options.auth:
            self.auth(line)
        elif verb == "QUIT":
            self.act("quit", "221 2.0.0 bye")
            raise Gone
        else:
            self.sock.sendall(b"500 5.5.1 unknown\r\n")

    def run(self):
        try:
            if self.sink.options.smtps:
                self.shake_hands()
            self.act("greeting", "220 sink.test ESMTP")
            while True:
                while b"\r\n" not in self.buffer:
                    self.fill()
                line, self.buffer = self.buffer.split(b"\r\n", 1)
                self.command(line.decode("utf-8", "surrogateescape"))
        except (Gone, OSError):
            pass
        finally:
            self.sock.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--socket")
    parser.add_argument("--out")
    parser.add_argument("--lmtp", action="store_true")
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--with", action="append", default=[], dest="also")
    parser.add_argument("--tls")
    parser.add_argument("--tls-version")
    parser.add_argument("--tls-ca")
    parser.add_argument("--smtps", action="store_true")
    parser.add_argument("--at", action="append", default=[])
    parser.add_argument("--auth", action="append", default=[])
    options = parser.parse_args()
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.socket:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(options.socket)
    else:
        listener.bind((options.host, options.port))
    listener.listen(100)
    print(options.socket or listener.getsockname()[1], flush=True)
    sink = Sink(options)
    while True:
        sock, peer = listener.accept()
        sink.connections += 1
        if options.out and peer:
            with open(os.path.join(options.out, "peers"), "a", encoding="ascii") as f:
                f.write(peer[0] + "\n")
        session = Session(sink, sock, sink.connections)
        threading.Thread(target=session.run, daemon=True).start()


main()
