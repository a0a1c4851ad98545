#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# qrun(8): how much other servers get at once, in a minute, over one connection, and what they say
# to it.

bats_require_minimum_version 1.5.0
load helper
load dns
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# several COUNT: so many messages for away.test
several() {
	for n in $(seq "$1"); do submit ann@box.test "joe$n@away.test"; done
}

# How many processes had a job.
workers_used() {
	cut -f 1 "$T/noted/jobs" | sort -u | wc -l
}

# How many connections the server of start_sink had, and how many messages it took.
connections() {
	grep -c "EHLO\|HELO" "$OUT/log" || true
}

taken() {
	find "$OUT" -name '*.eml' | wc -l
}

taken_are() {
	[ "$(taken)" -eq "$1" ]
}

@test "a line that is wrong: it is named, and no mail is touched" {
	submit ann@box.test bob@box.test
	control destinations '# servers' 'away.test: at-once=5 per-hour=100'
	run qrun
	assert_status 111
	assert_output_has 'qrun: fatal: destinations, line 2: at-once=1 to 10000, per-minute=1 to 1000000 and per-connection=1 to 1000000 are expected, each once, not "per-hour=100"'
	queue_has 1
}

@test "at-once: so many workers and no more" {
	control routes 'away.test: smtp:away.test:9'
	worker smtp-send pause 30
	several 15
	pass
	[ "$(workers_used)" -gt 2 ]
	: >"$T/noted/jobs"
	control destinations 'away.test: at-once=2'
	several 15
	pass
	logged 15 'status=sent'
	[ "$(workers_used)" -eq 2 ]
}

@test "at-once may be more than send-destination" {
	control routes 'away.test: smtp:away.test:9'
	control limits 'send-destination: 1'
	control destinations '.test: at-once=1' '"smtp:away.test:9": at-once=4'
	worker smtp-send pause 30
	several 15
	pass
	[ "$(workers_used)" -gt 1 ]
}

@test "per-connection: then a new one" {
	start_sink
	control destinations '127.0.0.1: at-once=1 per-connection=2'
	several 5
	pass
	taken_are 5
	[ "$(connections)" -eq 3 ]
}

@test "domains with one server share its connections" {
	start_dns < <(
		echo "mx A 127.0.0.1"
		printf 'd%s MX 10 mx\n' 1 2 3 4 5 6 7 8
	)
	start_sink
	rm "$SATCHEL_CONTROL/routes"
	control resolvers "127.0.0.1:$DNS_PORT"
	control mxport "$SINK"
	control limits 'send-workers: 2'
	for n in 1 2 3 4 5 6 7 8; do
		submit ann@box.test "joe@d$n.example.test" "sue@d$n.example.test"
		submit ann@box.test "jim@d$n.example.test"
	done
	pass
	taken_are 16
	queue_has 0
	[ "$(connections)" -le 2 ]
}

@test "per-minute: the rest waits, other mail does not, and the next pass keeps to it" {
	start_sink
	control routes "away.test: smtp:127.0.0.1:$SINK" "other.test: smtp:localhost:$SINK"
	control destinations '127.0.0.1: per-minute=1'
	for try in 1 2; do
		several 2
		submit ann@box.test "bob@box.test"
		submit ann@box.test "joe@other.test"
		start qrun
		wait_for 10 has bob "$try"
		wait_for 10 grep -q 'to=joe@other.test .*status=sent' "$STARTED_LOG"
		wait_for 10 taken_are $((try + 1))
		stop "$STARTED_PID"
		grep -q '^qrun: stopping' "$STARTED_LOG"
	done
	[ "$(queued)" -eq 3 ]
	[ -s "$SATCHEL_SPOOL/run/qrun/rates" ]
}

@test "per-minute: evenly, until all has gone" {
	start_sink
	control destinations '*: per-minute=60'
	several 8
	begun=$(date +%s%N)
	pass
	taken_are 8
	logged 8 'status=sent'
	# six at once, then one a second
	[ $((($(date +%s%N) - begun) / 1000000)) -ge 1000 ]
}

@test "send-rate: all servers together, and none of what stays here" {
	start_sink
	control limits 'send-rate: 1'
	control routes "*: smtp:127.0.0.1:$SINK" "other.test: smtp:localhost:$SINK"
	submit ann@box.test joe@away.test
	submit ann@box.test joe@other.test
	submit ann@box.test bob@box.test
	start qrun -w
	wait_for 10 taken_are 1
	submit ann@box.test bob@box.test
	wait_for 10 has bob 2
	taken_are 1
	stop "$STARTED_PID"
	[ "$(queued)" -eq 1 ]
}

@test "a server that has enough of us once is not left alone" {
	start_sink --at 'greeting=421 4.7.0 too many connections@2'
	control destinations '*: per-connection=1'
	several 6
	pass
	logged 5 'status=sent'
	logged 1 'status=deferred dsn=4.7.0 reply="421 4.7.0 too many connections"'
	logged 0 'tried=no'
}

@test "a server that has enough of us whatever we do gets three connections, and then none" {
	start_sink --at 'greeting=421 4.7.0 go away'
	several 8
	pass
	logged 8 'status=deferred dsn=4.7.0 reply="421 4.7.0 go away"'
	logged 5 'tried=no'
	grep -q '^N1$' "$SATCHEL_SPOOL"/hosts/*/smtp:127.0.0.1:"$SINK"
}

@test "what a server says of the way behind it is of one recipient, and stops no other mail" {
	start_sink --at 'rcpt=450 4.4.1 the host behind does not answer'
	several 3
	pass
	logged 3 'status=deferred dsn=4.4.1 reply="450 4.4.1 the host'
	logged 0 'tried=no'
}
