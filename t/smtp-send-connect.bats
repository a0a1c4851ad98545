#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8): from a domain to an open connection.

load helper
load dns
load smtp-send

# black_hole ADDRESS PORT: a server whose backlog is full, so that the kernel drops whoever comes.
black_hole() {
	start python3 -c 'import socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(family)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2])))
s.listen(0)
full = []
for i in range(4):
    c = socket.socket(family)
    c.setblocking(False)
    c.connect_ex(s.getsockname())
    full.append(c)
probe = socket.socket(family)
probe.settimeout(0.2)
try:
    probe.connect(s.getsockname())
    sys.exit("not full")
except TimeoutError:
    print("full", flush=True)
time.sleep(600)' "$1" "$2"
	wait_for 10 grep -q full "$STARTED_LOG"
}

has_ipv6() {
	python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' || skip "no IPv6 here"
}

# jobs DESTINATION...: a worker gets one after the other; the results with the worker's own words
# (t/worker.py speaks the protocol of qrun(8))
jobs() {
	printf 'Subject: test\r\n\r\nhello\r\n' >"$T/wire"
	local to arguments=()
	for to in "$@"; do
		arguments+=("$to" "$T/wire" "joe@example.test")
	done
	run timeout 60 python3 "$ROOT/t/jobs.py" "${arguments[@]}"
}
