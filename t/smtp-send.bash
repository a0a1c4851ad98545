# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154 # those who load it use what is set here
# What the tests of smtp-send share (with helper.bash and dns.bash): servers, and a zone that leads
# to them.

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

# start_sink OPTION...: smtp-sink, whose port is SINK and whose files are in $OUT.
start_sink() {
	SINK_OPTIONS=("$@")
	OUT=$T/sink.${STARTED_COUNT:-0}
	mkdir "$OUT"
	start smtp-sink --out "$OUT" "$@"
	wait_for 10 test -s "$STARTED_LOG"
	SINK_PID=$STARTED_PID SINK=$(cat "$STARTED_LOG")
}

# In the place of the last, where it was
another_sink() {
	stop "$SINK_PID" || true
	[[ $SINK == /* ]] || SINK_OPTIONS+=(--port "$SINK")
	start_sink "${SINK_OPTIONS[@]}"
}

# together OPTION... smtp-send -w -- FILE DESTINATION RECIPIENT...: all jobs told to a worker at once. It gives
# back those that wait while a server stands still for 3 seconds, and connections are then not what they would
# have been: once more with another sink (AGAIN: what starts the servers), if the machine had it stand still. A
# job that is given back sooner is the worker's fault.
together() {
	local begun
	for _ in 1 2 3; do
		begun=${EPOCHREALTIME/./}
		run timeout 60 python3 -S "$ROOT/t/jobs.py" --together "$@"
		[[ $output == *" returned"* ]] && ((${EPOCHREALTIME/./} - begun >= 3000000)) || return 0
		"${AGAIN:-another_sink}"
	done
	echo "jobs are given back again and again: $output" >&2
	return 1
}

# lacks PATTERN FILE, which is to be there
lacks() {
	local code=0
	grep "$1" "$2" >&2 || code=$?
	[ "$code" -eq 1 ]
}

message() {
	printf 'Subject: test\n\nhello\n'
}

# send ARGUMENT...: the message of $MESSAGE, or a short one
send() {
	if [ -n "${MESSAGE-}" ]; then
		run timeout 60 smtp-send "$@" <"$MESSAGE"
	else
		run timeout 60 smtp-send "$@" < <(message)
	fi
}

to_sink() {
	send -f me@example.org "smtp:127.0.0.1:$SINK" "$@"
}

# Sinks on several addresses of the loopback network, all on one port.
start_sinks() {
	SINK=$(free_port)
	control mxport "$SINK"
	control resolvers "127.0.0.1:$DNS_PORT"
}

start_sink_at() {
	local address=$1
	shift
	start_sink --host "$address" --port "$SINK" "$@"
}

zone() {
	cat <<-'ZONE'
		two MX 10 a
		two MX 20 b
		a A 127.0.0.11
		b A 127.0.0.12
		many MX 10 a
		many MX 10 b
		three MX 10 both
		both A 127.0.0.11
		both A 127.0.0.12
		implicit A 127.0.0.12
		null MX 0 .
		nothing TXT "x"
		nowhere MX 10 missing
		self MX 10 here
		here A 127.0.0.12
		lower MX 10 a
		lower MX 20 here
		lower MX 20 b
		lower MX 30 b
		loop CNAME loop2
		loop2 CNAME loop
	ZONE
}
