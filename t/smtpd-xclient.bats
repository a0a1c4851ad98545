#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) as told by a host in front of it whom that speaks for (XCLIENT).

load helper

setup() {
	setup_satchel
	control aliases 'joe: joe@away.test'
	control xclient 127.0.0.9 10.0.0.9
	control relayhosts 192.0.2.0/24 127.0.0.9
	export TCPREMOTEIP=127.0.0.9
	ASK='MAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n'
	relayed='250 2.1.5 Ok'
	denied='550 5.7.1 Relaying denied'
}

# One session; the replies become $output, the log $T/log.
smtp() {
	run bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

# as ATTRIBUTES: what a client of these is told.
as() {
	smtp "XCLIENT $1\r\nEHLO a.test\r\n${ASK}QUIT\r\n"
}

@test "it is offered to the hosts of the control file alone" {
	smtp 'EHLO a.test\r\nQUIT\r\n'
	assert_output_has '250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT'
	TCPREMOTEIP=127.0.0.8
	smtp 'EHLO a.test\r\nXCLIENT ADDR=192.0.2.1\r\nQUIT\r\n'
	[[ $output != *250-XCLIENT* ]]
	assert_output_has '550 5.7.1 You may not speak for others'
	rm "$SATCHEL_CONTROL/xclient"
	TCPREMOTEIP=127.0.0.9
	smtp 'XCLIENT ADDR=192.0.2.1\r\nQUIT\r\n'
	assert_output_has '550 5.7.1 You may not speak for others'
}

@test "the client has its own rights, and none of the host's" {
	as 'ADDR=192.0.2.1'
	assert_output_has "$relayed"
	assert_file_has "$T/log" 'session client=192.0.2.1'
	export RELAYCLIENT=
	for claim in 'ADDR=198.51.100.1' 'ADDR=[UNAVAILABLE]' 'NAME=client.test' 'ADDR=IPv6:2001:db8::1' \
		'LOGIN=[UNAVAILABLE]' 'PORT=4000'; do
		as "$claim"
		assert_output_has "$denied"
	done
	smtp "EHLO a.test\r\n$ASK"
	assert_output_has "$relayed"
}

@test "a login is as good as one by AUTH, and does not outlast its client" {
	as 'ADDR=198.51.100.1 LOGIN=joe+40example.test'
	assert_output_has "$relayed"
	smtp "XCLIENT LOGIN=joe\r\nXCLIENT ADDR=198.51.100.1\r\nEHLO a.test\r\n$ASK"
	assert_output_has "$relayed"
	smtp "XCLIENT LOGIN=joe\r\nXCLIENT ADDR=198.51.100.1 LOGIN=[UNAVAILABLE]\r\nEHLO a.test\r\n$ASK"
	assert_output_has "$denied"
}

@test "who is spoken for cannot speak for others" {
	smtp "XCLIENT ADDR=198.51.100.1\r\nEHLO a.test\r\nXCLIENT LOGIN=joe\r\n$ASK"
	[[ $output != *250-XCLIENT* ]]
	assert_output_has '550 5.7.1 You may not speak for others'
	assert_output_has "$denied"
	smtp "XCLIENT ADDR=198.51.100.1 HELO=b.test\r\nRSET\r\nXCLIENT ADDR=192.0.2.1 HELO=b.test\r\n$ASK"
	assert_output_has '550 5.7.1 You may not speak for others'
	assert_output_has "$denied"
}

@test "the session begins anew: 220, and HELO is wanted again" {
	smtp "EHLO a.test\r\nXCLIENT ADDR=192.0.2.1 PORT=1 DESTADDR=IPV6:::1 DESTPORT=25\r\n$ASK"
	[ "$(grep -c '^220 here.test ESMTP$' <<<"$output")" -eq 2 ]
	assert_output_has '503 5.5.1 Say EHLO or HELO first'
	smtp "XCLIENT ADDR=192.0.2.1 HELO=b.test PROTO=ESMTP\r\nMAIL FROM:<a@b.test> SIZE=5\r\nRCPT TO:<x@y.test>\r\n"
	assert_output_has "$relayed"
	assert_file_has "$T/log" 'helo=b.test'
	smtp "EHLO a.test\r\n${ASK}XCLIENT ADDR=192.0.2.1\r\n"
	assert_output_has '503 5.5.1 Not in a transaction'
}

@test "the name goes into the Received field" {
	smtp 'XCLIENT NAME=client.test ADDR=IPV6:2001:db8::1\r\nEHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<joe@here.test>\r\nDATA\r\n\r\nx\r\n.\r\n'
	assert_output_has '250 2.0.0 Ok'
	grep -rqF 'Received: from a.test (client.test [IPv6:2001:db8::1])' "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells"
}

@test "what is wrong changes nothing" {
	for claim in '' 'ADDR' 'ADDR=' 'ADDR=x' 'ADDR=2001:db8::1' 'ADDR=IPV6:192.0.2.1' 'PORT=65536' 'PROTO=UUCP' \
		'NAME=-x' 'HELO=a+20b' 'LOGIN=' 'COLOUR=red' 'ADDR=192.0.2.1 X' 'ADDR=192.0.2.1+0A' 'NAME=a+' \
		'ADDR=192.0.2.1+00' "LOGIN=$(printf 'x%.0s' {1..256})"; do
		smtp "XCLIENT $claim\r\nEHLO a.test\r\n$ASK"
		assert_output_has '501 5.5.4 Not the attributes of a client'
		assert_output_has "$relayed"
		assert_file_has "$T/log" 'client=127.0.0.9'
	done
}

@test "a certificate lets its own client relay, and nobody it speaks for" {
	control relayhosts '# nobody'
	hash=$(printf '%064d' 7)
	export SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=TLS_AES_256_GCM_SHA384 SSL_PEER_CERT_HASH=SHA256:$hash
	smtp "EHLO a.test\r\n$ASK"
	assert_output_has "$denied"
	control relaycertificates "${hash/7/8}" "$hash"
	smtp "EHLO a.test\r\n$ASK"
	assert_output_has "$relayed"
	as 'ADDR=198.51.100.1'
	assert_output_has "$denied"
	# nor is it a login of theirs
	export SSL_CLIENT_VERIFY=SUCCESS
	control fingerprints "$hash: ann@example.org"
	smtp 'EHLO a.test\r\nAUTH EXTERNAL =\r\n'
	assert_output_has '235 2.7.0 Welcome'
	smtp 'XCLIENT ADDR=198.51.100.1\r\nEHLO a.test\r\nAUTH EXTERNAL =\r\n'
	[[ $output != *235* ]]
	assert_output_has '504 5.5.4 There is no such mechanism'
	SSL_PEER_CERT_HASH=SHA256:${hash/7/9}
	smtp "EHLO a.test\r\n$ASK"
	assert_output_has "$denied"
}
