#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-send logs in to relays that are not of our making, under TLS and once it is sure of them.
# shellcheck disable=SC2154

load ../helper
load ../tls
load ../login
load peers

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	make_key peer ec
}

setup() {
	setup_satchel
	peer_scratch
	peer_message
	control tlsclient "ca: $KEYS/peer.crt"
}

teardown() {
	stop_started
	remove_scratch "$P"
}

# deliver CODE: to joe, by the relay.
deliver() {
	run timeout 60 smtp-send -f me@example.org "smtp:127.0.0.1:$PORT" joe@example.test <"$T/message"
	assert_status "$1"
}

# log_in_by LOG FORMAT MECHANISM...: FORMAT is what LOG says of each.
log_in_by() {
	local log=$1 format=$2 mechanism print
	shift 2
	deliver 100 # it is for those alone who log in
	credentials '127.0.0.1: login=ann@example.org password=secret'
	deliver 111
	assert_output_has 'no login: it is not sure who the server is'
	print=$(openssl x509 -in "$KEYS/peer.crt" -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
	control tlspolicy "127.0.0.1: fingerprint $print"
	deliver 0
	control tlspolicy '127.0.0.1: verify peer.test'
	for mechanism; do
		credentials "127.0.0.1: login=ann@example.org mechanisms=$mechanism password=secret"
		deliver 0
		assert_output_has $'\tTLSv1.3 verified'
		# shellcheck disable=SC2059 # the format is the caller's
		wait_for 20 grep -qi "$(printf "$format" "${mechanism//-/.}")" "$log"
		credentials "127.0.0.1: login=ann@example.org mechanisms=$mechanism password=wrong"
		deliver 111
		assert_output_has "login by ${mechanism^^} failed: 535"
	done
}

@test "Exim" {
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	PORT=$(free_port)
	install -m 644 "$KEYS"/peer.* "$P/"
	touch "$P/tls"
	exim_setup <<-END
		tls_certificate = $P/peer.crt
		tls_privatekey = $P/peer.key
		auth_advertise_hosts = \${if def:tls_in_cipher{*}}
		acl_smtp_rcpt = rcpt
		acl_smtp_data = accept
		begin acl
		rcpt:
		  accept authenticated = *
		  deny message = 5.7.1 log in first
		begin routers
		box:
		  driver = accept
		  transport = box
		begin transports
		box:
		  driver = appendfile
		  directory = $P/box
		  user = $EXIM_USER
		begin authenticators
		plain:
		  driver = plaintext
		  public_name = PLAIN
		  server_prompts = :
		  server_condition = \${if and{{eq{\$auth2}{ann@example.org}}{eq{\$auth3}{secret}}}}
		  server_set_id = \$auth2
		login:
		  driver = plaintext
		  public_name = LOGIN
		  server_prompts = Username:: : Password::
		  server_condition = \${if and{{eq{\$auth1}{ann@example.org}}{eq{\$auth2}{secret}}}}
		  server_set_id = \$auth1
		cram_md5:
		  driver = cram_md5
		  public_name = CRAM-MD5
		  server_secret = \${if eq{\$auth1}{ann@example.org}{secret}fail}
		  server_set_id = \$auth1
	END
	start "$P/run" -bdf -oX "$PORT" -oP "$P/pid"
	wait_for 20 port_open "$PORT"
	log_in_by "$P/spool/mainlog" ' A=%s:ann@example.org' plain login cram-md5
}

@test "Postfix with Dovecot" {
	[ "$(id -u)" -eq 0 ] || skip "Postfix' master(8) runs as root alone"
	peer postfix usr/lib/postfix/sbin/smtpd
	peer dovecot-core usr/sbin/dovecot libsodium23 libunwind8
	dovecot_auth_start 'plain login cram-md5 scram-sha-256'
	postfix_start <<-END
		smtpd_sasl_auth_enable = yes
		smtpd_sasl_type = dovecot
		smtpd_sasl_path = $P/run/auth-client
		smtpd_tls_auth_only = yes
		smtpd_error_sleep_time = 0
		smtpd_relay_restrictions = permit_sasl_authenticated, reject
	END
	log_in_by "$P/queue/log" 'sasl_method=%s, sasl_username=ann@example.org' plain login cram-md5 scram-sha-256
	# the strongest of these, where nobody has named one; postlogd writes when it comes to it
	wait_for 20 has_lines 2 "$P/queue/log" 'sasl_method=scram-sha-256, sasl_username=ann@example.org'
}

# has_lines COUNT LOG PATTERN
has_lines() {
	[ "$(grep -ci -- "$3" "$2")" -eq "$1" ]
}
