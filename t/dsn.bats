#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What RFC 3461 promises of a message that smtpd(8) took, from RCPT to the report.

load helper
load qrun

setup() {
	setup_qrun
	qctl init >/dev/null
	control me here.test
	control relayhosts 192.0.2.1
	control virtual "ann@box.test: $T/mail/ann/" "bob@box.test: $T/mail/bob/" \
		"list@box.test: bob@box.test"
	control relaydomains away.test
}

teardown() {
	stop_started
}

# take PARAMETERS-OF-MAIL RCPT...: a message from ann@box.test
take() {
	local mail=$1 session
	shift
	session="EHLO a.test\r\nMAIL FROM:<ann@box.test> $mail\r\n"
	while [ $# -gt 0 ]; do
		session+="RCPT TO:$1\r\n"
		shift
	done
	session+='DATA\r\nSubject: hello\r\n\r\nsecret text\r\n.\r\nQUIT\r\n'
	printf '%b' "$session" | smtpd 2>"$T/smtpd.log" >"$T/replies"
	grep -q 'Ok: queued' "$T/replies"
}

report() {
	cat "$T"/mail/ann/new/*
}

@test "NOTIFY=SUCCESS: a report of the delivery, with ENVID and ORCPT, and the header alone" {
	take 'RET=FULL ENVID=QQ+2B1' '<bob@box.test> NOTIFY=SUCCESS ORCPT=rfc822;Bob+20B@example.org'
	pass_until 10 has ann 1
	has bob 1
	queue_has 0
	assert_file_has "$T/log.all" 'qrun: success-notice id='
	report >"$T/report"
	for line in 'Subject: Mail delivered' 'Original-Envelope-Id: QQ+1' 'Action: delivered' \
		'Original-Recipient: rfc822;Bob B@example.org' 'Final-Recipient: rfc822; bob@box.test' \
		'Status: 2.' 'Content-Type: text/rfc822-headers'; do
		assert_file_has "$T/report" "$line"
	done
	run grep -c 'secret text\|Diagnostic-Code' "$T/report"
	[ "$output" = 0 ]
}

@test "NEVER, FAILURE, DELAY and nothing: no report of success; a list's is of its member" {
	take '' '<bob@box.test>' '<bob@box.test> NOTIFY=NEVER' '<bob@box.test> NOTIFY=failure,delay'
	pass_until 10 has bob 3
	queue_has 0
	run grep -c 'notice' "$T/log.all"
	[ "$output" = 0 ]
	take '' '<bob@box.test> NOTIFY=SUCCESS' '<list@box.test> NOTIFY=SUCCESS,FAILURE'
	pass_until 10 has ann 2
	has bob 5
	queue_has 0
	[ "$(report | grep -c '^Action: delivered')" -eq 2 ]
	[ "$(report | grep -c '^Final-Recipient: rfc822; bob@box.test')" -eq 2 ]
}

@test "forwarded to several addresses: expanded, and they are asked for failures alone" {
	printf '%s\n' 'all@box.test: joe@away.test, jim@away.test' 'two@box.test: bob@box.test, joe@away.test' \
		>>"$SATCHEL_CONTROL/virtual"
	start_sink
	take 'ENVID=all' '<all@box.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;all@box.test'
	pass_until 10 queue_has 0
	has ann 1
	report >"$T/report"
	for line in 'Subject: Mail forwarded to several addresses' 'Action: expanded' \
		'Final-Recipient: rfc822; all@box.test' 'Original-Envelope-Id: all'; do
		assert_file_has "$T/report" "$line"
	done
	assert_file_has "$T/log.all" 'qrun: expansion-notice id='
	# satchel(7), Logs: these fields in this order
	grep -Eq '^qrun: delivery id=[0-9a-v]{20} from=ann@box.test to=joe@away.test orig_to=all@box.test '\
'relay=127.0.0.1\[127.0.0.1\]:[0-9]+ tls=none delay=[0-9]+\.[0-9]{3} queue=[0-9]+\.[0-9]{3} connect=[0-9]+\.[0-9]{3} '\
'transfer=[0-9]+\.[0-9]{3} status=sent dsn=2\.0\.0 reply="250 [^"]*"$' "$T/log.all"
	cat "$OUT"/*.env >"$T/sent"
	[ "$(grep -c 'NOTIFY=DELAY ORCPT=rfc822;all@box.test' "$T/sent")" -eq 2 ]
	rm "$OUT"/*
	take '' '<all@box.test> NOTIFY=SUCCESS'
	pass_until 10 queue_has 0
	has ann 2
	cat "$OUT"/*.env >"$T/sent"
	[ "$(grep -c 'NOTIFY=NEVER' "$T/sent")" -eq 2 ]
}

# fails_with REPLY: a message to joe@away.test is returned; the report's text in one line
fails_with() {
	rm -f "$T"/mail/ann/new/*
	start_sink --at "rcpt=$1"
	take '' '<joe@away.test>'
	pass_until 10 has ann 1
	report | tr -s ' \r\n' ' ' >"$T/report"
	[ "$(grep -c 'Last-Attempt-Date: ' "$T/report")" -eq 1 ]
}

@test "a failure in plain words: what happened, whose side it was on, what to do" {
	fails_with '550 5.1.1 no such user'
	assert_file_has "$T/report" 'There is no mailbox of this name. Look for a typing mistake'
	fails_with '550 5.2.2 over quota'
	assert_file_has "$T/report" "The recipient's mailbox is full. Send it again later"
	fails_with '550 5.7.1 we do not like you'
	assert_file_has "$T/report" "The recipient's side would not take it: a rule or a filter"
	fails_with '550 go away'
	assert_file_has "$T/report" "The recipient's side did not accept it. Often an address is misspelt"
	fails_with '550 5.1.10 null MX'
	assert_file_has "$T/report" 'says that it takes no mail at all'
}

# lost ADDRESS: a message without a sender that nobody can be told of
lost() {
	printf '%b' "EHLO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<$1>\r\nDATA\r\nSubject: lost\r\n\r\nlost text\r\n.\r\nQUIT\r\n" |
		smtpd >"$T/replies" 2>"$T/smtpd.log"
	grep -q 'Ok: queued' "$T/replies"
}

@test "what had no sender, when it fails, goes to the postmaster, once" {
	start_sink --at 'rcpt=550 5.1.1 no such user'
	lost joe@away.test
	pass_until 10 queue_has 0
	cat "$SATCHEL_SPOOL"/postmaster/new/* >"$T/report"
	for line in 'Subject: Mail without a sender could not be delivered' 'To: <postmaster>' \
		'X-Satchel-Double-Bounce: yes' 'Final-Recipient: rfc822; joe@away.test' 'lost text' \
		'There is no mailbox of this name'; do
		assert_file_has "$T/report" "$line"
	done
	assert_file_has "$T/log.all" 'qrun: double-bounce id='
	control doublebounce ann@box.test
	lost joe@away.test
	pass_until 10 has ann 1
	# the report itself, sent on and refused, is the end of it
	control doublebounce jim@away.test
	lost joe@away.test
	pass_until 10 queue_has 0
	has ann 1
	[ "$(grep -c 'qrun: double-bounce' "$T/log.all")" -eq 4 ]
	control doublebounce none
	lost joe@away.test
	pass_until 10 queue_has 0
	[ "$(grep -c 'qrun: double-bounce' "$T/log.all")" -eq 5 ]
	[ "$(grep -c 'qrun: bounce' "$T/log.all")" -eq 3 ]
	control doublebounce 'not an address'
	run qrun
	[ "$status" -eq 111 ]
	assert_output_has 'doublebounce is neither an address nor none: not an address'
}

@test "a flood of mail without a sender: the postmaster hears of some, and bounces do not wait" {
	control limits 'bounce-rate: 4'
	start_sink --at 'rcpt=550 5.1.1 no such user'
	lost joe@away.test
	lost joe@away.test
	lost joe@away.test
	pass
	submit ann@box.test joe@away.test
	pass_until 10 has ann 1
	queue_has 0
	# more than one if a minute went by
	[ "$(grep -c 'qrun: bounce .*to=postmaster status=refused reason="too many in this minute"' "$T/log.all")" -ge 1 ]
	[ "$(files_in "$SATCHEL_SPOOL/postmaster/new")" -le 2 ]
}

@test "passed on to a host without DSN: relayed; with DSN, that host is told and reports" {
	start_sink --without DSN
	take '' '<joe@away.test> NOTIFY=SUCCESS' '<ann@away.test>' '<bob@box.test> NOTIFY=SUCCESS'
	pass_until 10 has ann 2
	queue_has 0
	report >"$T/report"
	assert_file_has "$T/report" 'Action: relayed'
	assert_file_has "$T/report" 'Final-Recipient: rfc822; joe@away.test'
	assert_file_has "$T/report" 'Action: delivered'
	[ "$(grep -c '^Action: ' "$T/report")" -eq 2 ]
	assert_file_has "$T/log.all" 'qrun: relay-notice id='
	start_sink
	take 'RET=HDRS ENVID=x' '<joe@away.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Joe'
	pass_until 10 queue_has 0
	has ann 2
	assert_file_has "$OUT/1.env" 'RET=HDRS ENVID=x'
	assert_file_has "$OUT/1.env" 'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Joe'
}

@test "addresses that are not ASCII, in reports and to the next host" {
	printf 'j\xc3\xb6e@box.test: %s\n' "$T/mail/joe/" >>"$SATCHEL_CONTROL/virtual"
	take SMTPUTF8 "$(printf '<j\xc3\xb6e@box.test> NOTIFY=SUCCESS ORCPT=utf-8;j\xc3\xb6+2Be')" 2>/dev/null && return 1
	take SMTPUTF8 "$(printf '<j\xc3\xb6e@box.test> NOTIFY=SUCCESS ORCPT=utf-8;j\xc3\xb6\\x{2B}e')"
	pass_until 10 has ann 1
	report >"$T/report"
	assert_file_has "$T/report" 'Content-Type: message/global-delivery-status'
	assert_file_has "$T/report" "$(printf 'Original-Recipient: utf-8;j\xc3\xb6+e')"
	assert_file_has "$T/report" "$(printf 'Final-Recipient: utf-8; j\xc3\xb6e@box.test')"
	start_sink
	take SMTPUTF8 "$(printf '<joe@away.test> ORCPT=utf-8;j\xc3\xb6e')"
	pass_until 10 queue_has 0
	assert_file_has "$OUT/1.env" 'ORCPT=utf-8;j\x{F6}e'
}

@test "the null reverse-path is never told; what cannot be told yet waits" {
	printf 'EHLO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<bob@box.test> NOTIFY=SUCCESS\r\nDATA\r\n.\r\nQUIT\r\n' | smtpd >"$T/log" 2>&1
	pass_until 10 has bob 1
	queue_has 0
	control limits 'bounce-rate: 1'
	# three, as the one and the other may fall into different minutes
	for _ in 1 2 3; do
		take '' '<bob@box.test> NOTIFY=SUCCESS'
	done
	pass_until 10 has bob 4
	run qstat
	assert_output_has 'delivered (the sender is to be told)'
	: >"$SATCHEL_CONTROL/limits"
	qctl retry all
	pass_until 10 has ann 3
	queue_has 0
	has bob 4
}
