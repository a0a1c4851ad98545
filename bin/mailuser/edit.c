/* SPDX-License-Identifier: ISC */
#include "edit.h"

#include "conf/control.h"

/* What becomes of the text: lines of KEY go, or the first of them is replaced. */
struct change {
	struct slice key;
	struct slice line; /* the new one, or empty */
	bool is_list, is_all;
	bool is_placed;
};

/* The key of a line of the file; empty for a comment. */
static struct slice
key_of(struct slice line, bool is_list, struct slice *value)
{
	struct slice key = {NULL, 0};

	line = slice_trim(line);
	*value = key;
	if (line.len == 0 || line.data[0] == '#')
		return key;
	if (is_list)
		return line;
	if (!control_pair(line, &key, value))
		key.len = 0;
	return key;
}

static int
add_line(struct str *out, struct slice line)
{
	return str_add_slice(out, line) == -1 ? -1 : str_add_char(out, '\n');
}

static int
take_line(struct change *change, struct slice line, struct str *out)
{
	struct slice value, key = key_of(line, change->is_list, &value);

	if (key.len == 0 || (!change->is_all && !slice_equal_nocase(key, change->key)))
		return add_line(out, line);
	if (change->line.len == 0 || change->is_placed)
		return 0;
	change->is_placed = true;
	return add_line(out, change->line);
}

static int
apply(struct str *text, struct change *change)
{
	struct slice rest = str_slice(text), line;
	struct str out;

	str_init(&out, text->cap);
	/* all at once: secrets that grow leave copies behind */
	if (str_reserve(&out, text->len + change->line.len + 2) == -1)
		return -1;
	while (slice_take(&rest, '\n', &line))
		if (take_line(change, line, &out) == -1) {
			str_wipe(&out);
			return -1;
		}
	if (change->line.len > 0 && !change->is_placed && add_line(&out, change->line) == -1) {
		str_wipe(&out);
		return -1;
	}
	str_wipe(text);
	*text = out;
	return 0;
}

int
edit_set(struct str *text, struct slice key, struct slice value)
{
	struct change change = {.key = key};
	struct str line;
	int result = -1;

	str_init(&line, text->cap);
	if (str_reserve(&line, key.len + value.len + 2) == 0 && str_add_slice(&line, key) == 0 &&
	    str_add_text(&line, value.len > 0 ? ": " : ":") == 0 &&
	    str_add_slice(&line, value) == 0) {
		change.line = str_slice(&line);
		result = apply(text, &change);
	}
	str_wipe(&line);
	return result;
}

int
edit_drop(struct str *text, struct slice key)
{
	struct change change = {.key = key};

	return apply(text, &change);
}

int
edit_list_add(struct str *text, struct slice key)
{
	struct change change = {.key = key, .line = key, .is_list = true};

	return apply(text, &change);
}

int
edit_list_drop(struct str *text, struct slice key)
{
	struct change change = {.key = key, .is_list = true};

	return apply(text, &change);
}

int
edit_drop_all(struct str *text)
{
	struct change change = {.is_all = true};

	return apply(text, &change);
}

bool
edit_find(struct slice text, struct slice key, struct slice *value, size_t *line)
{
	struct slice one;

	for (size_t number = 1; slice_take(&text, '\n', &one); number++)
		if (slice_equal_nocase(key_of(one, false, value), key)) {
			*line = number;
			return true;
		}
	return false;
}
