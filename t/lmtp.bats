#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# LMTP (RFC 2033): smtpd -L.
# shellcheck disable=SC2016 # what is in single quotes is for another shell

load helper

setup() {
	setup_satchel
	qctl init >/dev/null
	control me here.test
	control aliases 'pat: pat@away.test' 'green: green@away.test'
	FROM='MAIL FROM:<chris@away.test>\r\n'
	bye='221 2.0.0 here.test closing the connection'
	ok='250 2.0.0 Ok: queued as ID'
}

teardown() {
	stop_started
}

lmtp() {
	run bash -c 'printf "%b" "$1" | smtpd -L 2>"$T/log"' lmtp "$1"
	output=${output//$'\r'/}
}

# The replies behind the one to LHLO, ID standing for a queue id.
replies() {
	local want got
	want=$(printf '%s\n' "$@")
	got=$(sed -e '1,/^250 HELP$/d' -e 's/as [0-9a-v]\{20\}$/as ID/' <<<"$output")
	[ "$got" = "$want" ] && return
	diff <(echo "$want") <(echo "$got") >&2
	return 1
}

queued() {
	files_in "$SATCHEL_SPOOL/new"
}

@test "the session of RFC 2033, 4.2: a reply for each recipient that was accepted" {
	lmtp "LHLO foo.test\r\n${FROM}RCPT TO:<pat@here.test>\r\nRCPT TO:<jones@here.test>\r\nRCPT TO:<green@here.test>\r\nDATA\r\nBlah blah blah...\r\n.\r\nQUIT\r\n"
	[ "$(head -n 2 <<<"$output")" = $'220 here.test LMTP\n250-here.test' ]
	for keyword in PIPELINING ENHANCEDSTATUSCODES 8BITMIME CHUNKING; do
		assert_output_has "250-$keyword"
	done
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' '550 5.1.1 No such recipient here' '250 2.1.5 Ok' \
		'354 Send the message; end with a dot alone on a line' "$ok" "$ok" "$bye"
	[ "$(queued)" -eq 1 ]
	grep -aq 'with LMTP id' "$SATCHEL_SPOOL"/new/*
	assert_file_has "$T/log" 'rcpts=2'
}

@test "the same forward-path twice has two replies; refusals, too" {
	control limits 'message-size: 300'
	TO='RCPT TO:<pat@here.test>\r\n'
	lmtp "LHLO foo.test\r\n$FROM$TO${TO}DATA\r\n.\r\n$FROM$TO$TO${TO}DATA\r\n$(printf '%0400d' 0)\r\n.\r\nNOOP\r\nQUIT\r\n"
	got=$(sed -e '1,/^250 HELP/d' -e 's/as [0-9a-v]\{20\}$/as ID/' -e '/^250 2\.1/d' -e '/^354/d' <<<"$output")
	large='552 5.3.4 Message too large'
	[ "$got" = "$(printf '%s\n' "$ok" "$ok" "$large" "$large" "$large" '250 2.0.0 Ok' "$bye")" ]
	[ "$(grep -c ' refused ' "$T/log")" -eq 1 ]
}

@test "BDAT LAST: a reply for each recipient, none for nobody; other chunks have one" {
	lmtp "LHLO foo.test\r\n${FROM}RCPT TO:<pat@here.test>\r\nRCPT TO:<green@here.test>\r\nBDAT 3\r\nabcBDAT 0 LAST\r\n${FROM}RCPT TO:<jones@here.test>\r\nBDAT 3 LAST\r\nabcNOOP\r\n${FROM}RCPT TO:<pat@here.test>\r\nRCPT TO:<green@here.test>\r\nBDAT 1\r\n\nBDAT 5 LAST\r\nQUIT\rQUIT\r\n"
	bare='554 5.6.0 A bare CR or LF or a NUL is in the message'
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' '250 2.1.5 Ok' '250 2.0.0 3 octets received' "$ok" "$ok" \
		'250 2.1.0 Ok' '550 5.1.1 No such recipient here' '250 2.0.0 Ok' \
		'250 2.1.0 Ok' '250 2.1.5 Ok' '250 2.1.5 Ok' "$bare" "$bare" "$bare" "$bye"
}

@test "HELO and EHLO are unknown, LHLO is to SMTP; DATA without recipients is 503" {
	lmtp "HELO a.test\r\nEHLO a.test\r\nLHLO a.test\r\n${FROM}DATA\r\nHELP LHLO\r\nHELP EHLO\r\nQUIT\r\n"
	[ "$(sed -n 2,3p <<<"$output")" = $'500 5.5.1 This is LMTP: say LHLO\n500 5.5.1 This is LMTP: say LHLO' ]
	replies '250 2.1.0 Ok' '503 5.5.1 No recipient was accepted' '214 2.0.0 LHLO host' \
		'504 5.5.4 There is no such command' "$bye"
	run bash -c 'printf "LHLO a.test\r\nQUIT\r\n" | smtpd 2>/dev/null'
	assert_output_has '500 5.5.1 This is no LMTP'
}

@test "never on port 25" {
	[ "$(id -u)" -eq 0 ] || skip 'port 25 is for root to listen on'
	run smtpd -L -l 127.0.0.1:25
	assert_status 100
	[ "$output" = 'smtpd: fatal: LMTP may not be spoken on port 25' ]
}

@test "on any other port" {
	port=$(free_port)
	start smtpd -L -l "127.0.0.1:$port"
	wait_for 10 port_open "$port"
	exec 5<>"/dev/tcp/127.0.0.1/$port"
	IFS= read -r -t 60 line <&5
	[ "$line" = $'220 here.test LMTP\r' ]
}

@test "an LMTP client: python's" {
	port=$(free_port)
	start smtpd --lmtp -l "127.0.0.1:$port"
	wait_for 10 port_open "$port"
	run python3 -S -c '
import smtplib, sys
c = smtplib.LMTP("127.0.0.1", int(sys.argv[1]), local_hostname="a.test")
print(c.sendmail("a@b.test", ["pat@here.test", "jones@here.test"], "Subject: x\r\n\r\ny\r\n"))
c.quit()' "$port"
	assert_status 0
	assert_output_has "'jones@here.test': (550"
	[ "$(queued)" -eq 1 ]
}
