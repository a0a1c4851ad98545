#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# cron and at: real ones, whose jobs' output comes by mail; and Taylor UUCP's uuxqt, which runs rmail.

# Words in single quotes are for shells and interpreters inside; status and output are bats'.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0
load ../helper
load ../sendmail
load peers
load callers

setup() {
	callers_tree callers-cron cron cron-daemon-common at uucp
	callers_setup
	hard_lines >"$T/hard"
	file /usr/local/bin/talk <"$T/hard"
	printf '#!/bin/sh\ncat "%s"\n' "$T/hard" | file /usr/local/bin/talk
	chmod 755 "$T/files/usr/local/bin/talk"
	chmod -R a+rX "$T"
}

teardown() {
	stop_started
}

@test "Debian's cron: the output of jobs, for their user or MAILTO, byte for byte" {
	file /etc/crontab <<-'END'
		LC_CTYPE="C.UTF-8"
		@reboot joe /usr/local/bin/talk
	END
	printf 'MAILTO=ann@example.org,root\n@reboot /usr/local/bin/talk\n' | file /var/spool/cron/crontabs/ann
	chown 1952 "$T/files/var/spool/cron/crontabs/ann"
	chmod 600 "$T/files/var/spool/cron/crontabs/ann"
	inside sh -c "$QUEUED; cron -f -L 0 & wait_queued 2; kill \$!"
	first_of joe
	expect_envelope 'Fjoe@here.test B8BITMIME Tjoe@here.test'
	expect_header 'From: root (Cron Daemon)' 'To: joe' "Subject: Cron <joe@$(hostname)> /usr/local/bin/talk" \
		'MIME-Version: 1.0' 'Content-Type: text/plain; charset=UTF-8' \
		'Content-Transfer-Encoding: 8bit' 'X-Cron-Env: <LC_CTYPE=C.UTF-8>' \
		'X-Cron-Env: <SHELL=/bin/sh>' 'X-Cron-Env: <HOME=/home/joe>' \
		'X-Cron-Env: <PATH=/usr/bin:/bin>' 'X-Cron-Env: <LOGNAME=joe>'
	expect_body "$T/hard"
	first_of ann
	expect_envelope 'Fann@here.test B8BITMIME Tann@example.org Troot@here.test'
	header | grep -qx 'To: ann@example.org,root'
	expect_body "$T/hard"
}

# first_of USER: of the messages in the queue, those of others go out of sight until the next call.
first_of() {
	[ -d "$T/aside" ] && mv "$T"/aside/* "$SATCHEL_SPOOL/new"
	mkdir -p "$T/aside"
	grep -aLx "F$1@here.test" "$SATCHEL_SPOOL"/new/* | while read -r other; do
		mv "$other" "$T/aside"
	done
}

@test "at: the output of a job, byte for byte" {
	inside sh -c "$QUEUED
		install -o daemon -g daemon -m 600 /dev/null /var/spool/cron/atjobs/.SEQ
		cd /home/joe
		echo /usr/local/bin/talk | setpriv --reuid joe --regid joe --clear-groups at now
		atd -s
		wait_queued 1"
	expect_envelope 'Fjoe@here.test B8BITMIME Tjoe@here.test'
	expect_header 'Subject: Output from your job        1' 'To: joe' 'From: joe of here <joe>' \
		"${LABELS[@]}"
	expect_body "$T/hard"
}

@test "uuxqt: a message that another host has sent by UUCP" {
	printf 'From ann@example.org Sun Nov 22 01:02:03 2026 remote from near\nSubject: s\n\n' |
		cat - "$T/hard" >"$T/mail"
	inside sh -c "$QUEUED
		ln -s ../sbin/sendmail /usr/bin/rmail
		uux - '!rmail' '(joe@example.org)' '(far!bob)' <$T/mail
		wait_queued 1"
	expect_envelope 'Fann@example.org B8BITMIME Tjoe@example.org Tbob@far'
	grep -aq '^Suid ' "$(queued)"
	expect_fields 'Received: from near' 'Subject: s'
	expect_body "$T/hard"
}
