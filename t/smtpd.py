#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Clients that a shell cannot be, for smtpd.bats. SESSION is read from standard input.

smtpd.py split          the replies must not depend on how the session is cut: whole, cut in two
                        at each byte, and byte by byte
smtpd.py lines PORT     send line after line, each after the reply to the one before
smtpd.py open N ADDRESS PORT    N connections at once: the first line of each; they end at EOF
smtpd.py again WHAT PORT PID    who serves whom of the children of PID; see again()
smtpd.py feed SIZE      SIZE octets of one line as the message, then the end; prints the replies
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

DEADLINE = 20


def run_cut(pieces):
    """The replies to, and the log of, one session whose reads return just these pieces: a SEQPACKET socket keeps
    them apart."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(DEADLINE)
    with tempfile.TemporaryFile() as log, subprocess.Popen(["smtpd"], stdin=theirs, stdout=theirs, stderr=log) as p:
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
        log.seek(0)
        return re.sub(rb"queued as [0-9a-v]{20}", b"queued", replies), log.read()


def split(session):
    whole, _ = run_cut([session])
    sys.stdout.write(whole.decode("latin-1"))
    for at in range(1, len(session)):
        check_same(whole, "cut at %d" % at, [session[:at], session[at:]])
    check_same(whole, "byte by byte", [session[i:i + 1] for i in range(len(session))])


def check_same(whole, name, pieces):
    replies, log = run_cut(pieces)
    if replies != whole:
        sys.exit("differs when %s:\n%s\n%s" % (name, replies.decode("latin-1"), log.decode("latin-1")))


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


def read_proc(path):
    """A file of /proc, by hand: who waits looks often. Nothing where the process has ended."""
    try:
        fd = os.open("/proc/" + path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(fd, 4096)
    except OSError:
        return b""
    finally:
        os.close(fd)


def children(parent):
    """Process ids of what PARENT forked for clients and is not yet ended."""
    found = set()
    for pid in pids_below(parent):
        start, _, end = read_proc(pid + "/stat").rpartition(b")")
        fields = end.split(None, 2)
        if not fields or fields[1] != b"%d" % parent or fields[0] == b"Z":
            continue
        if not start.endswith((b"(executor", b"(spare")):
            found.add(int(pid))
    return found


def pids_below(parent):
    """Those among which all children of PARENT are. Its own list is short, but leaves one out where another
    ends as it is read: so it counts when it is the same twice. Some kernels have none."""
    path = "%d/task/%d/children" % (parent, parent)
    if not os.path.exists("/proc/" + path):
        return filter(str.isdigit, os.listdir("/proc"))
    before, now = None, read_proc(path)
    while now != before:
        before, now = now, read_proc(path)
    return now.decode().split()


def wait_until(what, condition):
    until = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > until:
            sys.exit("waited in vain until " + what)
        time.sleep(0.01)


class TooSlow(Exception):
    """This machine has not had the time to do what a child waits half a second for, or to be back
    within the two seconds in which a client comes again."""


class Client:
    """A connection from an address of the loopback, greeted."""

    began = None  # when the last one came
    ended = None  # when the last one had its end
    quickest = None  # end of them all, in seconds

    def __init__(self, port, address="127.0.0.1"):
        before, Client.began = Client.began, time.monotonic()
        self.socket = socket.create_connection(("127.0.0.1", int(port)), DEADLINE, (address, 0))
        self.stream = self.socket.makefile("rb")
        self.greeting = read_reply(self.stream)
        if before is not None and time.monotonic() - before > 1.6:
            raise TooSlow
        Client.check_time()

    @staticmethod
    def check_time():
        if Client.ended is not None and time.monotonic() - Client.ended > 0.4:
            raise TooSlow

    def say(self, text):
        self.socket.sendall(text)
        return read_reply(self.stream)

    def quit(self):
        """QUIT is answered, and then the connection ends: at once, and in good order."""
        began = time.monotonic()
        if not self.say(b"QUIT\r\n").startswith(b"221 ") or self.stream.read() != b"":
            sys.exit("no good end")
        Client.ended = time.monotonic()
        Client.quickest = min(Client.ended - began, Client.quickest or DEADLINE)
        self.socket.close()

    def abandon(self):
        self.stream.close()
        self.socket.close()
        Client.ended = time.monotonic()


def is_waiting(pid, sockets=2):
    """Asleep with the ways to its parent and to the executor alone, or gone: what it had to say
    there is said. Of those that run as an ordinary user, none is confined, and there is no executor."""
    folder = "/proc/%d/" % pid
    try:
        state = open(folder + "stat").read().rpartition(")")[2].split()[0]
        files = [os.readlink(folder + "fd/" + fd) for fd in os.listdir(folder + "fd")]
    except OSError:
        return not os.path.exists(folder)
    return state == "Z" or state == "S" and sum(f.startswith("socket:") for f in files) == sockets - (os.geteuid() != 0)


def send_message(client, sender, body):
    for command in (b"EHLO a.test", b"MAIL FROM:<%s@a.test>" % sender, b"RCPT TO:<joe@here.test>",
                    b"DATA", b"Subject: x\r\n\r\n%s\r\n." % body):
        if client.say(command + b"\r\n")[:1] not in b"23":
            sys.exit("refused")


def serving(port, parent, address="127.0.0.1", end="quit"):
    """The children that there are while a session from ADDRESS goes on. It is the only one."""
    client = Client(port, address)
    found = children(parent)
    getattr(client, end)()
    wait_until("the session is over", lambda: all(is_waiting(pid) for pid in children(parent)))
    return found


def warm_child(port, parent, address="127.0.0.1"):
    """A child that waits for another connection of ADDRESS."""
    first = serving(port, parent, address)
    wait_until("the first child has ended", lambda: not children(parent) & first)
    Client.ended = None
    second = serving(port, parent, address)
    if len(second) != 1:
        sys.exit("not one child: %s" % second)
    return second


def memory(pid):
    """All that a process may write to."""
    text = b""
    try:
        with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
            for line in maps:
                span, mode = line.split()[:2]
                start, end = (int(part, 16) for part in span.split("-"))
                if mode.startswith("rw"):
                    mem.seek(start)
                    text += mem.read(end - start)
    except OSError:  # it has ended
        Client.check_time()
        raise
    return text


def again(what, port, parent):
    if what == "same":  # a client who comes again is served by the child that served him
        child = warm_child(port, parent)
        for _ in range(10):
            if serving(port, parent) != child:
                sys.exit("another child")
    elif what == "other":  # but nobody else is
        child = warm_child(port, parent)
        if len(serving(port, parent, "127.0.0.2") - child) != 1:
            sys.exit("a stranger was served by the same child")
    elif what == "abandoned":  # nor is anybody after a session that just broke off
        child = warm_child(port, parent)
        if serving(port, parent, end="abandon") != child:
            sys.exit("another child")
        if serving(port, parent) & child:
            sys.exit("the child goes on")
    elif what == "ends":  # the child does not wait for long
        child = warm_child(port, parent)
        wait_until("the child has ended", lambda: not children(parent))
    elif what == "limit":  # one that waits is no session, and makes room for one
        child = warm_child(port, parent)
        client = Client(port, "127.0.0.2")
        if not client.greeting.startswith(b"220 "):
            sys.exit("refused")
        if not Client(port, "127.0.0.3").greeting.startswith(b"421 "):
            sys.exit("over the limit")
        client.quit()
    elif what == "limit-same":  # a connection handed over counts like any
        child = warm_child(port, parent)
        client = Client(port)
        if children(parent) != child:
            sys.exit("another child")
        if not Client(port).greeting.startswith(b"421 "):
            sys.exit("over the limit")
        client.quit()
    elif what == "hundred":  # and no child lives for ever
        child = warm_child(port, parent)
        for _ in range(99):
            if serving(port, parent) != child:
                sys.exit("another child")
        if serving(port, parent) & child:
            sys.exit("the child goes on")
    elif what == "memory":  # nothing of a session is left when the next begins
        child = warm_child(port, parent)
        client = Client(port)
        send_message(client, b"verysecretsender", b"x" * 500 + b"verysecretbody")
        (pid,) = child
        if b"secretbody" not in memory(pid):
            sys.exit("looked in the wrong place")
        client.quit()
        wait_until("the session is wiped", lambda: b"secretbody" not in memory(pid) and
                   b"verysecretsender" not in memory(pid))
        if serving(port, parent) != child:
            sys.exit("another child")
    elif what in ("keeps", "parts"):  # the connection to enqueue, or not, where there are many
        (pid,) = warm_child(port, parent)
        for _ in range(3):
            client = Client(port)
            send_message(client, b"joe", b"hello")
            if children(parent) != {pid}:
                sys.exit("another child")
            client.quit()
            wait_until("the child waits", lambda: is_waiting(pid, 3 if what == "keeps" else 2))
            if pid not in children(parent):
                Client.check_time()
                sys.exit("the child did not wait as expected")
    elif what == "signal":  # leaves a child that waits, for SIGTERM
        warm_child(port, parent)


def again_in_time(what, port, parent):
    """Where it took too long between two sessions, all that is said of the children says nothing."""
    until = time.monotonic() + 3 * DEADLINE
    while True:
        try:
            again(what, port, parent)
            break
        except TooSlow:
            if time.monotonic() > until:
                sys.exit("this machine is too slow")
        Client.began = Client.ended = None
        wait_until("no child is left", lambda: not children(parent))
    if Client.quickest is not None and Client.quickest > 0.4:
        sys.exit("QUIT took its time")


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
    elif what == "again":
        again_in_time(rest[0], rest[1], int(rest[2]))
    elif what == "feed":
        feed(*rest)
    else:
        sys.exit(__doc__)


main()
