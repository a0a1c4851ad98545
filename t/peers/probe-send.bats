#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe send to servers that are not of our making: what arrives is what was sent; they say the same
# as to swaks in the same session; and logins by what they offer.
# shellcheck disable=SC2030,SC2031,SC2154

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

# What the server said, a line each: code, enhanced code and the first words, without ids and times.
said_to_probe() {
	sed -n 's/^[0-9a-f]* [0-9.]* S //p' "$T/transcript" | sed 's/\\x0d\\x0a$//' | cut -c 1-9
}

said_to_swaks() {
	sed -n 's/^<[-*~]*  *//p' "$T/swaks" | cut -c 1-9
}

# send_both CODE FOLDER MESSAGE OPTION...: to joe, and to ann, whom the server does not know; the exit code
# says how surely.
send_both() {
	local code=$1 box=$2 message=$3
	shift 3
	run timeout 60 smtp-probe send --from me@example.org --to joe@example.test --to ann@example.test \
		--helo client.test --no-pipelining --raw "$T/message" --transcript "$T/transcript" "$@" "127.0.0.1:$PORT"
	assert_status "$code"
	assert_output_has 'ann@example.test'
	wait_for 20 has_arrived "$box" "$message"
	timeout 60 swaks -s "127.0.0.1:$PORT" -f me@example.org -t joe@example.test,ann@example.test -h client.test \
		-d "@$T/message" >"$T/swaks" 2>&1 || true
	diff <(said_to_swaks) <(said_to_probe)
	grep -qE '^250' <(said_to_probe)
}

has_arrived() {
	local file
	for file in "$1"/*; do
		[ -f "$file" ] && ends_with "$file" "$2" && return
	done
	return 1
}

# send_with OPTION...: to joe alone.
send_with() {
	run timeout 60 smtp-probe send --from me@example.org --to joe@example.test --helo client.test "$@" "127.0.0.1:$PORT"
	assert_status 0
}

@test "Postfix: the same as swaks; TLS, 8 bit and DSN, SMTPUTF8, chunks" {
	start_server postfix tls
	send_both 1 "$BOX/joe/new" "$T/message" --tls off
	send_with --raw "$T/message" --tls starttls --notify success,failure --ret hdrs --envid 'a b'
	send_with --verify --tls-name peer.test --cert "$KEYS/peer.crt" --key "$KEYS/peer.key" --stop-after mail --tls off
	send_with --raw "$T/message" --bdat 1000
	wait_for 20 count_arrived 4 "$BOX/joe/new"
}

count_arrived() {
	[ "$(files_in "$2")" -eq "$1" ]
}

@test "Exim: the same as swaks; chunks, SMTPUTF8" {
	start_server exim
	send_both 1 "$BOX" "$T/message"
	send_with --raw "$T/message" --bdat 100 --from 'jörg@example.org'
	wait_for 20 count_arrived 3 "$BOX"
}

@test "OpenSMTPD: the same as swaks" {
	start_server opensmtpd
	# 5.2.4, a mailing list that has no members (RFC 3463, 3.3), says nothing of ann
	send_both 2 "$BOX/new" "$T/message"
}

@test "sendmail: the same as swaks" {
	start_server sendmail
	send_both 1 "$BOX" "$T/message"
}

@test "Haraka: the same as swaks" {
	start_server haraka
	send_both 1 "$BOX" "$T/wire"
}

@test "Dovecot, LMTP: a reply for each recipient" {
	start_server dovecot-lmtp
	run timeout 60 smtp-probe send --from me@example.org --to joe@example.test --to sue@example.test \
		--to ann@example.test --raw "$T/message" "lmtp:127.0.0.1:$PORT"
	assert_status 1
	[ "$(grep -c '^ *yes *message *[a-z]*@example.test' <<<"$output")" -eq 2 ]
	wait_for 20 has_arrived "$BOX/joe/new" "$T/message"
	wait_for 20 has_arrived "$BOX/sue/new" "$T/message"
}

@test "Postfix with Dovecot's SASL: every mechanism" {
	[ "$(id -u)" -eq 0 ] || skip "Postfix' master(8) runs as root alone"
	peer postfix usr/lib/postfix/sbin/smtpd
	peer dovecot-core usr/sbin/dovecot libsodium23 libunwind8
	server_scratch
	install -m 600 "$KEYS"/peer.* "$P/"
	dovecot_auth_start 'plain login cram-md5 scram-sha-1 scram-sha-256'
	postfix_start <<-END
		smtpd_sasl_auth_enable = yes
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = $P/run/auth-client
		smtpd_tls_auth_only = yes
		smtpd_error_sleep_time = 0
		smtpd_relay_restrictions = permit_sasl_authenticated, reject
	END
	control tlsclient "ca: $KEYS/peer.crt"
	for mechanism in plain login cram-md5 scram-sha-1 scram-sha-256; do
		SECRET=secret send_with --verify --tls-name peer.test --login ann@example.org --password-env SECRET \
			--mechanisms "$mechanism" --stop-after rcpt --to joe@away.test
		wait_for 20 grep -qi "sasl_method=$mechanism, sasl_username=ann@example.org" "$P/queue/log"
		SECRET=wrong run timeout 60 smtp-probe send --verify --tls-name peer.test --login ann@example.org \
			--password-env SECRET --mechanisms "$mechanism" --stop-after auth "127.0.0.1:$PORT"
		assert_status 1
	done
	# which Dovecot 2.3 has not
	SECRET=secret run timeout 60 smtp-probe send --verify --tls-name peer.test --login ann@example.org \
		--password-env SECRET --mechanisms scram-sha-256-plus --stop-after auth "127.0.0.1:$PORT"
	assert_status 1
}
