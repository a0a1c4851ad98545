#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# t/run counts what it ran, and is not fooled by a test that dies.

load helper

setup() {
	setup_satchel
	mkdir "$T/build"
}

# says NAME LINE…: a test program that prints the lines, then does what $ending says
says() {
	{
		printf 'echo "%s"\n' "${@:2}"
		echo "${ending:-true}"
	} >"$T/$1"
}

run_tests() {
	run env BUILD="$T/build" JOBS=2 TEST_SECONDS="${seconds:-20}" sh "$ROOT/t/run" "$@"
}

last_line_is() {
	[ "${lines[-1]}" = "$1" ] || {
		printf 'expected last: %s\n%s\n' "$1" "$output" >&2
		return 1
	}
}

@test "the last line has the sums; exit code 0 if nothing failed" {
	says one 'ok 1 - a' 'ok 2 - b' '1..2'
	says two '1..1' 'ok 1 c'
	run_tests "$T/one" "$T/two"
	assert_status 0
	last_line_is '3 passed, 0 failed'
}

@test "skipped tests are counted apart, and named" {
	says one '1..2' 'ok 1 a # skip no such tool' 'ok 2 b'
	run_tests "$T/one"
	assert_status 0
	assert_output_has 'skipped: a # skip no such tool'
	last_line_is '1 passed, 0 failed, 1 skipped'
}

@test "a failure shows what the test said" {
	says one '1..2' 'ok 1 a' 'not ok 2 b' '# because of this'
	ending='exit 1'
	run_tests "$T/one"
	assert_status 1
	assert_output_has '# because of this'
	last_line_is '1 passed, 1 failed'
}

@test "a test that dies before its plan or in the midst of it has failed" {
	ending='kill -KILL $$' says one 'ok 1 - a'
	ending='exit 0' says two '1..3' 'ok 1 a'
	run_tests "$T/one" "$T/two"
	assert_status 1
	last_line_is '2 passed, 3 failed'
}

@test "an exit code that no test explains is a failure" {
	ending='exit 3' says one 'ok 1 - a' '1..1'
	run_tests "$T/one"
	assert_status 1
	last_line_is '1 passed, 1 failed'
}

@test "a test that hangs is ended" {
	ending='sleep 60' says one '1..2' 'ok 1 a'
	# on a slow machine it may be ended before its lines, which is no fault
	for seconds in 2 5 10 20; do
		run_tests "$T/one"
		assert_status 1
		[ "${lines[-1]}" != '1 passed, 1 failed' ] || break
	done
	last_line_is '1 passed, 1 failed'
}
