# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2034 # T is setup_satchel's; PORT and P are for who loads it
# Mail servers that are not of our making, and our own beside them, each started by one function. Load it
# behind helper, tls, peers:
#
#	setup() { setup_satchel; }
#	teardown() { stop_servers; }
#	start_server exim tls
#
# start_server NAME [tls] [<CONFIGURATION]: NAME is one of SERVERS. It listens at PORT of 127.0.0.1, as
# peer.test; takes mail for joe@example.test, and for the postmaster, into files under BOX; knows nobody
# else of example.test, and relays for nobody. With "tls" it offers STARTTLS, with the certificate
# peer.test that make_peer_key made. dovecot-submission wants a login: joe@example.test, "secret" (with
# PLAINTEXT_LACKS_TLS=yes, under TLS); what it takes goes on to RELAY_PORT. satchel's configuration is in SATCHEL_CONTROL, its mail in the spool.

SERVERS='postfix exim opensmtpd sendmail haraka dovecot-submission dovecot-lmtp satchel'

# For setup_file: the certificate in $KEYS.
make_peer_key() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	make_key peer ec
}

start_server() {
	local name=$1
	SERVER_TLS=false
	[ "${2-}" != tls ] || SERVER_TLS=true
	server_scratch
	BOX=$P/box
	if $SERVER_TLS; then
		install -m 600 "$KEYS"/peer.* "$P/"
	fi
	PORT=$(free_port)
	"start_${name//-/_}"
	# some look at what they have before they listen
	wait_for 30 port_open "$PORT" || {
		cat "$STARTED_LOG" >&2
		return 1
	}
}

# A folder $P that stop_servers removes.
server_scratch() {
	peer_scratch
	SERVER_FOLDERS="${SERVER_FOLDERS-} $P"
}

# For teardown.
stop_servers() {
	stop_started
	# shellcheck disable=SC2086 # folders without blanks
	remove_scratch ${SERVER_FOLDERS-}
	SERVER_FOLDERS=
}

# Who has users, folders or a host's name compiled in runs in namespaces of its own.
needs_namespace() {
	[ "$(id -u)" -eq 0 ] || skip "$1 runs as root alone"
	needs unshare
	unshare -m true || skip 'a mount namespace of its own cannot be had'
}

start_postfix() {
	[ "$(id -u)" -eq 0 ] || skip "Postfix' master(8) runs as root alone"
	peer postfix usr/lib/postfix/sbin/smtpd
	$SERVER_TLS || printf 'smtpd_tls_security_level = none\nsmtpd_tls_chain_files =\n' >"$P/more"
	# the message to joe is in $P/mail/joe/new
	BOX=$P/mail
	touch "$P/more"
	postfix_start <<-END
		myorigin = example.test
		virtual_mailbox_maps = inline:{ joe@example.test=joe/ postmaster@example.test=joe/ }
		smtpd_relay_restrictions = reject_unauth_destination
		$(cat "$P/more")
	END
}

start_exim() {
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	if $SERVER_TLS; then
		chown "$EXIM_USER" "$P"/peer.*
		touch "$P/tls"
	fi
	exim_setup <<-END
		tls_certificate = $P/peer.crt
		tls_privatekey = $P/peer.key
		chunking_advertise_hosts = *
		smtputf8_advertise_hosts = *
		qualify_domain = example.test
		acl_smtp_rcpt = rcpt
		acl_smtp_data = accept
		begin acl
		rcpt:
		  accept recipients = joe@example.test : postmaster@example.test
		  deny message = 5.1.1 no such user
		       domains = example.test
		  deny message = 5.7.1 relay not permitted
		begin routers
		box:
		  driver = accept
		  transport = box
		begin transports
		box:
		  driver = appendfile
		  directory = $P/box
		  user = $EXIM_USER
		  message_prefix =
		  message_suffix =
		  check_string =
	END
	start "$P/run" -bdf -oX "$PORT" -oP "$P/pid"
}

# Without TLS: that of Debian's 6.8 fails with OpenSSL 3 ("EVP lib").
start_opensmtpd() {
	needs_namespace OpenSMTPD
	! $SERVER_TLS || skip "TLS of Debian's OpenSMTPD fails with its OpenSSL"
	peer opensmtpd usr/sbin/smtpd
	BOX=$P/mail
	mkdir "$BOX"
	chown nobody "$BOX"
	opensmtpd_setup <<-END
		table people { joe@example.test = nobody, postmaster@example.test = nobody, postmaster = nobody }
		listen on 127.0.0.1 port $PORT hostname peer.test
		action box maildir "$P/mail" virtual <people>
		match from any for domain { example.test, peer.test } action box
	END
	start unshare -m sh "$P/run"
}

# It waits a minute for a host's name with a dot.
start_sendmail() {
	needs_namespace sendmail
	peer sendmail-bin usr/libexec/sendmail/sendmail libwrap0
	peer sendmail-cf ''
	peer m4 usr/bin/m4
	mkdir "$P/mqueue" "$P/box"
	chmod 777 "$P/box"
	# whose name is the server's may relay
	printf '127.0.0.1 client.test\n127.0.1.1 peer.test\n' >"$P/hosts"
	printf 'hosts: files\npasswd: files\ngroup: files\n' >"$P/nsswitch"
	printf 'joe: nobody\npostmaster: nobody\nmailer-daemon: nobody\n' >"$P/aliases"
	# shellcheck disable=SC2016 # for that shell
	printf '#!/bin/sh\ncat >%s/box/.$$ && mv %s/box/.$$ %s/box/$$\n' "$P" "$P" "$P" >"$P/deliver"
	# unpacked it is set-group-ID, which drops LD_LIBRARY_PATH
	install -m 755 "$PEERS/sendmail-bin/usr/libexec/sendmail/sendmail" "$P/sendmail"
	chmod 755 "$P/deliver"
	chmod 644 "$P/hosts" "$P/nsswitch"
	sendmail_configuration >"$P/mc"
	LD_LIBRARY_PATH=$PEER_LIBS "$PEERS/m4/usr/bin/m4" \
		"-D_CF_DIR_=$PEERS/sendmail-cf/usr/share/sendmail/cf/" "$P/mc" |
		grep -v '^R127\.0\.0\.1.*originated locally\|and see if it is local$' >"$P/sendmail.cf"
	cat >"$P/run" <<-END
		set -e
		hostname peer.test
		mount --bind $P/hosts /etc/hosts
		mount --bind $P/nsswitch /etc/nsswitch.conf
		export LD_LIBRARY_PATH=$PEER_LIBS
		$P/sendmail -C $P/sendmail.cf -bi
		exec $P/sendmail -C $P/sendmail.cf -bD
	END
	start unshare -m -u sh "$P/run"
}

sendmail_configuration() {
	cat <<-END
		include(\`$PEERS/sendmail-cf/usr/share/sendmail/cf/m4/cf.m4')
		OSTYPE(\`linux')
		define(\`LOCAL_MAILER_PATH', \`$P/deliver')
		define(\`LOCAL_MAILER_ARGS', \`deliver \$u')
		define(\`LOCAL_MAILER_FLAGS', \`lsDFMAw5:|@q9n')
		define(\`ALIAS_FILE', \`$P/aliases')
		define(\`QUEUE_DIR', \`$P/mqueue')
		define(\`STATUS_FILE', \`')
		define(\`HELP_FILE', \`$PEERS/sendmail-bin/etc/mail/helpfile')
		define(\`confPID_FILE', \`$P/pid')
		define(\`confCW_FILE', \`-o $P/names')
		define(\`confDOMAIN_NAME', \`peer.test')
		define(\`confDEF_USER_ID', \`$(id -u nobody):$(id -g nobody)')
		define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit,GroupWritableDirPathSafe')
		define(\`confTO_IDENT', \`0')
		define(\`confREFUSE_LA', \`10000')
		define(\`confQUEUE_LA', \`10000')
		FEATURE(\`no_default_msa')
		FEATURE(\`accept_unresolvable_domains')
		FEATURE(\`nocanonify')
		DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=$PORT')
		LOCAL_DOMAIN(\`example.test')
	END
	if $SERVER_TLS; then
		cat <<-END
			define(\`confSERVER_CERT', \`$P/peer.crt')
			define(\`confSERVER_KEY', \`$P/peer.key')
			define(\`confCACERT', \`$P/peer.crt')
			define(\`confCACERT_PATH', \`$P')
			define(\`confTLS_SRV_OPTIONS', \`V')
		END
	fi
	printf "MAILER(\`local')\nMAILER(\`smtp')\n"
}

# Haraka is installed, from npm's package.
haraka() {
	mkdir -p "$PEERS/haraka"
	(
		flock -w 280 9 || exit 1
		[ -e "$PEERS/haraka/complete" ] && exit 0
		cd "$PEERS/haraka" && timeout 200 npm install --silent --no-audit --no-fund --ignore-scripts \
			--omit=optional --omit=dev Haraka@3 >>"$PEERS/fetch.log" 2>&1 && touch complete
	) 9>"$PEERS/haraka/lock"
}

start_haraka() {
	local own=$PEERS/haraka/node_modules/Haraka
	needs node npm
	haraka || missing_peer 'Haraka cannot be had'
	mkdir -p "$P/haraka/config" "$P/haraka/plugins" "$BOX"
	echo peer.test >"$P/haraka/config/me"
	echo box >"$P/haraka/config/plugins"
	printf 'listen=127.0.0.1:%s\nnodes=0\n' "$PORT" >"$P/haraka/config/smtp.ini"
	# its own, without which it fails
	cp "$own/config/connection.ini" "$P/haraka/config/"
	cp "$ROOT/t/peers/haraka_box.js" "$P/haraka/plugins/box.js"
	if $SERVER_TLS; then
		echo tls >>"$P/haraka/config/plugins"
		cp "$P/peer.key" "$P/haraka/config/tls_key.pem"
		cp "$P/peer.crt" "$P/haraka/config/tls_cert.pem"
		# those of RFC 7919: without, it has openssl search for a minute, which outlives it
		openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out "$P/haraka/config/dhparams.pem"
	fi
	start env BOX="$BOX" node "$own/bin/haraka" -c "$P/haraka"
}

start_dovecot_lmtp() {
	dovecot_start lmtp lmtpd <<-END
		lmtp_save_to_detail_mailbox = no
		service lmtp {
		  inet_listener lmtp {
		    address = 127.0.0.1
		    port = $PORT
		  }
		  unix_listener $P/lmtp {
		    mode = 0666
		  }
		}
	END
}

start_dovecot_submission() {
	dovecot_start submission submissiond <<-END
		disable_plaintext_auth = ${PLAINTEXT_LACKS_TLS:-no}
		submission_relay_host = 127.0.0.1
		submission_relay_port = ${RELAY_PORT:-9}
		submission_relay_trusted = no
		service submission-login {
		  chroot =
		  inet_listener submission {
		    address = 127.0.0.1
		    port = $PORT
		  }
		}
	END
}

# dovecot_start PROTOCOL PACKAGE: what is on stdin is behind what any needs. It looks for some of its
# libraries where it was built for: there it finds them, in a mount namespace of its own.
dovecot_start() {
	local lib=$PEERS/dovecot-core/usr/lib/dovecot box
	needs_namespace Dovecot
	peer dovecot-core usr/sbin/dovecot libsodium23 libunwind8
	peer "dovecot-$2" "usr/lib/dovecot/$1" dovecot-core libsodium23 libunwind8
	BOX=$P/mail
	mkdir "$P/lib" "$P/mail"
	# as they would stand together if they were installed
	ln -s "$lib"/* "$PEERS/dovecot-$2/usr/lib/dovecot"/* "$P/lib/"
	chown "$EXIM_USER" "$P/mail"
	for box in joe sue postmaster; do
		echo "$box@example.test:{PLAIN}secret:$(id -u "$EXIM_USER"):$(id -g "$EXIM_USER")::$P/mail/$box"
	done >"$P/users"
	chmod 644 "$P/users"
	{
		dovecot_configuration "$1"
		cat
	} >"$P/conf"
	cat >"$P/run.sh" <<-END
		set -e
		mkdir "$P/old" "$P/new"
		mount --bind /usr/lib "$P/old"
		ln -s "$P"/old/* "$P/new"
		ln -sfn "$P/lib" "$P/new/dovecot"
		mount --bind "$P/new" /usr/lib
		export LD_LIBRARY_PATH=$PEER_LIBS:$lib:$lib/modules/old-stats
		exec "$PEERS/dovecot-core/usr/bin/doveconf" -f service=master -c "$P/conf" -m master \
			-e "$PEERS/dovecot-core/usr/sbin/dovecot" -F -c "$P/conf"
	END
	start unshare -m sh "$P/run.sh"
}

dovecot_configuration() {
	cat <<-END
		base_dir = $P/run
		state_dir = $P/state
		libexec_dir = $P/lib
		log_path = $P/log
		hostname = peer.test
		protocols = $1
		default_internal_user = $EXIM_USER
		default_internal_group = $(id -gn "$EXIM_USER")
		default_login_user = $EXIM_USER
		import_environment = LD_LIBRARY_PATH
		mail_location = maildir:$P/mail/%n
		auth_mechanisms = plain login
		auth_failure_delay = 0
		passdb {
		  driver = passwd-file
		  args = $P/users
		}
		userdb {
		  driver = passwd-file
		  args = $P/users
		}
		service anvil {
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
	END
	if $SERVER_TLS; then
		printf 'ssl = yes\nssl_cert = <%s/peer.crt\nssl_key = <%s/peer.key\n' "$P" "$P"
	else
		echo 'ssl = no'
	fi
}

# What smtpd says is in STARTED_LOG.
start_satchel() {
	BOX=$SATCHEL_SPOOL/new
	control me peer.test
	control locals example.test
	control relayhosts 192.0.2.1
	control aliases 'joe: joe@away.test' 'postmaster: joe@away.test'
	if $SERVER_TLS; then
		mkdir -p "$SATCHEL_SPOOL/run/tlsd"
		control certificates "*: $P/peer.crt $P/peer.key"
	fi
	start tcpserver -H -R -l peer.test 127.0.0.1 "$PORT" smtpd
}
