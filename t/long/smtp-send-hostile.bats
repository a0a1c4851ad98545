#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What t/smtp-send-hostile.bats does, in every mode of the protocol. (It takes a minute, and CI runs it: t/run
# t/long/smtp-send-hostile.bats.)

load ../helper

setup() {
	setup_satchel
}

@test "each wrong thing at each step, in every mode" {
	run timeout 400 python3 "$ROOT/t/smtp-send-hostile.py" long
	assert_status 0
	[[ $output == *" cases, 0 wrong" ]]
}
