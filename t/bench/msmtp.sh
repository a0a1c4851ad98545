# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# msmtp as a peer of the benchmark harness, for the scenario s8 alone, with S8_SINK=1: it has no
# queue, so a call is one delivery to the sink. See t/bench/README.
# shellcheck disable=SC2034,SC2154 # the harness sets and reads these
PEER_PACKAGES="msmtp"
PEER_SENDMAIL="/usr/bin/msmtp --host=127.0.0.1 --port=$SINK_PORT --from=a@bench.test -i"

peer_conf() { :; }
# The harness waits for a server; there is none. This one is idle, and ended with the peer's group.
peer_start() {
	(
		echo "$BASHPID" >"$CG/cpuacct/mbench-$PEER/cgroup.procs"
		bgingen /usr/sbin/smtp-sink -u nobody "127.0.0.1:$SRV_PORT" 100 >/dev/null 2>&1
	) &
}
peer_stop() { :; }
peer_clear() { :; }
peer_count() { echo 0; }
peer_release() { :; }
peer_mailq() { :; }
