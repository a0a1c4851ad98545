/* SPDX-License-Identifier: ISC */
#include "conf/extension.h"

#include <errno.h>
#include <string.h>

#define FILE_NAME "extensions"
#define LINE_LEN_MAX 1024
/* of what an atom may hold (RFC 5322, 3.2.3), what means nothing else to programs and files */
#define POSSIBLE "+-=_.#%&!^~"

static int
take(struct extensions *x, struct slice line, struct str *problem)
{
	struct slice word;
	size_t count = 0;

	x->separators[0] = '\0';
	if (slice_is_nocase(line, "none"))
		return 0;
	while (slice_word(&line, &word)) {
		for (size_t i = 0; i < word.len; i++) {
			if (word.data[i] == '\0' || strchr(POSSIBLE, word.data[i]) == NULL ||
			    count == EXTENSION_SEPARATORS_MAX) {
				(void)str_add_text(problem,
				    FILE_NAME ": \"none\" or some of " POSSIBLE " are expected");
				errno = EINVAL;
				return -1;
			}
			x->separators[count++] = word.data[i];
		}
	}
	x->separators[count] = '\0';
	return 0;
}

int
extensions_read(struct extensions *x, const struct control *c, struct str *problem)
{
	struct str line;
	int found;

	*x = (struct extensions){.separators = "+"};
	str_init(&line, LINE_LEN_MAX);
	found = control_line(c, FILE_NAME, &line);
	if (found == 1)
		found = take(x, str_slice(&line), problem);
	else if (found == -1)
		(void)str_add_text(problem, FILE_NAME);
	str_free(&line);
	return found;
}

static bool
is_separator(const struct extensions *x, char c)
{
	return c != '\0' && strchr(x->separators, c) != NULL;
}

bool
extension_cut(
    const struct extensions *x, struct slice local, struct slice *name, struct slice *extension)
{
	size_t cut = 0, cuts = 0;

	for (size_t i = 1; i < name->len && cuts < EXTENSION_CUTS_MAX; i++)
		if (is_separator(x, local.data[i])) {
			cut = i;
			cuts++;
		}
	if (cut == 0)
		return false;
	*name = slice_make(local.data, cut);
	*extension = slice_skip(local, cut + 1);
	return true;
}

struct slice
extension_first(const struct extensions *x, struct slice local)
{
	for (size_t i = 1; i < local.len; i++)
		if (is_separator(x, local.data[i]))
			return slice_skip(local, i + 1);
	return slice_of("");
}
