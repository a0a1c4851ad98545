#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-sink against clients, and smtp-load against servers, that are not of our making.

load ../helper
load peers

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

start_sink() {
	start smtp-sink --verify --count
	wait_for 20 test -s "$STARTED_LOG"
	read -r SINK <"$STARTED_LOG"
}

# found NAME COUNT: what the sink has to say of NAME, once it is stopped
found() {
	grep -qxE "$1 +$2" "$STARTED_LOG" || {
		cat "$STARTED_LOG" >&2
		return 1
	}
}

@test "swaks and Postfix' smtp-source to smtp-sink: nothing is wrong with what they send" {
	needs swaks
	peer postfix usr/sbin/smtp-source
	start_sink
	run timeout 60 swaks --server 127.0.0.1 --port "$SINK" --from a@example.org --to b@example.org,c@example.org
	assert_status 0
	run timeout 60 env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/postfix/usr/sbin/smtp-source" \
	    -s 10 -m 200 -r 3 -l 4000 -f a@example.org -t b@example.org "127.0.0.1:$SINK"
	assert_status 0
	stop "$STARTED_PID"
	found messages 201
	found recipients 602
	found faults 0
}

@test "smtp-load to Postfix' smtp-sink and to smtpd" {
	peer postfix usr/sbin/smtp-sink
	local user=() port
	[ "$(id -u)" -eq 0 ] && user=(-u nobody)
	port=$(free_port)
	start env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/postfix/usr/sbin/smtp-sink" "${user[@]}" "127.0.0.1:$port" 100
	wait_for 20 port_open "$port"
	for options in "" --no-pipelining "-r 5 --per-connection 7"; do
		# shellcheck disable=SC2086
		run timeout 60 smtp-load -m 500 -c 10 $options "127.0.0.1:$port"
		assert_status 0
		assert_output_has '500 taken, 0 failed'
	done
	control relaydomains load.test
	start smtpd -l 127.0.0.1:0
	wait_for 20 grep -q 'smtpd: listening' "$STARTED_LOG"
	port=$(sed -n 's/.*smtpd: listening.* port=\([0-9]*\)/\1/p' "$STARTED_LOG")
	for options in "" --bdat; do
		run timeout 60 smtp-load -m 50 -c 5 $options "127.0.0.1:$port"
		assert_status 0
	done
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 100 ]
}
