#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe(1) against servers that do each wrong thing at each step (t/probe-hostile.py).

load helper

setup() {
	setup_satchel
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=full.test \
		-keyout "$T/keys.key" -out "$T/keys.crt" 2>/dev/null
}

@test "each wrong thing at each step: never a wrong no, in time, and fit to print" {
	run timeout 280 python3 -S "$ROOT/t/probe-hostile.py" "$T/keys"
	assert_status 0
	[[ $output == *" cases, 0 wrong" ]]
}
