#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016 # programs in quotes
# qstat --metrics (qstat(1), METRICS): the text format of Prometheus, what each figure counts, and
# the file for the textfile collector.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
	if [ -n "${SCRATCH-}" ]; then rm -rf "$SCRATCH"; fi
}

queue() {
	printf 'Subject: x\n\nhello\n' | enqueue -i -f ann@example.org -- "${@:-joe@example.org}"
}

# put ID TIME: moves a message as qrun does.
put() {
	mkdir -m 700 "$SATCHEL_SPOOL/deferred/$2"
	mv "$SATCHEL_SPOOL/new/$1" "$SATCHEL_SPOOL/deferred/$2"
}

# mark FILE RECIPIENT STATUS REPLY: a state of spool(5).
mark() {
	local offset=$((96 + 10#$(head -c 40 "$1" | cut -d ' ' -f 3) + $2 * 192))
	printf '%s- %04d %012d %-170.170s' "$3" 1 1769999000 "$4" |
		dd of="$1" bs=1 seek="$offset" conv=notrunc status=none
}

# What promtool checks, and what a scraper trips over: lint FILE
lint() {
	python3 -S - "$1" <<'PYTHON'
import re, sys
seen, family, types = set(), None, {}
text = open(sys.argv[1], encoding="utf-8").read()
assert text.endswith("\n")
for line in text.splitlines():
    m = re.fullmatch(r"# HELP (satchel_[a-z_]+) \S.*\.", line)
    if m:
        assert m[1] not in seen, line
        seen.add(m[1]); family = m[1]
        continue
    m = re.fullmatch(r"# TYPE (satchel_[a-z_]+) gauge", line)
    if m:
        assert m[1] == family and family not in types, line
        assert not m[1].endswith("_total"), line
        types[family] = set()
        continue
    m = re.fullmatch(r'(satchel_[a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"\})? -?[0-9]+(\.[0-9]+)?', line)
    assert m and m[1] == family and family in types, line
    assert m[2] not in types[family], "twice: " + line
    types[family].add(m[2])
assert seen == set(types) and all(types.values())
print(" ".join(sorted(seen)))
PYTHON
}

# figure NAME-AND-LABELS: its value
figure() {
	sed -n "s/^satchel_$1 //p" "$T/prom"
}

@test "each figure counts what it says" {
	day_lasts
	now=$(date +%s)
	a=$(queue joe@Example.com sue@example.com bob@example.net eve@example.net)
	b=$(queue joe@example.com)
	c=$(queue)
	d=$(queue)
	queue >"$T/out"
	late=$(printf %012d $((now - 3000)))
	soon=$(printf %012d $((now + 3000)))
	put "$a" "$late"
	put "$b" "$soon"
	qctl hold "$c" >"$T/out"
	mv "$SATCHEL_SPOOL/new/$d" "$SATCHEL_SPOOL/corrupt"
	mark "$SATCHEL_SPOOL/deferred/$late/$a" 0 . '4.7.1 mx.example.com[192.0.2.1]:25 greylisted'
	mark "$SATCHEL_SPOOL/deferred/$late/$a" 1 D '2.0.0 mx ok'
	mark "$SATCHEL_SPOOL/deferred/$late/$a" 2 . '4.4.1 - nobody is there'
	mark "$SATCHEL_SPOOL/deferred/$late/$a" 3 F '5.1.1 mx no'
	day=$((now / 86400))
	mkdir -m 700 "$SATCHEL_SPOOL/hosts/$day" "$SATCHEL_SPOOL/hosts/$((day - 1))" "$SATCHEL_SPOOL/hosts/$((day - 5))"
	printf 'U%s\nN1\n' $((now + 600)) | tee "$SATCHEL_SPOOL/hosts/$day/mx:a.test" "$SATCHEL_SPOOL/hosts/$((day - 1))/mx:a.test" \
		"$SATCHEL_SPOOL/hosts/$((day - 1))/mx:b.test" >"$SATCHEL_SPOOL/hosts/$((day - 5))/mx:c.test"
	printf 'S1\n' >"$SATCHEL_SPOOL/hosts/$day/mx:d.test"
	printf 'U12\n' >"$SATCHEL_SPOOL/hosts/$day/mx:e.test"
	printf 'Subject: x\n\nhello\n' | enqueue -i --key k -f ann@example.org -- joe@example.org >"$T/out"
	qstat --metrics >"$T/prom"
	lint "$T/prom" >"$T/names"
	while read -r name want; do
		[ "$(figure "$name")" = "$want" ] || {
			echo "$name is $(figure "$name"), not $want" >&2
			return 1
		}
	done <<-END
		queue_messages{state="new"} 2
		queue_messages{state="deferred"} 2
		queue_messages{state="held"} 1
		queue_messages{state="corrupt"} 1
		queue_messages{state="active"} 0
		queue_recipients 8
		queue_deferred_recipients{reason="security"} 1
		queue_deferred_recipients{reason="network"} 1
		queue_deferred_recipients{reason="none"} 1
		queue_destination_recipients{domain="example.com"} 2
		queue_destination_recipients{domain="example.net"} 2
		queue_destination_recipients{domain="(other)"} 0
		queue_due_messages 3
		hosts_known 4
		hosts_backing_off 2
		keys 1
		qrun_watching 0
		scrape_unreadable 0
	END
	[ "$(figure queue_overdue_seconds)" -ge 3000 ]
	[ "$(figure queue_overdue_seconds)" -le $(($(date +%s) - now + 3000)) ]
	[ "$(figure spool_free_bytes)" -gt 0 ]
	[ "$(figure queue_bytes)" -eq "$(find "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/deferred" "$SATCHEL_SPOOL/hold" "$SATCHEL_SPOOL/corrupt" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }')" ]
	# the page has each name
	for name in $(cat "$T/names"); do
		grep -q "^\.It Li $name\b" "$ROOT/man/qstat.1" || {
			echo "qstat(1) lacks $name" >&2
			return 1
		}
	done
}

@test "destinations are the twenty with most, and the others together" {
	for i in {1..30}; do
		for k in $(seq "$i"); do echo "u$k@d$i.test"; done
	done | xargs printf 'T%s\0' >"$T/recipients"
	{ printf 'F\0'; cat "$T/recipients"; printf '\0'; } >"$T/envelope"
	control limits 'message-recipients: 1000'
	enqueue </dev/null 1<"$T/envelope"
	qstat --metrics >"$T/prom"
	lint "$T/prom" >"$T/names"
	[ "$(grep -c '^satchel_queue_destination_recipients{' "$T/prom")" -eq 21 ]
	[ "$(figure 'queue_destination_recipients{domain="d30.test"}')" -eq 30 ]
	[ "$(figure 'queue_destination_recipients{domain="(other)"}')" -eq 55 ]
}

@test "a file is written whole, readable for the collector, or stays as it was" {
	umask 077
	mkdir "$T/out"
	env --ignore-signal=CHLD qstat --metrics --output "$T/out/satchel.prom"
	lint "$T/out/satchel.prom"
	[ "$(stat -c %a "$T/out/satchel.prom")" = 644 ]
	echo old >"$T/out/satchel.prom"
	SATCHEL_SPOOL=$T/absent run qstat --metrics --output "$T/out/satchel.prom"
	assert_status 100
	[ "$(cat "$T/out/satchel.prom")" = old ]
	[ "$(ls "$T/out")" = satchel.prom ]
	run qstat --metrics --output "$T/absent/x"
	assert_status 100
	assert_output_has 'unable to make'
	run bash -c 'qstat --metrics >/dev/full'
	assert_status 111
}

@test "root writes into its own folder what the spool's owner counts" {
	[ "$(id -u)" -eq 0 ] || skip 'not root: nobody else to be'
	SCRATCH=$(mktemp -d /tmp/satchel.XXXXXX)
	chmod 755 "$SCRATCH"
	export SATCHEL_SPOOL=$SCRATCH/spool
	qctl init -u nobody >"$T/out"
	qstat --metrics --output "$T/satchel.prom"
	[ "$(stat -c %U "$T/satchel.prom")" = root ]
	lint "$T/satchel.prom"
}

@test "qrun -w is seen, and when it last looked" {
	local begun passed
	begun=$(date +%s)
	start qrun -w
	wait_for 20 listens_at "$SATCHEL_SPOOL/run/qrun/socket"
	wait_for 20 test -e "$SATCHEL_SPOOL/run/qrun/pass"
	qstat --metrics >"$T/prom"
	[ "$(figure qrun_watching)" = 1 ]
	# times of files may be a tick behind
	passed=$(figure qrun_last_pass_timestamp_seconds)
	[ "$passed" -ge $((begun - 1)) ]
	[ "$passed" -le "$(date +%s)" ]
	stop "$STARTED_PID"
	touch -d '2026-01-01 00:00:00Z' "$SATCHEL_SPOOL/run/qrun/pass"
	qstat --metrics >"$T/prom"
	[ "$(figure qrun_watching)" = 0 ]
	[ "$(figure qrun_last_pass_timestamp_seconds)" = 1767225600 ]
	qrun
	qstat --metrics >"$T/prom"
	[ "$(figure qrun_last_pass_timestamp_seconds)" -gt 1767225600 ]
}
