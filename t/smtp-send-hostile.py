#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""smtp-send against servers (smtp-sink) that do each wrong thing at each step.

smtp-send-hostile.py [long]: prints what went wrong, and how many cases there were. Without "long", one mode
for each step and action; with it, all.

Of each case: the result and its enhanced status code are those that smtp-send(8) names; what is said to be
delivered was taken, and what was not is said; nothing is taken twice; it is over when its time is; what is
printed is printable.
"""
import concurrent.futures
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

LONG = 1 << 20

# name: (the action as smtp-sink has it, what becomes of it)
ACTIONS = {
    "close": ("close", "lost"),
    "reset": ("reset", "lost"),
    "half": ("raw 25|close", "lost"),
    "half-lines": (r"raw 250-one\r\n250-tw|close", "lost"),
    "stall": ("stall", "late"),
    "unended": ("raw 250 ok|stall", "late"),
    "drip": ("repeat 0 100 2", "late"),
    "drip-lines": (r"repeat 0 100 250-x\r\n", "late"),
    "line": ("line", "late"),
    "lines": ("lines", "malformed"),
    "long": (r"raw 250 |repeat %d 0 x|raw \r\n" % LONG, "malformed"),
    "garbage": ("garbage", "malformed"),
    "binary": ("raw " + "".join(r"\x%02x" % n for n in range(256)) + r"\r\n", "malformed"),
    "empty": (r"raw \r\n", "malformed"),
    "nul": (r"raw \0\r\n", "malformed"),
    "000": ("000 zero", "malformed"),
    "150": ("150 wait", "malformed"),
    "999": ("999 nine", "malformed"),
    "2500": (r"raw \x32500 many\r\n", "malformed"),
    "codes": (r"raw 250-one\r\n550 two\r\n", "malformed"),
    "blank": (r"raw  250 ok\r\n", "malformed"),
    "keywords": (r"repeat 5000 0 250-XKEYWORD\r\n|raw 250 X\r\n", "malformed"),
    "3yz": ("354 go on", "astray"),
    "334": ("334 ", "astray"),
    "421": ("421 4.3.2 going", "T 4.3.2"),
    "4yz": ("450 4.7.0 \x1b[31mlater\x07", "T 4.7.0"),
    "5yz": (r"raw 550 5.7.1 \x1b]0;no\x07\xff\xc3\r\n", "P 5.7.1"),
    "5yz-lines": (r"550-5.7.1 one\r\n550-\r\n550 5.7.1 ", "P 5.7.1"),
    "bare-lf": (r"raw 250 2.0.0 ok\n", "good"),
    "bare-cr": (r"raw 250 2.0.0 o\rk\r\n", "good"),
    "text": (r"raw 250 2.0.0 \x1b[2J\0\x07\x80\xff\x9b ok\r\n", "good"),
    "code-only": ("250", "good"),
    "many-lines": (r"repeat 198 0 250-2.0.0 fine\r\n|raw 250 2.0.0 ok\r\n", "good"),
    "twice": (r"raw 250 2.0.0 ok\r\n250 2.0.0 ok\r\n", "extra"),
    "and-no": (r"raw 250 2.0.0 ok\r\n550 5.7.1 no\r\n", "extra"),
}


class Sink:
    """smtp-sink that at the NTHth time that it comes to STEP does ACTION in place of the reply."""
    top = None  # where its files are

    def __init__(self, mode, step, action, nth=1):
        self.mode, self.folder = set(mode), tempfile.mkdtemp(dir=Sink.top)
        words = ["smtp-sink", "--out", self.folder, "--without", "SIZE", "--without", "DSN"]
        if "lmtp" in mode:
            words.append("--lmtp")
        words += ["--with", "CHUNKING"] if "chunking" in mode else []
        words += [] if "pipelining" in mode else ["--without", "PIPELINING"]
        if ACTIONS[action][1] in ("good", "extra", "lost", "late"):
            words.append("--keep")  # it has the message all the same
        # before the greeting or in its place is one to a client, but for what it counts
        names = ["greeting" if step == "connect" else step] + (["bdat"] if step == "end" else [])
        for name in names:
            words += ["--at", "%s=%s@%d" % (name, ACTIONS[action][0], nth)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    @property
    def taken(self):
        """A recipient as often as a message for him was taken."""
        people = []
        for name in os.listdir(self.folder):
            if name.endswith(".env"):
                with open(os.path.join(self.folder, name), encoding="latin-1") as f:
                    people += [line.split("<")[1].split(">")[0] for line in f if line.startswith("RCPT")]
        return people

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


MODES = [("pipelining",), (), ("pipelining", "chunking"), ("chunking",), ("lmtp", "pipelining"),
         ("lmtp", "chunking", "pipelining")]
STEPS = ["connect", "greeting", "ehlo", "mail", "rcpt", "rcpt2", "data", "reading", "end", "end2", "quit"]
PEOPLE = ["a@bad.test", "b@bad.test"]
MESSAGE = b"Subject: x\n\n" + b"hello\n" * 10
LATE = 1  # seconds for what has no end
LATE_BEHIND = 10  # where something good comes before
SLACK = 15  # for a machine that has other work
LOST = "T 4.4.2"


def outcome(step, action):
    """What is to become of the reply's subject: "good", or status and code."""
    kind = ACTIONS[action][1]
    if kind in ("lost", "late"):
        return LOST
    if kind in ("malformed", "astray"):
        return "T 4.5.0"
    if kind == "good":
        return {"greeting": "T 4.5.0", "data": "T 4.5.0"}.get(step, "good")
    return kind


def expect(mode, step, action):
    """A list for each recipient of what may come of it."""
    what, kind, lmtp = outcome(step, action), ACTIONS[action][1], "lmtp" in mode
    if step == "quit" or (step == "data" and kind == "astray" and action == "3yz"):
        return [["good"], ["good"]]
    if step == "connect":
        return [[LOST, "T 4.4.1"] if kind in ("lost", "late") else ["T 4.5.0"]] * 2
    if kind == "extra":
        if step in ("end", "end2"):
            return [["good", "T 4.5.0"]] * 2 if not lmtp else [["good"], ["good", "P 5.7.1", "T 4.5.0"]]
        return [["T 4.5.0", "good", "P 5.7.1"]] * 2  # each is taken for the next one's
    if step == "ehlo" and what.startswith("P"):
        return [["T 4.7.1"]] * 2 if lmtp else [["good"], ["good"]]
    if step == "ehlo" and lmtp and what.startswith("T"):
        return [[what]] * 2
    if step == "greeting" and action == "reset":
        return [[LOST, "T 4.4.1"]] * 2
    if step == "reading":
        return [[LOST, what]] * 2
    if what in ("good",):
        return [["good"], ["good"]]
    is_own = kind[:2] in ("P ", "T ") and action != "421"
    if step == "rcpt":
        return [[what], ["good"] if is_own else [what]]
    if step == "rcpt2":
        return [["good"] if is_own else [what], [what]]
    if step == "end" and lmtp:
        return [[what], ["good"] if is_own else ["T " + c for c in ("4.4.2", "4.5.0", "4.3.2")]]
    if step == "end2":
        return [["good"], [what]]
    return [[what]] * 2


def is_case(mode, step, action):
    kind = ACTIONS[action][1]
    if step == "data" and "chunking" in mode or step == "end2" and "lmtp" not in mode:
        return False
    if step == "connect":
        return kind in ("lost", "late") or action == "garbage"
    if step == "reading":
        return kind in ("lost", "late")
    return step != "greeting" or action not in ("many-lines",)


def read_results(text):
    letters = {"delivered": "good", "temporary": "T ", "permanent": "P "}
    for line in text.splitlines():
        word, _, code = line.split("\t")[:3]
        yield letters[word] + ("" if word == "delivered" else code)


def check_text(raw):
    text = raw.decode("ascii")
    if re.search(r"[^\t\n -~]", text) or any(len(line) > 6000 for line in text.splitlines()):
        raise ValueError("not fit to print")
    return text


def judge_taken(results, sink, step):
    together = {"pipelining", "chunking"} == sink.mode  # it has all before we have its replies
    for person, result in zip(PEOPLE, results):
        count = sink.taken.count(person)
        if count > 1:
            yield "%s was taken %d times" % (person, count)
        if result == "good" and count == 0:
            yield "%s is said to be delivered" % person
        if result != "good" and count > 0 and step not in ("end", "end2") and not (together and result[0] == "T"):
            yield "%s is said not to be delivered, but %s" % (person, result)


def run_one(case):
    mode, step, action = case
    late = ACTIONS[action][1] == "late" and step != "quit"
    seconds = 30 if not late else LATE_BEHIND if step == "end2" else LATE
    sink = Sink(mode, step.rstrip("2"), action, 2 if step.endswith("2") else 1)
    to = "%s:127.0.0.1:%d" % ("lmtp" if "lmtp" in mode else "smtp", sink.port)
    begin = time.monotonic()
    try:
        done = subprocess.run(["smtp-send", "-t", str(seconds), "-f", "me@example.org", to] + PEOPLE,
                              input=MESSAGE, capture_output=True, timeout=60)
        took = time.monotonic() - begin
        results = list(read_results(check_text(done.stdout)))
        if took > (seconds + SLACK if late else 30):
            yield "it took %.1f seconds" % took
        if done.returncode not in (0, 100, 111) or done.stderr:
            yield "exit code %d, %r" % (done.returncode, done.stderr[-2000:])
        for got, good in zip(results, expect(mode, step, action)):
            if got not in good:
                yield "%s in place of %s: %r" % (got, " or ".join(good), done.stdout)
        if ACTIONS[action][1] != "extra":
            yield from judge_taken(results, sink, step)
    except (ValueError, subprocess.TimeoutExpired) as error:
        yield "%r, %r" % (error, getattr(error, "stderr", None))
    finally:
        sink.close()


def job(number, to, seconds):
    fields = ["J%d" % number, "Itest%016d" % number, "D" + to, "Fme@example.org", "E%d" % seconds, "P0",
              "L%d" % len(WIRE), "B8BITMIME", "T%d@bad.test" % number]
    return "".join(f + "\0" for f in fields).encode()


WIRE = MESSAGE.replace(b"\n", b"\r\n")
JOBS = 3
LATE_JOB = 3  # seconds


def hand_over(ours, to, is_late):
    """The second meets what is wrong; the others have time."""
    with tempfile.TemporaryFile() as f:
        f.write(WIRE)
        f.flush()
        for number in range(1, JOBS + 1):
            socket.send_fds(ours, [job(number, to, LATE_JOB if is_late and number == 2 else 30)], [f.fileno()])


def take_results(ours):
    results, left = {}, JOBS
    ours.settimeout(JOBS * 30 + SLACK)
    while left:
        got = ours.recv(65536)
        if not got:
            break
        check_text(got.replace(b"\0", b"\n"))
        fields = dict((f[:1], f[1:]) for f in got.decode().split("\0")[:-1])
        if "S" in fields:
            results.setdefault(int(fields["J"]), []).append(fields["S"] + " " + fields["C"])
        left -= "Z" in fields
    return results


def run_worker(case):
    """Jobs one behind the other; the wrong thing comes with the second."""
    mode, step, action = case
    sink = Sink(mode, step, action, 2)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    hand_over(ours, "%s:127.0.0.1:%d" % ("lmtp" if "lmtp" in mode else "smtp", sink.port), ACTIONS[action][1] == "late")
    worker = subprocess.Popen(["smtp-send", "-w"], stdin=theirs, stderr=subprocess.PIPE)
    theirs.close()
    results, problem = {}, None
    try:
        results = take_results(ours)
    except (ValueError, OSError) as error:
        problem = error
    ours.close()
    sink.close()
    _, said = worker.communicate(timeout=60)
    if problem is not None:
        yield "%r, exit code %d, %r" % (problem, worker.returncode, said[-2000:])
        return
    if worker.returncode != 0 or said:
        yield "exit code %d, %r" % (worker.returncode, said[-2000:])
    for number in range(1, JOBS + 1):
        got, count = results.get(number, []), sink.taken.count("%d@bad.test" % number)
        if len(got) != 1:
            yield "job %d: results %r" % (number, got)
        elif ACTIONS[action][1] == "extra":
            if count > 1:  # each reply is taken for the next one's: that is all that can be had
                yield "job %d: %s, taken %d times" % (number, got[0], count)
        elif count > 1 or (got[0][0] == "D") != (count == 1) and not (
                count == 1 and got[0][0] == "T" and (step == "end" or set(mode) == {"pipelining", "chunking"})):
            yield "job %d: %s, taken %d times" % (number, got[0], count)
        elif number != 2 and got[0][0] != "D":
            yield "job %d: %s" % (number, got[0])


def cases(is_long):
    turn = 0
    for step in STEPS:
        for action in ACTIONS:
            modes = [m for m in MODES if is_case(m, step, action)]
            turn += 1
            for mode in modes if is_long or not modes else [modes[turn % len(modes)]]:
                yield run_one, (mode, step, action)
    for step in ("mail", "rcpt", "data", "end"):
        for action in ACTIONS:
            modes = [m for m in MODES if is_case(m, step, action)]
            turn += 1
            for mode in modes if is_long else [modes[turn % len(modes)]] if turn % 2 else []:
                yield run_worker, (mode, step, action)


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in ("me", "here.test\n"), ("limits", "smtp-idle: 0\n"):
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)
        os.environ["SATCHEL_CONTROL"] = folder
        Sink.top = folder
        todo = list(cases(sys.argv[1:] == ["long"]))
        if len(sys.argv) > 2:  # MODE STEP ACTION: that one
            todo = [t for t in cases(True) if sys.argv[1:] == ["+".join(t[1][0]) or "plain", t[1][1], t[1][2]]]
        wrong = 0
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            for (run, case), problems in zip(todo, pool.map(lambda t: list(t[0](t[1])), todo)):
                for problem in problems:
                    wrong += 1
                    print("%s %s %s %s: %s" % (run.__name__, "+".join(case[0]) or "plain", case[1], case[2], problem))
    print("%d cases, %d wrong" % (len(todo), wrong))
    sys.exit(wrong > 0)


main()
