#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe(1): its command line, and what is true of all its commands.

load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

probe() {
	run timeout 60 smtp-probe "$@"
}

@test "help, version and wrong usage" {
	probe --help
	assert_status 0
	probe --version
	[ "$output" = "smtp-probe (satchel) 0.1" ]
	for arguments in "" vrfy "expn --rcpt" "-t x a" "-t 0 a" "--nonsense" "a:0" "[::1" "a:99999" "--tls maybe a" \
		"--pace -1 a" "--pace 1.2345 a" "--connections 0 a" "--source here a" "--proxy 1 a" \
		"--xclient me a" "unix:" "lmtp:unix:" "pipe:" "smtps:" "submission:192.0.2.1" "a@b" "--pipe true a"; do
		# shellcheck disable=SC2086
		probe $arguments
		assert_status 64
		[ "${#lines[@]}" -eq 1 ]
	done
	probe --helo "two words" 127.0.0.1:9
	assert_status 64
}

@test "terminal sequences of a server are shown, not obeyed" {
	probe --pipe 'printf "220 \033[31mred\r\n"; read a; printf "250 \033[0m\r\n"; read a' -v
	assert_output_has '\x1b[31mred'
	[[ $output != *$'\e'* ]]
}

@test "what connects to nothing, and what speaks no SMTP" {
	probe "127.0.0.1:$(free_port)"
	assert_status 69
	assert_output_has refused
	probe "unix:$T/nothing"
	assert_status 69
	probe --pipe 'echo SSH-2.0-here'
	assert_status 76
	probe --pipe 'exit 1'
	assert_status 2
}
