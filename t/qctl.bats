#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test may have a spool of its own
# qctl(8): making a spool, and what is done to messages.

load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
	if [ -n "${SCRATCH-}" ]; then remove "$SCRATCH"; fi
}

# Queues a message and prints its id.
queue() {
	printf 'Subject: x\n\nhello\n' | enqueue -i -f ann@example.org joe@example.org
}

# Holds the lock of a message as one who works on it does, until $T/done is there.
claim() {
	start python3 -S -c '
import fcntl, os, struct, sys, time
f = open(sys.argv[1], "r+b")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
open(os.environ["T"] + "/claimed", "w").close()
while not os.path.exists(os.environ["T"] + "/done"): time.sleep(0.01)' "$1"
	wait_for 10 test -e "$T/claimed"
}

@test "--help and --version; wrong usage is 100" {
	run qctl --help
	assert_status 0
	assert_output_has 'usage: qctl'
	run qctl --version
	[ "$output" = 'qctl (satchel) 0.1' ]
	for arguments in '' nothing --nothing hold 'delete all' 'init x' 'init -x' 'redirect all' 'delete --only all'; do
		# shellcheck disable=SC2086
		run qctl $arguments
		assert_status 100
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "init makes a spool, says so, and changes nothing the second time" {
	rm -r "$SATCHEL_SPOOL"
	umask 000
	run qctl init
	assert_status 0
	assert_output_has "made $SATCHEL_SPOOL/new"
	assert_output_has "$SATCHEL_SPOOL belongs to uid $(id -u)"
	for folder in new deferred hold corrupt hosts postmaster postmaster/new postmaster/cur postmaster/tmp; do
		[ "$(stat -c '%a %F %u' "$SATCHEL_SPOOL/$folder")" = "700 directory $(id -u)" ]
	done
	[ "$(stat -c '%a %F' "$SATCHEL_SPOOL/run")" = '755 directory' ]
	[ "$(stat -c '%a %F' "$SATCHEL_SPOOL/trigger")" = '600 fifo' ]
	[ "$(stat -c '%a' "$SATCHEL_SPOOL")" = 755 ]
	id=$(queue)
	run qctl init
	assert_status 0
	assert_output_has 'nothing is missing'
	[ -f "$SATCHEL_SPOOL/new/$id" ]
	rmdir "$SATCHEL_SPOOL/hold" "$SATCHEL_SPOOL/postmaster/cur"
	run qctl init
	[ "${#lines[@]}" -eq 3 ]
	umask 077
	rm -r "$SATCHEL_SPOOL"
	qctl init
	[ "$(stat -c '%a' "$SATCHEL_SPOOL" "$SATCHEL_SPOOL/run" | uniq)" = 755 ]
}

@test "init says what is in the way" {
	rm -r "$SATCHEL_SPOOL/new"
	ln -s /tmp "$SATCHEL_SPOOL/new"
	run qctl init
	assert_status 100
	assert_output_has 'is in the way'
	rm -r "$SATCHEL_SPOOL"
	echo x >"$SATCHEL_SPOOL"
	run qctl init
	assert_status 100
	SATCHEL_SPOOL=$T/no/spool run qctl init
	assert_status 100
	assert_output_has 'folder above'
	run qctl init -u no-such-user
	assert_status 100
	[ "${#lines[@]}" -eq 1 ]
}

@test "init as root makes it for another, who can't lead it astray" {
	[ "$(id -u)" -eq 0 ] || skip 'not root'
	SCRATCH=$(mktemp -d /tmp/satchel.XXXXXX)
	chmod 755 "$SCRATCH"
	export SATCHEL_SPOOL=$SCRATCH/spool
	qctl init -u nobody
	[ "$(find "$SATCHEL_SPOOL" ! -user nobody | wc -l)" -eq 0 ]
	# the present owner is kept
	rmdir "$SATCHEL_SPOOL/hold"
	qctl init
	[ "$(stat -c %U "$SATCHEL_SPOOL/hold")" = nobody ]
	run qctl init -u root
	assert_status 100
	[ "$(find "$SATCHEL_SPOOL" ! -user nobody | wc -l)" -eq 0 ]
	# a link that the owner made leads no further than he himself could go
	rm -r "$SATCHEL_SPOOL/postmaster"
	mkdir "$SCRATCH/private"
	ln -s "$SCRATCH/private" "$SATCHEL_SPOOL/postmaster"
	run qctl init
	[ "$status" -ne 0 ]
	[ -z "$(ls "$SCRATCH/private")" ]
	rm -r "$SATCHEL_SPOOL"
	mkdir "$SATCHEL_SPOOL"
	qctl init -u nobody
	[ "$(stat -c %U "$SATCHEL_SPOOL")" = nobody ]
	run qctl hold all
	assert_status 0
	run setpriv --reuid=12345 --regid=12345 --clear-groups "$SATCHEL_BIN/qctl" hold all
	[ "$status" -ne 0 ]
}

@test "init as root wants a user for the usual place" {
	[ "$(id -u)" -eq 0 ] || skip 'not root'
	! id satchel 2>/dev/null || skip 'there is a user satchel'
	[ ! -e /var/spool/satchel ] || skip 'there is a spool'
	run env -u SATCHEL_SPOOL qctl init
	assert_status 100
	assert_output_has 'useradd'
}

@test "hold, release, retry, delete" {
	a=$(queue)
	b=$(queue)
	run qctl hold "$a"
	assert_status 0
	[ "$output" = "$a held" ]
	[ -f "$SATCHEL_SPOOL/hold/$a" ]
	[ ! -e "$SATCHEL_SPOOL/new/$a" ]
	[ -f "$SATCHEL_SPOOL/new/$b" ]
	run qctl hold "$a"
	assert_status 100
	assert_output_has 'is not waiting'
	run qctl release "$a"
	[ "$output" = "$a released" ]
	mkdir -m 700 "$SATCHEL_SPOOL/deferred/001770000000"
	mv "$SATCHEL_SPOOL/new/$a" "$SATCHEL_SPOOL/deferred/001770000000"
	run qctl retry "$a"
	[ "$output" = "$a to be tried now" ]
	[ -f "$SATCHEL_SPOOL/new/$a" ]
	mv "$SATCHEL_SPOOL/new/$a" "$SATCHEL_SPOOL/deferred/001770000000"
	run qctl hold all
	assert_status 0
	[ "${#lines[@]}" -eq 2 ]
	[ "$(files_in "$SATCHEL_SPOOL/hold")" -eq 2 ]
	qctl release all
	qctl retry all
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 2 ]
	run qctl delete "$a" 0123456789abcdefghij ../../etc "$b"
	assert_status 100
	assert_output_has "$b deleted"
	assert_output_has '../../etc is no queue id'
	[ "$(find "$SATCHEL_SPOOL" -type f)" = "$SATCHEL_SPOOL/finished" ]
}

@test "a message that is being delivered is left alone" {
	a=$(queue)
	b=$(queue)
	claim "$SATCHEL_SPOOL/new/$a"
	run qctl delete --wait 0 "$a"
	assert_status 111
	assert_output_has 'is being delivered'
	run qctl hold --wait 0 all
	assert_status 111
	assert_output_has "$b held"
	[ -f "$SATCHEL_SPOOL/new/$a" ]
	: >"$T/done"
	wait "$STARTED_PID"
	qctl hold "$a"
}

@test "damaged messages can be deleted where qrun has put them, and only there" {
	a=$(queue)
	printf x | dd of="$SATCHEL_SPOOL/new/$a" bs=1 seek=20 conv=notrunc status=none
	run qctl hold "$a"
	assert_status 100
	assert_output_has 'not a complete message'
	mv "$SATCHEL_SPOOL/new/$a" "$SATCHEL_SPOOL/corrupt"
	run qctl delete "$a"
	assert_status 0
	[ "$(find "$SATCHEL_SPOOL" -type f)" = "$SATCHEL_SPOOL/finished" ]
}

@test "release and retry wake who waits at the trigger" {
	a=$(queue)
	mkdir "$SATCHEL_SPOOL/deferred/000000000001"
	for verb in release retry; do
		case $verb in
		release) qctl hold "$a" ;;
		retry) mv "$SATCHEL_SPOOL/new/$a" "$SATCHEL_SPOOL/deferred/000000000001" ;;
		esac
		# opened for both, it does not end when a writer goes
		start bash -c 'exec 9<>"$1" && echo ready && head -c 1 <&9' wait "$SATCHEL_SPOOL/trigger"
		wait_for 10 grep -q ready "$STARTED_LOG"
		qctl "$verb" "$a"
		wait_for 10 started_is_gone "$STARTED_PID"
	done
}

@test "no spool: what to do is said" {
	rm -r "$SATCHEL_SPOOL"
	run qctl hold all
	assert_status 100
	assert_output_has 'qctl init'
}
