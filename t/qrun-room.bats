#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034 # helper.bash reads what is set here
# qrun(8): the room for messages that are held, and who gets it where some servers are slow.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# sent_to RECIPIENT COUNT: at least so many deliveries are logged
sent_to() {
	[ "$(grep -c "to=$1 .*status=sent" "$STARTED_LOG")" -ge "$2" ]
}

@test "servers that are slow leave room for others, and get all their mail in the end" {
	[ -x "$BUILD/t/bench/fill" ] || missing_peer 'make tools'
	control limits 'qrun-active: 12' 'send-destination: 2'
	start_sink --at "greeting=wait $T/go"
	slow=$SINK
	start_sink
	control routes "*: smtp:127.0.0.1:$SINK" "slow.test: smtp:127.0.0.1:$slow" \
	    "late.test: smtp:localhost:$slow"
	"$BUILD/t/bench/fill" -t joe@slow.test new 60
	"$BUILD/t/bench/fill" -t joe@late.test -o -500000 deferred 20
	for n in 1 2 3 4 5; do submit ann@box.test "joe@away.test"; done
	submit ann@box.test joe@slow.test bob@box.test
	start qrun
	wait_for 20 sent_to joe@away.test 5
	wait_for 10 sent_to bob@box.test 1
	[ "$(find "/proc/$STARTED_PID/fd" -lname '*/new/*' -o -lname '*/deferred/*/*' | wc -l)" -le 12 ]
	touch "$T/go"
	wait "$STARTED_PID"
	STARTED=${STARTED/ $STARTED_PID/}
	sent_to joe@slow.test 61
	sent_to joe@late.test 20
	# nobody was tried twice, and nothing is left
	[ "$(grep -c '^qrun: delivery ' "$STARTED_LOG")" -eq 87 ]
	[ "$(grep -c '^qrun: removed ' "$STARTED_LOG")" -eq 86 ]
	queue_has 0
}

@test "-w: the same, and what waits by its name is let go of at the end" {
	control limits 'qrun-active: 8'
	worker smtp-send wait "$T/go"
	control routes 'away.test: smtp:127.0.0.1:9'
	for n in $(seq 30); do submit ann@box.test "joe$n@away.test"; done
	start qrun -w
	wait_for 10 test -s "$T/noted/jobs"
	submit ann@box.test bob@box.test
	wait_for 10 has bob 1
	kill "$STARTED_PID"
	wait_for 10 grep -q '^qrun: stopping' "$STARTED_LOG"
	touch "$T/go"
	wait "$STARTED_PID"
	STARTED=
	lacks "$STARTED_LOG" 'status=deferred'
	[ "$(queued)" -eq $((30 - $(grep -c 'to=joe.*status=sent' "$STARTED_LOG"))) ]
}
