#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # stderr is of bats, too
# qctl(8): bounce, delete, redirect, resubmit and retry; by ids, filters and standard input; the
# question before many, and who is left alone.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
}

teardown() {
	stop_started
}

# Queues a message to RECIPIENT..., from ann@box.test or FROM, and prints its id.
queue() {
	printf 'From: <ann@box.test>\nSubject: x\n\nhello\n' | enqueue -i -f "${FROM-ann@box.test}" "$@"
}

# qctl_says CODE ARGUMENT...: standard output is in output, what is on the other in stderr.
qctl_says() {
	local code=$1
	shift
	run --separate-stderr qctl "$@" </dev/null
	assert_status "$code"
}

@test "bounce: the next pass returns the message, with the reason, and to those who wait alone" {
	a=$(queue joe@gone.test kim@gone.test)
	qctl hold "$a"
	qctl_says 0 bounce --say 'this host moves' -r joe@gone.test --only "$a"
	[ "$output" = "$a to be returned" ]
	[ -f "$SATCHEL_SPOOL/new/$a" ]
	qctl hold "$a"
	pass
	has ann 0
	qctl_says 100 bounce -r joe@gone.test --only "$a"
	qctl_says 0 bounce "$a"
	pass
	pass
	has ann 1
	assert_file_has "$(mailbox ann)" 'this host moves'
	assert_file_has "$(mailbox ann)" 'returned by the postmaster'
	assert_file_has "$(mailbox ann)" 'Final-Recipient: rfc822; kim@gone.test'
	assert_file_has "$(mailbox ann)" 'Status: 5.0.0'
	queue_has 0
	# what its sender had held is not looked at before its time otherwise
	b=$(printf 'Fann@box.test\0H%s\0Tjoe@gone.test\0\0' $(($(date +%s) + 9999)) >"$T/envelope" &&
	    printf 'Subject: x\n\nhello\n' | enqueue 1<"$T/envelope" && ls "$SATCHEL_SPOOL/new")
	qctl bounce "$b"
	pass
	pass
	has ann 2
	# but it is, for the others
	c=$(printf 'Fann@box.test\0H%s\0Tjoe@gone.test\0Tbob@box.test\0\0' $(($(date +%s) + 9999)) >"$T/envelope" &&
	    printf 'Subject: x\n\nhello\n' | enqueue 1<"$T/envelope" && ls "$SATCHEL_SPOOL/new")
	qctl bounce --only -d gone.test "$c"
	pass
	pass
	has bob 0
	qctl delete "$c"
	# killed when it had marked it, it is done when it is asked for again
	d=$(queue joe@gone.test)
	qctl hold "$d"
	at=$(grep -abo '\.- 0000' "$SATCHEL_SPOOL/hold/$d" | cut -d : -f 1)
	printf F | dd of="$SATCHEL_SPOOL/hold/$d" bs=1 seek="$at" conv=notrunc status=none
	qctl_says 0 bounce "$d"
	[ -f "$SATCHEL_SPOOL/new/$d" ]
	# what nobody was told of is no success
	code=0
	qctl hold "$d" >/dev/full || code=$?
	[ "$code" -eq 111 ]
	qctl_says 100 bounce --say $'two\nlines' "$b"
	[[ $stderr == *'one line of UTF-8'* ]]
}

@test "redirect: another address for those who wait, and for one of them what he asked for" {
	a=$(queue joe@gone.test kim@gone.test)
	qctl_says 100 redirect --to nobody "$a"
	qctl_says 0 redirect --to bob@box.test --only -r '*joe@*' "$a"
	[[ $output == "$a redirected as "* ]]
	run qstat -a "$a"
	assert_output_has '<joe@gone.test> delivered'
	assert_output_has "2.0.0 - redirected as ${a:0:4}"
	assert_output_has '<kim@gone.test>'
	qctl_says 0 redirect --to bob@box.test "$a"
	[ ! -e "$SATCHEL_SPOOL/new/$a" ]
	pass
	has bob 2
	queue_has 0
	assert_file_has "$(mailbox bob | head -n 1)" 'Return-Path: <ann@box.test>'
	qctl_says 100 redirect --to bob@box.test "$a"
	[[ $stderr == *'is not in the queue'* ]]
}

@test "resubmit: a new id, all that its submitter said, and what is done stays done" {
	printf 'Fann@box.test\0B8BITMIME\0Vabc\0RHDRS\0P3\0Tjoe@gone.test\0NFAILURE,DELAY\0Orfc822;j@x.test\0Tkim@gone.test\0\0' >"$T/envelope"
	printf 'Subject: x\n\nhello\n' | enqueue 1<"$T/envelope"
	a=$(ls "$SATCHEL_SPOOL/new")
	at=$(grep -abo '\.- 0000' "$SATCHEL_SPOOL/new/$a" | tail -n 1 | cut -d : -f 1)
	printf D | dd of="$SATCHEL_SPOOL/new/$a" bs=1 seek="$at" conv=notrunc status=none
	qctl_says 0 resubmit "$a"
	b=${output##* }
	[ "$output" = "$a resubmitted as $b" ]
	[ "$(ls "$SATCHEL_SPOOL/new")" = "$b" ]
	diff <(printf '%s\n' Fann@box.test B8BITMIME Vabc RHDRS P3 Tjoe@gone.test NFAILURE,DELAY 'Orfc822;j@x.test') \
	    <(head -c 400 "$SATCHEL_SPOOL/new/$b" | sed -n '2,/^O/p' | grep -av '^S')
	# what enqueue does not take stays
	control limits 'message-size: 10'
	qctl_says 100 resubmit "$b"
	[[ $stderr == *"$b is left as it is"* ]]
	[ -f "$SATCHEL_SPOOL/new/$b" ]
}

@test "delete: by filter, by standard input, and of single recipients" {
	a=$(queue joe@one.test kim@two.test)
	b=$(FROM=bob@box.test queue joe@two.test)
	qctl_says 100 delete -d two.test
	[[ $stderr == 'qctl: nobody can be asked whether to delete so many: say -y'* ]]
	qctl_says 0 delete -n -d two.test
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *"$a would be deleted: "*"s old, from <ann@box.test> to <joe@one.test>, <kim@two.test>"* ]]
	qctl_says 0 delete -y --only -d two.test
	[[ $output == *"$a deleted: 1 recipient"* ]]
	[ "$(ls "$SATCHEL_SPOOL/new")" = "$a" ]
	c=$(queue joe@one.test)
	printf '%s and more words\nno id\n\n%s\n' "$a" "$b" >"$T/ids"
	run --separate-stderr qctl delete - <"$T/ids"
	assert_status 100
	[ "$output" = "$a deleted" ]
	[[ $stderr == *"no is no queue id"* ]]
	[[ $stderr == *"$b is not in the spool"* ]]
	qctl_says 0 delete --yes all
	[ "$output" = "$c deleted" ]
	queue_has 0
}

@test "on a terminal it asks before it deletes many, and takes no for no" {
	needs script
	queue joe@one.test
	FROM=bob@box.test queue joe@one.test
	mkfifo "$T/keys"
	for answer in $'n\n' $'\004' $'y\n'; do # ^D, too, is no yes
		rm -f "$T/typescript" # of the answer before
		script -qefc 'qctl delete all' "$T/typescript" <"$T/keys" >/dev/null 2>&1 3>&- &
		asked=$!
		exec 7>"$T/keys"
		wait_for 20 grep -q 'delete 2 messages of 2 senders? \[y/N\]' "$T/typescript"
		printf %s "$answer" >&7
		code=0
		wait "$asked" || code=$?
		exec 7>&-
		if [ "$answer" != $'y\n' ]; then
			[ "$code" -eq 100 ]
			grep -qx $'qctl: nothing was done\r' "$T/typescript"
			queue_has 2
		fi
	done
	[ "$code" -eq 0 ]
	assert_file_has "$T/typescript" '2 messages deleted'
	queue_has 0
}

@test "what is being delivered is waited for, for a while" {
	a=$(queue joe@gone.test)
	start python3 -S -c '
import fcntl, os, struct, sys, time
f = open(sys.argv[1], "r+b")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
open(os.environ["T"] + "/claimed", "w").close()
while not os.path.exists(os.environ["T"] + "/done"): time.sleep(0.01)' "$SATCHEL_SPOOL/new/$a"
	wait_for 20 test -e "$T/claimed"
	qctl_says 111 hold --wait 0 all
	[ "$stderr" = "qctl: $a is being delivered; try again" ]
	qctl hold --wait 60 "$a" >"$T/out" 2>&1 &
	waiting=$!
	: >"$T/done"
	wait "$waiting"
	[ "$(cat "$T/out")" = "$a held" ]
}

@test "retry DOMAIN tries at once, also behind a back-off that let nothing be tried" {
	port=$(free_port)
	control routes "away.test: smtp:127.0.0.1:$port"
	control limits 'retry-minimum: 3000'
	a=$(queue joe@away.test)
	pass
	b=$(queue kim@away.test)
	pass
	# the second was put off without an attempt
	grep -q "delivery id=$b .*tried=no" "$T/log"
	c=$(queue joe@gone.test)
	qctl hold "$c"
	start_sink --port "$port"
	qctl_says 0 retry -n away.test
	[ "${#lines[@]}" -eq 2 ]
	qctl_says 0 retry away.test
	[ "${#lines[@]}" -eq 2 ]
	pass
	queue_has 0
	[ -f "$SATCHEL_SPOOL/hold/$c" ]
	[ -n "$a" ]
}
