#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# deliver(8), Maildir, Quota and mbox: folders, full mailboxes, locks, what a killed delivery leaves, and what
# hostile users put in the way. Tables of maildirsize are in t/unit/quota.c.
# shellcheck disable=SC2154 # status and output are bats'

load helper

setup() {
	setup_satchel
	cd "$T" || return
	printf 'Subject: hello\n\nHi.\n' >message
	printf 'Subject: hello\r\n\r\nHi.\r\n' >wire
}

teardown() {
	stop_started
	cd / || return
}

# job DESTINATION SENDER FILE ADDRESS[=TARGETS]…
job() {
	run "$BUILD/t/unit/deliver_worker" 1 "$@"
}

# --- Maildir++

@test 'a folder of a Maildir is made with the mark of one, and with the Maildir' {
	deliver ./Maildir/.Lists.dev/ <message
	[ -d Maildir/cur ]
	[ -f Maildir/.Lists.dev/maildirfolder ]
	[ "$(files_in Maildir/.Lists.dev/new)" -eq 1 ]
	deliver ./.maildir/ <message
	[ ! -e .maildir/maildirfolder ] && [ ! -e cur ]
}

@test 'subfolders: an extension that is a folder of the Maildir gets its mail there' {
	mkdir -p joe/{cur,new,tmp} joe/.lists
	control subfolders extension
	job targets: ann@example.org wire "joe+lists@example.org=$T/joe/" "joe+none@example.org=$T/joe/" \
		"joe@example.org=$T/joe/" "joe+..@example.org=$T/joe/" "joe+lists/cur@example.org=$T/joe/"
	[ "$(grep -c 'delivered 2.0.0' <<<"$output")" -eq 5 ]
	[ "$(files_in joe/.lists/new)" -eq 1 ]
	[ "$(files_in joe/new)" -eq 4 ]
	control extensions -
	job targets: ann@example.org wire "joe-lists@example.org=$T/joe/" "joe+lists@example.org=$T/joe/"
	[ "$(files_in joe/.lists/new)" -eq 2 ]
	rm "$SATCHEL_CONTROL/extensions"
	control subfolders none
	job targets: ann@example.org wire "joe+lists@example.org=$T/joe/"
	[ "$(files_in joe/.lists/new)" -eq 2 ]
}

@test 'what the three control files may say' {
	for wrong in 'mboxlocks fcntl fcntl' 'mboxlocks file' 'overquota never' 'subfolders all'; do
		control "${wrong%% *}" "${wrong#* }"
		run deliver ./box <message
		assert_status 111
		assert_output_has "${wrong%% *}: "
		rm "$SATCHEL_CONTROL/${wrong%% *}"
	done
}

@test 'the name has the size, as it is stored and with CRLF, for a large message, too' {
	{
		cat message
		yes 'This line has forty octets, or nearly so' | head -c 3000000
	} >large
	deliver ./Maildir/ <message
	deliver ./Maildir/ <large
	for file in Maildir/new/*; do
		size=$(stat -c %s "$file")
		case $file in *",S=$size,W=$((size + $(wc -l <"$file")))") ;; *) false ;; esac
	done
}

# --- quota

@test 'quota: what a target says goes to maildirsize, what fits is counted, what does not is 4.2.2' {
	job targets: ann@example.org wire "joe@example.org=quota:150S	$T/joe/"
	assert_output_has 'delivered 2.0.0'
	size=$(stat -c %s joe/new/*)
	[ "$(cat joe/maildirsize)" = "$(printf '150S\n0 0\n%s 1' "$size")" ]
	job targets: ann@example.org wire "joe@example.org=quota:150S	$T/joe/"
	assert_output_has "temporary 4.2.2 [maildir:$T/joe/] the mailbox is full: $size octets in 1 messages"
	[ "$(files_in joe/new)" -eq 1 ]
	[ "$(files_in joe/tmp)" -eq 0 ]
	control overquota permanent
	job targets: ann@example.org wire "joe@example.org=quota:150S	$T/joe/"
	assert_output_has 'permanent 5.2.2'
	job targets: ann@example.org wire "joe@example.org=quota:30S	$T/joe/"
	assert_output_has 'permanent 5.2.3'
	# without a target, it is what the file says; 0 ends that
	job targets: ann@example.org wire "joe@example.org=$T/joe/"
	assert_output_has 'permanent 5.2.3'
	job targets: ann@example.org wire "joe@example.org=quota:0	$T/joe/"
	assert_output_has 'delivered 2.0.0'
	job targets: ann@example.org wire "joe@example.org=quota:lots	$T/joe/"
	assert_output_has 'temporary 4.3.5'
}

@test 'quota: folders have that of their Maildir' {
	job targets: ann@example.org wire "joe@example.org=quota:1C	$T/joe/"
	job targets: ann@example.org wire "joe@example.org=quota:1C	$T/joe/.Sub/"
	assert_output_has 'temporary 4.2.2'
	[ ! -e joe/.Sub/maildirsize ]
	echo '-81 -1' >>joe/maildirsize # as a reader does that removes it
	job targets: ann@example.org wire "joe@example.org=quota:1C	$T/joe/.Sub/"
	assert_output_has 'delivered 2.0.0'
	job targets: ann@example.org wire "joe@example.org=$T/joe/"
	assert_output_has 'temporary 4.2.2'
}

@test 'quota: what is counted and does not come to be shown is taken back' {
	mkdir box
	job targets: ann@example.org wire "joe@example.org=quota:1000S	$T/joe/	$T/box"
	assert_output_has 'temporary 4.3.5'
	[ "$(awk 'NR > 1 { octets += $1; count += $2 } END { print octets, count }' joe/maildirsize)" = '0 0' ]
	[ "$(files_in joe/new)" -eq 0 ] && [ "$(files_in joe/tmp)" -eq 0 ]
}

@test 'quota: one full mailbox of a job does not keep the others from theirs' {
	job targets: ann@example.org wire "joe@example.org=quota:1S	$T/joe/" "sue@example.org=$T/sue/" \
		"tom@example.org=quota:1000S	$T/tom/"
	assert_output_has '1/0 permanent 5.2.3'
	assert_output_has '1/1 delivered'
	assert_output_has '1/2 delivered'
}

# --- mbox

@test 'mbox: two deliveries and a reader at once, which deletes: nothing is lost, nothing torn' {
	python3 - <<'PY'
import fcntl, mailbox, os, subprocess, time

def deliver(who):
    return subprocess.Popen(["sh", "-c", "for i in $(seq 15); do printf 'Subject: %s\\n\\nFrom me\\nend\\n' "
        + who + ".$i | deliver ./box || exit; done"])

def read(box):
    """Takes all messages out, under the locks that mail readers keep."""
    found = []
    try:
        box.lock()
    except mailbox.ExternalClashError:
        return found
    try:
        for key in list(box.keys()):
            m = box[key]
            assert m.get_payload() == ">From me\nend\n", m.as_string()
            found.append(m["Subject"])
            box.remove(key)
        box.flush()
    finally:
        box.unlock()
    return found

open("box", "w").close()
writers = [deliver("one"), deliver("two")]
deadline = time.time() + 60
found = []
while any(w.poll() is None for w in writers) and time.time() < deadline:
    found += read(mailbox.mbox("box", create=False))
assert [w.wait() for w in writers] == [0, 0], "a delivery failed"
found += read(mailbox.mbox("box", create=False))
want = sorted("%s.%d" % (w, i) for w in ("one", "two") for i in range(1, 16))
assert sorted(found) == want, (sorted(found), want)
PY
	[ ! -e box.lock ]
}

@test 'mbox: waits for flock; mboxlocks says which locks count' {
	python3 - <<'PY'
import fcntl, os, subprocess
box = open("box", "ab")
fcntl.flock(box, fcntl.LOCK_EX)
child = subprocess.Popen(["deliver", "./box"], stdin=open("message"))
try:
    child.wait(0.3)
    raise SystemExit("did not wait")
except subprocess.TimeoutExpired:
    pass
assert os.path.getsize("box") == 0 and not os.path.exists("box.lock")
open(os.environ["SATCHEL_CONTROL"] + "/mboxlocks", "w").write("fcntl dot\n")
assert subprocess.call(["deliver", "./box"], stdin=open("message"), timeout=20) == 0
fcntl.flock(box, fcntl.LOCK_UN)
assert child.wait(20) == 0
PY
	[ "$(grep -c '^From ' box)" -eq 2 ]
}

is_locked() {
	! flock -n "$1" true
}

@test 'mbox: who waits for a lock keeps no other job waiting, and no longer than its own may last' {
	: >box
	start flock -F box sleep 1000
	lock=$STARTED_PID
	wait_for 20 is_locked box
	# once the first is answered there is no lock: jobs behind it are not in the same boat (each
	# would wait for a second, which is the time there is to take the lock away)
	DEADLINE=1 start "$BUILD/t/unit/deliver_worker" 60 targets: ann@example.org wire "joe@example.org=$T/box"
	wait_for 20 grep -q 'temporary 4.2.0' "$STARTED_LOG"
	stop "$lock" || true
	wait_for 20 started_is_gone "$STARTED_PID"
	grep -q 'delivered 2.0.0' "$STARTED_LOG"
	start flock -F box sleep 1000
	wait_for 20 is_locked box
	SECONDS=0
	DEADLINE=1 job targets: ann@example.org wire {1..60}"@example.org=$T/box"
	[ "$(grep -c 'temporary 4.2.0' <<<"$output")" -eq 60 ] && [ "$SECONDS" -lt 45 ]
}

# left INODE-FILE OFFSET LENGTH SECONDS-AGO BEGIN: the lock of a delivery that was killed.
left() {
	printf 'satchel deliver 1 %s %s %s %s\n%s\n' "$(stat -c %i "$1")" "$2" "$3" "$(($(date +%s) - $4))" "$5" >box.lock
}

@test 'mbox: what a killed delivery left is cut off; what is whole, of others, or changed since stays' {
	begin='From joe@example.org Thu Jan  1 00:00:00 1970'
	printf 'From ann@example.org Thu Jan  1 00:00:00 1970\n\nfirst\n\n' >first
	size=$(stat -c %s first)
	printf '%s\nSubject: half\n\nhal' "$begin" >half

	# part of a message, of its separator, and nothing at all
	for cut in half <(head -c 20 half) /dev/null; do
		cat first "$cut" >box
		left box "$size" 1000 0 "$begin"
		deliver ./box <message
		head -c "$size" box | cmp - first
		[ "$(grep -c '^From ' box)" -eq 2 ]
		[ "$(grep -c '^hal$' box)" -eq 0 ]
		[ ! -e box.lock ]
	done

	keeps() {
		left "$@"
		deliver ./box <message
		[ "$(grep -c '^hal$' box)" -eq 1 ]
		[ ! -e box.lock ]
	}
	cat first half >box
	keeps box "$size" "$(stat -c %s half)" 0 "$begin" # whole: it may have been said so
	cat first half >box
	keeps box "$size" 1000 0 'From eve@example.org Thu Jan  1 00:00:00 1970'
	cat first half >box
	keeps box "$size" 1000 3600 "$begin" # a reader has written to it since
	cat first half >box
	printf '\n\nFrom ann@example.org Thu Jan  1 00:00:00 1970\n\nx\n\n' >>box
	keeps box "$size" 1000 0 "$begin"
	# the lock of another file, or of nobody that we know: as any other lock
	cat first half >box
	left first "$size" 1000 0 "$begin"
	DEADLINE=1 job targets: joe@example.org wire "ann@example.org=$T/box"
	assert_output_has 'temporary 4.2.0'
	cat first half | cmp - box
}

@test 'mbox: killed while it writes, again and again: the next delivery finds whole messages alone' {
	{
		printf 'Subject: big\n\n'
		yes 'From the same line again and again' | head -c 4000000
		echo; echo end
	} >big
	deliver ./box <message
	for _ in $(seq 6); do
		deliver ./box <big &
		pid=$!
		size=$(stat -c %s box)
		wait_for 20 eval "[ \"\$(stat -c %s box)\" -ne $size ] || ! kill -0 $pid 2>/dev/null"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" || true
	done
	deliver ./box <message
	[ ! -e box.lock ]
	python3 - <<'PY'
import mailbox
for m in mailbox.mbox("box"):
    assert m["Subject"] == "hello" or m.get_payload().endswith("\nend\n"), m["Subject"]
PY
}

# --- hostile users

@test 'whatever stands in place of a mailbox, its folders or its lock: nobody waits, nothing is written there' {
	mkdir other full
	echo precious >other/file
	touch full/x
	for what in symlink hardlink fifo socket folder device; do
		mkdir -p "$what" "$what.maildir" "$what.folder"/{cur,new}
		case $what in
		symlink) for at in box box.lock; do ln -s ../other/file "$what/$at"; done
			ln -s ../other "$what.maildir/m"
			ln -s ../../other "$what.folder/tmp" ;;
		hardlink) ln other/file hardlink/box
			: >hardlink.maildir/m
			: >hardlink.folder/tmp ;;
		fifo) mkfifo fifo/box fifo/box.lock fifo.maildir/m fifo.folder/tmp ;;
		socket) for at in socket/box socket.maildir/m socket.folder/tmp; do
			python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$at"
		done ;;
		folder) mkdir -p folder/box folder.maildir/m/x
			: >folder.folder/tmp ;;
		device) [ "$(id -u)" -eq 0 ] || continue
			mknod device/box c 1 3 && mknod device.maildir/m c 1 3 && mknod device.folder/tmp c 1 3 || continue ;;
		esac
		DEADLINE=30 job targets: joe@example.org wire "a@example.org=$T/$what/box" "b@example.org=$T/$what.maildir/m/" \
			"c@example.org=$T/$what.folder/" "d@example.org=$T/good.$what/"
		[ "$(grep -c 'temporary 4.3.5' <<<"$output")" -eq 3 ]
		assert_output_has '1/3 delivered'
	done
	# only the lock is hostile
	mkdir lock1 lock2 lock3
	ln -s ../other/file lock1/box.lock
	mkfifo lock2/box.lock
	mkdir lock3/box.lock
	DEADLINE=1 job targets: joe@example.org wire a@example.org="$T"/lock{1,2,3}/box
	[ "$(grep -c 'temporary 4.2.0' <<<"$output")" -eq 3 ]
	[ "$(ls other)" = file ] && [ "$(cat other/file)" = precious ]
}

@test 'a mailbox that is swapped for a symbolic link while mail comes: none of it goes elsewhere' {
	mkdir -p elsewhere/{cur,new,tmp}
	: >elsewhere/box
	deliver ./m/ <message
	deliver ./box <message
	start python3 -c '
import os
os.symlink("elsewhere", "link.m"); os.symlink("elsewhere/box", "link.box")
while not os.path.exists("stop"):
    for name in "m", "box":
        try:
            os.rename(name, "real." + name); os.rename("link." + name, name)
            os.rename(name, "link." + name); os.rename("real." + name, name)
        except OSError:
            pass
'
	for _ in $(seq 40); do
		deliver ./m/ ./box <message 2>/dev/null || true
	done
	: >stop
	[ "$(files_in elsewhere/new)" -eq 0 ]
	[ "$(files_in elsewhere/tmp)" -eq 0 ]
	[ ! -s elsewhere/box ] && [ ! -e elsewhere/box.lock ]
}
