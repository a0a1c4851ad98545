#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd with clients that are not of our making: one message for two recipients, one of whom is
# refused, comes into the spool byte for byte.

load ../helper
load peers

setup() {
	setup_satchel
	peer_scratch
	peer_message
	control locals example.test
	PORT=$(free_port)
	start tcpserver -H -R -l here.test 127.0.0.1 "$PORT" smtpd
	SMTPD_LOG=$STARTED_LOG
	wait_for 20 port_open "$PORT"
}

teardown() {
	stop_started
	remove_scratch "$P"
}

GOOD=root@example.test
BAD=nobody-of-that-name@example.test

# arrived COUNT: so many messages are in the spool, each as it was sent and for GOOD alone.
arrived() {
	local file
	wait_for 20 holds "$1" || {
		cat "$SMTPD_LOG" >&2
		return 1
	}
	for file in "$SATCHEL_SPOOL"/new/*; do
		ends_with "$file" "$T/wire"
		assert_file_has "$file" "$GOOD"
		! head -c 2000 "$file" | grep "$BAD" || return 1
	done
}

holds() {
	[ "$(complete_in "$SATCHEL_SPOOL/new")" -eq "$1" ]
}

@test "Python's smtplib" {
	run timeout 60 python3 "$ROOT/t/peers/python_send.py" smtplib "$PORT" "$T/wire" "$GOOD" "$BAD"
	assert_status 0
	[ "$output" = "$BAD 550" ]
	arrived 1
}

@test "aiosmtplib" {
	peer python3-aiosmtplib ""
	PYTHONPATH=$PEERS/python3-aiosmtplib/usr/lib/python3/dist-packages \
		run timeout 60 python3 "$ROOT/t/peers/python_send.py" aiosmtplib "$PORT" "$T/wire" "$GOOD" "$BAD"
	assert_status 0
	[ "$output" = "$BAD 550" ]
	arrived 1
}

@test "curl" {
	needs curl
	run timeout 60 curl -sS --mail-from me@example.org --mail-rcpt "$GOOD" --mail-rcpt "$BAD" \
		--mail-rcpt-allowfails -T "$T/wire" "smtp://127.0.0.1:$PORT"
	assert_status 0
	arrived 1
}

@test "swaks, with and without PIPELINING" {
	needs swaks
	# swaks takes a dot at the end for the end, and adds the last line's
	sed -s -i '$d' "$T/message" "$T/wire"
	truncate -s -1 "$T/message"
	for option in "" --pipeline; do
		# shellcheck disable=SC2086
		run timeout 60 swaks -s "127.0.0.1:$PORT" -f me@example.org -t "$GOOD,$BAD" -d "@$T/message" $option
		assert_status 0
		assert_output_has "550 5.1.1"
	done
	arrived 2
}

@test "msmtp" {
	peer msmtp usr/bin/msmtp
	for recipients in "$BAD" "$GOOD"; do
		run timeout 60 env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/msmtp/usr/bin/msmtp" -C /dev/null \
			--host=127.0.0.1 --port="$PORT" -f me@example.org --domain=peer.test --set-from-header=off \
			--set-date-header=off --set-msgid-header=off "$recipients" <"$T/message"
		[ "$recipients" = "$GOOD" ] || [ "$status" -ne 0 ]
	done
	assert_status 0
	arrived 1
}

@test "Exim" {
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	exim_setup <<-END
		begin routers
		out:
		  driver = manualroute
		  route_list = * 127.0.0.1::$PORT
		  self = send
		  transport = out
		begin transports
		out:
		  driver = smtp
		  allow_localhost
	END
	run timeout 60 "$P/run" -odf -oi -f "<>" "$GOOD" "$BAD" <"$T/message"
	assert_status 0
	arrived 1
	grep -q "\*\* $BAD .* 550 5.1.1" "$P/spool/mainlog"
}

@test "Postfix' smtp-source: many sessions at once" {
	peer postfix usr/sbin/smtp-source
	run timeout 60 env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/postfix/usr/sbin/smtp-source" -s 10 -m 50 \
		-f me@example.org -t "$GOOD" "127.0.0.1:$PORT"
	assert_status 0
	wait_for 20 holds 50
}
