# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# dma as a peer of the benchmark harness, for the scenario s8 alone; see t/bench/README.
# shellcheck disable=SC2034,SC2154 # the harness sets and reads these
PEER_PACKAGES="dma"
PEER_SENDMAIL="/usr/sbin/dma -i"

peer_conf() { # MODE: hold queues and tries nothing; else each call tries at once, in the background
	printf '%s\n' 'MAILNAME bench.test' 'SMARTHOST 127.0.0.1' "PORT $SINK_PORT" \
	    >"$D/etc/dma/dma.conf"
	[ "$1" != hold ] || echo DEFER >>"$D/etc/dma/dma.conf"
}
# The harness waits for a server; there is none. This one is idle, and ended with the peer's group.
peer_start() {
	(
		echo "$BASHPID" >"$CG/cpuacct/mbench-$PEER/cgroup.procs"
		bgingen /usr/sbin/smtp-sink -u nobody "127.0.0.1:$SRV_PORT" 100 >/dev/null 2>&1
	) &
}
peer_stop() { :; }
peer_clear() { find "$D/var/spool/dma" -type f -delete; }
peer_count() { find "$D/var/spool/dma" -name 'M*' | wc -l; }
peer_release() { inpeer /usr/sbin/dma -q; }
peer_mailq() { inpeer /usr/sbin/dma -bp; }
