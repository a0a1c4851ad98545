#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send against Postfix' smtp-sink, which is not of our making.

load ../helper
load peers

setup() {
	setup_satchel
	peer postfix usr/sbin/smtp-sink
}

teardown() {
	stop_started
}

# start_peer OPTION...
start_peer() {
	local user=()
	[ "$(id -u)" -eq 0 ] && user=(-u nobody)
	PORT=$(free_port)
	start env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/postfix/usr/sbin/smtp-sink" "${user[@]}" "$@" \
		"127.0.0.1:$PORT" 100
	wait_for 20 port_open "$PORT"
}

send() {
	run timeout 60 smtp-send -f me@example.org "smtp:127.0.0.1:$PORT" "$@" \
		< <(printf 'Subject: test\n\n.hello\n')
}

@test "with and without PIPELINING and ESMTP" {
	for options in "" -p -e "-p -e"; do
		# shellcheck disable=SC2086
		start_peer $options
		send joe@example.test ann@example.test
		assert_status 0
		[ "${#lines[@]}" -eq 2 ]
		[[ ${lines[1]} == $'delivered\tann@example.test\t2.0.0\t'* ]]
	done
}

@test "refusals, soft and hard, and disconnects at each command" {
	for verb in connect ehlo mail rcpt data .; do
		start_peer -r "$verb"
		send joe@example.test
		assert_status 111
		[[ $output == temporary* ]]
	done
	for verb in connect mail rcpt data .; do
		start_peer -f "$verb"
		send joe@example.test
		assert_status 100
		[[ $output == permanent* ]]
	done
	for verb in connect ehlo mail rcpt data .; do
		start_peer -q "$verb"
		send joe@example.test
		assert_status 111
		[[ $output == *$'\t4.4.2\t'* ]]
	done
}

@test "a hundred jobs over one connection, and more over the next" {
	start_peer
	printf 'Subject: test\r\n\r\n.hello\r\n' >"$T/message"
	arguments=()
	for _ in $(seq 1 150); do
		arguments+=(-- "$T/message" "smtp:127.0.0.1:$PORT" joe@example.test)
	done
	run timeout 60 python3 "$ROOT/t/jobs.py" smtp-send -w "${arguments[@]}"
	assert_status 0
	[ "$(grep -c $'\tD\t2.0.0\t' <<<"$output")" -eq 150 ]
}

# message_after_message COUNT: jobs at once, in the output
message_after_message() {
	printf 'Subject: test\r\n\r\n.hello\r\n' >"$T/message"
	arguments=()
	for _ in $(seq 1 "$1"); do
		arguments+=(-- "$T/message" "smtp:127.0.0.1:$PORT" joe@example.test)
	done
	run timeout 60 python3 "$ROOT/t/jobs.py" --together --again smtp-send -w "${arguments[@]}"
	assert_status 0
}

# outcomes LETTER CODE COUNT
outcomes() {
	[ "$(grep -c $'\t'"$1"$'\t'"$2" <<<"$output")" -eq "$3" ] || {
		echo "$output"
		false
	}
}

@test "message after message, and past the hundred of a connection" {
	for options in "" -p -e "-N -8"; do
		# shellcheck disable=SC2086
		start_peer $options
		message_after_message 150
		outcomes D 2.0.0 150
	done
}

@test "message after message, refused at each step" {
	for verb in mail rcpt data .; do
		start_peer -r "$verb"
		message_after_message 5
		outcomes T 4. 5
		start_peer -f "$verb"
		message_after_message 5
		outcomes P 5. 5
		start_peer -q "$verb"
		message_after_message 5
		outcomes T 4.4.2 5
	done
}

@test "message after message to a server that takes its time" {
	start_peer -w 1
	message_after_message 3
	outcomes D 2.0.0 3
}
