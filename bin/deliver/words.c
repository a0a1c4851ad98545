/* SPDX-License-Identifier: ISC */
#include "words.h"

#include <string.h>

#define TEXT_MAX ((size_t)96 << 10)

/*
 * Nobody knows what a program does with its arguments: many a gateway hands them to a shell here or
 * on another host. So an address begins with what begins no option, path or variable, and holds
 * nothing that means something to a shell.
 */
bool
words_may_hold(struct slice address)
{
	static const char others[] = "@._+-=/%:!";

	for (size_t i = 0; i < address.len; i++) {
		char c = address.data[i];
		bool is_plain = ascii_is_alpha(c) || ascii_is_digit(c) || c == '_' || c == '+';

		if (!is_plain && (i == 0 || c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return true;
}

static int
add(struct words *w, struct slice word)
{
	if (str_add_slice(&w->text, word) == -1)
		return -1;
	return str_add_char(&w->text, '\0');
}

static int
add_address(struct words *w, struct slice address, const char *code, struct outcome *o)
{
	if (!words_may_hold(address))
		return outcome_fail(o, JOB_PERMANENT, code,
		    "the address %.*s cannot be given to the program, which could take it for "
		    "something else",
		    (int)address.len, address.data);
	return add(w, address) == -1 ? outcome_errno(o, "unable to make the command") : 0;
}

static int
add_word(struct words *w, struct slice word, const struct job *job, const size_t *indices,
    size_t count, struct outcome *o)
{
	if (slice_is(word, GATEWAY_SENDER))
		return add_address(w, job->reverse_path, "5.1.7", o);
	if (!slice_is(word, GATEWAY_RECIPIENT) && !slice_is(word, GATEWAY_RECIPIENTS))
		return add(w, word) == -1 ? outcome_errno(o, "unable to make the command") : 0;
	for (size_t i = 0; i < count; i++)
		if (add_address(w, job->recipients[indices[i]].address, "5.1.3", o) == -1)
			return -1;
	return 0;
}

int
words_make(struct words *w, struct slice command, const struct job *job, const size_t *indices,
    size_t count, struct outcome *o)
{
	const size_t room = sizeof w->list / sizeof w->list[0] - 1;
	size_t number = 0, at;
	struct slice word;

	*w = (struct words){.list = {NULL}};
	str_init(&w->text, TEXT_MAX);
	while (slice_word(&command, &word))
		if (add_word(w, word, job, indices, count, o) == -1)
			return -1;
	for (at = 0; at < w->text.len && number < room; at += strlen(w->text.data + at) + 1)
		w->list[number++] = w->text.data + at;
	if (at < w->text.len)
		return outcome_fail(o, JOB_TEMPORARY, "4.3.5", "the command has too many words");
	return 0;
}

void
words_free(struct words *w)
{
	str_free(&w->text);
}
