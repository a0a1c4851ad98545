#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# mailuser(8).
# shellcheck disable=SC2016,SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
	M=$T/mail
	mkdir "$M"
	control mailroot "$M"
	# root changes to another user, who must get here
	if [ "$(id -u)" -eq 0 ]; then
		M=$(mktemp -d /tmp/satchel.XXXXXX)
		chmod 711 "$M"
		M=$M/mail
		install -d -o nobody -m 700 "$M"
		control mailroot "$M"
		control mailuser nobody
	fi
	control domains '# ours' example.org
	control limits 'auth-delay: 0'
}

teardown() {
	stop_started
	case $M in /tmp/satchel.*) rm -rf "${M%/mail}" ;; esac
}

# The file NAME of the control directory: is NAME LINE…
is() {
	local name=$1
	shift
	diff <(printf '%s\n' "$@") "$SATCHEL_CONTROL/$name" >&2
}

# refused MESSAGE WORD…: exit code 100, that message, and nothing has changed.
refused() {
	local message=$1 before
	shift
	before=$(cd "$SATCHEL_CONTROL" && cat ./* && find "$M")
	run -100 --separate-stderr mailuser "$@" </dev/null
	[ -z "$output" ] || return 1
	case $stderr in "mailuser: "*"$message"*) ;; *)
		echo "$* said: $stderr" >&2
		return 1
		;;
	esac
	[ "$before" = "$(cd "$SATCHEL_CONTROL" && cat ./* && find "$M")" ]
}

# A terminal in front of COMMAND, where each LINE is typed once something new is asked:
# terminal COMMAND LINE…  Its exit code, and all that it shows in $output.
terminal() {
	local command=$1
	shift
	run timeout 60 python3 -SI - "$command" "$@" <<-'END'
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp("sh", ["sh", "-c", sys.argv[1]])
		lines, shown = sys.argv[2:], b""
		while True:
		    try:
		        block = os.read(fd, 1000)
		    except OSError:
		        break
		    if not block:
		        break
		    shown += block
		    if shown.rstrip(b" ").endswith(b":") and lines:
		        os.write(fd, lines.pop(0).encode() + b"\n")
		print(shown.decode().replace("\r\n", "\n"), end="")
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
}

@test "help, version, wrong usage" {
	run -0 mailuser --help
	[[ $output == 'usage: mailuser COMMAND '* ]]
	run -0 mailuser add --help
	[[ $output == 'usage: mailuser add '* ]]
	run -0 mailuser --version
	[ "$output" = 'mailuser (satchel) 0.1' ]
	for wrong in '' --what frob add passwd 'show a b' 'list a b' 'add -x a@example.org' 'list -n' \
		'passwd -q 1 a' 'domain' 'domain frob x' 'domain add' 'domain list x' 'import x' \
		'import uucp /dev/null' 'export courier' 'fold x' 'add --password-fd x a@example.org' \
		'add -n --password-fd 3 a@example.org' 'remove --yes a@example.org' 'add -m none -q 1 a' \
		'rename a'; do
		# shellcheck disable=SC2086 # words
		run -100 --separate-stderr mailuser $wrong
		[ -z "$output" ]
		[[ $stderr == 'mailuser: fatal: '*". Try 'mailuser"*" --help'." ]]
	done
}

@test "add makes the entries and the Maildir, and keeps what was written by hand" {
	control users '# our people' '' 'Ann@example.org: /elsewhere/ # no comment' 'bot@example.com:'
	sed -i 's/ # no comment//' "$SATCHEL_CONTROL/users"
	chmod 640 "$SATCHEL_CONTROL/users"
	run -0 mailuser add -q 2G,10000 Joe+X.y@Example.ORG <<<'secret with blanks '
	[ -z "$output" ]
	is users '# our people' '' 'Ann@example.org: /elsewhere/' 'bot@example.com:' \
		"joe+x.y@example.org: $M/example.org/joe+x.y/ quota=2147483648S,10000C"
	[ "$(stat -c %a "$SATCHEL_CONTROL/users" "$SATCHEL_CONTROL/secrets" "$M/example.org/joe+x.y/new" |
		paste -sd ' ')" = '640 600 700' ]
	grep -qxE 'joe\+x\.y@example\.org: \$y\$[^ ]+ \{SCRAM-SHA-256\}100000,[^ ]+' "$SATCHEL_CONTROL/secrets"
	[ "$(id -u)" -ne 0 ] || [ "$(stat -c %U "$M/example.org/joe+x.y/cur")" = nobody ]
	# the blank at its end counts
	run -0 python3 -SI "$ROOT/t/authd.py" tls begin PLAIN '^joe+x.y@example.org^secret with blanks ' \
		begin PLAIN '^joe+x.y@example.org^secret with blanks'
	[ "$output" = $'known joe+x.y@example.org\nfailed refused Ljoe+x.y@example.org' ]
	# another from a descriptor, while standard input is something else
	run -0 mailuser passwd --password-fd 5 joe+x.y@example.org 5<<<'other' <<<'not this'
	run -0 python3 -SI "$ROOT/t/authd.py" tls begin PLAIN '^joe+x.y@example.org^other'
	[ "$output" = 'known joe+x.y@example.org' ]
	[ "$(wc -l <"$SATCHEL_CONTROL/secrets")" -eq 1 ]
	refused 'joe+x.y@example.org exists already' add -n joe+x.Y@example.org
	refused 'ann@example.org exists already' add -n ann@example.org
}

@test "add: what is refused, and why" {
	control locals here.test
	control relaydomains far.test
	control virtual 'x@virtual.test: a@b.test'
	refused "example.com is not hosted here: 'mailuser domain add example.com' first" add -n joe@example.com
	refused 'here.test cannot be hosted here: it is in locals' add -n joe@here.test
	refused 'far.test cannot be hosted here: it is in relaydomains' add -n joe@far.test
	for bad in joe 'joe@' '@example.org' 'a b@example.org' 'joe@example..org' 'joe@@example.org' \
		'joe@[127.0.0.1]' $'joe@example.org\nann@example.org: x' "$(printf 'x%.0s' {1..70})@example.org" \
		'../joe@example.org' '/etc@example.org' 'a/b@example.org' '..@example.org' '.joe@example.org' \
		-- '#joe@example.org' '"joe"@example.org' '"../x"@example.org' 'jo%e@example.org' \
		'jo`e@example.org' 'jo$e@example.org' $'jo\303e@example.org' $'jo\302\205e@example.org'; do
		[ "$bad" != -- ] || continue
		refused "$bad" add -n "$bad" || refused ': ' add -n "$bad"
	done
	refused 'begins with a letter' add -n -- -joe@example.org
	for mailbox in relative/ /no/slash /a/../b/ '/a b/' $'/a\nb/' /; do
		refused "${mailbox%%[ $'\n']*}" add -n -m "$mailbox" joe@example.org
	done
	for quota in 0 -1 x 1X '' '1G,' 1G,x 99999999999T 1,2,3; do
		refused 'a quota is as' add -n -q "$quota" joe@example.org
	done
	for password in '' "$(printf 'x%.0s' {1..512})" $'a\tb'; do
		run -100 mailuser add joe@example.org <<<"$password"
		[[ $output == *password* ]]
	done
	[ ! -e "$SATCHEL_CONTROL/users" ]
	[ ! -e "$M/example.org" ]
	run -0 mailuser add -n joe@virtual.test
	refused 'there is no account nobody' show nobody
	refused 'there is no account nobody' passwd nobody
	refused 'there is no account nobody' remove nobody
	refused 'there is no account nobody' disable joe@virtual.test nobody
	refused 'there is no account nobody' rename nobody x@example.org
}

@test "on a terminal: twice, unseen; tables with headings; a question before mail is deleted" {
	terminal 'mailuser add joe@example.org' 'hidden one' 'hidden one'
	assert_status 0
	[ "$output" = $'Password: \nAgain: ' ]
	grep -q '^joe@example.org: \$y\$' "$SATCHEL_CONTROL/secrets"
	terminal 'mailuser add ann@example.org' 'hidden one' 'hidden two'
	assert_status 100
	assert_output_has 'that was another one'
	[[ $output != *hidden* ]]
	terminal 'mailuser list; mailuser show joe@example.org'
	[ "${lines[0]}" = 'ADDRESS                        STATE    QUOTA            MAILBOX' ]
	[ "${lines[1]}" = "joe@example.org                enabled  -                $M/example.org/joe/" ]
	[ "${lines[2]}" = 'address  joe@example.org' ]
	terminal 'mailuser remove --delete-mail joe@example.org' 'no'
	assert_status 100
	assert_output_has 'nothing was removed'
	[ -d "$M/example.org/joe" ]
	terminal 'mailuser remove --delete-mail joe@example.org' 'yes'
	assert_status 0
	[ ! -e "$M/example.org/joe" ]
}

@test "list, show, quota, disable, enable, rename, remove" {
	control domains example.org example.net
	for one in joe@example.org ann@example.org joe@example.net; do
		mailuser add -n "$one"
	done
	mailuser add -n -m none robot
	run -0 mailuser disable ann@example.org JOE@example.net
	run -0 mailuser quota joe@example.org 500M
	run -0 mailuser list
	[ "$output" = "ann@example.org	disabled	-	$M/example.org/ann/
joe@example.net	disabled	-	$M/example.net/joe/
joe@example.org	enabled	524288000S	$M/example.org/joe/
robot	enabled	-	-" ]
	run -0 mailuser list example.net
	[ "$output" = "joe@example.net	disabled	-	$M/example.net/joe/" ]
	run -0 mailuser enable ann@example.org
	run -0 mailuser quota ann@example.org none
	printf 'Subject: x\n\nx\n' >"$M/example.org/joe/new/1.2.x"
	[ "$(id -u)" -ne 0 ] || chown nobody "$M/example.org/joe/new/1.2.x"
	run -0 mailuser show joe@example.org
	[ "$output" = "address	joe@example.org
state	enabled
mailbox	$M/example.org/joe/
quota	524288000S
used	$(wc -c "$M"/example.org/joe/new/* | sed 's/ .*//') octets, 1 messages
password	none
source	$SATCHEL_CONTROL/users:1" ]
	run -0 mailuser quota joe@example.org
	[[ $output == $'quota\t524288000S\nused\t'*'octets, 1 messages' ]]
	refused 'exists already' rename joe@example.org ann@example.org
	refused 'is not hosted here' rename joe@example.org joe@example.com
	refused 'robot has no mailbox' quota robot 1G
	echo secret | mailuser passwd joe@example.org
	run -0 mailuser rename joe@example.org joan@example.net
	[ "$(files_in "$M/example.net/joan/new")" -eq 1 ]
	[ ! -e "$M/example.org/joe" ]
	grep -qx "joan@example.net: $M/example.net/joan/ quota=524288000S" "$SATCHEL_CONTROL/users"
	grep -q '^joan@example.net: ' "$SATCHEL_CONTROL/secrets"
	run -1 grep -q joe@example.org "$SATCHEL_CONTROL/users" "$SATCHEL_CONTROL/secrets"
	# its mail stays, and is nobody else's
	run -0 mailuser remove joan@example.net
	run -1 grep -q joan "$SATCHEL_CONTROL/users" "$SATCHEL_CONTROL/secrets"
	[ "$(files_in "$M/example.net/joan/new")" -eq 1 ]
	refused '--adopt takes it over' add -n joan@example.net
	run -0 mailuser add -n --adopt joan@example.net
	refused '--yes is needed' remove --delete-mail joan@example.net
	run -0 mailuser remove --delete-mail --yes joan@example.net
	[ ! -e "$M/example.net/joan" ]
	[ -d "$M/example.net/joe" ]
}

@test "root follows no link that the owner of Maildirs put there" {
	[ "$(id -u)" -eq 0 ] || skip 'for root alone'
	local roots=${M%/mail}/roots # on the same file system, for a hard link
	mkdir "$roots"
	touch "$roots/file"
	install -d -o nobody "$M/example.org"
	ln -s "$roots" "$M/example.org/joe"
	chown -h nobody "$M/example.org/joe"
	run -100 mailuser add -n joe@example.org
	run -111 mailuser add -n --adopt joe@example.org
	[ "$(ls "$roots")" = file ]
	mailuser add -n ann@example.org
	ln -s "$roots" "$M/example.org/ann/cur/x"
	ln "$roots/file" "$M/example.org/ann/cur/y"
	run -0 mailuser remove --delete-mail --yes ann@example.org
	[ -e "$roots/file" ]
	[ ! -e "$M/example.org/ann" ]
	# a Maildir that is somebody else's
	mkdir "$M/sue"
	mailuser add -n -m "$M/example.org/sue/" sue@example.org
	sed -i "s|$M/example.org/sue/|$M/sue/|" "$SATCHEL_CONTROL/users"
	run mailuser remove --delete-mail --yes sue@example.org
	[ "$status" -ne 0 ]
	[ -d "$M/sue" ]
}

@test "domain add, list, remove" {
	control virtual '@virtual.test: a@b.test' 'x@virtual.test: a@b.test' 'y@example.org: a@b.test'
	control locals here.test
	run -0 mailuser domain add example.net Example.org
	is domains '# ours' Example.org example.net
	run -0 mailuser domain list
	[ "$output" = $'example.net\tdomains\nExample.org\tdomains\nvirtual.test\tvirtual' ]
	mailuser add -n joe@example.net
	refused 'example.net still has accounts: joe@example.net' domain remove example.net
	refused 'virtual.test is hosted because of keys in' domain remove virtual.test
	refused "none.test is not in $SATCHEL_CONTROL/domains" domain remove none.test
	refused 'here.test cannot be hosted here: it is in locals' domain add fine.test here.test
	refused 'it is no domain' domain add 'not a domain'
	run -0 mailuser remove joe@example.net
	run -0 mailuser domain remove example.net
	is domains '# ours' Example.org
}

@test "fold: by hand and by size; what is folded is found, changed and removed" {
	control users '# kept' 'old@example.org: /mail/old/'
	(umask 077 && echo 'old@example.org: $y$hash' >"$SATCHEL_CONTROL/secrets")
	run -0 mailuser fold
	is users '# kept'
	[ "$(stat -c %a "$SATCHEL_CONTROL/users.cdb" "$SATCHEL_CONTROL/secrets.cdb" | paste -sd ' ')" = '644 600' ]
	[ ! -s "$SATCHEL_CONTROL/secrets" ]
	refused 'old@example.org exists already' add -n old@example.org
	run -0 mailuser disable old@example.org
	is users '# kept' 'old@example.org: disabled /mail/old/'
	run -0 mailuser show OLD@example.org
	assert_output_has $'password\thash'
	run -0 mailuser remove old@example.org
	is users '# kept' 'old@example.org: removed'
	run -0 mailuser list
	[ -z "$output" ]
	refused 'there is no account' show old@example.org
	run -0 mailuser add -n --adopt old@example.org
	run -0 mailuser list
	[ "$output" = "old@example.org	enabled	-	$M/example.org/old/" ]
	run -0 mailuser show old@example.org
	assert_output_has $'password\tnone'
	control limits 'auth-delay: 0' 'accounts-text: 20'
	run -0 --separate-stderr mailuser add -n new@example.org
	[[ $stderr == *'all accounts are in '* ]]
	is users '# kept'
	run -0 mailuser list example.org
	[ "${#lines[@]}" -eq 2 ]
}

@test "two at once wait for each other; a killed one leaves the old files" {
	local pids=() i
	for i in {1..8}; do
		mailuser add -n "user$i@example.org" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
	run -0 mailuser list
	[ "${#lines[@]}" -eq 8 ]
	needs strace
	cp "$SATCHEL_CONTROL/users" "$T/before"
	for call in rename renameat fsync write; do
		strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=1 \
			"$SATCHEL_BIN/mailuser" add -n other@example.org 3>&- || true
		run -0 mailuser list
		[ "${#lines[@]}" -ge 8 ]
		mailuser remove other@example.org 2>/dev/null || true
	done
	cmp "$T/before" "$SATCHEL_CONTROL/users"
	run -0 mailuser add -n other@example.org
	run find "$SATCHEL_CONTROL" -name '.mailuser*'
	[ "$output" = "$SATCHEL_CONTROL/.mailuser.lock" ]
	[ "$(stat -c %a "$output")" = 600 ]
}

@test "import dovecot" {
	control domains
	cat >"$T/passwd" <<-'END'
		# a comment
		joe@example.org:{CRYPT}$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/:5000:5000::/home/joe::userdb_mail=maildir:~/Maildir userdb_quota_rule=*:storage=1G
		ann@example.org:$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2::::::nologin mail=maildir:/mail/%d/%n
		sue@example.net:{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,bpSY5Ze9NUH+I35LC3gVq+DpBfK46iXBxvhAKqVu9pE=,VpYlBuxyzeCI1KnctrefdljpB1mk3Gp7sBI/t11+NkQ=::::
		clear@example.org:{PLAIN}secret
		none@example.org::
	END
	{
		cat "$T/passwd"
		echo 'joe@example.org::'
		echo 'md5@example.org:{PLAIN-MD5}abc'
		echo 'nets@example.org:{PLAIN}x::::::allow_nets=192.0.2.0/24'
		echo 'bare:{PLAIN}x'
		echo 'mbox@example.org:{PLAIN}x::::::mail=mbox:/var/mail/x'
		echo 'bad@example.org:nonsense'
		echo '../x@example.org:{PLAIN}x'
	} >"$T/wrong"
	run -100 --separate-stderr mailuser import dovecot "$T/wrong"
	[ "$output" = 'nothing imported of 5 accounts, 0 addresses, 2 domains' ]
	[ "${#stderr_lines[@]}" -eq 7 ]
	[ "${stderr_lines[0]}" = "$T/wrong:7: the account was in the file before" ]
	[[ ${stderr_lines[1]} == "$T/wrong:8: the password has a form that satchel does not know: {PLAIN-MD5}" ]]
	[[ ${stderr_lines[2]} == *':9: the field allow_nets cannot be taken over' ]]
	[ ! -e "$SATCHEL_CONTROL/users" ]
	run -0 mailuser import --dry-run dovecot "$T/passwd"
	[ "$output" = 'to be imported: 5 accounts, 0 addresses, 2 domains' ]
	[ ! -e "$SATCHEL_CONTROL/users" ]
	run -0 mailuser import dovecot "$T/passwd"
	is users 'joe@example.org: /home/joe/Maildir/ quota=1073741824S' \
		'ann@example.org: disabled /mail/example.org/ann/' "sue@example.net: $M/example.net/sue/" \
		"clear@example.org: $M/example.org/clear/" "none@example.org: $M/example.org/none/"
	grep -q '^clear@example.org: \$y\$.* {SCRAM' "$SATCHEL_CONTROL/secrets"
	run -1 grep -q '^none@\|:secret' "$SATCHEL_CONTROL/secrets"
	is domains '' example.org example.net
	run -0 python3 -SI "$ROOT/t/authd.py" tls begin PLAIN '^ann@example.org^secret' begin PLAIN '^sue@example.net^secret'
	[ "$output" = $'failed refused Lann@example.org\nknown sue@example.net' ]
	# what is exported can be imported
	mailuser export dovecot >"$T/again"
	mailuser export -o "$T/file" dovecot
	cmp "$T/again" "$T/file"
	[ "$(stat -c %a "$T/file")" = 600 ]
	cp "$SATCHEL_CONTROL/users" "$T/users"
	rm "$SATCHEL_CONTROL/users" "$SATCHEL_CONTROL/secrets"
	run -0 mailuser import dovecot "$T/again"
	diff <(sort "$T/users") <(sort "$SATCHEL_CONTROL/users")
	run -100 mailuser import --skip -d example.com dovecot "$T/wrong"
	grep -qx "bare@example.com: $M/example.com/bare/" "$SATCHEL_CONTROL/users"
}

@test "import vpopmail, postfix-mailbox, postfix-virtual" {
	control domains
	cat >"$T/vpasswd" <<-'END'
		joe:$1$abcdefgh$irWbblnpmw.5z7wgBnprh0:1:0:Joe:/home/vpopmail/domains/example.org/joe:10485760S,1000C:secret
		ann:$1$abcdefgh$irWbblnpmw.5z7wgBnprh0:1:2058:Ann:/home/vpopmail/domains/example.org/ann:NOQUOTA
	END
	run -100 mailuser import vpopmail "$T/vpasswd"
	assert_output_has "vpopmail's names have no domain"
	run -0 mailuser import -d example.org vpopmail "$T/vpasswd"
	is users 'joe@example.org: /home/vpopmail/domains/example.org/joe/Maildir/ quota=10485760S,1000C' \
		'ann@example.org: disabled /home/vpopmail/domains/example.org/ann/Maildir/'
	printf '%s\n' 'pop:$1$abcdefgh$irWbblnpmw.5z7wgBnprh0:1:2:x:/h/x:NOQUOTA' \
		'bounce:$1$abcdefgh$irWbblnpmw.5z7wgBnprh0:1:16:x:/h/x:NOQUOTA' 'half:' >"$T/wrong"
	run -100 mailuser import -d example.org vpopmail "$T/wrong"
	[ "${#lines[@]}" -eq 4 ]
	printf '%s\n' '# table' 'sue@example.net  example.net/sue/' 'tom@example.net' '   /mail/tom/' >"$T/boxes"
	run -0 mailuser import postfix-mailbox "$T/boxes"
	grep -qx "sue@example.net: $M/example.net/sue/" "$SATCHEL_CONTROL/users"
	grep -qx "tom@example.net: /mail/tom/" "$SATCHEL_CONTROL/users"
	run -100 mailuser import -m '/srv/%d/%n' postfix-mailbox - <<<''
	printf '%s\n' 'example.test anything' 'info@example.test joe@example.org, ann@example.org' \
		' sue@example.net' '@other.test joe@example.org' 'ghost@example.org joe' >"$T/aliases"
	control virtual '# by hand' 'x@example.org: joe@example.org'
	run -0 mailuser import postfix-virtual "$T/aliases"
	is virtual '# by hand' 'x@example.org: joe@example.org' \
		'info@example.test: joe@example.org, ann@example.org, sue@example.net' \
		'@other.test: joe@example.org' 'ghost@example.org: joe'
	grep -qx example.test "$SATCHEL_CONTROL/domains"
	for wrong in 'joe x@y.test' 'a@b.test @c.test' 'a@b.test |prog' 'a@b.test' 'a:b@c.test x@y.test' \
		'x@example.org a@b.test' '@b.test "a b"@c.test'; do
		run -100 mailuser import postfix-virtual /dev/stdin <<<"$wrong"
		[ "${#lines[@]}" -eq 2 ]
	done
}

@test "a large import goes into cdb files, with what was there" {
	mailuser add -n old@example.org
	control limits 'auth-delay: 0' 'accounts-text: 1000'
	seq -f 'user%g@example.org:$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2' 3000 >"$T/many"
	run -0 mailuser import dovecot "$T/many"
	[ ! -s "$SATCHEL_CONTROL/users" ]
	[ "$(mailuser list | wc -l)" -eq 3001 ]
	run -0 python3 -SI "$ROOT/t/authd.py" tls begin PLAIN '^user2999@example.org^secret'
	[ "$output" = 'known user2999@example.org' ]
	run -100 mailuser import dovecot "$T/many"
	[ "${lines[0]}" = "$T/many:1: the account exists already" ]
	# with what authd wants to know of all of them: just as if it had been folded
	cp "$SATCHEL_CONTROL"/{users,secrets}.cdb "$T"
	mailuser fold
	cmp "$T/users.cdb" "$SATCHEL_CONTROL/users.cdb"
	cmp "$T/secrets.cdb" "$SATCHEL_CONTROL/secrets.cdb"
}

@test "a table that is compiled is compiled again" {
	control virtual 'x@old.test: joe@example.org'
	mailconf compile domains virtual
	run -0 mailuser domain add new.test
	run -100 mailconf route nobody@new.test
	[[ $output = *"domains.cdb "*"a hosted domain"* ]]
	run -0 mailuser import postfix-virtual /dev/stdin <<<'y@old.test joe@example.org'
	run mailconf route y@old.test
	[[ $output = *"virtual.cdb "*"a hosted address"* ]]
	run -0 mailuser domain remove new.test
	run mailconf route nobody@new.test
	[[ $output = *"no hosted domain"* ]]
	echo '!' >>"$SATCHEL_CONTROL/domains"
	run -100 mailuser domain add other.test
	[[ $output = *"domains is changed, but domains.cdb, which counts, is not"* ]]
	# two at once must not undo what each other did
	run -124 flock "$SATCHEL_CONTROL/.mailuser.lock" timeout 0.5 mailconf compile virtual
}

@test "passwords that change make no text grow for ever" {
	mailuser add -n joe@example.org
	mailuser fold
	control limits 'auth-delay: 0' 'accounts-text: 20'
	mailuser passwd joe@example.org <<<secret
	[ ! -s "$SATCHEL_CONTROL/secrets" ]
	run -0 python3 -SI "$ROOT/t/authd.py" tls begin PLAIN '^joe@example.org^secret'
	[ "$output" = 'known joe@example.org' ]
}

@test "secrets that others can read are refused; a link is followed and stays" {
	control users 'joe@example.org:'
	control secrets 'joe@example.org: $y$x'
	chmod 644 "$SATCHEL_CONTROL/secrets"
	refused 'others may read' passwd joe@example.org
	chmod 600 "$SATCHEL_CONTROL/secrets"
	mkdir "$T/apart"
	mv "$SATCHEL_CONTROL/secrets" "$T/apart/"
	ln -s "$T/apart/secrets" "$SATCHEL_CONTROL/secrets"
	run -0 mailuser passwd joe@example.org <<<'secret'
	[ -L "$SATCHEL_CONTROL/secrets" ]
	grep -q 'SCRAM' "$T/apart/secrets"
	[ "$(stat -c %a "$T/apart/secrets")" = 600 ]
	[ "$(id -u)" -ne 0 ] || {
		chown nobody "$T/apart/secrets"
		echo other | mailuser passwd joe@example.org
		mailuser fold
		[ "$(stat -c %U "$T/apart/secrets" "$SATCHEL_CONTROL/secrets.cdb" | paste -sd ' ')" = 'nobody nobody' ]
		run -0 mailuser show joe@example.org
	}
}
