#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Prometheus' own promtool looks at what qstat --metrics prints.

load ../helper
load peers

setup() {
	setup_satchel
}

@test "promtool finds nothing to complain of" {
	peer prometheus usr/bin/promtool
	printf 'Subject: x\n\nhello\n' | enqueue -i -f ann@example.org -- joe@example.org sue@example.com >"$T/id"
	run bash -c 'qstat --metrics | "$1" check metrics' - "$PEERS/prometheus/usr/bin/promtool"
	assert_status 0
	[ -z "$output" ]
}
