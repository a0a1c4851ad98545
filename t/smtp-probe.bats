#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe(1): what it shows, and that it never says "no" when it could not tell.

load helper
load dns

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

start_sink() {
	OUT=$T/sink.${STARTED_COUNT:-0}
	mkdir "$OUT"
	start python3 -S "$ROOT/t/sink.py" --out "$OUT" "$@"
	wait_for 10 test -s "$STARTED_LOG"
	SINK=$(cat "$STARTED_LOG")
}

probe() {
	run timeout 60 smtp-probe "$@"
}

@test "greeting, time and capabilities" {
	start_sink
	probe "127.0.0.1:$SINK"
	assert_status 0
	[[ ${lines[0]} =~ ^connect\ +127.0.0.1\ \[127.0.0.1\]:$SINK\ +\([0-9]+\.[0-9]{3}\ s\)$ ]]
	[[ ${lines[1]} =~ ^greeting\ +220\ sink.test\ ESMTP\ +\([0-9]+\.[0-9]{3}\ s\)$ ]]
	[[ ${lines[2]} =~ ^EHLO\ +250\ sink.test\ greets\ you\ +\( ]]
	[[ ${lines[4]} =~ ^\ +SIZE\ +1000000$ ]]
	[ "${#lines[@]}" -eq 8 ]
	assert_file_has "$OUT/log" "EHLO here.test"
	assert_file_has "$OUT/log" QUIT
}

@test "a greeting of several lines, HELO where there is no EHLO, another name" {
	start_sink --at 'greeting=220-sink.test\r\n220 welcome' --at "ehlo=502 no"
	probe --helo me.example.org "127.0.0.1:$SINK"
	assert_status 0
	assert_output_has welcome
	[[ ${lines[3]} =~ ^HELO\ +250\ sink.test ]]
	assert_file_has "$OUT/log" "HELO me.example.org"
}

@test "a name, looked up at the server given" {
	start_dns <<-'ZONE'
		mail A 127.0.0.1
	ZONE
	start_sink
	probe -s "127.0.0.1:$DNS_PORT" "mail.example.test:$SINK"
	assert_status 0
	assert_output_has "mail.example.test [127.0.0.1]:$SINK"
	probe -s "127.0.0.1:$DNS_PORT" "missing.example.test:$SINK"
	assert_status 2
	assert_output_has "could not tell: missing.example.test: Host or domain name not found"
}

@test "an IPv6 address" {
	python3 -S -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' || skip "no IPv6 here"
	start_sink --host ::1
	probe "[::1]:$SINK"
	assert_status 0
	assert_output_has "::1 [::1]:$SINK"
}

@test "refused for good is exit code 1" {
	start_sink --at "greeting=554 5.3.2 no mail here"
	probe "127.0.0.1:$SINK"
	assert_status 1
	assert_output_has "554 5.3.2 no mail here"
	start_sink --at "ehlo=550 no" --at "helo=550 no"
	probe "127.0.0.1:$SINK"
	assert_status 1
}

@test "what fails for now, or answers nothing, is exit code 2" {
	for at in "greeting=421 4.3.2 busy" "greeting=450 4.7.1 slow down" greeting=close greeting=garbage \
		greeting=stall ehlo=close "ehlo=421 4.3.2 busy" "ehlo=451 later" ehlo=stall; do
		start_sink --at "$at"
		probe -t 1 "127.0.0.1:$SINK"
		assert_status 2
		assert_output_has "could not tell: "
	done
	probe "127.0.0.1:$(free_port)"
	assert_status 2
	assert_output_has "Connection refused"
}

@test "terminal sequences of a server are shown, not obeyed" {
	start_sink --at $'greeting=220 sink.test \e[31mred'
	probe "127.0.0.1:$SINK"
	assert_status 0
	assert_output_has '\x1b[31mred'
}

@test "vrfy and expn: the verdict for each reply" {
	while IFS='|' read -r reply verdict code; do
		for verb in vrfy expn; do
			start_sink --at "$verb=$reply"
			probe "$verb" "127.0.0.1:$SINK" joe@example.test
			assert_status "$code"
			said=${reply%%\\*}
			[[ ${lines[0]} == $'joe@example.test\t'"$verdict"$'\t'"${said/250-/250 }"* ]]
			[ "${#lines[@]}" -eq 1 ]
		done
	done <<-'TABLE'
		250 2.1.5 Joe <joe@example.test>|yes|0
		250-<joe@example.test>\r\n250 <ann@example.test>|yes|0
		251 2.1.5 will forward|yes|0
		550 5.1.1 no such user|no|1
		553 5.1.3 what is that|no|1
		252 2.5.0 cannot verify|could not tell|2
		550 5.7.1 not for you|could not tell|2
		550 go away|could not tell|2
		502 5.5.1 disabled|could not tell|2
		500 what|could not tell|2
		551 5.7.1 not here|could not tell|2
		450 4.2.0 greylisted|could not tell|2
		421 4.3.2 enough|could not tell|2
	TABLE
}

@test "vrfy: many addresses over one connection, and what comes behind a lost one" {
	start_sink --at "vrfy=250 ok@1" --at "vrfy=550 5.1.1 no@2" --at "vrfy=close@3"
	probe vrfy "127.0.0.1:$SINK" a@example.test b@example.test c@example.test d@example.test
	assert_status 1
	[[ ${lines[0]} == $'a@example.test\tyes\t250 ok' ]]
	[[ ${lines[1]} == $'b@example.test\tno\t550 5.1.1 no' ]]
	[[ ${lines[2]} == $'c@example.test\tcould not tell\t'*closed* ]]
	[[ ${lines[3]} == $'d@example.test\tcould not tell\t'*closed* ]]
	[ "$(cut -d " " -f 1 "$OUT/log" | sort -u)" = 1 ]
}

@test "vrfy: a server that cannot be reached or will not talk is no answer" {
	probe vrfy "127.0.0.1:$(free_port)" a@example.test b@example.test
	assert_status 2
	[ "${#lines[@]}" -eq 2 ]
	start_sink --at "greeting=554 no"
	probe vrfy "127.0.0.1:$SINK" a@example.test
	assert_status 2
	[[ $output == $'a@example.test\tcould not tell\t554 no' ]]
}

@test "an address cannot be a command of its own" {
	for address in $'a\r\nQUIT' $'a\nQUIT' ""; do
		probe vrfy 127.0.0.1:9 "$address"
		assert_status 100
	done
}

@test "satchel's own smtpd" {
	needs smtpd
	cat >"$T/listen.py" <<-'END'
		import os, socket, sys
		s = socket.socket()
		s.bind(("127.0.0.1", 0))
		s.listen(5)
		print(s.getsockname()[1], flush=True)
		os.dup2(s.fileno(), 0)
		os.execvp("smtpd", ["smtpd"])
	END
	start python3 -S "$T/listen.py"
	wait_for 10 test -s "$STARTED_LOG"
	probe "127.0.0.1:$(head -n 1 "$STARTED_LOG")"
	assert_status 0
	assert_output_has PIPELINING
	probe vrfy "127.0.0.1:$(head -n 1 "$STARTED_LOG")" root@example.org
	[[ $output == $'root@example.org\t'* ]]
}

@test "help, version and wrong usage" {
	run smtp-probe --help
	assert_status 0
	run smtp-probe --version
	[ "$output" = "smtp-probe (satchel) 0.1" ]
	for arguments in "" "a b" "vrfy a" "expn" "-t x a" "--nonsense" "a:0" "[::1" "a:99999"; do
		# shellcheck disable=SC2086
		run smtp-probe $arguments
		assert_status 100
	done
}
