# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154 # those who load it use what is set here
# A server for the sessions of t/sessions. Load it behind helper and tls.

setup_file() {
	make_keys
}

setup() {
	setup_satchel
	setup_tls
	# RFC 4954's examples: test, 1234
	control users 'test: x'
	(umask 077 && echo 'test: {PLAIN}1234' >"$SATCHEL_CONTROL/secrets")
	control aliases 'postmaster: joe@away.test'
	control virtual 'jones@foo.test: joe@away.test' 'brown@foo.test: joe@away.test' \
		'crispin@foo.test: joe@away.test' 'admin.mrc@foo.test: joe@away.test'
	control relaydomains xyz.test
	control relayhosts 192.0.2.1
	control limits 'spool-cells: 0' 'auth-delay: 0' # every message is a file of its own
	for helper in enqueue authd tlsd; do
		start "$helper" -w
		wait_for 10 listens_at "$SATCHEL_SPOOL/run/$helper/socket"
	done
}

teardown() {
	stop_started
}

sessions() {
	run python3 -S "$ROOT/t/sessions.py" "$1" "$ROOT"/t/sessions/*.txt
	[ "$status" -eq 0 ] && [ "$(grep -c '^ok' <<<"$output")" -eq "$(find "$ROOT/t/sessions" -name '*.txt' | wc -l)" ] &&
		return
	printf 'exit code %s; not all are ok:\n%s\nenqueue, authd and tlsd said:\n' "$status" "$output" >&2
	tail -n 20 "$T"/started.*.log >&2
	return 1
}
