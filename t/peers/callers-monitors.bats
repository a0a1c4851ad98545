#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Programs that watch a machine and tell its administrator.

# Words in single quotes are for shells and interpreters inside; status and output are bats'.
# shellcheck disable=SC2016,SC2154

bats_require_minimum_version 1.5.0
load ../helper
load ../sendmail
load peers
load callers

setup() {
	callers_tree callers-monitors logwatch mdadm unattended-upgrades fail2ban sudo smartmontools libudev1 \
		python3-distro-info distro-info-data python3-apt bsd-mailx liblockfile1
	callers_setup
	chmod -R a+rX "$T"
}

teardown() {
	stop_started
}

@test "logwatch" {
	inside perl /usr/sbin/logwatch --output mail --mailto ann --range today --service zz-runtime \
		--service zz-disk_space --service zz-sys --format text
	expect_envelope 'Froot@here.test Tann@here.test'
	expect_header 'To: ann' 'From: root' "Subject: Logwatch for $(hostname) (Linux)" \
		'Auto-Submitted: auto-generated' 'Precedence: bulk' 'MIME-Version: 1.0' \
		'Content-Transfer-Encoding: 8bit' 'Content-Type: text/plain; charset="UTF-8"'
	body | grep -q '^ ###################### Logwatch End ######################### $'
}

@test "mdadm --monitor" {
	inside sh -c 'mkdir -p /run/mdadm && mdadm --monitor --oneshot --test --mail ann@example.org /dev/md127'
	expect_envelope 'Froot@here.test Tann@example.org'
	expect_header "From: mdadm monitoring <root@$(hostname)>" 'To: ann@example.org' \
		"Subject: TestMessage event on /dev/md127:$(hostname)"
	[ "$(body | sed -n 4p)" = 'A TestMessage event had been detected on md device /dev/md127.' ]
	body | grep -qx 'Faithfully yours, etc.'
}

@test "sudo's mailer" {
	printf 'Defaults mailto=ann@example.org, !authenticate\nroot ALL=(ALL) ALL\n' | file /etc/sudoers
	chmod 440 "$T/files/etc/sudoers"
	run -1 inside sh -c "$QUEUED; setpriv --reuid joe --regid joe --clear-groups sudo id; wait_queued 1; exit 1"
	expect_envelope 'Fjoe@here.test Tann@example.org'
	expect_fields 'To: ann@example.org' 'From: joe' 'Auto-Submitted: auto-generated'
	header | grep -q '^Subject: \*\*\* SECURITY information for '
	body | grep -q 'joe : user NOT in sudoers ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id'
}

@test "fail2ban's action sendmail" {
	file /etc/fail2ban/jail.conf <<-'END'
		[DEFAULT]
		backend = polling
		[x]
		enabled = true
		logpath = /tmp/log
		filter = x
		action = sendmail[name=x, dest=ann@example.org, sender=boss@example.org]
	END
	printf '[Definition]\nfailregex = ^bad <HOST>\n' | file /etc/fail2ban/filter.d/x.conf
	inside sh -c "$QUEUED"'
		rm -rf /etc/fail2ban/jail.d
		mkdir /run/fail2ban
		touch /tmp/log
		client="/usr/bin/python3 /usr/bin/fail2ban-client"
		$client --timeout 90 start && $client set x banip 192.0.2.1 && wait_queued 2
		$client stop
		wait_queued 3'
	local file what=(started 'banned 192.0.2.1' stopped) i=0
	for file in "$SATCHEL_SPOOL"/new/*; do
		grep -aqx 'Fboss@example.org' "$file"
		grep -aqx 'Tann@example.org' "$file"
		grep -aq "^Subject: \[Fail2Ban\] x: ${what[i]} " "$file"
		tr -d '\r' <"$file" | grep -aqx 'From: Fail2Ban <boss@example.org>'
		[ "$(tail -n 3 "$file")" = $'Regards,\r\n\r\nFail2Ban\r' ]
		i=$((i + 1))
	done
	[ "$i" -eq 3 ]
}

@test "unattended-upgrades" {
	cat >"$T/send.py" <<-'END'
		import importlib.machinery, importlib.util, sys
		sys.dont_write_bytecode = True
		loader = importlib.machinery.SourceFileLoader("u", "/usr/bin/unattended-upgrade")
		u = importlib.util.module_from_spec(importlib.util.spec_from_loader("u", loader))
		loader.exec_module(u)
		sys.exit(u._send_mail_using_sendmail("root", "ann@example.org",
			"unattended-upgrades result", open(sys.argv[1]).read()))
	END
	hard_lines >"$T/hard"
	inside /usr/bin/python3 "$T/send.py" "$T/hard"
	expect_envelope 'Froot@here.test Tann@example.org'
	expect_header 'Subject: unattended-upgrades result' 'From: root' 'To: ann@example.org' \
		'Auto-Submitted: auto-generated' 'MIME-Version: 1.0' 'Content-Type: text/plain; charset="utf-8"' \
		'Content-Transfer-Encoding: quoted-printable'
	expect_decoded "$T/hard"
}

@test "smartd's warning, through mail -s" {
	inside sh -c 'ln -sf bsd-mailx /usr/bin/mail
		export SMARTD_ADDRESS="ann joe" SMARTD_MAILER=/usr/share/smartmontools/smartd-runner
		export SMARTD_FAILTYPE=EmailTest SMARTD_DEVICE=/dev/sda SMARTD_DEVICESTRING=/dev/sda
		export SMARTD_DEVICETYPE=ata SMARTD_DEVICEINFO=x SMARTD_MESSAGE="TEST EMAIL from smartd"
		export SMARTD_TFIRST=now SMARTD_TFIRSTEPOCH=1 SMARTD_PREVCNT=0 SMARTD_NEXTDAYS=
		bash /usr/share/smartmontools/smartd_warning.sh'
	envelope
	expect_fields "Subject: SMART error (EmailTest) detected on host: $(hostname)" 'From: root <root>'
	body | grep -qx 'TEST EMAIL from smartd'
}
