#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own
# qrun(8) and its workers: those that take their time, die, or were turned against it.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

@test "a worker inherits its socket, standard output and error, and nothing else" {
	worker deliver deliver
	worker smtp-send deliver
	control routes 'away.test: smtp:127.0.0.1:9'
	submit ann@box.test bob@box.test
	submit ann@box.test joe@away.test
	exec 9<"$T/control/me"
	pass
	exec 9<&-
	[ "$(wc -l <"$T/noted/jobs")" -eq 2 ]
	for file in "$T"/noted/start.*; do
		[ "$(grep -c '^fd ' "$file")" -eq 3 ]
		grep -q '^fd 0 socket:' "$file"
	done
}

@test "without standard descriptors it works, too" {
	submit ann@box.test bob@box.test
	qrun <&- >&- 2>&-
	has bob 1
}

@test "SIGTERM: what workers have is finished, the rest stays, exit code 0" {
	worker deliver wait "$T/go"
	control limits 'deliver-workers: 1'
	for _ in $(seq 40); do submit ann@box.test bob@box.test; done
	start qrun -w
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 test -s "$T/noted/jobs"
	kill "$pid"
	wait_for 10 grep -q '^qrun: stopping' "$log"
	touch "$T/go"
	wait "$pid"
	sent=$(grep -c 'status=sent' "$log")
	[ "$sent" -ge 1 ]
	[ "$sent" -le 20 ]
	[ "$(wc -l <"$T/noted/jobs")" -eq "$sent" ]
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq $((40 - sent)) ]
}

@test "a second SIGTERM, later, ends it at once, and the message stays" {
	worker deliver hang
	submit ann@box.test bob@box.test
	start qrun -w
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 test -s "$T/noted/jobs"
	hanging=$(worker_of bob@box.test)
	kill "$pid"
	wait_for 10 grep -q '^qrun: stopping' "$log"
	again() {
		kill "$pid" 2>/dev/null
		started_is_gone "$pid"
	}
	wait_for 10 again
	code=0
	wait "$pid" || code=$?
	kill -s KILL "$hanging" # it would end with its socket, if it were not made to hang
	[ "$code" -eq 111 ]
	queue_has 1
}

@test "a worker that is killed: its recipients wait, and another delivers" {
	worker deliver hang
	submit ann@box.test bob@box.test
	start qrun
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 job_begun bob@box.test
	kill -s KILL "$(worker_of bob@box.test)"
	wait "$pid"
	assert_file_has "$log" 'status=deferred dsn=4.3.0 reply="the worker ended; '
	queue_has 1
	export SATCHEL_BIN=$BUILD/bin
	qctl retry all
	pass
	has bob 1
}

@test "one that hangs beyond delivery-deadline is ended" {
	worker deliver hang
	worker smtp-send hang
	control limits 'delivery-deadline: 1'
	control routes 'away.test: smtp:127.0.0.1:9'
	submit ann@box.test bob@box.test
	submit ann@box.test joe@away.test
	pass
	logged 2 'status=deferred dsn=4.3.0 reply="the delivery took too long"'
	# who was slow may have been ended before it had noted anything
	for file in "$T"/noted/start.*; do
		[ ! -e "$file" ] || wait_for 5 has_gone "${file##*.}"
	done
	queue_has 2
}

@test "one that dies midway: who was answered for is done, the others wait" {
	worker deliver die-midway
	submit ann@box.test bob@box.test joe@box.test
	pass
	logged 1 'to=bob@box.test .*status=sent'
	logged 1 'to=joe@box.test .*status=deferred'
	queue_has 1
	worker deliver half
	qctl retry all
	pass
	logged 0 'to=bob@box.test'
	logged 1 'to=joe@box.test .*status=sent'
}

@test "one that leaves some out: these wait" {
	worker deliver half
	submit ann@box.test bob@box.test joe@box.test
	pass
	logged 1 'to=joe@box.test .*status=deferred dsn=4.3.0 reply="the worker gave no answer"'
	queue_has 1
}

# Six messages for away.test, in one pass: the first proves the destination, so that more is told.
six_away() {
	control routes 'away.test: smtp:127.0.0.1:9'
	for i in 1 2 3 4 5 6; do submit ann@box.test "joe$i@away.test"; done
	pass
}

@test "one that sends and dies: what it was told behind the first goes to another, untried" {
	worker smtp-send die-once "$T/died"
	six_away
	[ -e "$T/died" ]
	logged 1 'status=deferred dsn=4.3.0 reply="the worker ended; '
	logged 5 'status=sent'
	logged 6 '^qrun: delivery'
	[ "$(cut -f 1 "$T/noted/jobs" | sort -u | wc -l)" -eq 2 ]
	queue_has 1
}

@test "what one that sends gives back goes to another, or to it again, untried" {
	worker smtp-send give-back "$T/given"
	six_away
	grep -q 'back$' "$T/noted/jobs"
	logged 6 'status=sent'
	logged 6 '^qrun: delivery'
	queue_has 0
	# with no other worker to be had
	rm "$T/given"
	control limits 'send-workers: 1'
	: >"$T/noted/jobs"
	six_away
	grep -q 'back$' "$T/noted/jobs"
	logged 6 'status=sent'
	queue_has 0
}

@test "one that delivers has nothing to give back" {
	worker deliver give-back "$T/given"
	for _ in 1 2 3 4 5 6; do submit ann@box.test bob@box.test; done
	pass
	logged 1 '^qrun: worker-lost reason="process [0-9]*: the worker broke the protocol"'
}

@test "one that cannot be started: the message waits, with the reason" {
	worker deliver deliver
	rm "$T/bin/deliver"
	submit ann@box.test bob@box.test
	pass
	logged 1 'unable to run .*/deliver: No such file'
	logged 1 'status=deferred dsn=4.3.0'
	queue_has 1
}

@test "one that breaks the rules loses its job and its life; other mail goes on" {
	control routes 'away.test: smtp:127.0.0.1:9'
	worker smtp-send deliver
	for behaviour in beyond number garbage huge descriptor; do
		worker deliver "$behaviour"
		: >"$T/noted/jobs"
		submit ann@box.test bob@box.test
		submit ann@box.test joe@away.test
		pass
		logged 1 'to=bob@box.test .*status=deferred dsn=4.3.0 reply="the worker broke the protocol"'
		logged 1 'to=joe@away.test .*status=sent'
		logged 1 '^qrun: worker-lost reason='
		wait_for 5 has_gone "$(worker_of bob@box.test)"
		queue_has 1
		rm "$(queue_file)"
	done
}

@test "one that answers twice, or goes on when it is done, is believed once" {
	worker deliver twice
	submit ann@box.test bob@box.test joe@box.test
	pass
	logged 1 'to=bob@box.test'
	logged 1 'to=joe@box.test .*status=deferred'
	rm "$(queue_file)"
	worker deliver flood
	submit ann@box.test bob@box.test
	pass
	logged 1 'to=bob@box.test .*status=sent'
	queue_has 0
}

@test "one that reads nothing holds nobody up but those it is for" {
	worker deliver deaf
	control limits 'delivery-deadline: 1' 'deliver-workers: 1'
	submit ann@box.test bob@box.test
	start qrun -w
	wait_for 10 queue_has 0
	submit ann@box.test bob@box.test
	start_sink
	submit ann@box.test joe@away.test
	stop "$STARTED_PID" || true
	wait_for 30 grep -q 'status=deferred' "$T/started.1.log"
}

@test "mail for a domain goes to the worker that has a connection to its server" {
	worker smtp-send server "$T/go"
	today=$SATCHEL_SPOOL/hosts/$(($(date +%s) / 86400))
	mkdir -p "$today"
	echo Ra >"$today/mx:a2.test"
	echo Rb >"$today/mx:b2.test"
	start qrun -w
	submit ann@box.test joe@a1.test
	wait_for 10 job_begun joe@a1.test
	submit ann@box.test joe@b1.test
	wait_for 10 job_begun joe@b1.test
	touch "$T/go"
	wait_for 10 queue_has 0
	submit ann@box.test joe@a2.test
	wait_for 10 job_begun joe@a2.test
	wait_for 10 queue_has 0
	submit ann@box.test joe@b2.test
	wait_for 10 job_begun joe@b2.test
	[ "$(worker_of joe@a1.test)" != "$(worker_of joe@b1.test)" ]
	[ "$(worker_of joe@a2.test)" = "$(worker_of joe@a1.test)" ]
	[ "$(worker_of joe@b2.test)" = "$(worker_of joe@b1.test)" ]
}

@test "what a worker says gets into logs, spool and bounces as text of one line" {
	worker deliver say '\x0d\x0afake: line \xff'
	submit ann@box.test bob@box.test
	pass
	logged 1 'to=bob@box.test .*status=failed dsn=5.7.1 reply='
	worker deliver say "$(printf 'caf\303\251 \033[31m')"
	submit ann@box.test bob@box.test
	pass
	logged 1 'reply="the worker broke the protocol"'
	rm "$(queue_file)"
	worker deliver say "$(printf 'bad \377')"
	submit ann@box.test bob@box.test
	pass
	logged 1 'reply="the worker broke the protocol"'
}

@test "idle workers end, busy ones are kept for the next message" {
	worker deliver deliver
	start qrun -w
	for _ in 1 2 3; do
		submit ann@box.test bob@box.test
		wait_for 10 queue_has 0
	done
	[ "$(cut -f 1 "$T/noted/jobs" | sort -u | wc -l)" -eq 1 ]
	wait_for 30 has_gone "$(worker_of bob@box.test)"
}
