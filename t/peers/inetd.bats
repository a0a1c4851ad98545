#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) started by inetd and xinetd, for each connection and once for all.

load ../helper
load peers

setup() {
	setup_satchel
	control aliases 'joe: joe@away.test'
	port=$(free_port)
	cat >"$T/smtpd" <<-END
		#!/bin/sh
		export SATCHEL_CONTROL=$SATCHEL_CONTROL SATCHEL_SPOOL=$SATCHEL_SPOOL SATCHEL_BIN=$SATCHEL_BIN
		exec $SATCHEL_BIN/smtpd
	END
	chmod 755 "$T/smtpd"
}

teardown() {
	stop_started
}

# Two messages, one after the other; the client is known by its address.
serves() {
	wait_for 20 port_open "$port"
	python3 - "$port" <<-'END'
		import smtplib, sys
		for n in range(2):
		    s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "a.test", 60, ("127.0.0.5", 0))
		    s.sendmail("ann@b.test", ["joe@here.test"], "Subject: x\r\n\r\nhello %d\r\n" % n)
		    s.quit()
	END
	find "$SATCHEL_SPOOL/new" "$SATCHEL_SPOOL/cells" -type f -exec cat {} + >"$T/all"
	grep -qaF 'Received: from a.test (unknown [127.0.0.5])' "$T/all"
	grep -qa 'hello 0' "$T/all"
	grep -qa 'hello 1' "$T/all"
}

# inetd_with WAIT
inetd_with() {
	peer openbsd-inetd usr/sbin/inetd libevent-2.1-7 libbsd0 libwrap0
	echo "127.0.0.1:$port stream tcp $1 $(id -un) $T/smtpd smtpd" >"$T/inetd.conf"
	LD_LIBRARY_PATH=$PEER_LIBS start "$PEERS/openbsd-inetd/usr/sbin/inetd" -d "$T/inetd.conf"
}

@test "inetd, nowait" {
	inetd_with nowait
	serves
}

@test "inetd, wait: smtpd takes the listening socket" {
	inetd_with wait
	serves
	kill "$(pgrep -P "$STARTED_PID")" # it would outlive inetd
}

@test "xinetd" {
	peer xinetd usr/sbin/xinetd libwrap0
	cat >"$T/xinetd.conf" <<-END
		service test-smtp
		{
			type = UNLISTED
			socket_type = stream
			protocol = tcp
			bind = 127.0.0.1
			port = $port
			wait = no
			user = $(id -un)
			server = $T/smtpd
		}
	END
	LD_LIBRARY_PATH=$PEER_LIBS start "$PEERS/xinetd/usr/sbin/xinetd" -dontfork -f "$T/xinetd.conf" \
		-pidfile "$T/xinetd.pid" -filelog "$T/xinetd.log"
	serves
}
