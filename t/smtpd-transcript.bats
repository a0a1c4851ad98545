#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd -T writes down what is said; t/replay.py says it again.

load helper

setup() {
	setup_satchel
	control relaydomains relay.test
	export TCPREMOTEIP=192.0.2.1
	BEGIN='EHLO a.test\r\nMAIL FROM:<ann@b.test>\r\nRCPT TO:<x@relay.test>\r\n'
}

smtp() {
	run bash -c 'printf "%b" "$1" | smtpd -T "$T/transcript" 2>"$T/log"' smtp "$1"
	assert_status 0
}

# The lines of one kind, without session and time.
kind() {
	sed -n "s/^[0-9a-f]\{8\} [0-9.]* $1 //p" "$T/transcript"
}

@test "every octet is there, in a line of its own" {
	smtp "${BEGIN}DATA\r\nSubject: x\r\n\r\n..dot\\\\ \xc3\xa4 \xff\r\n.\r\nNOOP\nnoop\r\nQUIT\r\n"
	diff <(kind C) - <<-'END'
		EHLO a.test\x0d\x0a
		MAIL FROM:<ann@b.test>\x0d\x0a
		RCPT TO:<x@relay.test>\x0d\x0a
		DATA\x0d\x0a
		NOOP\x0a
		noop\x0d\x0a
		QUIT\x0d\x0a
	END
	[ "$(kind M | tr -d '\n')" = 'Subject: x\x0d\x0a\x0d\x0a..dot\x5c ä \xff\x0d\x0a.\x0d\x0a' ]
	kind S | grep -qxF '220 here.test ESMTP\x0d\x0a'
	kind S | grep -qE '^250 2.0.0 Ok: queued as [0-9a-v]{20}\\x0d\\x0a$'
	diff <(kind '=') - <<-'END'
		begin client=192.0.2.1 relay=no tls=no mode=smtp
		end=quit
	END
	[ "$(stat -c %a "$T/transcript")" = 600 ]
	[ "$(cut -d ' ' -f 1 "$T/transcript" | sort -u | wc -l)" -eq 1 ]
}

@test "a secret is never there" {
	control limits 'auth-delay: 0' 'auth-failures-address: 0'
	control authentication 'plaintext: yes'
	control users 'joe: x'
	(umask 077 && echo 'joe: {PLAIN}1234' >"$SATCHEL_CONTROL/secrets")
	smtp 'EHLO a.test\r\nAUTH PLAIN c2VjcmV0\r\nauth  plain c2VjcmV0\r\nAUTH LOGIN\r\nc2VjcmV0\r\nc2VjcmV0\r\nQUIT\r\n'
	assert_output_has '334 UGFzc3dvcmQ6'
	smtp 'EHLO a.test\r\nAUTH NONE\r\nc2VjcmV0\r\nQUIT\r\n'
	smtp "AUTH PLAIN $(printf 'c2VjcmV0%.0s' {1..1500})\r\nQUIT\r\n"
	[ "$(grep -c c2VjcmV0 "$T/transcript")" -eq 0 ]
	kind C | grep -qxF 'AUTH PLAIN *\x0d\x0a'
	kind C | grep -A 2 -xF 'AUTH LOGIN\x0d\x0a' | tail -n 2 | sort -u | grep -qxF '*\x0d\x0a'
	kind S | grep -qxF '334 *\x0d\x0a'
}

@test "of a long message the end is missing, which is said" {
	smtp "${BEGIN}DATA\r\n$(printf 'x%.0s' {1..70000})\r\n.\r\nQUIT\r\n"
	[ "$(kind M | tr -d '\n' | wc -c)" -eq 65536 ]
	kind '=' | grep -qx cut
	kind C | grep -qxF 'QUIT\x0d\x0a'
	run python3 -S "$ROOT/t/replay.py" "$T/transcript"
	assert_status 2
}

@test "chunks are messages" {
	smtp "${BEGIN}BDAT 8\r\nA: b\r\n\r\nBDAT 3 LAST\r\nx\r\nQUIT\r\n"
	[ "$(kind M | tr -d '\n')" = 'A: b\x0d\x0a\x0d\x0ax\x0d\x0a' ]
	kind C | grep -qxF 'BDAT 3 LAST\x0d\x0a'
}

@test "sessions are played back: the same replies, or the difference" {
	smtp "${BEGIN}DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\nNOOP\nBAD\r\nQUIT\r\n"
	TCPREMOTEIP=127.0.0.1 smtp "${BEGIN}RCPT TO:<y@far.test>\r\nQUIT\r\n"
	run python3 -S "$ROOT/t/replay.py" "$T/transcript"
	assert_status 0
	[ -z "$output" ]
	rm "$SATCHEL_CONTROL/relaydomains"
	run python3 -S "$ROOT/t/replay.py" "$T/transcript"
	assert_status 1
	assert_output_has '-250 2.1.5 Ok'
	assert_output_has '+550 5.7.1 Relaying denied'
}

@test "what smtpd cannot write to, it says at once" {
	run smtpd -T "$T/no/such/folder"
	assert_status 111
	assert_output_has "smtpd: fatal: unable to open $T/no/such/folder: No such file or directory"
}
