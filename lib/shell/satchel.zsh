# @PROGRAMS@
# SPDX-License-Identifier: ISC
# shellcheck disable=all # this is zsh
# Completion of satchel's command lines for zsh. The tables are what "PROGRAM --options" prints; make
# puts them here (.ci/completion).

# Sets table, lines of: command NAME KINDS WORDS HELP, option COMMAND -LETTER --NAME KIND WORDS HELP,
# with tabs between.
_satchel_table() {
	case $1 in
# @TABLES@
	(*) return 1 ;;
	esac
}

# Reads the table of a program into the arrays of its caller.
_satchel_load() {
	local table line key
	local -a f
	_satchel_table $1 || return
	for line in ${(f)table}; do
		f=("${(@ps:\t:)line}")
		if [[ $f[1] == command ]]; then
			kinds[$f[2]]=$f[3]
			listed[$f[2]]=$f[4]
			[[ $f[2] == - ]] || names+=("$f[2]:$f[5]")
			continue
		fi
		for word in $f[3] $f[4]; do
			[[ $word == - ]] && continue
			key="$f[2] $word"
			takes[$key]=$f[5] listed[$key]=$f[6]
			options+=("$f[2]"$'\t'"$word:$f[7]")
		done
	done
}

# Sets kind and among to what OPTION takes, for the command or for all.
_satchel_takes() {
	local key="$command $1"
	(( ${+takes[$key]} )) || key="* $1"
	kind=${takes[$key]:--} among=${listed[$key]:-}
}

# Sets pending to the option whose value comes next, if the word ends with one that takes a value.
_satchel_option() {
	local i
	case $1 in
	(--*=*) return ;;
	(--*)
		_satchel_takes $1
		[[ $kind == - ]] || pending=$1
		return
		;;
	esac
	for (( i = 2; i <= ${#1}; i++ )); do
		_satchel_takes -${1[i]}
		[[ $kind == - ]] && continue
		(( i == ${#1} )) && pending=-${1[i]}
		return
	done
}

# Sets kind to that of the N-th operand, from 1, or to - if there is none.
_satchel_operand() {
	local last=${kinds[$command]:--}
	local -a all=(${(s:,:)${last%...}})
	kind=${all[$1]:--} among=${listed[$command]:-}
	[[ $last == *... ]] && (( $1 > $#all )) && kind=$all[-1]
}

# What a program of ours prints, where this user may ask it; it must not keep anybody waiting.
_satchel_ask() {
	PATH=$PATH:/usr/local/sbin:/usr/sbin timeout 2 "$@" 2>/dev/null | head -n 2000 | cut -f 1
}

# Adds what is of this KIND, or one of these WORDS.
_satchel_value() {
	local table
	local -a found
	case $1 in
	(word) found=(${=2}); compadd -a found ;;
	(words) found=(${=2}); compset -P '*,'; compadd -S '' -a found ;;
	(file) _files ;;
	(folder) _files -/ ;;
	(program) _command_names -e ;;
	(host) _hosts ;;
	(user) _users ;;
	(account|address) found=(${(f)"$(_satchel_ask mailuser list)"}); compadd -a found ;;
	(hosted|domain) found=(${(f)"$(_satchel_ask mailuser domain list)"}); compadd -a found ;;
	(id) found=(${(f)"$(_satchel_ask qstat -q)"}); compadd -V ids -a found ;;
	(control) _satchel_table control-files; found=(${=table}); compadd -a found ;;
	(*) _message 'no more arguments' ;;
	esac
}

_satchel() {
	local word command=- pending= ended= kind among
	local -i at=1 i
	local -A kinds takes listed
	local -a names options shown
	_satchel_load ${${words[1]:t}} || return 1
	for (( i = 2; i < CURRENT; i++ )); do
		word=$words[i]
		if [[ -n $pending ]]; then
			pending=
		elif [[ -z $ended && $word == -- ]]; then
			ended=1
		elif [[ -z $ended && $word == -?* ]]; then
			_satchel_option $word
		elif [[ $command == - && $at -eq 1 && -n ${(M)names:#$word:*} ]]; then
			command=$word
		else
			_satchel_operand $at
			if [[ $kind == program ]]; then
				shift $(( i - 1 )) words
				(( CURRENT -= i - 1 ))
				_normal
				return
			fi
			(( at += 1 ))
		fi
	done
	word=$words[CURRENT]
	if [[ -n $pending ]]; then
		_satchel_takes $pending
		_satchel_value $kind $among
	elif [[ -z $ended && $word == --*=* ]]; then
		_satchel_takes ${word%%=*}
		compset -P '*='
		_satchel_value $kind $among
	elif [[ -z $ended && $word == -* ]]; then
		shown=(${${(M)options:#(\*|$command)$'\t'*}#*$'\t'} '--help:show a summary' '--version:show the version')
		_describe -o option shown
	else
		_satchel_operand $at
		[[ $command == - && $at -eq 1 && $#names -gt 0 ]] && _describe command names
		_satchel_value "$kind" "$among"
	fi
}

_satchel "$@"
