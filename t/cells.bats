#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Cells (spool(5)): files that hold one small message after another, by what the programs do with
# them. Tables of their names, locks and records are in t/unit/cell.c.

bats_require_minimum_version 1.5.0
load helper

setup() {
	setup_satchel
	cd "$T" || return 1
	CELLS=$SATCHEL_SPOOL/cells
	cells_at_most 64
	control locals here.test
	control aliases "joe: $T/joe/" "ann: $T/ann/"
	control routes 'away.test: smtp:127.0.0.1:1'
	cat >feed.pl <<-'END'
		use Socket;
		my ($s, $count, $size, @recipients) = (undef, @ARGV);
		socket($s, AF_UNIX, SOCK_STREAM, 0) &&
		    connect($s, pack_sockaddr_un("$ENV{SATCHEL_SPOOL}/run/enqueue/socket")) or die $!;
		sub put { syswrite($s, join("", map { pack("aN/a", @$_) } @_)) or die $! }
		sub answer {
		    read($s, my $head, 5) == 5 or die "no answer\n";
		    my ($letter, $length) = unpack("aN", $head);
		    read($s, my $text, $length);
		    $letter eq $_[0] or die "$text\n";
		    return $text;
		}
		for my $i (0 .. $count - 1) {
		    my $text = "Subject: $i\r\n\r\n";
		    $text .= "x" x ($size - length($text) - 2) . "\r\n";
		    put(["E", join("\0", "Fbob\@example.org", map("T$_", @recipients), "")]);
		    answer("G");
		    put(["D", $text], ["C", length($text)]);
		    print answer("K"), "\n";
		}
	END
}

teardown() {
	stop_started
}

cells_at_most() {
	control limits 'spool-free: 0' "spool-cells: $1" 'retry-minimum: 60'
}

serve() {
	start "$@" enqueue -w
	SERVICE=$STARTED_PID
	wait_for 10 grep -q "enqueue: ready" "$STARTED_LOG"
}

end_service() {
	stop "$SERVICE"
}

# COUNT messages of SIZE octets over one connection, as smtpd sends them; their ids.
feed() { # COUNT [SIZE [RECIPIENT...]]
	local count=${1:-1} size=${2:-100}
	shift $(($# < 2 ? $# : 2))
	perl feed.pl "$count" "$size" "${@:-joe@here.test}"
}

count_cells() {
	find "$CELLS" -type f | wc -l
}

has_cells() {
	[ "$(count_cells)" -eq "$1" ]
}

is_of_all() { # SIZE, as find has it
	[ -z "$(find "$CELLS" -type f ! -size "$1")" ]
}

# The path of the cell that holds the message ID; it fails if none does.
cell_of() {
	grep -lae "^satchel1 $1" -r "$CELLS"
}

# How many cells hold something.
in_cells() {
	find "$CELLS" -type f -exec head -qc 8 {} + | grep -ao satchel1 | wc -l
}

in_new() {
	files_in "$SATCHEL_SPOOL/new"
}

expect() { # IN-CELLS IN-NEW
	[ "$(in_cells)" -eq "$1" ] && [ "$(in_new)" -eq "$2" ] && return
	echo "$(in_cells) messages in cells and $(in_new) in new/, not $1 and $2" >&2
	return 1
}

# One message that goes into a cell: its id is ID. What goes elsewhere is forgotten.
goes_into_a_cell() { # [SIZE [RECIPIENT...]]
	ID=$(feed 1 "$@")
	if [ -e "$SATCHEL_SPOOL/new/$ID" ]; then
		rm "$SATCHEL_SPOOL/new/$ID"
		return 1
	fi
	CELL=$(cell_of "$ID")
}

put_into_a_cell() {
	wait_for 10 goes_into_a_cell "$@"
}

# A service that has made its cells, and offers them.
serve_with_cells() { # COUNT
	cells_at_most "$1"
	serve
	rm -f "$SATCHEL_SPOOL/new/$(feed)"
	wait_for 10 has_cells "$1"
	wait_for 10 offers "$1"
}

# As many numbers wait in the FIFO, five octets each (FIONREAD).
offers() { # COUNT
	perl -e '$n = pack "i", 0; open F, "+<", shift and ioctl F, 0x541B, $n or die; exit(unpack("i", $n) != 5 * shift)' \
	    "$SATCHEL_SPOOL/free" "$1"
}

pass() {
	qrun 2>>log
}

joe_has() { # COUNT
	[ "$(files_in "$T/joe/new")" -eq "$1" ] && return
	echo "joe has $(files_in "$T/joe/new") messages, not $1" >&2
	return 1
}

write_at() { # FILE OFFSET: what comes on standard input
	dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

nothing() { # COUNT: as many NUL bytes
	head -c "$1" /dev/zero
}

# The record of CELL, one of the first ten, says that ID is finished.
record() { # CELL ID
	printf '%-31s\n' "$2" | write_at "$SATCHEL_SPOOL/finished" \
	    $((32 * 10#${1##*/}))
}

is_free() { # CELL
	cmp -s -n 96 "$1" /dev/zero
}

# Takes all numbers out of the FIFO, as a process that dies with them.
forget_offers() {
	# opened for both, it does not wait for a writer
	timeout 10 dd bs=4096 count=1 iflag=nonblock status=none <>"$SATCHEL_SPOOL/free" || true
}

traced() {
	ASAN_OPTIONS=detect_leaks=0 strace "$@"
}

@test "the first message goes to new/, and the next ones into the cells that it asked for" {
	serve
	feed
	expect 0 1
	wait_for 10 has_cells 64
	wait_for 10 is_of_all 16
	[ "$(ls "$CELLS" | sed -n '1p;11p;64p' | tr '\n' ' ')" = '0000 000a 001v ' ]
	put_into_a_cell
	expect 1 1
	pass
	joe_has 2
	expect 0 0
	[ "$(head -c 20 "$SATCHEL_SPOOL/finished")" = "$ID" ]
}

@test "a message with a key goes to new/: the record names it for longer than a cell has it" {
	serve_with_cells 3
	put_into_a_cell
	enqueue -i -f ann@here.test joe@here.test <<<'hello'
	expect 2 0
	enqueue -i --key k -f ann@here.test joe@here.test <<<'hello'
	expect 2 1
}

# Each message takes a cell, as long as there are free ones.
fill() { # COUNT
	feed $(($1 - $(in_cells)))
	[ "$(in_cells)" -eq "$1" ]
}

@test "the stock doubles up to spool-cells, and no further" {
	cells_at_most 200
	serve
	feed
	wait_for 10 has_cells 64
	wait_for 10 fill 64
	feed
	wait_for 10 has_cells 128
	wait_for 10 fill 128
	feed
	wait_for 10 has_cells 200
	wait_for 10 fill 200
	rm "$SATCHEL_SPOOL"/new/*
	feed 3
	expect 200 3
	has_cells 200
}

@test "spool-cells: 0 is for none; those that are left are emptied and not used again" {
	serve_with_cells 3
	put_into_a_cell
	end_service
	cells_at_most 0
	serve
	feed 4
	expect 1 4
	pass
	joe_has 5
	expect 0 0
	feed 4
	expect 0 4
	has_cells 3
}

@test "a file of more than 64 KiB goes to new/, one of 64 KiB makes its cell grow" {
	serve_with_cells 1
	# a header, the envelope with its source, one state and a line
	put_into_a_cell 30000
	size=$(head -c 40 "$CELL" | cut -d ' ' -f 3)
	most=$((65536 - 96 - 10#$size - 192 - 1))
	pass
	[ "$(stat -c %s "$CELL")" -eq $(((96 + 10#$size + 192 + 1 + 30000 + 4095) / 4096 * 4096)) ]
	feed 1 $((most + 1))
	expect 0 1
	pass
	put_into_a_cell "$most"
	[ "$(stat -c %s "$CELL")" -eq 65536 ]
	pass
	joe_has 3
	[ "$(stat -c %s "$CELL")" -eq 65536 ]
}

@test "a small message in a cell that had a large one is delivered without what is left of that" {
	serve_with_cells 1
	put_into_a_cell 60000
	pass
	rm joe/new/*
	put_into_a_cell 120
	[ "$(stat -c %s "$CELL")" -gt 60000 ]
	run --separate-stderr qstat "$ID"
	assert_output_has "$ID       120"
	assert_output_has 'in cells/0000'
	run qstat -c
	uid=$(id -u) # Received names it
	assert_output_has "1 message, 1 new; 1 recipient, $((447 + ${#uid})) octets"
	pass
	# behind the fields that delivery adds
	sed -n '/^Subject/,$p' joe/new/* >got
	printf 'Subject: 0\n\n%s\n' "$(nothing 104 | tr '\0' x)" >want
	cmp got want
}

@test "qstat and qctl: list, hold, release, retry, delete" {
	serve_with_cells 64
	put_into_a_cell
	run --separate-stderr qstat
	assert_output_has "$ID       100"
	assert_output_has 'new'
	[[ $output == *'1 message, 1 new'* ]]
	run qctl hold "$ID"
	assert_output_has "$ID held"
	cmp -s -n 8 "$SATCHEL_SPOOL/hold/$ID" <(echo satchel1)
	[ "$(stat -c %s "$SATCHEL_SPOOL/hold/$ID")" -lt 1000 ]
	has_cells 63
	run qstat "$ID"
	assert_output_has "in hold/$ID"
	start qrun -w
	# when it has delivered this one it has looked through the spool
	feed
	wait_for 10 joe_has 1
	qctl release "$ID"
	wait_for 10 joe_has 2
	stop "$STARTED_PID"
	put_into_a_cell
	run qctl retry "$ID"
	assert_output_has "$ID to be tried now"
	pass
	joe_has 3
	put_into_a_cell
	run qctl delete "$ID"
	assert_output_has "$ID deleted"
	is_free "$CELL"
	run qstat "$ID"
	assert_status 100
	run qctl delete "$ID"
	assert_status 100
	pass
	joe_has 3
}

@test "qctl: all of them, and the cell of one that is deleted is used again" {
	serve_with_cells 1
	for _ in 1 2 3; do
		goes_into_a_cell
		qctl delete "$ID"
	done
	goes_into_a_cell
	qctl hold all
	[ -e "$SATCHEL_SPOOL/hold/$ID" ]
	has_cells 0
}

@test "a deferred message takes its file along, cut; the cell is made again" {
	serve_with_cells 1
	put_into_a_cell 40000
	pass
	goes_into_a_cell 100 bob@away.test
	pass
	file=$(echo "$SATCHEL_SPOOL"/deferred/*/"$ID")
	[ "$(stat -c %s "$file")" -lt 1000 ]
	has_cells 0
	put_into_a_cell
	has_cells 1
	qctl retry all
	pass
	[ -e "$(echo "$SATCHEL_SPOOL"/deferred/*/"$(basename "$file")")" ]
}

@test "several recipients: who has it does not get it again" {
	serve_with_cells 64
	put_into_a_cell 100 joe@here.test bob@away.test ann@here.test
	pass
	joe_has 1
	[ "$(files_in ann/new)" -eq 1 ]
	qctl retry "$ID"
	pass
	joe_has 1
	run qstat "$ID"
	assert_output_has '<joe@here.test> delivered'
	assert_output_has '<bob@away.test>, 2 attempts'
}

@test "passes of qrun give the cell back through the FIFO, one message after the other" {
	serve_with_cells 1
	for i in 1 2 3 4 5; do
		goes_into_a_cell
		pass
		joe_has "$i"
	done
	has_cells 1
}

@test "qrun -w takes messages from cells, and gives the cells back" {
	serve_with_cells 1
	start qrun -w
	for _ in 1 2 3; do
		wait_for 10 comes_by_cell
	done
	has_cells 1
}

# qrun is quick: its record says that the message was in the cell.
comes_by_cell() {
	local id
	id=$(feed)
	wait_for 10 assert_file_has "$STARTED_LOG" "delivery id=$id "
	[ "$(head -c 20 "$SATCHEL_SPOOL/finished")" = "$id" ]
}

@test "qrun: the record, the empty header, the sync of the records, and only then the offer" {
	needs strace
	serve_with_cells 1
	put_into_a_cell
	traced -y -o trace -e trace=sync_file_range,pwrite64,fdatasync,write qrun 2>log
	joe_has 1
	grep -oE '^(pwrite64|sync_file_range|fdatasync)\([0-9]*<[^>]*/(finished|cells/0000)>|^write\([0-9]*<[^>]*/free>.*' \
	    trace | sed -E 's,<.*/,<,' | sed -E 's/[0-9]+<//; s/, 5\).*//' >order
	printf '%s\n' 'sync_file_range(0000>' 'pwrite64(finished>' 'pwrite64(0000>' \
	    'fdatasync(finished>' 'write(free>, "0000\n"' >want
	diff want order
}

@test "a service that starts anew offers what is free" {
	serve_with_cells 1
	put_into_a_cell
	forget_offers
	kill_service "$SERVICE"
	pass
	serve
	put_into_a_cell
	has_cells 1
}

@test "a free cell that was forgotten is found once it is ten seconds old" {
	serve_with_cells 1
	put_into_a_cell
	# its number goes nowhere
	pass
	[ "$(forget_offers)" = 0000 ]
	feed
	expect 0 1
	touch -d '20 seconds ago' "$CELL"
	put_into_a_cell
	has_cells 1
}

@test "above a lower spool-cells free ones go, and others stay" {
	serve_with_cells 64
	wait_for 10 goes_into_a_cell
	wait_for 10 goes_into_a_cell
	above=$CELL
	[ "${above##*/}" != 0000 ]
	end_service
	cells_at_most 1
	serve
	wait_for 10 has_cells 2
	[ -e "$above" ]
	pass
	joe_has 2
}

@test "after a power cut: what its record says is finished is not delivered, torn or whole" {
	serve_with_cells 2
	put_into_a_cell
	first=$CELL
	record "$first" "$ID"
	put_into_a_cell
	record "$CELL" "$ID"
	echo TORN | write_at "$CELL" 350
	end_service
	run qstat -c
	assert_output_has '0 messages'
	pass
	[ ! -e joe ]
	is_free "$first"
	is_free "$CELL"
	[ "$(files_in "$SATCHEL_SPOOL/corrupt")" -eq 0 ]
}

@test "after a power cut: a body without a header is nothing, one that is torn is corrupt" {
	serve_with_cells 3
	put_into_a_cell
	nothing 96 | write_at "$CELL" 0
	put_into_a_cell
	torn=$ID
	echo TORN | write_at "$CELL" 350
	put_into_a_cell
	echo rubbish | write_at "$CELL" 50
	end_service
	pass
	[ ! -e joe ]
	[ -e "$SATCHEL_SPOOL/corrupt/$torn" ]
	[ "$(files_in "$SATCHEL_SPOOL/corrupt")" -eq 2 ]
	assert_file_has log "qrun: corrupt id=$torn cell=000"
	has_cells 1
	run qstat
	assert_output_has "$torn"
	assert_output_has '2 messages, 2 corrupt'
	pass
	[ "$(files_in "$SATCHEL_SPOOL/corrupt")" -eq 2 ]
	qctl delete "$torn"
	[ "$(files_in "$SATCHEL_SPOOL/corrupt")" -eq 1 ]
}

@test "short cells: empty ones are made anew, one that cuts its message is corrupt" {
	serve_with_cells 3
	put_into_a_cell
	file=$CELL
	end_service
	truncate -s 300 "$file"
	for cell in 0000 0001 0002; do
		[ "$CELLS/$cell" = "$file" ] || truncate -s $((${SIZE:-7} * 10)) "$CELLS/$cell"
		SIZE=500
	done
	serve
	feed
	wait_for 10 are_right 2
	pass
	[ -e "$SATCHEL_SPOOL/corrupt/$ID" ]
	joe_has 1
	put_into_a_cell
	put_into_a_cell
	feed
	wait_for 10 are_right 3
}

are_right() { # COUNT
	[ "$(find "$CELLS" -type f -size 16 | wc -l)" -eq "$1" ]
}

@test "the records: missing, the way out is named; short, nothing is taken to be finished" {
	serve_with_cells 1
	put_into_a_cell
	end_service
	rm "$SATCHEL_SPOOL/finished"
	for program in qrun qstat; do
		run "$program"
		[ "$status" -ne 0 ]
		assert_output_has "/finished: No such file or directory (make it with 'qctl init')"
	done
	run qctl init
	assert_output_has "made $SATCHEL_SPOOL/finished"
	printf '%.10s' "$ID" >"$SATCHEL_SPOOL/finished"
	pass
	joe_has 1
	[ "$(stat -c %s "$SATCHEL_SPOOL/finished")" -eq 32 ]
}

@test "a spool that was made before there were cells, and what qctl init adds" {
	rm -r "$CELLS" "$SATCHEL_SPOOL/free" "$SATCHEL_SPOOL/finished"
	serve
	feed 2
	[ "$(in_new)" -eq 2 ]
	run qstat -c
	assert_output_has '2 messages, 2 new'
	qctl hold all
	qctl release all
	pass
	joe_has 2
	end_service
	run qctl init
	for part in cells free finished; do
		assert_output_has "made $SATCHEL_SPOOL/$part"
	done
	serve_with_cells 2
	put_into_a_cell
}

@test "a message in a cell costs one fdatasync and no name" {
	needs strace
	serve_with_cells 64
	end_service
	serve env ASAN_OPTIONS=detect_leaks=0 strace -D -f -o trace \
	    -e trace=fsync,fdatasync,sync,syncfs,rename,renameat,renameat2,unlink,unlinkat,openat,link,linkat,ftruncate,fallocate
	wait_for 10 goes_into_a_cell
	before=$(wc -l <trace)
	ID=$(feed 3)
	expect 4 0
	# a call during which another process is seen has a second line, without a bracket
	tail -n "+$((before + 1))" trace >later
	[ "$(grep -c 'fdatasync(' later)" -eq 3 ]
	run grep -E '(fsync|sync|syncfs|rename.*|unlink.*|link.*|ftruncate|fallocate)\(|O_CREAT' \
	    <(grep -v fdatasync later)
	assert_status 1
}

@test "two passes at once deliver each message once" {
	serve_with_cells 64
	ready() {
		rm -rf "$SATCHEL_SPOOL"/new/*
		feed 30 && [ "$(in_cells)" -ge 30 ]
	}
	wait_for 10 ready
	count=$(($(in_cells) + $(in_new)))
	start qrun
	first=$STARTED_PID
	start qrun
	wait_for 20 started_is_gone "$first"
	wait_for 20 started_is_gone "$STARTED_PID"
	pass
	joe_has "$count"
	expect 0 0
}

# A service in whose workers a system call kills, instead of being made.
serve_killed_at() { # CALL WHEN
	serve env ASAN_OPTIONS=detect_leaks=0 strace -D -f -o trace -e trace="$1" \
	    -e inject="$1:error=EIO:signal=KILL:when=$2"
}

@test "a worker that is killed between message and header leaves nothing" {
	needs strace
	serve_with_cells 2
	end_service
	serve_killed_at pwrite64 2
	# it is ready before that: a message that finds no cell goes to new/
	wait_for 10 offers 2
	run feed
	[ "$status" -ne 0 ]
	grep -qa '^Subject: 0' -r "$CELLS"
	expect 0 0
	pass
	[ ! -e joe ]
	end_service
	serve
	put_into_a_cell
}

@test "a worker that is killed before the sync: the message is written before its record" {
	needs strace
	serve_with_cells 3
	end_service
	# the stock syncs once when it starts
	serve_killed_at fdatasync 2
	put_into_a_cell
	run feed 2
	[ "$status" -ne 0 ]
	[ "$(in_cells)" -ge 2 ]
	count=$(($(in_cells) + $(in_new)))
	traced -y -o trace -e trace=sync_file_range,pwrite64 qrun 2>log
	joe_has "$count"
	[[ $(head -n 1 trace) == sync_file_range* ]]
	[ "$(grep -c ^sync_file_range trace)" -eq "$(grep -c '^pwrite64.*/finished>' trace)" ]
}

@test "the trigger: who is told of one message does not take another" {
	serve_with_cells 2
	put_into_a_cell
	first=$CELL
	put_into_a_cell
	end_service
	cp "$first" one
	cp "$CELL" two
	nothing 96 | write_at "$first" 0
	nothing 96 | write_at "$CELL" 0
	seen=$(enqueue -i ann@here.test </dev/null)
	start qrun -w
	# what became of this one it hears when it has looked through all there is
	wait_for 10 grep -q "qrun: delivery id=$seen " "$STARTED_LOG"
	dd if=one of="$first" conv=notrunc status=none
	dd if=two of="$CELL" conv=notrunc status=none
	printf '%s\n' "0123456789abcdefghij ${first##*/}" "$ID ${CELL##*/}" >"$SATCHEL_SPOOL/trigger"
	wait_for 10 joe_has 1
	wait_for 10 is_free "$CELL"
	[ "$(in_cells)" -eq 1 ]
	stop "$STARTED_PID"
	pass
	joe_has 2
}
