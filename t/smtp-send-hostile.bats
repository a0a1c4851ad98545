#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send(8) against servers that do each wrong thing at each step (t/smtp-send-hostile.py).

load helper

setup() {
	setup_satchel
}

@test "each wrong thing at each step: the right outcome, in time, once, and fit to print" {
	run timeout 280 python3 -S "$ROOT/t/smtp-send-hostile.py"
	assert_status 0
	[[ $output == *" cases, 0 wrong" ]]
}
