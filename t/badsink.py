# SPDX-License-Identifier: ISC
"""A server that does one wrong thing, for t/smtp-send-hostile.py: Sink(mode, step, action, nth) serves on
.port (or .path) until closed, and at the nth time that it comes to STEP does ACTION in place of the reply.

MODE: a set of words: pipelining chunking lmtp. STEP: connect greeting ehlo helo mail rcpt data reading end
rset quit; "end" is the reply to the message, by DATA or BDAT. What it took is in .taken: a recipient as
often as a message for him was answered by 2yz, or would have been, had it been let.
"""
import socket
import struct
import threading
import time

LONG = 1 << 20


class Gone(Exception):
    pass


def flood(piece, pause):
    def act(session):
        while True:
            session.send(piece)
            time.sleep(pause)
    return act


def close(session):
    raise Gone


def reset(session):
    session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Gone


def stall(session):
    while session.sock.recv(65536):
        pass
    raise Gone


def say(text, then=None):
    data = text if isinstance(text, bytes) else text.encode()

    def act(session):
        session.send(data)
        if then:
            then(session)
    return act


# name: (what it does, what becomes of it)
ACTIONS = {
    "close": (close, "lost"),
    "reset": (reset, "lost"),
    "half": (say("25", close), "lost"),
    "half-lines": (say("250-one\r\n250-tw", close), "lost"),
    "stall": (stall, "late"),
    "unended": (say("250 ok", stall), "late"),
    "drip": (flood(b"2", 0.1), "late"),
    "drip-lines": (flood(b"250-x\r\n", 0.1), "late"),
    "line": (flood(b"x" * 65536, 0), "late"),
    "lines": (flood(b"250-and so on\r\n", 0), "malformed"),
    "long": (say(b"250 " + b"x" * LONG + b"\r\n"), "malformed"),
    "garbage": (say("this is no reply\r\n"), "malformed"),
    "binary": (say(bytes(range(256)) + b"\r\n"), "malformed"),
    "empty": (say("\r\n"), "malformed"),
    "nul": (say(b"\0\r\n"), "malformed"),
    "000": (say("000 zero\r\n"), "malformed"),
    "150": (say("150 wait\r\n"), "malformed"),
    "999": (say("999 nine\r\n"), "malformed"),
    "2500": (say("2500 many\r\n"), "malformed"),
    "codes": (say("250-one\r\n550 two\r\n"), "malformed"),
    "blank": (say(" 250 ok\r\n"), "malformed"),
    "keywords": (say("".join("250-X%d\r\n" % i for i in range(5000)) + "250 X\r\n"), "malformed"),
    "3yz": (say("354 go on\r\n"), "astray"),
    "334": (say("334 \r\n"), "astray"),
    "421": (say("421 4.3.2 going\r\n", close), "T 4.3.2"),
    "4yz": (say("450 4.7.0 \x1b[31mlater\x07\r\n"), "T 4.7.0"),
    "5yz": (say(b"550 5.7.1 \x1b]0;no\x07\xff\xc3\r\n"), "P 5.7.1"),
    "5yz-lines": (say("550-5.7.1 one\r\n550-\r\n550 5.7.1 \r\n"), "P 5.7.1"),
    "bare-lf": (say("250 2.0.0 ok\n"), "good"),
    "bare-cr": (say("250 2.0.0 o\rk\r\n"), "good"),
    "text": (say(b"250 2.0.0 \x1b[2J\x00\x07\x80\xff\x9b ok\r\n"), "good"),
    "code-only": (say("250\r\n"), "good"),
    "many-lines": (say("250-2.0.0 fine\r\n" * 198 + "250 2.0.0 ok\r\n"), "good"),
    "twice": (say("250 2.0.0 ok\r\n250 2.0.0 ok\r\n"), "extra"),
    "and-no": (say("250 2.0.0 ok\r\n550 5.7.1 no\r\n"), "extra"),
}


class Session:
    def __init__(self, sink, sock):
        self.sink, self.sock = sink, sock
        self.buffer, self.is_begun, self.recipients = b"", False, []

    def send(self, data):
        self.sock.sendall(data)

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise Gone
        self.buffer += data

    def is_wrong(self, step):
        with self.sink.lock:
            self.sink.times[step] = self.sink.times.get(step, 0) + 1
            return step == self.sink.step and self.sink.times[step] == self.sink.nth

    def act(self, step, reply, takes=()):
        """True if what was said, or would have been, is positive; then, first, the message is TAKEN for these."""
        if not self.is_wrong(step):
            if reply[0] == "2":
                self.sink.take(takes)
            self.send(reply.encode() + b"\r\n")
            return reply[0] in "23"
        act, kind = ACTIONS[self.sink.action]
        if kind in ("good", "extra", "lost", "late"):  # it has the message all the same
            self.sink.take(takes)
        act(self)
        return kind in ("good", "extra") or (kind == "astray" and step == "data")

    def read_data(self):
        if self.is_wrong("reading"):
            self.fill()
            ACTIONS[self.sink.action][0](self)
        while not (b"\r\n" + self.buffer).count(b"\r\n.\r\n"):
            self.fill()
        _, self.buffer = (b"\r\n" + self.buffer).split(b"\r\n.\r\n", 1)

    def end(self):
        if self.sink.is_lmtp:
            for one in self.recipients:
                self.act("end", "250 2.0.0 taken", [one])
        else:
            self.act("end", "250 2.0.0 taken" if self.recipients else "503 5.5.1 nobody", self.recipients)
        self.is_begun, self.recipients = False, []

    def command(self, line):
        verb, modes = line[:4].upper(), self.sink.mode
        if verb == ("LHLO" if self.sink.is_lmtp else "EHLO"):
            words = ["bad.test"] + [m.upper() for m in sorted(modes - {"lmtp"})] + ["ENHANCEDSTATUSCODES", "8BITMIME"]
            self.act("ehlo", "\r\n".join("250-" + w for w in words[:-1]) + "\r\n250 " + words[-1])
        elif verb == "HELO":
            self.act("helo", "250 bad.test")
        elif verb == "MAIL":
            self.is_begun = self.act("mail", "250 2.1.0 ok")
        elif verb == "RCPT":
            if self.act("rcpt", "250 2.1.5 ok" if self.is_begun else "503 5.5.1 MAIL first"):
                self.recipients.append(line.split("<")[1].split(">")[0])
        elif verb == "DATA":
            if self.act("data", "354 go on" if self.recipients else "503 5.5.1 nobody"):
                self.read_data()
                self.end()
        elif verb == "BDAT":
            self.bdat(int(line.split()[1]))
        elif verb == "RSET":
            self.is_begun, self.recipients = False, []
            self.act("rset", "250 2.0.0 ok")
        elif verb == "QUIT":
            self.act("quit", "221 2.0.0 bye")
            raise Gone
        else:
            self.send(b"500 5.5.1 unknown\r\n")

    def bdat(self, length):
        if self.is_wrong("reading"):
            ACTIONS[self.sink.action][0](self)
        while len(self.buffer) < length:
            self.fill()
        self.buffer = self.buffer[length:]
        self.end()

    def run(self):
        try:
            if self.is_wrong("connect"):
                ACTIONS[self.sink.action][0](self)
            self.act("greeting", "220 bad.test ESMTP")
            while True:
                while b"\r\n" not in self.buffer:
                    self.fill()
                line, self.buffer = self.buffer.split(b"\r\n", 1)
                self.command(line.decode("latin-1"))
        except (Gone, OSError):
            pass
        finally:
            self.sock.close()


class Sink:
    def __init__(self, mode, step, action, nth=1):
        self.mode, self.step, self.action, self.nth = set(mode), step, action, nth
        self.is_lmtp = "lmtp" in mode
        self.lock, self.times, self.taken = threading.Lock(), {}, []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=10)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def take(self, recipients):
        with self.lock:
            self.taken += recipients

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=Session(self, sock).run, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # who waits in accept is woken
        self.listener.close()
