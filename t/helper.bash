# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154 # status and output are bats'
# What every bats file of satchel shares: load it with "load helper" (or "load ../helper").
#
#	setup() { setup_satchel; }
#	teardown() { stop_started; }
#
# ROOT is the top of the tree, BUILD the build folder under test (build, or build/sanitize).

if [ -z "${ROOT-}" ]; then
	ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fi
export ROOT
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$ROOT/$BUILD ;;
esac
export BUILD
export SATCHEL_BIN=$BUILD/bin
# Where the servers that some tests need are, for users who do not have it.
PATH=$PATH:/usr/sbin:/sbin
case :$PATH: in
*:"$SATCHEL_BIN":*) ;;
*) PATH=$SATCHEL_BIN:$PATH ;;
esac
export PATH LC_ALL=C TZ=UTC
# A report of a sanitizer must not look like one of our exit codes.
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-exitcode=99:print_stacktrace=1}

# A scratch directory $T with an empty control/ and a place for the spool.
setup_satchel() {
	T=$(mktemp -d "${BATS_TEST_TMPDIR:-${TMPDIR:-/tmp}}/satchel.XXXXXX")
	mkdir "$T/control"
	SATCHEL_CONTROL=$T/control
	SATCHEL_SPOOL=$T/spool
	export T SATCHEL_CONTROL SATCHEL_SPOOL
	unset ENQUEUE RELAYCLIENT DATABYTES TCPREMOTEIP TCPREMOTEHOST TCPLOCALIP TCPLOCALHOST
	unset RBLSMTPD TCPREMOTEINFO TCPLOCALPORT TCPREMOTEPORT REMOTE_ADDR LISTEN_FDS LISTEN_PID MAILHOST QUEUE
	echo here.test >"$SATCHEL_CONTROL/me"
	satchel_init
}

# Makes the spool, as "qctl init" does. Before qctl is built there is an empty folder.
satchel_init() {
	if [ -x "$SATCHEL_BIN/qctl" ]; then
		qctl init >"$T/init.log" 2>&1 || {
			cat "$T/init.log" >&2
			return 1
		}
	else
		mkdir -p "$SATCHEL_SPOOL"
	fi
}

# Writes a control file: control NAME LINE…
control() {
	local name=$1
	shift
	printf '%s\n' "$@" >"$SATCHEL_CONTROL/$name"
}

# A peer that cannot be had is a failure where CI=true is in the environment, else a skipped test:
# missing_peer REASON
missing_peer() {
	if [ "${CI-}" = true ]; then
		echo "a peer is missing: $1" >&2
		return 1
	fi
	skip "$1"
}

# What the test cannot do without: needs PROGRAM…
needs() {
	local program
	for program; do
		command -v "$program" >/dev/null || missing_peer "$program is not installed"
	done
}

# A TCP port of 127.0.0.1 that nobody listens on. The kernel picks it; one just closed is not
# given out again at once.
free_port() {
	python3 -SI -c 'import _socket
s = _socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# Polls: wait_for SECONDS COMMAND… until the command succeeds. Fails at the deadline.
wait_for() {
	local until=$((SECONDS + $1 + 1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$until" ]; then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

# True once something accepts on 127.0.0.1: wait_for 10 port_open PORT
port_open() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Runs a program in the background with its own output file; STARTED_PID is its pid and
# STARTED_LOG what it says. stop_started ends it. (A function would be a child of the process that
# is ended, and outlive it.)
start() {
	[ "$(type -t "$1")" = file ] || {
		echo "start: $1 is no program" >&2
		return 1
	}
	STARTED_COUNT=$((${STARTED_COUNT:-0} + 1))
	STARTED_LOG=$T/started.$STARTED_COUNT.log
	# bats keeps descriptor 3 (and, with -T, 4) open: a child that holds it hangs the run.
	"$@" </dev/null >"$STARTED_LOG" 2>&1 3>&- 4>&- &
	STARTED_PID=$!
	STARTED="${STARTED-} $STARTED_PID"
}

# Ends one started process and waits for it: stop PID [SIGNAL]. Its exit code is ours.
stop() {
	local pid=$1 code=0
	kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
	wait "$pid" || code=$?
	STARTED=${STARTED/ $pid/}
	return "$code"
}

# For teardown: ends what start began, with TERM and after two seconds with KILL.
stop_started() {
	local pid
	for pid in ${STARTED-}; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in ${STARTED-}; do
		wait_for 2 started_is_gone "$pid" 2>/dev/null || kill -s KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	STARTED=
}

# Gone, or a zombie that nobody but us has to wait for.
started_is_gone() {
	local state
	state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 0
	case $state in Z*) return 0 ;; esac
	return 1
}

# How many regular files folders have, at any depth: files_in DIR…
files_in() {
	find "$@" -type f 2>/dev/null | wc -l | tr -d ' '
}

# Fails with the output of "run" shown, which bats' own "[ ]" does not do.
assert_status() {
	[ "$status" -eq "$1" ] && return
	printf 'exit code %s, expected %s; output:\n%s\n' "$status" "$1" "$output" >&2
	return 1
}

assert_output_has() {
	case $output in *"$1"*) return ;; esac
	printf 'expected in the output: %s\nthe output is:\n%s\n' "$1" "$output" >&2
	return 1
}

# assert_file_has FILE FIXED-TEXT
assert_file_has() {
	grep -qF -- "$2" "$1" && return
	printf 'expected in %s: %s\nit holds:\n' "$1" "$2" >&2
	cat "$1" >&2
	return 1
}
