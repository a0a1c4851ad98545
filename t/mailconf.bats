#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2154 # stderr is bats'
# mailconf(8).

bats_require_minimum_version 1.5.0
load helper
load dns

setup() {
	setup_satchel
	: >"$SATCHEL_CONTROL/aliases"
}

teardown() {
	stop_started
}

@test "usage" {
	run -0 mailconf --help
	[ "${lines[0]}" = 'usage: mailconf [-ct]' ]
	run -0 mailconf --version
	[ "$output" = 'mailconf (satchel) 0.1' ]
	for wrong in --what frob route 'check it' 'limits x' '--from x check' '-n show' '-t route x' '-c check'; do
		# shellcheck disable=SC2086 # words
		run -100 --separate-stderr mailconf $wrong
		[ -z "$output" ]
		[[ $stderr == 'mailconf: fatal: '*". Try 'mailconf"*" --help'." || $stderr == *'?'*" --help'." ]]
	done
	run -100 mailconf route 'joe@@x.test'
	[ "$output" = 'mailconf: fatal: joe@@x.test is no address' ]
	SATCHEL_CONTROL=$T/none run -111 mailconf
}

@test "show: each file with its value or what holds without it, and where that is from" {
	control routes '# all' 'a.test: mx' 'b.test: mx'
	run -0 mailconf check
	[ -z "$output" ]
	run -0 mailconf
	[ "${lines[0]}" = "$SATCHEL_CONTROL" ]
	[[ ${lines[1]} =~ ^'  me  '\ *file\ +'here.test '\ +'the name of this host'$ ]]
	grep -qx '  helo  *default  *(me)  *the name that smtp-send says' <<<"$output"
	grep -qx '  routes  *file  *2 entries  *where mail for others goes' <<<"$output"
	grep -qx "  SATCHEL_SPOOL  *env  *$SATCHEL_SPOOL  *the queue" <<<"$output"
	rm "$SATCHEL_CONTROL/me"
	run -0 mailconf show --changed
	[ "${#lines[@]}" -eq 6 ]
	[[ ${lines[1]} == '  aliases  '*' file '* ]]
	[[ ${lines[2]} == '  routes  '* ]]
	[[ ${lines[3]} == '  SATCHEL_CONTROL  '* ]]
	run -0 mailconf show --tabs -c
	[ "${lines[1]}" = $'routes\tfile\t2 entries\twhere mail for others goes\t' ]
	run -0 mailconf show
	grep -qx "  me  *system  *$(hostname)  *the name of this host" <<<"$output"
	run -0 mailconf show routes verify
	[ "$output" = "routes: where mail for others goes
  from $SATCHEL_CONTROL/routes: 2 entries
    a.test: mx
    b.test: mx
verify: whom VRFY and EXPN answer
  default: (trusted)" ]
	run -100 mailconf show nothing
	[ "$output" = 'mailconf: fatal: there is no control file nothing' ]
}

@test "show: what is wrong stands behind each file, and nobody's secrets" {
	control routes 'a.test: uucp:x'
	control limits 'queue-lifetime: x'
	control relayhosts '192.0.2.1/24'
	control mailuser root
	control mxport smtp
	control resolvers nobody
	control dnssec perhaps
	control routess 'a.test: mx'
	control credentials 'a.test: joe secret'
	control secrets 'joe: {PLAIN}secret'
	chmod 644 "$SATCHEL_CONTROL/credentials"
	chmod 600 "$SATCHEL_CONTROL/secrets"
	run -100 mailconf check
	for name in routes limits relayhosts mailuser mxport resolvers dnssec credentials; do
		grep -q "^error: ${SATCHEL_CONTROL}/${name}[:,] " <<<"$output" || { echo "$output"; return 1; }
	done
	run -100 mailconf show
	[ "$(grep -c '^    PROBLEM ' <<<"$output")" -eq 8 ]
	grep -qx '  note  *routess - no program of satchel reads this file' <<<"$output"
	run -100 mailconf show credentials secrets dnssec
	[[ $output == *$'\n  PROBLEM dnssec'* ]]
	run -1 grep -q 'secret$' <<<"$output"
}

@test "show: on a terminal every line fits, also a narrow one" {
	needs script
	control virtual '@box.test: joe@b.test'
	control me a-name-that-is-longer-than-most-are.and-a-domain-that-is-longer-than-most-are.test
	for columns in 80 60 200; do
		script -qec "stty cols $columns; mailconf" /dev/null </dev/null | tr -d '\r' >"$T/shown"
		awk -v n="$columns" 'NR > 1 && length > n { print length ": " $0; bad = 1 } END { exit bad }' "$T/shown"
		grep -q '^  virtual  *file  *1 entry  *hosted' "$T/shown"
	done
}

@test "limits: each number, its default and its range" {
	control limits 'hops: 60'
	run -0 mailconf limits
	grep -qx '  hops  *file  *60  *default 50; 1 to 1000' <<<"$output"
	grep -qx '  smtp-convert  *default  *1  *default 1; 0 to 1' <<<"$output"
	[ "${#lines[@]}" -eq "$(grep -c '^\.It Ic .*; .* \(to\|or\) ' "$ROOT/man/satchel-control.5")" ]
	run -0 mailconf limits --changed --tabs
	[ "$output" = $'hops\tfile\t60\tdefault 50; 1 to 1000\t' ]
	control limits 'hops: 0'
	run -100 mailconf limits -c
	[[ $output == '    PROBLEM  '*'limits, line 1: hops is a number'* ]]
}

@test "route: each step with file and line, and where it ends" {
	control locals here.test
	control aliases '# x' 'info: nobody, joe@b.test, /var/mail/info/' 'ghost: nobody-here'
	control virtual '@box.test: /var/mail/all'
	control relaydomains .b.test
	control routes 'b.test: error:5.1.2 gone away' 'c.test: discard' '*: lmtp:unix:/run/lmtp' \
	    'd.test: error:4.3.2 later' 'fax-*@a.test: pipe:/nowhere/fax'
	run -100 mailconf route info@here.test
	run sed 's/^ *//; s/   */ | /' <<<"$output"
	[ "${lines[0]}" = 'address | info@here.test' ]
	[ "${lines[1]}" = "locals:1 | here.test - a domain of this host's users" ]
	[ "${lines[2]}" = 'aliases:2 | info: nobody, joe@b.test, /var/mail/info/ - an alias' ]
	[ "${lines[3]}" = '=> | forwarded to nobody@here.test' ]
	[[ $output == *$'\npasswd | nobody - is a system user\n=> | mail of the user nobody - as his own files say, or into his mailbox\n'* ]]
	[[ $output == *$'\nroutes:1 | b.test: error:5.1.2 gone away - this entry decides\n=> | refused: 5.1.2 gone away\n'* ]]
	[ "${lines[-1]}" = '=> | Maildir /var/mail/info/' ]
	run -0 mailconf route x@box.test x@c.test x@other.test
	run sed 's/^ *//; s/   */ | /' <<<"$output"
	[[ $output == *$'virtual | box.test - a hosted domain\nvirtual | x@box.test - no such hosted address\nvirtual:1 | @box.test: /var/mail/all - a hosted address\n=> | mbox /var/mail/all\n'* ]]
	[[ $output == *$'\n=> | thrown away\n'* ]]
	[[ $output == *$'\nroutes:3 | *: lmtp:unix:/run/lmtp - this entry decides\n=> | lmtp:unix:/run/lmtp\nsocket | /run/lmtp - no TLS'* ]]
	run -111 mailconf route x@d.test
	[[ $output == *'refused: 4.3.2 later' ]]
	run -100 mailconf route nobody-here@here.test
	[[ $output == *' no such user'*'refused: 5.1.1 no such user here' ]]
	control mailuser nobody
	run -111 mailconf route fax-1@a.test
	[[ $output == *'routes:5'*'=> '*'pipe:/nowhere/fax'*'as user '*' nobody'*'program'*'/nowhere/fax - cannot be run' ]]
	control mailuser root
	run -111 mailconf route fax-1@a.test
	[[ $output == *'root - has uid 0, which deliver refuses'* ]]
}

@test "route: programs, lists and their members, quotas, and as whom it is done" {
	printf '%s\n' ann@box.test joe@b.test >"$T/members"
	control virtual "dev@box.test: :include:$T/members" 'fax@box.test: |/bin/fax -x, joe@b.test' \
	    'far@box.test: lmtp:unix:/run/lmtp' 'gone@box.test: :include:/none'
	control lists 'dev@box.test: owner=ann@box.test'
	control users 'ann@box.test: /var/mail/ann/ quota=1000S'
	control routes '*: discard'
	run -0 mailconf route dev@box.test fax@box.test far@box.test
	run sed 's/^ *//; s/   */ | /' <<<"$output"
	[[ $output == *$'\n=> | mailing list: owner=ann@box.test\n=> | addresses in '"$T/members"$'\n=> | member ann@box.test\naddress | ann@box.test\n'* ]] || { echo "$output"; return 1; }
	[[ $output == *$'\n=> | within the quota 1000S\n=> | Maildir /var/mail/ann/\n=> | member joe@b.test\n'*$'=> | thrown away\n'* ]] || { echo "$output"; return 1; }
	[[ $output == *$'\n=> | program /bin/fax -x\n=> | forwarded to joe@b.test\n'* ]] || { echo "$output"; return 1; }
	[[ $output == *$'\n=> | lmtp:unix:/run/lmtp\nsocket | '* ]] || { echo "$output"; return 1; }
	run -111 mailconf route gone@box.test
	[[ $output == *'=> '*'not known now: /none: '* ]]
	[ "$(id -u)" -eq 0 ] || return 0
	chown nobody "$SATCHEL_SPOOL"
	control mailuser no-such-user
	run -111 mailconf route ann@box.test
	[[ $output == *'as user '*'no-such-user - there is no such user' ]] || { echo "$output"; return 1; }
	control mailuser nobody
	run -0 mailconf route ann@box.test
	[[ $output == *'as user '*' nobody' ]]
	control programuser no-such-user
	run -111 mailconf route fax@box.test
	[[ $output == *'as user '*'no-such-user - there is no such user' ]]
}

@test "route --from: as whom a message leaves that is forwarded (SRS)" {
	control virtual 'ann@box.test: joe@b.test'
	control routes '*: lmtp:unix:/run/lmtp'
	control srs 'domain: box.test'
	control srs-keys 0123456789abcdef0123456789abcdef
	chmod 600 "$SATCHEL_CONTROL/srs-keys"
	run -0 mailconf route --from sue@c.test ann@box.test
	[[ $output == *' from '*'SRS0='*'=c.test=sue@box.test'* ]] || { echo "$output"; return 1; }
	run -0 mailconf route --from '' ann@box.test
	[[ $output != *'SRS0='* ]]
}

@test "route --from: the sender's route counts where he says who he is" {
	control routes '*: error:5.7.1 not this way'
	control senderroutes 'joe@example.org: lmtp:unix:/run/joe' '<>: discard'
	run -100 mailconf route x@a.test
	run -0 mailconf route --from joe@example.org x@a.test
	[[ $output == *'senderroutes:1'*'joe@example.org: lmtp:unix:/run/joe - the sender'* ]]
	run -0 mailconf route -f '' x@a.test
	[[ $output == *'senderroutes:2'*'thrown away' ]]
	run -100 mailconf route -f ann@example.org x@a.test
	[[ $output == *'senderroutes '*'ann@example.org - no entry'* ]]
}

@test "route: what the DNS and the policy of TLS say" {
	start_dns <<-'ZONE'
		many MX 10 mx1.many
		many MX 20 mx2.many
		mx1.many A 127.0.0.2
		null MX 0 .
		alone A 127.0.0.3
	ZONE
	control resolvers "127.0.0.1:$DNS_PORT"
	control tlspolicy 'many.example.test: verify'
	run -0 mailconf route joe@many.example.test
	run sed 's/^ *//; s/   */ | /; s/example.test/x/g' <<<"$output"
	[[ $output == *$'\n=> | mx:many.x\nDNS | many.x\nMX 10 | mx1.many.x: 127.0.0.2\nTLS | verify '*'tlspolicy for many.x'*$'\nMX 20 | mx2.many.x - '* ]] || { echo "$output"; return 1; }
	run -100 mailconf route joe@null.example.test
	run -100 mailconf route joe@none.example.test
	run -0 mailconf route joe@alone.example.test
	[[ $output == *'no MX '*'alone.example.test: 127.0.0.3'* ]]
	control routes 'many.example.test: smtp:mx1.many.example.test, smtps:127.0.0.9'
	run -0 mailconf route joe@many.example.test
	[[ $output == *'host '*'mx1.many.example.test: 127.0.0.2'*'address '*' 127.0.0.9'* ]]
	control resolvers 127.0.0.1:1
	rm "$SATCHEL_CONTROL/routes"
	run -111 mailconf route joe@many.example.test
}

@test "compile: a table in force at once; a broken one, and what is none" {
	control locals here.test
	control virtual 'ann@box.test: /m/ann/' 'bob@box.test:' '@c.test: lmtp:unix:/x, /m/y' 'joe: /m/joe/'
	run -100 --separate-stderr mailconf compile virtual
	[ -z "$output" ]
	[ "$(grep -c '^virtual: line [234]: ' <<<"$stderr")" -eq 3 ]
	[[ $stderr == *'mailconf: virtual is not compiled; what was in force stays so' ]]
	[ ! -e "$SATCHEL_CONTROL/virtual.cdb" ]
	control virtual 'ann@box.test: /m/ann/' '@c.test: /m/c/'
	control users 'joe@box.test: /m/joe/' 'old@box.test: /m/old/'
	run -0 mailconf compile virtual users
	[ "${lines[0]}" = 'virtual.cdb: 2 entries' ]
	[ "${lines[1]}" = 'users.cdb: 2 entries' ]
	control virtual
	control users 'old@box.test: removed' 'new@box.test: /m/new/'
	run -0 mailconf route ann@box.test joe@box.test new@box.test x@c.test
	[ "$(grep -c '=> .*Maildir /m/' <<<"$output")" -eq 4 ]
	[[ $output == *'users.cdb '*'joe@box.test: /m/joe/ - an account with a mailbox'* ]]
	[[ $output == *'users:2 '*'new@box.test: /m/new/ - an account'* ]]
	run -100 mailconf route old@box.test
	run -0 mailconf compile users
	[ "$output" = 'users.cdb: 2 entries' ]
	rm "$SATCHEL_CONTROL/users"
	run -0 mailconf route new@box.test
	run -100 mailconf route old@box.test
	chmod 640 "$SATCHEL_CONTROL/virtual"
	run -0 mailconf compile virtual
	[ "$(stat -c %a "$SATCHEL_CONTROL/virtual.cdb")" = 640 ]
	run -100 mailconf compile routes
	[[ $output == *'there is no routes in'* ]]
	run -100 mailconf compile limits
	[[ $output == *'limits is no table that can be compiled' ]]
	run -100 mailconf compile
}

@test "compile: of lists that are one alias, the same counts as of the text" {
	control locals zoo.test me.test here.test
	control aliases 'x: joe@away.test'
	control me me.test
	control lists 'x@zoo.test: id=zoo.test' 'x@here.test: id=here.test' 'x@box.test: id=box.test'
	mailconf route x@zoo.test | grep -F 'x@here.test: id=here.test - a mailing list'
	mailconf compile lists
	mailconf route x@zoo.test | grep -F 'x@here.test: id=here.test - a mailing list'
	rm "$SATCHEL_CONTROL/lists.cdb"
	run mailconf check
	[[ $output == *'lists, line 1: x@zoo.test is the list x@here.test, which says otherwise and counts; remove one of them'* ]]
	[ "$(grep -c 'which says otherwise' <<<"$output")" -eq 1 ]
	control lists 'x@zoo.test: id=zoo.test' 'x@here.test: id=here.test' 'x@me.test: id=me.test'
	mailconf route x@zoo.test | grep -F 'x@me.test: id=me.test - a mailing list'
	mailconf compile lists locals
	mailconf route x@zoo.test | grep -F 'x@me.test: id=me.test - a mailing list'
	run mailconf check
	[ "$(grep -c 'is the list x@me.test, which says otherwise' <<<"$output")" -eq 2 ]
	rm "$SATCHEL_CONTROL"/*.cdb
	control lists 'x@me.test: id=me.test' 'X: id=x.test' 'x@here.test: id=x.test'
	mailconf route x@zoo.test | grep -F 'X: id=x.test - a mailing list'
	mailconf compile lists
	mailconf route x@zoo.test | grep -F 'x: id=x.test - a mailing list'
	run mailconf check
	[ "$(grep -c 'which says otherwise' <<<"$output")" -eq 1 ]
	[[ $output == *'x@me.test is the list x, which'* ]]
}

@test "compile: lists, at domains of this host's users too; addressmap" {
	control locals here.test also.test
	control aliases 'dev: joe@away.test' 'ops: joe@away.test'
	control virtual 'dev@box.test: joe@away.test'
	control lists 'DEV@also.test: id=a.b.test' 'dev@box.test: owner=nobody' 'ops: id=ops.b.test'
	run -100 mailconf compile lists
	[[ $output == *'lists: line 2: owner= is followed by an address'* ]]
	control lists 'DEV@also.test: id=a.b.test' 'dev@box.test: id=b.b.test' 'ops: id=ops.b.test'
	mailconf route dev@here.test dev@box.test ops@also.test | sed 's/lists:[0-9]*/lists.cdb/' >"$T/text"
	run -0 mailconf compile lists
	[ "$output" = 'lists.cdb: 3 entries' ]
	control lists
	mailconf route dev@here.test dev@box.test ops@also.test | tr -s ' ' >"$T/compiled"
	tr -s ' ' <"$T/text" | diff -i - "$T/compiled"
	[ "$(grep -c 'lists.cdb .* - a mailing list' "$T/compiled")" -eq 3 ]
	rm "$SATCHEL_CONTROL/locals"
	control me also.test
	mailconf route dev@also.test | grep -F 'id=a.b.test - a mailing list'
	control addressmap 'root: ann'
	run -100 mailconf compile addressmap
	[[ $output == *'addressmap: line 1: an address or @domain is expected behind the colon'* ]]
	control addressmap 'Root: ann@example.org'
	run -0 mailconf compile addressmap
	[ "$output" = 'addressmap.cdb: 1 entries' ]
	control addressmap
	run sendmail -bv root
	[[ $output == 'ann@example.org: '* ]]
}
