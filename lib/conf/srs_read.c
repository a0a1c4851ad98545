/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "conf/srs.h"
#include "conf/table.h"
#include "mail/address.h"

#define SETTINGS "srs"
#define KEYS "srs-keys"
#define KEYS_FILE_MAX ((size_t)65536)
#define DAYS 21	     /* longer than any host keeps what it cannot deliver */
#define DAYS_MAX 500 /* of the 1024 that can be told apart */

static int
take_setting(struct srs *s, struct slice key, struct slice value, const char **problem)
{
	*problem = NULL;
	if (slice_is_nocase(key, "domain")) {
		if (!address_is_domain(value, 0))
			*problem = "a domain in its ASCII form is expected";
		return str_add_slice(&s->domain, value);
	}
	if (!slice_is_nocase(key, "days"))
		*problem = "\"domain: NAME\" or \"days: NUMBER\" is expected";
	else if (!slice_number(value, DAYS_MAX, &s->days) || s->days == 0)
		*problem = "a number of days, 1 to 500, is expected";
	return 0;
}

static int
read_settings(struct srs *s, const struct control *c, struct str *problem)
{
	struct table table;
	int found = table_read(&table, c, SETTINGS, TABLE_PAIRS, problem);
	const char *wrong = NULL;

	for (size_t i = 0; found == 1 && i < table.count; i++) {
		const struct table_entry *e = &table.entries[i];

		if (take_setting(s, e->key, e->value, &wrong) == -1)
			found = -1;
		else if (wrong != NULL)
			found = table_complain(
			    problem, SETTINGS, slice_of(table.text), e->key, "%s", wrong);
	}
	if (found == 1 && s->domain.len == 0)
		found = table_complain(problem, SETTINGS, slice_of(table.text),
		    slice_of(table.text), "\"domain: NAME\" is missing");
	table_free(&table);
	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, SETTINGS);
	return found;
}

static int
digit(char c)
{
	static const char hex[] = "0123456789abcdef";
	const char *at = memchr(hex, ascii_lower(c), sizeof hex - 1);

	return at == NULL ? -1 : (int)(at - hex);
}

static bool
read_key(struct slice line, unsigned char key[SIPHASH_KEY_OCTETS])
{
	if (line.len != (size_t)2 * SIPHASH_KEY_OCTETS)
		return false;
	for (size_t i = 0; i < SIPHASH_KEY_OCTETS; i++) {
		int high = digit(line.data[2 * i]), low = digit(line.data[2 * i + 1]);

		if (high == -1 || low == -1)
			return false;
		key[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* What is wrong is said without the line, which is a secret. */
static int
take_keys(struct srs *s, struct slice text, struct str *problem)
{
	struct slice rest = text, line;

	while (control_next_line(&rest, &line)) {
		if (s->count < SRS_KEYS_MAX && read_key(line, s->keys[s->count])) {
			s->count++;
			continue;
		}
		(void)str_format(problem, KEYS ": %s",
		    s->count == SRS_KEYS_MAX ? "more than 8 keys"
					     : "a line is no key of 32 hexadecimal digits");
		errno = EINVAL;
		return -1;
	}
	if (s->count > 0)
		return 0;
	(void)str_add_text(problem, KEYS ": a key is expected, as there is the file " SETTINGS);
	errno = EINVAL;
	return -1;
}

static int
read_keys(struct srs *s, const struct control *c, struct str *problem)
{
	struct str text;
	int found;

	str_init(&text, KEYS_FILE_MAX);
	found = control_read_shared(c, KEYS, &text);
	if (found == -1 && errno == EACCES) {
		s->is_closed = true;
		found = 0;
	} else if (found == -1) {
		(void)str_add_text(problem,
		    errno == EPERM ? KEYS ": a file that its owner may write, its group may read, "
					  "and others may not even read, is expected"
				   : KEYS);
		if (errno == EPERM)
			errno = EINVAL;
	} else {
		found = take_keys(s, str_slice(&text), problem);
	}
	str_wipe(&text);
	return found;
}

int
srs_read(struct srs *s, const struct control *c, struct str *problem)
{
	int found;

	*s = (struct srs){.days = DAYS};
	str_init(&s->domain, ADDRESS_DOMAIN_MAX);
	found = read_settings(s, c, problem);
	return found == 1 ? read_keys(s, c, problem) : found;
}

void
srs_free(struct srs *s)
{
	str_free(&s->domain);
	explicit_bzero(s->keys, sizeof s->keys);
	s->count = 0;
}
