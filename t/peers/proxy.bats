#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtpd(8) behind real proxies.

load ../helper
load peers

setup() {
	setup_satchel
	control aliases 'joe: joe@away.test'
	control relayhosts 127.0.0.77
	control proxies 127.0.0.1
	port=$(free_port)
	start smtpd -l "127.0.0.1:$port"
	server_log=$STARTED_LOG
	wait_for 10 grep -q listening "$server_log"
}

teardown() {
	stop_started
}

# haproxy_with OPTIONS-OF-SERVER: listens on $front, and lets in by 127.0.0.1 whom it proxies.
haproxy_with() {
	peer haproxy usr/sbin/haproxy
	front=$(free_port)
	cat >"$T/haproxy.cfg" <<-END
		defaults
		    mode tcp
		    timeout connect 5s
		    timeout client 20s
		    timeout server 20s
		listen mail
		    bind 127.0.0.1:$front
		    option smtpchk EHLO check.test
		    server satchel 127.0.0.1:$port check inter 200 $*
	END
	LD_LIBRARY_PATH=$PEER_LIBS start "$PEERS/haproxy/usr/sbin/haproxy" -db -f "$T/haproxy.cfg"
	wait_for 10 grep -q 'session client=127.0.0.1 helo=check.test' "$server_log"
}

# said_from ADDRESS: the replies to a client who relays.
said_from() {
	python3 - "$1" "$front" <<-'END'
		import smtplib, sys
		s = smtplib.SMTP("127.0.0.1", int(sys.argv[2]), "a.test", 20, (sys.argv[1], 0))
		s.ehlo()
		print(s.mail("a@b.test"), s.rcpt("x@y.test"))
		s.quit()
	END
}

@test "haproxy, send-proxy (version 1), with health checks" {
	haproxy_with send-proxy
	run said_from 127.0.0.77
	assert_output_has "(250, b'2.1.5 Ok')"
	wait_for 10 grep -q 'session client=127.0.0.77 helo=a.test messages=0 errors=0' "$server_log"
	run said_from 127.0.0.78
	assert_output_has "(550, b'5.7.1 Relaying denied')"
	! grep -q 'smtpd: proxy' "$server_log"
}

@test "haproxy, send-proxy-v2, with health checks" {
	haproxy_with send-proxy-v2 proxy-v2-options unique-id,authority
	run said_from 127.0.0.77
	assert_output_has "(250, b'2.1.5 Ok')"
	wait_for 10 grep -q 'session client=127.0.0.77 helo=a.test messages=0 errors=0' "$server_log"
	run said_from 127.0.0.78
	assert_output_has "(550, b'5.7.1 Relaying denied')"
	! grep -q 'smtpd: proxy' "$server_log"
}
