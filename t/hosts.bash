# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Whole hosts in a scratch directory $T (helper.bash), for t/demo and t/whole.bats: each has a
# control directory, a spool, Maildirs and perhaps an SMTP server of its own.
#
#	host_make here ann bob		# mail.here.test, which hosts ann@here.test and bob@here.test
#	host_listen here		# its smtpd; ${PORT[here]} is where
#	on here sendmail ann@here.test	# a command as this host

declare -gA PORT

host_make() {
	local host=$1 user
	shift
	mkdir -p "$T/$host/control" "$T/$host/mail"
	echo "mail.$host.test" >"$T/$host/control/me"
	for user; do
		echo "$user@$host.test: $T/$host/mail/$user/"
	done >"$T/$host/control/virtual"
	on "$host" qctl init >"$T/$host/init.log" 2>&1 || {
		cat "$T/$host/init.log" >&2
		return 1
	}
}

# Mail for DOMAIN goes from HOST to the server of OTHER: host_route HOST DOMAIN OTHER
host_route() {
	echo "$2: smtp:127.0.0.1:${PORT[$3]}" >>"$T/$1/control/routes"
}

on() {
	env SATCHEL_CONTROL="$T/$1/control" SATCHEL_SPOOL="$T/$1/spool" "${@:2}"
}

# As on, but in the background (start): host_start here qrun -w
host_start() {
	start env SATCHEL_CONTROL="$T/$1/control" SATCHEL_SPOOL="$T/$1/spool" "${@:2}"
}

# On a port of its own, or on the one that it had before.
host_listen() {
	PORT[$1]=${PORT[$1]:-$(free_port)}
	host_start "$1" smtpd -l "127.0.0.1:${PORT[$1]}"
	wait_for 10 port_open "${PORT[$1]}" || {
		cat "$STARTED_LOG" >&2
		return 1
	}
}

# The messages in a mailbox: mailbox HOST USER
mailbox() {
	find "$T/$1/mail/$2/new" -type f 2>/dev/null | sort
}

# How many messages a host's queue holds.
queued() {
	files_in "$T/$1/spool/new" "$T/$1/spool/deferred" "$T/$1/spool/hold"
}

# Passes of qrun until the queue is empty, ten at most: a bounce is a new message, which the pass
# that made it may leave to the next.
host_deliver() {
	local pass
	for pass in 1 2 3 4 5 6 7 8 9 10; do
		on "$1" qrun || return
		[ "$(queued "$1")" -gt 0 ] || return 0
	done
	echo "$1: $(queued "$1") still queued after $pass passes" >&2
	return 1
}
