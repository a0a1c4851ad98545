#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Clients that a shell cannot be, for smtpd.bats. SESSION is read from standard input.

smtpd.py split          the replies must not depend on how the session is cut: whole, cut in two
                        at each byte, and byte by byte
smtpd.py lines PORT     send line after line, each after the reply to the one before
smtpd.py open N ADDRESS PORT    N connections at once: the first line of each; they end at EOF
smtpd.py feed SIZE      SIZE octets of one line as the message, then the end; prints the replies
"""
import re
import socket
import subprocess
import sys

DEADLINE = 20


def run_cut(pieces):
    """One session whose reads return just these pieces: a SEQPACKET socket keeps them apart."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(DEADLINE)
    with subprocess.Popen(["smtpd"], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL) as p:
        theirs.close()
        for piece in pieces:
            if piece:
                ours.send(piece)
        ours.shutdown(socket.SHUT_WR)
        replies = b""
        while True:
            packet = ours.recv(65536)
            if not packet:
                break
            replies += packet
        p.wait(DEADLINE)
    return re.sub(rb"queued as [0-9a-v]{20}", b"queued", replies)


def split(session):
    whole = run_cut([session])
    sys.stdout.write(whole.decode("latin-1"))
    for at in range(1, len(session)):
        if run_cut([session[:at], session[at:]]) != whole:
            sys.exit("differs when cut at %d" % at)
    if run_cut([session[i:i + 1] for i in range(len(session))]) != whole:
        sys.exit("differs byte by byte")


def connect(port, address="127.0.0.1"):
    return socket.create_connection((address, int(port)), DEADLINE)


def read_reply(stream):
    text = b""
    while True:
        line = stream.readline()
        text += line
        if not line or line[3:4] == b" ":
            return text


def lines(session, port):
    with connect(port) as s, s.makefile("rb") as stream:
        out = read_reply(stream)
        for line in session.splitlines(keepends=True):
            s.sendall(line)
            reply = read_reply(stream)
            out += reply
            if not reply:
                break
        sys.stdout.write(out.decode("latin-1"))


def open_many(count, address, port):
    sockets = []
    for _ in range(int(count)):
        s = connect(port, address)
        print(s.recv(1000).decode("latin-1").strip(), flush=True)
        sockets.append(s)
    sys.stdin.read()


def feed(size):
    """A client of a pipe; the server may refuse, but must read on."""
    block = b"x" * 65536
    with subprocess.Popen(["smtpd"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        p.stdin.write(b"EHLO here.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<postmaster>\r\nDATA\r\n")
        for _ in range(int(size) // len(block)):
            p.stdin.write(block)
        p.stdin.write(b"\r\n.\r\nNOOP\r\n")
        p.stdin.flush()
        peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/%d/status" % p.pid).read())
        p.stdin.write(b"QUIT\r\n")
        p.stdin.close()
        sys.stdout.write(p.stdout.read().decode("latin-1"))
        print("peak %s KiB" % peak.group(1))


def main():
    what, rest = sys.argv[1], sys.argv[2:]
    if what == "split":
        split(sys.stdin.buffer.read())
    elif what == "lines":
        lines(sys.stdin.buffer.read(), *rest)
    elif what == "open":
        open_many(*rest)
    elif what == "feed":
        feed(*rest)
    else:
        sys.exit(__doc__)


main()
