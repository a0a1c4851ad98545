#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154,SC2016 # status and output are bats'; the names in quotes are for others
# bsmtp(8), and sendmail -bs: SMTP that comes from a file.

load helper

setup() { setup_satchel; }
teardown() { stop_started; }

# How many messages are in the queue.
queued() { files_in "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells"; }

empty_queue() { rm -f "$SATCHEL_SPOOL"/new/*; }

# What has come in, envelope first: without the header of the file and the Received field.
show() { cat "$SATCHEL_SPOOL"/new/* | tr -d '\0\r' | grep -av '^satchel1\|^\.- \|^$'; }

# A batch of two messages.
two() {
	printf '%s\n' 'EHLO far.test' 'MAIL FROM:<ann@far.test> RET=HDRS ENVID=a+3Db BODY=8BITMIME' \
	    'RCPT TO:<joe@here.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;first@far.test' 'RCPT TO:<sue@x.test>' \
	    DATA 'Subject: one' '' '..dot' '..' '...' 'caf\303\251' 'end' . \
	    'MAIL FROM:<>' 'RCPT TO:<joe@here.test>' DATA 'Subject: two' '' . QUIT | sed 's/\\303\\251/\xc3\xa9/'
}

@test "help, version, wrong usage" {
	run bsmtp --help
	assert_status 0
	assert_output_has "usage: bsmtp"
	run bsmtp --version
	[ "$output" = "bsmtp (satchel) 0.1" ]
	for wrong in -x -d '-d .' '-d a@b' 'batch'; do
		# shellcheck disable=SC2086
		run bsmtp $wrong </dev/null
		assert_status 100
		assert_output_has "--help"
	done
}

@test "a batch with LF, and the same with CRLF, keeps envelope and message" {
	for ends in '' 's/$/\r/'; do
		two | sed "$ends" >"$T/batch"
		run bsmtp <"$T/batch"
		assert_status 0
		assert_output_has 'from=ann@far.test size=41 rcpts=2'
		assert_output_has 'bsmtp: batch messages=2 refused=0 end=whole'
		[ "$(queued)" -eq 2 ]
		show >"$T/shown"
		for line in Fann@far.test B8BITMIME Va+3Db RHDRS Tjoe@here.test NSUCCESS,FAILURE \
		    'Orfc822;first@far.test' Tsue@x.test .dot . .. "$(printf 'caf\303\251')" F \
		    'Received: from far.test'; do
			grep -qxF -- "$line" "$T/shown" || {
				echo "there is no line $line" >&2
				cat "$T/shown" >&2
				return 1
			}
		done
		grep -q 'by here.test with ESMTP id' "$T/shown"
		empty_queue
	done
}

@test "what is no batch is not taken in part" {
	# each is a whole message and then, behind |, what is wrong
	good='MAIL FROM:<a@b.test>\nRCPT TO:<joe@here.test>\nDATA\n\nx\n.\n'
	while IFS='|' read -r wrong said; do
		printf "$good$wrong" >"$T/batch"
		run bsmtp <"$T/batch"
		assert_status 100
		assert_output_has "nothing of the batch was taken: line"
		assert_output_has "$said"
		[ "$(queued)" -eq 0 ]
	done <<-'end'
	MAIL FROM:<a@b.test>|line 7: it is cut off
	MAIL FROM:<a@b.test>\n|ends within a transaction
	MAIL FROM:<a@b.test>\nRCPT TO:<a@b.test>\nDATA\nx\n|ends within a message
	MAIL FROM:<a@b.test>\nRCPT TO:<a@b.test>\nDATA\nx\n.|line 11: it is cut off
	QUIT\r\n|line 7: a CR stands alone
	QUIT\rRSET\n|a CR stands alone
	HELLO x\n|line 7: no such command
	\n|line 7: no such command
	BDAT 3 LAST\n|no such command
	DATA\n|DATA stands before
	RCPT TO:<a@b.test>\n|RCPT before MAIL
	HELO\n|a domain or [address]
	MAIL FROM:<a@@b>\n|the sender is no address
	MAIL FROM:<a@b.test> BY=1;R\n|not understood
	MAIL FROM:<a@b.test> BODY=BINARYMIME\n|wrong syntax
	MAIL FROM:<\303\244@b.test>\n|not ASCII
	MAIL FROM:<a@b.test>\nMAIL FROM:<a@b.test>\n|within a transaction
	QUIT\nNOOP\n|behind QUIT
	RS\0ET\n|NUL
	end
	run bsmtp </dev/null
	assert_status 100
	assert_output_has "the batch is empty"
}

@test "line ends of two kinds smuggle nothing, whichever comes first" {
	smuggled='MAIL FROM:<evil@b.test>%bRCPT TO:<joe@here.test>%bDATA%b%b'
	for first in '\n' '\r\n'; do
		for second in '\n.\n' '\r\n.\n' '\n.\r\n' '\r.\r' '\n.\r' '\r\n.\r' '\r.\r\n' '\r.\n'; do
			printf "MAIL FROM:<a@b.test>${first}RCPT TO:<joe@here.test>${first}DATA${first}x${second}" >"$T/batch"
			# shellcheck disable=SC2059
			printf "$smuggled" "$first" "$first" "$first" "x$first.$first" >>"$T/batch"
			[ "$first$second" != '\n\n.\n' ] || continue
			run bsmtp <"$T/batch"
			assert_status 100
			[ "$(queued)" -eq 0 ]
		done
	done
}

@test "recipients and messages that are refused come back, and the others go their way" {
	control limits 'message-size: 20000'
	{
		printf '%s\n' 'HELO far.test' 'MAIL FROM:<ann> ENVID=mine' 'RCPT TO:<joe>' 'RCPT TO:<no@@address>' \
		    'RCPT TO:<quiet@x.test> NOTIFY=NEVER' 'RCPT TO:<late@x.test> BY=9' 'RCPT TO:<sue@below.here.test>' \
		    'RCPT TO:<out@x.test> ORCPT=rfc822;first@x.test' DATA 'Subject: hello' '' body .
		printf '%s\n' 'MAIL FROM:<big@far.test>' 'RCPT TO:<joe@here.test> ORCPT=rfc822;who@x.test' DATA 'Subject: big' ''
		head -c 20001 /dev/zero | tr '\0' x
		printf '\n.\nMAIL FROM:<>\nRCPT TO:<a@x.test>\nDATA\n\nx\n.\n'
	} >"$T/batch"
	run bsmtp -d here.test -d .here.test <"$T/batch"
	assert_status 0
	assert_output_has 'bsmtp: batch messages=1 refused=6 end=whole'
	assert_output_has 'bsmtp: refused from=ann@far.test to=quiet@x.test code=5.7.1'
	assert_output_has 'bsmtp: bounce to=big@far.test status=queued'
	[ "$(queued)" -eq 3 ]
	show >"$T/shown"
	for line in Fann@far.test Tjoe@here.test Tsue@below.here.test Tann@far.test 'Original-Envelope-Id: mine' \
	    'Final-Recipient: rfc822; no@@address' 'Status: 5.1.3' 'Final-Recipient: rfc822; late@x.test' 'Status: 5.5.4' \
	    'Original-Recipient: rfc822;first@x.test' 'Status: 5.7.1' Tbig@far.test 'Status: 5.3.4' \
	    'Original-Recipient: rfc822;who@x.test' 'Subject: hello' 'Subject: big'; do
		assert_file_has "$T/shown" "$line"
	done
	run grep -c quiet "$T/shown"
	[ "$output" -eq 0 ]
	run grep -c xxxxx "$T/shown"
	[ "$output" -eq 0 ]
}

@test "-r takes what strangers may send" {
	control locals here.test
	control relaydomains relay.test
	printf '%s\n' 'MAIL FROM:<a@b.test>' 'RCPT TO:<nobody-knows@here.test>' 'RCPT TO:<a@relay.test>' \
	    'RCPT TO:<a%x.test@relay.test>' 'RCPT TO:<a@x.test>' DATA . >"$T/batch"
	run bsmtp -r <"$T/batch"
	assert_status 0
	assert_output_has 'size=0 rcpts=2'
	assert_output_has 'to=a%x.test@relay.test code=5.7.1'
	assert_output_has 'to=a@x.test code=5.7.1'
	printf '%s\n' 'MAIL FROM:<a@b.test>' 'RCPT TO:<"\\nobody"@here.test>' DATA . >"$T/batch"
	run bsmtp -r <"$T/batch"
	assert_output_has 'code=5.7.1'
	assert_output_has 'messages=0 refused=1'
}

@test "a table that is damaged refuses nothing for good" {
	control locals here.test
	control relaydomains relay.test
	mailconf compile relaydomains
	printf '\377' | dd of="$SATCHEL_CONTROL/relaydomains.cdb" bs=1 seek=3105 conv=notrunc status=none
	printf '%s\n' 'MAIL FROM:<a@b.test>' 'RCPT TO:<a@relay.test>' DATA . >"$T/batch"
	run bsmtp -r <"$T/batch"
	assert_status 111
	[ "$(queued)" -eq 0 ]
}

@test "replies" {
	printf '%s\n' 'HELO far.test' 'MAIL FROM:<a@b.test>' 'RCPT TO:<joe@here.test>' 'RCPT TO:<@@>' 'VRFY x' DATA '' . \
	    NOOP 'MAIL FROM:<a@b.test>' RSET QUIT 'EHLO [192.0.2.1]' >"$T/batch"
	bsmtp -v <"$T/batch" >"$T/replies" 2>"$T/log"
	[ "$(cut -c1-3 "$T/replies" | tr -d '\n' | sed 's/.../& /g')" = '220 250 250 250 501 252 354 250 250 250 250 221 250 ' ]
	bsmtp <"$T/batch" >"$T/replies" 2>"$T/log"
	[ ! -s "$T/replies" ]
}

@test "a queue that takes nothing: 111, and the second run doubles nothing" {
	two >"$T/batch"
	mkdir "$T/bin"
	cat >"$T/bin/limp" <<-'end'
	#!/bin/sh
	# lets one message through
	[ -e "$T/one" ] && exit 71
	: >"$T/one"
	exec "$@"
	end
	chmod +x "$T/bin/limp"
	ENQUEUE="$T/bin/limp enqueue" run bsmtp -p "$T/progress" <"$T/batch"
	assert_status 111
	assert_output_has '1 messages before it are queued'
	[ "$(queued)" -eq 1 ]
	run bsmtp -p "$T/progress" <<-'end'
	NOOP
	end
	assert_status 100
	assert_output_has 'was not finished'
	run bsmtp -p "$T/progress" <"$T/batch"
	assert_status 0
	assert_output_has 'batch messages=1 '
	[ "$(queued)" -eq 2 ]
	run bsmtp -p "$T/progress" <"$T/batch"
	assert_status 0
	assert_output_has 'batch messages=0 '
	[ "$(queued)" -eq 2 ]
	# one that came to its end makes room for the next
	{ two; echo HELO again.test; } >"$T/other"
	run bsmtp -p "$T/progress" <"$T/other"
	assert_status 0
	[ "$(queued)" -eq 4 ]
	[ "$(wc -c <"$T/progress")" -eq 57 ]
}

@test "a bounce that cannot be queued is tried again without the message" {
	printf '%s\n' 'MAIL FROM:<a@b.test>' 'RCPT TO:<joe@here.test>' 'RCPT TO:<@@>' DATA '' . >"$T/batch"
	mkdir "$T/bin"
	printf '#!/bin/sh\n[ -e "$T/one" ] && exit 71\n: >"$T/one"\nexec "$@"\n' >"$T/bin/limp"
	chmod +x "$T/bin/limp"
	ENQUEUE="$T/bin/limp enqueue" run bsmtp -p "$T/progress" <"$T/batch"
	assert_status 111
	assert_output_has 'the bounce was not queued'
	[ "$(queued)" -eq 1 ]
	run bsmtp -p "$T/progress" <"$T/batch"
	assert_status 0
	[ "$(queued)" -eq 2 ]
	grep -aqx Ta@b.test "$SATCHEL_SPOOL"/new/*
}

@test "two at one batch: the second waits" {
	needs flock
	two >"$T/batch"
	run flock "$T/progress" bsmtp -p "$T/progress" <"$T/batch"
	assert_status 111
	assert_output_has 'somebody else is at this batch'
	ln -s "$T/elsewhere" "$T/link"
	run bsmtp -p "$T/link" <"$T/batch"
	assert_status 111
	echo rubbish >"$T/progress"
	run bsmtp -p "$T/progress" <"$T/batch"
	assert_status 100
	[ "$(queued)" -eq 0 ]
}

@test "sendmail -bs: a session at once, each reply for its command" {
	control aliases 'joe: postmaster'
	two | sed 's/$/\r/' >"$T/batch"
	run sendmail -bs <"$T/batch"
	assert_status 0
	[ "$(grep -c '^250 2.0.0 Ok: queued as' <<<"$output")" -eq 2 ]
	[ "$(queued)" -eq 2 ]
	show >"$T/shown"
	assert_file_has "$T/shown" NSUCCESS,FAILURE
	assert_file_has "$T/shown" Tsue@x.test
	assert_file_has "$T/shown" 'by here.test with ESMTP id'
	# nothing of a batch with LF is taken for commands
	empty_queue
	two >"$T/batch"
	run sendmail -bs <"$T/batch"
	[ "$(queued)" -eq 0 ]
	assert_output_has '500 5.5.2'
	# what it speaks on is standard input, whatever else there is
	run bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec sendmail -bs 3</dev/null' <<<$'QUIT\r'
	assert_output_has '221 2.0.0'
}

@test "sendmail -bs as a server of inetd gives strangers no more than smtpd" {
	control relayhosts 192.0.2.1
	port=$(free_port)
	start python3 -c 'import socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("ready", flush=True)
connection = listener.accept()[0]
subprocess.run(["sendmail", "-bs"], stdin=connection, stdout=connection)' "$port"
	wait_for 20 grep -q ready "$STARTED_LOG"
	exec 9<>"/dev/tcp/127.0.0.1/$port"
	printf 'EHLO x.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<joe@x.test>\r\nQUIT\r\n' >&9
	replies=$(timeout 20 cat <&9)
	exec 9>&-
	grep -q '^550 5.7.1' <<<"$replies"
}
