# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A DNS server of the test's own: nsd with the zone example.test, as written by the caller on stdin,
# on a free port of 127.0.0.1. Load it behind helper.
#
#	start_dns <<'ZONE'
#	mail MX 10 mx1
#	ZONE
#
# (never behind a pipe: what a subshell starts, teardown does not know.)
# DNS_PORT is its port; DNS_PID ends it early. One for all tests of a file: start_dns_of_file in
# setup_file, and stop_started in teardown_file.

start_dns() {
	needs nsd
	mkdir -p "$T/dns"
	{
		cat <<-'ZONE'
			$ORIGIN example.test.
			$TTL 300
			@ SOA ns hostmaster 1 3600 600 86400 60
			@ NS ns
			ns A 127.0.0.1
		ZONE
		cat
	} >"$T/dns/example.test.zone"
	DNS_PORT=$(free_port)
	cat >"$T/dns/nsd.conf" <<-CONF
		server:
			ip-address: 127.0.0.1@$DNS_PORT
			server-count: 1
			username: ""
			zonesdir: "$T/dns"
			database: ""
			pidfile: "$T/dns/pid"
			zonelistfile: "$T/dns/zone.list"
			xfrdfile: "$T/dns/xfrd.state"
			xfrdir: "$T/dns"
			rrl-ratelimit: 0
		remote-control:
			control-enable: no
		zone:
			name: example.test
			zonefile: example.test.zone
	CONF
	start nsd -d -c "$T/dns/nsd.conf"
	DNS_PID=$STARTED_PID
	export DNS_PORT DNS_PID
	wait_for 10 dns_answers
}

start_dns_of_file() {
	T=$BATS_FILE_TMPDIR
	start_dns
}

# True once the server gives the SOA of example.test: no error, and at least one record.
dns_answers() {
	local server answer
	exec {server}<>"/dev/udp/127.0.0.1/$DNS_PORT"
	printf '\0\1\0\0\0\1\0\0\0\0\0\0\7example\4test\0\0\6\0\1' >&"$server"
	read -ra answer < <(timeout 0.5 od -An -tu1 -N8 <&"$server")
	exec {server}>&-
	[ "${#answer[@]}" -eq 8 ] && [ $((answer[3] & 15)) -eq 0 ] && [ "${answer[7]}" -gt 0 ]
}

# A server that misbehaves, or whose questions are of interest (t/dns.py): start_odd_dns ARGUMENT…
# ODD_PORT is its port, ODD_LOG has a line for each question behind the first line.
start_odd_dns() {
	start python3 -S "$ROOT/t/dns.py" "$@"
	wait_for 10 test -s "$STARTED_LOG"
	ODD_LOG=$STARTED_LOG
	ODD_PORT=$(head -n 1 "$ODD_LOG")
	export ODD_LOG ODD_PORT
}
