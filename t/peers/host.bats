#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# satchel(7), USERS and HOSTING, as root: installed where it is meant to be, with all of its users
# and the paths and ports by default, on a host of its own: a file system over that of this machine,
# which is not changed, and namespaces. Skipped by who may not make them.

bats_require_minimum_version 1.5.0
load ../helper
load ../page

setup() {
	setup_satchel
	[ "$(id -u)" -eq 0 ] || skip 'only root can make a host'
	needs unshare ip useradd setpriv curl openssl
	mkdir "$T/top"
	write_host
	unshare -m -p -n -u --fork --kill-child sh "$T/host" true 2>/dev/null ||
		skip 'no namespaces, or no file system over another, can be made here'
}

# sh host COMMAND...: as root of the other host, in namespaces of its own.
write_host() {
	cat >"$T/host" <<-END
		set -e
		mount --make-rprivate /
		mount -t tmpfs tmpfs $T/top
		mkdir $T/top/upper $T/top/work $T/top/root
		mount -t overlay overlay -o lowerdir=/,upperdir=$T/top/upper,workdir=$T/top/work $T/top/root
		mount -t proc proc $T/top/root/proc
		mount --rbind /dev $T/top/root/dev
		mount -t tmpfs tmpfs $T/top/root/home
		mount -t tmpfs tmpfs $T/top/root/run
		chmod 755 $T/top/root/home
		ip link set lo up
		hostname mail.example.org
		exec chroot $T/top/root env -i "\$@"
	END
}

# What is done there: the commands of the page, the services as lib/service runs them, and mail.
write_script() {
	cat <<-'END'
		set -eu
		export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
		userdel satchel 2>/dev/null || true
		userdel vmail 2>/dev/null || true
		rm -rf /etc/satchel /var/spool/satchel /var/vmail
	END
	commands USERS | sed "s|^make install|make -s -C $ROOT BUILD=$(realpath --relative-to="$ROOT" "$BUILD") SANITIZE='${SANITIZE-}' -o all install|"
	commands HOSTING | sed '/>certificates$/a chown satchel-tlsd key.pem'
	cat <<-'END'
		useradd -m sysuser
		echo '|id -un >ran' >/home/sysuser/.forward
		echo '\sysuser' >>/home/sysuser/.forward
		chown sysuser: /home/sysuser/.forward
		echo 'prog: "|id -un >/tmp/prog.$LOCAL"' >>aliases
		cd /
		run=/var/spool/satchel/run
		# as in lib/service/daemontools
		tlsd -w -u satchel-tlsd &
		install -d -m 755 -o satchel-authd $run/authd
		setpriv --reuid=satchel-authd --regid=satchel-authd --clear-groups authd -w &
		setpriv --reuid=satchel --regid=satchel --clear-groups enqueue -w &
		smtpd -l 25 -u satchel-smtpd &
		pop3d -t -l 995 &
		qrun -w &
		until_true() { for _ in $(seq 600); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; echo "never: $*"; ps -eo user:16,args; exit 1; }
		listens() { for name in "$@"; do grep -q " 00010000 000[15] 01 [0-9 ]*$run/$name/socket\$" /proc/net/unix || return 1; done; }
		until_true listens tlsd authd enqueue qrun
		until_true bash -c 'exec 3<>/dev/tcp/127.0.0.1/25 4<>/dev/tcp/127.0.0.1/995'
		for to in dev@example.org sysuser prog; do printf 'Subject: to %s\n\nHello.\n' $to | sendmail -f ann@example.org $to; done
		# one who is new to services that run
		echo new-password | mailuser add new@example.org
		printf 'Subject: hi\r\n\r\nHello.\r\n' >/tmp/message
		curl -sS --max-time 60 --mail-from ann@example.org --mail-rcpt new@example.org -T /tmp/message smtp://127.0.0.1/mail.example.org
		until_true bash -c 'ls /var/vmail/example.org/new/new/* /var/vmail/example.org/joe/new/* /home/sysuser/Maildir/new/* /home/sysuser/ran /tmp/prog.prog'
		until_true bash -c 'qstat | grep "^0 messages"'
		echo "ran: $(cat /home/sysuser/ran) $(cat /tmp/prog.prog)"
		curl -sS --max-time 60 --cacert /etc/satchel/cert.pem --resolve mail.example.org:995:127.0.0.1 \
		    -u new@example.org:new-password pop3s://mail.example.org/1 | grep '^Subject: '
		find /home/sysuser /var/vmail /var/spool/satchel /etc/satchel -ignore_readdir_race -printf '%u %M %p\n' >/tmp/owners
		awk '$3 ~ "^/home/sysuser/" && $1 != "sysuser" { print "owner:", $0 }
		    $3 ~ "^/var/vmail" && ($1 != "vmail" || $2 !~ "------$") { print "owner:", $0 }
		    $3 ~ "^/var/spool/satchel" && $3 !~ "/run/" && $1 != "satchel" { print "owner:", $0 }' /tmp/owners
		for user in satchel-smtpd satchel-pop3d satchel-tlsd vmail nobody sysuser; do
		    for file in /etc/satchel/secrets /var/spool/satchel/new /var/spool/satchel/deferred $run/authd/failures \
		        /etc/satchel/key.pem /var/vmail /home/sysuser/Maildir; do
		        setpriv --reuid=$user --regid="$(id -g $user)" --clear-groups test -r $file && echo "reads: $user $file"
		    done
		done
		ps -eo user:16,comm --no-headers | sort -u | sed -n 's/ \+/ /; /smtpd\|pop3d\|qrun\|enqueue\|authd\|tlsd/s/^/runs: /p'
	END
}

@test "a host of its own: the page's commands, as root, with every user" {
	write_script >"$T/script"
	run timeout 200 unshare -m -p -n -u --fork --kill-child sh "$T/host" bash "$T/script"
	echo "$output"
	[ "$status" -eq 0 ]
	grep -qx 'ran: sysuser nobody' <<<"$output"
	grep -q '^Subject: hi' <<<"$output"
	[[ $output != *$'\nowner: '* ]]
	[ "$(grep '^reads: ' <<<"$output" | sort)" = "$(printf 'reads: %s\n' 'satchel-tlsd /etc/satchel/key.pem' 'sysuser /home/sysuser/Maildir' 'vmail /var/vmail')" ]
	[ "$(grep '^runs: root ' <<<"$output" | cut -d' ' -f3)" = "$(printf '%s\n' pop3d qrun)" ]
}
