# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# satchel as a peer of the benchmark harness; see t/bench/README. $D is the chroot, $SRV_PORT and
# $SINK_PORT are the harness's.
# shellcheck disable=SC2034,SC2154 # the harness sets and reads these
PEER_PACKAGES="libc-ares2 libssl3"
PEER_SENDMAIL="/usr/local/sbin/sendmail -i"

# What is measured: the tree that this file is in, or SATCHEL_BUILD.
satchel_build=${SATCHEL_BUILD:-${BENCH_PEERDIR:-.}/../../build}

peer_conf() { # MODE: hold relay local
	local i control=$D/etc/satchel
	satchel_mode=$1
	[ -x "$satchel_build/bin/qrun" ] || die "nothing is built in $satchel_build"
	mkdir -p "$D/usr/local/sbin" "$control"
	for i in "$satchel_build"/bin/*; do
		cmp -s "$i" "$D/usr/local/sbin/${i##*/}" || install -m 755 "$i" "$D/usr/local/sbin/"
	done
	for i in satchel satchel-smtpd; do
		chroot "$D" id "$i" >/dev/null 2>&1 ||
		    chroot "$D" useradd --system --user-group --shell /usr/sbin/nologin "$i"
	done
	rm -f "$control"/*
	echo bench.test >"$control/me"
	echo "*: smtp:127.0.0.1:$SINK_PORT" >"$control/routes"
	# All clients have one address here.
	printf '%s\n' 'smtpd-sessions: 2000' 'smtpd-sessions-address: 2000' "${SATCHEL_LIMITS:-}" \
	    >"$control/limits"
	if [ -n "${SATCHEL_TLS:-}" ]; then
		chroot "$D" id satchel-tlsd >/dev/null 2>&1 ||
		    chroot "$D" useradd --system --user-group --shell /usr/sbin/nologin satchel-tlsd
		echo '*: /etc/bench-tls.pem' >"$control/certificates"
	fi
	if [ "$1" = local ]; then
		for i in $(seq 100); do
			echo "u$i@local.test: /var/vmail/local.test/u$i/"
		done >"$control/virtual"
	fi
	chroot "$D" /usr/local/sbin/qctl init >>"$BENCH_ROOT/log/$PEER.out" 2>&1
}

satchel_start() {
	inpeer "$@" >>"$BENCH_ROOT/log/$PEER.out" 2>&1 &
}

peer_start() {
	satchel_start setpriv --reuid satchel --regid satchel --init-groups \
	    /usr/local/sbin/enqueue -w
	[ -z "${SATCHEL_TLS:-}" ] || satchel_start /usr/local/sbin/tlsd -w -u satchel-tlsd
	satchel_start /usr/local/sbin/smtpd -l "127.0.0.1:$SRV_PORT" -u satchel-smtpd
	[ "$satchel_mode" = hold ] || satchel_start /usr/local/sbin/qrun -w
}

peer_stop() { :; } # the harness ends all processes of the peer

# Cells stay, as they do in use; SATCHEL_CELLS=fresh makes each run begin without any.
peer_clear() {
	local cells=$D/var/spool/satchel/cells

	[ "${SATCHEL_CELLS:-}" = fresh ] && rm -f "$D/var/spool/satchel/finished" && find "$cells" -type f -delete
	find "$cells" -type f 2>/dev/null |
	    perl -ne 'chomp; open(my $cell, "+<", $_) or next; print {$cell} "\0" x 96'
	find "$D"/var/spool/satchel/{new,deferred,hold,corrupt,hosts} -type f -delete 2>/dev/null
	find "$D"/var/spool/satchel/deferred -mindepth 1 -type d -delete 2>/dev/null
	true
}

peer_count() {
	local count

	count=$(chroot "$D" /usr/local/sbin/qstat -c)
	echo "${count%% *}"
}
peer_release() { satchel_start /usr/local/sbin/qrun -w; }
peer_mailq() { inpeer /usr/local/sbin/qstat; }
peer_qrun() { inpeer /usr/local/sbin/qrun; }
