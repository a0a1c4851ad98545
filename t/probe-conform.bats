#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe conform: our own smtpd keeps to everything; servers that are wrong in one point are found out
# in that one (t/conform.py), and who says something else is not called wrong.

# shellcheck disable=SC2034,SC2054 # KEYS is of make_key; the commas are between bugs
bats_require_minimum_version 1.5.0
load helper
load tls

setup() {
	setup_satchel
	control locals here.test
	control aliases 'postmaster: joe@away.test' 'joe: joe@away.test'
	# the environment of smtpd that --pipe starts
	export TCPREMOTEIP=192.0.2.1
}

teardown() {
	stop_started
}

# "yes id", "no id:about": a line a result, of the JSON on stdin
verdicts() {
	python3 -SI -c 'import json, sys
for line in sys.stdin:
    for server in json.loads(line)["servers"]:
        for one in server["results"]:
            print(one["verdict"], one["id"].replace("conform.", "") + (":" + one["about"] if one.get("about") else ""))'
}

# conform OPTION... TARGET: with messages, to joe; what is neither yes nor a mere fact is in $output
conform() {
	smtp-probe conform --json --pace 0 -t 20 --to joe@here.test "$@" >"$T/json" || true
	verdicts <"$T/json" >"$T/verdicts"
	run grep -v '^yes \|^fact ' "$T/verdicts"
}

@test "our smtpd: yes to all of it" {
	conform --send-messages --pipe smtpd
	[ "$output" = "" ]
	[ "$(grep -c '^yes ' "$T/verdicts")" -eq 67 ]
	# what is not offered is no more than a fact
	run -0 grep '^fact ' "$T/verdicts"
	[ "$output" = $'fact starttls-injection\nfact starttls-again' ]
}

@test "our smtpd under TLS: the same, and STARTTLS's own" {
	KEYS=$T
	make_key here ec
	setup_tls
	start smtpd -l 127.0.0.1:0
	wait_for 20 grep -q 'smtpd: listening' "$STARTED_LOG"
	conform --send-messages "127.0.0.1:$(sed -n 's/.*smtpd: listening.* port=\([0-9]*\)/\1/p' "$STARTED_LOG")"
	[ "$output" = "" ]
	[ "$(grep -c '^yes ' "$T/verdicts")" -eq 69 ]
}

@test "no message is sent unless it is asked for" {
	conform --pipe smtpd
	[ "$output" = "" ]
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 0 ]
	[ "$(grep -c '^fact ' "$T/verdicts")" -eq 23 ]
	run -0 grep -o '"value": *"needs --send-messages"' "$T/json"
	[ "${#lines[@]}" -eq 21 ]
}

# Those that do not meddle with one another are of one server.
WRONG=(
	noop,trailing-blank,mail-twice,data-first,postmaster,literal,quoted,vrfy,line-512,size,8bitmime,dsn,bdat-first,message
	case,rset,rcpt-first,quoted-same,expn,mail-parameter,line-long,recipients,size-small,dots,bdat
	ehlo-resets,data-no-rcpt,literal-ehlo,source-route,helo,help,command-lf,bdat-then-data,line-998
	partial,unknown,empty-line,rcpt-parameter,command-cr,smtputf8-undeclared,bdat-rset,message-empty,bdat-empty
	null-sender,binarymime-data,8bitmime-message,bdat-octets,quit,greeting,ehlo,status-codes,smtputf8-message
	smtputf8,replies
)

@test "what is wrong is found, and nothing else" {
	start python3 -S "$ROOT/t/conform.py" "$T" right "${WRONG[@]}"
	wait_for 20 grep -q ready "$STARTED_LOG"
	conform --send-messages "unix:$T/0"
	[ "$output" = "" ]
	# the dots arrive as they were meant to go: doubled
	grep -q $'^\.\.x\r$' "$T/mail"
	number=0
	for wrong in "${WRONG[@]}"; do
		conform --send-messages --from me@here.test "unix:$T/$((++number))"
		diff <(tr , '\n' <<<"$wrong" | sed 's/^/no /' | sort) <(grep "^no " <<<"$output" | sort -u) || {
			echo "of $wrong"
			return 1
		}
	done
}

@test "each wrong end of a message is found" {
	ends=('LF . LF' 'LF . CRLF' 'CRLF . LF' 'CR . CR' 'CR . CRLF' 'CRLF . CR' 'LF . CR' 'CRLF . CR CRLF'
		'CRLF blank . CRLF' 'CRLF . blank CRLF' 'bare CR' 'bare LF')
	start python3 -S "$ROOT/t/conform.py" "$T" "${ends[@]}"
	wait_for 20 grep -q ready "$STARTED_LOG"
	number=0
	for end in "${ends[@]}"; do
		conform --send-messages "unix:$T/$((number++))"
		grep -qxF "no smuggling:$end" <<<"$output" || {
			echo "$end: $output"
			return 1
		}
	done
}

@test "a server that says 'later' is wrong in nothing" {
	start python3 -S "$ROOT/t/conform.py" "$T" 'noop?,vrfy?,mail-twice?,size?,postmaster?,unknown?,null-sender?'
	wait_for 20 grep -q ready "$STARTED_LOG"
	conform "unix:$T/0"
	[[ $output != *$'\nno '* && $output != 'no '* ]]
	[[ $output == *'unknown noop'* && $output == *'unknown postmaster'* ]]
	start smtp-sink --at greeting='421 4.7.0 too many connections'
	wait_for 20 test -s "$STARTED_LOG"
	conform "127.0.0.1:$(cat "$STARTED_LOG")"
	[ "$output" = 'unknown connect' ]
	start smtp-sink --at mail='550 5.7.1 blocked using a blocklist'
	wait_for 20 test -s "$STARTED_LOG"
	conform --send-messages "127.0.0.1:$(cat "$STARTED_LOG")"
	[[ $output != *$'\nno '* && $output != 'no '* && $output == *'unknown null-sender'* ]]
}

@test "what has one reason is one line for people: a login is wanted, no message may be sent" {
	start smtp-sink --at mail='530 5.7.0 Authentication required'
	wait_for 20 test -s "$STARTED_LOG"
	COLUMNS=80 run smtp-probe conform --pace 0 -t 20 "127.0.0.1:$(cat "$STARTED_LOG")"
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == *': 19 could not be told; '* ]]
	[[ ${lines[1]} =~ ^COULD\ NOT\ TELL\ \ 19\ alike\ \ at ]]
	# once above, once among the results
	[ "$(grep -c 'it said: 530 5.7.0 Authentication required' <<<"$output")" -eq 1 ]
	[ "$(grep -c 'conform\.rset' <<<"$output")" -eq 2 ]
	[[ $output == *'?    19 could not be told (530 5.7.0 Authentication required): conform.rset,'* ]]
	[[ $output == *' 17 not asked (needs --send-messages): conform.message,'*'conform.smuggling (12)'* ]]
	[[ $output == *'Not asked, needs --to with a domain: Quotes'* ]]
	run smtp-probe conform -v --pace 0 -t 20 "127.0.0.1:$(cat "$STARTED_LOG")"
	[ "$(grep -c 'it said: 530' <<<"$output")" -eq 19 ]
	[[ $output != *alike* && $output != *'17 not asked'* ]]
}

# connections OPTION...: how many a sink with these sees, of which $T/verdicts tells.
connections() {
	start smtp-sink --json "$@"
	wait_for 20 test -s "$STARTED_LOG"
	conform "127.0.0.1:$(head -n 1 "$STARTED_LOG")"
	stop "$STARTED_PID" || true
	connections=$(sed -n 's/.*"connections":\([0-9]*\),.*/\1/p' "$STARTED_LOG")
}

@test "a connection is left before the server has had enough; who does not answer twice in a row is let alone" {
	connections
	[ "$connections" -ge 8 ]
	connections --at 'greeting=421 4.7.0 no@2+'
	[ "$connections" -eq 3 ]
	connections --at 'greeting=421 4.7.0 no@2' --at 'greeting=421 4.7.0 no@4'
	[ "$(grep -c '^unknown ' "$T/verdicts")" -eq 2 ]
}

@test "what is lost behind other checks is asked once more, but no message" {
	connections
	grep '^yes ' "$T/verdicts" >"$T/yes"
	for lost in close '421 4.7.0 too many commands'; do
		connections --at "noop=$lost@2"
		grep '^yes ' "$T/verdicts" | diff "$T/yes" -
	done
	start smtp-sink --at end=close@1
	wait_for 20 test -s "$STARTED_LOG"
	conform --send-messages "127.0.0.1:$(head -n 1 "$STARTED_LOG")"
	[ "$(grep -c '^unknown ' "$T/verdicts")" -eq 1 ]
}

@test "LMTP is not asked for what is not of it" {
	start smtp-sink --lmtp
	wait_for 20 test -s "$STARTED_LOG"
	conform --lmtp "127.0.0.1:$(cat "$STARTED_LOG")"
	for one in postmaster literal-ehlo helo vrfy expn help; do
		grep -qx "fact $one" "$T/verdicts"
	done
	grep -qx 'yes noop' "$T/verdicts"
}

@test "wrong use" {
	run -64 smtp-probe conform --to 'a b' localhost
	run -64 smtp-probe conform --from '<x>' localhost
	run -64 smtp-probe conform
}
