#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send to servers that are not of our making: one message for two recipients, one of whom is
# refused, arrives byte for byte; again over the same connection, by the worker; and message after
# message, the commands of the next behind the end of the last.

bats_require_minimum_version 1.5.0

load ../helper
load ../tls
load peers
load mail_servers

setup_file() {
	make_peer_key
}

setup() {
	setup_satchel
	peer_message
}

teardown() {
	stop_servers
}

# Under TLS as it comes, and with what the certificate says; nobody known signed it, though.
deliver_under_tls() {
	run -0 timeout 60 smtp-send -f me@example.org "smtp:127.0.0.1:$PORT" joe@example.test <"$T/message"
	[[ $output == $'delivered\t'*$'\tTLSv1.'[23]' unverified' ]] || {
		echo "$output"
		return 1
	}
	print=$(openssl x509 -in "$KEYS/peer.crt" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g')
	run -0 timeout 60 smtp-send -f me@example.org --tls "fingerprint $print" "smtp:127.0.0.1:$PORT" \
		joe@example.test <"$T/message"
	[[ $output == $'delivered\t'*$'\tTLSv1.'[23]' fingerprint' ]]
	run -111 timeout 60 smtp-send -f me@example.org --tls verify "smtp:127.0.0.1:$PORT" joe@example.test <"$T/message"
	assert_output_has $'\t4.7.5\t'
}

# deliver_and_repeat CODE: CODE is what the server refuses ann with.
deliver_and_repeat() {
	run timeout 60 smtp-send -f me@example.org "smtp:127.0.0.1:$PORT" joe@example.test ann@example.test \
		<"$T/message"
	assert_status 100
	[[ ${lines[0]} == $'delivered\tjoe@example.test\t2.'* ]]
	[[ ${lines[1]} == $'permanent\tann@example.test\t'"$1"$'\t'*$'\t5'[0-9][0-9]' '* ]]
	run timeout 60 python3 "$ROOT/t/jobs.py" smtp-send -w \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" ann@example.test \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" ann@example.test joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tP\t'"$1"
	assert_output_has $'2\t0\tP\t'"$1"
	assert_output_has $'2\t1\tD\t2.'
}

# message_after_message CODE: three jobs at once, the second of which is refused: each is ahead while
# the one before it ends.
message_after_message() {
	run timeout 60 python3 "$ROOT/t/jobs.py" --together --again smtp-send -w \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" joe@example.test \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" ann@example.test \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" ann@example.test joe@example.test \
		-- "$T/wire" "smtp:127.0.0.1:$PORT" joe@example.test
	assert_status 0
	assert_output_has $'1\t0\tD\t2.'
	assert_output_has $'2\t0\tP\t'"$1"
	assert_output_has $'3\t0\tP\t'"$1"
	assert_output_has $'3\t1\tD\t2.'
	assert_output_has $'4\t0\tD\t2.'
}

# all_arrive COUNT FOLDER MESSAGE: in time, as files of their own
all_arrive() {
	wait_for 20 hold_all "$@" && return
	find "$2" -type f -exec cat -A {} + >&2
	return 1
}

hold_all() {
	local file
	[ "$(files_in "$2")" -eq "$1" ] || return 1
	for file in "$2"/*; do
		ends_with "$file" "$3" || return 1
	done
}

@test "aiosmtpd" {
	peer python3-aiosmtpd "" python3-public python3-attr python3-pkg-resources
	mkdir "$T/box"
	start env PYTHONPATH="$(printf '%s:' "$PEERS"/python3-*/usr/lib/python3/dist-packages)" \
		python3 -W ignore "$ROOT/t/peers/aiosmtpd_sink.py" "$T/box"
	wait_for 20 test -s "$STARTED_LOG"
	PORT=$(cat "$STARTED_LOG")
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	all_arrive 5 "$T/box" "$T/wire"
}

@test "Exim" {
	start_server exim
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	install -m 644 "$KEYS"/peer.* "$P/"
	touch "$P/tls"
	deliver_under_tls
	message_after_message 5.1.1
	all_arrive 10 "$BOX" "$T/message"
}

@test "Postfix" {
	start_server postfix tls
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	deliver_under_tls
	all_arrive 7 "$BOX/joe/new" "$T/message"
}

@test "OpenSMTPD" {
	start_server opensmtpd
	deliver_and_repeat 5.2.4
	message_after_message 5.2.4
	all_arrive 5 "$BOX/new" "$T/message"
}

# Its content is with LF; of sendmail's own are only the fields on top.
@test "sendmail" {
	start_server sendmail tls
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	deliver_under_tls
	all_arrive 7 "$BOX" "$T/message"
}

@test "Haraka" {
	start_server haraka
	deliver_and_repeat 5.1.1
	message_after_message 5.1.1
	all_arrive 5 "$BOX" "$T/wire"
}
