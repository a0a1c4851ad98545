/* SPDX-License-Identifier: ISC */
#include "mail/lexical.h"

bool
lexical_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t
lexical_blanks(struct slice s)
{
	size_t len = 0;

	while (len < s.len && lexical_is_blank(s.data[len]))
		len++;
	return len;
}

size_t
lexical_comment(struct slice s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\\')
			i++;
		else if (s.data[i] == '(')
			depth++;
		else if (s.data[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

size_t
lexical_enclosed(struct slice s, char end)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.data[i] == '\\')
			i++;
		else if (s.data[i] == end)
			return i + 1;
	}
	return 0;
}

bool
lexical_is_encoded(struct slice word)
{
	size_t marks = 0;

	if (word.len < 8 || !slice_starts(word, "=?") || word.data[word.len - 2] != '?' ||
	    word.data[word.len - 1] != '=')
		return false;
	for (size_t i = 2; i + 2 < word.len; i++)
		marks += word.data[i] == '?';
	return marks == 2;
}
