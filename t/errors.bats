#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What programs say when they cannot do what they were asked for: which thing it is, why, and what to
# do about it.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
}

teardown() {
	stop_started
}

# Lines of CODE|PROGRAM ARGUMENTS|TEXT, which the output must have; a process each. Whatever fails is
# told at the end.
told() {
	local code line want got failures=''
	while IFS='|' read -r code line want; do
		# shellcheck disable=SC2086 # words
		got=$($line 2>&1 </dev/null) && status=0 || status=$?
		case $status:$got in
		"$code":*"$want"*) ;;
		*) failures+="$line: exit code $status, $got, not $code, $want"$'\n' ;;
		esac
	done
	[ -z "$failures" ] || {
		echo "$failures"
		return 1
	}
}

@test "every program names the option that it does not know, and has --help and --version" {
	local program path code
	for path in "$SATCHEL_BIN"/*; do
		program=${path##*/}
		code=100
		[[ $program != sendmail && $program != smtp-probe ]] || code=64
		echo "$code|$program --frobnicate|$program: fatal: there is no "
		echo "$code|$program --frobnicate|--frobnicate"
		echo "$code|$program --frobnicate|--help"
		echo "0|$program --version|$program (satchel) 0.1"
		echo "0|$program --help|usage: $program "
	done >"$T/table"
	told <"$T/table"
}

@test "the nearest name is offered, what is missing is named" {
	told <<-'END'
		100|qrun --progres=x|--progress takes no value
		100|qrun --pogress|there is no option --pogress: did you mean --progress? Try 'qrun --help'.
		100|qctl relase|there is no command relase: did you mean release? Try 'qctl --help'.
		100|mailconf chekc|did you mean check?
		100|mailuser passwrd a@b|did you mean passwd?
		100|qctl frobnicate|there is no command frobnicate. Try
		100|mailuser import dovecot|FILE is missing behind mailuser import. Try 'mailuser import --help'.
		100|mailuser show a b|unexpected operand: b
		100|mailuser list -n|-n is no option of mailuser list
		100|smtpd -T|-T takes a value: -T FILE
		100|smtpd --t|--t may be --
		100|mxlookup -t 0 x.test|--timeout takes seconds, 1 to 3600, not 0
		100|tlsd|PROGRAM is missing
		100|smtp-send x.test|RECIPIENT is missing behind smtp-send
		100|enqueue -i|no recipients
		100|pop3d extra|unexpected operand: extra
	END
}

@test "no control directory, none that may be read" {
	local say="unable to open the control directory $T/none: No such file or directory (make it, or name another in SATCHEL_CONTROL)"
	export SATCHEL_CONTROL=$T/none
	told <<-END
		111|qrun|qrun: fatal: $say
		111|enqueue joe@x.test|enqueue: fatal: $say
		78|sendmail joe@x.test|sendmail: fatal: $say
		111|mailconf|mailconf: fatal: $say
		111|mailuser list|mailuser: fatal: $say
		111|smtpd|smtpd: fatal: $say
		111|tlsd smtpd|tlsd: fatal: $say
		111|authd -s|authd: fatal: $say
		111|bsmtp|bsmtp: fatal: $say
		111|dnsbl true|dnsbl: fatal: $say
		111|smtp-send x.test joe@x.test|smtp-send: fatal: $say
	END
	: >"$T/file"
	SATCHEL_CONTROL=$T/file told <<<"111|mailconf|Not a directory (SATCHEL_CONTROL names a directory)"
}

@test "no spool, another's spool" {
	local say="unable to open the spool $T/none: No such file or directory (make it with 'qctl init')"
	export SATCHEL_SPOOL=$T/none
	told <<-END
		111|qrun|qrun: fatal: $say
		111|enqueue joe@x.test|enqueue: fatal: $say
		75|sendmail joe@x.test|$say
		111|tls-report|tls-report: fatal: $say
		100|qctl hold all -y|qctl: fatal: $say
		111|authd -w|(make the spool with 'qctl init')
	END
	[ "$(id -u)" -eq 0 ] || skip 'not root: no other owner to be had'
	export SATCHEL_SPOOL=$T/spool
	chown nobody "$SATCHEL_SPOOL"
	told <<-END
		111|enqueue joe@x.test|belongs to uid $(id -u nobody) (nobody) and this is uid 0 (root): run as its owner, or make another
		111|enqueue joe@x.test|or make enqueue set-user-ID, or run its service: enqueue(8)
	END
}

@test "no certificate, no address, no port, no user" {
	local port
	port=$(free_port)
	start smtpd -l "127.0.0.1:$port"
	wait_for 20 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
	told <<-END
		111|tlsd smtpd|tlsd: fatal: certificates: there is none, so there is no TLS; name one: "*: /
		111|smtpd -l 127.0.0.1:$port|smtpd: fatal: unable to listen on 127.0.0.1:$port: Address already in use (another program listens there: ss -ltnp
		111|smtpd -l 192.0.2.1:0|Cannot assign requested address (this machine has no such address)
		100|smtpd -l joe|-l takes [ADDRESS:]PORT, both in numbers, not joe
		100|smtpd -l 127.0.0.1:0 -u no-such-user|there is no user no-such-user
	END
}
