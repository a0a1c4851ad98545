#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# MTA-STS from one end to the other: smtp-send asks mta-sts, which fetches from a host of policies over
# HTTPS, and a server gets the mail, or does not.

load helper
load dns
load sts
load smtp-send

DOMAINS="enforce testing none moved"

setup_file() {
	# shellcheck disable=SC2086
	make_sts_keys $DOMAINS down
	(
		umask 077
		cd "$KEYS" && sign_sts_key mx DNS:mx.example.test
	) >>"$KEYS/log" 2>&1
}

setup() {
	setup_satchel
	start_dns < <(
		echo "mx A 127.0.0.1"
		for name in $DOMAINS down; do
			echo "$name MX 10 mx"
			echo "_mta-sts.$name TXT \"v=STSv1; id=1;\""
			echo "mta-sts.$name A 127.0.0.1"
		done
	)
	start_sts
	use_sts
	control tlsclient "ca: $KEYS/ca.crt"
	policy enforce "version: STSv1" "mode: enforce" "mx: mx.example.test" "max_age: 86400"
	policy testing "version: STSv1" "mode: testing" "mx: mx.example.test" "max_age: 86400"
	policy none "version: STSv1" "mode: none" "max_age: 86400"
	policy moved "version: STSv1" "mode: enforce" "mx: *.mail.example.test" "max_age: 86400"
	SINK=$(free_port)
	control mxport "$SINK"
}

teardown() {
	stop_started
}

# serve CERTIFICATE: the server that all domains name
serve() {
	start_sink --port "$SINK" --tls "$KEYS/$1"
}

# sent DOMAIN CODE TLS-OR-REPLY: what became of a message
sent() {
	output=$(smtp-send -t 30 "$1.example.test" "joe@$1.example.test" <<<'Subject: x' 2>>"$T/log") || true
	[[ $output == *$'\t'"$2"$'\t'*"$3"* ]] && return
	printf 'expected: %s ... %s\nthe output is: %s\n' "$2" "$3" "$output" >&2
	return 1
}

@test "enforce: the name of the policy, with a certificate of its own, or nothing" {
	serve mx
	sent enforce 2.0.0 'TLSv1.3 verified'
	sent moved 4.7.5 'not in the MTA-STS policy of moved.example.test (enforce)'
	sent testing 2.0.0 'TLSv1.3'
	sent none 2.0.0 'TLSv1.3'
	[ "$(find "$OUT" -name '*.eml' | wc -l)" -eq 3 ]
}

@test "a server with another's certificate: enforce keeps the mail, testing does not" {
	serve wrong
	sent enforce 4.7.5 'other.example.test'
	sent testing 2.0.0 'TLSv1.3 unverified'
	sent none 2.0.0 'TLSv1.3 unverified'
	[ "$(find "$OUT" -name '*.eml' | wc -l)" -eq 2 ]
}

@test "no host of policies: as without one; what is kept holds until it is over" {
	local cache=$SATCHEL_SPOOL/run/mta-sts/cache
	serve wrong
	sent enforce 4.7.5 'other.example.test'
	control mta-sts "ca-file: $KEYS/ca.crt" "port: $(free_port)" "timeout: 3" "ask: execute"
	sent down 2.0.0 'TLSv1.3 unverified'
	sent moved 2.0.0 'TLSv1.3 unverified'
	sent enforce 4.7.5 'other.example.test'
	python3 -S "$ROOT/t/sts_cache.py" "$cache/enforce.example.test" 3601
	sent enforce 4.7.5 'other.example.test'
	python3 -S "$ROOT/t/sts_cache.py" "$cache/enforce.example.test" 86401
	sent enforce 2.0.0 'TLSv1.3 unverified'
}

@test "enforce: a server that does not offer TLS gets nothing" {
	start_sink --port "$SINK"
	sent enforce 4.7.4 'does not offer STARTTLS'
	sent testing 2.0.0 none
	[ "$(find "$OUT" -name '*.eml' | wc -l)" -eq 1 ]
}

@test "a message that TLS-Required: No sent past the policy takes no other along" {
	serve mx
	printf 'TLS-Required: No\r\nSubject: x\r\n\r\nx\r\n' >"$T/no"
	printf 'Subject: x\r\n\r\nx\r\n' >"$T/yes"
	for together in '' '--together --again'; do
		# shellcheck disable=SC2086
		output=$(timeout 60 python3 -S "$ROOT/t/jobs.py" $together smtp-send -w \
			-- "$T/no" mx:moved.example.test joe@moved.example.test \
			-- "$T/yes" mx:moved.example.test joe@moved.example.test \
			-- "$T/no" mx:moved.example.test joe@moved.example.test \
			-- "$T/yes" mx:none.example.test joe@none.example.test 2>>"$T/log")
		assert_output_has $'1\t0\tD\t2.0.0'
		assert_output_has $'2\t0\tT\t4.7.5'
		assert_output_has $'3\t0\tD\t2.0.0'
		assert_output_has $'4\t0\tD\t2.0.0'
	done
}
