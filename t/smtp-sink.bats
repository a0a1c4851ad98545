#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-sink(1): what it takes, what it writes down, and what it does wrong when told to.

load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

# start_sink OPTION...: its port is SINK, its files are in $OUT.
start_sink() {
	OUT=$T/sink.${STARTED_COUNT:-0}
	mkdir "$OUT"
	start smtp-sink --out "$OUT" "$@"
	wait_for 20 test -s "$STARTED_LOG"
	read -r SINK <"$STARTED_LOG"
}

# say TEXT: what it answers to that, with printf's escapes, all at once; till it closes. (By way of a file:
# bash writes line by line to a pipe.)
say() {
	# shellcheck disable=SC2059
	printf "$1" >"$T/said"
	run timeout 20 nc -N 127.0.0.1 "$SINK" <"$T/said"
	output=${output//$'\r'/}
}

MESSAGE='EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: x\r\n\r\n..hi\r\n.\r\nQUIT\r\n'

@test "a message, its envelope, and what was said" {
	start_sink
	say "$MESSAGE"
	[ "$output" = '220 sink.test ESMTP
250-sink.test greets you
250-PIPELINING
250-SIZE 1000000
250-8BITMIME
250-ENHANCEDSTATUSCODES
250 DSN
250 2.1.0 ok
250 2.1.5 ok
354 go on
250 2.0.0 taken
221 2.0.0 bye' ]
	[ "$(cat -A "$OUT/1.eml")" = 'Subject: x^M$
^M$
..hi^M$' ]
	[ "$(cat "$OUT/1.env")" = 'MAIL FROM:<a@example.org>
RCPT TO:<b@example.org>' ]
	grep -qF "1 behind b'QUIT\\r\\n'" "$OUT/log"
	[ "$(cat "$OUT/peers")" = 127.0.0.1 ]
	[ -e "$OUT/1.end" ]
}

# what a client hears at each action
@test "actions, at their time" {
	local at heard
	while IFS='	' read -r at heard; do
		start_sink --at "$at"
		say "$MESSAGE"
		grep -qxF -- "$heard" <<<"$output" || {
			printf '%s: no line %s in\n%s\n' "$at" "$heard" "$output" >&2
			false
		}
		stop "$STARTED_PID"
	done <<-'ROWS'
		greeting=554 no	554 no
		ehlo=250-a\r\n250 b	250 b
		mail=451 4.3.0 no	503 5.5.1 MAIL first
		rcpt=550 5.1.1 no@1	554 5.5.1 no valid recipients
		rcpt:b@example.org=550 5.1.1 no@1+	550 5.1.1 no
		rcpt=550 5.1.1 no@2	250 2.0.0 taken
		end=garbage	this is no reply
		end=raw 250-\x6fne\r\n250 two\r\n	250-one
		end=repeat 2 0 250-x\r\n|raw 250 y\r\n	250-x
		end=delay 5	250 2.0.0 taken
		end=delay 5|452 4.3.1 full	452 4.3.1 full
		quit=usual	221 2.0.0 bye
		rcpt=550 5.1.1 no@100%	550 5.1.1 no
	ROWS
	start_sink --at end=close
	say "$MESSAGE"
	[ "${output##*$'\n'}" = '354 go on' ]
	[ ! -e "$OUT/1.eml" ]
	start_sink --at end=close --keep
	say "$MESSAGE"
	[ -e "$OUT/1.eml" ]
}

@test "by chance is the same for the same seed" {
	local first
	for _ in 1 2; do
		start_sink --at 'rcpt=451 4.2.0 no@50%' --seed 7
		say "EHLO x\\r\\nMAIL FROM:<>\\r\\n$(printf 'RCPT TO:<b@c>\\r\\n%.0s' {1..20})QUIT\\r\\n"
		[ "$(grep -c '^451' <<<"$output")" -gt 2 ]
		[ "$(grep -c '^250 2.1.5' <<<"$output")" -gt 2 ]
		: "${first:=$output}"
		[ "$first" = "$output" ]
	done
}

@test "greylisting, a rate limit, a proxy, XCLIENT" {
	start_sink --greylist 0 --proxy --with 'XCLIENT NAME ADDR'
	say "PROXY TCP4 192.0.2.7 192.0.2.8 1234 25\\r\\nXCLIENT ADDR=192.0.2.9\\r\\n$MESSAGE"
	assert_output_has '451 4.7.1 greylisted: come again later'
	grep -qF "1 proxy b'192.0.2.7 1234 192.0.2.8 25'" "$OUT/log"
	grep -qF "1 xclient b'ADDR=192.0.2.9'" "$OUT/log"
	say "PROXY TCP4 192.0.2.7 192.0.2.8 1234 25\\r\\n$MESSAGE"
	assert_output_has '250 2.0.0 taken'
	start_sink --rate-limit 1
	say "$MESSAGE"
	assert_output_has '250 2.0.0 taken'
	say ''
	[ "$output" = '421 4.7.0 too many connections from you; come again later' ]
}

@test "what is wrong with what comes" {
	local body fault long
	long=$(printf '%999s' x)
	while IFS='	' read -r fault body; do
		start_sink --verify --with CHUNKING --with 'LIMITS RCPTMAX=1'
		say "$body"
		stop "$STARTED_PID" || [ $? -eq 1 ]
		grep -qE "^$fault +1$" "$STARTED_LOG" || {
			echo "$fault:" >&2
			cat "$STARTED_LOG" >&2
			false
		}
	done <<-ROWS
		bare-lf	${MESSAGE/hi/h\\ni}
		bare-cr	${MESSAGE/hi/h\\ri}
		nul	${MESSAGE/hi/\\0}
		unstuffed-dot	${MESSAGE/..hi/.hi}
		undeclared-8bit	${MESSAGE/hi/\\344}
		long-line	${MESSAGE/hi/$long}
		over-size	${MESSAGE/org>/org> SIZE=5}
		not-offered	${MESSAGE/org>/org> SMTPUTF8}
		over-limit	${MESSAGE/DATA/RCPT TO:<c@d>\\r\\nDATA}
		unended-line	EHLO x\\r\\nMAIL FROM:<>\\r\\nRCPT TO:<a@b>\\r\\nBDAT 2 LAST\\r\\nhiQUIT\\r\\n
	ROWS
}

@test "a client that still sends is not reset before it has read the refusal" {
	start_sink --at 'greeting=421 4.3.2 no'
	# what it sends is there before the sink sees that it came
	run timeout 60 python3 -S -c 'import os, signal, socket, sys
port, pid = int(sys.argv[1]), int(sys.argv[2])
os.kill(pid, signal.SIGSTOP)
while open("/proc/%d/stat" % pid).read().rpartition(")")[2].split()[0] != "T":
    pass
s = socket.create_connection(("127.0.0.1", port))
s.sendall(b"EHLO x\r\nMAIL FROM:<a@b>\r\n")
os.kill(pid, signal.SIGCONT)
got = b""
while True:
    part = s.recv(100)
    got += part
    if not part:
        break
assert got == b"421 4.3.2 no\r\n", got' "$SINK" "$STARTED_PID"
	assert_status 0
}

@test "a hundred clients who do nothing hinder nobody" {
	start_sink
	run timeout 30 python3 -S -c 'import socket, sys
port = int(sys.argv[1])
idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
s = socket.create_connection(("127.0.0.1", port))
s.settimeout(20)
assert s.recv(100).startswith(b"220")' "$SINK"
	assert_status 0
}

@test "it ends after so many messages; wrong usage" {
	start_sink --messages 1 --count
	say "$MESSAGE"
	wait_for 20 started_is_gone "$STARTED_PID"
	grep -qE '^messages +1$' "$STARTED_LOG"
	for wrong in "--at nothing" "--smtps" "--tls $T/none" "--port x" "--rate-limit x" "--out $T/none"; do
		# shellcheck disable=SC2086
		run timeout 20 smtp-sink $wrong
		[ "$status" -ge 100 ]
		[ "$status" -le 111 ]
	done
}
