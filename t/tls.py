#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Clients of TLS servers, for tlsd.bats and smtpd-tls.bats: tls.py WHAT PORT [ARGUMENT...].

PORT is one of 127.0.0.1. Each prints what it saw; see the functions.
"""
import os
import socket
import ssl
import struct
import sys
import time

DEADLINE = 20


def context(version=None, certificate=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    if version:
        c.minimum_version = c.maximum_version = getattr(ssl.TLSVersion, version)
    if certificate:
        c.load_cert_chain(certificate + ".crt", certificate + ".key")
    return c


def connect(port):
    return socket.create_connection(("127.0.0.1", int(port)), DEADLINE)


class Stream:
    """TLS by hand over a socket: every octet sent and received is ours to decide on."""

    def __init__(self, sock, ctx=None, name=None, session=None, buffered=b""):
        self.sock = sock
        self.come = ssl.MemoryBIO()
        self.gone = ssl.MemoryBIO()
        self.come.write(buffered)
        self.tls = (ctx or context()).wrap_bio(
            self.come, self.gone, server_hostname=name, session=session)
        self.early = b""

    def flush(self):
        data = self.gone.read()
        if data:
            self.sock.sendall(data)

    def pull(self):
        data = self.sock.recv(65536)
        if data:
            self.come.write(data)
        else:
            self.come.write_eof()

    def call(self, function, *arguments):
        while True:
            try:
                result = function(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.pull()

    def handshake(self):
        self.call(self.tls.do_handshake)
        return self

    def write(self, data):
        while data:
            n = self.call(self.tls.write, data)
            data = data[n:]

    def read(self, n=65536):
        """b'' at the end, told or not."""
        if self.early:
            data, self.early = self.early[:n], self.early[n:]
            return data
        try:
            return self.call(self.tls.read, n)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def read_all(self):
        out = b""
        while True:
            data = self.read()
            if not data:
                return out
            out += data

    def say_end(self):
        """close_notify; the socket stays open. Python wants nothing unread by then, so what came with
        the handshake is taken first."""
        try:
            while data := self.tls.read(65536):
                self.early += data
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError, ssl.SSLEOFError):
            pass
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()

    def line(self):
        out = b""
        while not out.endswith(b"\n"):
            c = self.read(1)
            if not c:
                break
            out += c
        return out

    def reply(self):
        out = b""
        while True:
            line = self.line()
            out += line
            if not line or line[3:4] != b"-":
                return out


def subject(stream):
    der = stream.tls.getpeercert(True)
    at = der.rfind(b".test")
    # the last name in the certificate is its own
    start = at
    while der[start - 1:start].isalnum():
        start -= 1
    return der[start:at + 5].decode()


def hello(port, name=None, version=None, certificate=None):
    """Sends a line, ends, and prints the certificate's name and all that comes."""
    s = Stream(connect(port), context(version, certificate), name or None).handshake()
    s.write(b"hello\n")
    s.say_end()
    print("certificate", subject(s))
    print(s.read_all().decode(), end="")


def resume(first, second, version=None):
    """A session begun at one port and taken up at another; again with the second one's ticket."""
    ctx = context(version)
    session = None
    for port in (first, second, second):
        s = Stream(connect(port), ctx, "here.test", session).handshake()
        s.write(b"x\n")
        s.read(1)  # by then a ticket has come, too
        print("reused" if s.tls.session_reused else "new")
        session = s.tls.session
        s.sock.close()


def half(port):
    """All that comes after our end was told: it must be whole."""
    s = Stream(connect(port)).handshake()
    s.write(b"to the end")
    s.say_end()
    print(s.read_all().decode(), end="")


def cut(port):
    """The same with a FIN and no close_notify."""
    s = Stream(connect(port)).handshake()
    s.write(b"to the end")
    s.sock.shutdown(socket.SHUT_WR)
    print(s.read_all().decode(), end="")


def echo(port, size):
    """SIZE octets through cat, written and read at once."""
    size = int(size)
    s = Stream(connect(port)).handshake()
    out = 0
    block = os.urandom(50000)
    sent = got = b""
    while out < size:
        piece = block[:min(len(block), size - out)]
        s.write(piece)
        sent += piece
        out += len(piece)
        got += s.read()
    while len(got) < size:
        got += s.read() or b" " * size
    print("same" if sent == got else "differs: %d of %d" % (len(got), len(sent)))


def reset(port, after):
    """A connection that is reset: at once, amid the handshake, after it."""
    sock = connect(port)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s = Stream(sock)
    if after != "at once":
        try:
            s.tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello_ = s.gone.read()
        if after == "half a hello":
            sock.sendall(hello_[:len(hello_) // 2])
        else:
            sock.sendall(hello_)
        if after == "the handshake":
            s.pull()
            s.handshake()
    sock.close()


def plain(port, text):
    """What comes when TEXT is said in place of a handshake."""
    sock = connect(port)
    sock.sendall(text.encode().decode("unicode_escape").encode())
    print(sock.recv(100)[:1])
    sock.close()


def silent(port):
    """Seconds until the server gives up a client that says nothing."""
    sock = connect(port)
    began = time.monotonic()
    print(sock.recv(100))
    print("after %d" % round(time.monotonic() - began))


# SMTP

def read_reply(sock):
    """One reply in plaintext, octet by octet, so that nothing behind it is taken."""
    out = line = b""
    while True:
        c = sock.recv(1)
        if not c:
            return out
        line += c
        if c == b"\n":
            out += line
            if line[3:4] != b"-":
                return out
            line = b""


def smtp_start(port):
    sock = connect(port)
    read_reply(sock)
    sock.sendall(b"EHLO client.test\r\n")
    out = read_reply(sock)
    sock.sendall(b"STARTTLS\r\n")
    return sock, out + read_reply(sock)


def smtp(port, name=None, certificate=None):
    """A session read from standard input, under STARTTLS, a reply for each line."""
    sock, out = smtp_start(port)
    print(out.decode(), end="")
    converse(Stream(sock, context(None, certificate), name or None).handshake())


def smtps(port):
    """The same, TLS first."""
    s = Stream(connect(port)).handshake()
    print(s.reply().decode(), end="")
    converse(s)


def converse(s):
    for line in sys.stdin.buffer:
        s.write(line.rstrip(b"\n") + b"\r\n")
        reply = s.reply()
        print(reply.decode(), end="")
        if not reply:
            break
    s.say_end()
    print(s.read_all().decode(), end="")


def inject(port):
    """STARTTLS and more in one group, cut at every octet: nothing of it may ever be answered."""
    text = b"EHLO client.test\r\nSTARTTLS\r\nNOOP injected\r\nRSET\r\n"
    command = text.index(b"NOOP")
    for at in range(1, len(text)):
        sock = connect(port)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        read_reply(sock)
        sock.sendall(text[:at])
        if at >= text.index(b"STARTTLS"):
            read_reply(sock)  # EHLO's: the rest comes in a packet of its own
        try:
            sock.sendall(text[at:])
        except OSError:
            pass
        out = b""
        try:
            while True:
                data = sock.recv(65536)
                if not data:
                    break
                out += data
        except ConnectionResetError:
            pass
        lines = out.split(b"\r\n")
        if any(line.startswith((b"250 2.0.0", b"500", b"502")) for line in lines):
            sys.exit("answered when cut at %d: %r" % (at, out))
        if at < command and not any(line.startswith(b"554 5.5.1") for line in lines):
            sys.exit("not refused when cut at %d: %r" % (at, out))
        sock.close()
    print("refused everywhere")


def early(port):
    """A client that does not wait for 220 with its hello."""
    sock = connect(port)
    read_reply(sock)
    s = Stream(sock)
    try:
        s.tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    sock.sendall(b"STARTTLS\r\n" + s.gone.read())
    print(read_reply(sock).decode(), end="")


def leave(port, after):
    """A client that goes when it may begin: by FIN, by RST, by silence."""
    sock, out = smtp_start(port)
    print(out.decode().splitlines()[-1])
    if after == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if after == "silence":
        sock.recv(1)
    if after == "plaintext":
        sock.sendall(b"QUIT\r\n")
        print(sock.recv(1))
    sock.close()


def split(port):
    """A session under TLS, each octet in a record of its own, and all in one: same replies."""
    text = sys.stdin.buffer.read()
    seen = []
    for pieces in ([text], [text[i:i + 1] for i in range(len(text))]):
        sock, _ = smtp_start(port)
        s = Stream(sock).handshake()
        for piece in pieces:
            s.write(piece)
        out = s.read_all().split(b"queued as ")
        seen.append(b"queued".join([out[0]] + [part[20:] for part in out[1:]]))
    print(seen[0].decode(), end="")
    if seen[0] != seen[1]:
        sys.exit("differs octet by octet: %r" % seen[1])


def resets(port, state):
    """Resets at a state of the session under TLS."""
    sock, _ = smtp_start(port)
    s = Stream(sock).handshake()
    for line in (b"EHLO c.test", b"MAIL FROM:<a@away.test>", b"RCPT TO:<postmaster>", b"DATA"):
        if line.split()[0].decode() == state:
            break
        s.write(line + b"\r\n")
        s.reply()
    else:
        s.write(b"Subject: half\r\n")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def has_inet_socket(pid):
    """True if the process has a TCP connection of IPv4 open."""
    inodes = {line.split()[9] for line in open("/proc/net/tcp").readlines()[1:]}
    for fd in os.listdir("/proc/%s/fd" % pid):
        try:
            name = os.readlink("/proc/%s/fd/%s" % (pid, fd))
        except OSError:
            continue
        if name.startswith("socket:[") and name[8:-1] in inodes:
            return True
    return False


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
