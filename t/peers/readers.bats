#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What people read mail with, over mailboxes that deliver wrote, and what they answer by sendmail:
# mutt, NeoMutt and s-nail, installed as packages.

bats_require_minimum_version 1.5.0
load ../helper

teardown() {
	stop_started
}

setup() {
	setup_satchel
	export HOME=$T/home TERM=vt100
	mkdir -p "$T/mail" "$HOME"
	: >"$SATCHEL_CONTROL/aliases"
	control virtual "dir@box.test: $T/mail/dir/" "file@box.test: $T/mail/file" "ann@box.test: $T/mail/ann/"
	deliver_three dir@box.test
	deliver_three file@box.test
}

# The second has lines that an mbox must quote, and no line end; the third is MIME in UTF-8.
deliver_three() {
	printf 'From: ann@box.test\nSubject: first\n\nThe first text.\n' | sendmail -i -f ann@box.test "$1"
	printf 'From: ann@box.test\nSubject: second\n\nFrom here on.\n>From there.\n\n.\nThe end' | sendmail -i -f ann@box.test "$1"
	printf 'From: =?utf-8?q?Ann_M=C3=BCller?= <ann@box.test>\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nViele Gr\xc3\xbc\xc3\x9fe.\n' |
	    sendmail -i -f ann@box.test "$1"
	qrun 2>>"$T/qrun.log"
}

# in_terminal COMMAND: with a terminal of its own, whose screen is $T/screen
in_terminal() {
	timeout 60 script -qec "$1" "$T/screen" </dev/null >/dev/null 2>&1
}

# All messages of a mailbox as mutt has them, marked as read, one deleted: mutt_reads PROGRAM MAILBOX
mutt_reads() {
	rm -f "$T/read"
	cat >"$T/rc" <<-END
		set wait_key=no quit=yes pipe_split=yes pipe_decode=yes delete=yes mark_old=no move=no
		set sort=mailbox-order charset=utf-8 send_charset=utf-8 confirmappend=no
		set folder=$T/mail record="" header_cache=""
		push "<tag-pattern>~A<enter><tag-prefix><pipe-message>cat >>$T/read<enter><untag-pattern>~A<enter><delete-pattern>~s second<enter><sync-mailbox><quit>"
	END
	LC_ALL=C.UTF-8 in_terminal "$1 -n -F $T/rc -f $2"
	cat "$T/read"
}

expect_texts() {
	local text
	for text in 'Subject: first' 'The first text.' 'Subject: second' 'The end' 'Subject: grüße' 'Viele Grüße.'; do
		grep -qF -- "$text" "$T/read" || { echo "$text is missing in:"; cat "$T/read"; return 1; }
	done
	[ "$(grep -c '^From here on.$' "$T/read")" -eq 1 ] || [ "$(grep -c '^>From here on.$' "$T/read")" -eq 1 ]
}

@test "mutt and NeoMutt: a Maildir and an mbox read, a message deleted, and delivered again" {
	needs mutt neomutt script
	for program in mutt neomutt; do
		mutt_reads "$program" "$T/mail/dir" >/dev/null
		expect_texts
		[ "$(files_in "$T/mail/dir/cur" "$T/mail/dir/new")" -eq 2 ]
		mutt_reads "$program" "$T/mail/file" >/dev/null
		expect_texts
		[ "$(grep -c '^From ann@box.test ' "$T/mail/file")" -eq 2 ]
		rm -r "$T/mail"/*
		deliver_three dir@box.test
		deliver_three file@box.test
	done
}

@test "mutt and NeoMutt: an answer, by their own sendmail setting" {
	needs mutt neomutt script
	for program in mutt neomutt; do
		cat >"$T/rc" <<-END
			set sendmail="$SATCHEL_BIN/sendmail -oem -oi" use_envelope_from=yes from=dir@box.test record=""
			set folder=$T/mail editor="sh -c 'echo An-answer >>\$0'" autoedit=yes fast_reply=yes abort_unmodified=no
			set include=yes quit=yes header_cache="" move=no
			push "<reply><send-message><quit>"
		END
		in_terminal "$program -n -F $T/rc -f $T/mail/dir" || { cat -v "$T/screen"; return 1; }
		qrun 2>>"$T/qrun.log"
		grep -rqx 'An-answer' "$T/mail/ann/new" || { cat -v "$T/screen"; return 1; }
		grep -rqhE '^> (The first text|From here|Viele)' "$T/mail/ann/new"
		grep -rhqx 'Return-Path: <dir@box.test>' "$T/mail/ann/new"
		grep -rhq '^In-Reply-To: <' "$T/mail/ann/new"
		rm -r "$T/mail/ann"
	done
}

@test "s-nail: a Maildir and an mbox read, a message deleted, and an answer" {
	needs s-nail
	for box in "maildir://$T/mail/dir" "$T/mail/file"; do
		printf '%s\n' 'headers' 'type 1-3' 'delete 2' 'reply 1' 'An-answer' '.' 'quit' |
		    LC_ALL=C.UTF-8 timeout 60 s-nail -n -S sendwait -S mta="$SATCHEL_BIN/sendmail" -S v15-compat -S ttycharset=utf-8 \
			-S from=dir@box.test -S keep -S hold -S dot -S 'sendcharsets=utf-8' -# -f "$box" >"$T/read" 2>&1 || { cat "$T/read"; return 1; }
		expect_texts
		qrun 2>>"$T/qrun.log"
		grep -rqx 'An-answer' "$T/mail/ann/new" || { cat "$T/read"; return 1; }
		rm -r "$T/mail/ann"
	done
	[ "$(files_in "$T/mail/dir/cur" "$T/mail/dir/new")" -eq 2 ]
	[ "$(grep -c '^From ann@box.test ' "$T/mail/file")" -eq 2 ]
}
