#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Speaks authd's helper protocol: authd.py [-w PATH] WORD…

Words:
    slowly                      from here on an octet at a time
    tls, bound, fields=TEXT     TLS; with a channel binding; with these fields
    address=IP                  the client's
    meanwhile LOGIN             in a scram between its two steps, this one fails by another authd
    client=FIELDS               which mechanisms there are for this one
    names                       which mechanisms there are
    begin MECHANISM [INITIAL]   and say RESPONSE
    scram LOGIN PASSWORD [plus] a whole exchange
    raw HEX                     octets as they are
    wait                        until standard input ends

In what is said ^ stands for NUL and ! for \\x01. Prints a line for each answer, "end" where authd
hangs up. -w: by that socket; else authd -s is executed.
"""
import base64
import hashlib
import hmac
import os
import socket
import subprocess
import sys


class Authd:
    def __init__(self, path):
        self.child = None
        if path:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(path)
        else:
            self.sock, other = socket.socketpair()
            self.child = subprocess.Popen(["authd", "-s"], stdin=other, stdout=other)
            other.close()
        self.sock.settimeout(20)
        self.address = "192.0.2.1"
        self.meanwhile = None
        self.piece = 0  # octets sent at once; 0: a whole frame

    def send(self, letter, content=b""):
        frame = letter.encode() + len(content).to_bytes(4, "big") + content
        for at in range(0, len(frame), self.piece or len(frame)):
            self.sock.sendall(frame[at : at + (self.piece or len(frame))])

    def exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.sock.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def receive(self):
        head = self.exactly(5)
        return chr(head[0]), self.exactly(int.from_bytes(head[1:], "big"))

    def fields(self, **more):
        given = {"S": "smtp", "A": self.address, **more}
        return b"".join(k.encode() + v.encode() + b"\0" for k, v in given.items())

    def begin(self, mechanism, initial=None):
        if initial is None:
            self.send("B", self.fields(M=mechanism))
        else:
            self.send("B", self.fields(M=mechanism, I=""))
            self.send("R", initial)
        return self.receive()

    def say(self, response):
        self.send("R", response)
        return self.receive()


def show(answer):
    letter, content = answer
    names = {"L": "list", "C": "ask", "K": "known", "F": "failed"}
    text = content.decode("latin-1")
    if letter == "F":
        text = text.rstrip("\0").replace("\0", " ").replace("E", "", 1)
    print(f"{names.get(letter, letter)} {text}".rstrip())
    return letter


def octets(word):
    return word.replace("^", "\0").replace("!", "\1").encode()


def mac(key, text):
    return hmac.new(key, text, "sha256").digest()


class Scram:
    """The client of SCRAM-SHA-256 (RFC 5802), bound to BINDING (its name, its octets) or not."""

    def __init__(self, login, password, binding=None):
        self.password = password.encode()
        self.header, self.octets = b"n,,", b""
        if binding:
            self.header, self.octets = b"p=" + binding[0].encode() + b",,", binding[1]
        self.name = "SCRAM-SHA-256" + ("-PLUS" if binding else "")
        self.bare = f"n={login},r=clientnonce".encode()
        self.first = self.header + self.bare

    def final(self, challenge):
        values = dict(v.split("=", 1) for v in challenge.decode().split(","))
        salted = hashlib.pbkdf2_hmac(
            "sha256", self.password, base64.b64decode(values["s"]), int(values["i"])
        )
        client = mac(salted, b"Client Key")
        without = b"c=" + base64.b64encode(self.header + self.octets) + b",r=" + values["r"].encode()
        message = self.bare + b"," + challenge + b"," + without
        stored = mac(hashlib.sha256(client).digest(), message)
        proof = bytes(x ^ y for x, y in zip(client, stored))
        self.expected = b"v=" + base64.b64encode(mac(mac(salted, b"Server Key"), message))
        return without + b",p=" + base64.b64encode(proof)


def fail(login):
    other = Authd(None)
    other.send("T", b"PTLSv1.3\0CTLS_AES_256_GCM_SHA384\0")
    other.begin("PLAIN", b"\0" + login.encode() + b"\0wrong")
    other.sock.close()
    other.child.wait(20)


def scram(authd, login, password, plus):
    client = Scram(login, password, ("tls-exporter", b"b" * 32) if plus else None)
    answer = authd.begin(client.name, client.first)
    if answer[0] != "C":
        return answer
    if authd.meanwhile:
        fail(authd.meanwhile)
    answer = authd.say(client.final(answer[1]))
    if answer[0] != "C":
        return answer
    if answer[1] != client.expected:
        return "x", b"the server does not know the password"
    return authd.say(b"")


def main(words):
    path = None
    if words[:1] == ["-w"]:
        path = words[1]
        words = words[2:]
    authd = Authd(path)
    try:
        while words:
            word = words.pop(0)
            if word == "tls":
                authd.send("T", b"PTLSv1.3\0CTLS_AES_256_GCM_SHA384\0")
            elif word == "bound":
                authd.send("T", b"PTLSv1.3\0CTLS_AES_256_GCM_SHA384\0X" + b"62" * 32 + b"\0")
            elif word.startswith("fields="):
                authd.send("T", octets(word[7:]))
            elif word.startswith("address="):
                authd.address = word[8:]
            elif word == "meanwhile":
                authd.meanwhile = words.pop(0)
            elif word == "slowly":
                authd.piece = 1
            elif word == "names":
                authd.send("N", authd.fields())
                show(authd.receive())
            elif word.startswith("client="):
                authd.send("N", octets(word[7:]))
                show(authd.receive())
            elif word == "begin":
                mechanism = words.pop(0)
                initial = octets(words.pop(0)) if words and words[0] not in ("say", "names", "begin") else None
                show(authd.begin(mechanism, initial))
            elif word == "say":
                show(authd.say(octets(words.pop(0))))
            elif word == "scram":
                login, password = words.pop(0), words.pop(0)
                plus = words[:1] == ["plus"] and bool(words.pop(0))
                show(scram(authd, login, password, plus))
            elif word == "raw":
                authd.sock.sendall(bytes.fromhex(words.pop(0)))
                show(authd.receive())
            elif word == "wait":
                print("waiting", flush=True)
                sys.stdin.read()
    except (EOFError, ConnectionError):
        print("end")
    authd.sock.close()
    if authd.child:
        code = authd.child.wait(20)
        if code:
            print("exit code", code)


if __name__ == "__main__":
    os.environ.setdefault("PATH", "/usr/bin:/bin")
    main(sys.argv[1:])
