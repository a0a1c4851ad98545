#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# make install and uninstall, below DESTDIR.

load helper

setup() {
	setup_satchel
	unset MAKEFLAGS MFLAGS MAKELEVEL
	DIR=$T/root
}

install_make() {
	make -C "$ROOT" SANITIZE="${SANITIZE-}" BUILD="$(realpath --relative-to="$ROOT" "$BUILD")" \
	    DESTDIR="$DIR" "$@"
}

@test "install puts programs, links, manual pages and service templates where they belong" {
	run install_make install
	assert_status 0
	for program in mxlookup smtp-probe smtp-sink smtp-load qstat; do
		[ -x "$DIR/usr/local/bin/$program" ]
	done
	for program in smtpd enqueue qrun smtp-send deliver qctl sendmail; do
		[ -x "$DIR/usr/local/sbin/$program" ]
	done
	for link in mailq newaliases runq rmail; do
		[ "$(readlink "$DIR/usr/local/bin/$link")" = ../sbin/sendmail ]
	done
	[ "$(readlink "$DIR/usr/local/lib/sendmail")" = ../sbin/sendmail ]
	for page in runq.1 rmail.8; do
		[ -e "$DIR/usr/local/share/man/man${page#*.}/$page" ]
	done
	[ -e "$DIR/usr/local/share/man/man7/satchel.7" ]
	[ "$(stat -c %a "$DIR/etc/satchel")" -eq 755 ]
	[ -e "$DIR/usr/local/share/man/man5/spool.5" ]
	for name in qstat mailq satchel; do
		[ -s "$DIR/usr/local/share/bash-completion/completions/$name" ]
	done
	[ -s "$DIR/usr/local/share/zsh/site-functions/_satchel" ]
	[ -x "$DIR/usr/local/share/satchel/service/daemontools/smtpd/run" ]
	assert_file_has "$DIR/usr/local/share/satchel/service/systemd/satchel-smtpd.service" \
	    'ExecStart=/usr/local/sbin/smtpd'
	run grep -r '@[A-Z]*@' "$DIR/usr/local/share/satchel"
	[ "$status" -eq 1 ]
}

@test "enqueue is set-user-ID where its user exists and root installs; else install says so" {
	run install_make install
	assert_status 0
	assert_output_has 'qctl init'
	if [ "$(id -u)" -ne 0 ]; then
		assert_output_has 'not set-user-ID'
	elif ! id satchel >/dev/null 2>&1; then
		assert_output_has 'useradd'
		[ ! -u "$DIR/usr/local/sbin/enqueue" ]
	fi
	# A user that does exist shows what the real one would get.
	run install_make install SATCHEL_USER=daemon
	assert_status 0
	[ "$(id -u)" -ne 0 ] || [ "$(stat -c '%U %a' "$DIR/usr/local/sbin/enqueue")" = 'daemon 4755' ]
}

@test "installed programs find one another" {
	run install_make install
	assert_status 0
	run env -u SATCHEL_BIN "$DIR/usr/local/bin/qstat" --version
	assert_status 0
	[ "$output" = 'qstat (satchel) 0.1' ]
	run env -u SATCHEL_BIN "$DIR/usr/local/bin/mailq" --help
	assert_status 0
}

@test "uninstall leaves no file behind" {
	install_make install >/dev/null
	[ "$(files_in "$DIR")" -gt 10 ]
	run install_make uninstall
	assert_status 0
	find "$DIR" ! -type d
	[ -z "$(find "$DIR" ! -type d)" ]
}
