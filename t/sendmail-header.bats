#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# sendmail(1), WHAT BECOMES OF THE MESSAGE: what the real program makes of nasty messages. The rules
# for single fields are a table in t/unit/repair.c.

# Each test is a subshell of its own, which shellcheck warns of; status and output are bats'.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load helper
load sendmail

setup() {
	setup_satchel
	mkdir -p "$SATCHEL_SPOOL/new"
	unset NAME MAILRC
	export TMPDIR=$T
}

teardown() {
	stop_started
}

again() {
	rm -f "$SATCHEL_SPOOL"/new/*
}

FROM='From: a@example.org\nTo: b@example.org\nSubject: s\n'

# A line of COUNT octets: line COUNT [OCTET]
line() {
	head -c "$1" /dev/zero | tr '\0' "${2-x}"
	echo
}

# The longest line of the message, without its end.
longest() {
	message | tr -d '\r' | LC_ALL=C awk '{ if (length($0) > most) most = length($0) } END { print most }'
}

# What a reader gets of it: the body, decoded from quoted-printable
decoded() {
	message | tr -d '\r' | sed '1,/^$/d' | LC_ALL=C sed -e ':a' -e '/=$/{N;s/=\n//;ba' -e '}' \
		-e 's/=3D/=/g' -e 's/=2D/-/g'
}

@test "long lines of a body become quoted-printable, and read as they were written" {
	{ printf '%b\n' "$FROM"; echo before=; line 998; } | sendmail -i -f a@example.org b
	expect_envelope 'Fa@example.org Tb@here.test'
	[ "$(longest)" -eq 998 ]
	run -1 grep -q 'quoted-printable' <(message)
	again
	{ echo before=; line 999; line 2000 -; echo after; } >"$T/body"
	{ printf '%b\n' "$FROM"; cat "$T/body"; } | sendmail -i -f a@example.org b
	[ "$(longest)" -le 78 ]
	message | grep -q '^MIME-Version: 1.0'
	message | grep -q '^Content-Transfer-Encoding: quoted-printable'
	decoded | cmp - "$T/body"
}

@test "so do those far behind, in the part that has them alone" {
	{
		printf '%bMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nshort\n' "$FROM"
		yes 0123456789 | head -c 500000
		printf '%s\nContent-Type: text/plain; charset=utf-8\n\n' --b
		line 5000
		printf 'gr\xc3\xbcn\n--b--\n'
	} | sendmail -i -f a@example.org b
	expect_envelope 'Fa@example.org Tb@here.test'
	[ "$(longest)" -lt 80 ]
	[ "$(message | grep -c '^0123456789')" -eq 45454 ]
	[ "$(message | grep -c 'quoted-printable')" -eq 1 ]
	message | grep -q 'gr=C3=BCn'
}

@test "what is signed stays, and so does all with -G" {
	local signed='MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=b\n\n--b\n\n'
	{ printf '%b' "$FROM$signed"; line 1200; printf '%s\n' --b--; } | sendmail -i -f a@example.org b
	[ "$(longest)" -eq 1200 ]
	again
	{ printf '%b' "DKIM-Signature: x\n$FROM\n"; line 1200; } | sendmail -i -f a@example.org b
	[ "$(longest)" -eq 1200 ]
	again
	{ printf '%b' "$FROM"; printf 'X: '; line 1300; echo; line 1200; } | sendmail -G -i -f a@example.org b
	[ "$(longest)" -eq 1303 ]
}

@test "a header field of 10 000 recipients is folded, and all get it" {
	control limits 'message-recipients: 20000'
	{
		printf 'To: '
		seq -f 'a%.0f@example.org' -s ', ' 9999
		printf 'Cc: b%s@example.org' ' (c)'
		printf '\nSubject: x\n\n'
	} | sendmail -t -f a@example.org
	[ "$(longest)" -lt 100 ]
	[ "$(envelope | tr ' ' '\n' | grep -c '^T')" -eq 10000 ]
	[ "$(message | grep -o '@example.org' | wc -l)" -ge 10000 ]
}

@test "a header of a mebibyte goes through" {
	{
		printf '%b' "$FROM"
		yes 'X-Field: 0123456789' | head -c 950000
		printf '\n\n'
		line 5000
		echo body
	} | sendmail -f a@example.org b
	[ "$(longest)" -lt 80 ] # the body is encoded, as below a short one
	[ "$(message | grep -c '^X-Field: 0123')" -ge 47499 ]
	[ "$(text | tail -1)" = body ]
}

@test "8-bit bodies say what they are, if nothing does and they are UTF-8" {
	local body
	submit "$FROM"'\ngr\xc3\xbcn\n' -f a@example.org b
	expect_envelope 'Fa@example.org B8BITMIME Tb@here.test'
	expect_text 'From: a@example.org
To: b@example.org
Subject: s
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

grün'
	for body in "$FROM"'\ngr\xfcn\n' "$FROM"'\ngr\xc3' "${FROM}Content-Type: text/html"'\n\ngr\xc3\xbcn\n'; do
		again
		submit "$body" -f a@example.org b
		expect_envelope 'Fa@example.org B8BITMIME Tb@here.test'
		run -1 grep -q 'MIME-Version' <(message)
	done
	# a character at the seam of what is read at once
	again
	{ printf '%b\n' "$FROM"; yes aaaaaa | head -c 200001 | sed 's/a/\xc3\xa4/g'; } | sendmail -f a@example.org b
	message | grep -q '^Content-Type: text/plain; charset=utf-8'
}

@test "8-bit headers are encoded; addresses make a message for SMTPUTF8" {
	submit 'From: J\xc3\xb6 <a@example.org>\nTo: b\nSubject: gr\xc3\xbcn\n\nx\n' -f a@example.org b
	expect_envelope 'Fa@example.org Tb@here.test'
	expect_text 'From: =?utf-8?q?J=C3=B6?= <a@example.org>
To: b@here.test
Subject: =?utf-8?q?gr=C3=BCn?=

x'
	again
	submit 'From: a@example.org\nTo: J\xc3\xb6 <j\xc3\xb6@example.org>\n\nx\n' -f a@example.org b
	expect_envelope 'Fa@example.org U1 B8BITMIME Tb@here.test'
	again
	submit "$FROM\n" -t -f 'jö@example.org'
	expect_envelope 'Fjö@example.org U1 Tb@example.org'
	again
	submit 'From: a@example.org\nTo: b@example.org\nSubject: gr\xc3\xbcn\n\nx\n' -O smtputf8=yes -f a@example.org b
	expect_envelope 'Fa@example.org U1 B8BITMIME Tb@here.test'
	message | grep -q $'^Subject: gr\xc3\xbcn'
	run -65 submit "$FROM\n" -f $'j\xf6@example.org' b
}

@test "headers alone, no header, nothing, and no line end" {
	submit 'From: a@example.org\nTo: b@example.org' -f a@example.org b
	expect_text 'From: a@example.org
To: b@example.org'
	again
	submit '' -f a@example.org b
	expect_text 'From: a@example.org'
	again
	submit '\n\nx' -f a@example.org b
	expect_text 'From: a@example.org


x'
}

@test "a message sent again: the block on top is made whole, blind copies are not seen" {
	submit 'Resent-To: new\nResent-Bcc: blind@example.org\nFrom: a@example.org\nTo: b@example.org\n\nx\n' \
		-t -f joe@example.org
	expect_envelope 'Fjoe@example.org Tnew@here.test Tblind@example.org'
	[ "$(message | tr -d '\r' | sed -e 's/^\(Resent-Date\): .*+0000$/\1/' -e 's/<[0-9a-v.]*@/<@/' | head -4)" = 'Resent-From: joe@example.org
Resent-Date
Resent-Message-ID: <@here.test>
Resent-To: new@here.test' ]
	run -1 grep -q blind <(message)
}

@test "addressmap and masquerade" {
	control addressmap 'root: ann@example.org' 'www-data@here.test: shop@example.com' '@web1.test: @example.org'
	control masquerade example.net
	local message='From: root (Cron Daemon)\nReply-To: "Joe, D." <joe@web1.test> (x), me@localhost
Sender: www-data\nTo: root, Joe <joe>, root@here.test\nCc: x@web1.test\n\nx\n'
	submit "$message" -t -f carl
	expect_envelope 'Fcarl@example.net Tann@example.org Tjoe@here.test Troot@here.test Tx@web1.test'
	expect_text 'From: ann@example.org (Cron Daemon)
Reply-To: "Joe, D." <joe@example.org> (x), me@example.net
Sender: shop@example.com
To: ann@example.org, Joe <joe@here.test>, root@here.test
Cc: x@web1.test

x'
	again
	# the caller, the null sender, and -G
	submit "$FROM\n" -f root b
	expect_envelope 'Fann@example.org Tb@here.test'
	again
	submit "$FROM\n" -f '<>' b
	expect_envelope 'F Tb@here.test'
	again
	submit "$FROM\n" -f Bob@here.test b@here.test
	expect_envelope 'FBob@example.net Tb@here.test'
	again
	submit "$message" -G -f root root
	expect_envelope 'Froot@here.test Troot@here.test'
	[ "$(message | tr -d '\r')" = "$(printf '%b' "$message")" ]
	run -0 sendmail -bv root
	[ "$output" = 'ann@example.org: mx:example.org' ]
}

@test "-v says what addressmap and masquerade change, once each" {
	control addressmap 'root: ann@example.org'
	control masquerade example.net
	run submit 'From: joe@localhost (Joe)\nTo: root, bob\nReply-To: root\n\nx\n' -v -t -f joe
	[ "${#lines[@]}" -eq 5 ]
	[ "${lines[0]}" = 'sendmail: recipient root is written as ann@example.org' ]
	[ "${lines[1]}" = 'sendmail: sender joe is written as joe@example.net' ]
	[ "${lines[2]}" = 'sendmail: sender joe@localhost is written as joe@example.net' ]
	[ "${lines[3]}" = 'sendmail: sender root is written as ann@example.org' ]
	[[ ${lines[4]} == 'sendmail: queued as '* ]]
	again
	control addressmap 'bob: bobby@here.test'
	run sendmail -v -f '<>' bob </dev/null
	[ "${lines[0]}" = 'sendmail: recipient bob is written as bobby@here.test' ]
	again
	seq -f 'To: m%.0f@web.test' 2000 >"$T/input"
	control addressmap '@web.test: @example.org'
	sed -i 's/^To/Reply-To/' "$T/input"
	run sendmail -v -f a@example.org b <"$T/input"
	[ "${#lines[@]}" -gt 500 ]
	[ "${lines[-2]}" = 'sendmail: and others' ]
	[[ ${lines[-3]} == 'sendmail: sender m'*@web.test' is written as m'*@example.org ]]
}

@test "control files that are wrong are 78, and mailconf check names them" {
	local file
	for file in 'addressmap root: ann' 'addressmap a b: ann@example.org' 'addressmap root' 'masquerade no domain'; do
		rm -f "$SATCHEL_CONTROL/addressmap" "$SATCHEL_CONTROL/masquerade"
		control "${file%% *}" "${file#* }"
		run -78 submit "$FROM\n" -f joe b
		assert_output_has "control: ${file%% *}"
		run mailconf check
		[ "$status" -ne 0 ]
		assert_output_has "${file%% *}"
	done
	nothing_queued
}
