#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# BDAT (RFC 3030) in smtpd(8): chunks, what is refused, and that none of a chunk runs as a command.
# shellcheck disable=SC2016 # what is in single quotes is for another shell

load helper

setup() {
	setup_satchel
	qctl init >/dev/null
	control me here.test
	control aliases 'joe: joe@away.test' 'ann: ann@away.test'
	HELLO='EHLO client.test\r\n'
	FROM='MAIL FROM:<ann@away.test>\r\n'
	TO='RCPT TO:<joe@here.test>\r\n'
	BEGIN="$HELLO$FROM$TO"
	bye='221 2.0.0 here.test closing the connection'
	ok='250 2.0.0 Ok: queued as ID'
	bare='554 5.6.0 A bare CR or LF or a NUL is in the message'
}

teardown() {
	stop_started
}

# One session: its text with printf's escapes; the replies become $output, the log $T/log.
smtp() {
	run bash -c 'printf "%b" "$1" | smtpd 2>"$T/log"' smtp "$1"
	output=${output//$'\r'/}
}

# The replies behind those to EHLO, MAIL and RCPT must be these lines, ID standing for a queue id.
replies() {
	local want got
	want=$(printf '%s\n' "$@")
	got=$(sed -e '1,/^250 HELP$/d' -e 's/as [0-9a-v]\{20\}$/as ID/' -e '/^250 2\.1\./d' <<<"$output")
	[ "$got" = "$want" ] && return
	diff <(echo "$want") <(echo "$got") >&2
	return 1
}

queued() {
	files_in "$SATCHEL_SPOOL/new"
}

# The text of the only message, without the Received field.
message() {
	cat "$SATCHEL_SPOOL"/new/* | sed -e '1,/^$/d' | sed -e '1,/^\t[A-Z].* [-+]....\r$/d'
}

@test "one chunk, as in RFC 3030, 4.1" {
	smtp "${BEGIN}BDAT 86 LAST\r\nTo: Susan@random.com\r\nFrom: Sam@random.com\r\nSubject: This is a bodyless test message\r\nQUIT\r\n"
	replies "$ok" "$bye"
	[ "$(message)" = "$(printf 'To: Susan@random.com\r\nFrom: Sam@random.com\r\nSubject: This is a bodyless test message\r')" ]
	assert_file_has "$T/log" 'size=86 rcpts=1'
}

@test "several chunks in one write, the last one empty, as in RFC 3030, 4.2" {
	smtp "${HELLO}MAIL FROM:<ned@away.test> BODY=BINARYMIME\r\n${TO}RCPT TO:<ann@here.test>\r\nBDAT 9\r\nA: b\r\n\r\n\nBDAT 6\r\n\0\r\n.\r\nBDAT 0 LAST\r\nQUIT\r\n"
	replies '250 2.0.0 9 octets received' '250 2.0.0 6 octets received' "$ok" "$bye"
	message >"$T/got"
	printf 'A: b\r\n\r\n\n\0\r\n.\r\n' | cmp - "$T/got"
	assert_file_has "$T/log" 'size=15 rcpts=2 body=BINARYMIME'
	grep -aqx BBINARYMIME "$SATCHEL_SPOOL"/new/*
}

@test "what looks like commands or like the end of DATA is text" {
	smtp "${BEGIN}BDAT 31 LAST\r\nA: b\r\n\r\n.\r\nQUIT\r\nBDAT 5\r\n\r\n..\r\nNOOP\r\nQUIT\r\n"
	replies "$ok" '250 2.0.0 Ok' "$bye"
	[ "$(message)" = "$(printf 'A: b\r\n\r\n.\r\nQUIT\r\nBDAT 5\r\n\r\n..\r')" ]
}

@test "chunks may end anywhere, within CRLF too; a last line without an end gets one" {
	smtp "${BEGIN}BDAT 5\r\nA: b\rBDAT 1\r\n\nBDAT 3\r\n\r\ncBDAT 1 last\r\ndQUIT\r\n"
	replies '250 2.0.0 5 octets received' '250 2.0.0 1 octets received' \
		'250 2.0.0 3 octets received' "$ok" "$bye"
	[ "$(message)" = "$(printf 'A: b\r\n\r\ncd\r')" ]
	rm "$SATCHEL_SPOOL"/new/*
	smtp "${BEGIN}BDAT 0 LAST\r\nQUIT\r\n"
	replies "$ok" "$bye"
	[ "$(message)" = '' ]
}

@test "a bare CR, a bare LF, a NUL: refused, read to the end of the chunk, and nothing is queued" {
	for wrong in 'a\nb' 'a\rb' 'a\0b'; do
		smtp "${BEGIN}BDAT 3 LAST\r\n${wrong}NOOP\r\nQUIT\r\n"
		replies "$bare" '250 2.0.0 Ok' "$bye"
	done
	# between chunks, and at the end of the last
	smtp "${BEGIN}BDAT 2\r\na\rBDAT 2 LAST\r\nb\nQUIT\r\n"
	replies '250 2.0.0 2 octets received' "$bare" "$bye"
	smtp "${BEGIN}BDAT 2 LAST\r\na\rQUIT\r\n"
	replies "$bare" "$bye"
	# BINARYMIME has lines in its header all the same
	smtp "${HELLO}MAIL FROM:<a@b.test> BODY=BINARYMIME\r\n${TO}BDAT 6 LAST\r\nA: b\n\nQUIT\r\n"
	replies "$bare" "$bye"
	[ "$(queued)" -eq 0 ]
}

@test "after a refused chunk the others are refused, until RSET or LAST" {
	smtp "${BEGIN}BDAT 1\r\n\nBDAT 5\r\nNOOP\rBDAT 5 LAST\r\nQUIT\rBDAT 5 LAST\r\nRSET\r${FROM}QUIT\r\n"
	replies "$bare" "$bare" "$bare" '503 5.5.1 Say MAIL first' "$bye"
	[ "$(grep -c ' refused ' "$T/log")" -eq 1 ]
	smtp "${BEGIN}BDAT 1\r\n\n${FROM}RSET\r\n${FROM}${TO}BDAT 3 LAST\r\nabcQUIT\r\n"
	replies "$bare" '503 5.5.1 There is a sender already' '250 2.0.0 Ok' "$ok" "$bye"
	[ "$(queued)" -eq 1 ]
}

@test "RSET, EHLO and the end of the session between chunks leave nothing" {
	smtp "${BEGIN}BDAT 3\r\nabcRSET\r\nBDAT 3 LAST\r\nabc${FROM}${TO}BDAT 3\r\nabcEHLO a.test\r\n"
	assert_output_has '503 5.5.1 Say MAIL first'
	smtp "${BEGIN}BDAT 3\r\nabcQUIT\r\n"
	replies '250 2.0.0 3 octets received' "$bye"
	smtp "${BEGIN}BDAT 3\r\nab"
	assert_file_has "$T/log" 'end=eof'
	[ "$(queued)" -eq 0 ]
}

@test "out of order: the octets are thrown away all the same" {
	smtp "BDAT 6\r\nQUIT\r\n${HELLO}BDAT 6 LAST\r\nQUIT\r\n${FROM}BDAT 6 LAST\r\nQUIT\r\nRSET\r\nHELO a.test\r\n${FROM}${TO}BDAT 6 LAST\r\nQUIT\r\nQUIT\r\n"
	[ "$(sed -n 2p <<<"$output")" = '503 5.5.1 Say EHLO first' ]
	replies '503 5.5.1 Say MAIL first' '503 5.5.1 No recipient was accepted' '250 2.0.0 Ok' \
		'250 here.test' '503 5.5.1 Say EHLO first' "$bye"
}

@test "DATA and BDAT do not mix; RCPT comes before the first chunk; BINARYMIME has no DATA" {
	smtp "${BEGIN}BDAT 3\r\nabcDATA\r\n${TO}BDAT 3 LAST\r\ndef${FROM}${TO}BDAT 3\r\nabc${TO}RSET\r\nMAIL FROM:<a@b.test> BODY=BINARYMIME\r\n${TO}DATA\r\nBDAT 0 LAST\r\nQUIT\r\n"
	mixed='503 5.5.1 DATA and BDAT do not mix; say RSET'
	replies '250 2.0.0 3 octets received' "$mixed" '503 5.5.1 The message has begun' "$mixed" \
		'250 2.0.0 3 octets received' '503 5.5.1 The message has begun' '250 2.0.0 Ok' \
		'503 5.5.1 A message of BODY=BINARYMIME comes by BDAT' "$ok" "$bye"
}

@test "a length that is none ends the session before the chunk could run" {
	for wrong in '' x -1 1x 99999999999999999999 000000000000000000001 '\xe9'; do
		smtp "${BEGIN}BDAT $wrong\r\nNOOP\r\n"
		replies '501 5.5.4 BDAT takes a number of octets, and LAST' \
			'421 4.5.0 here.test How long the chunk is was not understood, closing the connection'
		assert_file_has "$T/log" 'end=chunk'
	done
	for wrong in 'BDAT 5\n' 'BDAT 5\0\r\n' 'bdat 5\r \r\n'; do
		smtp "${BEGIN}${wrong}NOOP\r\n"
		assert_output_has '421 4.5.0'
		[[ $output != *'250 2.0.0 Ok'* ]]
	done
	smtp "${BEGIN}BDAT 6 FIRST\r\nNOOP\r\nBDAT 3 LAST\r\nabcQUIT\r\n"
	replies '501 5.5.4 BDAT takes a number of octets, and LAST' '503 5.5.1 Say MAIL first' "$bye"
	[ "$(queued)" -eq 0 ]
}

@test "too large, by one chunk or by all; too many hops, also where chunks cut a field's name" {
	control limits 'message-size: 600' 'hops: 3'
	text=$(printf '%0300d' 0)
	smtp "${BEGIN}BDAT 601\r\n$text${text}xBDAT 3 LAST\r\nabc${FROM}${TO}BDAT 300\r\n${text}BDAT 300 LAST\r\n${text}NOOP\r\nQUIT\r\n"
	large='552 5.3.4 Message too large'
	replies "$large" "$large" '250 2.0.0 300 octets received' "$large" '250 2.0.0 Ok' "$bye"
	smtp "${BEGIN}BDAT 25\r\nReceived: a\r\nReceived: b\rBDAT 5\r\n\nReceBDAT 11 LAST\r\nived: c\r\n\r\nQUIT\r\n"
	replies '250 2.0.0 25 octets received' '250 2.0.0 5 octets received' \
		'554 5.4.6 Too many hops; this message loops' "$bye"
	smtp "${HELLO}MAIL FROM:<a@b.test> BODY=BINARYMIME\r\n${TO}BDAT 39 LAST\r\nReceived: a\r\nReceived: b\r\nReceived: c\r\nQUIT\r\n"
	replies '554 5.4.6 Too many hops; this message loops' "$bye"
	[ "$(queued)" -eq 0 ]
}

@test "a large message in chunks is what was sent" {
	head -c 300000 /dev/urandom | base64 -w 76 | sed 's/$/\r/' >"$T/body"
	{
		printf '%b' "$BEGIN"
		split -b 100001 --filter 'tee "$T/piece" >/dev/null; printf "BDAT %d\r\n" "$(stat -c %s "$T/piece")"; cat "$T/piece"' "$T/body"
		printf 'BDAT 0 LAST\r\nQUIT\r\n'
	} >"$T/session"
	smtpd <"$T/session" >"$T/replies" 2>"$T/log"
	grep -q 'Ok: queued as' "$T/replies"
	cat "$SATCHEL_SPOOL"/new/* | tail -c "$(stat -c %s "$T/body")" | cmp - "$T/body"
}

@test "filters get chunks, too, but nothing binary" {
	printf '#!/bin/sh\ncat >"%s/seen"\n' "$T" >"$T/filter"
	chmod +x "$T/filter"
	ENQUEUE=$T/filter smtp "EHLO a.test\r\n$FROM${TO}BDAT 3\r\nA: BDAT 5 LAST\r\nb\r\n\r\nMAIL FROM:<a@b.test> BODY=BINARYMIME\r\nQUIT\r\n"
	assert_output_has 250-CHUNKING
	[[ $output != *250-BINARYMIME* ]]
	[ "$(tail -n 2 "$T/seen")" = 'A: b' ]
	assert_output_has '555 5.5.4'
}

@test "a BDAT line that is too long: none of the chunk runs as a command, whatever is in front" {
	local blanks
	printf -v blanks '%3000s' ''
	for line in "BDAT${blanks}6" "bdat 6 LAST${blanks}" "${blanks}BDAT 6" "$(printf '\t')BDAT 6${blanks}" \
		"BDAT 6${blanks:0:2042}x"; do
		smtp "${BEGIN}${line}\r\nNOOP\r\nQUIT\r\n"
		replies '500 5.5.2 Line too long' \
			'421 4.5.0 here.test How long the chunk is was not understood, closing the connection'
	done
	smtp "${BEGIN}NOOP${blanks}\r\nQUIT\r\n"
	replies '500 5.5.2 Line too long' "$bye"
}
