#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Mailing lists: deliver(8) Lists, the control file lists, VERP of spool(5) and EXPN.

load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# queue SENDER RECIPIENT...: a message by qmail-queue's way, which alone brings VERP
queue() {
	local envelope=F$1%0
	shift
	for to; do envelope="${envelope}T$to%0"; done
	printf '%b' "${envelope//%/\\}\\0" >"$T/envelope"
	printf 'From: joe@example.com\nSubject: hello\n\nHi.\n' >"$T/message"
	enqueue <"$T/message" 1<"$T/envelope"
}

@test "VERP: every recipient sees a reverse-path of his own, and so does his bounce" {
	control virtual "ann@box.test: $T/mail/ann/" "bob@box.test: $T/mail/bob/" \
	    "dev-@box.test: $T/mail/owner/" "dev-nobody=box.test@box.test: $T/mail/nobody/" \
	    "dev-none=box.test@box.test: $T/mail/none/"
	queue 'dev-@box.test-@[]' ann@box.test bob@box.test nobody@box.test none@box.test
	qstat | grep -F '<dev-@box.test-@[]>'
	qrun -n --sender dev-@box.test | grep -F 'from=dev-@box.test-@[] to=ann@box.test'
	pass
	grep -x 'Return-Path: <dev-ann=box.test@box.test>' "$(mailbox ann)"
	grep -x 'Return-Path: <dev-bob=box.test@box.test>' "$(mailbox bob)"
	logged 1 '^qrun: delivery .*from="dev-nobody=box.test@box.test" to=nobody@box.test .*status=failed'
	logged 2 '^qrun: bounce .*to="dev-no.*=box.test@box.test" status=queued'
	pass_until 20 queue_has 0
	has nobody 1
	has none 1
	grep '^Final-Recipient: rfc822; *nobody@box.test' "$(mailbox nobody)"
	lacks "$(mailbox nobody)" 'none@box.test'
	has owner 0
	queue_has 0
}

@test "VERP: goes out by SMTP as one transaction for each recipient, and never comes in by it" {
	start_sink
	queue 'dev+@box.test-@[]' ann@away.test bob@away.test
	pass
	grep -rhi 'MAIL FROM:<dev+ann=away.test@box.test>' "$OUT"
	grep -rhi 'MAIL FROM:<dev+bob=away.test@box.test>' "$OUT"
	printf 'EHLO x\r\nMAIL FROM:<dev-@box.test-@[]>\r\nQUIT\r\n' | smtpd | grep '^501 '
	run sendmail -f 'dev-@box.test-@[]' ann@box.test <<<'Hi.'
	[ "$status" -ne 0 ]
}
