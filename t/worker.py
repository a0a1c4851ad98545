#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A worker of qrun (satchel(7), WORKERS) that does as it is told in place of delivering.

	worker.py FOLDER BEHAVIOUR [ARGUMENT]

It notes each job in FOLDER/jobs: the pid, the destination and the recipients, with tabs between; and at
its start FOLDER/start.PID: what it was started with, and FOLDER/file.PID: all that the last job's
descriptor has. BEHAVIOUR, for each job:

	deliver		say that all is delivered
	say TEXT	a permanent failure with the reply TEXT, for all
	wait FILE	deliver, once FILE is there
	pause MS	deliver, so much later
	server FILE	deliver, once FILE is there, at the server whose name is the first letter of the
			domain
	hang		never answer, and heed no signal
	die		end without an answer
	die-midway	answer for the first recipient, and end
	die-once FILE	deliver the first job; at another, if FILE is not there, make it and end
	give-back FILE	the same, but wait for the job behind that one, give it back, and deliver
	half		answer for the first recipient, then say that the job is done
	beyond		answer for a recipient that the job has not
	twice		answer for the first recipient twice
	number		answer with another job's number
	garbage		send what is no packet of fields
	huge		send a packet that is too long
	descriptor	send a descriptor with an answer
	flood		answer for all, say that the job is done, and go on
	tls OUTCOME...	say what became of TLS (fields with | behind each), and deliver
	deaf		say what is to be believed once, and read nothing any more
"""
import os
import select
import signal
import socket
import sys
import time

folder, behaviour = sys.argv[1:3]
sock = socket.socket(fileno=0)
first_number = None


def send(*fields):
    sock.send("".join(f + "\0" for f in fields).encode(errors="surrogateescape"))


def answer(number, index, status="D", code="2.0.0", reply="done", server="test"):
    send("J%s" % number, "I%d" % index, "S" + status, "C" + code, "Y" + server, "X" + reply)


def done(number):
    send("J%s" % number, "Z")


def finish(number, count, server="test"):
    for i in range(count):
        answer(number, i, server=server)
    done(number)


def misbehave(number, count):
    for number_of_signal in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number_of_signal, signal.SIG_IGN)
    if behaviour == "beyond":
        answer(number, count)
    elif behaviour == "twice":
        answer(number, 0)
        answer(number, 0)
    elif behaviour == "number":
        answer(int(number) + 1, 0)
    elif behaviour == "garbage":
        sock.send(b"\1\2\3 no fields at all")
    elif behaviour == "huge":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        sock.send(b"X" + b"x" * 100000 + b"\0")
    elif behaviour == "descriptor":
        socket.send_fds(sock, [b"J%s\0I0\0SD\0" % number.encode()], [2])
    elif behaviour == "flood":
        finish(number, count)
        while True:
            done(number)
    time.sleep(600)


def give_back():
    if not select.select([sock], [], [], 10)[0]:
        sys.exit("no job to give back")
    got = sock.recv(65536).decode()
    note_job([(f[:1], f[1:]) for f in got.split("\0")[:-1]], "back")
    send(got.split("\0")[0], "U")


def work(number, count, destination):
    if behaviour == "deliver":
        finish(number, count)
    elif behaviour == "say":
        for i in range(count):
            answer(number, i, "P", "5.7.1", sys.argv[3])
        done(number)
    elif behaviour == "pause":
        time.sleep(int(sys.argv[3]) / 1000)
        for i in range(count):
            send("J%s" % number, "I%d" % i, "SD", "C2.0.0", "Ytest", "M" + sys.argv[3], "Xdone")
        done(number)
    elif behaviour == "server":
        while not os.path.exists(sys.argv[3]):
            time.sleep(0.02)
        finish(number, count, destination[len("mx:")])
    elif behaviour == "wait":
        while not os.path.exists(sys.argv[3]):
            time.sleep(0.02)
        finish(number, count)
    elif behaviour in ("die-once", "give-back"):
        if number != first_number and not os.path.exists(sys.argv[3]):
            open(sys.argv[3], "w").close()
            if behaviour == "die-once":
                time.sleep(0.5)  # to be told more
                sys.exit(1)
            give_back()
        finish(number, count)
    elif behaviour == "tls":
        for outcome in sys.argv[3:]:
            send("O", *outcome.split("|")[:-1])
        finish(number, count)
    elif behaviour == "die":
        sys.exit(1)
    elif behaviour == "die-midway":
        answer(number, 0)
        sys.exit(1)
    elif behaviour == "half":
        answer(number, 0)
        done(number)
    elif behaviour == "deaf":
        finish(number, count)
        time.sleep(600)
    else:
        misbehave(number, count)


def descriptors():
    for fd in sorted(map(int, os.listdir("/proc/self/fd"))):
        try:
            yield "fd %d %s\n" % (fd, os.readlink("/proc/self/fd/%d" % fd))
        except OSError:
            pass  # the one that listed the folder


def note_start():
    lines = ["uid %d %d %d\n" % os.getresuid(), "gid %d %d %d\n" % os.getresgid(),
             "groups %s\n" % " ".join(map(str, sorted(os.getgroups())))]
    lines += descriptors()
    lines += ["env %s=%s\n" % pair for pair in sorted(os.environ.items())]
    with open("%s/start.%d" % (folder, os.getpid()), "w") as f:
        f.writelines(lines)


def note_job(fields, *more):
    with open(folder + "/jobs", "a") as f:
        f.write("\t".join([str(os.getpid()), dict(fields)["D"]] + [v for k, v in fields if k == "T"] +
                          list(more)) + "\n")


def main():
    global first_number
    note_start()
    while True:
        got, fds, _, _ = socket.recv_fds(sock, 65536, 8)
        if not got:
            return
        fields = [(f[:1], f[1:]) for f in got.decode().split("\0")[:-1]]
        recipients = [v for k, v in fields if k == "T"]
        note_job(fields)
        first_number = first_number or dict(fields)["J"]
        for fd in fds:
            with open(fd, "rb") as f, open("%s/file.%d" % (folder, os.getpid()), "wb") as copy:
                copy.write(f.read())
        work(dict(fields)["J"], len(recipients), dict(fields)["D"])


try:
    main()
except (BrokenPipeError, ConnectionResetError):
    pass
