#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031,SC2154 # each test has its own; stderr is of bats
# qctl export and import (qctl(8)): a queue goes from one spool to another, and no message twice.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
	OTHER=$T/other
	SATCHEL_SPOOL=$OTHER qctl init >"$T/init.log"
}

teardown() {
	stop_started
}

queue() {
	printf 'From: <ann@box.test>\nSubject: x\n\nhello\n' | enqueue -i -f ann@box.test "$@"
}

other() {
	SATCHEL_SPOOL=$OTHER "$@"
}

# Where the messages of a spool stand: standing SPOOL
standing() {
	(cd "$1" && find new cells deferred hold corrupt -type f | sort)
}

@test "a queue moves through a pipe, and is gone here when it is there" {
	a=$(queue joe@gone.test)
	b=$(queue bob@box.test joe@box.test)
	c=$(queue joe@gone.test)
	at=$(grep -abo '\.- 0000' "$SATCHEL_SPOOL/new/$b" | head -n 1 | cut -d : -f 1)
	printf D | dd of="$SATCHEL_SPOOL/new/$b" bs=1 seek="$at" conv=notrunc status=none
	mkdir -m 700 "$SATCHEL_SPOOL/deferred/009770000000" "$SATCHEL_SPOOL/hold/gone.test"
	mv "$SATCHEL_SPOOL/new/$a" "$SATCHEL_SPOOL/deferred/009770000000"
	mv "$SATCHEL_SPOOL/new/$c" "$SATCHEL_SPOOL/hold/gone.test"
	(cd "$SATCHEL_SPOOL" && sha256sum "new/$b" "deferred/009770000000/$a" "hold/gone.test/$c") >"$T/sums"
	qctl export --copy all >"$T/copy" 2>"$T/log"
	[ "$(cat "$T/log")" = 'qctl: 3 messages exported' ]
	[ -f "$SATCHEL_SPOOL/new/$b" ]
	qctl export all 2>"$T/log" | other qctl import 2>>"$T/log" | qctl delete - >"$T/deleted"
	[ "$(wc -l <"$T/deleted")" -eq 3 ]
	[ "$(standing "$SATCHEL_SPOOL")" = '' ]
	[ "$(standing "$OTHER")" = "$(printf 'hold/%s\n' "$a" "$b" "$c")" ]
	other qctl check --deep
	# as they were; what is there already stays
	other qctl delete "$a" "$b" "$c"
	other qctl import --restore <"$T/copy" >"$T/imported"
	(cd "$OTHER" && sha256sum -c "$T/sums")
	run --separate-stderr other qctl import <"$T/copy"
	assert_status 0
	[[ $output == *"$a is there already"* ]]
	[[ $stderr == *'0 messages imported, 3 there already' ]]
	# who was done stays done
	export SATCHEL_SPOOL=$OTHER
	pass
	has bob 0
	has joe 1
}

@test "export puts on hold what it has written, and leaves out what is being delivered or damaged" {
	a=$(queue joe@gone.test)
	b=$(queue joe@gone.test)
	c=$(queue kim@else.test)
	printf x | dd of="$SATCHEL_SPOOL/new/$b" bs=1 seek=20 conv=notrunc status=none
	run --separate-stderr qctl export -d gone.test
	assert_status 0
	[[ $stderr == *'1 message exported, and held here'* ]]
	[ -f "$SATCHEL_SPOOL/hold/$a" ]
	[ -f "$SATCHEL_SPOOL/new/$c" ]
	qctl export "$b" 2>"$T/log" >"$T/stream" || code=$?
	[ "$code" -eq 100 ]
	assert_file_has "$T/log" "$b is not a complete message"
	head -n 1 "$T/stream" | grep -Eq '^satchel-queue1 [0-9]+ [0-9a-f]{32}\.[0-9]+$'
	grep -q '^E 0 ' "$T/stream"
	printf '%s\n' "$c" | qctl export - >"$T/stream"
	grep -q '^M .* new$' "$T/stream"
	run qctl export
	assert_status 100
	run script -qec 'qctl export all' /dev/null </dev/null
	assert_output_has 'export writes messages to standard output'
}

@test "import takes no stream that is cut or changed, and no message that is none" {
	a=$(queue joe@gone.test)
	b=$(queue joe@gone.test)
	qctl export --copy "$a" "$b" >"$T/stream"
	size=$(stat -c %s "$T/stream")
	for cut in 0 10 100 $((size / 2 - 20)) $((size - 1)); do
		head -c "$cut" "$T/stream" >"$T/cut"
		code=0
		other qctl import <"$T/cut" >"$T/out" 2>"$T/err" || code=$?
		[ "$code" -eq 111 ]
		assert_file_has "$T/err" 'the messages end too soon'
	done
	# all came whole but the last line, so they are there
	[ "$(wc -l <"$T/out")" -eq 2 ]
	other qctl delete "$a" "$b"
	# of two streams the second would be passed over
	cat "$T/stream" "$T/stream" >"$T/cut"
	run other qctl import <"$T/cut"
	assert_status 100
	assert_output_has 'something stands behind the last line'
	assert_output_has "$b imported"
	other qctl delete "$a" "$b"
	printf 'satchel-queue1 1790000000 %0100d\nE 0 00000000\n' 7 >"$T/cut"
	run other qctl import <"$T/cut"
	assert_status 100
	assert_output_has "this is no queue that 'qctl export' wrote"
	sed 's/hello/hallo/' "$T/stream" >"$T/changed"
	run other qctl import <"$T/changed"
	assert_status 100
	assert_output_has 'the checksum behind a message does not fit'
	run other qctl import <"$ROOT/Makefile"
	assert_status 100
	assert_output_has "this is no queue that 'qctl export' wrote"
	# all sums of the stream are right, and the message is not
	python3 -S - "$ROOT" "$T/forged" <<'EOF2'
import sys
sys.dont_write_bytecode = True
sys.path[:0] = [sys.argv[1] + "/t"]
sys.argv[1:] = sys.argv[2:]
import broken
broken.spoolcheck.sums = broken.Sums
out = b"satchel-queue1 1790000000 elsewhere\n"
lines = out
other = broken.spoolcheck.message_file(broken.spoolcheck.make_id(), b"ann@example.org", [b"joe@example.org"], broken.TEXT)
count = 0
for what, breaks in list(broken.cases())[60:] + [("behind it", lambda data: data + b"x"), ("other id", lambda data: other)]:
    text = b"Subject: x\r\n\r\nhel\nlo\r\n" if what == "bare LF" else broken.TEXT
    id = broken.spoolcheck.make_id()
    data = breaks(broken.spoolcheck.message_file(id, b"ann@example.org", [b"joe@example.org"], text))
    head = b"M %s %d new\n" % (id.encode(), len(data))
    end = b"C %08x\n" % broken.crc32c(head + data)
    out, lines, count = out + head + data + end, lines + head + end, count + 1
# one that is good comes twice: it is there once, and nobody hears that before it is
id = broken.spoolcheck.make_id()
data = broken.spoolcheck.message_file(id, b"ann@example.org", [b"joe@example.org"], broken.TEXT)
for place in (b"new", b"hold"):
    head = b"M %s %d %s\n" % (id.encode(), len(data), place)
    end = b"C %08x\n" % broken.crc32c(head + data)
    out, lines, count = out + head + data + end, lines + head + end, count + 1
open(sys.argv[1], "wb").write(out + b"E %d %08x\n" % (count, broken.crc32c(lines)))
EOF2
	code=0
	other qctl import --restore <"$T/forged" >"$T/out" 2>"$T/err" || code=$?
	[ "$code" -eq 100 ]
	[ "$(cut -d ' ' -f 2- <"$T/out")" = $'imported\nimported\nis there already' ]
	[ "$(grep -c 'is not taken: ' "$T/err")" -eq 55 ]
	[ "$(standing "$OTHER" | grep -c '^new/')" -eq 2 ]
	[ "$(standing "$OTHER" | wc -l)" -eq 2 ]
	other qctl check --deep
}

@test "more than are made durable at once, and each only when it is" {
	local id
	needs strace
	[ -x "$BUILD/t/bench/fill" ] || missing_peer 'make tools'
	"$BUILD/t/bench/fill" new 150
	qctl export --copy all >"$T/stream" 2>"$T/log"
	other qctl import <"$T/stream" >"$T/out" 2>"$T/log"
	qstat -q | sort | sed 's/$/ imported/' | diff - <(sort "$T/out")
	[ "$(standing "$OTHER" | grep -c '^hold/')" -eq 150 ]
	other qctl check --deep
	# one by itself, and several: contents, then names, then what is said of them
	for count in 1 3; do
		other qctl delete -y all >"$T/log"
		qstat -q | head -n "$count" | qctl export --copy - >"$T/stream" 2>"$T/log"
		ASAN_OPTIONS=detect_leaks=0 other strace -o "$T/trace" -e trace=fsync,syncfs,linkat,write qctl import <"$T/stream" >"$T/out"
		sed -nE 's/^(fsync\(|syncfs|linkat|write\(1,).*/\1/p' "$T/trace" | tr '\n' ' ' >"$T/order.$count"
	done
	[ "$(cat "$T/order.1")" = 'syncfs fsync( linkat fsync( write(1, ' ]
	[ "$(cat "$T/order.3")" = 'syncfs syncfs linkat linkat linkat syncfs write(1, ' ]
}

@test "what is restored does not wait for the next pass" {
	id=$(queue joe@gone.test)
	qctl export --copy "$id" >"$T/stream"
	exec 9<>"$OTHER/trigger"
	other qctl import <"$T/stream"
	run ! read -t 0 -n 1 -u 9
	other qctl delete "$id"
	other qctl import --restore <"$T/stream"
	read -t 5 -n 1 -u 9
}

@test "a queue does not move from a spool to itself, where it would be deleted" {
	a=$(queue joe@gone.test)
	b=$(queue joe@gone.test)
	qctl export all 2>"$T/log" | qctl import 2>"$T/err" | qctl delete - >"$T/deleted" 2>&1 || true
	assert_file_has "$T/err" "these messages are of this very spool, $SATCHEL_SPOOL, so nothing is imported"
	[ "$(standing "$SATCHEL_SPOOL")" = "$(printf 'hold/%s\n' "$a" "$b")" ]
	# what is gone may be put back, and nothing on standard output says that it may be deleted
	qctl export all >"$T/stream" 2>"$T/log"
	qctl delete "$a"
	run --separate-stderr qctl import --restore <"$T/stream"
	assert_status 0
	[ "$output" = '' ]
	[[ $stderr == *"$b is there already"*"$a imported"*'1 message imported, 1 there already' ]]
	[ "$(standing "$SATCHEL_SPOOL")" = "$(printf 'hold/%s\n' "$a" "$b")" ]
	qctl check
	# a copy of the spool is another
	cp -a "$SATCHEL_SPOOL" "$T/copy"
	rm "$T/copy/hold/$b"
	run --separate-stderr env SATCHEL_SPOOL="$T/copy" qctl import <"$T/stream"
	assert_status 0
	[ "$output" = "$(printf '%s is there already\n%s imported' "$a" "$b")" ]
	rm "$T/copy/identity"
	: >"$T/copy/identity"
	run env SATCHEL_SPOOL="$T/copy" qctl check
	assert_status 100
	assert_output_has 'identity: stray: it is no symbolic link'
	# what is not of its kind stops it, and is told of
	ln -nsf x "$SATCHEL_SPOOL/identity"
	run qctl export all </dev/null
	assert_status 100
	assert_output_has "identity is not what 'qctl export' makes"
}
