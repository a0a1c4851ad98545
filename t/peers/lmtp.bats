#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send to Dovecot's LMTP, by TCP and by a socket's path: each recipient has an answer of his own,
# and what arrives is what was sent.

load ../helper
load peers
load mail_servers

setup() {
	setup_satchel
	peer_message
	start_server dovecot-lmtp
	wait_for 20 listens_at "$P/lmtp"
}

teardown() {
	stop_servers
}

@test "Dovecot: by TCP and by path, to several recipients, one of whom is unknown" {
	for where in "lmtp:127.0.0.1:$PORT" "lmtp:unix:$P/lmtp"; do
		run timeout 60 smtp-send -f me@example.org "$where" joe@example.test ann@example.test \
			sue@example.test <"$T/message"
		assert_status 100 || {
			cat "$P/log"
			return 1
		}
		[[ ${lines[0]} == $'delivered\tjoe@example.test\t2.'* ]]
		[[ ${lines[1]} == $'permanent\tann@example.test\t5.1.1'* ]]
		[[ ${lines[2]} == $'delivered\tsue@example.test\t2.'* ]]
	done
	for box in joe sue; do
		[ "$(files_in "$P/mail/$box/new")" -eq 2 ]
		for file in "$P/mail/$box"/new/*; do
			ends_with "$file" "$T/message"
		done
	done
}

@test "Dovecot: job after job of the worker" {
	run timeout 60 python3 "$ROOT/t/jobs.py" --together --again smtp-send -w \
		-- "$T/wire" "lmtp:unix:$P/lmtp" joe@example.test sue@example.test \
		-- "$T/wire" "lmtp:unix:$P/lmtp" ann@example.test \
		-- "$T/wire" "lmtp:unix:$P/lmtp" ann@example.test joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tD\t2.'
	assert_output_has $'1\t1\tD\t2.'
	assert_output_has $'2\t0\tP\t5.1.1'
	assert_output_has $'3\t0\tP\t5.1.1'
	assert_output_has $'3\t1\tD\t2.'
	[ "$(files_in "$P/mail/joe/new")" -eq 2 ]
	[ "$(files_in "$P/mail/sue/new")" -eq 1 ]
}
