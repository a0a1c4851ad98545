# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154 # those who load it use what is set here
# What the tests of qrun share (with helper.bash): mail for box.test goes into Maildirs of $T/mail,
# mail for away.test to the server that start_sink started.

setup_qrun() {
	setup_satchel
	mkdir "$T/mail"
	: >"$SATCHEL_CONTROL/aliases"
	control virtual "ann@box.test: $T/mail/ann/" "bob@box.test: $T/mail/bob/" \
	    "joe@box.test: $T/mail/joe/"
}

# start_sink OPTION...: smtp-sink, whose port is SINK and whose files are in $OUT.
start_sink() {
	OUT=$T/sink.${STARTED_COUNT:-0}
	mkdir "$OUT"
	start smtp-sink --out "$OUT" "$@"
	wait_for 10 test -s "$STARTED_LOG"
	SINK=$(cat "$STARTED_LOG")
	control routes "away.test: smtp:127.0.0.1:$SINK"
}

# submit FROM RECIPIENT...: a message with options of sendmail in OPTIONS and the subject SUBJECT
submit() {
	local from=$1
	shift
	# shellcheck disable=SC2086 # OPTIONS are words
	printf 'From: <%s>\nSubject: %s\n\n%s\n' "$from" "${SUBJECT:-test}" "${TEXT:-text}" |
	    sendmail -f "$from" ${OPTIONS-} "$@"
}

# One pass, by the command QRUN if it is set; what it logs goes to $T/log, and to $T/log.all with
# what passes before it logged.
pass() {
	local code=0
	${QRUN:-qrun} 2>"$T/log" || code=$?
	cat "$T/log" >>"$T/log.all"
	return "$code"
}

# Passes until COMMAND succeeds: pass_until SECONDS COMMAND...
pass_until() {
	local seconds=$1
	shift
	# shellcheck disable=SC2317 # wait_for calls it
	pass_and_ask() {
		pass
		"$@"
	}
	wait_for "$seconds" pass_and_ask "$@"
}

# The messages of a mailbox.
mailbox() {
	find "$T/mail/$1/new" -type f 2>/dev/null
}

# has MAILBOX COUNT
has() {
	local count
	count=$(files_in "$T/mail/$1/new")
	[ "$count" -eq "$2" ] || {
		echo "$1 has $count messages, not $2" >&2
		return 1
	}
}

queued() {
	files_in "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/deferred"
}

queue_has() {
	[ "$(queued)" -eq "$1" ]
}

# The one file of the queue.
queue_file() {
	find "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/deferred" -type f
}

# lacks FILE PATTERN
lacks() {
	local code=0
	grep -e "$2" "$1" >&2 || code=$?
	[ "$code" -eq 1 ]
}

# The log has N lines that match: logged N PATTERN
logged() {
	local count
	count=$(grep -c -e "$2" "$T/log" || true)
	[ "$count" -eq "$1" ] || {
		echo "$count lines of the log match '$2', not $1:" >&2
		cat "$T/log" >&2
		return 1
	}
}

# Puts t/worker.py in the place of PROGRAM: worker PROGRAM BEHAVIOUR [ARGUMENT]
worker() {
	local program=$1 file
	shift
	mkdir -p "$T/bin" "$T/noted"
	chmod 1777 "$T/noted"
	: >>"$T/noted/jobs"
	chmod 666 "$T/noted/jobs"
	for file in "$BUILD"/bin/*; do
		[ -e "$T/bin/${file##*/}" ] || ln -s "$file" "$T/bin/"
	done
	rm -f "$T/bin/$program"
	{
		echo '#!/bin/sh'
		echo "exec python3 -S '$ROOT/t/worker.py' '$T/noted' $(printf "'%s' " "$@")"
	} >"$T/bin/$program"
	chmod 755 "$T/bin/$program"
	export SATCHEL_BIN=$T/bin
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
