#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034 # helper.bash reads what is set here
# What a large queue costs, counted in system calls, which no other load on the machine changes:
# how it grows with what is queued, and that new mail is not behind the old.

load helper
load qrun

DAYS=$((5 * 24 * 3600))

setup() {
	needs strace
	[ -x "$BUILD/t/bench/fill" ] || missing_peer 'make tools'
	PATH=$PATH:$BUILD/t/bench
	setup_qrun
	# nobody listens at port 9
	control routes '*: smtp:127.0.0.1:9'
	export ASAN_OPTIONS=detect_leaks=0
}

teardown() {
	stop_started
}

# calls COMMAND…: how many system calls it makes itself
calls() {
	strace -o "$T/trace" "$@" >"$T/out" 2>"$T/log"
	grep -c '^[a-z0-9_]*(' "$T/trace"
}

# at_most A B: fails, and says so, if A is more than B
at_most() {
	[ "$1" -le "$2" ] || {
		echo "$1 system calls, where $2 are expected at most" >&2
		return 1
	}
}

# What qrun would know of a server that it could not reach a moment ago.
say_dead() {
	local today
	today=$SATCHEL_SPOOL/hosts/$(($(date +%s) / 86400))
	mkdir -p "$today"
	printf 'U%s\nC4.4.1\nY-\nXasleep\n' $(($(date +%s) + 250)) >"$today/smtp:127.0.0.1:9"
}

# Everything that is deferred is due now.
make_due() {
	local slot time=100
	for slot in "$SATCHEL_SPOOL"/deferred/*; do
		mv "$slot" "$SATCHEL_SPOOL/deferred/$(printf %012d "$time")"
		time=$((time + 1))
	done
}

@test "a pass with nothing due: what is deferred costs nothing" {
	fill -o "$DAYS" deferred 30
	few=$(calls qrun)
	fill -o "$DAYS" deferred 3000
	at_most "$(calls qrun)" $((few + 8))
	[ "$(files_in "$SATCHEL_SPOOL/deferred")" -eq 3030 ]
}

@test "neither does what is held, nor what is known of destinations" {
	few=$(calls qrun)
	fill hold 2000
	say_dead
	(cd "$SATCHEL_SPOOL/hosts/"* && seq -f 'mx:d%g.test' 2000 | xargs touch)
	at_most "$(calls qrun)" $((few + 8))
}

@test "a pass looks at what is due and at nothing else" {
	say_dead
	fill -o "-$DAYS" deferred 10
	few=$(calls qrun)
	fill -o "$DAYS" deferred 3000
	fill -o "-$DAYS" deferred 10
	at_most "$(calls qrun)" $((few + 40))
	[ "$(grep -c 'tried=no' "$T/log")" -eq 10 ]
}

@test "a message whose destination is out of reach costs its reading, a rename and two log lines" {
	say_dead
	fill -o "-$DAYS" deferred 100
	few=$(calls qrun)
	fill -o "-$DAYS" deferred 1100
	many=$(calls qrun)
	[ "$(grep -c 'tried=no' "$T/log")" -eq 1100 ]
	at_most $(((many - few) / 1000)) 20
	# its reply is what it was: nothing is written
	make_due
	strace -o "$T/trace" -e trace=pwrite64,pwritev qrun 2>"$T/log"
	[ "$(grep -c 'tried=no' "$T/log")" -eq 1200 ]
	at_most "$(grep -c '^pwrite' "$T/trace")" 10
}

@test "qstat reads each message with few calls; one of them is found without reading the others" {
	fill -o "$DAYS" deferred 200
	few=$(calls qstat -c)
	fill -o "$DAYS" deferred 2000
	many=$(calls qstat -c)
	grep -q '^2200 messages, 2200 deferred; 2200 recipients' "$T/out"
	at_most $(((many - few) / 2000)) 7
	id=$(find "$SATCHEL_SPOOL/deferred" -type f | tail -n 1)
	at_most "$(calls qstat "${id##*/}")" $((few + 100))
	# -v would stop a sanitizer, too
	if [ "${SANITIZE-}" != 1 ]; then ulimit -v 20000; fi
	[ "$(qstat | grep -c ' deferred ')" -eq 2200 ]
}

@test "the listing begins before all has been read" {
	fill -o "$DAYS" deferred 2000
	strace -o "$T/trace" -e trace=openat,write qstat >"$T/out"
	first=$(grep -n -m 1 '^write(1' "$T/trace" | cut -d : -f 1)
	[ "$first" -lt 500 ]
}

# A server that takes connections and says nothing.
start_silent() {
	start python3 -S -c 'import socket, sys, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(1000)
print(s.getsockname()[1], flush=True)
time.sleep(600)'
	wait_for 10 test -s "$STARTED_LOG"
	control routes "*: smtp:127.0.0.1:$(cat "$STARTED_LOG")"
}

@test "-w: new mail does not wait for what is due, nor for what is new already" {
	start_silent
	control limits 'qrun-active: 20'
	fill -o "-$DAYS" deferred 300
	fill new 300
	start qrun -w
	log=$STARTED_LOG
	fds=/proc/$STARTED_PID/fd
	# it holds what it holds of one server without being told
	wait_for 10 bash -c "[ \$(ls -l $fds | grep -c '/deferred/.*/\|/new/') -ge 7 ]"
	submit ann@box.test joe@box.test
	wait_for 10 grep -q 'to=joe@box.test.*status=sent' "$log"
}

@test "-w: a signal is heard while there is much to defer" {
	say_dead
	fill -o "-$DAYS" deferred 3000
	# each of them takes a while
	start strace -o "$T/trace" -e inject=rename,renameat,renameat2:delay_enter=20000 qrun -w
	wait_for 10 grep -q deferred "$STARTED_LOG"
	kill "$(pgrep -P "$STARTED_PID" qrun)"
	wait "$STARTED_PID"
	STARTED=
	[ "$(grep -c ' deferred ' "$STARTED_LOG")" -lt 3000 ]
}
