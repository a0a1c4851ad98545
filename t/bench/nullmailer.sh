# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# nullmailer as a peer of the benchmark harness, for the scenario s8 alone; see t/bench/README.
# shellcheck disable=SC2034,SC2154 # the harness sets and reads these
PEER_PACKAGES="nullmailer"
PEER_SENDMAIL="/usr/sbin/sendmail -i"

peer_conf() { # MODE: hold or relay
	nullmailer_mode=$1
	echo bench.test >"$D/etc/nullmailer/me"
	echo "127.0.0.1 smtp --port=$SINK_PORT" >"$D/etc/nullmailer/remotes"
	[ -p "$D/var/spool/nullmailer/trigger" ] || mkfifo "$D/var/spool/nullmailer/trigger"
	chroot "$D" chown mail /var/spool/nullmailer/trigger
	chmod 622 "$D/var/spool/nullmailer/trigger"
}
# The harness waits for a server; there is none. This one is idle, and ended with the peer's group.
peer_start() {
	(
		echo "$BASHPID" >"$CG/cpuacct/mbench-$PEER/cgroup.procs"
		bgingen /usr/sbin/smtp-sink -u nobody "127.0.0.1:$SRV_PORT" 100 >/dev/null 2>&1
	) &
	[ "$nullmailer_mode" = hold ] || inpeer /usr/sbin/nullmailer-send >/dev/null 2>&1 &
}
peer_stop() { :; }
peer_clear() { find "$D"/var/spool/nullmailer/{queue,tmp,failed} -type f -delete; }
peer_count() { find "$D/var/spool/nullmailer/queue" -type f | wc -l; }
peer_release() { inpeer /usr/sbin/nullmailer-send >/dev/null 2>&1 & }
peer_mailq() { inpeer /usr/bin/mailq; }
