#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Logins under TLS for smtpd-auth.bats: smtpd-auth.py WHAT PORT [ARGUMENT...]. Prints the reply.

end-point LOGIN PASSWORD    SCRAM-SHA-256-PLUS bound by tls-server-end-point (RFC 5929)
exporter LOGIN PASSWORD     the same by tls-exporter (RFC 9266), which openssl(1) computes
forged LOGIN PASSWORD       the same with the binding of another connection
external KEY                EXTERNAL with the certificate KEY.crt
again LOGIN PASSWORD        a login before STARTTLS, which must be forgotten behind it
"""
import base64
import hashlib
import os
import smtplib
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authd import Scram

DEADLINE = 20


def tls(certificate=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate + ".crt", certificate + ".key")
    return context


def connect(port, certificate=None):
    client = smtplib.SMTP("127.0.0.1", int(port), "client.test", DEADLINE)
    client.ehlo()
    client.starttls(context=tls(certificate))
    client.ehlo()
    return client


def encode(octets):
    return base64.b64encode(octets).decode()


def login(say, client):
    """One exchange; SAY sends a line and gives the reply's code and text."""
    code, text = say(f"AUTH {client.name} {encode(client.first)}")
    if code == 334:
        code, text = say(encode(client.final(base64.b64decode(text))))
    if code == 334:
        assert base64.b64decode(text) == client.expected
        code, text = say("")
    return code, text


def end_point(port, name, password):
    server = connect(port)
    digest = hashlib.sha256(server.sock.getpeercert(True)).digest()
    return login(server.docmd, Scram(name, password, ("tls-server-end-point", digest)))


def forged(port, name, password):
    return login(connect(port).docmd, Scram(name, password, ("tls-exporter", b"x" * 32)))


def exporter(port, name, password):
    with subprocess.Popen(
        ["openssl", "s_client", "-connect", "127.0.0.1:" + port, "-starttls", "smtp", "-crlf",
         "-nocommands", "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as p:
        def say(line):
            p.stdin.write(line + "\n")
            p.stdin.flush()
            while True:
                reply = p.stdout.readline()
                if reply[:3].isdigit() and reply[3:4] == " ":
                    return int(reply[:3]), reply[4:].strip()
                if not reply:
                    raise EOFError

        for line in p.stdout:
            if "Keying material:" in line:
                octets = bytes.fromhex(line.split()[2])
                break
        say("EHLO client.test")
        reply = login(say, Scram(name, password, ("tls-exporter", octets)))
        p.kill()
    return reply


def external(port, certificate):
    server = connect(port, certificate)
    assert "EXTERNAL" in server.esmtp_features["auth"], server.esmtp_features
    return server.docmd("AUTH EXTERNAL =")


def again(port, name, password):
    plain = "AUTH PLAIN " + encode(b"\0" + name.encode() + b"\0" + password.encode())
    server = smtplib.SMTP("127.0.0.1", int(port), "client.test", DEADLINE)
    server.ehlo()
    assert server.docmd(plain)[0] == 235
    assert server.docmd("MAIL FROM:<a@client.test>")[0] == 250
    assert server.docmd("RCPT TO:<joe@far.test>")[0] == 250
    server.docmd("RSET")
    server.starttls(context=tls())
    server.ehlo()
    assert server.docmd("MAIL FROM:<a@client.test>")[0] == 250
    assert server.docmd("RCPT TO:<joe@far.test>")[0] == 550
    server.docmd("RSET")
    return server.docmd(plain)


if __name__ == "__main__":
    what = {"end-point": end_point, "exporter": exporter, "forged": forged, "external": external,
            "again": again}[sys.argv[1]]
    code, text = what(*sys.argv[2:])
    print(code, text.decode() if isinstance(text, bytes) else text)
