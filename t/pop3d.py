# SPDX-License-Identifier: ISC
"""t/pop3d.py sizes MAILDIR [COMMAND...]: each kind of message, with and without UTF8: the octets that
are sent are those that LIST and RETR say, and what they should be.
t/pop3d.py stls|pop3s PORT: a session under TLS. t/pop3d.py inject PORT: more behind STLS.
t/pop3d.py load PORT LOG RESTARTS NAME...: sessions of many while pop3d is restarted."""

import concurrent.futures
import poplib
import socket
import ssl
import subprocess
import sys
from email.header import decode_header, make_header

MESSAGES = [
    b"",
    b"\n",
    b"x",
    b"Subject: no end",
    b"Subject: x\n\nbody\n",
    b"Subject: x\r\n\r\nbody\r\n",
    b"Subject: x\n\nmixed\r\nlines\n",
    b"Subject: x\n\nends with CR\r",
    b"Subject: x\n\nbare\rCR and\r\rtwo\n",
    b"Subject: x\n\n.\n..\n.\n",
    b"Subject: x\n\n.",
    b"Subject: x\n\n\0\n",
    b"Subject: x\n\n" + b"y" * 70000 + b"\nz\n",
    b"Subject: x\n\n" + b"line of text\n" * 20000,
    b"Subject: x\n\n" + b"z" * 65522 + b"\r\n\nend",
    "Subject: J\u00f6rg M\u00fcller\nFrom: \"J\u00f6\" <j\u00f6@x.test>\n\nb\u00f6dy\n".encode(),
    b"Subject: latin \xf6\xfc\n\n\xf6\n",
    ("Subject: " + "\u00f6" * 200 + " end\n\nx\n").encode(),
    ("X: " + "a" * 70000 + "\u00f6\n\nx\n").encode(),
    "no header at all \u00f6".encode(),
]


def wire(message):
    text = message.replace(b"\r\n", b"\n")
    if text.endswith(b"\r"):
        text = text[:-1] + b"\n"
    elif text and not text.endswith(b"\n"):
        text += b"\n"
    return text.replace(b"\r", b" ").replace(b"\n", b"\r\n")


class Session:
    def __init__(self, *commands):
        self.process = subprocess.Popen([*sys.argv[3:], "pop3d"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.line()
        for command in (*commands, "USER joe@here.test", "PASS secret"):
            assert self.ask(command).startswith(b"+OK"), command

    def line(self):
        line = self.process.stdout.readline()
        assert line.endswith(b"\r\n"), line
        return line[:-2]

    def ask(self, command):
        self.process.stdin.write(command.encode() + b"\r\n")
        self.process.stdin.flush()
        return self.line()

    def lines(self, command):
        """The octets of a reply of several lines, and its first one."""
        first, octets = self.ask(command), b""
        assert first.startswith(b"+OK"), first
        while (line := self.line()) != b".":
            octets += (line[1:] if line.startswith(b".") else line) + b"\r\n"
        return first, octets

    def quit(self):
        assert self.ask("QUIT").startswith(b"+OK")
        self.process.wait()


def check(session, number, is_utf8):
    expected = wire(MESSAGES[number - 1])
    first, octets = session.lines(f"RETR {number}")
    assert first == b"+OK %d octets" % len(octets), (number, first, len(octets))
    assert session.ask(f"LIST {number}") == b"+OK %d %d" % (number, len(octets)), number
    header, _, body = octets.partition(b"\r\n\r\n")
    if is_utf8 or header.isascii() and octets == expected:
        assert octets == expected, (number, octets[:200], expected[:200])
    else:
        assert header.isascii(), header
        assert body == expected.partition(b"\r\n\r\n")[2], number
    for count in (0, 1, 2, 1000000):
        top = session.lines(f"TOP {number} {count}")[1]
        lines = body.splitlines(True)[:count] if b"\r\n\r\n" in octets else []
        if b"\r\n\r\n" in octets:
            assert top == header + b"\r\n\r\n" + b"".join(lines), (number, count)
        else:
            assert top == octets, (number, count, top[:100])
    return octets


def sizes(box, *_):
    for i, message in enumerate(MESSAGES):
        with open(f"{box}/new/17000000{i:02}.x", "wb") as file:
            file.write(message)
    for is_utf8 in (True, False):
        session = Session(*(["UTF8"] if is_utf8 else []))
        total = sum(len(check(session, i + 1, is_utf8)) for i in range(len(MESSAGES)))
        assert session.ask("STAT") == b"+OK %d %d" % (len(MESSAGES), total)
        listing = session.lines("LIST")[1].split()
        assert sum(int(n) for n in listing[1::2]) == total
        if not is_utf8:
            header = session.lines("RETR 16")[1].decode().split("\r\n")
            subject = str(make_header(decode_header(header[0].removeprefix("Subject: "))))
            assert subject == "J\u00f6rg M\u00fcller", subject
            long = session.lines("RETR 18")[1].decode().split("\r\n")[0]
            subject = str(make_header(decode_header(long.removeprefix("Subject: "))))
            assert subject == "\u00f6" * 200 + " end", subject
        session.quit()


def context():
    ctx = ssl.create_default_context()
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    return ctx


def talk(client):
    assert "STLS" not in client.capa() and "PLAIN" in client.capa()["SASL"]
    client.user("joe@here.test")
    assert client.pass_("secret") == b"+OK 3 messages"
    assert client.stat() == (3, 77)
    assert client.retr(1)[1] == [b"Subject: one", b"", b".dot", b"..two"]
    client.quit()


def stls(port):
    client = poplib.POP3("127.0.0.1", int(port), timeout=30)
    capabilities = client.capa()
    assert "STLS" in capabilities and "USER" not in capabilities
    client.stls(context())
    talk(client)


def pop3s(port):
    talk(poplib.POP3_SSL("127.0.0.1", int(port), timeout=30, context=context()))


def inject(port):
    with socket.create_connection(("127.0.0.1", int(port)), 30) as sock:
        sock.sendall(b"STLS\r\nUSER joe@here.test\r\n")
        heard = b""
        while octets := sock.recv(4096):
            heard += octets
    assert heard.endswith(b"-ERR Nothing may follow STLS; closing the connection\r\n"), heard


def one_session(port, name, has_tls):
    client = poplib.POP3("127.0.0.1", int(port), timeout=60)
    if has_tls:
        client.stls(context())
    client.user(f"{name}@here.test")
    assert client.pass_("secret") == b"+OK 1 messages"
    client.quit()


def load(port, log, restarts, *names):
    """Sessions for each at a time, until the log says that pop3d was restarted so often."""
    def is_over():
        with open(log, encoding="ascii") as f:
            return f.read().count("pop3d ") >= int(restarts)

    def sessions(name):
        count = 0
        while not is_over():
            one_session(port, name, count % 3 == 0)
            count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        counts = list(pool.map(sessions, names))
    print(counts)
    assert all(counts)


globals()[sys.argv[1]](*sys.argv[2:])
