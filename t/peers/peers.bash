# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Mail programs that are not of our making, unpacked from Debian's packages into build/peers (they
# conflict as installed packages), one folder a package, kept for the next run. Load it behind helper.
# A peer that cannot be had is a failure where CI=true is in the environment, else a skipped test.

PEERS=$ROOT/build/peers

# unpack PACKAGE: $PEERS/PACKAGE is there.
unpack() {
	[ -d "$PEERS/$1" ] && return
	command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
	rm -rf "$PEERS/fetch"
	mkdir -p "$PEERS/fetch"
	(cd "$PEERS/fetch" && download "$1" && dpkg -x "$1"_*.deb new) >>"$PEERS/fetch.log" 2>&1 &&
		mv "$PEERS/fetch/new" "$PEERS/$1"
}

# A machine that has only just been made does not know any package yet.
download() {
	local as_root=
	timeout 60 apt-get download "$1" && return
	[ "$(id -u)" -eq 0 ] || as_root="sudo -n"
	$as_root timeout 100 apt-get update -q && timeout 60 apt-get download "$1"
}

# Where the libraries of what is unpacked are; the trees of callers.bash have their own.
peer_libraries() {
	find "$PEERS" \( -path "$PEERS/fetch" -o -path "$PEERS/*.tree*" \) -prune -o \( -name '*.so.*' -o -name 'libpostfix*.so' \) -print | sed 's|/[^/]*$||' | sort -u | paste -sd :
}

lacks_libraries() {
	LD_LIBRARY_PATH=$(peer_libraries) ldd "$1" | grep -q 'not found'
}

# with_libraries PACKAGE FILE: unpacks the libraries that FILE wants and this machine has not. What is installed
# it would find without us, and each that is got for nothing costs seconds.
with_libraries() {
	local library
	lacks_libraries "$2" || return 0
	for library in $(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$1" | grep '^lib' | not_installed); do
		unpack "$library" || return 1
		lacks_libraries "$2" || return 0
	done
	return 1
}

# Of the packages on stdin, those that this machine has not.
not_installed() {
	grep -vxFf <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
}

fetch_peer() {
	local package=$1 file=$2
	shift 2
	mkdir -p "$PEERS"
	for other; do
		unpack "$other" || return 1
	done
	unpack "$package" || return 1
	[ -z "$file" ] || with_libraries "$package" "$PEERS/$package/$file"
}

# peer PACKAGE FILE OTHER-PACKAGE...: has them unpacked; FILE is the program in PACKAGE, or empty.
# PEER_LIBS is for LD_LIBRARY_PATH.
peer() {
	mkdir -p "$PEERS"
	exec {peer_lock}>"$PEERS/lock"
	found=false
	if flock -w 400 "$peer_lock" && fetch_peer "$@"; then
		found=true
	fi
	exec {peer_lock}>&-
	$found || missing_peer "the package $1 cannot be had; see build/peers/fetch.log" || return 1
	PEER_LIBS=$(peer_libraries)
}

# A scratch folder P that other users may pass through, as servers change to them.
peer_scratch() {
	P=$(mktemp -d /tmp/satchel-peer.XXXXXX)
	chmod 711 "$P"
}

# For teardown, behind stop_started: removes folders in which what a server has begun, a delivery of Exim's,
# say, may still be about to write. remove_scratch FOLDER...
remove_scratch() {
	local folder
	for folder; do
		wait_for 10 rm -rf "$folder"
	done
}

# The message that crosses the wire, with LF in $T/message and with CRLF in $T/wire: dots at every
# place, 8-bit text, long and empty lines.
peer_message() {
	{
		printf 'From: <me@example.org>\nTo: joe@example.test\nSubject: peers\n'
		printf 'Message-ID: <%s@example.org>\nDate: Sun, 22 Nov 2026 02:45:10 +0000\n' "$RANDOM"
		printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n'
		printf 'Content-Transfer-Encoding: 8bit\n\n'
		printf '.\n..\n.x\n\n..y\n \n\303\244\303\266 \342\202\254\nFrom here\n.\n'
		printf 'x%.0s' {1..900}
		printf '\nend\n.\n'
	} >"$T/message"
	sed 's/$/\r/' "$T/message" >"$T/wire"
}

# ends_with FILE MESSAGE: byte for byte.
ends_with() {
	tail -c "$(wc -c <"$2")" "$1" | cmp - "$2"
}

# Exim with the configuration on stdin, behind what any needs: $P/run is the program, EXIM_USER whom
# it runs as; mail may go to $P/box. It offers TLS once there is $P/tls. The user that it was built for is here by libnss-wrapper alone.
exim_setup() {
	local uid gid
	uid=$(id -u "$EXIM_USER") gid=$(id -g "$EXIM_USER")
	cp "$PEERS/exim4-daemon-light/usr/sbin/exim4" "$P/exim"
	cp "$(find "$PEERS/libnss-wrapper" -name 'libnss_wrapper.so' | head -n 1)" "$P/wrapper.so"
	chmod 755 "$P/exim" "$P/wrapper.so"
	mkdir -m 777 "$P/box"
	mkdir "$P/spool"
	chown "$EXIM_USER" "$P/spool" "$P/box"
	getent passwd >"$P/passwd"
	echo "Debian-exim:x:$uid:$gid::/:/bin/false" >>"$P/passwd"
	getent group >"$P/group"
	echo "Debian-exim:x:$gid:" >>"$P/group"
	cat >"$P/conf" - <<-END
		primary_hostname = peer.test
		exim_path = $P/exim
		spool_directory = $P/spool
		log_file_path = $P/spool/%slog
		local_interfaces = 127.0.0.1
		keep_environment = ^LD_ : ^NSS_
		tls_advertise_hosts = \${if exists{$P/tls}{*}}
		received_header_text =
		$(cat)
	END
	cat >"$P/run" <<-END
		#!/bin/sh
		export LD_PRELOAD=$P/wrapper.so NSS_WRAPPER_PASSWD=$P/passwd NSS_WRAPPER_GROUP=$P/group
		export LD_LIBRARY_PATH=$PEER_LIBS
		exec $P/exim -C $P/conf "\$@"
	END
	chmod 755 "$P/run"
}

# OpenSMTPD with the configuration on stdin; $P/run starts it in a mount namespace of its own, as it
# has its users and folders compiled in: there it sees some of its own.
opensmtpd_setup() {
	local name
	cp /etc/passwd "$P/passwd"
	cp /etc/group "$P/group"
	for name in opensmtpd:951 opensmtpq:952; do
		echo "${name%:*}:x:${name#*:}:${name#*:}::/var/lib/opensmtpd/empty:/bin/false" >>"$P/passwd"
		echo "${name%:*}:x:${name#*:}:" >>"$P/group"
	done
	cat >"$P/conf"
	# it asks for the names of its clients, of whoever answers
	echo 'lookup file' >"$P/resolv.conf"
	chmod 644 "$P/conf" "$P/passwd" "$P/group" "$P/resolv.conf"
	cat >"$P/run" <<-END
		set -e
		[ ! -e /etc/resolv.conf ] || mount --bind "$P/resolv.conf" /etc/resolv.conf
		mount --bind "$P/passwd" /etc/passwd
		mount --bind "$P/group" /etc/group
		for folder in /var/spool /var/lib /run; do
			mount -t tmpfs tmpfs "\$folder"
		done
		mount --bind "$PEERS/opensmtpd/usr/libexec" /usr/libexec
		mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd
		chmod 711 /var/spool/smtpd
		export LD_LIBRARY_PATH="$PEER_LIBS"
		exec "$PEERS/opensmtpd/usr/sbin/smtpd" -d -f "$P/conf"
	END
}

# Postfix at PORT, with what is on stdin behind what any needs: it has mail for joe@example.test in
# $P/mail/joe, and shows $KEYS/peer.crt. Its log is $P/queue/log.
postfix_start() {
	local folder
	PORT=$(free_port)
	mkdir "$P/config" "$P/queue" "$P/mail"
	chown nobody "$P/mail"
	for folder in active bounce corrupt defer deferred flush hold incoming maildrop private public saved \
		trace data; do
		mkdir -m 700 "$P/queue/$folder"
		chown daemon "$P/queue/$folder"
	done
	mkdir "$P/queue/pid"
	last_of_each >"$P/config/main.cf" <<-END
		compatibility_level = 3.6
		queue_directory = $P/queue
		data_directory = $P/queue/data
		daemon_directory = $PEERS/postfix/usr/lib/postfix/sbin
		command_directory = $PEERS/postfix/usr/sbin
		shlib_directory = $PEERS/postfix/usr/lib/postfix
		meta_directory = $P/config
		import_environment = MAIL_CONFIG LD_LIBRARY_PATH=$PEER_LIBS
		mail_owner = daemon
		default_privs = nobody
		setgid_group = mail
		myhostname = peer.test
		smtpd_tls_security_level = may
		smtpd_tls_chain_files = $KEYS/peer.key, $KEYS/peer.crt
		mydestination =
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		mynetworks =
		alias_maps =
		local_recipient_maps =
		virtual_mailbox_domains = example.test
		virtual_mailbox_base = $P/mail
		virtual_mailbox_maps = inline:{ joe@example.test=joe/ }
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(id -g nobody)
		virtual_minimum_uid = 1
		maillog_file = $P/queue/log
		maillog_file_prefixes = $P
		$(cat)
	END
	cat >"$P/config/master.cf" <<-END
		127.0.0.1:$PORT inet n - n - - smtpd
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		virtual unix - n n - - virtual
		tlsmgr unix - - n 1000? 1 tlsmgr
		anvil unix - - n - 1 anvil
		postlog unix-dgram n - n - 1 postlogd
	END
	start env LD_LIBRARY_PATH="$PEER_LIBS" "$PEERS/postfix/usr/lib/postfix/sbin/master" -c "$P/config"
	wait_for 20 port_open "$PORT"
}

# Settings as they count, each once. Each process of Postfix warns of one that is there twice, to postlogd;
# and where some have begun before postlogd itself does, its socket is full, and it waits for itself.
last_of_each() {
	tac | awk '!seen[$1]++' | tac
}

# dovecot_auth_start MECHANISMS: Dovecot's auth service at $P/run/auth-client, where ann@example.org has
# the password "secret". Its log is $P/log.
dovecot_auth_start() {
	local lib=$PEERS/dovecot-core/usr/lib/dovecot
	echo "ann@example.org:{PLAIN}secret" >"$P/users"
	chmod 644 "$P/users"
	cat >"$P/conf" <<-END
		base_dir = $P/run
		state_dir = $P/state
		libexec_dir = $lib
		log_path = $P/log
		protocols =
		ssl = no
		default_internal_user = $EXIM_USER
		default_internal_group = $(id -gn "$EXIM_USER")
		default_login_user = $EXIM_USER
		import_environment = LD_LIBRARY_PATH
		mail_plugin_dir = $lib/modules
		auth_mechanisms = $1
		auth_failure_delay = 0
		passdb {
		  driver = passwd-file
		  args = $P/users
		}
		userdb {
		  driver = static
		  args = uid=$(id -u "$EXIM_USER") gid=$(id -g "$EXIM_USER") home=/
		}
		service auth {
		  unix_listener auth-client {
		    mode = 0666
		  }
		}
		service anvil {
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
	END
	# as dovecot would itself, if it were where it was built for
	LD_LIBRARY_PATH=$PEER_LIBS:$lib:$lib/modules/old-stats start "$PEERS/dovecot-core/usr/bin/doveconf" \
		-f service=master -c "$P/conf" -m master -e "$PEERS/dovecot-core/usr/sbin/dovecot" -F -c "$P/conf"
	wait_for 20 listens_at "$P/run/auth-client" || {
		cat "$STARTED_LOG" "$P/log" >&2
		return 1
	}
}

EXIM_USER=$(id -un)
if [ "$EXIM_USER" = root ]; then
	EXIM_USER=nobody
fi
