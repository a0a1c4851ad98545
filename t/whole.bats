#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Mail all the way: two hosts, from every door to every destination.

bats_require_minimum_version 1.5.0
load helper
load hosts
load dns

setup() {
	setup_satchel
	host_make here ann bob
	host_make there joe
	host_listen there
	host_listen here
	host_route here there.test there
}

teardown() {
	stop_started
}

# submit FROM TO SUBJECT: one message by sendmail on here
submit() {
	printf 'From: %s\nTo: %s\nSubject: %s\n\nText of %s.\n' "$1" "$2" "$3" "$3" |
	    on here sendmail -f "$1" "$2"
}

# by_smtp HOST FROM TO FILE: curl's exit code; the dialogue in $T/curl.log
by_smtp() {
	curl -sv --noproxy '*' --max-time 30 "smtp://127.0.0.1:${PORT[$1]}/client.test" \
	    --mail-from "$2" --mail-rcpt "$3" --upload-file "$4" 2>"$T/curl.log"
}

only_message() {
	[ "$(mailbox "$1" "$2" | wc -l)" -eq 1 ] || {
		echo "$2@$1.test has $(mailbox "$1" "$2" | wc -l) messages" >&2
		return 1
	}
	mailbox "$1" "$2"
}

@test "sendmail to a mailbox of this host" {
	submit ann@here.test bob@here.test greeting
	[ "$(queued here)" -eq 1 ]
	[ -z "$(mailbox here bob)" ]
	host_deliver here
	file=$(only_message here bob)
	assert_file_has "$file" 'Return-Path: <ann@here.test>'
	assert_file_has "$file" 'Delivered-To: bob@here.test'
	assert_file_has "$file" 'Subject: greeting'
	assert_file_has "$file" 'Text of greeting.'
	run -1 grep -q $'\r' "$file"
	[ "$(queued here)" -eq 0 ]
}

@test "SMTP to a mailbox of this host, byte for byte" {
	printf 'From: bob@here.test\r\nTo: ann@here.test\r\nSubject: s\r\n\r\n.\r\n..two\r\n\tcaf\303\251\r\n' \
	    >"$T/message"
	by_smtp here bob@here.test ann@here.test "$T/message"
	host_deliver here
	file=$(only_message here ann)
	assert_file_has "$file" 'Received: from client.test'
	sed '1,/^$/d' "$file" >"$T/body"
	printf '.\n..two\n\tcaf\303\251\n' | cmp - "$T/body"
}

@test "to another host by a route, and delivered there" {
	submit ann@here.test joe@there.test across
	host_deliver here
	[ "$(queued here)" -eq 0 ]
	[ "$(queued there)" -eq 1 ]
	host_deliver there
	file=$(only_message there joe)
	assert_file_has "$file" 'Return-Path: <ann@here.test>'
	assert_file_has "$file" 'Received: from mail.here.test'
	assert_file_has "$file" 'Text of across.'
}

@test "to another host whose name the DNS knows" {
	start_dns <<-'ZONE'
		mx1 A 127.0.0.1
	ZONE
	echo "127.0.0.1:$DNS_PORT" >"$T/here/control/resolvers"
	echo "there.test: smtp:mx1.example.test:${PORT[there]}" >"$T/here/control/routes"
	submit ann@here.test joe@there.test named
	host_deliver here 2>"$T/log"
	assert_file_has "$T/log" "relay=mx1.example.test[127.0.0.1]:${PORT[there]}"
	host_deliver there
	only_message there joe
}

@test "a recipient who does not exist elsewhere: the sender gets a bounce" {
	submit ann@here.test nobody@there.test lost
	host_deliver here
	[ "$(queued there)" -eq 0 ]
	file=$(only_message here ann)
	assert_file_has "$file" 'Return-Path: <>'
	assert_file_has "$file" 'multipart/report'
	assert_file_has "$file" 'message/delivery-status'
	assert_file_has "$file" 'Action: failed'
	assert_file_has "$file" 'Final-Recipient: rfc822; nobody@there.test'
	assert_file_has "$file" '5.1.1'
	assert_file_has "$file" 'Subject: lost'
}

@test "a bounce that cannot be delivered is not bounced" {
	submit nobody@here.test nobody@there.test twice
	host_deliver here
	[ "$(queued here)" -eq 0 ]
	[ -z "$(mailbox here ann)$(mailbox here bob)" ]
}

@test "two recipients on two hosts: each gets it once" {
	printf 'From: ann@here.test\nTo: bob@here.test, joe@there.test\nSubject: both\n\nx\n' |
	    on here sendmail -t -f ann@here.test
	[ "$(queued here)" -eq 1 ]
	host_deliver here
	host_deliver there
	only_message here bob
	only_message there joe
}

@test "an unknown recipient of a hosted domain is refused at RCPT, and nothing is queued" {
	printf 'Subject: x\r\n\r\nx\r\n' >"$T/message"
	run by_smtp here joe@there.test nobody@here.test "$T/message"
	[ "$status" -ne 0 ]
	assert_file_has "$T/curl.log" '550 5.1.1'
	[ "$(queued here)" -eq 0 ]
}

@test "a server that is down: the message waits, and goes when the server is back" {
	host_make away sue
	host_listen away
	host_route here away.test away
	stop "$STARTED_PID" || true
	submit ann@here.test sue@away.test later
	on here qrun
	[ "$(queued here)" -eq 1 ]
	[ -z "$(mailbox here ann)" ]
	run on here qstat
	assert_output_has 'sue@away.test'
	host_listen away
	on here qctl retry all
	host_deliver here
	host_deliver away
	only_message away sue
}

@test "qrun -w delivers new mail within a second of its commit, across both hosts" {
	host_start here qrun -w
	host_start there qrun -w
	submit ann@here.test joe@there.test first
	wait_for 10 only_message there joe
	# on a machine that has time: once in a while
	in_a_second() {
		local begun count
		begun=$(date +%s%N) count=$(mailbox here bob | wc -l)
		submit ann@here.test bob@here.test second
		has_more() { [ "$(mailbox here bob | wc -l)" -gt "$count" ]; }
		wait_for 10 has_more
		[ $((($(date +%s%N) - begun) / 1000000)) -lt 1500 ]
	}
	wait_for 20 in_a_second
}

@test "a hundred messages by two ways at once: each arrives once" {
	host_start here qrun -w
	for n in $(seq 50); do submit ann@here.test joe@there.test "load $n"; done &
	sendmail_jobs=$!
	for n in $(seq 50); do
		printf 'Subject: wire %s\r\n\r\nx\r\n' "$n" >"$T/message"
		by_smtp here ann@here.test bob@here.test "$T/message"
	done
	wait "$sendmail_jobs"
	queue_is_empty() { [ "$(queued here)" -eq 0 ]; }
	wait_for 30 queue_is_empty
	host_deliver there
	[ "$(mailbox here bob | wc -l)" -eq 50 ]
	[ "$(mailbox there joe | wc -l)" -eq 50 ]
	[ "$(mailbox there joe | xargs grep -h '^Subject: ' | sort -u | wc -l)" -eq 50 ]
}
