#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What bash and zsh make of a command line at the tab key.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
	FILE=$BUILD/completion
	control virtual '@example.org: /srv/mail/'
	control users 'ann@example.org: /srv/ann/' 'bea@example.org: /srv/bea/'
	mkdir "$T/folder"
	touch "$T/file" "$T/folder/inside"
}

says_nothing() {
	run "$@"
	[ "$status $output" = '0 ' ] || {
		echo "$status: $output"
		return 1
	}
}

# What the function offers for a line: offers LINE WORD…; a table with one process for all.
offers() {
	cat >"$T/offers.bash" <<-'END'
		. "$1"
		complete -p qctl >/dev/null || exit 1
		while IFS='|' read -r line want; do
			COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
			_satchel
			got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
			want=$(tr ' ' '\n' <<<"$want" | sort | tr '\n' ' ')
			[ "${got# }" = "${want# }" ] || echo "$line: $got, not $want"
		done
	END
	says_nothing bash --norc --noprofile "$T/offers.bash" "$FILE/satchel.bash"
}

@test "bash: the function offers what the tables say" {
	cd "$T" || return
	offers <<-'END'
		qctl he|
		qctl re|redirect release resubmit retry
		qctl check --|--deep --help --repair --version
		qctl check -|--deep --help --repair --version
		qctl init -|-u --user --help --version
		qctl init -u roo|root
		qctl init --user=roo|root
		qctl hold --state de|deferred
		qctl hold --state held,de|held,deferred
		qctl -- rel|release
		qctl release -- -|
		mailuser do|domain
		mailuser domain |add remove list
		mailuser domain remove ex|example.org
		mailuser show |ann@example.org bea@example.org
		mailuser show bea@ex|@example.org
		mailuser import --dr|--dry-run
		mailuser import dovecot f|file folder
		mailuser quota ann@example.org |none
		mailuser quota ann@example.org none |
		mailuser add -m f|folder
		mailconf |check compile limits route show
		mailconf compile virt|virtual
		mailconf show --changed virt|virtual
		mailconf limits -c --ta|--tabs
		smtp-probe vr|vrfy
		smtp-send --tls may --require|--require-tls
		smtp-send --tls=en|encrypt
		smtpd -Ls -T f|file folder
		smtpd -Tf|
		tlsd -d smtpd --trans|--transcript
		authd --checkpassword tlsd -u roo|root
		dnsbl -r bl.test -n smtpd --subm|--submission
		/usr/sbin/qrun --prog|--progress
		/usr/sbin/qrun --id|--id
		sendmail -R |full hdrs
		sendmail -N success,de|success,delay
		mailq |
		tls-report --day 2026-11-01 --p|--print
	END
}

@test "bash: ids come from qstat, and nothing where it may not look" {
	local id
	qstat -q >/dev/null || skip 'qstat has no -q yet'
	id=$(printf 'Subject: x\n\nx\n' | enqueue -i -f '' joe@example.org)
	[ -n "$id" ]
	offers <<<"qctl hold ${id:0:4}|$id"
	SATCHEL_SPOOL=$T/none offers <<<'qctl hold |'
}

@test "bash: at a terminal, alone and by way of bash-completion" {
	needs python3
	mkdir -p "$T/share/bash-completion/completions"
	cp "$FILE/satchel.bash" "$T/share/bash-completion/completions/qctl"
	typed bash "$FILE/satchel.bash"
	if [ -e /usr/share/bash-completion/bash_completion ]; then
		XDG_DATA_DIRS=$T/share says_nothing python3 "$ROOT/t/completion.py" bash \
		    /usr/share/bash-completion/bash_completion <<<'qctl relea|qctl release'
	fi
}

@test "zsh: at a terminal" {
	needs python3 zsh
	typed zsh "$FILE/_satchel"
}

# typed SHELL FILE
typed() {
	cd "$T" || return
	says_nothing python3 "$ROOT/t/completion.py" "$@" <<-'END'
		qctl relea|qctl release
		qctl hold --dry|qctl hold --dry-run
		qctl hold --state def|qctl hold --state deferred
		qctl init -u roo|qctl init -u root
		mailuser imp|mailuser import
		mailuser import dov|mailuser import dovecot
		mailuser import dovecot fil|mailuser import dovecot file
		mailuser show be|mailuser show bea@example.org
		mailuser show bea@ex|mailuser show bea@example.org
		mailuser domain remove ex|mailuser domain remove example.org
		mailuser add -m fo|mailuser add -m folder/
		mailconf show relayh|mailconf show relayhosts
		tlsd -d smtp-pr|tlsd -d smtp-probe
		dnsbl -r bl.test -n smtpd --subm|dnsbl -r bl.test -n smtpd --submission
		smtp-send --require|smtp-send --require-tls
		smtp-send --tls enc|smtp-send --tls encrypt
		sendmail -R ful|sendmail -R full
		frobnicate --req|frobnicate --req
	END
}
