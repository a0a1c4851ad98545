#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) as a submission server (RFC 6409). Logins come by XCLIENT here: no password is needed.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
	control aliases 'joe: joe@away.test'
	control xclient 127.0.0.9
	export TCPREMOTEIP=127.0.0.9
	LOGIN='XCLIENT ADDR=198.51.100.1 LOGIN=joe\r\nEHLO laptop.test\r\n'
	TO='RCPT TO:<x@y.test>\r\n'
	mode=-s
}

# One session; the replies become $output, the log $T/log.
smtp() {
	run bash -c 'printf "%b" "$1" | smtpd $2 2>"$T/log"' smtp "$1" "$mode"
	output=${output//$'\r'/}
}

# send MESSAGE: as joe; it becomes $T/message, as it lies in the spool
send() {
	smtp "${LOGIN}MAIL FROM:<joe@here.test>\r\n${TO}DATA\r\n$1.\r\nQUIT\r\n"
	find "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells" -type f -exec cat {} + | tr -d '\r' | tr '\0' '\n' >"$T/message"
}

sent='250 2.0.0 Ok: queued'

@test "nobody may send without a login, whatever relayhosts and RELAYCLIENT say" {
	export RELAYCLIENT=
	control relayhosts 0.0.0.0/0
	smtp 'EHLO a.test\r\nMAIL FROM:<joe@here.test>\r\nRCPT TO:<joe@here.test>\r\n'
	assert_output_has '530 5.7.0 Authentication required'
	assert_output_has '503 5.5.1 Say MAIL first'
	assert_file_has "$T/log" 'refused client=127.0.0.9 helo=a.test reply="530 5.7.0'
	control submissionhosts 127.0.0.0/8
	smtp "EHLO a.test\r\nMAIL FROM:<joe@here.test>\r\n$TO"
	assert_output_has '250 2.1.5 Ok'
}

@test "an address without a domain gets this host's; half a domain is refused (RFC 6409, 4.2)" {
	control locals here.test office
	control aliases 'joe: joe@away.test' 'ann: ann@away.test'
	control senders 'joe: @here.test'
	smtp "${LOGIN}MAIL FROM:<joe@sales>\r\nMAIL FROM:<bob@office>\r\nMAIL FROM:<joe>\r\nRCPT TO:<ann>\r\nRCPT TO:<no-such-one>\r\nRCPT TO:<ann@office>\r\nRCPT TO:<a@sales>\r\nRCPT TO:<a@[192.0.2.1]>\r\nRCPT TO:<>\r\nDATA\r\n\r\nx\r\n.\r\n"
	output=$(sed '1,/^250 HELP$/d' <<<"$output")
	[ "$(sed 's/queued.*/queued/' <<<"$output")" = "$(printf '%s\n' '554 5.1.8 That domain is not a whole one' \
		'553 5.7.1 This is no address of yours' '250 2.1.0 Ok' '250 2.1.5 Ok' '550 5.1.1 No such recipient here' \
		'250 2.1.5 Ok' '554 5.1.2 That domain is not a whole one' '250 2.1.5 Ok' '501 5.1.3 This is no address' \
		'354 Send the message; end with a dot alone on a line' '250 2.0.0 Ok: queued')" ]
	grep -rqa 'Fjoe@here.test' "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells"
	grep -rqa 'Tann@here.test' "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells"
	mode=
	rm "$SATCHEL_CONTROL/senders"
	smtp "${LOGIN}MAIL FROM:<joe>\r\nMAIL FROM:<a@sales>\r\n"
	assert_output_has '501 5.1.7 This is no address'
	assert_output_has '250 2.1.0 Ok'
}

@test "Date and Message-ID are added, and the client is not shown" {
	send 'Subject: x\r\n\r\nDate: body\r\n'
	assert_output_has "$sent"
	grep -qE '^Date: [A-Z][a-z]{2}, [0-9]+ ' "$T/message"
	grep -qE '^Message-ID: <[^ ]+@here.test>$' "$T/message"
	grep -qF 'Received: by here.test with ESMTPA id ' "$T/message"
	run -1 grep -qE '198\.51|laptop' "$T/message"
	assert_file_has "$T/log" 'client=198.51.100.1'
}

@test "what is there stays as it is" {
	send 'date: mine\r\nMESSAGE-ID: <mine>\r\n\r\nx\r\n'
	[ "$(grep -ci '^date:' "$T/message")" -eq 1 ]
	[ "$(grep -ci '^message-id:' "$T/message")" -eq 1 ]
	rm -rf "$SATCHEL_SPOOL"
	satchel_init
	mode=
	send 'Subject: x\r\n\r\nx\r\n'
	[ "$(grep -ci '^date:' "$T/message")" -eq 0 ]
}

@test "smtpd-reveal-client shows where it is from" {
	control limits 'smtpd-reveal-client: 1'
	send 'Subject: x\r\n\r\nx\r\n'
	grep -qF 'Received: from laptop.test (unknown [198.51.100.1])' "$T/message"
}

# as_sender ADDRESS CODE
as_sender() {
	smtp "${LOGIN}MAIL FROM:<$1>\r\n"
	[[ $output == *$'\n'"$2 "* ]] && return
	printf '%s: not %s\n%s\n' "$1" "$2" "$output" >&2
	return 1
}

@test "a login writes as whom the control file says" {
	as_sender anybody@anywhere.test 250
	control senders 'joe: sales@here.test, @joe.test' '*: shared@here.test' 'root: *' 'ann@here.test: x@here.test'
	as_sender joe@here.test 250
	as_sender JOE@Here.test 250
	as_sender sales@here.test 250
	as_sender any@joe.test 250
	as_sender shared@here.test 250
	as_sender '' 250
	as_sender ann@here.test 553
	as_sender any@sub.joe.test 553
	as_sender joe@there.test 553
	assert_output_has '553 5.7.1 This is no address of yours'
	LOGIN=${LOGIN/joe/ann@here.test}
	as_sender ann@here.test 250
	as_sender x@here.test 250
	as_sender sales@here.test 553
	LOGIN=${LOGIN/ann@here.test/root}
	as_sender ann@there.test 250
	mode=
	LOGIN=${LOGIN/root/joe}
	as_sender ann@here.test 553
}

@test "and From, where that is wanted" {
	control senders 'joe: sales@here.test'
	send 'From: Ann <ann@here.test>\r\n\r\nx\r\n'
	assert_output_has "$sent"
	control limits 'smtpd-sender-header: 1'
	for from in 'Ann <ann@here.test>' 'joe@here.test, ann@here.test' '"joe@here.test" <ann@here.test>' \
		'joe@here.test\r\nFrom: ann@here.test' '(' 'joe@here.test,\r\n\tann@here.test'; do
		send "From: $from\r\n\r\nx\r\n"
		assert_output_has '550 5.7.1 An address in From is none of yours'
	done
	send 'From: Joe <JOE@here.test>, "x, ann@here.test" <sales@here.test>\r\n\r\nx\r\n'
	assert_output_has "$sent"
	# not before the header is whole
	smtp "${LOGIN}MAIL FROM:<joe@here.test>\r\n${TO}BDAT 8\r\nFrom: joBDAT 18 LAST\r\ne@here.test\r\n\r\nx\r\n"
	assert_output_has "$sent"
	smtp "${LOGIN}MAIL FROM:<joe@here.test>\r\n${TO}BDAT 4\r\nFromBDAT 22 LAST\r\n: ann@here.test\r\n\r\nx\r\n"
	assert_output_has '550 5.7.1 An address in From is none of yours'
}

@test "a message in pieces is completed once" {
	{
		printf '%b' "${LOGIN}MAIL FROM:<joe@here.test>\r\n${TO}DATA\r\n"
		for piece in Sub 'ject: x\r' '\n' '\r' '\nDa' 'te: body\r\n.\r\n'; do
			printf '%b' "$piece"
			sleep 0.02
		done
	} | smtpd -s >"$T/out" 2>"$T/log"
	assert_file_has "$T/out" "$sent"
	find "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells" -type f -exec cat {} + | tr -d '\r' >"$T/message"
	[ "$(grep -c '^Date:' "$T/message")" -eq 2 ]
	[ "$(grep -c '^Message-ID:' "$T/message")" -eq 1 ]
}

@test "a message that ends within its header is completed, and nothing of it is lost" {
	send 'Subject: x\r\n'
	assert_output_has "$sent"
	grep -q '^Date: ' "$T/message"
	grep -q '^Message-ID: ' "$T/message"
	rm -rf "$SATCHEL_SPOOL"
	satchel_init
	smtp "${LOGIN}MAIL FROM:<joe@here.test>\r\n${TO}BDAT 17 LAST\r\nSubject: x\r\nhello"
	assert_output_has "$sent"
	find "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells" -type f -exec cat {} + | tr -d '\r' >"$T/message"
	grep -q '^Date: ' "$T/message"
	[ "$(tail -n 2 "$T/message")" = $'\nhello' ]
}
