#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What programs of others make of qstat --mailq: monitoring-plugins' check_mailq, for Postfix and for
# Sendmail.
# shellcheck disable=SC2154

load ../helper
load ../qstat
load peers

setup() {
	setup_satchel
	peer monitoring-plugins-standard usr/lib/nagios/plugins/check_mailq monitoring-plugins-common ||
		missing_peer 'monitoring-plugins-standard'
	cp "$PEERS/monitoring-plugins-standard/usr/lib/nagios/plugins/check_mailq" "$T"
	sed "s|/usr/bin/mailq|$T/mailq|" "$PEERS/monitoring-plugins-common/usr/lib/nagios/plugins/utils.pm" >"$T/utils.pm"
	ln -s "$SATCHEL_BIN/qstat" "$T/mailq"
}

teardown() {
	stop_started
}

# check_says CODE TEXT MAILER: what check_mailq says for limits of 2 and 3 messages
check_says() {
	local code=0 said
	said=$(perl "$T/check_mailq" -w 2 -c 3 -M "$3") || code=$?
	if [ "$code" -ne "$1" ] || [[ $said != *$2* ]]; then
		echo "check_mailq -M $3: $code $said" >&2
		return 1
	fi
}

check_all() {
	check_says 0 'is empty' "$1"
	a=$(queue joe@example.org sue@mail.example.com)
	check_says 0 '(1)' "$1"
	b=$(queue)
	check_says 1 'is 2 ' "$1"
	defer "$a"
	mark "$SATCHEL_SPOOL/deferred/001770000000/$a" 0 . 2 '4.4.1 - connection refused'
	qctl hold "$b"
	queue '"a (12) b"@example.org'
	check_says 2 'is 3 ' "$1"
}

@test "check_mailq -M postfix" {
	check_all postfix
}

@test "check_mailq -M sendmail, with mailqformat" {
	control mailqformat sendmail
	check_all sendmail
	# by domain, too
	perl "$T/check_mailq" -w 9 -c 10 -W 1 -C 9 -M sendmail | grep -q '3 messages in queue FROM example.org'
}
