#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # stderr is of bats, too
# qctl check (qctl(8), spool(5), FAULTS): what it finds, what it repairs, and what it leaves alone.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

queue() {
	printf 'Subject: x\n\nhello\n' | enqueue -i -f ann@example.org joe@example.org
}

# check CODE OPTION...: what it says on standard output is in output
check() {
	local code=$1
	shift
	run --separate-stderr qctl check "$@"
	assert_status "$code"
}

@test "a sound spool: nothing is said but the total" {
	check 0
	[ -z "$output" ]
	[ "$stderr" = 'qctl: 0 messages; 0 found' ]
	a=$(queue)
	b=$(queue)
	qctl hold "$a"
	mkdir -m 700 "$SATCHEL_SPOOL/deferred/001770000000"
	mv "$SATCHEL_SPOOL/new/$b" "$SATCHEL_SPOOL/deferred/001770000000"
	mkdir -m 700 "$SATCHEL_SPOOL/hosts/20000" "$SATCHEL_SPOOL/hold/example.org"
	install -m 600 /dev/null "$SATCHEL_SPOOL/hosts/20000/mx:example.org"
	printf 'S1790000000\n' >"$SATCHEL_SPOOL/hosts/20000/mx:example.org"
	for options in '' --deep --repair '--deep --repair'; do
		# shellcheck disable=SC2086
		check 0 $options
		[ -z "$output" ]
		[[ $stderr == 'qctl: 2 messages; 0 found'* ]]
	done
}

@test "each changed octet of a header, and all other damage, is told of as spoolcheck.py tells of it" {
	python3 -S "$ROOT/t/broken.py" "$SATCHEL_SPOOL" >"$T/broken"
	check 100 --deep
	printf '%s\n' "$output" >"$T/found"
	[ "$(wc -l <"$T/broken")" -eq 114 ]
	# one line for each that is not good, and none for the one that is
	awk '$2 != "good" { print $1 }' "$T/broken" | sort >"$T/bad"
	sed 's,hold/\([^:]*\):.*,\1,' "$T/found" | sort >"$T/named"
	diff "$T/bad" "$T/named"
	assert_file_has "$T/found" 'corrupt: there is no space behind the id in the header'
	assert_file_has "$T/found" 'states: 1 state is not as written, the first that of recipient 1'
	check 100 --repair --deep
	check 100 --deep
	[ "$(printf '%s\n' "$output" | grep -vc '^corrupt/.*: corrupt: it was set aside')" -eq 0 ]
	[ "$(files_in "$SATCHEL_SPOOL/hold")" -eq 3 ]
	[ "$(files_in "$SATCHEL_SPOOL/corrupt")" -eq 111 ]
}

@test "modes, strangers, what is missing, links, sockets and hints" {
	a=$(queue)
	chmod 644 "$SATCHEL_SPOOL/new/$a"
	chmod 755 "$SATCHEL_SPOOL/hold"
	rmdir "$SATCHEL_SPOOL/postmaster/cur"
	mkdir -m 700 "$SATCHEL_SPOOL/run/qrun" "$SATCHEL_SPOOL/hosts/20000"
	python3 -S -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$SATCHEL_SPOOL/run/qrun/socket"
	install -m 600 /dev/null "$SATCHEL_SPOOL/hosts/20000/mx:example.org"
	echo '%' >"$SATCHEL_SPOOL/hosts/20000/mx:example.org"
	printf 'not a record at all, but 32 octet' >"$SATCHEL_SPOOL/finished"
	install -m 600 /dev/null "$SATCHEL_SPOOL/cells/0000"
	truncate -s 8192 "$SATCHEL_SPOOL/cells/0000"
	check 100
	expected="cells/0000
finished: record
hold: mode: its mode is 0755, not 0700; --repair sets the mode
hosts/20000/mx:example.org: hint
new/$a: mode: its mode is 0644
postmaster/cur: missing
run/qrun/socket: deserted"
	while read -r line; do
		case $line in cells*) ;; *) assert_output_has "$line" ;; esac
	done <<<"$expected"
	[ "${#lines[@]}" -eq 6 ]
	check 0 --repair
	[[ $stderr == *'6 found, 6 repaired' ]]
	check 0
	# a message of some size is read as a whole with --deep alone
	b=$({
		printf 'Subject: x\n\n'
		head -c 100000 /dev/zero | tr '\0' 'x' | fold -w 70
	} | enqueue -i -f ann@example.org joe@example.org)
	printf y | dd of="$SATCHEL_SPOOL/new/$b" bs=1 seek=90000 conv=notrunc status=none
	check 0
	check 100 --deep
	[ "$output" = "new/$b: corrupt: the checksum of the message does not fit; --repair moves it to corrupt/" ]
	rm "$SATCHEL_SPOOL/new/$b"
	# what satchel does not know it leaves to a person
	ln -s /etc/passwd "$SATCHEL_SPOOL/new/0123456789abcdefghij"
	touch "$SATCHEL_SPOOL/core" "$SATCHEL_SPOOL/hold/Example"
	mkdir "$SATCHEL_SPOOL/deferred/soon"
	check 100 --repair
	[ "${#lines[@]}" -eq 4 ]
	[[ $output != *removed* ]]
	assert_output_has 'core: stray: nothing of satchel is called so'
	[ -L "$SATCHEL_SPOOL/new/0123456789abcdefghij" ]
}

@test "one id in two places: a second name goes, of two files what was done in either counts" {
	a=$(queue)
	ln "$SATCHEL_SPOOL/new/$a" "$SATCHEL_SPOOL/hold/$a"
	b=$(printf 'Subject: x\n\nhello\n' | enqueue -i -f ann@example.org joe@example.org bob@example.org)
	cp -p "$SATCHEL_SPOOL/new/$b" "$SATCHEL_SPOOL/hold/$b"
	# joe has it by the one, bob by the other
	at=$(grep -abo '\.- 0000' "$SATCHEL_SPOOL/new/$b" | head -n 1 | cut -d : -f 1)
	printf D | dd of="$SATCHEL_SPOOL/new/$b" bs=1 seek="$at" conv=notrunc status=none
	check 100
	assert_output_has "new/$a: twice: the same file stands in hold, too; --repair removes this name"
	assert_output_has "new/$b: twice: it stands in hold, too"
	check 100 --repair
	[ ! -e "$SATCHEL_SPOOL/new/$a" ]
	[ -f "$SATCHEL_SPOOL/hold/$a" ]
	[ "$(find "$SATCHEL_SPOOL" -name "$b" | wc -l)" -eq 2 ]
	[ -f "$SATCHEL_SPOOL/corrupt/$b" ]
	check 100
	[ "${#lines[@]}" -eq 1 ]
	qctl delete "$b"
}

@test "what somebody is at is left alone, and incomplete files for an hour" {
	a=$(queue)
	printf x | dd of="$SATCHEL_SPOOL/new/$a" bs=1 seek=20 conv=notrunc status=none
	start python3 -S -c '
import fcntl, os, struct, sys, time
f = open(sys.argv[1], "r+b")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
open(os.environ["T"] + "/claimed", "w").close()
while not os.path.exists(os.environ["T"] + "/done"): time.sleep(0.01)' "$SATCHEL_SPOOL/new/$a"
	wait_for 20 test -e "$T/claimed"
	check 0 --repair
	[[ $stderr == *"1 of them in somebody's hands and passed over; 0 found"* ]]
	: >"$T/done"
	wait "$STARTED_PID"
	check 100
	assert_output_has "new/$a: corrupt: "
	fresh=$(queue)
	: >"$SATCHEL_SPOOL/new/$fresh"
	: >"$SATCHEL_SPOOL/new/0123456789abcdefghij"
	chmod 600 "$SATCHEL_SPOOL/new/0123456789abcdefghij"
	check 100
	assert_output_has 'new/0123456789abcdefghij: incomplete: its writer died before it was whole; --repair removes it'
	check 100 --repair
	[ ! -e "$SATCHEL_SPOOL/new/0123456789abcdefghij" ]
	[ -e "$SATCHEL_SPOOL/new/$fresh" ]
	[ -e "$SATCHEL_SPOOL/corrupt/$a" ]
}
