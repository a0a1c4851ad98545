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
	wait_for 20 grep -q listening "$server_log"
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
		    timeout connect 60s
		    timeout client 60s
		    timeout server 60s
		    timeout check 60s
		listen mail
		    bind 127.0.0.1:$front
		    option smtpchk EHLO check.test
		    server satchel 127.0.0.1:$port check inter 200 fall 1000 $*
	END
	LD_LIBRARY_PATH=$PEER_LIBS start "$PEERS/haproxy/usr/sbin/haproxy" -db -f "$T/haproxy.cfg"
	wait_for 20 grep -q 'session client=127.0.0.1 helo=check.test' "$server_log"
}

# said_from ADDRESS: the replies to a client who relays.
said_from() {
	python3 - "$1" "$front" <<-'END'
		import smtplib, sys
		s = smtplib.SMTP("127.0.0.1", int(sys.argv[2]), "a.test", 60, (sys.argv[1], 0))
		s.ehlo()
		print(s.mail("a@b.test"), s.rcpt("x@y.test"))
		s.quit()
	END
}

@test "haproxy, send-proxy (version 1), with health checks" {
	haproxy_with send-proxy
	run said_from 127.0.0.77
	assert_output_has "(250, b'2.1.5 Ok')"
	wait_for 20 grep -q 'session client=127.0.0.77 helo=a.test messages=0 errors=0' "$server_log"
	run said_from 127.0.0.78
	assert_output_has "(550, b'5.7.1 Relaying denied')"
	[ "$(grep -c 'smtpd: proxy' "$server_log")" -eq 0 ]
}

@test "haproxy, send-proxy-v2, with health checks" {
	haproxy_with send-proxy-v2 proxy-v2-options unique-id,authority
	run said_from 127.0.0.77
	assert_output_has "(250, b'2.1.5 Ok')"
	wait_for 20 grep -q 'session client=127.0.0.77 helo=a.test messages=0 errors=0' "$server_log"
	run said_from 127.0.0.78
	assert_output_has "(550, b'5.7.1 Relaying denied')"
	[ "$(grep -c 'smtpd: proxy' "$server_log")" -eq 0 ]
}

# Whom nginx asks where mail goes.
auth_server() {
	cat >"$T/auth.py" <<-'END'
		import http.server, sys
		class Auth(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response(200)
		        for pair in (("Auth-Status", "OK"), ("Auth-Server", "127.0.0.1"), ("Auth-Port", sys.argv[2])):
		            self.send_header(*pair)
		        self.end_headers()
		    def log_message(self, *args):
		        pass
		http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Auth).serve_forever()
	END
	auth=$(free_port)
	start python3 "$T/auth.py" "$auth" "$port"
	wait_for 20 port_open "$auth"
}

@test "nginx, mail proxy with xclient" {
	stop "$STARTED_PID" || true # it may have had no time to heed a signal
	rm "$SATCHEL_CONTROL/proxies"
	control xclient 127.0.0.1
	start smtpd -l "127.0.0.1:$port"
	server_log=$STARTED_LOG
	wait_for 20 grep -q listening "$server_log"
	peer nginx usr/sbin/nginx libnginx-mod-mail libnginx-mod-stream
	auth_server
	front=$(free_port)
	mkdir "$T/nginx"
	cat >"$T/nginx.conf" <<-END
		daemon off;
		master_process off;
		pid $T/nginx/pid;
		error_log $T/nginx/log;
		load_module $PEERS/libnginx-mod-mail/usr/lib/nginx/modules/ngx_mail_module.so;
		events { }
		mail {
		    auth_http 127.0.0.1:$auth/auth;
		    server {
		        listen 127.0.0.1:$front;
		        protocol smtp;
		        smtp_auth none;
		        xclient on;
		    }
		}
	END
	LD_LIBRARY_PATH=$PEER_LIBS start "$PEERS/nginx/usr/sbin/nginx" -p "$T/nginx" -c "$T/nginx.conf"
	wait_for 20 port_open "$front"
	run said_from 127.0.0.77
	assert_output_has "(250, b'2.1.5 Ok')"
	wait_for 20 grep -q 'session client=127.0.0.77 helo=a.test messages=0 errors=0' "$server_log"
	run said_from 127.0.0.78
	assert_output_has "5.7.1 Relaying denied')"
}
