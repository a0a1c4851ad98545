#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# A sample of the crash matrix, t/crash/run, and whether it would find what it looks for.

bats_require_minimum_version 1.5.0
load ../helper

setup() {
	# the checking runtime wants to be loaded before anything that is preloaded
	[ "${SANITIZE-}" != 1 ] || skip "a preloaded shim and sanitizers do not go together"
	setup_satchel
}

teardown() {
	stop_started
}

# Jobs of the matrix pass, and there are some.
holds() {
	run "$ROOT/t/crash/run" "$@"
	assert_status 0
	case ${lines[-1]} in
	0\ passed*) return 1 ;;
	*\ passed,\ 0\ failed) ;;
	*) return 1 ;;
	esac
}

# A build folder in which enqueue is the script on standard input; the real one is enqueue.real.
fake_enqueue() {
	mkdir -p "$T/build/bin"
	ln -s "$SATCHEL_BIN"/* "$T/build/bin"
	mv "$T/build/bin/enqueue" "$T/build/bin/enqueue.real"
	cat >"$T/build/bin/enqueue"
	chmod +x "$T/build/bin/enqueue"
}

@test "enqueue is killed at any call, or any call fails: the sender is told the truth" {
	holds arguments/enqueue/kill arguments/enqueue/eio descriptors/enqueue/kill
}

@test "the disk is full from any moment on: nothing is accepted, nothing half written" {
	holds arguments/enqueue/full frames/enqueue/full frames/enqueue/enospc
}

@test "a worker of the service is killed at any call: the connection ends, the next one is served" {
	holds service/enqueue/kill
}

@test "from DATA to 250: smtpd or enqueue is killed, reads and writes fall short" {
	holds smtpd/smtpd/kill smtpd/enqueue/kill smtpd/smtpd/short
}

@test "qrun and deliver are killed, files fail: the next qrun delivers all" {
	holds qrunbounce/qrun/kill qrunlocal/deliver/full qrunlocal/qrun/short
}

@test "the matrix finds an enqueue that says yes and does nothing" {
	fake_enqueue <<-'FAKE'
		#!/bin/sh
		exec cat >/dev/null
	FAKE
	BUILD=$T/build run "$ROOT/t/crash/run" arguments/enqueue/short
	assert_status 1
	assert_output_has 'was accepted and is lost'
}

@test "the matrix finds an enqueue that says no and delivers" {
	fake_enqueue <<-'FAKE'
		#!/bin/sh
		"$(dirname "$0")/enqueue.real" "$@"
		exit 111
	FAKE
	BUILD=$T/build run "$ROOT/t/crash/run" arguments/enqueue/short
	assert_status 1
	assert_output_has 'was refused and is delivered'
}

@test "the matrix finds a file that spool(5) does not know" {
	fake_enqueue <<-'FAKE'
		#!/bin/sh
		"$(dirname "$0")/enqueue.real" "$@" >/dev/null && printf . | dd bs=1 seek=100 conv=notrunc \
		    of="$(find "$SATCHEL_SPOOL/new" -type f | head -n 1)" 2>/dev/null
	FAKE
	BUILD=$T/build run "$ROOT/t/crash/run" arguments/enqueue/short
	assert_status 1
	assert_output_has 'checksum of the envelope'
}
