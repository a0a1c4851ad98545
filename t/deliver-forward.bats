#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# deliver(8): what users say in .forward and .qmail, the programs that they and aliases name, and
# users who mean harm. Many cases run in one shell, as the user joe in a namespace of its own.
# shellcheck disable=SC2154,SC2016 # status is bats'; the scripts are another shell's

bats_require_minimum_version 1.5.0
load helper

# Nobody else's ID, nor that of another test which runs at the same time: processes of a user are counted.
JOE=$((60000 + $$ % 5000))

setup() {
	[ "$(id -u)" -eq 0 ] || skip 'needs root'
	unshare -m true 2>/dev/null || skip 'needs mount namespaces'
	needs setpriv
	T=$(mktemp -d "${TMPDIR:-/tmp}/satchel-forward.XXXXXX")
	chmod 755 "$T"
	mkdir "$T/control" "$T/spool" "$T/bin"
	install -d -o "$JOE" -g "$JOE" "$T/home" "$T/out"
	cp "$BUILD/bin/deliver" "$BUILD/bin/enqueue" "$BUILD/t/unit/deliver_worker" "$T/bin"
	{ sed "/^joe:/d; /:$JOE:/d" /etc/passwd && echo "joe:x:$JOE:$JOE::$T/home:/bin/false"; } >"$T/passwd"
	export T SATCHEL_CONTROL=$T/control SATCHEL_SPOOL=$T/spool SATCHEL_BIN=$T/bin
	control me here.test
	: >"$T/control/aliases"
	printf 'Subject: hello\r\n\r\nHi.\r\n' >"$T/wire"
	keep
	tools
}

teardown() {
	stop_started
	cd / || return
	rm -rf "$T"
}

# What would enter the queue: the envelope, a line a field.
keep() {
	printf '#!/bin/sh\ncat >/dev/null\ntr "\\0" "\\n" <&1 >>%s/out/envelope\n' "$T" >"$T/bin/keep"
	chmod 755 "$T/bin/keep"
	export ENQUEUE=$T/bin/keep
}

# The other shell's: "mail TO [TARGETS]" delivers to joe, or to targets; "is PATTERN" and "shown
# TEXT" say what has to have come of it, "kept N" how many are in his Maildir.
tools() {
	cat >"$T/tools" <<-'END'
		cd "$T/home" || exit 1
		failed=0
		complain() { echo "line ${BASH_LINENO[1]}: $*"; failed=1; }
		fresh() { cd "$T/home" && find . -mindepth 1 -delete; chmod 755 .; rm -f "$T"/out/*; unset EXTENSION; }
		mail() {
			local to=$1 destination=user:joe
			[ $# -eq 1 ] || { destination=targets: to=$1=$2; }
			out=$("$T/bin/deliver_worker" 1 "$destination" "${SENDER-ann@example.org}" "$T/wire" "$to") ||
			    complain "the worker failed: $out"
			out=${out#1/0 } out=${out%%$'\n'*}
		}
		is() { [[ $out == $1 ]] || complain "got: $out"; }
		kept() { [ "$(ls Maildir/new 2>/dev/null | wc -l)" -eq "$1" ] || complain "kept: $(ls -R Maildir)"; }
		shown() { [ "$(cat "$T/out/$1" 2>&1)" = "$2" ] || complain "$1: $(cat "$T/out/$1" 2>&1)"; }
		to() { shown envelope "$(printf 'F%s\n' "${SENDER-ann@example.org}"; printf 'T%s\n' "$@"; echo)"; }
	END
}

# as_joe SCRIPT
as_joe() {
	{ cat "$T/tools" && echo "$1" && echo 'exit $failed'; } >"$T/script"
	run unshare -m sh -c 'mount --bind "$0" /etc/passwd && exec setpriv --reuid='"$JOE"' --regid='"$JOE"' --clear-groups "$@"' \
	    "$T/passwd" bash "$T/script"
	[ "$status" -eq 0 ] || {
		echo "$output"
		return 1
	}
}

@test ".forward: addresses, mailboxes, programs, itself; with an extension; empty" {
	as_joe '
	mail joe@here.test; is "delivered 2.0.0 \[maildir:$T/home/Maildir/\] delivered to maildir"; kept 1
	fresh; echo "# none" >.forward; mail joe@here.test; is "delivered *to maildir"; kept 1
	fresh; : >.forward; mail joe@here.test; kept 1
	fresh; printf "\\\\joe, joe\nJoe@here.test (me) , <joe@HERE.test>\n" >.forward; mail joe@here.test
	is "delivered *] delivered to maildir"; kept 1
	fresh; echo "ann, \"Sue, Smith\" <sue@example.com>, sue@EXAMPLE.com, \\ann" >.forward; mail joe@here.test
	is "delivered *] forwarded"; kept 0; to ann@here.test sue@example.com "\"\\\\\\\\ann\"@here.test"
	fresh; echo "ann@example.com,
	 # no
	joe, ~/box,\"./a b/\", /dev/null" >.forward; mail joe@here.test; kept 1
	is "delivered *maildir:$T/home/a b/*delivered to mbox; thrown away; forwarded; delivered to maildir*"
	[ -s box ] && [ "$(ls "a b/new" | wc -l)" -eq 1 ] || complain stores
	fresh; printf "%s\n" "|cat >\$HOME/got; pwd >>got" "| \"printf %s, \\\"\$EXTENSION\\\" >>ext\"" >.forward
	EXTENSION=a+b mail joe+a+b@here.test; is "delivered 2.0.0 \[program:cat program:printf\] delivered to program; delivered to program"
	grep -qx "Delivered-To: joe+a+b@here.test" got && [ "$(tail -n 1 got)" = "$T/home" ] && [ "$(cat ext)" = a+b, ] || complain program
	fresh; echo /dev/null >.forward; echo ./x >.forward+list
	EXTENSION=List mail joe+List@here.test; [ -s x ] || complain ext
	EXTENSION=other mail joe+other@here.test; is "delivered *\[nothing:\] thrown away"
	EXTENSION=../x mail joe+../x@here.test; is "delivered *thrown away"; kept 0
	fresh; printf "sue@example.com\n" >list; echo ":include:~/list, :include:$T/home/list" >.forward; mail joe@here.test; to sue@example.com
	fresh; echo ":include:/etc/shadow" >.forward; mail joe@here.test; is "temporary 4.3.5 *unable to read /etc/shadow*denied"
	for bad in ":fail: secret" "ann bob" "|" "\"|x" "joe@@x"; do
		fresh; printf "ann\n%s\n" "$bad" >.forward; mail joe@here.test
		is "temporary 4.3.5 *$T/home/.forward, line 2: an address, *expected"; kept 0
	done
	'
}

@test "a file that is not his, or not his alone, is not used, and the mail waits" {
	as_joe '
	refused() { mail joe@here.test; is "temporary 4.3.? *.forward*$1*"; kept 0; fresh; }
	fresh
	ln -s /etc/passwd .forward; refused "symbolic link"
	mkfifo .forward; refused "no regular file"
	mkdir .forward; refused "no regular file"
	ln -s /dev/zero .forward; refused "symbolic link"
	echo ann >.forward; chmod 664 .forward; refused "others may write to it"
	echo ann >.forward; chmod 646 .forward; refused "others may write to it"
	echo ann >.forward; chmod 775 .; refused "write to the home"
	echo ann >.forward; chmod 000 .forward; refused "Permission denied"
	head -c 65537 /dev/zero | tr "\\0" x >.forward; refused "longer than"
	printf "ann\0bob\n" >.forward; refused NUL
	'
	ln "$T/passwd" "$T/home/.forward" # his home, but another'"'"'s file
	as_joe 'mail joe@here.test; is "temporary 4.3.5 *belongs to somebody else"; kept 0'
}

@test ".qmail: its lines, its extensions, its owner, and what it stops" {
	control forwardfiles qmail
	as_joe '
	mail joe@here.test; kept 1
	EXTENSION=x mail joe+x@here.test; is "permanent 5.1.1 *"
	fresh; : >.qmail; mail joe@here.test; kept 1
	fresh; printf "# no\n\n" >.qmail; mail joe@here.test; is "delivered *thrown away"; kept 0
	fresh; printf "&ann@example.com \nsue\n\n#\n./Maildir/\n./box\t\n|cat >got\n" >.qmail; mail joe@here.test
	is "delivered *program*forwarded; delivered to maildir"; kept 1; to ann@example.com sue@here.test; [ -s box ] && [ -s got ] || complain stores
	fresh; echo "|echo \$EXT \$EXT2 \$DEFAULT. \$HOST2 \$NEWSENDER >got" >.qmail-a-default
	EXTENSION=A-b.c-d mail joe+A-b.c-d@here.test; [ "$(cat got)" = "A-b.c-d b.c-d b.c-d. here ann@example.org" ] || complain "$(cat got)"
	echo ./x >.qmail-a-b:c-default; EXTENSION=a-b.c-d mail joe+a-b.c-d@here.test; [ -s x ] || complain colon
	EXTENSION=b mail joe+b@here.test; is "permanent 5.1.1 *no .qmail file*"
	echo ./y >.qmail-default; EXTENSION=b mail joe+b@here.test; [ -s y ] || complain default
	EXTENSION=../b mail joe+../b@here.test; is "permanent 5.1.1 *"
	fresh; printf "%s\n" ./first/ "|exit 99" ./second/ "|echo x >third" ann@example.com >.qmail; mail joe@here.test
	is "delivered *"; [ "$(ls first/new | wc -l)" -eq 1 ] && [ ! -e third ] && [ -z "$(find second -type f)" ] || complain 99
	[ ! -e "$T/out/envelope" ] || complain forwarded
	fresh; printf "%s\n" ./Maildir/ "|exit 100" ann@example.com >.qmail; mail joe@here.test; is "permanent 5.3.0 *"; kept 0
	fresh; printf "%s\n" ./Maildir/ "|exit 111" >.qmail; mail joe@here.test; is "temporary 4.3.0 *"; kept 0
	fresh; echo "&sue" >.qmail-list; : >.qmail-list-owner; export EXTENSION=list
	mail joe+list@here.test; SENDER=joe+list-owner@here.test to sue@here.test; rm "$T"/out/*
	: >.qmail-list-owner-default; mail joe+list@here.test; SENDER="joe+list-owner-@here.test-@[]" to sue@here.test; rm "$T"/out/*
	SENDER="" mail joe+list@here.test; SENDER="" to sue@here.test
	for bad in "" " ann" "=x" "../box" "&a@@b"; do
		fresh; printf "%s\nann\n" "$bad" >.qmail; mail joe@here.test; is "temporary 4.3.5 *.qmail, line 1: *"
	done
	fresh; printf "+list\n|x\n" >.qmail; mail joe@here.test; is "temporary 4.3.5 *line 2: there may be addresses alone*"
	fresh; echo ./box >.qmail; chmod +x .qmail; mail joe@here.test; is "temporary 4.3.5 *addresses alone*"
	fresh; chmod +t .; mail joe@here.test; is "temporary 4.2.1 *sticky*"
	'
	# each opens two Maildirs, and all of them are taken back
	control subfolders extension
	as_joe '
	fresh; { echo "|exit 99"; for i in {1..60}; do mkdir -p m$i/{cur,new,tmp} m$i/.x; echo ./m$i/; done; } >.qmail-x
	EXTENSION=x mail joe+x@here.test; is "@(delivered|temporary) *"; [ -z "$(find m*/ m*/.x -type f ! -name maildirfolder)" ] || complain left
	'
	rm "$T/control/subfolders"
	control forwardfiles 'forward qmail'
	as_joe '
	fresh; echo ./q >.qmail; EXTENSION=x mail joe+x@here.test; is "permanent 5.1.1 *"
	echo ./f >.forward; mail joe@here.test; [ -s f ] && [ ! -e q ] || complain forward; rm .forward
	mail joe@here.test; [ -s q ] || complain qmail
	fresh; EXTENSION=x mail joe+x@here.test; kept 1
	'
	control forwardfiles none
	as_joe 'fresh; echo /dev/null >.forward; mail joe@here.test; kept 1'
	control forwardfiles procmail
	as_joe 'out=$("$T/bin/deliver" /dev/null </dev/null 2>&1); [ $? -eq 111 ] && is "deliver: fatal: *forwardfiles: \"forward\"*"'
}

@test "programs of aliases: what they get, with a shell and without" {
	mkdir "$T/bin/a b"
	printf '#!/bin/sh\nenv >%s/out/env\nprintf "<%%s>" "$@" >%s/out/words\npwd >%s/out/pwd\ncat >/dev/null' "$T" "$T" "$T" >"$T/bin/note"
	chmod 755 "$T/bin/note"
	as_joe '
	mail x@here.test "|$T/bin/note a  b=c -d	sue@example.com"; is "delivered 2.0.0 \[program:$T/bin/note forward:sue@example.com\] *"
	shown words "<a><b=c><-d>"; shown pwd /; to sue@example.com
	mail x@here.test "|$T/bin/note \"a  b\" ; true"; shown words "<a  b>"
	mail x@here.test "|exit 67"; is "permanent 5.1.1 *"
	mail x@here.test "|true"; is "delivered *"
	mail x@here.test "|X=1 sh -c exit"; is "delivered *"
	mail x@here.test "|no-such-program"; is "temporary 4.3.5 *unable to run no-such-program: No such file*"
	ORCPT="rfc822;Old+2Bname@old.test" mail "x+a-b@deep.here.test" "|$T/bin/note"
	for line in EXTENSION=a-b EXT=a-b EXT2=b EXT3= LOCAL=x+a-b HOST2=deep.here HOST3=deep SENDER=ann@example.org NEWSENDER=ann@example.org \
	    RECIPIENT=x+a-b@deep.here.test ORIGINAL_RECIPIENT=Old+name@old.test USER=joe LOGNAME=joe HOME=$T/home SHELL=/bin/sh; do
		grep -qxF "$line" "$T/out/env" || complain "$line"
	done
	! grep -q "SATCHEL\|ENQUEUE\|^DEFAULT" "$T/out/env" || complain "$(cat "$T/out/env")"
	rm "$T/out/envelope"; mail x@here.test "user:joe	user:games	mailbox:games	/dev/null"; kept 1
	to "\"\\\\games\"@here.test" "\"\\\\\\\\games\"@here.test"
	'
}

@test "an address breaks out of nothing" {
	as_joe '
	export SENDER="\`touch\$IFS$T/out/bad\`@example.org"
	echo "|printf \"%s\n\" \"\$SENDER\" \"\$EXTENSION\" \"\$RECIPIENT\" >\$HOME/got" >.forward
	for part in "../../etc/passwd" "\$(touch $T/out/bad)" "-rf" ";touch $T/out/bad" "\`touch $T/out/bad\`" "a'"'"'\"" ".." "a/b" "|x" "&x"; do
		EXTENSION=$part mail "\"joe+$part\"@here.test"; is "delivered *"
		[ "$(sed -n 2p got)" = "$part" ] && [ "$(sed -n 1p got)" = "$SENDER" ] || complain "$(cat got)"
	done
	[ ! -e "$T/out/bad" ] || complain bad
	'
}

@test "programs that run for ever, fork, talk, stop or kill themselves, fill the disk" {
	local limits=('program-output: 20000' 'program-file-size: 100000' 'program-memory: 200000000' 'program-processes: 40')
	echo 'run() { fresh; echo "|$1" >.forward; SECONDS=0; mail joe@here.test; is "$2"; [ $SECONDS -lt 80 ] || complain "it took $SECONDS s"; kept 0; }' >>"$T/tools"
	control limits 'program-deadline: 1' "${limits[@]}"
	as_joe '
	ends() { ! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1")" = Z ]; }
	run "sleep 100 & echo \$! >pid; wait" "temporary 4.3.0 *took too long"
	for i in {1..300}; do ends "$(cat pid)" && break; sleep .1; done
	[ "$i" -lt 300 ] || complain "it lives"
	run "trap \"\" TERM; kill -STOP \$\$; while :; do :; done" "temporary 4.3.0 *took too long"
	'
	# these end by themselves, before that
	control limits 'program-deadline: 60' "${limits[@]}"
	as_joe '
	run "exec <&-; exit 0" "delivered *"
	run "kill -KILL 0" "temporary 4.3.0 *ended by the signal 9"
	run "yes" "temporary 4.3.0 *said too much"
	run "exec cat /dev/zero >full" "temporary 4.3.0 *signal 25"
	[ "$(stat -c %s full)" -le 100000 ] || complain full
	run "(setsid sleep 100 & echo \$! >pid) ; exit 0" "delivered *"
	kill "$(cat pid)" 2>/dev/null
	run "x=\$(head -c 300000000 /dev/zero | tr \"\\\\0\" x)" "temporary *"
	run "exit 75" "temporary 4.3.0 *"
	run "echo 5.7.1 go away; exit 77" "permanent 5.7.1 * go away"
	run "echo \$\$ >pid; while :; do sleep 100 & done" "temporary 4.3.0 *fork*"
	kill -KILL -- "-$(cat pid)"
	'
}
