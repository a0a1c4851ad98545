#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""SMTP servers that are right but for what they are told to do wrong.

conform.py FOLDER BUG[,BUG...]...

Each argument is a server, at the unix sockets FOLDER/0, FOLDER/1 and so on ("right" is no bug); a BUG is the name of the
check of "smtp-probe conform" that has to find it, or "relay:FORM", what is taken of a recipient elsewhere. A "?"
behind BUG has its reply be 451 instead: nobody can tell. Prints "ready". FOLDER/mail has the last message.
"""
import os
import re
import socketserver
import sys
import threading

WORDS = ["PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "DSN", "ENHANCEDSTATUSCODES"]
ENDS = {"LF . LF": b"\n.\n", "LF . CRLF": b"\n.\r\n", "CRLF . LF": b"\r\n.\n", "CR . CR": b"\r.\r", "CR . CRLF": b"\r.\r\n",
        "CRLF . CR": b"\r\n.\r", "LF . CR": b"\n.\r", "CRLF . CR CRLF": b"\r\n.\r\r\n", "CRLF blank . CRLF": b"\r\n .\r\n",
        "CRLF . blank CRLF": b"\r\n. \r\n", "bare CR": b"\rx\r\n", "bare LF": b"\nx\r\n"}
KNOWN = {b"postmaster", b"joe@here.test"}


class Session(socketserver.StreamRequestHandler):
    def bug(self, name):
        return name in self.server.bugs

    def say(self, code, text="2.0.0 Ok"):
        if self.bug("status-codes"):
            text = text.split(" ", 1)[1]
        elif code >= 400 and text.startswith("2."):
            text = "%d.5.1 No" % (code // 100)
        self.wfile.write(b"%d %s%s" % (code, text.encode(), b"\n" if self.bug("replies") else b"\r\n"))

    def wrong(self, name, bad, good):
        """The code for what is wrong to do, or right."""
        if name + "?" in self.server.bugs:
            return 451
        return bad if self.bug(name) else good

    def handle(self):
        self.sender = self.recipients = None
        self.chunks = self.chunked = False
        self.wfile.write(b"220 -- welcome\r\n" if self.bug("greeting") else b"220 here.test ESMTP\r\n")
        while True:
            line = self.rfile.readline()
            while line and not line.endswith(b"\r\n") and not (self.bug("command-lf") and line.endswith(b"\n")):
                more = self.rfile.readline()
                line = line + more if more else b""
            if not line or self.command(line) is False:
                return

    def command(self, line):
        line = line[:-2] if line.endswith(b"\r\n") else line[:-1]
        if self.bug("command-cr") and b"\r" in line:
            line, _, rest = line.partition(b"\r")
            self.command(line + b"\r\n")
            line = rest
        if len(line) > 1000:
            for _ in range(2 if self.bug("line-long") else 1):
                self.say(500)
            return
        if b"\n" in line or b"\r" in line or (len(line) > 400 and self.bug("line-512")):
            return self.say(500)
        if line != line.rstrip() and self.bug("trailing-blank"):
            return self.say(501)
        verb, _, rest = line.strip().partition(b" ")
        name = verb.decode("latin-1")
        if self.bug("case") and name.islower():
            return self.say(500)
        method = getattr(self, "do_" + name.lower(), None) if name else None
        if name == "" and self.bug("empty-line"):
            return self.say(250)
        if method is None:
            return self.say(self.wrong("unknown", 250, 500))
        return method(rest)

    def do_ehlo(self, rest):
        if rest.startswith(b"[") and self.bug("literal-ehlo"):
            return self.say(501)
        if not self.bug("ehlo-resets"):
            self.sender = None
        words = WORDS + ["AUTH=LOGIN"] if self.bug("ehlo") else WORDS
        self.wfile.write(b"".join(b"250-%s\r\n" % w.encode() for w in ["here.test"] + words) + b"250 HELP\r\n")

    def do_helo(self, _):
        self.say(self.wrong("helo", 500, 250))

    def do_noop(self, rest):
        self.say(self.wrong("noop", 501, 250) if rest else 250)

    def do_rset(self, _):
        if not self.bug("rset"):
            self.sender = None
        self.chunks = self.chunks and self.bug("bdat-rset")
        self.say(250)

    def do_quit(self, _):
        self.say(self.wrong("quit", 250, 221))
        return False

    def do_vrfy(self, _):
        self.say(self.wrong("vrfy", 500, 252))

    def do_expn(self, _):
        self.say(self.wrong("expn", 500, 502))

    def do_help(self, _):
        self.say(self.wrong("help", 500, 214))

    def do_mail(self, rest):
        text = rest.decode("utf-8", "replace")
        path, _, parameters = text.partition(">")
        code = 250
        if self.sender is not None:
            code = self.wrong("mail-twice", 250, 503)
        elif not path.isascii() and "SMTPUTF8" not in parameters:
            code = self.wrong("smtputf8-undeclared", 250, 553)
        elif "XSMTPPROBE" in parameters:
            code = self.wrong("mail-parameter", 250, 555)
        elif re.search(r"SIZE=\d{7}", parameters):
            code = self.wrong("size", 250, 552)
        else:
            for name, what in [("size-small", "SIZE=1000"), ("8bitmime", "BODY=8BITMIME"), ("smtputf8", "SMTPUTF8"), ("dsn", "RET="),
                               ("literal", "[192"), ("quoted", '"'), ("null-sender", "FROM:<")]:
                if what in (text if name in ("literal", "quoted") else parameters or text) and code == 250:
                    if name == "8bitmime" and "UTF8" in parameters:
                        continue
                    code = self.wrong(name, 501, 250) if name != "null-sender" or text.strip() == "FROM:<>" else 250
        if code == 250:
            self.sender, self.recipients, self.body = path, 0, parameters
        self.say(code)

    def do_rcpt(self, rest):
        path = re.sub(rb"^TO:<|>.*$|^TO:", b"", rest, flags=re.I)
        route = path.startswith(b"@") and path.endswith(b"joe@here.test")
        plain = path.split(b":")[-1].replace(b'"', b"").lower()
        if self.sender is None:
            code = self.wrong("rcpt-first", 250, 503)
        elif b"XSMTPPROBE" in rest:
            code = self.wrong("rcpt-parameter", 250, 555)
        elif path == b"":
            code = self.wrong("partial", 250, 501)
        elif path == b"PostMaster":
            code = self.wrong("postmaster", 550, 250)
        elif b'"' in path and plain in KNOWN:
            code = self.wrong("quoted-same", 550, 250)
        elif route:
            code = self.wrong("source-route", 501, 250)
        elif self.bug("recipients") and self.recipients > 50:
            code = 452
        else:
            code = 250 if plain in KNOWN or self.relays(path) else 550
        self.recipients = (self.recipients or 0) + (code == 250)
        self.say(code, "2.1.5 Ok" if code == 250 else "%d.%s" % (code // 100, "7.1 Relaying denied" if code == 550 else "5.1 No"))

    def relays(self, path):
        forms = {"relay:plain": rb"[a-z-]+@example.com$", "relay:percent": rb"[^\"]+%", "relay:all": rb""}
        return any(re.match(forms[b], path) for b in self.server.bugs if b in forms)

    def do_data(self, _):
        if self.sender is None:
            return self.say(self.wrong("data-first", 250, 503))
        if not self.recipients:
            return self.say(self.wrong("data-no-rcpt", 250, 503))
        if "BINARYMIME" in self.body and not self.bug("binarymime-data") or self.chunks and not self.bug("bdat-then-data"):
            return self.say(503)
        self.wfile.write(b"354 Go on\r\n")
        return self.message()

    def message(self):
        text, ends = b"\r\n", [b"\r\n.\r\n"] + [ENDS[b] for b in self.server.bugs if b in ENDS]
        while not any(text.endswith(e) for e in ends):
            octet = self.rfile.read(1)
            if not octet:
                return False
            text += octet
            if text == b"\r\n.\r\n":
                break
        self.keep(text)
        bad = False
        for name, part in [("dots", b"\r\n..x"), ("line-998", b"x" * 998), ("8bitmime-message", "\r\näöü".encode()),
                           ("smtputf8-message", b"Comments: "), ("message", b"conform.message\r")]:
            bad = bad or (self.bug(name) and part in text)
        if text == b"\r\n.\r\n" and self.bug("message-empty"):
            self.say(250)
        self.sender = None
        return self.say(554 if bad else 250, "5.5.1 No" if bad else "2.0.0 Ok")

    def keep(self, text):
        if b"conform.dots" in text:
            with open(os.path.join(os.path.dirname(self.server.server_address), "mail"), "wb") as out:
                out.write(text)

    def do_bdat(self, rest):
        words = rest.split()
        if self.sender is None and self.bug("bdat-first") and not self.chunked:
            return self.say(503)
        text = self.rfile.read(int(words[0]))
        if self.sender is None:
            return self.say(250 if self.chunks else 503)
        if words[-1] != b"LAST":
            self.chunks = self.chunked = True
            return self.say(250)
        if self.bug("bdat-octets") and b"\r\n.\r\n" in text:
            self.say(250)
        bad = self.bug("bdat") and not self.chunks and b"\r\n.\r\n" not in text or self.bug("bdat-empty") and not text
        self.sender, self.chunks = None, False
        return self.say(554 if bad else 250)


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 50


def main():
    for number, name in enumerate(sys.argv[2:]):
        server = Server(os.path.join(sys.argv[1], str(number)), Session)
        server.bugs = set() if name == "right" else set(name.split(","))
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


main()
