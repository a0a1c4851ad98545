#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A service that everybody may ask, and local users who hold its workers.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
	[ "$(id -u)" -eq 0 ] || skip 'not root: no other users'
	cat >"$T/users.py" <<-'PYTHON'
		import os, signal, socket, struct, time
		def frame(letter, content=b""):
		    return letter + struct.pack(">I", len(content)) + content
		def connect(name, uid):
		    # by a name that needs no right to search any folder
		    os.chdir(os.environ["SATCHEL_SPOOL"] + "/run/" + name)
		    s = socket.socket(socket.AF_UNIX)
		    s.settimeout(60)
		    os.seteuid(uid)
		    try:
		        s.connect("socket")
		    finally:
		        os.seteuid(0)
		    return s
		def begin(uid):
		    """Of a client of that user, who begins a message: (socket, "G"), or "" where it is closed."""
		    s = connect("enqueue", uid)
		    try:
		        s.sendall(frame(b"E", b"Fa@b.test\0Tc@d.test\0"))
		        return s, s.recv(100)[:1].decode()
		    except (ConnectionResetError, BrokenPipeError):
		        return s, ""
		def begins_at_last(uid):
		    until = time.monotonic() + 60
		    while time.monotonic() < until:
		        s, answer = begin(uid)
		        if answer == "G":
		            return s
		        time.sleep(0.02)
		    raise SystemExit("%d is never served" % uid)
	PYTHON
}

teardown() {
	stop_started
}

users() {
	PYTHONPATH=$T python3 -S -c "from users import *
$1"
}

@test "no user has more than half of the workers, and all of them leave some to the servers" {
	control limits 'enqueue-workers: 4'
	mkdir -p "$SATCHEL_SPOOL/run/smtpd"
	chown 12347 "$SATCHEL_SPOOL/run/smtpd"
	start enqueue -w
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	SERVICE=$STARTED_PID users '
one, two = begin(12345), begin(12345)
assert one[1] == two[1] == "G"
assert begin(12345)[1] == begin(12345)[1] == "", "one has more than half"
other = begin(12346)
assert other[1] == "G", "another has none"
assert begin(12346)[1] == begin(12348)[1] == "", "all of them have more than seven eighths"
for uid in 12347, 0:
    server, answer = begin(uid)
    assert answer == "G", "a server has none"
    server.sendall(frame(b"D", b"Subject: x\r\n\r\n") + frame(b"C", b"14"))
    assert server.recv(100)[:1] == b"K"
    server.close()
# what one lets go of he may have again, and what was ended is nobody'"'"'s
one[0].close()
one = begins_at_last(12345)
assert begin(12345)[1] == ""
service = os.environ["SERVICE"]
for pid in open("/proc/%s/task/%s/children" % (service, service)).read().split():
    os.kill(int(pid), signal.SIGKILL)
three, four = begins_at_last(12345), begins_at_last(12345)
assert begin(12345)[1] == ""
'
	[ "$(complete_in "$SATCHEL_SPOOL/new")" -eq 2 ]
	[ "$(grep -c 'enqueue: crowded .*uid 12345 .*half of 4' "$STARTED_LOG")" -eq 1 ]
}

@test "mta-sts -w: the same of who asks for policies, but not of whose mail goes out" {
	control mta-sts 'workers: 4'
	chown 12347 "$SATCHEL_SPOOL"
	start mta-sts -w
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/mta-sts/socket"
	users '
held = [connect("mta-sts", 12345), connect("mta-sts", 12345)]
refused = connect("mta-sts", 12345)
assert refused.recv(1) == b""
'
	wait_for 10 grep -q 'mta-sts: crowded .*uid 12345 ' "$STARTED_LOG"
	stop "$STARTED_PID"
	start mta-sts -w
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/mta-sts/socket"
	users '
held = [connect("mta-sts", 12347) for i in range(4)]
for s in held:
    s.sendall(b"?\0\0\0\0")
    try:
        s.recv(1)
    except ConnectionResetError:
        pass
'
	run -1 grep -q crowded "$STARTED_LOG"
}
