#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Plays qrun to a worker: hands it jobs and prints the results.

	jobs.py [--pause SECONDS] [--together] [--again] [--deadline SECONDS] [--body TYPE] [--utf8]
		[--sender ADDRESS] [--submitter XTEXT] [--behind OCTETS] [--tls] [--ms]
		[--vanish FILE TEXT MARK | --signal FILE TEXT MARK] WORKER...
		-- FILE DESTINATION RECIPIENT...
		[-- FILE DESTINATION RECIPIENT...]...

FILE is a message in wire format; a RECIPIENT is an address with further fields behind commas (NNEVER).
Prints "JOB RECIPIENT STATUS CODE RELAY REPLY" (with --tls, TLS behind it) with tabs between for each result and "JOB done" or "JOB
returned" for each job, and the exit code of the worker at last: "exit N". --pause waits between jobs;
--together hands all over before the first result is read; --again hands over once more what the worker
returns, as qrun does, and says nothing of it: a server may stand still for the 3 seconds of smtp-send(8), but nothing
is returned sooner; --behind says that the last octets of FILE are
none of the message; --ms shows the milliseconds that connecting took, too; "from=ADDRESS" before the recipients of a job is its sender. --vanish hands all over, waits until FILE holds TEXT, goes away as if
killed, and makes the file MARK; --signal sends the worker SIGTERM then, and makes MARK.
"""
import argparse
import os
import select
import socket
import subprocess
import sys
import time


def packet(number, options, words):
    path, destination, recipients = words[0], words[1], words[2:]
    sender = options.sender
    if recipients[0].startswith("from="):
        sender = recipients.pop(0)[5:]
    fields = ["J%d" % number, "Itest%016d" % number, "D" + destination, "F" + sender,
              "E%d" % options.deadline, "P0",
              "L%d" % (os.stat(path).st_size - options.behind)]
    if options.body:
        fields.append("B" + options.body)
    if options.utf8:
        fields.append("U1")
    if options.submitter:
        fields.append("A" + options.submitter)
    for recipient in recipients:
        address, *others = recipient.split(",")
        fields += ["T" + address] + others
    return "".join(f + "\0" for f in fields).encode()


def hand_over(ours, number, options, words):
    fd = os.open(words[0], os.O_RDONLY)
    socket.send_fds(ours, [packet(number, options, words)], [fd])
    os.close(fd)


def take_results(ours, jobs, options, begun):
    """Until each of the jobs (number: words), handed over since BEGUN, is done or returned."""
    left = set(str(n) for n in jobs)
    while left:
        if not select.select([ours], [], [], 60)[0]:
            sys.exit("no result in a minute")
        got = ours.recv(65536)
        if not got:
            print("gone", flush=True)
            return
        fields = dict((f[:1], f[1:]) for f in got.decode().split("\0")[:-1])
        if "S" in fields:
            print("\t".join([fields["J"], fields["I"], fields["S"]] +
                            [fields.get(k, "-") for k in "CYX" + "T" * options.tls + "K" * options.ms]), flush=True)
        if "U" in fields and options.again and time.monotonic() - begun >= 3:
            hand_over(ours, int(fields["J"]), options, jobs[int(fields["J"])])
        elif "Z" in fields or "U" in fields:
            print("%s %s" % (fields["J"], "done" if "Z" in fields else "returned"), flush=True)
            left.remove(fields["J"])


def wait_for_text(path, text):
    until = time.monotonic() + 30
    while not os.path.exists(path) or text not in open(path).read():
        if time.monotonic() > until:
            sys.exit("waited in vain for %r in %s" % (text, path))
        time.sleep(0.02)


def interfere(options, ours, child):
    path, text, mark = options.vanish or options.signal
    wait_for_text(path, text)
    if options.vanish:
        ours.close()
    else:
        child.terminate()
    open(mark, "w").close()


def split(words):
    groups = [[]]
    for word in words:
        if word == "--":
            groups.append([])
        else:
            groups[-1].append(word)
    return groups


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--deadline", type=int, default=60)
    parser.add_argument("--body")
    parser.add_argument("--utf8", action="store_true")
    parser.add_argument("--ms", action="store_true")
    parser.add_argument("--submitter")
    parser.add_argument("--sender", default="me@example.org")
    parser.add_argument("--behind", type=int, default=0)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--vanish", nargs=3)
    parser.add_argument("--signal", nargs=3)
    parser.add_argument("words", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    worker, *jobs = split(options.words)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if options.together:  # they are there before the worker looks
        for number, words in enumerate(jobs, 1):
            hand_over(ours, number, options, words)
    begun = time.monotonic()
    child = subprocess.Popen(worker, stdin=theirs)
    theirs.close()
    for number, words in enumerate([] if options.together else jobs, 1):
        hand_over(ours, number, options, words)
        if not (options.vanish or options.signal):
            take_results(ours, {number: words}, options, begun)
            time.sleep(options.pause)
    if options.vanish or options.signal:
        interfere(options, ours, child)
    if options.together or options.signal:
        take_results(ours, dict(enumerate(jobs, 1)), options, begun)
    ours.close()
    print("exit %d" % child.wait(timeout=60))


main()
