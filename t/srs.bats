#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # status and output are bats'
# Forwarding: senders wrapped for other hosts and unwrapped again (SRS), over two hosts; loops; who
# the message was first for.

bats_require_minimum_version 1.5.0
load helper
load hosts

KEY=000102030405060708090a0b0c0d0e0f

# The sender x@origin.test lives on there, so that there is where bounces have to come back to.
setup() {
	setup_satchel
	host_make here ann
	host_make there joe
	echo "x@origin.test: $T/there/mail/x/" >>"$T/there/control/virtual"
	for host in here there; do
		printf 'domain: srs.%s.test\n' $host >"$T/$host/control/srs"
		(umask 077 && echo $KEY >"$T/$host/control/srs-keys")
		: >"$T/$host/control/aliases"
	done
	host_listen there
	host_listen here
	for domain in there.test srs.there.test origin.test; do
		host_route here $domain there
	done
	for domain in here.test srs.here.test; do
		host_route there $domain here
	done
}

teardown() {
	stop_started
}

# hosted HOST ADDRESS TARGET: from now on, for smtpd too, which is started anew
hosted() {
	echo "$2: $3" >>"$T/$1/control/virtual"
}

restart() {
	stop_started
	host_listen there
	host_listen here
}

# by_smtp HOST FROM TO: curl's exit code; the dialogue in $T/curl.log
by_smtp() {
	printf 'From: x@origin.test\r\nSubject: s\r\n\r\ntext\r\n' | curl -sv --noproxy '*' --max-time 30 \
	    "smtp://127.0.0.1:${PORT[$1]}/client.test" --mail-from "$2" --mail-rcpt "$3" --upload-file - 2>"$T/curl.log"
}

deliver_all() {
	for _ in 1 2 3 4 5 6; do
		host_deliver here && host_deliver there || return
		[ "$(queued here)" -gt 0 ] || [ "$(queued there)" -gt 0 ] || return 0
	done
}

# The reverse-path of the one message in a mailbox.
sender_of() {
	local files
	mapfile -t files < <(mailbox "$1" "$2")
	[ "${#files[@]}" -eq 1 ] || {
		echo "$2@$1 has ${#files[@]} messages" >&2
		return 1
	}
	sed -n '1s/^Return-Path: <\(.*\)>$/\1/p' "${files[0]}"
}

@test "a forwarded message leaves under a sender of ours, and its bounce comes back to who wrote it" {
	hosted here fwd@here.test joe@there.test
	restart
	by_smtp here x@origin.test fwd@here.test
	deliver_all
	wrapped=$(sender_of there joe)
	[[ $wrapped =~ ^SRS0=[A-Z2-7]{6}=[A-Z2-7]{2}=origin.test=x@srs.here.test$ ]]
	grep -q '^Delivered-To: fwd@here.test' "$(mailbox there joe)"
	# some hosts change the case
	printf 'Subject: sorry\n\n' | on there sendmail -f '' "$(tr 'A-Z' 'a-z' <<<"$wrapped")"
	deliver_all
	[ "$(sender_of there x)" = '' ]
	grep -q '^Subject: sorry' "$(mailbox there x)"
	# nothing else gets through
	forged=SRS0=AAAAAA${wrapped#SRS0=??????}
	for address in "$forged" "$(sed 's/=x@/=y@/' <<<"$wrapped")" SRS1=x@srs.here.test SRS0=@srs.here.test nobody@srs.here.test; do
		run by_smtp here '<>' "$address"
		[ "$status" -ne 0 ]
		assert_file_has "$T/curl.log" '< 550 5.1.1'
	done
	by_smtp here '<>' postmaster@srs.here.test
}

@test "what two hosts forward is wrapped twice, and comes back by both" {
	hosted here fwd@here.test second@there.test
	hosted there second@there.test ann@here.test
	restart
	by_smtp here x@origin.test fwd@here.test
	deliver_all
	wrapped=$(sender_of here ann)
	[[ $wrapped =~ ^SRS1=[A-Z2-7]{6}=srs.here.test==[A-Z2-7]{6}=[A-Z2-7]{2}=origin.test=x@srs.there.test$ ]]
	printf 'Subject: sorry\n\n' | on there sendmail -f '' "$wrapped"
	deliver_all
	[ "$(sender_of there x)" = '' ]
	# each host says whose mail it was
	grep -q '^Delivered-To: second@there.test' "$(mailbox here ann)"
	grep -q '^Delivered-To: fwd@here.test' "$(mailbox here ann)"
}

@test "these senders stay as they are" {
	hosted here away@here.test joe@there.test
	hosted here within@here.test ann@here.test
	restart
	long=$(printf 'y%.0s' {1..60})@origin.test
	for sender in ann@here.test a@srs.here.test '' "$long" '"a..b"@origin.test'; do
		on here sendmail -f "$sender" away@here.test <<<'Subject: s'
	done
	on here sendmail -f x@origin.test joe@there.test <<<'Subject: sent, not forwarded'
	on here sendmail -f x@origin.test within@here.test <<<'Subject: s'
	deliver_all
	[ "$(sender_of here ann)" = x@origin.test ]
	mailbox there joe | xargs sed -sn '1s/^Return-Path: //p' | sort >"$T/senders"
	printf '<%s>\n' ann@here.test a@srs.here.test '' "$long" '"a..b"@origin.test' x@origin.test | sort |
	    diff - "$T/senders"
	# and all do where there is no file
	rm "$T/here/control/srs"
	rm -r "$T/there/mail/joe"
	on here sendmail -f x@origin.test away@here.test <<<'Subject: s'
	deliver_all
	[ "$(sender_of there joe)" = x@origin.test ]
}

@test "a circle of forwards ends with one bounce, which says for whom the message was" {
	hosted here round@here.test round@there.test
	hosted there round@there.test again@here.test
	hosted here again@here.test round@here.test
	restart
	by_smtp here x@origin.test round@here.test
	deliver_all
	file=$(mailbox there x)
	[ "$(wc -w <<<"$file")" -eq 1 ]
	assert_file_has "$file" 'Return-Path: <>'
	assert_file_has "$file" 'Status: 5.4.6'
	assert_file_has "$file" 'Original-Recipient: rfc822;round@here.test'
	# who gives every copy another address is found out by the number of hops
	echo 'hops: 7' | tee "$T/here/control/limits" >"$T/there/control/limits"
	for n in 1 2 3 4 5 6 7 8; do
		hosted here "$n@here.test" "$n@there.test"
		hosted there "$n@there.test" "$((n + 1))@here.test"
	done
	restart
	by_smtp here x@origin.test 1@here.test
	deliver_all
	[ "$(mailbox there x | wc -l)" -eq 2 ]
	grep -lr 'hops\|Received fields\|loop' "$T/there/mail/x/new" | grep -q .
}

@test "who a message was first for is kept, or added" {
	hosted here gone@here.test nobody@there.test
	restart
	by_smtp here x@origin.test gone@here.test
	on here sendmail -f x@origin.test -N failure -O x=y gone@here.test <<<'Subject: s'
	printf 'EHLO c.test\r\nMAIL FROM:<x@origin.test>\r\nRCPT TO:<gone@here.test> ORCPT=rfc822;much+2Bmore@first.test\r\nDATA\r\n\r\n.\r\nQUIT\r\n' |
	    on here sendmail -bs >"$T/replies"
	deliver_all
	[ "$(mailbox there x | wc -l)" -eq 3 ]
	[ "$(grep -rh '^Original-Recipient' "$T/there/mail/x/new" | sort | uniq -c | tr -s ' \n' ' ')" = \
	    ' 2 Original-Recipient: rfc822;gone@here.test 1 Original-Recipient: rfc822;much+more@first.test ' ]
}

@test "keys that others can read stop what would use them" {
	chmod 644 "$T/here/control/srs-keys"
	run on here qrun
	assert_status 111
	assert_output_has 'srs-keys: a file that its owner may write'
	run on here sendmail -bv joe@there.test
	assert_status 78
	run on here mailconf check
	assert_output_has srs-keys
	printf 'no key\n' >"$T/here/control/srs-keys"
	chmod 640 "$T/here/control/srs-keys"
	run on here qrun
	assert_status 111
	assert_output_has 'srs-keys: a line is no key'
	[[ $output != *'no key'$'\n'* ]]
}
