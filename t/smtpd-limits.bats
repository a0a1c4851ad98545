#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What smtpd(8) lets clients do in a time, counted across its processes, and what it makes them wait
# for. Each session here is a process of its own.

load helper

setup() {
	setup_satchel
	control aliases 'joe: joe@away.test'
	control xclient 10.0.0.9
	export TCPREMOTEIP=192.0.2.1
	MAIL='MAIL FROM:<a@b.test>\r\nRSET\r\n'
	TO='RCPT TO:<joe@here.test>\r\n'
}

teardown() {
	stop_started
}

# One session; the replies become $output, the log $T/log.
smtp() {
	run bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

# has N REPLY: the last session had it so often
has() {
	[ "$(grep -c "^$2" <<<"$output")" -eq "$1" ] && return
	printf 'not %s times %s:\n%s\n' "$1" "$2" "$output" >&2
	return 1
}

@test "connections of a network" {
	control limits 'smtpd-rate-connections: 2'
	for _ in 1 2; do
		smtp 'QUIT\r\n'
		has 1 '220 '
	done
	smtp 'EHLO a.test\r\nQUIT\r\n'
	[ "$output" = '421 4.7.0 here.test Too many connections lately; try again later' ]
	assert_file_has "$T/log" 'smtpd: refused client=192.0.2.1 reply="421 4.7.0 Too many connections'
	assert_file_has "$T/log" 'end=refused'
	TCPREMOTEIP=192.0.2.2 smtp 'QUIT\r\n'
	has 1 '220 '
	TCPREMOTEIP=2001:db8::1 smtp 'QUIT\r\n'
	TCPREMOTEIP=2001:db8::2 smtp 'QUIT\r\n'
	has 1 '220 '
	TCPREMOTEIP=2001:db8::3 smtp 'QUIT\r\n'
	has 1 '421 '
	TCPREMOTEIP=2001:db8:0:1::3 smtp 'QUIT\r\n'
	has 1 '220 '
}

@test "who may relay is not counted" {
	control limits 'smtpd-rate-connections: 1' 'smtpd-rate-messages: 1' 'smtpd-rate-recipients: 1'
	for client in 127.0.0.1 ::1; do
		for _ in 1 2 3; do
			TCPREMOTEIP=$client smtp "EHLO a.test\r\n${MAIL}MAIL FROM:<a@b.test>\r\n$TO$TO"
			has 2 '250 2.1.5'
		done
	done
}

@test "messages and recipients of a network" {
	control limits 'smtpd-rate-messages: 3' 'smtpd-rate-recipients: 4' 'smtpd-rate-period: 86400'
	smtp "EHLO a.test\r\n$MAIL$MAIL"
	has 2 '250 2.1.0'
	smtp "EHLO a.test\r\nMAIL FROM:<a@b.test>\r\n$TO$TO$TO$TO$TO"
	has 4 '250 2.1.5'
	has 1 '450 4.7.1 Too many recipients lately'
	smtp "EHLO a.test\r\n$MAIL"
	has 1 '450 4.7.1 Too many messages lately'
	TCPREMOTEIP=192.0.2.2 smtp "EHLO a.test\r\n$MAIL"
	has 1 '250 2.1.0'
}

@test "messages and recipients of a login, wherever it comes from" {
	control limits 'smtpd-rate-login-messages: 3' 'smtpd-rate-login-recipients: 3' 'smtpd-rate-messages: 1'
	export TCPREMOTEIP=10.0.0.9
	smtp "XCLIENT ADDR=192.0.2.1 LOGIN=joe\r\nEHLO a.test\r\n$MAIL${MAIL/RSET/$TO$TO}"
	has 2 '250 2.1.0'
	smtp "XCLIENT ADDR=192.0.2.2 LOGIN=joe\r\nEHLO a.test\r\nMAIL FROM:<a@b.test>\r\n$TO$TO"
	has 1 '250 2.1.5'
	has 1 '450 4.7.1 Too many recipients lately'
	smtp "XCLIENT ADDR=192.0.2.2 LOGIN=joe\r\nEHLO a.test\r\n$MAIL"
	has 1 '450 4.7.1 Too many messages lately'
	smtp "XCLIENT ADDR=192.0.2.2 LOGIN=ann\r\nEHLO a.test\r\n$MAIL"
	has 1 '250 2.1.0'
}

@test "who guesses recipients is let go, and does not come back at once" {
	control limits 'smtpd-rate-unknown: 2'
	control verify always
	smtp 'EHLO a.test\r\nVRFY stranger\r\nEXPN stranger\r\nVRFY stranger\r\nVRFY joe\r\n'
	has 2 '550 5.1.1'
	has 1 '421 4.7.0 here.test Too many unknown recipients'
	[[ $output != *joe* ]]
	rm -rf "$SATCHEL_SPOOL/run/smtpd"
	mkdir -p "$SATCHEL_SPOOL/run/smtpd"
	NO='RCPT TO:<stranger@here.test>\r\n'
	smtp "EHLO a.test\r\nMAIL FROM:<a@b.test>\r\n$NO$NO$NO$TO"
	has 2 '550 5.1.1'
	has 1 '421 4.7.0 here.test Too many unknown recipients'
	has 0 '250 2.1.5'
	smtp 'QUIT\r\n'
	has 1 '421 4.7.0 here.test Too many unknown recipients lately'
	TCPREMOTEIP=127.0.0.1 smtp "EHLO a.test\r\nMAIL FROM:<a@b.test>\r\n$NO$NO$NO$TO"
	has 3 '550 5.1.1'
}

@test "without a place to count, nothing is refused and the log says so" {
	control limits 'smtpd-rate-connections: 1'
	mkdir -p "$SATCHEL_SPOOL/run/smtpd/tally"
	for _ in 1 2; do
		smtp 'QUIT\r\n'
		has 1 '220 '
		assert_file_has "$T/log" 'smtpd: tally reason="unable to open'
	done
}

@test "a server that forks counts for all its children" {
	control relayhosts 192.0.2.1
	control limits 'smtpd-rate-connections: 3'
	port=$(free_port)
	start smtpd -l "127.0.0.1:$port"
	wait_for 10 grep -q listening "$STARTED_LOG"
	for want in 220 220 220 421; do
		run bash -c 'exec 3<>/dev/tcp/127.0.0.1/"$1"; echo QUIT >&3; head -n 1 <&3' x "$port"
		[[ $output == "$want "* ]]
	done
}

@test "who speaks before the greeting is refused, but not who is known" {
	control limits 'smtpd-greet-pause: 60000'
	smtp 'EHLO a.test\r\nMAIL FROM:<a@b.test>\r\n'
	[ "$output" = '554 here.test You spoke before the greeting' ]
	assert_file_has "$T/log" 'smtpd: refused client=192.0.2.1 reply="554 You spoke'
	assert_file_has "$T/log" 'end=early'
	TCPREMOTEIP=127.0.0.1 smtp 'QUIT\r\n'
	has 1 '220 '
	control limits 'smtpd-greet-pause: 1'
	{
		wait_for 10 grep -q ^220 "$T/out"
		printf '%b' "EHLO a.test\r\nMAIL FROM:<a@b.test>\r\n${TO}DATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n"
	} | smtpd 2>"$T/log" >"$T/out"
	assert_file_has "$T/out" '250 2.0.0 Ok'
	control limits 'smtpd-greet-pause: 60000'
	smtp 'QUIT\r\n'
	has 1 '220 '
}

@test "refusals take their time" {
	control limits 'smtpd-tarpit: 150' 'smtpd-tarpit-maximum: 200'
	begun=$(date +%s%N)
	smtp "EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<no@here.test>\r\nRCPT TO:<no@here.test>\r\nRCPT TO:<no@here.test>\r\n"
	has 3 '550 5.1.1'
	took=$((($(date +%s%N) - begun) / 1000000))
	[ "$took" -ge 350 ]
	begun=$(date +%s%N)
	control limits 'smtpd-tarpit: 20000' 'smtpd-tarpit-maximum: 60000'
	TCPREMOTEIP=127.0.0.1 smtp "EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<no@here.test>\r\nRCPT TO:<no@here.test>\r\n"
	took=$((($(date +%s%N) - begun) / 1000000))
	[ "$took" -lt 20000 ]
}
