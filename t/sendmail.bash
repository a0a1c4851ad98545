# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154 # status and output are bats'
# What a submission has left in the scratch spool: load it behind helper.

# The one message in the queue: its file.
queued() {
	local files=("$SATCHEL_SPOOL"/new/*)
	if [ "${#files[@]}" -ne 1 ] || [ ! -f "${files[0]}" ]; then
		echo "expected one message in the queue, there are: ${files[*]}" >&2
		return 1
	fi
	printf '%s\n' "${files[0]}"
}

# Its envelope on one line, without the field that says where it came from.
envelope() {
	local file
	file=$(queued) || return 1
	LC_ALL=C sed -n '2,/^\./p' "$file" | grep -a '^[A-RT-Z]' | tr '\n' ' ' | sed 's/ $//'
}

# The message in wire format, without the Received field of enqueue.
message() {
	local file
	file=$(queued) || return 1
	LC_ALL=C sed -e '1,/^$/d' "$file" | LC_ALL=C sed -e '1{/^Received: by /d}' -e '2{/^\t/d}' -e '1,2{/^\t.*+0000\r$/d}'
}

# The same for people, with the fields that change taken out.
text() {
	message | tr -d '\r' | sed -e '/^Date: /d' -e '/^Message-ID: <.*@here.test>$/d' \
		-e '/^To: undisclosed-recipients:;$/d'
}

expect_envelope() {
	local is
	is=$(envelope) || return 1
	[ "$is" = "$1" ] && return
	printf 'the envelope is\n%s\nexpected\n%s\n' "$is" "$1" >&2
	return 1
}

expect_text() {
	local is
	is=$(text) || return 1
	[ "$is" = "$1" ] && return
	printf 'the message is\n%s\nexpected\n%s\n' "$is" "$1" >&2
	return 1
}

nothing_queued() {
	[ "$(files_in "$SATCHEL_SPOOL/new")" -eq 0 ]
}

# submit INPUT ARGUMENT… with printf's escapes in INPUT
submit() {
	local input=$1
	shift
	# shellcheck disable=SC2059
	printf "$input" | sendmail "$@"
}
