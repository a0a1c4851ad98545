# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of satchel's command lines for bash, with the package bash-completion or without. The
# tables are what "PROGRAM --options" prints; make puts them here (.ci/completion).

# Sets table, lines of: command NAME KINDS WORDS, option COMMAND -LETTER --NAME KIND WORDS.
_satchel_table() {
	case $1 in
# @TABLES@
	*) return 1 ;;
	esac
}

# Reads the table of a program into the arrays of its caller.
_satchel_load() {
	local table what first second third fourth fifth
	_satchel_table "$1" || return
	while read -r what first second third fourth fifth; do
		if [ "$what" = command ]; then
			kinds[$first]=$second
			listed[$first]="$third $fourth $fifth"
			[ "$first" = - ] || names+=" $first"
		elif [ "$what" = option ]; then
			[ "$second" = - ] || options[$first]+=" $second"
			[ "$third" = - ] || options[$first]+=" $third"
			takes[$first $second]=$fourth
			takes[$first $third]=$fourth
			listed[$first $second]=$fifth
			listed[$first $third]=$fifth
		fi
	done <<<"$table"
}

# Sets pending to the option whose value comes next, if WORD ends with one that takes a value.
_satchel_option() {
	local word=$1 i
	case $word in
	--*=*) ;;
	--*) pending=$word ;;
	*)
		for ((i = 1; i < ${#word}; i++)); do
			pending=-${word:i:1}
			_satchel_takes "$pending"
			[ "$kind" = - ] && continue
			# attached, or the next word
			((i + 1 == ${#word})) || pending=
			return
		done
		;;
	esac
	_satchel_takes "$pending"
	[ "$kind" != - ] || pending=
}

# Sets kind and among to what OPTION takes, for the command or for all.
_satchel_takes() {
	local key="$command $1"
	[ -n "${takes[$key]-}" ] || key="* $1"
	kind=${takes[$key]:--} among=${listed[$key]-}
}

# Sets kind to that of the N-th operand, from 0, or to - if there is none.
_satchel_operand() {
	local -a all
	local last=${kinds[$command]:--}
	IFS=, read -r -a all <<<"${last%...}"
	kind=${all[$1]:--} among=${listed[$command]-}
	if [[ $last == *... ]] && (($1 >= ${#all[@]})); then
		kind=${all[${#all[@]} - 1]}
	fi
}

# What a program of ours prints, where this user may ask it; it must not keep anybody waiting.
_satchel_ask() {
	PATH=$PATH:/usr/local/sbin:/usr/sbin timeout 2 "$@" 2>/dev/null | head -n 2000 | cut -f 1
}

# Adds to COMPREPLY what is of this KIND, or one of these WORDS, and begins with TEXT.
_satchel_value() {
	local kind=$1 words=$2 text=$3 before=$4
	local -a found=()
	case $kind in
	word) ;;
	words)
		[[ $text == *,* ]] && before+=${text%,*},
		text=${text##*,}
		;;
	file) mapfile -t found < <(compgen -f -- "$text") ;;
	folder) mapfile -t found < <(compgen -d -- "$text") ;;
	program) mapfile -t found < <(compgen -c -- "$text") ;;
	host) mapfile -t found < <(compgen -A hostname -- "$text") ;;
	user) mapfile -t found < <(compgen -u -- "$text") ;;
	account | address) words=$(_satchel_ask mailuser list) ;;
	hosted | domain) words=$(_satchel_ask mailuser domain list) ;;
	id) words=$(_satchel_ask qstat -q) ;;
	control)
		local table
		_satchel_table control-files
		words=$table
		;;
	*) return ;;
	esac
	case $kind in
	file | folder | program) compopt -o filenames 2>/dev/null ;;
	host | user) ;;
	*) mapfile -t found < <(compgen -W "${words//[^A-Za-z0-9@._+,: $'\n'\/=-]/}" -- "$text") ;;
	esac
	COMPREPLY+=("${found[@]/#/$before}")
}

# What the last of these words, a program and its arguments, may become.
_satchel_words() {
	local program=${1##*/} word command=- pending='' ended='' kind among names='' at=0 i
	local -A kinds=() options=() takes=() listed=()
	local cur=${*: -1}
	if ! _satchel_load "$program"; then
		_satchel_value file '' "$cur" ''
		return
	fi
	for ((i = 2; i < $#; i++)); do
		word=${!i}
		if [ -n "$pending" ]; then
			pending=
		elif [[ -z $ended && $word == -- ]]; then
			ended=1
		elif [[ -z $ended && $word == -?* ]]; then
			_satchel_option "$word"
		elif [[ $command == - && $at -eq 0 && " $names " == *" $word "* ]]; then
			command=$word
		else
			_satchel_operand $at
			if [ "$kind" = program ]; then
				_satchel_words "${@:i}"
				return
			fi
			at=$((at + 1))
		fi
	done
	if [ -n "$pending" ]; then
		_satchel_takes "$pending"
		_satchel_value "$kind" "$among" "$cur" ''
	elif [[ -z $ended && $cur == --*=* ]]; then
		_satchel_takes "${cur%%=*}"
		_satchel_value "$kind" "$among" "${cur#*=}" "${cur%%=*}="
	elif [[ -z $ended && $cur == -* ]]; then
		_satchel_value word "${options[$command]-} ${options["*"]-} --help --version" "$cur" ''
	else
		_satchel_operand $at
		_satchel_value "$kind" "$among" "$cur" ''
		[[ $command != - || $at -gt 0 ]] || _satchel_value word "$names" "$cur" ''
	fi
}

_satchel() {
	local line=${COMP_LINE:0:COMP_POINT} left i
	local -a words
	COMPREPLY=()
	read -r -a words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=('')
	((${#words[@]} > 1)) || return
	_satchel_words "${words[@]}"
	# bash replaces only what is behind the last of its word breaks, and an @ itself
	left=${words[${#words[@]} - 1]}
	left=${left%"${left##*["$COMP_WORDBREAKS"]}"}
	left=${left%@}
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$left"}
	done
}

# @PROGRAMS@
