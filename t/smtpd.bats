#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) on a pipe, behind tcpserver and systemd, and listening by itself.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and means to be
# shellcheck disable=SC2016 # what is in single quotes is for another shell

load helper

setup() {
	setup_satchel
	[ -d "$SATCHEL_SPOOL/new" ] || make_spool
	control me here.test
	control aliases 'joe: joe@away.test' 'list: joe@away.test, ann@away.test' \
		'secret: ann@away.test, /tmp/file' 'postmaster: joe@away.test'
	control virtual 'joe@hosted.test: joe@away.test'
	control relaydomains relay.test
	HELLO='EHLO client.test\r\n'
	FROM='MAIL FROM:<ann@away.test>\r\n'
	TO='RCPT TO:<joe@here.test>\r\n'
}

teardown() {
	stop_started
}

# Until qctl is there.
make_spool() {
	mkdir -p "$SATCHEL_SPOOL"/{new,deferred,hold,corrupt,hosts,tmp,run}
	chmod -R go= "$SATCHEL_SPOOL"
	mkfifo "$SATCHEL_SPOOL/trigger"
}

# One session: its text with printf's escapes; the replies become $output, the log $T/log.
smtp() {
	run bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

# The replies behind the one to EHLO must be these lines, ID standing for a queue id.
replies() {
	local want got
	want=$(printf '%s\n' "$@")
	got=$(sed -e '1,/^250 HELP$/d' -e 's/as [0-9a-v]\{20\}$/as ID/' <<<"$output")
	[ "$got" = "$want" ] && return
	diff <(echo "$want") <(echo "$got") >&2
	return 1
}

bye='221 2.0.0 here.test closing the connection'
go='354 Send the message; end with a dot alone on a line'

queued() {
	files_in "$SATCHEL_SPOOL/new"
}

# The message part of the only file in the spool.
message() {
	local file
	file=$(find "$SATCHEL_SPOOL/new" -type f)
	sed '1,/^$/d' "$file"
}

@test "help, version and wrong usage" {
	run smtpd --help
	assert_status 0
	run smtpd --version
	[ "$output" = 'smtpd (satchel) 0.1' ]
	for wrong in -x 'argument' '-l nonsense' '-l 127.0.0.1:99999' '-l :25:' '-l'; do
		# shellcheck disable=SC2086 # several words
		run smtpd $wrong
		assert_status 100
		assert_output_has "Try 'smtpd --help'"
	done
}

@test "the greeting and what EHLO offers" {
	smtp 'EHLO client.test\r\nHELO client.test\r\nQUIT\r\n'
	assert_status 0
	[ "$output" = "220 here.test ESMTP
250-here.test
250-PIPELINING
250-SIZE 52428800
250-8BITMIME
250-SMTPUTF8
250-CHUNKING
250-BINARYMIME
250-ENHANCEDSTATUSCODES
250-DSN
250-DELIVERBY
250-MT-PRIORITY
250-LIMITS RCPTMAX=1000
250 HELP
250 here.test
$bye" ]
	assert_file_has "$T/log" 'smtpd: session helo=client.test messages=0 errors=0 refused=0 seconds='
	assert_file_has "$T/log" 'end=quit'
}

@test "one message, as it was sent, with a Received field in front" {
	smtp "$HELLO$FROM${TO}DATA\r\nSubject: x\r\n\r\n..\r\n..a\r\nb\r\n.\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' "$go" '250 2.0.0 Ok: queued as ID' "$bye"
	[ "$(queued)" -eq 1 ]
	id=$(basename "$(find "$SATCHEL_SPOOL/new" -type f)")
	date=$(message | sed -n 4p)
	[ "$(message)" = "$(printf 'Received: from client.test\r\n\tby here.test with ESMTP id %s\r\n\tfor <joe@here.test>;\r\n%s\nSubject: x\r\n\r\n.\r\n.a\r\nb\r' "$id" "$date")" ]
	assert_file_has "$T/log" "smtpd: message id=$id helo=client.test from=ann@away.test size=24 rcpts=1"
}

@test "the Received field names the client as RFC 5321 has it" {
	export TCPREMOTEIP=2001:db8::1 TCPREMOTEHOST=mail.client.test
	smtp "HELO [192.0.2.7]\r\n$FROM$TO${TO}DATA\r\n.\r\nQUIT\r\n"
	[ "$(message | head -n 2)" = "$(printf 'Received: from [192.0.2.7] (mail.client.test [IPv6:2001:db8::1])\r\n\tby here.test with SMTP id %s;\r' "$(basename "$SATCHEL_SPOOL"/new/*)")" ]
	assert_file_has "$T/log" 'session client=2001:db8::1 name=mail.client.test helo=[192.0.2.7] messages=1'
	rm "$SATCHEL_SPOOL"/new/*
	export TCPREMOTEIP=::ffff:192.0.2.1 TCPREMOTEHOST='evil)\r\nX: y'
	smtp "HELO [192.0.2.7]\r\n$FROM${TO}DATA\r\n.\r\nQUIT\r\n"
	message | head -n 1 | grep -F 'from [192.0.2.7] (unknown [192.0.2.1])'
}

@test "several messages; the null reverse-path; postmaster" {
	smtp "${HELLO}MAIL FROM:<>\r\nRCPT TO:<PostMaster>\r\nDATA\r\na\r\n.\r\n$FROM${TO}DATA\r\nb\r\n.\r\nMAIL FROM:<joe@away.test>\r\nRSET\r\n${FROM}RCPT TO:<JOE@HOSTED.TEST>\r\nRCPT TO:<postmaster@hosted.test>\r\nDATA\r\nc\r\n.\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' "$go" '250 2.0.0 Ok: queued as ID' \
		'250 2.1.0 Ok' '250 2.1.5 Ok' "$go" '250 2.0.0 Ok: queued as ID' \
		'250 2.1.0 Ok' '250 2.0.0 Ok' '250 2.1.0 Ok' '250 2.1.5 Ok' '250 2.1.5 Ok' "$go" \
		'250 2.0.0 Ok: queued as ID' "$bye"
	[ "$(queued)" -eq 3 ]
}

@test "commands out of order" {
	smtp "${FROM}EHLO client.test\r\n${TO}DATA\r\n$FROM${FROM}DATA\r\nEHLO client.test\r\n${TO}DATA x\r\nQUIT x\r\nQUIT\r\n"
	[ "$(sed -n 2p <<<"$output")" = '503 5.5.1 Say EHLO or HELO first' ]
	output=$(sed 1,2d <<<"$output")
	replies '503 5.5.1 Say MAIL first' '503 5.5.1 Say MAIL first' '250 2.1.0 Ok' \
		'503 5.5.1 There is a sender already' '554 5.5.1 No recipient was accepted' \
		250-here.test 250-PIPELINING '250-SIZE 52428800' 250-8BITMIME 250-SMTPUTF8 250-CHUNKING \
		250-BINARYMIME 250-ENHANCEDSTATUSCODES 250-DSN 250-DELIVERBY 250-MT-PRIORITY \
		'250-LIMITS RCPTMAX=1000' '250 HELP' '503 5.5.1 Say MAIL first' '501 5.5.4 DATA takes no argument' \
		'501 5.5.4 This command takes no argument' "$bye"
}

@test "wrong arguments of HELO and EHLO change nothing" {
	smtp "$HELLO${FROM}EHLO\r\nHELO\r\nEHLO a b\r\nEHLO a_b\r\nEHLO [1.2.3]\r\n${TO}QUIT\r\n"
	wrong='501 5.5.4 Say your domain or [address] behind it'
	replies '250 2.1.0 Ok' "$wrong" "$wrong" "$wrong" "$wrong" "$wrong" '250 2.1.5 Ok' "$bye"
}

@test "NOOP, HELP, unknown commands and those not offered" {
	smtp "${HELLO}NOOP\r\nnoop some thing\r\nHELP rcpt\r\nHELP TURN\r\nTURN\r\nSTARTTLS\r\nBDAT 1 LAST\r\n.FOO\r\n\r\nRSET x\r\nQUIT\r\n"
	replies '250 2.0.0 Ok' '250 2.0.0 Ok' '214 2.0.0 RCPT TO:<address> [NOTIFY=when] [ORCPT=type;address]' \
		'504 5.5.4 There is no such command' "502 5.5.1 TURN proves nobody's identity and is not offered" \
		'502 5.5.1 This command is not offered' '503 5.5.1 Say MAIL first' \
		'500 5.5.1 No such command' '500 5.5.1 No such command' \
		'501 5.5.4 This command takes no argument' "$bye"
	assert_file_has "$T/log" errors=7
	smtp 'HELP\r\nQUIT\r\n'
	assert_output_has '214-2.0.0   RCPT TO:<address>'
}

@test "every reply but greeting, HELO, EHLO and 354 has its enhanced status code" {
	smtp "${HELLO}HELP\r\nVRFY a\r\nEXPN a\r\nNOOP\r\n${FROM}${TO}RCPT TO:<x@here.test>\r\nDATA\r\n.\r\nFOO\r\nMAIL\r\nQUIT\r\n"
	run bash -c 'sed "1,/^250 HELP$/d" <<<"$1" | grep -v "^354 " | grep -Ev "^([245])[0-9][0-9][- ]\\1\.[0-9]\.[0-9] "' x "$output"
	[ "$output" = '' ]
}

@test "parameters of MAIL and RCPT" {
	control limits 'message-size: 1000'
	smtp "${HELLO}MAIL FROM:<a@b.test> SIZE=1000 BODY=8BITMIME\r\nRCPT TO:<joe@here.test> NOTIFY=NEVER,DELAY\r\nRSET\r\nMAIL FROM:<a@b.test> SIZE=1001\r\nMAIL FROM:<a@b.test> SIZE=99999999999999999999\r\nMAIL FROM:<a@b.test> SIZE=x\r\nMAIL FROM:<a@b.test> HOLDFOR=1\r\nMAIL FROM:<a@b.test> AUTH=<>\r\nMAIL FROM:<a@b.test>SIZE=1\r\nHELO a.test\r\nMAIL FROM:<a@b.test> SIZE=1\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '501 5.5.4 Wrong syntax; HELP shows the right one' '250 2.0.0 Ok' \
		'552 5.3.4 Message too large' '552 5.3.4 Message too large' \
		'501 5.5.4 Wrong syntax; HELP shows the right one' \
		'555 5.5.4 There is a parameter that is not offered' \
		'555 5.5.4 There is a parameter that is not offered' \
		'501 5.5.4 Wrong syntax; HELP shows the right one' '250 here.test' \
		'555 5.5.4 There is a parameter that is not offered' "$bye"
}

@test "the body type travels with the message" {
	smtp "${HELLO}MAIL FROM:<a@b.test> BODY=8BITMIME\r\n${TO}DATA\r\n\xe9\r\n.\r\nQUIT\r\n"
	LC_ALL=C grep -aqx B8BITMIME "$SATCHEL_SPOOL"/new/*
}

@test "filters that cannot carry it: no 8BITMIME" {
	ENQUEUE=/bin/true smtp 'EHLO client.test\r\nMAIL FROM:<a@b.test> BODY=8BITMIME\r\nQUIT\r\n'
	[[ $output != *8BITMIME* ]]
	assert_output_has '555 5.5.4'
}

@test "addresses that are none" {
	smtp "${HELLO}MAIL FROM:<a b@c.test>\r\nMAIL FROM:a@b.test\r\nMAIL FROM:<a@b.test\r\nMAIL FROM:<\xc3\xa9@b.test>\r\n${FROM}RCPT TO:<>\r\nRCPT TO:<joe>\r\nRCPT TO:<joe@h\xc3\xa9re.test>\r\nRCPT TO:<joe@here.test> X=\xe9\r\nNOOP \xe9\r\nQUIT\r\n"
	syntax='501 5.5.4 Wrong syntax; HELP shows the right one'
	ascii='553 5.6.7 An address must be ASCII, or UTF-8 with SMTPUTF8'
	replies '501 5.1.7 This is no address' "$syntax" "$syntax" \
		"$ascii" '250 2.1.0 Ok' '501 5.1.3 This is no address' \
		'501 5.1.3 This is no address' "$ascii" \
		'555 5.5.4 There is a parameter that is not offered' '501 5.5.2 Only ASCII may be used here' "$bye"
}

@test "no open relay" {
	smtp "${HELLO}${FROM}RCPT TO:<a@elsewhere.test>\r\nRCPT TO:<a%elsewhere.test@here.test>\r\nRCPT TO:<@here.test:a@elsewhere.test>\r\nRCPT TO:<\"a@elsewhere.test\"@here.test>\r\nRCPT TO:<elsewhere.test!a@here.test>\r\nRCPT TO:<a@[127.0.0.1]>\r\nRCPT TO:<postmaster@elsewhere.test>\r\nRCPT TO:<a%elsewhere.test@relay.test>\r\nRCPT TO:<elsewhere.test!a@relay.test>\r\nRCPT TO:<\"a@elsewhere.test\"@relay.test>\r\nRCPT TO:<a@relay.test>\r\nRCPT TO:<nobody-here@here.test>\r\nRCPT TO:<nobody@hosted.test>\r\nRCPT TO:<@elsewhere.test:joe@here.test>\r\nQUIT\r\n"
	denied='550 5.7.1 Relaying denied'
	unknown='550 5.1.1 No such recipient here'
	[ "$(grep -c '^250 2.1.5' <<<"$output")" -eq 2 ]
	replies '250 2.1.0 Ok' "$denied" "$unknown" "$denied" "$unknown" "$unknown" "$denied" \
		"$denied" "$denied" "$denied" "$denied" '250 2.1.5 Ok' "$unknown" "$unknown" \
		'250 2.1.5 Ok' "$bye"
	assert_file_has "$T/log" 'refused helo=client.test from=ann@away.test to=a@elsewhere.test reply="550 5.7.1 Relaying denied"'
}

# The reply to a recipient elsewhere.
relays() {
	smtp "${HELLO}${FROM}RCPT TO:<a@elsewhere.test>\r\nQUIT\r\n"
	grep -q '^250 2.1.5' <<<"$output"
}

@test "who may relay" {
	run relays
	assert_status 1
	RELAYCLIENT='' relays
	TCPREMOTEIP=127.0.0.1 relays
	TCPREMOTEIP=::1 relays
	REMOTE_ADDR=127.9.9.9 relays
	TCPREMOTEIP=192.0.2.1 REMOTE_ADDR=127.0.0.1 run relays
	assert_status 1
	control relayhosts 192.0.2.0/24
	TCPREMOTEIP=192.0.2.1 relays
	TCPREMOTEIP=::ffff:192.0.2.1 relays
	TCPREMOTEIP=127.0.0.1 run relays
	assert_status 1
	TCPREMOTEIP=nonsense run relays
	assert_status 1
	: >"$SATCHEL_CONTROL/relayhosts"
	TCPREMOTEIP=127.0.0.1 run relays
	assert_status 1
}

@test "VRFY and EXPN say nothing to strangers and the truth to others" {
	smtp "${HELLO}VRFY joe\r\nVRFY nobody-here\r\nEXPN list\r\nVRFY\r\nVRFY <\r\nQUIT\r\n"
	try='252 2.0.0 Send some mail, and it will be tried'
	replies "$try" "$try" "$try" '501 5.1.3 This is no address' '501 5.1.3 This is no address' "$bye"
	export RELAYCLIENT=
	smtp "${HELLO}VRFY joe\r\nVRFY <joe@hosted.test>\r\nVRFY nobody-here\r\nVRFY a@elsewhere.test\r\nVRFY postmaster\r\nEXPN list\r\nEXPN secret\r\nEXPN nobody-here\r\nQUIT\r\n"
	assert_output_has '250-VRFY'
	assert_output_has '250-EXPN'
	replies '250 2.1.5 <joe@here.test>' '250 2.1.5 <joe@hosted.test>' \
		'550 5.1.1 No such recipient here' "$try" '250 2.1.5 <postmaster@here.test>' \
		'250-2.1.5 <joe@away.test>' '250 2.1.5 <ann@away.test>' "$try" \
		'550 5.1.1 No such list here' "$bye"
}

@test "nobody outside writes past the aliases, as deliver does" {
	local name
	name=$(id -un nobody)
	control aliases "$name: joe@away.test"
	control relayhosts 127.0.0.1
	for client in 192.0.2.9 127.0.0.1; do
		TCPREMOTEIP=$client smtp "${HELLO}${FROM}RCPT TO:<$name@here.test>\r\nRCPT TO:<\"\\\\\\\\$name\"@here.test>\r\nRCPT TO:<\"\\\\\\\\\\\\\\\\$name\"@HERE.test>\r\nRCPT TO:<\"\\\\$name\"@here.test>\r\nQUIT\r\n"
		replies '250 2.1.0 Ok' '250 2.1.5 Ok' '550 5.1.1 No such recipient here' \
			'550 5.1.1 No such recipient here' '250 2.1.5 Ok' "$bye"
	done
}

@test "cut anywhere, a pipelined session gets the same replies" {
	needs python3
	printf "%b" "${HELLO}${FROM}${TO}RCPT TO:<x@here.test>\r\nDATA\r\nReceived: a\r\n\r\n..b\r\n.\r\nNOOP\r\nFOO\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\na\nb\r\n.\r\nQUIT\r\n" >"$T/session"
	run bash -c 'python3 -S "$ROOT/t/smtpd.py" split <"$T/session"'
	assert_status 0
	assert_output_has '250 2.0.0 Ok: queued'
	assert_output_has '554 5.6.0'
}

@test "replies to pipelined commands go out together" {
	needs strace
	# from a file: bash writes line by line to a pipe
	printf "%b" "${HELLO}${FROM}${TO}${TO}NOOP\r\nRSET\r\nQUIT\r\n" >"$T/session"
	ASAN_OPTIONS=detect_leaks=0 strace -o "$T/trace" -e trace=write smtpd <"$T/session" 2>/dev/null >/dev/null
	[ "$(grep -c '^write(1' "$T/trace")" -eq 2 ] # the greeting, and all others
}

@test "smuggling: no line end but CRLF ends a message or hides commands" {
	for end in '\n.\n' '\n.\r\n' '\r\n.\n' '\r\n.\r' '\r.\r' '\r.\r\n' '\n\r.\r\n' '\r\n\0.\r\n' '\r\n.\0\r\n' \
		'\r\n.\r\r\n'; do
		smtp "$HELLO$FROM${TO}DATA\r\nSubject: a\r\n\r\nb${end}MAIL FROM:<evil@away.test>\r\n${TO}DATA\r\nhidden\r\n.\r\nNOOP\r\nQUIT\r\n"
		replies '250 2.1.0 Ok' '250 2.1.5 Ok' "$go" \
			'554 5.6.0 A bare CR or LF or a NUL is in the message' '250 2.0.0 Ok' "$bye"
		[ "$(queued)" -eq 0 ]
	done
	smtp "$HELLO$FROM${TO}DATA\r\nb\r\r\n.\r\nQUIT\r\n"
	assert_output_has '554 5.6.0'
	[ "$(queued)" -eq 0 ]
}

@test "command lines with a bare LF or CR, a NUL, or too long" {
	long=$(printf '%2050s' '' | tr ' ' x)
	just=$(printf '%2043s' '' | tr ' ' x)
	smtp "${HELLO}NOOP\nQUIT\r\nNOOP a\rb\r\nNOOP a\0b\r\n$long\r\nNOOP $just\r\nNOOP $just.\r\nQUIT\r\n"
	bare='500 5.5.2 A line ends with CR LF, and neither stands alone'
	replies "$bare" "$bare" '500 5.5.2 A line may hold no NUL' '500 5.5.2 Line too long' \
		'250 2.0.0 Ok' '500 5.5.2 Line too long' "$bye"
	# what comes behind a LF alone is of that line, however long
	smtp "${HELLO}NOOP $long\nMAIL FROM:<x@away.test>\r\n$long$long$long\nRSET\r\nNOOP\r\nQUIT\r\n"
	replies '500 5.5.2 Line too long' '500 5.5.2 Line too long' '250 2.0.0 Ok' "$bye"
}

@test "too many wrong commands" {
	control limits 'smtpd-errors: 2'
	smtp "${HELLO}FOO\r\nFOO\r\nNOOP\r\nFOO\r\nNOOP\r\n"
	replies '500 5.5.1 No such command' '500 5.5.1 No such command' '250 2.0.0 Ok' \
		'500 5.5.1 No such command' \
		'421 4.7.0 here.test Too many wrong commands, closing the connection'
	assert_file_has "$T/log" 'end=errors'
}

@test "the last reply reaches a client that goes on talking" {
	needs python3
	control limits 'smtpd-errors: 2'
	listen
	run python3 -S -c 'import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
s.sendall(b"FOO\r\n" * 20000)
text = b""
while True:
    piece = s.recv(65536)
    if not piece:
        break
    text += piece
print(text.decode())' "$PORT"
	assert_status 0
	assert_output_has '421 4.7.0'
}

@test "too many recipients: the first ones are kept, and memory is bounded" {
	control limits 'message-recipients: 3'
	many=$(printf 'RCPT TO:<joe@here.test>\\r\\n%.0s' 1 2 3 4)
	smtp "$HELLO$FROM${many}DATA\r\na\r\n.\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' '250 2.1.5 Ok' '250 2.1.5 Ok' '452 4.5.3 Too many recipients' \
		"$go" '250 2.0.0 Ok: queued as ID' "$bye"
	[ "$(grep -c '^Tjoe@here.test$' "$SATCHEL_SPOOL"/new/*)" -eq 3 ]
	{
		printf 'EHLO a.test\r\nMAIL FROM:<>\r\n'
		yes $'RCPT TO:<joe@here.test>\r' | head -n 100000
		printf 'DATA\r\na\r\n.\r\nQUIT\r\n'
	} >"$T/session"
	run bash -c 'smtpd <"$T/session" 2>"$T/log" | cut -c 1-9 | sort | uniq -c'
	assert_output_has '99997 452 4.5.3'
	assert_output_has '1 250 2.0.0'
	# refusals do not fill the log, but they are counted
	[ "$(wc -l <"$T/log")" -eq 102 ]
	assert_file_has "$T/log" ' refused=99997 '
}

@test "a message over the size limit is read to its end and refused" {
	control limits 'message-size: 2000'
	body=$(printf 'x%.0s' {1..2000})
	smtp "$HELLO$FROM${TO}DATA\r\n$body\r\n.\r\n$FROM${TO}DATA\r\nsmall\r\n.\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' "$go" '552 5.3.4 Message too large' '250 2.1.0 Ok' \
		'250 2.1.5 Ok' "$go" '250 2.0.0 Ok: queued as ID' "$bye"
	[ "$(queued)" -eq 1 ]
	DATABYTES=100 smtp "${HELLO}MAIL FROM:<a@b.test> SIZE=101\r\nQUIT\r\n"
	assert_output_has '250-SIZE 100'
	assert_output_has '552 5.3.4'
}

@test "a line of 1 GB takes no memory" {
	needs python3
	[ "$BUILD" != "$ROOT/build/sanitize" ] || skip 'memory is counted without sanitizers'
	run python3 -S "$ROOT/t/smtpd.py" feed 1073741824
	assert_status 0
	assert_output_has '552 5.3.4 Message too large'
	peak=$(sed -n 's/^peak \([0-9]*\) KiB$/\1/p' <<<"$output")
	[ "$peak" -lt 8192 ]
	[ "$(queued)" -eq 0 ]
}

@test "a message in a loop" {
	control limits 'hops: 3'
	smtp "$HELLO$FROM${TO}DATA\r\nReceived: a\r\nreceived : b\r\n\r\nReceived: c\r\nReceived: d\r\n.\r\n$FROM${TO}DATA\r\nReceived: a\r\nReceived: b\r\nReceived: c\r\n\r\n.\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' "$go" '250 2.0.0 Ok: queued as ID' '250 2.1.0 Ok' \
		'250 2.1.5 Ok' "$go" '554 5.4.6 Too many hops; this message loops' "$bye"
}

@test "a client that goes away in the middle of a message" {
	smtp "$HELLO$FROM${TO}DATA\r\nSubject: a\r\n\r\nhalf"
	assert_status 0
	[ "$(queued)" -eq 0 ]
	assert_file_has "$T/log" 'end=eof'
}

# A client that says TEXT and then nothing.
silent() {
	[ -p "$T/silence" ] || mkfifo "$T/silence"
	exec 9<>"$T/silence"
	printf '%b' "$1" >&9
	run bash -c 'smtpd <"$T/silence" 2>"$T/log" 9>&-'
	output=${output//$'\r'/}
	exec 9>&-
}

@test "a silent client" {
	control limits 'smtpd-timeout: 1'
	silent "$HELLO"
	assert_output_has '421 4.4.2 here.test Nothing heard for too long, closing the connection'
	assert_file_has "$T/log" 'end=silent'
	silent "$HELLO$FROM${TO}DATA\r\nhalf"
	assert_output_has '421 4.4.2 here.test Nothing heard for too long, closing the connection'
	[ "$(queued)" -eq 0 ]
}

@test "a client of whom more is always there: the time ends that, too" {
	control limits 'smtpd-timeout: 1'
	run timeout 60 bash -c 'smtpd </dev/zero 2>"$T/log"'
	assert_status 0
	assert_output_has '421 4.4.2'
	assert_file_has "$T/log" 'end=silent'
	control limits 'smtpd-session: 1'
	printf '%b' "$HELLO$FROM${TO}DATA\r\n" >"$T/endless"
	truncate -s 1T "$T/endless"
	run timeout 60 bash -c 'smtpd <"$T/endless" 2>"$T/log"'
	assert_status 0
	assert_output_has 'The session takes too long'
	assert_file_has "$T/log" 'end=long'
	[ "$(queued)" -eq 0 ]
}

@test "a client that drips: the time is for the whole command, and of a message for what comes next" {
	needs python3
	control limits 'smtpd-timeout: 4'
	listen
	run python3 -S -c 'import socket, sys, time
def connect():
    return socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
def until(s, end):
    text = b""
    while end not in text:
        piece = s.recv(1000)
        assert piece, text
        text += piece
slow = connect()
slow.sendall(b"EHLO a.test\r\nMAIL FROM:<ann@away.test>\r\nRCPT TO:<joe@here.test>\r\nDATA\r\n")
until(slow, b"\n354 ")
s = connect()
began, text, lines = time.monotonic(), b"", [b"Subject: x\r\n", b"\r\n", b"x\r\n", b".\r\n"]
step, took, s_lives = 1.2, 0, True
s.settimeout(0.2)
while time.monotonic() < began + 20 and (s_lives or lines):
    if lines and time.monotonic() > began + step:
        slow.sendall(lines.pop(0))
        step += 1.2
    if not s_lives:
        time.sleep(0.1)
        continue
    try:
        s.sendall(b"N")
    except OSError:
        pass  # what it said before it hung up is to be read yet
    try:
        piece = s.recv(1000)
    except TimeoutError:
        continue
    except OSError:
        piece = b""
    text += piece
    s_lives = piece != b""
    took = time.monotonic() - began
until(slow, b"250 2.0.0 Ok: queued")
print(text.decode())
sys.exit(not 3.9 < took < 11)' "$PORT"
	assert_status 0
	assert_output_has '421 4.4.2'
	wait_for 10 grep -q end=silent "$STARTED_LOG"
	[ "$(queued)" -eq 1 ]
}

@test "what follows QUIT does not take its reply away" {
	needs python3
	listen
	run python3 -S -c 'import socket, sys
for i in range(5):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
    s.sendall(b"QUIT\r\n" + b"NOOP\r\n" * 20000)
    text = b""
    while True:
        piece = s.recv(65536)
        if not piece:
            break
        text += piece
    assert b"221 2.0.0" in text' "$PORT"
	assert_status 0
}

@test "a session that takes too long" {
	control limits 'smtpd-session: 1'
	silent "$HELLO"
	assert_output_has '421 4.4.2 here.test The session takes too long, closing the connection'
	assert_file_has "$T/log" 'end=long'
}

@test "without a control directory, or with a wrong file in it" {
	SATCHEL_CONTROL=$T/none smtp "$HELLO"
	assert_status 111
	[ "$output" = '421 4.3.0 Out of service; try again later' ]
	assert_file_has "$T/log" 'smtpd: fatal: unable to open the control directory'
	control relayhosts nonsense
	smtp "$HELLO"
	[ "$output" = '421 4.3.0 Out of service; try again later' ]
	assert_file_has "$T/log" 'relayhosts'
	run smtpd -l 127.0.0.1:0
	assert_status 111
}

@test "a spool that is not there: a temporary failure, and no words to strangers" {
	SATCHEL_SPOOL=$T/none smtp "$HELLO$FROM${TO}DATA\r\na\r\n.\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' "$go" '451 4.3.0 Not taken now; try again later' "$bye"
	grep -q '^smtpd: failed code=' "$T/log"
	SATCHEL_BIN=$T/none smtp "$HELLO$FROM${TO}DATA\r\na\r\n.\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' "$go" '451 4.3.0 Not taken now; try again later' "$bye"
}

@test "filters: accepted, refused for good, refused for now" {
	printf '#!/bin/sh\nexec cat >"$T/got"\n' >"$T/filter"
	chmod +x "$T/filter"
	export ENQUEUE=$T/filter
	smtp "$HELLO$FROM${TO}DATA\r\na\r\n.\r\nQUIT\r\n"
	assert_output_has '250 2.0.0 Ok: queued'
	grep -qx a "$T/got"
	printf '#!/bin/sh\ncat >/dev/null; exit 31\n' >"$T/filter"
	smtp "$HELLO$FROM${TO}DATA\r\na\r\n.\r\nQUIT\r\n"
	assert_output_has '554 5.6.0 Message refused'
	printf '#!/bin/sh\ncat >/dev/null; exit 53\n' >"$T/filter"
	smtp "$HELLO$FROM${TO}DATA\r\na\r\n.\r\nQUIT\r\n"
	assert_output_has '452 4.3.1'
	printf '#!/bin/sh\ncat >/dev/null; exit 71\n' >"$T/filter"
	smtp "$HELLO$FROM${TO}DATA\r\na\r\n.\r\nQUIT\r\n"
	assert_output_has '451 4.3.0'
}

@test "enqueue dies during the commit: no reply at all" {
	mkdir "$T/bin"
	cat >"$T/bin/enqueue" <<-'FAKE'
		#!/usr/bin/env python3
		# Reads the message and the request to commit it, all of it, then dies.
		import socket
		socket.socket(fileno=0).recv(65536)
	FAKE
	chmod +x "$T/bin/enqueue"
	SATCHEL_BIN=$T/bin smtp "$HELLO$FROM${TO}DATA\r\na\r\n.\r\nNOOP\r\nQUIT\r\n"
	replies '250 2.1.0 Ok' '250 2.1.5 Ok' "$go"
	assert_file_has "$T/log" 'end=unknown'
	grep -q '^smtpd: unknown from=ann@away.test rcpts=1$' "$T/log"
}

# smtpd -l on a port of the kernel's choice, which becomes $PORT.
listen() {
	start smtpd -l "${1:-127.0.0.1:0}"
	wait_for 10 grep -q 'smtpd: listening' "$STARTED_LOG"
	PORT=$(sed -n 's/.* listening .*port=//p' "$STARTED_LOG")
}

@test "a server reads tables again that have changed, and nobody is unknown while they are wrong" {
	needs python3
	ask() {
		printf 'EHLO a.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<%s>\r\nQUIT\r\n' "$1" |
			python3 -S "$ROOT/t/smtpd.py" lines "$PORT"
	}
	listen
	ask new@hosted.test | grep '^550 5.1.1'
	control users "new@hosted.test: $T/new/"
	knows() { ask "$1" | grep "^$2"; }
	wait_for 20 knows new@hosted.test '250 2.1.5'
	echo 'no entry' >>"$SATCHEL_CONTROL/virtual"
	wait_for 20 knows nobody@hosted.test '451 4.3.0'
	ask joe@hosted.test | grep '^250 2.1.5'
	grep 'those from before stay in force: virtual, line 2' "$STARTED_LOG"
}

@test "listening by itself: swaks and curl" {
	needs swaks curl
	listen
	grep -qx "smtpd: listening address=127.0.0.1 port=$PORT" "$STARTED_LOG"
	swaks --server "127.0.0.1:$PORT" --ehlo client.test --from ann@away.test --to joe@here.test \
		--pipeline --body hello >"$T/swaks"
	printf 'Subject: x\n\nhello\n' >"$T/message"
	curl -sS --crlf "smtp://127.0.0.1:$PORT/client.test" --mail-from ann@away.test \
		--mail-rcpt joe@here.test --mail-rcpt a@elsewhere.test --upload-file "$T/message"
	[ "$(queued)" -eq 2 ]
	wait_for 10 grep -q 'session client=127.0.0.1 .*messages=1.*end=quit' "$STARTED_LOG"
	stop "$STARTED_PID"
}

@test "listening ignores what the environment says of clients" {
	control relayhosts 192.0.2.1
	export RELAYCLIENT='' TCPREMOTEIP=192.0.2.1
	listen
	run bash -c 'printf "EHLO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<a@elsewhere.test>\r\nQUIT\r\n" | python3 -S "$ROOT/t/smtpd.py" lines "$1"' x "$PORT"
	assert_output_has '550 5.7.1 Relaying denied'
}

@test "listening on IPv6" {
	python3 -S -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' || skip 'no IPv6'
	listen '[::1]:0'
	grep -qx "smtpd: listening address=::1 port=$PORT" "$STARTED_LOG"
	[ "$(python3 -S "$ROOT/t/smtpd.py" open 1 ::1 "$PORT" </dev/null)" = '220 here.test ESMTP' ]
}

@test "limits on sessions: of one address, and in all" {
	control limits 'smtpd-sessions: 3' 'smtpd-sessions-address: 2'
	listen 127.0.0.1:0
	full='421 4.7.0 here.test Too many connections; try again later'
	mkfifo "$T/hold"
	python3 -S "$ROOT/t/smtpd.py" open 3 127.0.0.1 "$PORT" <"$T/hold" >"$T/open" 3>&- &
	client=$!
	exec 9>"$T/hold"
	wait_for 10 grep -q 421 "$T/open"
	[ "$(cat "$T/open")" = "220 here.test ESMTP
220 here.test ESMTP
$full" ]
	wait_for 10 grep -q 'smtpd: limit client=127.0.0.1 reason="sessions of this address"' "$STARTED_LOG"
	exec 9>&-
	wait "$client"
	wait_for 10 bash -c '[ "$(grep -c end=eof "$1")" -eq 2 ]' x "$STARTED_LOG"
	# the address has room again
	wait_for 10 bash -c 'python3 -S "$ROOT/t/smtpd.py" open 1 127.0.0.1 "$1" </dev/null | grep 220' x "$PORT"
}

@test "limits on sessions in all" {
	control limits 'smtpd-sessions: 1'
	listen
	run bash -c 'python3 -S "$ROOT/t/smtpd.py" open 2 127.0.0.1 "$1" </dev/null' x "$PORT"
	[ "${lines[0]}" = '220 here.test ESMTP' ]
	[ "${lines[1]}" = '421 4.7.0 here.test Too many connections; try again later' ]
	wait_for 10 grep -q 'smtpd: limit client=127.0.0.1 reason=sessions' "$STARTED_LOG"
}

# What smtpd.py says of the children of a listening smtpd.
again() {
	needs python3
	# which descriptors a confined process has, only root may see
	[ "$(id -u)" -eq 0 ] || control confinement none
	listen
	run python3 -S "$ROOT/t/smtpd.py" again "$1" "$PORT" "$STARTED_PID"
	assert_status 0
}

@test "a client who comes again and again is served by one process" {
	again same
	[ "$(grep -c 'session client=127.0.0.1 .*end=quit' "$STARTED_LOG")" -ge 12 ]
}

@test "no process serves two clients" {
	again other
}

@test "a session that breaks off ends its process" {
	again abandoned
}

@test "a process waits half a second for its client, and not for ever" {
	again ends
}

@test "a process that waits is no session: limits in all" {
	control limits 'smtpd-sessions: 1'
	again limit
	wait_for 10 grep -q 'smtpd: limit client=127.0.0.3 reason=sessions' "$STARTED_LOG"
}

@test "a connection handed to a process that waits counts: limits of one address" {
	control limits 'smtpd-sessions-address: 1'
	again limit-same
	wait_for 10 grep -q 'smtpd: limit client=127.0.0.1 reason="sessions of this address"' "$STARTED_LOG"
}

@test "a process serves a hundred connections at most" {
	again hundred
}

@test "nothing of a session is left in memory for the next of the same client" {
	[ "$BUILD" != "$ROOT/build/sanitize" ] || skip 'sanitizers keep copies'
	[ "$(id -u)" -eq 0 ] || skip 'the memory of another process is for root to read'
	again memory
}

# The enqueue service, in the background.
serve_enqueue() {
	start enqueue -w
	wait_for 10 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
}

@test "a process that waits keeps its connection to enqueue" {
	serve_enqueue
	again keeps
	[ "$(grep -c "smtpd: message id=" "$STARTED_LOG")" -ge 3 ]
}

@test "but not where enqueue has no worker to spare" {
	control limits 'enqueue-workers: 1'
	serve_enqueue
	again parts
	[ "$(grep -c "smtpd: message id=" "$STARTED_LOG")" -ge 3 ]
}

@test "SIGTERM ends a process that waits" {
	again signal
	stop "$STARTED_PID"
}

# The process that was forked ahead; fails where there is none.
spare() {
	pgrep -P "$STARTED_PID" -x spare
}

@test "a spare process waits for the next client, takes one, and may die" {
	local first
	listen
	wait_for 10 spare
	first=$(spare)
	exec 8<>"/dev/tcp/127.0.0.1/$PORT"
	read -r -u 8 line
	[ "$line" = $'220 here.test ESMTP\r' ]
	[ "$(cat "/proc/$first/comm")" = smtpd ]
	exec 8>&-
	wait_for 10 spare
	[ "$(spare)" != "$first" ]
	first=$(spare)
	kill -s KILL "$first"
	wait_for 10 started_is_gone "$first" # until then it may take a client along
	for _ in 1 2 3; do
		exec 8<>"/dev/tcp/127.0.0.1/$PORT"
		read -r -u 8 line
		[ "$line" = $'220 here.test ESMTP\r' ]
		exec 8>&-
	done
	# a new one is not forked at once, and not without a client, who may be its own
	wait_for 10 eval 'first=$(spare) || { (exec 7<>"/dev/tcp/127.0.0.1/$PORT"); false; }'
	stop "$STARTED_PID"
	wait_for 10 started_is_gone "$first"
}

@test "SIGTERM stops accepting and lets sessions finish" {
	listen
	exec 8<>"/dev/tcp/127.0.0.1/$PORT"
	read -r -u 8 line
	[ "$line" = $'220 here.test ESMTP\r' ]
	kill "$STARTED_PID"
	wait_for 10 bash -c '! (exec 7<>/dev/tcp/127.0.0.1/$1) 2>/dev/null' x "$PORT"
	printf 'QUIT\r\n' >&8
	read -r -u 8 line
	[ "$line" = "$bye"$'\r' ]
	exec 8>&-
	stop "$STARTED_PID" 0 # no signal; only waits, and has the exit code
}

@test "who has connected as SIGTERM comes is served yet" {
	listen
	kill -s STOP "$STARTED_PID"
	wait_for 10 is_stopped "$STARTED_PID"
	exec 7<>"/dev/tcp/127.0.0.1/$PORT" 8<>"/dev/tcp/127.0.0.1/$PORT" # by the kernel, until then
	kill "$STARTED_PID"
	kill -s CONT "$STARTED_PID"
	for fd in 7 8; do
		read -r -u "$fd" line
		[ "$line" = $'220 here.test ESMTP\r' ]
		printf 'QUIT\r\n' >&"$fd"
		read -r -u "$fd" line
		[ "$line" = "$bye"$'\r' ]
	done
	exec 7>&- 8>&-
	stop "$STARTED_PID" 0
}

@test "under tcpserver, which says who may relay" {
	needs tcpserver tcprules
	control relayhosts 192.0.2.1
	port=$(free_port)
	echo '127.0.0.1:allow,RELAYCLIENT=""' | tcprules "$T/tcp.cdb" "$T/tcp.tmp"
	start tcpserver -v -R -H -l 0 -x "$T/tcp.cdb" 127.0.0.1 "$port" smtpd
	wait_for 10 port_open "$port"
	swaks --server "127.0.0.1:$port" --ehlo client.test --from ann@away.test --to a@elsewhere.test \
		--body hello >"$T/swaks"
	[ "$(queued)" -eq 1 ]
	wait_for 10 grep -q 'session client=127.0.0.1.*messages=1.*end=quit' "$STARTED_LOG"
}

@test "under systemd: a listening socket, and a connection each" {
	needs systemd-socket-activate
	for option in '' --accept '--accept --inetd'; do
		rm -f "$SATCHEL_SPOOL"/new/*
		port=$(free_port)
		# shellcheck disable=SC2086
		start systemd-socket-activate $option -l "127.0.0.1:$port" -E SATCHEL_CONTROL -E SATCHEL_SPOOL \
			-E SATCHEL_BIN -E ASAN_OPTIONS -E UBSAN_OPTIONS "$SATCHEL_BIN/smtpd"
		wait_for 10 port_open "$port"
		swaks --server "127.0.0.1:$port" --ehlo client.test --from ann@away.test --to joe@here.test \
			--body hello >"$T/swaks"
		[ "$(queued)" -eq 1 ]
		stop "$STARTED_PID" || true
	done
}

@test "standard input is a listening socket (inetd wait)" {
	needs python3
	port=$(free_port)
	start python3 -S -c 'import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(5)
os.dup2(s.fileno(), 0)
os.execvp("smtpd", ["smtpd"])' "$port"
	wait_for 10 port_open "$port"
	swaks --server "127.0.0.1:$port" --ehlo client.test --from ann@away.test --to joe@here.test >"$T/swaks"
	[ "$(queued)" -eq 1 ]
}

@test "a log that would go to the client goes elsewhere (inetd nowait)" {
	run python3 -S -c 'import socket, subprocess
ours, theirs = socket.socketpair()
p = subprocess.Popen(["smtpd"], stdin=theirs, stdout=theirs, stderr=theirs)
theirs.close()
ours.sendall(b"EHLO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<a@elsewhere.test>\r\nQUIT\r\n")
text = b""
while True:
    piece = ours.recv(65536)
    if not piece:
        break
    text += piece
p.wait()
print(text.decode())'
	assert_output_has '550 5.7.1'
	[[ $output != *smtpd:* ]]
}

@test "started as root with -u, it is that user" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	SATCHEL_CONTROL=$(mktemp -d)
	chmod 755 "$SATCHEL_CONTROL"
	start smtpd -l 127.0.0.1:0 -u nobody
	wait_for 10 grep -q 'listening' "$STARTED_LOG"
	rmdir "$SATCHEL_CONTROL"
	[ "$(stat -c %U "/proc/$STARTED_PID")" = nobody ]
	grep -q "^Groups:.*$(id -g nobody)" "/proc/$STARTED_PID/status"
	run smtpd -l 127.0.0.1:0 -u no-such-user
	assert_status 100
}
