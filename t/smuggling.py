#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every way to end a message wrongly, against a model of the one right way (RFC 5321, 4.1.1.4).

smuggling.py data LENGTH SIZE...    all strings of CR, LF, dot, NUL and x up to LENGTH octets, each in a
                            message, with commands behind it: only CRLF.CRLF ends the message, a bare CR
                            or LF or a NUL refuses it, and what is a command is run as one, nothing else
smuggling.py bdat LENGTH SIZE...    the same in chunks: nothing but the count of octets ends one

All of them are one session of smtpd, which comes in pieces of SIZE octets, one after another for each
SIZE. The replies and the spool are compared with the model's. Exit code 1 at the first difference.
"""
import itertools
import os
import re
import sys
import threading

from sessions import Server

ALPHABET = [b"\r", b"\n", b".", b"\0", b"x"]
RECIPIENT = b"RCPT TO:<jones@foo.test>\r\n"
BEGIN = b"MAIL FROM:<ann@away.test>\r\n" + RECIPIENT
EVIL = b"MAIL FROM:<evil@away.test>\r\n" + RECIPIENT + b"DATA\r\nhidden\r\n.\r\n"
END = b"RSET\r\n"


def strings(longest):
    for length in range(longest + 1):
        for letters in itertools.product(ALPHABET, repeat=length):
            yield b"".join(letters)


def is_clean(text):
    """No CR or LF alone, no NUL."""
    return not re.search(rb"\0|\r(?!\n)|(?<!\r)\n", text)


class Model:
    """What a server has to do with the octets that come behind the reply to EHLO."""

    def __init__(self):
        self.codes, self.bodies, self.chunks = [], [], b""
        self.sender = self.recipient = False

    def run(self, text):
        is_rest = False
        while text:
            line, end, text = text.partition(b"\n")
            line += end
            # what is behind a bare LF is of the same line, which is refused at the LF
            if is_rest and line.endswith(b"\r\n"):
                is_rest = False
            elif line.endswith(b"\r\n") and is_clean(line):
                text = self.command(line[:-2], text)
            else:
                self.codes.append(b"500")
                is_rest = not line.endswith(b"\r\n")

    def command(self, line, text):
        if line.startswith(b"MAIL FROM:<"):
            self.codes.append(b"503" if self.sender else b"250")
            self.sender = True
        elif line.startswith(b"RCPT TO:<"):
            self.codes.append(b"250" if self.sender else b"503")
            self.recipient |= self.sender
        elif line == b"RSET":
            self.codes.append(b"250")
            self.sender = self.recipient = False
        elif line == b"DATA":
            return self.data(text)
        elif line.startswith(b"BDAT "):
            return self.chunk(line, text)
        else:
            self.codes.append(b"500")
        return text

    def data(self, text):
        if not self.recipient:
            self.codes.append(b"554" if self.sender else b"503")
            return text
        self.codes.append(b"354")
        body, _, text = (b"\r\n" + text).partition(b"\r\n.\r\n")
        self.accept((body + b"\r\n").replace(b"\r\n.", b"\r\n")[2:])
        return text

    def accept(self, body):
        self.sender = self.recipient = False
        self.codes.append(b"250" if is_clean(body) else b"554")
        if is_clean(body):
            self.bodies.append(body)

    def chunk(self, line, text):
        words = line.split()
        size = int(words[1])
        self.chunks += text[:size]
        if words[-1] == b"LAST":
            body, self.chunks = self.chunks, b""
            self.accept(body if body.endswith(b"\r\n") or not body else body + b"\r\n")
        else:
            so_far = self.chunks[:-1] if self.chunks.endswith(b"\r") else self.chunks
            self.codes.append(b"250" if is_clean(so_far) else b"554")
        return text[size:]


def in_data(text):
    return BEGIN + b"DATA\r\na" + text + EVIL + END


def at_begin_of_data(text):
    return BEGIN + b"DATA\r\n" + text + EVIL + END


def in_chunk(text):
    text = b"a" + text + EVIL
    return BEGIN + b"BDAT %d LAST\r\n" % len(text) + text + END


def over_chunks(text):
    """Cut into two chunks in its middle."""
    first, second = b"a" + text[:len(text) // 2], text[len(text) // 2:] + EVIL
    return (BEGIN + b"BDAT %d\r\n" % len(first) + first + b"BDAT %d LAST\r\n" % len(second) + second + END)


def talk(text, size):
    """The reply codes to TEXT in pieces of SIZE octets."""
    server = Server(dict(os.environ), is_stream=size > 100)
    server.send(b"EHLO client.test\r\n")
    server.reply()
    server.reply()
    sender = threading.Thread(target=lambda: send_all(server, text, size))
    sender.start()
    codes = []
    while reply := server.reply():
        codes.append(reply[:3])
    sender.join()
    server.end()
    return codes


def send_all(server, text, size):
    for at in range(0, len(text), size):
        if not server.send(text[at:at + size]):
            return
    server.send(b"QUIT\r\n")


def bodies():
    """The messages of the spool behind our Received field, in the order they came; then it is empty."""
    folder = os.path.join(os.environ["SATCHEL_SPOOL"], "new")
    found = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        text = open(path, "rb").read()
        found.append(re.sub(rb"(?s)^.*?\n\nReceived: .*?;\r\n\t[^\n]*\n", b"", text, count=1))
        os.unlink(path)
    return found


def check(cases, size):
    model, ends = Model(), []
    for case in cases:
        model.run(case)
        ends.append(len(model.codes))
    got = talk(b"".join(cases), size)
    wanted = model.codes + [b"221"]
    if got != wanted:
        at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
        case = next((c for c, end in zip(cases, ends) if at < end), b"the end")
        sys.exit("in pieces of %d: %r was answered %r, not %r" %
                 (size, case, got[max(at - 5, 0):at + 5], wanted[max(at - 5, 0):at + 5]))
    found = bodies()
    if found != model.bodies:
        sys.exit("in pieces of %d: %d messages are in the spool, not %d: %r" % (
            size, len(found), len(model.bodies), next(((a, b) for a, b in zip(found, model.bodies) if a != b), "")))
    print("%d cases, %d messages, in pieces of %d" % (len(cases), len(found), size))


def main():
    what, longest, sizes = sys.argv[1], int(sys.argv[2]), map(int, sys.argv[3:])
    ways = {"data": [in_data, at_begin_of_data], "bdat": [in_chunk, over_chunks]}[what]
    cases = [way(text) for text in strings(longest) for way in ways]
    for size in sizes:
        check(cases, size)


if __name__ == "__main__":
    main()
