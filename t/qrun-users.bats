#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own
# As whom qrun(8) and its workers run.

bats_require_minimum_version 1.5.0
load helper
load qrun

setup() {
	setup_qrun
	FOLDERS=()
}

teardown() {
	stop_started
	if [ "${#FOLDERS[@]}" -gt 0 ]; then
		remove "${FOLDERS[@]}"
	fi
}

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip 'this needs root'
	getent passwd games >/dev/null || skip 'there is no user games'
	getent passwd mail >/dev/null || skip 'there is no user mail'
	needs setpriv
}

# as USER COMMAND...
as() {
	local user=$1
	shift
	setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"
}

# A spool that belongs to games, and programs, in a folder that everybody may enter; hosted mail is
# delivered as nobody.
setup_users() {
	needs_root
	T=$(mktemp -d "${TMPDIR:-/tmp}/satchel-users.XXXXXX")
	FOLDERS+=("$T")
	chmod 755 "$T"
	mkdir "$T/control" "$T/spool" "$T/bin" "$T/mail"
	cp "$BUILD"/bin/* "$T/bin"
	export SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool SATCHEL_BIN=$T/bin
	chown games:games "$T/spool"
	as games "$T/bin/qctl" init
	control me here.test
	: >"$T/control/aliases"
	control mailuser nobody
	control virtual "bob@box.test: $T/mail/bob/"
	chown nobody "$T/mail"
}

# by_games FROM RECIPIENT...: in the queue as the owner of the spool puts it there
by_games() {
	local from=$1
	shift
	printf 'Subject: test\n\ntext\n' | as games "$T/bin/sendmail" -f "$from" "$@"
}

# A folder for mail below the home of the system user mail.
setup_mailbox_of_mail() {
	local home
	home=$(getent passwd mail | cut -d : -f 6)
	[ -d "$home" ] || skip "the user mail has no home"
	BOX=$(mktemp -d "$home/satchel-test.XXXXXX")
	FOLDERS+=("$BOX")
	chown mail:mail "$BOX"
	control mailbox "${BOX##*/}/Maildir/"
}

@test "root: qrun becomes the spool's owner, and each worker whom it delivers for" {
	setup_users
	worker deliver deliver
	worker smtp-send deliver
	control routes 'away.test: smtp:127.0.0.1:9'
	by_games '' mail@here.test
	by_games '' bob@box.test
	by_games '' joe@away.test
	by_games '' postmaster@here.test
	SECRET=x start qrun
	pid=$STARTED_PID
	wait "$pid"
	[ "$(wc -l <"$T/noted/jobs")" -eq 4 ]
	for pair in "mail@here.test mail" "bob@box.test nobody" "joe@away.test games" \
	    "postmaster@here.test games"; do
		file=$T/noted/start.$(worker_of "${pair% *}")
		user=${pair#* }
		uid=$(id -u "$user") gid=$(id -g "$user")
		grep -qx "uid $uid $uid $uid" "$file"
		grep -qx "gid $gid $gid $gid" "$file"
		grep -qx "groups $(id -G "$user" | tr ' ' '\n' | sort -n | paste -sd ' ')" "$file"
		[ "$(grep -c '^fd ' "$file")" -eq 3 ]
		lacks "$file" '^env SECRET='
		grep -qx "env USER=$user" "$file"
		grep -qx "env SATCHEL_SPOOL=$SATCHEL_SPOOL" "$file"
	done
	# another user's worker has no hold on our log
	lacks "$T/noted/start.$(worker_of mail@here.test)" "started\\..*log"
	grep -q "started\\..*log" "$T/noted/start.$(worker_of joe@away.test)"
	queue_has 0
}

@test "root: mail for a system user arrives in his mailbox, and is his" {
	setup_users
	setup_mailbox_of_mail
	by_games '' mail@here.test
	pass
	logged 1 ' to=mail@here.test .*status=sent'
	file=$(find "$BOX/Maildir/new" -type f)
	[ "$(stat -c %U "$file")" = mail ]
	by_games '' bob@box.test
	pass
	[ "$(stat -c %U "$T"/mail/bob/new/*)" = nobody ]
	queue_has 0
}

@test "root: a system user's worker does not learn of other recipients" {
	setup_users
	worker deliver deliver
	by_games '' mail@here.test bob@box.test
	pass
	file=$T/noted/file.$(worker_of mail@here.test)
	assert_file_has "$file" 'Subject: test'
	lacks "$file" 'bob@box.test'
	assert_file_has "$T/noted/file.$(worker_of bob@box.test)" 'Tmail@here.test'
	setup_mailbox_of_mail
	worker deliver deliver
	cp "$BUILD/bin/deliver" "$T/deliver"
	mv "$T/deliver" "$T/bin/deliver"
	by_games '' mail@here.test bob@box.test
	pass
	logged 1 ' to=mail@here.test .*status=sent'
	assert_file_has "$(find "$BOX/Maildir/new" -type f)" 'text'
}

@test "root: a system user's worker sees nothing of other messages that were in a cell" {
	setup_users
	worker deliver deliver
	for name in cells/0000 new/; do
		by_games '' mail@here.test
		file=$(queue_file)
		# what is left behind the message; and a file that was a cell, and is not cut
		echo SECRET >>"$file"
		[ "$name" = new/ ] || mv "$file" "$SATCHEL_SPOOL/$name"
		pass
		logged 1 ' to=mail@here.test .*status=sent'
		file=$T/noted/file.$(worker_of mail@here.test)
		assert_file_has "$file" 'Subject: test'
		lacks "$file" SECRET
		: >"$T/noted/jobs"
	done
}

@test "root: an alias that keeps a copy in a user's own mailbox" {
	setup_users
	setup_mailbox_of_mail
	control aliases 'mail: mail, bob@box.test'
	# a program that is not set-user-ID could not write to the spool for him
	mkdir -p "$T/spool/run/enqueue"
	chown games "$T/spool/run/enqueue"
	start setpriv --reuid=games --regid="$(id -g games)" --clear-groups "$T/bin/enqueue" -w
	wait_for 10 listens_at "$T/spool/run/enqueue/socket"
	by_games '' mail@here.test
	pass
	logged 1 ' to=mail@here.test .*status=sent'
	[ "$(files_in "$BOX/Maildir/new")" -eq 1 ]
}

@test "root: nothing is delivered as uid 0" {
	setup_users
	worker deliver deliver
	control mailuser root
	by_games '' bob@box.test
	by_games '' root@here.test
	pass
	logged 1 'to=bob@box.test .*status=deferred dsn=4.3.0 reply="nothing is delivered as uid 0'
	logged 1 'to=root@here.test .*status=sent'
	grep -qx "uid $(id -u games) $(id -u games) $(id -u games)" \
	    "$T/noted/start.$(worker_of root@here.test)"
	[ "$(wc -l <"$T/noted/jobs")" -eq 1 ]
}

@test "root: what another user's worker writes to standard error is logged as such" {
	setup_users
	worker deliver deliver
	sed -i '1a printf "qrun: delivery id=forged\\\\033[0m\\\\n" >&2' "$T/bin/deliver"
	by_games '' bob@box.test
	pass
	logged 1 '^qrun: worker-said reason="qrun: delivery id=forged\\x1b\[0m"$'
	logged 0 '^qrun: delivery id=forged'
}

@test "root: a signal to the process that was started reaches qrun, once" {
	setup_users
	worker deliver wait "$T/go"
	by_games '' bob@box.test
	start qrun -w
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 job_begun bob@box.test
	# to all at once, as a terminal or a supervisor does; a second later it would be another signal
	kill "$pid" "$(pgrep -P "$pid" -u games)"
	wait_for 10 grep -q '^qrun: stopping' "$log"
	touch "$T/go"
	wait "$pid"
	grep -q 'status=sent' "$log"
	queue_has 0
}

# A process waits, and no signal waits for it.
has_heard() {
	grep -q '^State:[[:space:]]*S' "/proc/$1/status" && grep -q '^ShdPnd:[[:space:]]*0*$' "/proc/$1/status"
}

# qrun -w with a job; it and its root process are told to end, and the latter passes that on late.
told_late() {
	local child
	: >"$T/noted/jobs"
	start qrun -w
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 job_begun bob@box.test
	child=$(pgrep -P "$pid" -u games)
	kill -s STOP "$pid"
	wait_for 10 is_stopped "$pid"
	kill "$pid" "$child"
	wait_for 10 grep -q '^qrun: stopping' "$log"
	sleep 1.1 # no more of the same moment
	kill -s CONT "$pid"
	wait_for 10 has_heard "$pid"
	wait_for 10 has_heard "$child"
}

@test "root: what both processes were told is one signal, however late it is passed on; the next is another" {
	local code=0
	setup_users
	worker deliver wait "$T/go"
	by_games '' bob@box.test
	told_late
	kill "$pid"
	wait "$pid" || code=$?
	[ "$code" -eq 111 ]
	told_late
	touch "$T/go"
	wait "$pid"
	grep -q 'status=sent' "$log"
	queue_has 0
}

@test "root: a worker that lingers is ended" {
	setup_users
	worker deliver hang
	control limits 'delivery-deadline: 1'
	by_games '' mail@here.test
	pass
	logged 1 'reply="the delivery took too long"'
	# who was slow may have been ended before it had noted anything
	for file in "$T"/noted/start.*; do
		[ ! -e "$file" ] || wait_for 5 started_is_gone "${file##*.}"
	done
}

@test "root: without its root process qrun ends" {
	setup_users
	start qrun -w
	pid=$STARTED_PID
	child() { child=$(pgrep -P "$pid"); }
	wait_for 10 child
	child
	kill -s KILL "$pid"
	wait "$pid" || true
	wait_for 10 started_is_gone "$child"
}

@test "another user: hosted mail goes, mail for system users waits and says why" {
	setup_users
	chown games "$T/mail"
	by_games '' bob@box.test
	by_games '' mail@here.test
	QRUN="setpriv --reuid=games --regid=$(id -g games) --clear-groups $T/bin/qrun" pass
	logged 1 'to=bob@box.test .*status=sent'
	logged 1 'to=mail@here.test .*status=deferred dsn=4.3.5 reply="runs as [0-9]*, cannot deliver to mail"'
	queue_has 1
}

@test "another user than the owner: refused in one line" {
	setup_users
	run as nobody "$T/bin/qrun"
	assert_status 111
	[ "${#lines[@]}" -eq 1 ]
	assert_output_has 'qrun: fatal:'
}

# with_joe COMMAND...: joe is a system user then, at home in $T/home
with_joe() {
	unshare -m true 2>/dev/null || skip 'this needs mount namespaces'
	install -d -o 64732 -g 64732 "$T/home"
	{ sed '/^joe:/d' /etc/passwd && echo "joe:x:64732:64732::$T/home:/bin/false"; } >"$T/passwd"
	# shellcheck disable=SC2016
	set -- unshare -m sh -c 'mount --bind "$0" /etc/passwd && exec "$@"' "$T/passwd" "$@"
	start "$@"
}

# A program that waits for a file.
slow() {
	printf '#!/bin/sh\nid -un >>%s/out/%s\nuntil [ -e %s/go ]; do sleep 0.1; done\n' "$T" "$1" "$T" >"$T/$1"
	chmod 755 "$T/$1"
}

@test "root: programs run as programuser or as their user, and slow ones hold up nobody else" {
	setup_users
	getent passwd lp >/dev/null || skip 'there is no user lp'
	mkdir -m 1777 "$T/out"
	slow alias
	slow third
	slow user
	control limits 'deliver-workers: 4'
	control programuser lp
	control aliases "slow: |$T/alias" "third: |$T/third" "fourth: \"|touch $T/out/fourth\"" "quick: \"|id -un >>$T/out/quick\", bob@box.test" \
	    "both: joe, \"|id -un >>$T/out/both\"" "secret: :include:/etc/shadow"
	mkdir -p "$T/spool/run/enqueue"
	chown games "$T/spool/run/enqueue"
	start setpriv --reuid=games --regid="$(id -g games)" --clear-groups "$T/bin/enqueue" -w
	wait_for 20 listens_at "$T/spool/run/enqueue/socket"
	with_joe "$T/bin/qrun" -w
	log=$STARTED_LOG
	install -o 64732 -g 64732 -m 644 /dev/stdin "$T/home/.forward" <<<"|$T/user"
	for _ in 1 2 3; do
		by_games '' slow@here.test slow+x@here.test joe@here.test both@here.test
	done
	wait_for 20 test -s "$T/out/alias" -a -s "$T/out/user"
	by_games '' quick@here.test secret@here.test bob@box.test
	# both are at work still, and what is neither's has come
	wait_for 20 test -s "$T/out/quick" -a -s "$T/out/both"
	arrived() { [ "$(files_in "$T/mail/bob/new")" -eq "$1" ]; }
	wait_for 20 arrived 2
	wait_for 20 grep -q 'to=secret@here.test .*status=deferred dsn=4.3.5 .*Permission denied' "$log"
	# each had one worker, and no more
	[ "$(wc -l <"$T/out/alias")" -eq 1 ]
	[ "$(wc -l <"$T/out/user")" -eq 1 ]
	[ "$(sort -u "$T/out/alias" "$T/out/quick" "$T/out/both")" = lp ]
	[ "$(cat "$T/out/user")" = joe ]
	# with a third all but one worker are busy, and that one is not for programs
	by_games '' third@here.test
	wait_for 20 test -s "$T/out/third"
	by_games '' fourth@here.test
	by_games '' bob@box.test
	wait_for 20 arrived 3
	[ ! -e "$T/out/fourth" ]
	touch "$T/go"
	finished() { [ "$(grep -c 'to="*[^ ]*joe"*@here.test.*status=sent' "$log")" -eq 6 ] && queue_has 1; }
	wait_for 20 finished || { cat "$log"; false; }
	[ "$(sort -u "$T/out/user")" = joe ]
}
