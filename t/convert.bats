#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Conversion of messages (lib/mail/convert.h), judged by another program that reads MIME.
load helper

setup() { setup_satchel; }
teardown() { stop_started; }

@test "Python understands the same before and after" {
	run python3 -S "$ROOT/t/convert.py" "$BUILD/t/unit/convert" 150
	assert_status 0
	[[ $output =~ ^"0 failures, "[1-9] ]] || {
		echo "$output" >&2
		return 1
	}
}

@test "what a message needs is found in one look" {
	convert() { printf "$2" | "$BUILD/t/unit/convert" needs | grep -qx "$1"; }
	convert '' 'A: b\r\n\r\nc\r\n'
	convert ' 8bit' 'A: b\r\n\r\n\xe9\r\n'
	convert ' binary' 'A: b\r\n\r\n\n\r\n'
	convert ' binary' 'A: b\r\n\r\nc'
	convert ' 8bit utf8' 'A: \xc3\xa9\r\n\r\n\xe9\r\n'
	convert ' long' "A: b\r\n\r\n$(printf '%0999d' 0)\r\n"
}
