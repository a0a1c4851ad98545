#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# mail(1) of several makers, and the readers that people write with. (Flags of neomutt, mutt and s-nail
# by themselves: t/sendmail.bats.)

# Words in single quotes are for shells and interpreters inside; status and output are bats'.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0
load ../helper
load ../sendmail
load peers
load callers

setup() {
	callers_tree callers-mailers bsd-mailx liblockfile1 mailutils mailutils-common libmailutils9 \
		guile-3.0-libs libltdl7 libmariadb3 mariadb-common mysql-common libgsasl18
	callers_setup
	hard_lines >"$T/hard"
	# without what mail(1) itself would take for its own: a dot that ends the message
	grep -vx '\.' "$T/hard" >"$T/plain"
	chmod -R a+rX "$T"
}

teardown() {
	stop_started
}

@test "bsd-mailx" {
	inside_as joe sh -c "bsd-mailx -s 'a subject' -r boss@example.org -c ann -b bob@example.com \
		joe@example.org <$T/plain"
	expect_envelope 'Fboss@example.org B8BITMIME Tjoe@example.org Tann@here.test Tbob@example.com'
	expect_header 'From: boss@example.org' 'To: joe@example.org' 'Subject: a subject' 'Cc: ann' \
		'MIME-Version: 1.0' 'Content-Type: text/plain; charset="UTF-8"' 'Content-Transfer-Encoding: 8bit'
	expect_body "$T/plain"
	next_message
	# as smartd and zed call it
	inside_as joe sh -c "bsd-mailx -E -s 'a subject' -a 'X-A: b' ann <$T/plain"
	expect_envelope 'Fjoe@here.test B8BITMIME Tann@here.test'
	expect_fields 'From: joe of here <joe>' 'To: ann' 'X-A: b'
	expect_body "$T/plain"
}

@test "mail of GNU mailutils" {
	inside_as joe sh -c "mail.mailutils -s 'a subject' -r boss@example.org -a 'Cc: ann' \
		-a 'Bcc: bob@example.com' joe@example.org <$T/plain"
	expect_envelope 'Fboss@example.org B8BITMIME Tann@here.test Tbob@example.com Tjoe@example.org'
	expect_header 'Subject: a subject' 'Cc: ann' 'To: <joe@example.org>' \
		'User-Agent: mail (GNU Mailutils 3.15)' 'From: boss@example.org' "${LABELS[@]}"
	expect_body "$T/plain"
}

@test "mutt and neomutt as they are installed" {
	local name
	for name in mutt neomutt; do
		inside_as joe sh -c "$name -s 'a subject' -c ann@here.test -b bob@example.com joe@example.org <$T/hard"
		expect_envelope 'Fjoe@here.test B8BITMIME Tjoe@example.org Tann@here.test Tbob@example.com'
		expect_fields 'To: joe@example.org' 'Cc: ann' 'Subject: a subject' \
			'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: 8bit'
		expect_body "$T/hard"
		next_message
	done
}

@test "s-nail as it is installed, with -t, -r and a file" {
	inside_as joe sh -c "s-nail -s 'a subject' -c ann -b bob@example.com joe@example.org <$T/hard"
	expect_envelope 'Fjoe@here.test Tjoe@example.org Tann@here.test Tbob@example.com'
	expect_fields 'From: joe of here <joe>' 'To: joe@example.org' 'Cc: ann' 'Subject: a subject'
	expect_decoded "$T/hard"
	next_message
	inside_as joe sh -c "printf 'To: ann\nSubject: s\n\ntext\n' |
		s-nail -t -r boss@example.org -a $T/plain -Sttycharset=utf-8"
	expect_envelope 'Fboss@example.org Tann@here.test'
	header | grep -q '^Content-Type: multipart/mixed;'
	message | grep -q 'filename="\?plain'
}
