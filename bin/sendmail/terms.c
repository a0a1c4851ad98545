/* SPDX-License-Identifier: ISC */
#include "terms.h"

#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/fields.h"
#include "mail/when.h"
#include "options.h"
#include "spool/envelope.h"

static void
take_key(struct terms *t, const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > ENVELOPE_KEY_MAX)
		die(PROGRAM, EX_USAGE, "-O key: the key has %zu octets, and may have 1 to %d", len,
		    ENVELOPE_KEY_MAX);
	if (slice_has_control(slice_of(value)))
		die(PROGRAM, EX_USAGE, "-O key: the key holds a control character: leave it out");
	t->key = value;
}

static int64_t
read_when(const char *name, const char *value)
{
	int64_t seconds, now = clock_wall_seconds();

	if (!when_read(slice_of(value), now, &seconds))
		die(PROGRAM, EX_USAGE, "-O %s: '%s' is no time: write " WHEN_FORMS, name, value);
	if (seconds <= now)
		die(PROGRAM, EX_USAGE, "-O %s: '%s' has passed", name, value);
	return seconds;
}

static void
take_expires(struct terms *t, const char *value)
{
	t->expires = read_when("expires", value);
}

static void
take_not_before(struct terms *t, const char *value)
{
	t->not_before = read_when("not-before", value);
}

bool
terms_take(struct terms *t, const char *text)
{
	static const struct {
		const char *name;
		void (*take)(struct terms *t, const char *value);
	} all[] = {{"key", take_key}, {"expires", take_expires}, {"not-before", take_not_before}};
	struct slice name = slice_make(text, slice_find(slice_of(text), '='));

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (slice_is_nocase(name, all[i].name)) {
			if (text[name.len] == '\0')
				die(PROGRAM, EX_USAGE, "-O %s: write -O %s=VALUE", all[i].name,
				    all[i].name);
			all[i].take(t, text + name.len + 1);
			return true;
		}
	return false;
}

static int
add_time(struct str *fields, char letter, int64_t seconds)
{
	return seconds == 0 ? 0 : fields_add_number(fields, letter, seconds, '\0');
}

int
terms_add(const struct terms *t, struct str *fields)
{
	if (t->key != NULL && fields_add(fields, 'K', slice_of(t->key), '\0') == -1)
		return -1;
	return add_time(fields, 'X', t->expires) == -1 || add_time(fields, 'H', t->not_before) == -1
		   ? -1
		   : 0;
}

bool
terms_are_none(const struct terms *t)
{
	return t->key == NULL && t->expires == 0 && t->not_before == 0;
}
