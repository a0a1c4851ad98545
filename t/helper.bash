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

# Before each command, in functions too, bats notes where it stands (0.3 ms), to name the line of a
# failure. In a polling loop that is most of what a test costs. So only the commands of the test
# itself are noted, and the line of a failure is where the test called; TRACE=1: all of them.
if [ -z "${TRACE-}" ] && declare -F bats_debug_trap >/dev/null; then
	# written once a run: each test is a shell of its own
	if [ ! -s "$BATS_RUN_TMPDIR/debug_trap" ]; then
		# shellcheck disable=SC2016 # for the trap to expand
		trap_check='{ is_of_test "${FUNCNAME[1]-}" || return 0;'
		trap_text=$(declare -f bats_debug_trap)
		printf '%s\n' "${trap_text/\{/$trap_check}" >"$BATS_RUN_TMPDIR/debug_trap"
		unset trap_check trap_text
	fi
	# shellcheck source=/dev/null
	source "$BATS_RUN_TMPDIR/debug_trap"
fi
# When a test begins, bats asks date(1) for the time; bash knows it, without three processes.
if declare -F get_mills_since_epoch >/dev/null && [ -n "${EPOCHREALTIME-}" ]; then
	get_mills_since_epoch() {
		printf '%d\n' $((${EPOCHREALTIME/./} / 1000))
	}
fi
is_of_test() {
	case $1 in "${BATS_TEST_NAME-}" | setup | teardown | setup_file | teardown_file) ;; *) return 1 ;; esac
}

# A scratch directory $T with an empty control/ and a place for the spool.
setup_satchel() {
	T=${BATS_TEST_TMPDIR-}/satchel
	if [ "$T" = /satchel ] || ! mkdir "$T" "$T/control" 2>/dev/null; then
		# without bats, or once more in one test
		T=$(mktemp -d "${BATS_TEST_TMPDIR:-${TMPDIR:-/tmp}}/satchel.XXXXXX")
		mkdir "$T/control"
	fi
	SATCHEL_CONTROL=$T/control
	SATCHEL_SPOOL=$T/spool
	export T SATCHEL_CONTROL SATCHEL_SPOOL
	unset ENQUEUE RELAYCLIENT DATABYTES TCPREMOTEIP TCPREMOTEHOST TCPLOCALIP TCPLOCALHOST
	unset COLUMNS LINES NO_COLOR # of the terminal of whoever runs this
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

# A TCP port of 127.0.0.1 that nobody listens on. None that the kernel would give to somebody else
# before it is used: one below those, by the number of the process, of which no other test's is the
# same at the time.
free_port() {
	python3 -SI -c 'import _socket, posix
low = 32768
try:
    low = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
except OSError:
    pass
s = _socket.socket()
for i in range(100):
    n = posix.getpid() + i * 7919
    try:
        s.bind(("127.0.0.1", 10000 + n % (low - 10000) if low > 12000 else 0))
        break
    except OSError:
        pass
print(s.getsockname()[1])'
}

# Polls: wait_for SECONDS COMMAND… until the command succeeds. The seconds are those of a machine that
# has nothing else to do: it fails when thrice as many are over.
wait_for() {
	local until=$((SECONDS + 3 * $1 + 1))
	shift
	while ! "$@" >/dev/null 2>&1; do
		if [ "$SECONDS" -ge "$until" ]; then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		pause
	done
}

# For a test to which a day is one (hosts/, counts of reports; days are those of UTC): goes on when the
# day has more than a minute left, which is longer than any of them takes.
day_lasts() {
	while ((EPOCHSECONDS % 86400 >= 86340)); do
		pause
	done
}

# A fiftieth of a second, without a process.
pause() {
	[ -p "${BATS_RUN_TMPDIR:-/tmp}/pause" ] || mkfifo "${BATS_RUN_TMPDIR:-/tmp}/pause" 2>/dev/null || true
	read -rt 0.02 <>"${BATS_RUN_TMPDIR:-/tmp}/pause" || true
}

# True once something accepts on 127.0.0.1: wait_for 10 port_open PORT
port_open() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# True once something listens at that path: its name is there a moment before, and stays behind who is
# killed. wait_for 10 listens_at PATH
listens_at() {
	grep -q " 00010000 000[15] 01 [0-9 ]*$1\$" /proc/net/unix
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

# True for a child of this shell that has not ended: the id of one that has may be somebody else's by now.
is_child() {
	local state
	read -r state 2>/dev/null <"/proc/$1/stat" || return 1
	[[ ${state##*) } == [!Z]" $BASHPID "* ]]
}

# Ends one started process and waits for it: stop PID [SIGNAL]. Its exit code is ours.
stop() {
	local pid=$1 code=0
	! is_child "$pid" || kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
	wait "$pid" || code=$?
	STARTED=${STARTED/ $pid/}
	return "$code"
}

# Ends a service with KILL, and waits for the children that it leaves, who still have its socket:
# kill_service PID
kill_service() {
	local child children
	kill -s STOP "$1" # from here on it makes no other
	wait_for 10 is_stopped "$1"
	children=$(pgrep -P "$1" || true)
	stop "$1" KILL || true
	for child in $children; do
		wait_for 20 started_is_gone "$child"
	done
}

is_stopped() {
	grep -q '^State:[[:space:]]*T' "/proc/$1/status"
}

# For teardown: ends what start began, with TERM and after four seconds with KILL. Of a test that failed it
# shows what programs said, before their files are gone.
stop_started() {
	local pid
	[ -z "${BATS_TEST_NAME-}" ] || [ -n "${BATS_TEST_COMPLETED-}${BATS_TEST_SKIPPED-}${LOGS_SHOWN-}" ] || show_logs >&2
	LOGS_SHOWN=yes
	for pid in ${STARTED-}; do
		! is_child "$pid" || kill "$pid" 2>/dev/null || true
	done
	for pid in ${STARTED-}; do
		! is_child "$pid" || wait_for 1 started_is_gone "$pid" 2>/dev/null ||
			kill -s KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	STARTED=
}

# Folders of a test's own, for teardown: what ends behind its test may be writing there still, and then
# rm finds them not empty: remove FOLDER...
remove() {
	wait_for 10 rm -rf "$@"
}

# The last lines of what programs have logged in the test's folders.
show_logs() {
	local file
	for file in "${T:-/nonexistent}"/{log,log.all,*.log} "${P:-/nonexistent}"/{log,*/log,spool/*log}; do
		[ "$file" != "$T/init.log" ] && grep -Iqs . "$file" || continue
		printf '== the end of %s:\n' "${file##*/tmp/}"
		tail -n 20 "$file" | cut -c 1-400 | cat -v
	done
}

# Gone, or a zombie that nobody but us has to wait for.
started_is_gone() {
	local state
	read -r state 2>/dev/null <"/proc/$1/stat" || return 0
	case ${state##*) } in Z*) return 0 ;; esac
	return 1
}

# The processes of this test, and of no other, whose command line matches: ours PATTERN
ours() {
	local pid
	for pid in $(pgrep -f "$1"); do
		! grep -qszxF "SATCHEL_SPOOL=$SATCHEL_SPOOL" "/proc/$pid/environ" || echo "$pid"
	done
}

# How many regular files folders have, at any depth: files_in DIR…
files_in() {
	local found
	found=$(find "$@" -type f -printf . 2>/dev/null) || true
	echo "${#found}"
}

# How many messages are complete in folders of a spool: the header is written last (spool(5)).
complete_in() {
	find "$@" -type f -exec grep -la '^satchel1 ' {} + 2>/dev/null | wc -l
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
