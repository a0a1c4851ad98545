#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""smtp-probe(1) against a server that can do everything, but does one wrong thing at one step.

Whatever is said "no" to is a wrong "no", then. Each case has a port of its own. Many that wait run at once, then
some at a time of those that do not. Prints each case that is wrong, and "N cases, M wrong".

	probe-hostile.py KEYS [WORD]...		KEYS.crt and KEYS.key; only cases whose name has a WORD
"""
import concurrent.futures
import json
import os
import resource
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

PROBE = os.environ["SATCHEL_BIN"] + "/smtp-probe"
OFFERS = ["PIPELINING", "SIZE 10240000", "8BITMIME", "SMTPUTF8", "DSN", "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES",
          "REQUIRETLS", "DELIVERBY 60", "MT-PRIORITY MIXER", "LIMITS RCPTMAX=100", "STARTTLS"]
# step: the result that is about it
STEPS = {"greeting": "greeting", "ehlo": "ehlo", "starttls": "starttls", "tls": "starttls", "secure": "ehlo.tls-differs",
         "mail": "mail", "rcpt": "rcpt", "rset": None, "help": "help", "vrfy": "vrfy.policy", "expn": "expn.policy",
         "quit": "quit"}
TIME_MOST = 60  # seconds for a case with --timeout 1, which are a few where nothing else runs
TIME_ENOUGH = 60  # --timeout of the others
# what has to be waited for; all else has time enough on a loaded machine, too
LATE = ("stall", "unended", "drip", "drip-lines", "line")


class Gone(Exception):
    pass


def close(session):
    raise Gone


def reset(session):
    session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Gone


def stall(session):
    while session.sock.recv(65536):
        pass
    raise Gone


def flood(piece, pause):
    def act(session):
        while True:
            session.send(piece)
            time.sleep(pause)
    return act


def say(text, then=None):
    data = text if isinstance(text, bytes) else text.encode()

    def act(session):
        session.send(data)
        if then:
            then(session)
    return act


# name: what it does; none of it answers anything
WRONG = {
    "close": close, "reset": reset, "stall": stall,
    "half": say("25", close),
    "half-lines": say("250-one\r\n250-tw", close),
    "unended": say("250 ok", stall),
    "drip": flood(b"2", 0.1),
    "drip-lines": flood(b"250-x\r\n", 0.1),
    "line": flood(b"x" * 65536, 0),
    "lines": flood(b"250-and so on\r\n" * 999, 0),
    "garbage": say("this is no reply\r\n"),
    "binary": say(bytes(range(256)) + b"\r\n"),
    "nul": say(b"\0\r\n"),
    "2500": say("2500 many\r\n"),
    "codes": say("250-one\r\n550 two\r\n"),
    "3yz": say("354 go on\r\n"),
    "421": say("421 4.3.2 too many connections\r\n", close),
    "421-stays": say("421 4.7.0 try again later\r\n"),
    "450": say("450 4.7.0 \x1b[31mlater\x07\r\n"),
    "greylisted": say("451 4.7.1 Greylisting in action, please come back later\r\n"),
    "hard-grey": say("550 5.7.1 Greylisted, come back in 5 minutes\r\n"),
    "busy": say("454 4.7.0 TLS not available due to local problem\r\n"),
    "full-disk": say("452 4.3.1 Insufficient system storage\r\n"),
    "blocklisted": say("554 5.7.1 Service unavailable; Client host [127.0.0.1] blocked using bl.test\r\n"),
    "many": say("550 5.7.1 Too many connections, slow down\r\n"),
    "policy": say(b"550 5.7.1 \x1b]0;no\x07\xff\xc3\xc2\x9b\r\n"),
    "sequence": say("503 5.5.1 Bad sequence of commands\r\n"),
    "login": say("530 5.7.0 Authentication required\r\n"),
    "bare-550": say("550 no\r\n"),
}
# the reply as it should be, said oddly: each is still "yes"
ODD = {
    "bare-lf": lambda reply: reply.replace(b"\r\n", b"\n"),
    "text": lambda reply: reply[:-2] + b" \x1b[2J\x00\x07\x80\xff\x9b\r\n",
    "slow": lambda reply: time.sleep(0.3) or reply,
    "pieces": lambda reply: reply,
}


class Session:
    def __init__(self, case, sock):
        self.case, self.sock, self.buffer, self.is_secure = case, sock, b"", False

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        while b"\r\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise Gone
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("ascii", "replace")

    def is_wrong(self, step):
        return step == self.case.step and self.case.counts(step)

    def act(self, step, *lines):
        reply = b"".join(line.encode() + b"\r\n" for line in lines)
        if not self.is_wrong(step):
            self.send(reply)
        elif self.case.action in WRONG:
            WRONG[self.case.action](self)
            return False
        elif self.case.action == "pieces":
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, len(reply), 5):
                self.send(reply[i:i + 5])
        else:
            self.send(ODD[self.case.action](reply))
        return True

    def hello(self):
        offers = [o for o in OFFERS if o != "STARTTLS" or (not self.is_secure and self.case.offers_tls)]
        offers += ["AUTH SCRAM-SHA-256"]
        lines = ["250-full.test"] + ["250-" + o for o in offers[:-1]] + ["250 " + offers[-1]]
        self.act("secure" if self.is_secure else "ehlo", *lines)

    def begin_tls(self):
        if not self.act("starttls", "220 2.0.0 go on"):
            return
        if self.is_wrong("tls"):
            WRONG[self.case.action](self)
            raise Gone
        self.sock = self.case.tls.wrap_socket(self.sock, server_side=True)
        self.is_secure, self.buffer = True, b""

    def command(self, verb):
        replies = {"HELO": "250 full.test", "MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok", "RSET": "250 2.0.0 ok",
                   "HELP": "214 2.0.0 help", "VRFY": "252 2.5.0 would try", "EXPN": "252 2.5.0 would try"}
        if verb == "EHLO":
            self.hello()
        elif verb == "STARTTLS":
            self.begin_tls()
        elif verb == "QUIT":
            self.act("quit", "221 2.0.0 bye")
            raise Gone
        else:
            self.act(verb.lower(), replies.get(verb, "500 5.5.1 what"))

    def run(self):
        try:
            self.act("greeting", "220 full.test ESMTP")
            while True:
                self.command(self.line().split(" ")[0].upper())
        except (Gone, OSError):
            pass
        finally:
            self.sock.close()


class Case:
    def __init__(self, tls, step, action, nth=None):
        self.tls, self.step, self.action, self.nth = tls, step, action, nth
        self.offers_tls = True
        self.uses_tls = step in ("starttls", "tls", "secure")
        self.name = "%s %s%s" % (step, action, "@%d" % nth if nth else "")
        self.times, self.lock = 0, threading.Lock()

    def counts(self, step):
        with self.lock:
            self.times += 1
            return self.nth in (None, self.times)

    def serve(self, listener):
        while True:
            try:
                sock = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=Session(self, sock).run, daemon=True).start()

    def run(self):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(10)
        threading.Thread(target=self.serve, args=(listener,), daemon=True).start()
        words = [PROBE, "--json", "--timeout", "1" if self.action in LATE else str(TIME_ENOUGH), "--pace", "0", "--to",
                 "a@full.test", "--size", "1000", "--helo", "here.test"] + ([] if self.uses_tls else ["--tls", "off"])
        began = time.monotonic()
        done = subprocess.run(words + ["127.0.0.1:%d" % listener.getsockname()[1]], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=200, check=False)
        listener.close()
        return self.problems(done, time.monotonic() - began)

    def problems(self, done, seconds):
        found = []
        try:
            results = json.loads(done.stdout)["servers"][0]["results"]
        except (ValueError, KeyError, IndexError):
            return ["exit code %d, no results: %.300s" % (done.returncode, done.stdout)]
        ours = [r for r in results if r["id"].split(".")[0] not in ("certificate", "tls", "dane", "mta-sts", "cipher")]
        allowed = ["reply.crlf"] if self.action in ("bare-lf", "text", "binary", "nul") else []
        # a reply without a code is one; what a handshake is disturbed by cannot be
        allowed += ["reply.codes"] if self.action == "bare-550" else []
        found += ["wrong no: %s" % r for r in ours if r["verdict"] == "no" and r["id"] not in allowed]
        found += self.wrong_verdict({r["id"]: r for r in ours})
        found += ["unknown without a reason: %s" % r for r in ours
                  if r["verdict"] == "unknown" and not (r.get("reply") or r.get("text"))]
        if not done.stdout.decode("utf-8", "surrogateescape").replace("\n", "").isprintable():
            found.append("octets that are not fit to print: %r" % done.stdout)
        if self.action in LATE and seconds > TIME_MOST:
            found.append("%.1f seconds" % seconds)
        if done.returncode not in (0, 1, 2, 69, 76):
            found.append("exit code %d" % done.returncode)
        return found

    def wrong_verdict(self, results):
        name = STEPS[self.step]
        if name is None:
            return []
        if name not in results:
            # reset at once, it may never have been there; and in a second not all steps may be done
            is_earlier = any(r["verdict"] == "unknown" for r in results.values())
            is_early = self.action in LATE or (self.step, self.action) == ("greeting", "reset")
            return [] if is_early and is_earlier else ["no result %s" % name]
        verdict, is_fact = results[name]["verdict"], name.endswith("policy")
        if self.action in ODD:
            fits = verdict in ("yes", "fact")
        elif self.nth:
            fits = True
        elif is_fact and self.action in ("policy", "bare-550"):
            fits = verdict == "fact"
        elif is_fact and self.action == "sequence":
            fits = verdict in ("fact", "unknown")
        else:
            fits = verdict == "unknown"
        return [] if fits else ["%s is %s" % (name, results[name])]


def cases(tls):
    for step in STEPS:
        for action in list(WRONG) + list(ODD):
            if step != "tls" or action in ("close", "reset", "stall", "half", "drip", "garbage", "binary", "line"):
                yield Case(tls, step, action)
        for action in ("close", "421", "greylisted", "blocklisted"):
            if step in ("greeting", "ehlo", "starttls"):
                yield Case(tls, step, action, 1)


def run(some, at_once):
    """How many of these are wrong."""
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for case, problems in zip(some, pool.map(Case.run, some)):
            wrong += bool(problems)
            for problem in problems:
                print("%s: %s" % (case.name, problem))
    return wrong


def main():
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[1] + ".crt", sys.argv[1] + ".key")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    chosen = [c for c in cases(tls) if not sys.argv[2:] or any(w in c.name for w in sys.argv[2:])]
    late = [c for c in chosen if c.action in LATE]
    wrong = run(late, 30) + run([c for c in chosen if c not in late], 16)
    print("%d cases, %d wrong" % (len(chosen), wrong))
    return wrong > 0


sys.exit(main())
