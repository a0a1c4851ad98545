#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016 # a script has variables of its own
# enqueue(8): --key, --expires, --not-before and --explain, and sendmail's -O of the same names.

load helper

setup() {
	setup_satchel
	control limits 'retry-minimum: 1'
	control virtual "joe@box.test: $T/joe/"
}

teardown() {
	stop_started
	[ -z "${SCRATCH-}" ] || rm -rf "$SCRATCH"
}

# by [ARGUMENT…]: one message by enqueue; its id in output.
by() {
	run enqueue -i -f ann@example.org "$@" joe@box.test <<<$'Subject: x\n\nhello'
}

expect_queued() {
	[ "$(files_in "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/deferred")" -eq "$1" ] || {
		echo "queued: $(files_in "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/deferred"), expected $1" >&2
		return 1
	}
}

record() {
	cat "$SATCHEL_SPOOL"/keys/[0-9]*/*
}

@test "the same key is one message: while it waits, when it is deferred, held, delivered, and of any form" {
	by --key 'a key ../../x'
	assert_status 0
	first=$output
	[ "$(record)" = "$first . $(record | cut -d ' ' -f 3)" ]
	expect_queued 1
	by --key 'a key ../../x'
	assert_status 0
	[ "$output" = "$first" ]
	# the other forms, and sendmail
	printf 'Fann@example.org\0Ka key ../../x\0Tjoe@box.test\0\0' >"$T/envelope"
	enqueue 1<"$T/envelope" <<<$'Subject: x\n\nhello'
	run sendmail -v -O 'key=a key ../../x' -f ann@example.org joe@box.test <<<hello
	assert_status 0
	[ "$output" = "sendmail: queued as $first" ]
	expect_queued 1
	qctl hold "$first"
	by --key 'a key ../../x'
	[ "$output" = "$first" ]
	[ "$(record | cut -c 22)" = M ]
	qctl release "$first"
	qrun >"$T/log" 2>&1
	expect_queued 0
	by --key 'a key ../../x'
	[ "$output" = "$first" ]
	expect_queued 0
	[ "$(files_in "$T/joe/new")" -eq 1 ]
	# in no cell, which would be used again
	[ "$(files_in "$SATCHEL_SPOOL"/cells)" -eq 0 ]
}

@test "another key, another user and another content; what a key may be" {
	by --key one
	first=$output
	by --key two
	[ "$output" != "$first" ]
	expect_queued 2
	run enqueue -i --key one -f ann@example.org joe@box.test <<<'another'
	assert_status 0
	[ "${lines[0]}" = "enqueue: another message came by this key before, and stays the only one: $first" ]
	[ "${lines[1]}" = "$first" ]
	by --key "$(printf 'k%.0s' {1..1000})"
	assert_status 0
	expect_queued 3
	for key in '' "$(printf 'k%.0s' {1..1001})" $'a\nb'; do
		by --key "$key"
		assert_status 100
		assert_output_has 'the key'
	done
	printf 'F\0K\0Tjoe@box.test\0\0' >"$T/envelope"
	code=0
	enqueue 1<"$T/envelope" <<<hello || code=$?
	[ "$code" -eq 91 ]
	expect_queued 3
}

@test "a key whose message did not come is free; one whose message was not seen to is found" {
	by --key one
	first=$output
	file=$SATCHEL_SPOOL/new/$first
	cp "$file" "$T/whole"
	# a power cut took the message: absent, empty, torn
	for damage in "rm $file" "truncate -s 0 $file" "truncate -s 200 $file"; do
		$damage
		by --key one
		assert_status 0
		[ "$output" != "$first" ]
		rm "$SATCHEL_SPOOL"/new/*
		file=$SATCHEL_SPOOL/new/$first
		printf '%s . 00000000\n' "$first" >"$(echo "$SATCHEL_SPOOL"/keys/[0-9]*/*)"
		cp "$T/whole" "$file"
		chmod 600 "$file"
	done
	# and what it may leave of the record
	for text in '' 'x' "$(printf '%031d' 0)"; do
		printf '%s' "$text" >"$(echo "$SATCHEL_SPOOL"/keys/[0-9]*/*)"
		rm -f "$SATCHEL_SPOOL"/new/*
		by --key one
		assert_status 0
		[ "$(record | cut -d ' ' -f 1)" = "$output" ]
	done
	# whole, with a record that is not marked: it counts
	by --key one
	[ "$output" = "$(record | cut -d ' ' -f 1)" ]
	expect_queued 1
}

@test "many at once with one key are one message; another key does not wait" {
	start enqueue -w
	wait_for 20 listens_at "$SATCHEL_SPOOL/run/enqueue/socket"
	local pids=()
	for i in 1 2 3 4 5 6 7 8; do
		sendmail -v -O key=one -f ann@example.org joe@box.test <<<"$i" >"$T/said.$i" 3>&- &
		pids+=("$!")
	done
	wait "${pids[@]}"
	[ "$(cat "$T"/said.* | sort -u | grep -c 'queued as')" -eq 1 ]
	[ "$(cat "$T"/said.* | grep -c 'queued as')" -eq 8 ]
	expect_queued 1
}

@test "records are kept for key-lifetime, and then removed" {
	by --key one
	first=$output
	today=$(($(date +%s) / 86400))
	# six days, as the day may end here: seven by then
	mv "$SATCHEL_SPOOL"/keys/[0-9]* "$SATCHEL_SPOOL/keys/$((today - 6))"
	by --key one
	[ "$output" = "$first" ]
	mkdir "$SATCHEL_SPOOL/keys/$((today - 9))" "$SATCHEL_SPOOL/keys/$((today + 5))"
	cp "$SATCHEL_SPOOL/keys/$((today - 6))"/* "$SATCHEL_SPOOL/keys/$((today - 9))"
	qrun >"$T/log" 2>&1
	[ "$(cd "$SATCHEL_SPOOL/keys" && echo *)" = "$((today - 6)) lock" ]
	mv "$SATCHEL_SPOOL"/keys/[0-9]* "$SATCHEL_SPOOL/keys/$((today - 8))"
	by --key one
	[ "$output" != "$first" ]
}

@test "--not-before and --expires: what waits, what goes, what comes back" {
	by --not-before 1h --expires 2h
	assert_status 0
	qrun --now >"$T/log" 2>&1
	expect_queued 1
	run qstat "$output"
	assert_output_has 'expires 20'
	assert_output_has 'held until 20'
	qctl retry "${output%% *}"
	qrun >"$T/log" 2>&1
	expect_queued 0
	[ "$(files_in "$T/joe/new")" -eq 1 ]
	# a first attempt that comes too late is none
	control virtual "joe@box.test: $T/joe/" "ann@example.org: $T/ann/"
	printf 'Fann@example.org\0X1000000000\0Tjoe@box.test\0\0' >"$T/envelope"
	enqueue 1<"$T/envelope" <<<$'Subject: late\n\nhello'
	qrun >"$T/log" 2>&1
	qrun >>"$T/log" 2>&1
	assert_file_has "$T/log" 'status=failed dsn=5.4.7 reply="it expired, as its sender wanted, before it was delivered"'
	[ "$(files_in "$T/joe/new")" -eq 1 ]
	grep -rq '^Status: 5.4.7' "$T/ann/new"
	# and one that is put off comes back when its time is over, not when it is tried again
	control virtual "joe@box.test: |exit 111" "ann@example.org: $T/ann/"
	control limits 'retry-minimum: 3600'
	put_off() { # not if its time was over before
		by --expires 3s
		qrun >"$T/log" 2>&1
		expect_queued 1
	}
	wait_for 20 put_off
	later() { qrun >>"$T/log" 2>&1 && expect_queued 0; }
	wait_for 20 later
	assert_file_has "$T/log" 'dsn=5.4.7'
}

@test "--explain: the way of each, as anybody; nothing is queued" {
	control aliases 'root: joe@example.org'
	control routes 'example.org: smtp:127.0.0.1:1'
	run enqueue --explain root joe@box.test
	assert_status 0
	assert_output_has 'aliases:1        root: joe@example.org - an alias'
	assert_output_has '=>             smtp:127.0.0.1:1'
	run enqueue --explain joe@box.test nobody.such@here.test
	assert_status 100
	assert_output_has 'virtual'
	run enqueue --explain
	assert_status 100
	expect_queued 0
	[ "$(id -u)" -eq 0 ] && [ "${SANITIZE-}" != 1 ] || return 0
	needs cc setpriv
	SCRATCH=$(mktemp -d /tmp/satchel.XXXXXX)
	chmod 755 "$SCRATCH"
	mkdir "$SCRATCH/control"
	echo real.test >"$SCRATCH/control/me"
	printf '#!/bin/sh\nid -u; id -ru; echo "$SATCHEL_CONTROL $*"; exit 3\n' >"$SCRATCH/mailconf"
	chmod 755 "$SCRATCH/mailconf"
	(cd "$ROOT" && cc -std=c17 -O1 -D_GNU_SOURCE -Ilib -DSATCHEL_SBIN="\"$SCRATCH\"" \
	    -DSATCHEL_CONTROL_DIR="\"$SCRATCH/control\"" -DSATCHEL_SPOOL_DIR="\"$SCRATCH/spool\"" \
	    -o "$SCRATCH/enqueue" bin/enqueue/*.c lib/spool/spool.c lib/conf/control.c lib/base/helper.c \
	    "$BUILD/libsatchel.a" -lcdb -lmd)
	chown nobody "$SCRATCH/enqueue"
	chmod 4755 "$SCRATCH/enqueue"
	run setpriv --reuid=12345 --regid=12345 --clear-groups "$SCRATCH/enqueue" --explain -- -x@example.org
	assert_status 3
	[ "$output" = $'12345\n12345\n route -f 12345@real.test -- -x@example.org' ]
}

@test "wrong values are usage errors that say what is right" {
	for arguments in '--expires 2x' '--expires 2020-01-01' '--not-before 25:00' \
	    '--not-before 2h --expires 1h' '--explain --key x' '--quota -i'; do
		# shellcheck disable=SC2086
		run enqueue $arguments joe@box.test </dev/null
		assert_status 100
		assert_output_has 'enqueue --help'
	done
	run sendmail -O expires=2x joe@box.test <<<hello
	assert_status 64
	assert_output_has 'write 2h, 90s'
	run sendmail -O key joe@box.test <<<hello
	assert_status 64
	ENQUEUE=enqueue run sendmail -O key=x joe@box.test <<<hello
	assert_status 78
	expect_queued 0
}
