#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# dnsbl(8) with a name server of the test's own, in front of real servers.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and means to be
# shellcheck disable=SC2016 # what is in single quotes is for another shell

load helper
load dns

setup() {
	setup_satchel
	control me here.test
	control aliases 'joe: joe@away.test'
	ALL='EHLO client.test\r\nMAIL FROM:<ann@away.test> SIZE=3\r\nRCPT TO:<joe@here.test>\r\nQUIT\r\n'
}

teardown() {
	stop_started
}

# The test entries of RFC 5782, section 5, and others.
lists() {
	start_dns <<-'ZONE'
		2.0.0.127.bl A 127.0.0.2
		2.0.0.127.bl TXT "Test entry"
		99.2.0.192.bl A 127.0.0.4
		99.2.0.192.bl A 127.0.0.10
		99.2.0.192.bl TXT "see http://bl.example.test/" "?a=192.0.2.99"
		98.2.0.192.bl A 127.0.0.2
		98.2.0.192.bl TXT "\013\010250 Ok \200 50% %s"
		97.2.0.192.bl CNAME 2.0.0.127.bl
		99.2.0.192.other A 127.0.0.2
		99.2.0.192.allow A 127.0.3.2
		96.2.0.192.bl A 127.255.255.254
		96.2.0.192.other A 192.0.2.1
		95.2.0.192.other A 192.0.2.1
		5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl A 127.0.0.2
	ZONE
	control resolvers "127.0.0.1:$DNS_PORT"
}

# A session with the client at ADDRESS: ask ADDRESS OPTION…; "passed" is $output where it is let in.
ask() {
	export TCPREMOTEIP=$1
	shift
	run bash -c 'printf "%b" "$1" | dnsbl "${@:2}" echo passed 2>"$T/log"' dnsbl "$ALL" "$@"
	output=${output//$'\r'/}
}

passes() {
	[ "$output" = passed ] && return
	echo "not let in: $output" >&2
	return 1
}

@test "help, version and wrong usage" {
	run dnsbl --help
	assert_status 0
	run dnsbl --version
	[ "$output" = 'dnsbl (satchel) 0.1' ]
	for wrong in '' '-x true' '-r' '-r bl.test' '-r bl.test=127.0.0 true' '-r bl..test true' \
		'-r bl.test*x true' '-r bl.test*1001 true' '-a bl.test*2 true' '-m 0 true' '-t 301 true'; do
		# shellcheck disable=SC2086 # several words
		run dnsbl $wrong
		assert_status 100
		assert_output_has "Try 'dnsbl --help'"
	done
	run dnsbl /no/such/program
	assert_status 111
}

@test "who is listed is refused, each recipient, with the list's words" {
	lists
	ask 192.0.2.99 -r bl.example.test
	assert_status 0
	[ "$output" = '220 here.test ESMTP
250-here.test
250-PIPELINING
250 ENHANCEDSTATUSCODES
250 2.1.0 Ok
451 4.7.1 192.0.2.99 is listed by bl.example.test: see http://bl.example.test/?a=192.0.2.99
221 2.0.0 here.test closing the connection' ]
	assert_file_has "$T/log" 'dnsbl: listed client=192.0.2.99 score=1 lists="bl.example.test=127.0.0.'
	assert_file_has "$T/log" ' action=defer reason="192.0.2.99 is listed by bl.example.test: see'
	assert_file_has "$T/log" 'dnsbl: refused client=192.0.2.99 helo=client.test from=ann@away.test to=joe@here.test reply=451'
	ask 192.0.2.99 -b -r bl.example.test
	assert_output_has '553 5.7.1 192.0.2.99 is listed by'
	ask 192.0.2.1 -r bl.example.test
	passes
	[ ! -s "$T/log" ]
	# a name that leads to another is an entry, too
	ask 192.0.2.97 -r bl.example.test
	assert_output_has '192.0.2.97 is listed by bl.example.test: Test entry'
}

@test "the entries by which a list is tested (RFC 5782, section 5)" {
	lists
	ask 127.0.0.2 -e -r bl.example.test
	assert_output_has '451 4.7.1 127.0.0.2 is listed by bl.example.test: Test entry'
	ask 127.0.0.1 -e -r bl.example.test
	passes
	ask 2001:db8::5 -r bl.example.test
	assert_output_has '451 4.7.1 2001:db8::5 is listed by bl.example.test'
	ask 2001:db8::6 -r bl.example.test
	passes
	# as a socket of both families shows an IPv4 address
	ask ::ffff:192.0.2.99 -r bl.example.test
	assert_output_has '192.0.2.99 is listed'
}

@test "what a list says is a line of text and nothing else" {
	lists
	ask 192.0.2.98 -r bl.example.test
	assert_output_has '192.0.2.98 is listed by bl.example.test: \x0d\x0a250 Ok \xc8 50% %s'
	[ "$(wc -l <<<"$output")" -eq 7 ]
	[ "$(wc -l <"$T/log")" -eq 2 ]
}

@test "codes, scores, the threshold and allow lists" {
	lists
	ask 192.0.2.99 -r 'bl.example.test=127.0.0.[2..3;5..9]'
	passes
	ask 192.0.2.99 -r 'bl.example.test=127.0.0.[2..10]'
	assert_output_has '451 4.7.1'
	ask 192.0.2.99 -m 3 -r bl.example.test -r other.example.test
	passes
	assert_file_has "$T/log" 'score=2 '
	assert_file_has "$T/log" 'action=pass'
	ask 192.0.2.99 -m 3 -r 'bl.example.test*1' -r 'other.example.test*2'
	assert_output_has '192.0.2.99 is listed by other.example.test'
	ask 192.0.2.99 -r bl.example.test -r 'allow.example.test*-1'
	passes
	ask 192.0.2.99 -r 'bl.example.test*1000' -a 'allow.example.test=127.0.[0..255].[1..3]'
	passes
	ask 192.0.2.99 -r bl.example.test -a 'allow.example.test=127.0.3.3'
	assert_output_has '451 4.7.1'
	ask 192.0.2.99 -n -b -r bl.example.test
	passes
	assert_file_has "$T/log" 'action=pass reason='
}

@test "an answer that is none: an error of the list, a zone that was given up" {
	lists
	ask 192.0.2.96 -r bl.example.test -r other.example.test
	passes
	assert_file_has "$T/log" 'dnsbl: list client=192.0.2.96 zone=bl.example.test code=127.255.255.254 status=broken'
	assert_file_has "$T/log" 'dnsbl: list client=192.0.2.96 zone=other.example.test code=192.0.2.1 status=broken'
	ask 192.0.2.96 -c -r bl.example.test
	assert_output_has '451 4.7.1 192.0.2.96 cannot be looked up now'
	# a broken allow list could have let him in: not for ever
	ask 192.0.2.99 -b -r bl.example.test -a nowhere.invalid
	assert_output_has '451 4.7.1 192.0.2.99 is listed'
}

@test "a server that does not answer lets clients in, in time, unless told otherwise" {
	start python3 -S -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(100)'
	wait_for 10 test -s "$STARTED_LOG"
	silent=127.0.0.1:$(cat "$STARTED_LOG")
	SECONDS=0
	ask 192.0.2.99 -t 1 -S "$silent" -r bl.example.test -r other.example.test
	passes
	[ "$SECONDS" -lt 30 ]
	assert_file_has "$T/log" 'dnsbl: list client=192.0.2.99 zone=other.example.test status=failed'
	ask 192.0.2.99 -c -b -t 1 -S "$silent" -r bl.example.test
	assert_output_has '451 4.7.1 192.0.2.99 cannot be looked up now'
}

@test "who is not asked about: private addresses, relay hosts, unknown clients" {
	lists
	ask 127.0.0.2 -r bl.example.test
	passes
	RELAYCLIENT='' ask 192.0.2.99 -r bl.example.test
	passes
	control relayhosts 192.0.2.0/24
	ask 192.0.2.99 -r bl.example.test
	passes
	ask nonsense -r bl.example.test
	passes
}

@test "RBLSMTPD has decided already" {
	lists
	export RBLSMTPD=
	ask 192.0.2.99 -r bl.example.test
	passes
	export RBLSMTPD='Go away'
	ask 192.0.2.1 -r bl.example.test
	assert_output_has '451 4.7.1 Go away'
	export RBLSMTPD='-Go away'
	ask 192.0.2.1
	assert_output_has '553 5.7.1 Go away'
}

@test "a refused client may say what it likes" {
	export RBLSMTPD=-no
	ALL='NOOP\nNOOP\r\nMAIL FROM:joe\r\nRCPT TO:<>\r\nDATA\r\nVRFY joe\r\nRSET\r\nHELO x\r\n'
	ask 192.0.2.1
	[ "$output" = '220 here.test ESMTP
500 5.5.2 Lines end with CR LF, and are shorter
250 2.0.0 Ok
501 5.1.7 Say MAIL FROM:<address>
501 5.1.3 Say RCPT TO:<address>
554 5.5.1 No recipient was accepted
502 5.5.1 Not for you
250 2.0.0 Ok
250 here.test' ]
	ALL=$(printf 'NOOP\\r\\n%.0s' {1..250})
	ask 192.0.2.1
	assert_output_has '421 4.7.0 Too many commands'
}

@test "in front of smtpd, by tcpserver and systemd" {
	needs tcpserver systemd-socket-activate swaks
	lists
	port=$(free_port)
	start tcpserver -RHl0 127.0.0.1 "$port" env TCPREMOTEIP=192.0.2.99 dnsbl -b -r bl.example.test smtpd
	wait_for 10 port_open "$port"
	run swaks --server "127.0.0.1:$port" --from ann@away.test --to joe@here.test --helo client.test
	assert_output_has '553 5.7.1 192.0.2.99 is listed'
	port=$(free_port)
	start tcpserver -RHl0 127.0.0.1 "$port" env TCPREMOTEIP=192.0.2.1 dnsbl -b -r bl.example.test smtpd
	wait_for 10 port_open "$port"
	run swaks --server "127.0.0.1:$port" --from ann@away.test --to joe@here.test --helo client.test
	assert_output_has 'Ok: queued as'
	for inetd in --inetd ''; do
		port=$(free_port)
		# shellcheck disable=SC2086 # one word, or none
		start systemd-socket-activate -E SATCHEL_SPOOL -E SATCHEL_CONTROL -E SATCHEL_BIN -E PATH \
			--accept $inetd -l "127.0.0.1:$port" "$SATCHEL_BIN/dnsbl" -e -r bl.example.test \
			"$SATCHEL_BIN/smtpd"
		wait_for 10 port_open "$port"
		run swaks --server "127.0.0.1:$port" --from ann@away.test --to joe@here.test --helo client.test
		assert_output_has 'Ok: queued as'
		run swaks --server "127.0.0.1:$port" --local-interface 127.0.0.2 --from ann@away.test \
			--to joe@here.test --helo client.test
		assert_output_has '451 4.7.1 127.0.0.2 is listed by bl.example.test: Test entry'
	done
}
