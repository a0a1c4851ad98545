# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2034 # status and output are bats', QUEUED is for its files
# Programs that send mail by /usr/sbin/sendmail, each at its place in a scratch root: this machine's
# files with the packages on top, and satchel's sendmail installed as it would be, with the spool of
# another user. Load it behind helper, sendmail and peers.

# callers_tree NAME PACKAGE…: TREE has what these packages install, for this run and the next.
callers_tree() {
	[ "$(id -u)" -eq 0 ] || skip 'only root can change the root'
	needs unshare
	unshare -m true || skip 'a mount namespace of its own cannot be had'
	TREE=$PEERS/$1.tree
	shift
	mkdir -p "$PEERS"
	(
		flock -w 280 9 || exit 1
		[ -d "$TREE" ] || unpack_tree "$@"
	) 9>"$TREE.lock" || missing_peer "one of $* cannot be had; see build/peers/fetch.log"
}

unpack_tree() {
	local deb new=$TREE.new folder
	rm -rf "$new" "$TREE.fetch"
	mkdir -p "$new/usr/bin" "$new/usr/sbin" "$new/usr/lib" "$new/usr/lib64" "$TREE.fetch"
	for folder in bin sbin lib lib64; do
		[ ! -L "/$folder" ] || ln -s "usr/$folder" "$new/$folder"
	done
	(cd "$TREE.fetch" && download_all "$@") >>"$PEERS/fetch.log" 2>&1 || return 1
	for deb in "$TREE.fetch"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$new" || return 1
	done
	rm -rf "$TREE.fetch"
	mv "$new" "$TREE"
}

# All in one call, as each reads the list of all packages.
download_all() {
	timeout 100 apt-get download "$@" && return
	timeout 100 apt-get update -q && timeout 100 apt-get download "$@"
}

# The scratch root's own files; call it once TREE is known. Users: joe and ann, and satchel, who has
# the spool.
callers_setup() {
	setup_satchel
	rm -rf "$SATCHEL_SPOOL"
	mkdir "$SATCHEL_SPOOL" "$T/root" "$T/bin" "$T/home"
	echo here.test >"$SATCHEL_CONTROL/me"
	cp /etc/passwd /etc/group "$T"
	local user
	for user in satchel:1950 joe:1951 ann:1952; do
		echo "${user%:*}:x:${user#*:}:${user#*:}:${user%:*} of here,,,:/home/${user%:*}:/bin/sh" >>"$T/passwd"
		echo "${user%:*}:x:${user#*:}:" >>"$T/group"
	done
	cat >"$T/enter" <<-END
		mount -t tmpfs -o mode=755 tmpfs "$T/root"
		cd "$T/root"
		mkdir -p root tmp run home/joe home/ann dev proc ".$ROOT" ".$T"
		chmod 1777 tmp
		for folder in usr etc var; do
			mkdir -p \$folder "$TREE/\$folder" "upper/\$folder" "work/\$folder"
			mount -t overlay overlay \
				-o "lowerdir=$TREE/\$folder:/\$folder,upperdir=upper/\$folder,workdir=work/\$folder" \$folder
		done
		for folder in bin sbin lib lib64; do
			cp -P "/\$folder" .
		done
		for folder in dev proc "$ROOT" "$T"; do
			mount --rbind "/\${folder#/}" "./\${folder#/}"
		done
		mkdir -p etc/satchel var/spool/satchel usr/local/sbin
		mount --bind "$SATCHEL_CONTROL" etc/satchel
		mount --bind "$SATCHEL_SPOOL" var/spool/satchel
		cp "$T/passwd" "$T/group" etc
		chown 1951 home/joe
		chown 1952 home/ann
		cp "$BUILD"/bin/sendmail "$BUILD"/bin/enqueue "$BUILD"/bin/smtpd "$BUILD"/bin/qstat \\
			"$BUILD"/bin/qctl "$BUILD"/bin/qrun "$BUILD"/bin/mailconf usr/local/sbin
		cp "$BUILD"/bin/sendmail usr/sbin
		ln -sf ../sbin/sendmail usr/lib/sendmail
		ln -sf ../sbin/sendmail usr/bin/mailq
		chown 1950 usr/local/sbin/enqueue
		chmod 4755 usr/local/sbin/enqueue
		for name in cron atd sudo other; do
			printf '%s required pam_permit.so\\n' auth account session >"etc/pam.d/\$name"
		done
		cp -a "$T"/files/. . 2>/dev/null || true
		exec chroot . /usr/bin/env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \\
			LC_ALL=C.UTF-8 TZ=UTC "\$@"
	END
	chown 1950:1950 "$SATCHEL_SPOOL"
	inside setpriv --reuid satchel --regid satchel --clear-groups qctl init >"$T/init.log"
}

# inside COMMAND…: in the scratch root, which has the files of $T/files, and whose other changes but
# to the spool are gone afterwards.
inside() {
	timeout 120 unshare -m sh -e "$T/enter" "$@" 3>&-
}

# inside_as USER COMMAND…
inside_as() {
	local user=$1
	shift
	inside setpriv --reuid "$user" --regid "$user" --clear-groups env HOME="/home/$user" USER="$user" LOGNAME="$user" "$@"
}

# file PATH: one of the scratch root's files, from stdin.
file() {
	mkdir -p "$T/files$(dirname "$1")"
	cat >"$T/files$1"
}

# Who waits inside for COUNT messages: cron leaves its jobs to themselves.
# shellcheck disable=SC2016
QUEUED='queued() { [ "$(grep -las "^satchel1 " /var/spool/satchel/new/* | wc -l)" -ge "$1" ]; }
	wait_queued() { i=0; until queued "$1" || [ "$i" -ge 2000 ]; do i=$((i + 1)); sleep 0.02; done; queued "$1"; }'

# What sendmail adds for a program that sends 8-bit text and does not say so.
LABELS=('MIME-Version: 1.0' 'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: 8bit')

# The header as its program has written it: one field a line, bare names as bare names, without what changes.
header() {
	text | sed -e '/^$/,$d' -e 's/@here\.test//g'
}

# The body, to its last byte.
body() {
	message | tr -d '\r' | sed '1,/^$/d'
}

# expect_body FILE
expect_body() {
	body | cmp - "$1" && return
	body | diff - "$1" >&2
	return 1
}

# expect_header LINE…: these, in this order, and no others.
expect_header() {
	[ "$(header)" = "$(printf '%s\n' "$@")" ] && return
	printf 'the header is\n%s\n' "$(header)" >&2
	return 1
}

# What is hard to carry: dots, 8-bit text, a line like a From_ line, trailing blanks, a long line.
hard_lines() {
	# shellcheck disable=SC2016
	printf '.\n..\n.x\n\nFrom here\n>From there\ngr\303\274n \342\202\254  \n\t\n%%\\ $HOME `x`\n'
	printf 'x%.0s' {1..900}
	printf '\n.\nend\n'
}

# expect_decoded FILE: the body is quoted-printable, and this when it is read.
expect_decoded() {
	header | grep -qix 'content-transfer-encoding: quoted-printable'
	body | perl -MMIME::QuotedPrint -0777 -ne 'print decode_qp($_)' | diff - "$1" >&2
}

# expect_fields LINE…: the header has them, among others.
expect_fields() {
	local line
	for line; do
		header | grep -qxF -- "$line" && continue
		printf 'there is no "%s" in the header:\n%s\n' "$line" "$(header)" >&2
		return 1
	done
}

# Takes the message out of the queue.
next_message() {
	rm "$SATCHEL_SPOOL"/new/*
}
