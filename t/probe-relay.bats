#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe relay: who relays is found, in the form by which he does; nothing is ever sent.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
	control locals here.test
	export TCPREMOTEIP=192.0.2.1
}

teardown() {
	stop_started
}

# relay OPTION... TARGET: results that are not yes, in $output
relay() {
	code=0
	smtp-probe relay --json --pace 0 -t 20 "$@" >"$T/json" || code=$?
	run python3 -SI -c 'import json, sys
for line in sys.stdin:
    for server in json.loads(line)["servers"]:
        for one in server["results"]:
            if one["verdict"] != "yes":
                print(one["verdict"], one.get("about", one["id"]))' <"$T/json"
}

@test "our smtpd relays for nobody" {
	relay --pipe smtpd
	[ "$output" = "" ]
	[ "$code" -eq 0 ]
	[ "$(grep -o '"relay.closed"' "$T/json" | wc -l)" -eq 25 ]
}

@test "our smtpd where everybody may relay: found, and nothing is sent" {
	control relayhosts 0.0.0.0/0
	relay --pipe smtpd
	[ "$code" -eq 1 ]
	[[ $output == *'no plain'* && $output == *'no null sender'* && $output == *'no source route'* ]]
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 0 ]
}

@test "one that takes percent signs, and one that takes any name at home" {
	start python3 -S "$ROOT/t/conform.py" "$T" relay:percent relay:all right
	wait_for 20 grep -q ready "$STARTED_LOG"
	relay --domain here.test "unix:$T/0"
	[ "$output" = $'no percent\nno percent at its domain\nno percent at its address' ]
	relay --domain here.test "unix:$T/1"
	[[ $output == *'no plain'* && $output == *'unknown percent at its domain'* && $output != *'no percent'* ]]
	relay --domain here.test "unix:$T/2"
	[ "$output" = "" ]
}

@test "later is not closed, and not open" {
	start smtp-sink --at rcpt='451 4.7.1 greylisted, come back later'
	wait_for 20 test -s "$STARTED_LOG"
	relay "127.0.0.1:$(cat "$STARTED_LOG")"
	[ "$code" -eq 2 ]
	[[ $output == *'unknown plain'* && $output != *$'\nno '* && $output != 'no '* ]]
	run -64 smtp-probe relay --to nobody localhost
}
