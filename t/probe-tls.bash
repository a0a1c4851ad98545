# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2034 # status and output are bats'; ITS is for who loads it
# Certificates of every kind of trouble, and the results of smtp-probe(1). Load it behind helper.

# One root, one intermediate of it, and what it has issued; in $KEYS. For setup_file.
make_chains() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	(
		umask 077
		cd "$KEYS" || exit 1
		new_key root -x509 -days 30 -addext basicConstraints=critical,CA:TRUE -out root.crt
		issue middle root 30 basicConstraints=critical,CA:TRUE
		issue good middle 30 subjectAltName=DNS:mx.example.test,DNS:mx1.example.test,DNS:mx2.example.test
		issue soon middle 3 subjectAltName=DNS:mx.example.test
		issue other middle 30 subjectAltName=DNS:other.example.test
		issue expired middle -1 subjectAltName=DNS:mx.example.test
		new_key self -x509 -days 30 -addext subjectAltName=DNS:mx.example.test -out self.crt
		cp good.crt alone.crt && cp good.key alone.key
		for name in good soon other expired; do cat middle.crt >>$name.crt; done
		cat root.crt >>other.crt
	) >"$KEYS/log" 2>&1 || cat "$KEYS/log" >&2
}

new_key() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1.test" -keyout "$1.key" "${@:2}"
}

# issue NAME BY DAYS EXTENSION
issue() {
	new_key "$1" -addext "$4" -out "$1.csr" && openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" \
	    -CAcreateserial -days "$3" -copy_extensions copy -out "$1.crt"
}

# The data of a TLSA record of $KEYS/NAME.crt: tlsa_key NAME (x 1 1), tlsa_whole NAME (x 0 1)
tlsa_key() {
	openssl x509 -in "$KEYS/$1.crt" -pubkey -noout | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r |
	    cut -d' ' -f1
}

tlsa_whole() {
	openssl x509 -in "$KEYS/$1.crt" -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1
}

# probe ARGUMENT...: STATUS is its exit code; ITS its results as JSON, one a line.
probe() {
	status=0
	output=$(timeout 60 smtp-probe --pace 0 --json "$@" 2>&1) || status=$?
	ITS=$(grep -o '{"id":[^}]*}' <<<"$output") || true
}

# found ID VERDICT WEIGHT [PATTERN]: the result is there, with the pattern somewhere in it
found() {
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2053 # a pattern
		[[ $line == '{"id":"'$1'",'*'"verdict":"'$2'","weight":"'$3'"'*${4-}* ]] && return 0
	done <<<"$ITS"
	printf 'expected: %s\nof the results:\n' "$*" >&2
	grep -F "{\"id\":\"${1%%.*}" <<<"$ITS" >&2 || printf '%s\n' "$output" >&2
	return 1
}

lost() {
	[[ $ITS != *'{"id":"'$1'"'* ]] || {
		printf 'there is %s in:\n%s\n' "$1" "$ITS" >&2
		return 1
	}
}
