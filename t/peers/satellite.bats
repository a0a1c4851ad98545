#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# satchel-satellite(7), as root on a host of its own (as t/peers/host.bats has it): installed by the
# commands of the page, with routes and credentials and nothing else, sending through an Exim that
# wants TLS and a login, as users who have no rights but to execute sendmail.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
load ../helper
load ../page
load peers

setup() {
	setup_satchel
	[ "$(id -u)" -eq 0 ] || skip 'only root can make a host'
	needs unshare ip useradd setpriv openssl
	peer exim4-daemon-light usr/sbin/exim4 libnss-wrapper
	peer_scratch
	mkdir "$T/top"
	write_host
	unshare -m -p -n -u --fork --kill-child sh "$T/host" true 2>/dev/null ||
		skip 'no namespaces, or no file system over another, can be made here'
	make_smarthost
}

teardown() {
	stop_started
	remove_scratch "$P"
}

# sh host COMMAND...: as root of the other host, in namespaces of its own; its name has no domain.
write_host() {
	cat >"$T/host" <<-END
		set -e
		mount --make-rprivate /
		mount -t tmpfs tmpfs $T/top
		mkdir $T/top/upper $T/top/work $T/top/root
		mount -t overlay overlay -o lowerdir=/,upperdir=$T/top/upper,workdir=$T/top/work $T/top/root
		mount -t proc proc $T/top/root/proc
		mount --rbind /dev $T/top/root/dev
		mount -t tmpfs tmpfs $T/top/root/run
		ip link set lo up
		hostname web1
		exec chroot $T/top/root env -i "\$@"
	END
}

# smtp.example.org: $P/run is the server, $P/ca.pem who signed its certificate.
make_smarthost() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=authority \
	    -keyout "$P/ca.key" -out "$P/ca.pem" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=smtp.example.org \
	    -addext subjectAltName=DNS:smtp.example.org -keyout "$P/peer.key" -out "$P/peer.csr" 2>/dev/null
	openssl x509 -req -in "$P/peer.csr" -CA "$P/ca.pem" -CAkey "$P/ca.key" -days 30 -copy_extensions copy \
	    -out "$P/peer.crt" 2>/dev/null
	chmod 644 "$P"/peer.*
	touch "$P/tls"
	exim_setup <<-END
		tls_certificate = $P/peer.crt
		tls_privatekey = $P/peer.key
		auth_advertise_hosts = \${if def:tls_in_cipher{*}}
		acl_smtp_rcpt = rcpt
		acl_smtp_data = accept
		smtp_accept_queue_per_connection = 0
		log_selector = +smtp_connection
		begin acl
		rcpt:
		  deny recipients = never@example.com
		       message = 5.1.1 no such user
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
	END
}

# What is done there. Lines "N: ..." are looked at.
write_script() {
	cat <<-END
		set -eu
		export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
		userdel satchel 2>/dev/null || true
		userdel vmail 2>/dev/null || true
		rm -rf /etc/satchel /var/spool/satchel /etc/aliases
		run=$P/run box=$P/box ca=$P/ca.pem
	END
	commands SET-UP satchel-satellite.7 | sed "s|^make install|make -s -C $ROOT BUILD=$(realpath --relative-to="$ROOT" "$BUILD") SANITIZE='${SANITIZE-}' -o all install >/dev/null|" |
		sed '/^mailconf check/,$d'
	cat <<-'END'
		useradd -m ordinary
		until_true() { for _ in $(seq 1000); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; echo "never: $*"; qstat; exit 1; }
		as() { setpriv --reuid=ordinary --regid=ordinary --clear-groups --inh-caps=-all -- "$@"; }
		arrived() { [ "$(find "$box" -type f ! -name '*.lock' | wc -l)" -eq "$1" ]; }
		cron() { env -i sh -c "$(sed -n 's/^\*\/5 .* root *//p' /etc/cron.d/satchel)"; }
		connections() { grep -c 'SMTP connection from' "$(dirname "$run")/spool/mainlog"; }
		no_pass() { ! ps -eo args --no-headers | grep -q -- '--[b]ackground'; }
		no_mail() { qstat | grep -q '^0 messages'; }
		# it waits for more, longer than here, until it is told to end
		end_pass() {
			until_true no_mail
			pkill -f -- '--[b]ackground' || true
			until_true no_pass
		}
		say() { sed "s/^/$1: /"; }
		echo "files:  $(ls /etc/satchel | paste -sd ' ')"
		# the smarthost's name is not known, then known and nobody is there
		: >/etc/hosts; echo nameserver 127.0.0.1 >/etc/resolv.conf
		echo hello | as sendmail joe@example.com
		cron
		echo '127.0.0.1 smtp.example.org' >/etc/hosts
		qstat | say dns
		qrun --now 2>/dev/null
		qstat | say down
		# there it is, but its authority is not known here
		"$run" -bdf -oX 587 -oP /tmp/exim.pid 2>/dev/null & exim=$!
		until_true bash -c 'exec 3<>/dev/tcp/127.0.0.1/587'
		qrun --now 2>/dev/null
		qstat | say certificate
		cp "$ca" /etc/ssl/certs/test-authority.pem
		ln -s test-authority.pem "/etc/ssl/certs/$(openssl x509 -in "$ca" -noout -hash).0"
		sed -i s/secret/wrong/ /etc/satchel/credentials
		qrun --now 2>/dev/null
		qstat | say password
		arrived 0
		sed -i s/wrong/secret/ /etc/satchel/credentials
		qrun --now 2>/dev/null
		until_true arrived 1
		qstat | say empty
		# at once, as an ordinary user, in the background, and with an answer
		echo now >/etc/satchel/deliver
		echo 'smtp-idle: 600' >/etc/satchel/limits
		echo hello | as sendmail -v joe@example.com | say verbose
		until_true arrived 2
		before=$(connections)
		# one after the other: of two at once, a second worker would have the second
		for count in 3 4 5 6 7 8 9 10 11 12; do
			echo hello | as sendmail -f ann@example.org joe@example.com
			until_true arrived $count
			until_true no_mail
		done
		echo "connections: $(($(connections) - before))"
		ps -eo user:16,args --no-headers | grep -- '--[b]ackground' | say runs
		echo hello | as sendmail -v -f ann@example.org never@example.com | say never
		end_pass
		# limits of the caller's that would reach the pass: the queue, and nothing else
		(ulimit -n 200; echo hello | as sendmail -v joe@example.com) | say limited
		# for this host: root has the postmaster's Maildir, a user his own by cron
		echo hello | as sendmail root
		echo hello | sendmail -v ordinary | say local
		cron
		until_true arrived 14
		find /var/spool/satchel/postmaster -path '*/new/*' -type f | wc -l | say root
		echo 'root: ann@example.org' >/etc/satchel/addressmap
		echo hello | as sendmail -odi root
		until_true arrived 15
		# by an alias in its place, where nobody owns hosted mailboxes
		end_pass
		rm /etc/satchel/addressmap /etc/satchel/deliver
		echo 'root: ann@example.org' >/etc/aliases
		newaliases >/dev/null
		echo hello | as sendmail root
		cron
		until_true arrived 16
		qstat | say left
		grep -rhi '^\(From\|Message-ID\): ' "$box" | sort | uniq -c | sort -rn | head -4 | say header
		kill "$exim"
	END
}

@test "a satellite: two files and the page's commands, an Exim behind TLS and a login, ordinary users" {
	write_script >"$T/script"
	run timeout 250 unshare -m -p -n -u --fork --kill-child sh "$T/host" bash "$T/script"
	echo "$output"
	[ "$status" -eq 0 ]
	# the reasons that a person reads, and nothing has come back for them
	says() { grep -q "^$1: .*$2" <<<"$output" || { echo "not said: $1: $2"; return 1; }; }
	says files 'credentials routes$'
	says dns '4.4.3 - Host or domain name lookup failed for now: smtp.example.org'
	says down 'unable to connect: Connection refused'
	says certificate 'certificate is issued by an authority that is not known here'
	says password 'login by PLAIN failed: 535'
	says empty '0 messages'
	# delivered at once, by the spool's owner, over the connection that is there
	says verbose '<joe@example.com>: sent: 250 .* (smtp.example.org\[127.0.0.1\]:587)'
	says never '<never@example.com>: failed, and the sender is told: 550 5.1.1 no such user'
	[ "$(sed -n 's/^connections: //p' <<<"$output")" -le 2 ]
	[ "$(grep '^runs: ' <<<"$output" | sort -u)" = 'runs: satchel          qrun --background' ]
	says limited '<joe@example.com>: not tried yet'
	says local '<ordinary@web1>: not tried yet: delivered here'
	says root '1$'
	says left '0 messages'
	says header 'From: .*ann@example.org'
}
