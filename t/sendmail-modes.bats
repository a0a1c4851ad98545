#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sendmail(1) in its other modes and by its other names, and the flags that reach the envelope.

# Each test is a subshell of its own, which shellcheck warns of; status and output are bats'.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load helper
load sendmail

setup() {
	setup_satchel
	mkdir -p "$SATCHEL_SPOOL/new"
	ME=$(id -un)
	unset NAME
	REAL=$SATCHEL_BIN
	MAIL='From: ann@example.org\nTo: bob@example.org\nSubject: s\n\nbody\n'
}

teardown() {
	stop_started
}

# Programs in the place of those that are run: each says its name, arguments and RELAYCLIENT, and
# ends with $1; and sendmail's other names.
stand_ins() {
	local name
	mkdir -p "$T/bin"
	for name in smtpd qstat qrun mailconf; do
		# shellcheck disable=SC2016
		printf '#!/bin/sh\necho "%s $* [${RELAYCLIENT-unset}]"\nexit %s\n' $name "$1" >"$T/bin/$name"
		chmod +x "$T/bin/$name"
	done
	for name in mailq runq newaliases rmail; do
		ln -sf "$REAL/sendmail" "$T/bin/$name"
	done
	export SATCHEL_BIN=$T/bin
}

# runs COMMAND: what it ran, and with what
runs() {
	local is
	# shellcheck disable=SC2086
	is=$($1) || true
	[ "$is" = "$2" ] && return
	printf '%s runs %s, not %s\n' "$1" "$is" "$2" >&2
	return 1
}

@test "-bs, -bp, -bt and -q run the program for it, and so do mailq and runq" {
	stand_ins 0
	for flags in '' ' -t' ' -f x' ' -i -v -Am'; do
		runs "$REAL/sendmail -bs$flags" 'smtpd  []'
	done
	for command in "$REAL/sendmail -bp" "$REAL/sendmail -Ac -bp" "$T/bin/mailq" "$T/bin/mailq -v"; do
		runs "$command" 'qstat --mailq [unset]'
	done
	for command in "$REAL/sendmail -q" "$REAL/sendmail -q -v" "$REAL/sendmail -q30m" "$T/bin/runq" \
		"$T/bin/runq -v" "$REAL/sendmail -qGname" "$REAL/sendmail -bm -q1h"; do
		runs "$command" 'qrun  [unset]'
	done
	runs "$REAL/sendmail -bt" 'mailconf route -- - [unset]'
	runs "$REAL/sendmail -bt -f a@b joe ann" 'mailconf route --from a@b -- joe ann [unset]'
}

@test "-qf and filters: any part of an address, a whole id, also what is not due" {
	stand_ins 0
	runs "$REAL/sendmail -qf" 'qrun --now [unset]'
	runs "$REAL/sendmail -qRabc" 'qrun --now --recipient=*abc* [unset]'
	runs "$REAL/sendmail -qR abc" 'qrun --now --recipient=*abc* [unset]'
	runs "$REAL/sendmail -q!S abc -v -qRx@y" 'qrun --now --sender=!*abc* --recipient=*x@y* [unset]'
	runs "$REAL/sendmail -qS <>" 'qrun --now --sender=<> [unset]'
	runs "$REAL/sendmail -q!I 0123456789abcdefghij" 'qrun --now --id=!0123456789abcdefghij [unset]'
	run -64 "$REAL/sendmail" -qR 'a,b'
}

@test "a run of the queue with a filter tries that alone, by its program's exit code" {
	control locals none.test
	control routes 'a.test: discard:' 'b.test: discard:'
	submit "$MAIL" -f '' x@a.test
	submit "$MAIL" -f '' joe@b.test
	run -0 sendmail -qR 'e@b.te'
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 1 ]
	grep -q '^Tx@a.test' "$SATCHEL_SPOOL"/new/*
	run -0 sendmail -q
	nothing_queued
}

@test "exit codes of other programs become those of sysexits" {
	local pair
	for pair in 0:0 100:69 101:70 111:75 5:5; do
		stand_ins "${pair%:*}"
		for mode in -bp -q -bt; do
			run "$REAL/sendmail" $mode
			assert_status "${pair#*:}"
		done
	done
	rm "$T/bin/qstat"
	run -69 "$REAL/sendmail" -bp
	assert_output_has 'unable to execute'
}

@test "-bv is one line an address, and knows senders; -bt says what mailconf says, of lines too" {
	control locals here.test
	control routes 'example.org: smtp:127.0.0.1:2525' 'example.com: error:5.1.2 no mail there'
	control senderroutes '@example.net: smtp:127.0.0.1:2526'
	run -67 sendmail -bv "$ME" joe@example.org nobody-at-all@here.test </dev/null
	[ "${lines[1]}" = 'joe@example.org: smtp:127.0.0.1:2525' ]
	[ "${lines[2]}" = 'nobody-at-all@here.test: undeliverable: no such user here' ]
	run -69 sendmail -bv joe@example.com
	[ "$output" = 'joe@example.com: refused: 5.1.2 no mail there' ]
	run -0 sendmail -bv -f x@example.net 'Joe <joe@elsewhere.test>, joe@example.org'
	[ "$output" = 'joe@elsewhere.test: smtp:127.0.0.1:2526
joe@example.org: smtp:127.0.0.1:2525' ]
	run -0 submit 'joe@example.org\r\n\nann@example.org' -bt
	[ "$output" = "$(mailconf route joe@example.org ann@example.org)" ]
	[ "$(grep -c '=>.*smtp:127.0.0.1:2525' <<<"$output")" -eq 2 ]
	run -69 submit 'no address\nann@example.org\n' -bt
	[ "${lines[0]}" = 'mailconf: no address is no address' ]
	assert_output_has '=>               smtp:127.0.0.1:2525'
	nothing_queued
}

@test "-bs is a whole session for who may run it" {
	printf '%s\r\n' 'EHLO [127.0.0.1]' 'MAIL FROM:<ann@example.org>' 'RCPT TO:<bob@example.com>' DATA \
		'Subject: s' '' '..x' . 'MAIL FROM:<> BODY=8BITMIME' 'RCPT TO:<bob@example.com>' RSET QUIT >"$T/in"
	run -0 sendmail -bs <"$T/in"
	[ "$(grep -c '^250 ' <<<"$output")" -eq 7 ]
	assert_output_has '221 '
	expect_envelope 'Fann@example.org Tbob@example.com'
	[ "$(message | tail -1)" = $'.x\r' ]
}

@test "-XV: a reverse-path for each recipient" {
	submit "$MAIL" -XV -f owner@example.org ann@example.com
	expect_envelope 'Fowner+@example.org-@[] Tann@example.com'
	rm "$SATCHEL_SPOOL"/new/*
	submit "$MAIL" -XV-= -f '"a b"@example.org' ann
	expect_envelope 'F"a b-"@example.org-@[] Tann@here.test'
	rm "$SATCHEL_SPOOL"/new/*
	submit "$MAIL" -XV -f '' ann
	expect_envelope 'F Tann@here.test'
	rm "$SATCHEL_SPOOL"/new/*
	submit "$MAIL" -X /a/log -X V.log -f a@example.org ann
	expect_envelope 'Fa@example.org Tann@here.test'
	run -65 submit "$MAIL" -XV -f "$(printf '%064d' 1)@example.org" ann
	assert_output_has 'is too long for -XV'
}

@test "-O requiretls and smtputf8" {
	submit "$MAIL" -Orequiretls=yes -O SMTPUTF8=true -f joe@example.org ann 'jörg@münchen.example'
	expect_envelope 'Fjoe@example.org U1 Q1 Tann@here.test Tjörg@münchen.example'
	rm "$SATCHEL_SPOOL"/new/*
	submit "$MAIL" -Orequiretls=no -O smtputf8=no -O Timeout.queuereturn=1d -f joe@example.org ann
	expect_envelope 'Fjoe@example.org Tann@here.test'
	ENQUEUE="cat" run -78 submit "$MAIL" -O requiretls=yes -f joe@example.org ann
	assert_output_has 'ENQUEUE'
}

# rmail INPUT ARGUMENT…
rmail() {
	local input=$1
	shift
	ln -sf "$REAL/sendmail" "$T/rmail"
	# shellcheck disable=SC2059
	printf "$input" | "$T/rmail" "$@"
}

@test "rmail: the way by UUCP is the sender, and leaves a trace" {
	rmail 'From uucp Sun Nov 22 01:02:03 2026 remote from near\n>From ann Sun Nov 22 01:02:03 2026 remote from far
Subject: s
Bcc: x

.
>From here
' far!joe bob@example.org
	expect_envelope 'Ffar!ann@near Tjoe@far Tbob@example.org'
	[ "$(message | head -1)" = $'Received: from near\r' ]
	message | sed -n 2p | grep -q '^	by here.test with UUCP;'
	[ "$(message | tr -d '\r' | tail -n +4)" = 'Subject: s
Bcc: x

.
>From here' ]
	rm "$SATCHEL_SPOOL"/new/*
	rmail 'From ann@example.org Sun Nov 22 01:02:03 2026 remote from near\n\nx\n' -f boss@example.org joe
	expect_envelope 'Fboss@example.org Tjoe@here.test'
	rm "$SATCHEL_SPOOL"/new/*
	rmail 'From <> Sun Nov 22 01:02:03 2026 remote from near\nSubject: s\n\nx\n' -- -joe
	expect_envelope 'F T-joe@here.test'
	rm "$SATCHEL_SPOOL"/new/*
	rmail 'Subject: s\n\nx\n' joe
	expect_envelope "F$ME@here.test Tjoe@here.test"
	expect_text 'Subject: s

x'
	run -65 rmail 'From a(b Sun Nov 22 2026 remote from near\n\nx\n' joe
	run -64 rmail ''
}

@test "-p leaves a trace, if it says a protocol and a host" {
	submit "$MAIL" -p ESMTP:mail.example.org -f a@example.org ann
	[ "$(message | head -1)" = $'Received: from mail.example.org\r' ]
	message | sed -n 2p | grep -q '^	by here.test with ESMTP;'
	local value
	for value in x $'UUCP:a\nb' 'a b:c' ':c' 'SMTP:'; do
		rm "$SATCHEL_SPOOL"/new/*
		submit "$MAIL" -p "$value" -f a@example.org ann
		[ "$(message | head -1)" = $'From: ann@example.org\r' ]
	done
}

@test "odd command lines" {
	submit "$MAIL" -tif 'Joe Doe <joe@example.org>' '' -FCronDaemon -oem -oi -odi -e m -Om=x -oA/x
	expect_envelope 'Fjoe@example.org Tbob@example.org'
	rm "$SATCHEL_SPOOL"/new/*
	submit 'From: ann@example.org\nBcc: bob@example.org\nSubject: s\n\nbody\n' -t -r joe@example.org
	expect_envelope 'Fjoe@example.org Tbob@example.org'
	[ "$(text)" = 'From: ann@example.org
Subject: s

body' ]
	rm "$SATCHEL_SPOOL"/new/*
	submit "$MAIL" -imf joe@example.org -v -- -bs
	expect_envelope 'Fjoe@example.org T-bs@here.test'
	run -65 submit "$MAIL" ''
	run -64 submit "$MAIL" -i
	run -64 submit "$MAIL" -i --
}
