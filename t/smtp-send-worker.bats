#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8) as a worker: job after job over one connection, against servers that behave and
# servers that do not.

load helper
load dns
load smtp-send

wire() {
	printf 'Subject: %s\r\n\r\nhello\r\n' "$1" >"$T/$1"
}

jobs() {
	run timeout 60 python3 -S "$ROOT/t/jobs.py" "$@"
}

@test "jobs for one destination go over one connection" {
	start_sink
	wire one
	wire two
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/two" "$to" ann@example.test bob@example.test \
		-- "$T/one" "$to" joe@example.test
	assert_status 0
	[ "${lines[0]}" = $'1\t0\tD\t2.0.0\t127.0.0.1[127.0.0.1]:'"$SINK"$'\t250 2.0.0 taken' ]
	[ "${lines[1]}" = "1 done" ]
	[ "${lines[3]%%$'\t2.0.0'*}" = $'2\t1\tD' ]
	[ "${lines[4]}" = "2 done" ]
	[ "${lines[7]}" = "exit 0" ]
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
	wait_for 20 grep -q QUIT "$OUT/log" # nobody waits for the reply to that
	cmp "$OUT/2.eml" "$T/two"
}

@test "jobs handed over at once, for several destinations" {
	start_sink
	first=$SINK first_out=$OUT
	start_sink
	wire one
	jobs --together --again smtp-send -w -- "$T/one" "smtp:127.0.0.1:$first" joe@example.test \
		-- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/one" "smtp:127.0.0.1:$first" joe@example.test
	assert_status 0
	[ "${#lines[@]}" -eq 7 ]
	[ -e "$OUT/1.eml" ]
	[ -e "$first_out/2.eml" ]
	wait_for 20 grep -q QUIT "$OUT/log" # nobody waits for the reply to that
}

@test "a refused transaction is reset before the next" {
	start_sink --at "rcpt:joe@example.test=550 5.1.1 no"
	wire one
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tP\t5.1.1\t'* ]]
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\t'* ]]
	assert_file_has "$OUT/log" "1 b'RSET"
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
}

@test "where RSET is refused, the next message goes over a new connection" {
	start_sink --at "mail=550 5.7.1 no@1" --at "rset=502 5.5.1 what?"
	wire one
	wire two
	jobs smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/two" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tP\t5.7.1'
	assert_output_has $'2\t0\tD\t2.0.0'
	assert_file_has "$OUT/log" "2 b'EHLO"
}

@test "a server that closes between messages costs nothing" {
	start_sink --at "idle=close"
	wire one
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\t'* ]]
	start_sink --at "mail=421 4.3.2 enough@2"
	to=smtp:127.0.0.1:$SINK
	jobs smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[[ ${lines[2]} == $'2\t0\tD\t2.0.0\t'* ]]
}

@test "an idle connection is ended with QUIT after its time" {
	control limits "smtp-idle: 1"
	start_sink
	wire one
	start python3 -S "$ROOT/t/jobs.py" --pause 30 smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	wait_for 10 grep -q QUIT "$OUT/log"
	lacks exit "$STARTED_LOG"
}

@test "DSN parameters go to a server that offers DSN" {
	wire one
	for extra in "" "--without DSN"; do
		# shellcheck disable=SC2086
		start_sink $extra
		jobs smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" "joe@example.test,NNEVER,Orfc822;joe@example.test"
		assert_status 0
		if [ -z "$extra" ]; then
			assert_file_has "$OUT/1.env" "RCPT TO:<joe@example.test> NOTIFY=NEVER ORCPT=rfc822;joe@example.test"
		else
			assert_file_has "$OUT/1.env" "RCPT TO:<joe@example.test>"
			lacks NOTIFY "$OUT/1.env"
		fi
	done
}

@test "8-bit text that the server of the open connection does not take finds another" {
	start_dns < <(zone)
	start_sinks
	start_sink_at 127.0.0.11 --without 8BITMIME
	start_sink_at 127.0.0.12
	printf 'a\r\n' >"$T/one"
	printf '\303\244\r\n' >"$T/two"
	run timeout 60 python3 -S "$ROOT/t/jobs.py" smtp-send -w -- "$T/one" mx:two.example.test joe@two.example.test \
		-- "$T/two" mx:two.example.test joe@two.example.test
	assert_status 0
	assert_output_has $'1\t0\tD\t2.0.0\ta.example.test['
	assert_output_has $'2\t0\tD\t2.0.0\tb.example.test['
}

@test "8-bit text that was called 7BIT is declared as what it is" {
	start_sink
	printf '\303\244\r\n' >"$T/one"
	jobs --body 7BIT smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	assert_file_has "$OUT/1.env" " BODY=8BITMIME"
}

@test "a bare LF in the spool does not go out" {
	start_sink
	printf 'a\r\nb\n.\nc\r\n' >"$T/bad"
	jobs smtp-send -w -- "$T/bad" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tT\t4.3.0\t'* ]]
	[ ! -e "$OUT/1.eml" ]
}

@test "the deadline of a job is kept, and the next goes on" {
	start_sink --at "data=stall@1"
	wire one
	to=smtp:127.0.0.1:$SINK
	begin=$SECONDS
	jobs --deadline 2 smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" joe@example.test
	assert_status 0
	[[ ${lines[0]} == $'1\t0\tT\t4.4.2\t'* ]]
	[[ ${lines[2]} == $'2\t0\tD\t'* ]]
	[ $((SECONDS - begin)) -le 30 ]
}

@test "what qrun left behind when it died is not delivered" {
	start_sink --at "data=wait $T/mark"
	wire one
	jobs --vanish "$OUT/log" "DATA" "$T/mark" smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/one" "smtp:127.0.0.1:$SINK" ann@example.test
	assert_output_has "exit 111"
	[ ! -e "$OUT/1.eml" ]
	lacks ann "$OUT/log"
	touch "$T/begun"
	jobs --vanish "$T/begun" "" "$T/gone" sh -c "until [ -e $T/gone ]; do sleep 0.02; done; exec smtp-send -w" \
		-- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_output_has "exit 0"
	[ ! -e "$OUT/1.eml" ]
}

@test "a signal waits until the result of what was sent is reported" {
	start_sink --at "end=wait $T/mark"
	wire one
	# the sink logs nothing of a message: it has come when the file is there
	jobs --signal "$OUT/1.end" "" "$T/mark" smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_output_has $'1\t0\tD\t2.0.0'
	assert_output_has "exit -15"
}

# The next job's commands behind the end of a message (RFC 2920, 3.1).

# ahead NUMBER: how many messages of a connection had something behind them in one piece
ahead() {
	grep -c "^$1 behind b'" "$OUT/log" || true
}

# three_jobs: messages one, two and one to joe, ann and bob, told at once
three_jobs() {
	wire one
	wire two
	together smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/two" "smtp:127.0.0.1:$SINK" ann@example.test \
		-- "$T/one" "smtp:127.0.0.1:$SINK" bob@example.test
	assert_status 0
	[ "${lines[-1]}" = "exit 0" ]
}

@test "the commands of the next job go out behind the end of a message" {
	start_sink
	three_jobs
	[ "$(cut -f 1-4 <<<"${lines[0]}")" = $'1\t0\tD\t2.0.0' ]
	[ "${lines[1]}" = "1 done" ]
	[ "${lines[5]}" = "3 done" ]
	cmp "$OUT/1.eml" "$T/one"
	cmp "$OUT/2.eml" "$T/two"
	cmp "$OUT/3.eml" "$T/one"
	assert_file_has "$OUT/2.env" "RCPT TO:<ann@example.test>"
	wait_for 20 grep -q QUIT "$OUT/log"
	[ "$(grep -c . "$OUT/log")" -eq 5 ] # EHLO, three groups, QUIT
	[ "$(grep -c "^1 b'MAIL" "$OUT/log")" -eq 1 ]
	[ "$(ahead 1)" -eq 2 ]
	lacks RSET "$OUT/log"
}

@test "without PIPELINING nothing goes out behind a message" {
	start_sink --without PIPELINING
	three_jobs
	[ "$(grep -c "b'MAIL" "$OUT/log")" -eq 3 ]
	[ "$(grep -c 'MAIL.*RCPT' "$OUT/log" || true)" -eq 0 ]
	[ -e "$OUT/3.eml" ]
}

@test "a result is reported before the next message is sent" {
	start_sink --at "end=wait $T/mark@2"
	wire one
	to=smtp:127.0.0.1:$SINK
	start python3 -S "$ROOT/t/jobs.py" --together --again smtp-send -w -- "$T/one" "$to" joe@example.test \
		-- "$T/one" "$to" ann@example.test
	log=$STARTED_LOG
	wait_for 10 grep -q "1 done" "$log"
	lacks "2 done" "$log"
	touch "$T/mark"
	wait_for 10 grep -q "2 done" "$log"
}

@test "refusals of what was sent ahead are for that job alone" {
	start_sink --at "mail=550 5.7.1 not you@2" --at "rcpt=503 5.5.1 MAIL first@2"
	three_jobs
	assert_output_has $'1\t0\tD'
	assert_output_has $'2\t0\tP\t5.7.1'
	assert_output_has $'3\t0\tD'
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
	cmp "$OUT/2.eml" "$T/one"
	for extra in "" "data=354 go on"; do
		start_sink --at "rcpt:ann@example.test=550 5.1.1 no" --at "${extra:-helo=250 x}"
		three_jobs
		assert_output_has $'1\t0\tD'
		assert_output_has $'2\t0\tP\t5.1.1'
		assert_output_has $'3\t0\tD'
		[ ! -e "$OUT/3.eml" ]
		cmp "$OUT/2.eml" "$T/one"
		[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
	done
	start_sink --at "data=451 4.3.0 later@2"
	three_jobs
	assert_output_has $'2\t0\tT\t4.3.0'
	assert_output_has $'3\t0\tD'
}

@test "a refused message does not touch the job behind it" {
	for reply in "554 5.6.0 no" "451 4.3.0 later"; do
		start_sink --at "end=$reply@1"
		three_jobs
		[[ $output != *$'1\t0\tD'* ]]
		assert_output_has $'2\t0\tD'
		assert_output_has $'3\t0\tD'
		[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
		cmp "$OUT/1.eml" "$T/two"
	done
}

@test "a connection that breaks at the end of a message leaves the next job as it was" {
	for action in close reset; do
		start_sink --at "end=$action@1"
		three_jobs
		assert_output_has $'1\t0\tT\t4.4.2'
		assert_output_has $'2\t0\tD'
		assert_output_has $'3\t0\tD'
		[ "$(ls "$OUT"/*.eml | wc -l)" -eq 2 ]
		# nor is it done again to a server that may not have borne it
		[ "$(ahead 1)" -eq 1 ]
		[ "$(ahead 2)" -eq 0 ]
	done
}

@test "421 at any reply leaves the jobs behind it as they were" {
	start_sink --at "end=421 4.3.2 enough@1"
	three_jobs
	assert_output_has $'1\t0\tT\t4.3.2'
	assert_output_has $'2\t0\tD'
	assert_output_has $'3\t0\tD'
	[ "$(ahead 2)" -eq 1 ]
	for step in mail rcpt data; do
		start_sink --at "$step=421 4.3.2 enough@2"
		three_jobs
		assert_output_has $'1\t0\tD'
		assert_output_has $'2\t0\tD'
		assert_output_has $'3\t0\tD'
		[ "$(ls "$OUT"/*.eml | wc -l)" -eq 3 ]
		[ "$(ahead 2)" -eq 1 ]
	done
}

@test "a message that may have been delivered goes to no other server, one refused by 421 does" {
	start_dns < <(zone)
	wire one
	servers() {
		start_sinks
		start_sink_at 127.0.0.11 --at "end=421 4.3.2 enough@1"
		start_sink_at 127.0.0.12
	}
	servers
	AGAIN=servers together smtp-send -w -- "$T/one" mx:two.example.test joe@two.example.test \
		-- "$T/one" mx:two.example.test ann@two.example.test
	assert_status 0
	assert_output_has $'1\t0\tD\t2.0.0\tb.example.test'
	assert_output_has $'2\t0\tD\t2.0.0\tb.example.test'
}

@test "a server that stumbles over commands behind a message is asked one by one" {
	for at in "idle=forget" "mail=503 5.5.0 improper use@2" "mail=500 5.5.1 what?@2" "rcpt=503 5.5.1 what?@2" \
		"data=503 5.5.1 what?@2" "mail=354 go on@2" "mail=garbage@2" "mail=close@2" "rcpt=close@2"; do
		# of these one alone is waited for, for less than makes a server slow (those behind it are given back)
		rm -f "$SATCHEL_CONTROL/limits"
		[ "$at" != idle=forget ] || control limits "smtp-timeout: 2"
		start_sink --at "$at"
		three_jobs
		[ "$(grep -c $'\t0\tD\t' <<<"$output")" -eq 3 ] || { echo "$at: $output"; false; }
		[ "$(ls "$OUT"/*.eml | wc -l)" -eq 3 ]
		[ "$(cut -d " " -f 1 "$OUT/log" | sort -u | tail -n 1)" = 2 ]
		[ "$(ahead 1)" -eq 1 ]
		[ "$(ahead 2)" -eq 0 ]
	done
}

@test "what cannot go ahead goes behind: too large, 8-bit text, a bad sender" {
	start_sink --without 8BITMIME
	head -c 1000001 /dev/zero | tr '\0' x | fold | sed 's/$/\r/' >"$T/large"
	printf '\303\244\r\n' >"$T/8bit"
	wire one
	to=smtp:127.0.0.1:$SINK
	together smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/large" "$to" joe@example.test \
		-- "$T/one" "$to" "a b@example.test" bob@example.test -- "$T/8bit" "$to" joe@example.test \
		-- "$T/one" "$to" joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tD'
	assert_output_has $'2\t0\tP\t5.3.4'
	assert_output_has $'3\t0\tP\t5.1.3'
	assert_output_has $'3\t1\tD'
	assert_output_has $'4\t0\tP\t5.6.9'
	assert_output_has $'5\t0\tD'
	cmp "$OUT/3.eml" "$T/one"
}

@test "large messages with dots at every place follow one another" {
	start_sink --without SIZE
	python3 -S -c 'import random
random.seed(8)
for i in range(9000):
    print("." * random.choice((0, 0, 1, 2)) + "x" * random.randrange(120) + "\r")' >"$T/large"
	wire one
	to=smtp:127.0.0.1:$SINK
	together smtp-send -w -- "$T/large" "$to" joe@example.test -- "$T/one" "$to" joe@example.test \
		-- "$T/large" "$to" joe@example.test -- "$T/large" "$to" joe@example.test
	assert_status 0
	for i in 1 3 4; do
		sed 's/^\.//' "$OUT/$i.eml" | cmp - "$T/large"
	done
	cmp "$OUT/2.eml" "$T/one"
}

@test "what stands in the file behind the message is none of it" {
	start_sink
	printf 'Subject: short\r\n\r\n.x\r\n\303\244 of another message\r\n' >"$T/one"
	together --behind 23 smtp-send -w -- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test \
		-- "$T/one" "smtp:127.0.0.1:$SINK" joe@example.test
	assert_status 0
	assert_output_has $'2\t0\tD'
	for i in 1 2; do
		[ "$(cat -A "$OUT/$i.eml")" = $'Subject: short^M$\n^M$\n..x^M$' ]
		lacks BODY "$OUT/$i.env"
	done
}

@test "a slow server keeps its own job, the others are given back" {
	start_sink --at "end=wait $T/mark@1"
	wire one
	to=smtp:127.0.0.1:$SINK
	start python3 -S "$ROOT/t/jobs.py" --together smtp-send -w -- "$T/one" "$to" joe@example.test \
		-- "$T/one" "$to" ann@example.test -- "$T/one" "$to" bob@example.test
	log=$STARTED_LOG
	wait_for 10 grep -q "2 returned" "$log"
	[ "$(head -n 2 "$log")" = $'3 returned\n2 returned' ]
	touch "$T/mark"
	wait_for 10 grep -q "exit 0" "$log"
	assert_file_has "$log" $'1\t0\tD'
	[ "$(ls "$OUT"/*.eml)" = "$OUT/1.eml" ]
}

@test "where nobody can be reached, the jobs behind are given back at once" {
	wire one
	to=smtp:127.0.0.1:$(free_port)
	jobs --together smtp-send -w -- "$T/one" "$to" joe@example.test -- "$T/one" "$to" ann@example.test
	assert_status 0
	[ "${lines[0]}" = "2 returned" ]
	[[ ${lines[1]} == $'1\t0\tT\t4.4.1\t'* ]]
}

@test "what is no job ends it with 111" {
	run python3 -S -c 'import socket, subprocess
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
child = subprocess.Popen(["smtp-send", "-w"], stdin=theirs)
ours.send(b"nonsense")
print(child.wait(timeout=20))'
	[ "${lines[-1]}" = 111 ]
	assert_output_has "smtp-send: worker-failed"
}
