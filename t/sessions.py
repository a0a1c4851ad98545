#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Runs sessions of t/sessions with smtpd, each as it stands and cut in other ways.

sessions.py replies FILE...    line by line: the replies are those that the file has, and as many
                               messages come into the spool
sessions.py split FILE...      all in one write, byte by byte, and in pieces of seven octets from
                               each of the first seven on: the same replies, the same messages
sessions.py cut FILE...        in two at every octet: the same
sessions.py say FILE           prints what the client says

A file is a conversation: "C: text" the client says, with CRLF behind it, "c: text" without (\\xNN and
the like are octets); "S: text" is how a reply begins; the replies to what was said so far. Before that:
"env NAME=VALUE" for smtpd; "options WORD..." of smtpd; "needs KEYWORD": of EHLO, without which the
session is passed over; "spool N": messages that come into the spool (one if none is named); "#" begins
a comment. "WAIT": the client goes on when it has all replies, however the session is cut; "TLS" is the
same, and what follows is said over TLS. Each session is a line of the output.
"""
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile

DEADLINE = 30
PIECE = 7
LINES_SHOWN = 12  # of smtpd's log, where a session fails


class Wrong(Exception):
    pass


class Conversation:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-4]
        self.title = self.name
        self.environment, self.options, self.needs = dict(os.environ), [], []
        self.spool = 1
        self.steps = []  # (what the client says, the replies to it, WAIT or TLS or None)
        said, replies = b"", []
        for line in open(path, encoding="utf-8").read().splitlines():
            word, _, rest = line.partition(" ")
            if word in ("C:", "c:") and replies:
                self.steps.append((said, replies, None))
                said, replies = b"", []
            if word in ("C:", "c:"):
                said += octets(rest) + (b"\r\n" if word == "C:" else b"")
            elif word == "S:":
                replies.append(rest.encode())
            elif word in ("WAIT", "TLS"):
                self.steps.append((said, replies, word))
                said, replies = b"", []
            else:
                self.setting(word, rest)
        if said or replies:
            self.steps.append((said, replies, None))
        self.has_tls = any(after == "TLS" for _, _, after in self.steps)

    def setting(self, word, rest):
        if word == "env":
            name, _, value = rest.partition("=")
            self.environment[name] = value
        elif word == "options":
            self.options = rest.split()
        elif word == "needs":
            self.needs += rest.split()
        elif word == "spool":
            self.spool = int(rest)
        elif word == "#" and self.title == self.name:
            self.title = "%s: %s" % (self.name, rest)
        elif word and word != "#":
            raise Wrong("no such word: " + word)

    def parts(self):
        """What may be sent at once, how many replies come before the next, and WAIT or TLS."""
        said, replies = b"", 0
        for text, expected, after in self.steps:
            said += text
            replies += len(expected)
            if after:
                yield said, replies, after
                said, replies = b"", 0
        yield said, replies, None


def octets(text):
    return re.sub(rb"\\(x[0-9a-f]{2}|[rn0\\])", lambda m: unescape(m[1]), text.encode())


def unescape(code):
    return {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"\\": b"\\"}.get(code) or bytes([int(code[1:], 16)])


class Server:
    """smtpd on a socket that keeps pieces apart: what is sent as one is read as one, and must find
    room. A stream does not, which is for TLS and for large pieces."""
    log, seen = tempfile.TemporaryFile(), 0  # of all, one behind the other; how much is of sessions before

    def __init__(self, environment, options=(), is_stream=False):
        kind = socket.SOCK_STREAM if is_stream else socket.SOCK_SEQPACKET
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self.process = subprocess.Popen(["smtpd", *options], stdin=theirs, stdout=theirs,
                                        stderr=self.log, env=environment)
        theirs.close()
        self.socket.settimeout(DEADLINE)
        self.buffer = b""

    def start_tls(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def send(self, piece):
        """False once the server has gone."""
        try:
            self.socket.sendall(piece)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def fill(self):
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.buffer += piece
        return piece != b""

    def reply(self):
        """The next reply, all its lines; what there is at the end."""
        while True:
            found = re.match(rb"(?:\d\d\d-[^\n]*\n)*\d\d\d [^\n]*\n", self.buffer)
            if found:
                self.buffer = self.buffer[found.end():]
                return found[0]
            if not self.fill():
                rest, self.buffer = self.buffer, b""
                return rest

    def end(self):
        """All that is left to be said once the client has no more to say (over TLS: but QUIT)."""
        if not isinstance(self.socket, ssl.SSLSocket):
            self.socket.shutdown(socket.SHUT_WR)
        while self.fill():
            pass
        self.socket.close()
        code = self.process.wait(DEADLINE)
        if code != 0:
            raise Wrong("smtpd ended with %d" % code)
        return self.buffer

    @classmethod
    def last_lines(cls):
        """What the last of them logged since this was asked before."""
        cls.log.seek(cls.seen)
        lines = cls.log.read().decode("latin-1").splitlines()
        cls.seen = cls.log.tell()
        return "".join("\n    log: " + line for line in lines[-LINES_SHOWN:])


def replies_of(conversation, cut):
    """The replies to a session that is cut by CUT, a function from octets to pieces."""
    server = start(conversation)
    said = server.reply()
    for text, count, after in conversation.parts():
        for piece in cut(text):
            server.send(piece)
        for _ in range(count if after else 0):
            said += server.reply()
        if after == "TLS":
            server.start_tls()
    return normal(said + server.end())


def start(conversation):
    return Server(conversation.environment, conversation.options, conversation.has_tls)


def normal(replies):
    return re.sub(rb"as [0-9a-v]{20}", b"as ID", replies)


def messages():
    """What came into the spool, without ids and times; the spool is empty then."""
    folder = os.path.join(os.environ["SATCHEL_SPOOL"], "new")
    found = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        text = open(path, "rb").read().partition(b"\n")[2]  # the first line has checksums and the id
        text = re.sub(rb"id [0-9a-v]{20}", b"id ID", text)
        found.append(re.sub(rb"\w\w\w, \d+ \w\w\w \d+ \d\d:\d\d:\d\d", b"DATE", text))
        os.unlink(path)
    return found


def check_replies(conversation):
    server = start(conversation)
    expect(server, b"220 ", b"connecting")
    for said, expected, after in conversation.steps:
        for piece in said.splitlines(keepends=True):
            server.send(piece)
        for text in expected:
            expect(server, text, said)
        if after == "TLS":
            server.start_tls()
    rest = server.end()
    if rest:
        raise Wrong("more was said: %r" % rest)
    count = len(messages())
    if count != conversation.spool:
        raise Wrong("%d messages came into the spool" % count)


def expect(server, text, said):
    reply = server.reply()
    if not reply.startswith(text):
        raise Wrong("%r was answered %r, not %r" % (said[-200:], reply, text))


def pieces_from(at, size):
    return lambda text: [p for p in [text[:at]] + [text[i:i + size] for i in range(at, len(text), size)] if p]


def check_cuts(conversation, cuts):
    whole = replies_of(conversation, lambda text: [text]), messages()
    if len(whole[1]) != conversation.spool:
        raise Wrong("in one write: %r" % whole[0])
    for name, cut in cuts:
        got = replies_of(conversation, cut), messages()
        if got != whole:
            raise Wrong("%s: %s" % (name, difference(got, whole)))


def difference(got, whole):
    for a, b in zip(got[0].split(b"\r\n"), whole[0].split(b"\r\n")):
        if a != b:
            return "%r, and in one write %r" % (a[:300], b[:300])
    return "%d octets of replies and %d messages, and in one write %d and %d" % (
        len(got[0]), len(got[1]), len(whole[0]), len(whole[1]))


def check_split(conversation):
    one_by_one = [("line by line", lambda text: text.splitlines(keepends=True)),
                  ("byte by byte", pieces_from(0, 1))]
    check_cuts(conversation, one_by_one + [
        ("pieces of %d from %d" % (PIECE, at), pieces_from(at, PIECE)) for at in range(1, PIECE + 1)])


def check_cut(conversation):
    longest = max(len(text) for text, _, _ in conversation.parts())
    check_cuts(conversation, [("in two at %d" % at, pieces_from(at, 1 << 20)) for at in range(1, longest)])


def offers(conversation):
    """The keywords that EHLO has in that environment."""
    server = start(conversation)
    server.reply()
    server.send(b"EHLO client.test\r\n")
    reply = server.reply()
    server.end()
    return set(line[4:].split(b" ")[0].decode().strip() for line in reply.splitlines()[1:])


def main():
    if sys.argv[1] == "say":
        for text, _, _ in Conversation(sys.argv[2]).parts():
            sys.stdout.buffer.write(text)
        return
    checks = {"replies": check_replies, "split": check_split, "cut": check_cut}
    check = checks[sys.argv[1]]
    failed = 0
    for path in sys.argv[2:]:
        conversation = Conversation(path)
        try:
            missing = set(conversation.needs) - offers(conversation)
            if missing:
                print("missing %s # %s is not offered" % (conversation.title, " ".join(sorted(missing))))
                continue
            check(conversation)
            print("ok %s" % conversation.title, flush=True)
            Server.last_lines()
        except (Wrong, OSError, subprocess.TimeoutExpired) as e:
            failed += 1
            print("not ok %s: %s%s" % (conversation.title, e, Server.last_lines()), flush=True)
            messages()
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
