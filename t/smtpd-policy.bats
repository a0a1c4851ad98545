#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) and policy services (the control file policy).

load helper

setup() {
	setup_satchel
	control me here.test
	control relaydomains relay.test
	# for programs that a slow machine starts
	control limits 'smtpd-policy-timeout: 120'
	export TCPREMOTEIP=192.0.2.1
	mkdir "$T/p"
	: >"$T/p/answers"
	BEGIN='EHLO a.test\r\nMAIL FROM:<ann@b.test> SIZE=77\r\n'
	DATA='DATA\r\nSubject: x\r\n\r\nbody\r\n.\r\n'
}

teardown() {
	stop_started
}

answers() {
	printf '%s\n' "$@" >"$T/p/answers"
}

# The service on a unix socket.
service() {
	start python3 -S "$ROOT/t/policy.py" "$T/p" unix "$T/p/socket"
	control policy "unix:$T/p/socket"
	wait_for 10 listens_at "$T/p/socket"
}

# A program, which smtpd executes.
program() {
	printf '#!/bin/sh\nexec python3 -S %s %s\n' "$ROOT/t/policy.py" "$T/p" >"$T/p/program"
	chmod 755 "$T/p/program"
	control policy "${1-}$T/p/program"
}

# One session; the replies become $output, the log $T/log.
smtp() {
	run timeout 60 bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

rcpt() {
	printf 'RCPT TO:<%s@relay.test>\\r\\n' "$@"
}

# The queued message.
message() {
	find "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells" -type f -exec cat {} + | tr -d '\r'
}

@test "a program that never answers and never ends holds nobody up" {
	printf '#!/bin/sh\nexec sleep 100\n' >"$T/p/program"
	chmod 755 "$T/p/program"
	control policy "$T/p/program"
	control limits 'smtpd-policy-timeout: 1' 'smtpd-session: 15'
	for confinement in none default; do
		[ "$confinement" = default ] || control confinement none
		smtp "$BEGIN$(rcpt one)QUIT\r\n"
		[ "$status" -eq 0 ]
		assert_output_has '451 4.3.5'
		rm -f "$SATCHEL_CONTROL/confinement"
	done
}

@test "every action, over one connection" {
	service
	answers 'reject REJECT' 'words REJECT 5.1.2 not these' 'defer DEFER' 'later 451 4.2.0 full' 'no 550 no' \
		'permit DEFER_IF_PERMIT Greylisted' 'ok OK' 'hold HOLD' 'warn WARN odd thing' 'evil REJECT a\r250 b'
	smtp "$BEGIN$(rcpt reject words defer later no permit ok hold warn evil plain)QUIT\r\n"
	got=$(sed -e '1,/^250 2.1.0/d' <<<"$output")
	want=$(printf '%s\n' '554 5.7.1 Access denied' '554 5.1.2 not these' '450 4.7.1 Try again later' \
		'451 4.2.0 full' '550 5.7.1 no' '450 4.7.1 Greylisted' '250 2.1.5 Ok' '250 2.1.5 Ok' \
		'250 2.1.5 Ok' '554 5.7.1 a\r250 b' '250 2.1.5 Ok' '221 2.0.0 here.test closing the connection')
	diff <(echo "$want") <(echo "$got")
	[ "$(grep -c link "$T/p/links")" -eq 1 ]
	assert_file_has "$T/log" "smtpd: policy client=192.0.2.1 service=$T/p/socket ignored=HOLD"
	assert_file_has "$T/log" 'note="odd thing"'
	assert_file_has "$T/log" 'reply="554 5.7.1 Access denied"'
}

@test "what is asked, and for one message always as the same instance" {
	service
	smtp "$BEGIN$(rcpt one two)RSET\r\nMAIL FROM:<>\r\n$(rcpt three)"
	for line in request=smtpd_access_policy protocol_state=RCPT protocol_name=ESMTP helo_name=a.test \
		sender=ann@b.test recipient=one@relay.test recipient_count=0 client_address=192.0.2.1 \
		client_name=unknown size=77 sasl_username= encryption_protocol=; do
		grep -qx "$line" "$T/p/requests"
	done
	[ "$(grep -c '^instance=' "$T/p/requests")" -eq 3 ]
	[ "$(grep '^instance=' "$T/p/requests" | sort -u | wc -l)" -eq 2 ]
}

@test "who may relay is asked about only by the word all" {
	service
	answers 'RCPT REJECT'
	TCPREMOTEIP=127.0.0.1 smtp "$BEGIN$(rcpt one)"
	assert_output_has '250 2.1.5'
	control policy "all unix:$T/p/socket"
	TCPREMOTEIP=127.0.0.1 smtp "$BEGIN$(rcpt one)"
	assert_output_has '554 5.7.1'
	control xclient 10.0.0.9
	TCPREMOTEIP=10.0.0.9 smtp "XCLIENT LOGIN=joe\r\n$BEGIN$(rcpt one)"
	grep -qx 'sasl_username=joe' "$T/p/requests"
}

@test "what nobody may write to, no service is asked about" {
	service
	smtp "${BEGIN}RCPT TO:<a@elsewhere.test>\r\nRCPT TO:<stranger@here.test>\r\n"
	assert_output_has '550 5.7.1 Relaying denied'
	[ ! -e "$T/p/requests" ]
}

@test "PREPEND puts fields in front of the message" {
	service
	answers 'one PREPEND X-Seen: by the service' 'two PREPEND no field'
	smtp "$BEGIN$(rcpt one two)$DATA"
	assert_output_has '250 2.0.0 Ok'
	message | grep -A 1 -x 'X-Seen: by the service' | grep -qx 'Subject: x'
	assert_file_has "$T/log" 'ignored="PREPEND no field"'
}

@test "at DATA and at the end, by BDAT as well" {
	program 'data '
	answers 'DATA 554 5.6.0 not this'
	smtp "$BEGIN$(rcpt one)${DATA}QUIT\r\n"
	assert_output_has '554 5.6.0 not this'
	[ "$(grep -c '^354' <<<"$output")" -eq 0 ]
	grep -qx 'recipient_count=1' "$T/p/requests"
	smtp "$BEGIN$(rcpt one)BDAT 4 LAST\r\nQUITRSET\r\n"
	assert_output_has '554 5.6.0 not this'
	assert_output_has '250 2.0.0 Ok'
	program 'end '
	answers 'END 451 4.7.1 greylisted'
	smtp "$BEGIN$(rcpt one two)$DATA"
	assert_output_has '451 4.7.1 greylisted'
	grep -qx 'protocol_state=END-OF-MESSAGE' "$T/p/requests"
	grep -qx 'recipient_count=2' "$T/p/requests"
	grep -qx 'recipient=' "$T/p/requests"
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 0 ]
	answers
	smtp "$BEGIN$(rcpt one two)$DATA"
	assert_output_has '250 2.0.0 Ok'
}

@test "several are asked in their order" {
	service
	control policy "unix:$T/p/socket" "inet:127.0.0.1:1"
	answers 'ok OK' 'bad REJECT'
	smtp "$BEGIN$(rcpt ok bad other)"
	assert_output_has '250 2.1.5'
	assert_output_has '554 5.7.1'
	assert_output_has '451 4.3.5 This cannot be decided now; try again later'
	port=$(free_port)
	start python3 -S "$ROOT/t/policy.py" "$T/p" inet "$port"
	wait_for 10 port_open "$port"
	control policy "inet:127.0.0.1:$port" "unix:$T/p/socket"
	answers 'one DEFER_IF_PERMIT'
	smtp "$BEGIN$(rcpt one)"
	assert_output_has '450 4.7.1 Try again later'
	[ "$(grep -c '^recipient=one' "$T/p/requests")" -eq 2 ]
}

@test "a service that dies is tried once more; a dead one defers, or is passed over" {
	service
	answers 'one@ once' 'two@ DUNNO' 'three@ die'
	smtp "$BEGIN$(rcpt one)"
	smtp "$BEGIN$(rcpt one two)"
	[ "$(grep -c '^250 2.1.5' <<<"$output")" -eq 2 ]
	smtp "$BEGIN$(rcpt three)"
	assert_output_has '451 4.3.5'
	assert_file_has "$T/log" "service=$T/p/socket reason="
	control policy unix:/nowhere
	smtp "$BEGIN$(rcpt two)"
	assert_output_has '451 4.3.5'
	control limits 'smtpd-policy-open: 1'
	smtp "$BEGIN$(rcpt two)"
	assert_output_has '250 2.1.5'
	# waited for once, not for each recipient
	begun=$SECONDS
	smtp "$BEGIN$(rcpt {1..25})"
	[ "$(grep -c '^250 2.1.5' <<<"$output")" -eq 25 ]
	[ $((SECONDS - begun)) -lt 25 ]
	control limits 'smtpd-policy-timeout: 1' 'smtpd-session: 15' # the end of sleep, too
	control policy '/bin/sleep 100'
	smtp "$BEGIN$(rcpt two)"
	assert_output_has '451 4.3.5'
	assert_file_has "$T/log" 'service=/bin/sleep reason="Connection timed out"'
}

@test "a server that listens executes programs, too" {
	program
	answers 'bad REJECT'
	control relayhosts 192.0.2.1
	port=$(free_port)
	start smtpd -l "127.0.0.1:$port"
	wait_for 10 grep -q listening "$STARTED_LOG"
	run python3 -S -c '
import smtplib, sys
s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "a.test", 20)
s.ehlo()
s.mail("a@b.test")
print(s.rcpt("bad@relay.test"), s.rcpt("good@relay.test"))
s.quit()' "$port"
	assert_output_has "(554, b'5.7.1 Access denied') (250, b'2.1.5 Ok')"
}
