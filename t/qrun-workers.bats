#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2030,SC2031 # each test is a subshell of its own
# qrun(8) and its workers: those that take their time, die, or were turned against it; and as whom
# they run.

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
		rm -rf "${FOLDERS[@]}"
	fi
}

# The pid of the worker that has the job with RECIPIENT.
worker_of() {
	awk -F '\t' -v to="$1" '$3 == to { print $1 }' "$T/noted/jobs" | tail -n 1
}

job_begun() {
	[ -n "$(worker_of "$1")" ]
}

# has_gone PID
has_gone() {
	! kill -0 "$1" 2>/dev/null
}

@test "a worker inherits its socket, standard output and error, and nothing else" {
	worker deliver deliver
	worker smtp-send deliver
	control routes 'away.test: smtp:127.0.0.1:9'
	submit ann@box.test bob@box.test
	submit ann@box.test joe@away.test
	exec 9<"$T/control/me"
	pass
	exec 9<&-
	[ "$(wc -l <"$T/noted/jobs")" -eq 2 ]
	for file in "$T"/noted/start.*; do
		[ "$(grep -c '^fd ' "$file")" -eq 3 ]
		grep -q '^fd 0 socket:' "$file"
	done
}

@test "without standard descriptors it works, too" {
	submit ann@box.test bob@box.test
	qrun <&- >&- 2>&-
	has bob 1
}

@test "SIGTERM: what workers have is finished, the rest stays, exit code 0" {
	worker deliver wait "$T/go"
	control limits 'deliver-workers: 1'
	for _ in $(seq 40); do submit ann@box.test bob@box.test; done
	start qrun -w
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 test -s "$T/noted/jobs"
	kill "$pid"
	wait_for 10 grep -q '^qrun: stopping' "$log"
	touch "$T/go"
	wait "$pid"
	sent=$(grep -c 'status=sent' "$log")
	[ "$sent" -ge 1 ]
	[ "$sent" -le 20 ]
	[ "$(wc -l <"$T/noted/jobs")" -eq "$sent" ]
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq $((40 - sent)) ]
}

@test "a second SIGTERM, later, ends it at once, and the message stays" {
	worker deliver hang
	submit ann@box.test bob@box.test
	start qrun -w
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 test -s "$T/noted/jobs"
	hanging=$(worker_of bob@box.test)
	kill "$pid"
	wait_for 10 grep -q '^qrun: stopping' "$log"
	again() {
		kill "$pid" 2>/dev/null
		started_is_gone "$pid"
	}
	wait_for 10 again
	code=0
	wait "$pid" || code=$?
	kill -s KILL "$hanging" # it would end with its socket, if it were not made to hang
	[ "$code" -eq 111 ]
	queue_has 1
}

@test "a worker that is killed: its recipients wait, and another delivers" {
	worker deliver hang
	submit ann@box.test bob@box.test
	start qrun
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 job_begun bob@box.test
	kill -s KILL "$(worker_of bob@box.test)"
	wait "$pid"
	assert_file_has "$log" 'status=deferred dsn=4.3.0 reply="the worker ended"'
	queue_has 1
	export SATCHEL_BIN=$BUILD/bin
	qctl retry all
	pass
	has bob 1
}

@test "one that hangs beyond delivery-deadline is ended" {
	worker deliver hang
	control limits 'delivery-deadline: 1'
	submit ann@box.test bob@box.test
	start qrun
	pid=$STARTED_PID log=$STARTED_LOG
	wait_for 10 job_begun bob@box.test
	hanging=$(worker_of bob@box.test)
	wait "$pid"
	assert_file_has "$log" 'status=deferred dsn=4.3.0 reply="the delivery took too long"'
	wait_for 5 has_gone "$hanging"
	queue_has 1
}

@test "one that dies midway: who was answered for is done, the others wait" {
	worker deliver die-midway
	submit ann@box.test bob@box.test joe@box.test
	pass
	logged 1 'to=bob@box.test .*status=sent'
	logged 1 'to=joe@box.test .*status=deferred'
	queue_has 1
	worker deliver half
	qctl retry all
	pass
	logged 0 'to=bob@box.test'
	logged 1 'to=joe@box.test .*status=sent'
}

@test "one that leaves some out: these wait" {
	worker deliver half
	submit ann@box.test bob@box.test joe@box.test
	pass
	logged 1 'to=joe@box.test .*status=deferred dsn=4.3.0 reply="the worker gave no answer"'
	queue_has 1
}

# Six messages for away.test, in one pass: the first proves the destination, so that more is told.
six_away() {
	control routes 'away.test: smtp:127.0.0.1:9'
	for i in 1 2 3 4 5 6; do submit ann@box.test "joe$i@away.test"; done
	pass
}

@test "one that sends and dies: what it was told behind the first goes to another, untried" {
	worker smtp-send die-once "$T/died"
	six_away
	[ -e "$T/died" ]
	logged 1 'status=deferred dsn=4.3.0 reply="the worker ended"'
	logged 5 'status=sent'
	logged 6 '^qrun: delivery'
	[ "$(cut -f 1 "$T/noted/jobs" | sort -u | wc -l)" -eq 2 ]
	queue_has 1
}

@test "what one that sends gives back goes to another, or to it again, untried" {
	worker smtp-send give-back "$T/given"
	six_away
	grep -q 'back$' "$T/noted/jobs"
	logged 6 'status=sent'
	logged 6 '^qrun: delivery'
	queue_has 0
	# with no other worker to be had
	rm "$T/given"
	control limits 'send-workers: 1'
	: >"$T/noted/jobs"
	six_away
	grep -q 'back$' "$T/noted/jobs"
	logged 6 'status=sent'
	queue_has 0
}

@test "one that delivers has nothing to give back" {
	worker deliver give-back "$T/given"
	for _ in 1 2 3 4 5 6; do submit ann@box.test bob@box.test; done
	pass
	logged 1 '^qrun: worker-lost reason="process [0-9]*: the worker broke the protocol"'
}

@test "one that cannot be started: the message waits, with the reason" {
	worker deliver deliver
	rm "$T/bin/deliver"
	submit ann@box.test bob@box.test
	pass
	logged 1 'unable to run .*/deliver: No such file'
	logged 1 'status=deferred dsn=4.3.0'
	queue_has 1
}

@test "one that breaks the rules loses its job and its life; other mail goes on" {
	control routes 'away.test: smtp:127.0.0.1:9'
	worker smtp-send deliver
	for behaviour in beyond number garbage huge descriptor; do
		worker deliver "$behaviour"
		: >"$T/noted/jobs"
		submit ann@box.test bob@box.test
		submit ann@box.test joe@away.test
		pass
		logged 1 'to=bob@box.test .*status=deferred dsn=4.3.0 reply="the worker broke the protocol"'
		logged 1 'to=joe@away.test .*status=sent'
		logged 1 '^qrun: worker-lost reason='
		wait_for 5 has_gone "$(worker_of bob@box.test)"
		queue_has 1
		rm "$(queue_file)"
	done
}

@test "one that answers twice, or goes on when it is done, is believed once" {
	worker deliver twice
	submit ann@box.test bob@box.test joe@box.test
	pass
	logged 1 'to=bob@box.test'
	logged 1 'to=joe@box.test .*status=deferred'
	rm "$(queue_file)"
	worker deliver flood
	submit ann@box.test bob@box.test
	pass
	logged 1 'to=bob@box.test .*status=sent'
	queue_has 0
}

@test "one that reads nothing holds nobody up but those it is for" {
	worker deliver deaf
	control limits 'delivery-deadline: 1' 'deliver-workers: 1'
	submit ann@box.test bob@box.test
	start qrun -w
	wait_for 10 queue_has 0
	begun=$SECONDS
	submit ann@box.test bob@box.test
	start_sink
	submit ann@box.test joe@away.test
	stop "$STARTED_PID" || true
	wait_for 30 grep -q 'status=deferred' "$T/started.1.log"
	[ $((SECONDS - begun)) -lt 25 ]
}

@test "what a worker says gets into logs, spool and bounces as text of one line" {
	worker deliver say '\x0d\x0afake: line \xff'
	submit ann@box.test bob@box.test
	pass
	logged 1 'to=bob@box.test .*status=failed dsn=5.7.1 reply='
	worker deliver say "$(printf 'caf\303\251 \033[31m')"
	submit ann@box.test bob@box.test
	pass
	logged 1 'reply="the worker broke the protocol"'
	rm "$(queue_file)"
	worker deliver say "$(printf 'bad \377')"
	submit ann@box.test bob@box.test
	pass
	logged 1 'reply="the worker broke the protocol"'
}

@test "idle workers end, busy ones are kept for the next message" {
	worker deliver deliver
	start qrun -w
	for _ in 1 2 3; do
		submit ann@box.test bob@box.test
		wait_for 10 queue_has 0
	done
	[ "$(cut -f 1 "$T/noted/jobs" | sort -u | wc -l)" -eq 1 ]
	wait_for 30 has_gone "$(worker_of bob@box.test)"
}

# --- as whom

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
	logged 1 'to=mail@here.test .*status=sent'
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
	logged 1 'to=mail@here.test .*status=sent'
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
		logged 1 'to=mail@here.test .*status=sent'
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
	wait_for 10 test -S "$T/spool/run/enqueue/socket"
	by_games '' mail@here.test
	pass
	logged 1 'to=mail@here.test .*status=sent'
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
	kill "$pid"
	wait_for 10 grep -q '^qrun: stopping' "$log"
	# as a terminal or a supervisor does to all
	pkill -TERM -P "$pid" -u games || true
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
	start qrun
	pid=$STARTED_PID
	wait_for 10 job_begun mail@here.test
	hanging=$(worker_of mail@here.test)
	wait "$pid"
	wait_for 5 started_is_gone "$hanging"
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
