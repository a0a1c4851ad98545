#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# smtp-probe vrfy and expn at servers of others, which know joe and do not know ann: what is made of their
# answers, with the replies that Python's smtplib is given for the same question.
# shellcheck disable=SC2154

load ../helper
load ../tls
load peers
load mail_servers

setup() {
	setup_satchel
}

teardown() {
	stop_servers
}

said() {
	local line
	for line in "${lines[@]}"; do
		case $line in
		ok*" $1: "*) echo "${line##* "$1": }" && return ;;
		"not ok"*" $1 # could not tell"*) echo "?" && return ;;
		"not ok"*" $1 # "*) echo no && return ;;
		esac
	done
	echo "nothing about $1"
}

# Codes of the replies to joe and ann, as they stand below what is no or could not be told; those of a
# yes are not shown.
codes() {
	printf '%s\n' "${lines[@]}" |
		awk '/^(not )?ok / { asked = /\.address / } asked && /^# reply: / { printf "%s ", substr($3, 1, 3) }'
}

smtplib_codes() {
	python3 - "$PORT" "$@" <<-'END'
		import smtplib, sys
		s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.test", timeout=30)
		ask = s.verify if sys.argv[2] == "vrfy" else s.expn
		for name in sys.argv[3:]:
		    print(ask(name)[0], end=" ")
	END
}

# agree VERB SERVER JOE ANN NAME…: the verdicts; and smtplib is told the same of NAME, those that are no yes.
agree() {
	local verb=$1 server=$2 joe=$3 ann=$4
	shift 4
	run timeout 60 smtp-probe --tap --pace 0 "$verb" "127.0.0.1:$PORT" joe@example.test ann@example.test
	echo "$output" >&2
	[ "$(said "$verb example.test")" = "$server" ]
	[ "$(said "$verb.address joe@example.test")" = "$joe" ]
	[ "$(said "$verb.address ann@example.test")" = "$ann" ]
	[ "$(codes)" = "$(smtplib_codes "$verb" "$@")" ]
}

# Its 252 is RFC 5321's "cannot verify, but will accept": it says that to names that it has looked up, and
# 550 to others, so that it is a yes here. It knows no EXPN.
@test "Postfix" {
	start_server postfix
	agree vrfy "yes verifies" "yes joe@example.test" no ann@example.test
	agree expn "no disabled" "?" "?" joe@example.test ann@example.test
}

# Debian's and its own default: 252 to VRFY, and a 550 to EXPN that speaks of nobody.
@test "Exim, as it is, and where it may answer" {
	start_server exim
	agree vrfy "no 252-to-all" "?" "?" joe@example.test ann@example.test
	agree expn "no disabled" "?" "?" joe@example.test ann@example.test
	stop_servers
	server_scratch
	PORT=$(free_port)
	exim_setup <<-END
		acl_smtp_vrfy = accept
		acl_smtp_expn = accept
		begin routers
		lists:
		  driver = redirect
		  local_parts = joe : postmaster
		  data = :blackhole:
	END
	start "$P/run" -bdf -oX "$PORT" -oP "$P/pid"
	wait_for 20 port_open "$PORT"
	agree vrfy "yes verifies" "yes joe@example.test" no ann@example.test
}

# An alias, of which VRFY tells the name, and EXPN where it leads.
@test "sendmail" {
	start_server sendmail
	agree vrfy "yes verifies" "yes joe@peer.test" no ann@example.test
	agree expn "yes verifies" "yes nobody@peer.test" no ann@example.test
}

@test "OpenSMTPD, and Dovecot without a login" {
	start_server opensmtpd
	agree vrfy "no disabled" "?" "?" joe@example.test ann@example.test
	agree expn "no disabled" "?" "?" joe@example.test ann@example.test
	start_server dovecot-submission
	agree vrfy "?" "?" "?" joe@example.test ann@example.test
}

@test "satchel" {
	start_server satchel
	agree vrfy "no 252-to-all" "?" "?" joe@example.test ann@example.test
}
