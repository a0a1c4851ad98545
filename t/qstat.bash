# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Messages as qstat finds them. Load it behind helper.

queue() {
	printf 'Subject: x\n\nhello\n' | enqueue -i -f ann@example.org -- "${@:-joe@example.org}"
}

# defer ID: moves a message as qrun does.
defer() {
	mkdir -m 700 "$SATCHEL_SPOOL/deferred/001770000000"
	mv "$SATCHEL_SPOOL/new/$1" "$SATCHEL_SPOOL/deferred/001770000000"
}

# mark FILE RECIPIENT STATUS ATTEMPTS REPLY: a state of spool(5).
mark() {
	local offset=$((96 + 10#$(head -c 40 "$1" | cut -d ' ' -f 3) + $2 * 192))
	printf '%s- %04d %012d %-170.170s' "$3" "$4" 1769999000 "$5" |
	    dd of="$1" bs=1 seek="$offset" conv=notrunc status=none
}

# on_terminal ROWS COLUMNS COMMAND: its output on a terminal of that size, without carriage returns
on_terminal() {
	script -qec "stty rows $1 cols $2; $3" /dev/null </dev/null | tr -d '\r'
}
