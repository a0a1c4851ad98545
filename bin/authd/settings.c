/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "authd.h"
#include "conf/confinement.h"

#define FILE_NAME "authentication"

/* Which member each line of authentication sets. */
static struct slice *
find_member(struct settings *s, struct slice name)
{
	const struct {
		const char *name;
		struct slice *member;
	} members[] = {
	    {"mechanisms", &s->mechanisms},
	    {"checkpassword", &s->checkpassword},
	    {"dovecot", &s->dovecot},
	    {"token-verifier", &s->token_verifier},
	    {"clients", &s->clients},
	};

	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (slice_is_nocase(name, members[i].name))
			return members[i].member;
	return NULL;
}

static int
take_entry(struct settings *s, const struct table_entry *entry, struct str *problem)
{
	struct slice *member = find_member(s, entry->key);

	if (member != NULL) {
		*member = entry->value;
		return 0;
	}
	if (!slice_is_nocase(entry->key, "plaintext"))
		return table_complain(problem, FILE_NAME, slice_of(s->table.text), entry->key,
		    "a setting that satchel-control(5) lists is expected");
	s->plaintext = slice_is_nocase(entry->value, "yes");
	if (s->plaintext || slice_is_nocase(entry->value, "no"))
		return 0;
	return table_complain(problem, FILE_NAME, slice_of(s->table.text), entry->value,
	    "plaintext: yes or no is expected");
}

static int
check(const struct settings *s, struct str *problem)
{
	struct slice rest = s->mechanisms, text = slice_of(s->table.text), word;

	if (s->dovecot.len > 0 && s->checkpassword.len > 0)
		return table_complain(problem, FILE_NAME, text, s->dovecot,
		    "dovecot: none is expected beside checkpassword");
	while (slice_word(&rest, &word))
		if (sasl_find(word) == NULL)
			return table_complain(problem, FILE_NAME, text, word,
			    "a mechanism that authd(8) lists is expected");
	return 0;
}

int
settings_read(struct settings *s, struct str *problem)
{
	int result = -1;

	*s = (struct settings){.control = {.fd = -1}};
	if (control_open(&s->control) == -1) {
		(void)str_format(problem, CONTROL_UNOPENED, s->control.path, strerror(errno),
		    control_advice(errno));
		return -1;
	}
	if (limits_read(&s->limits, &s->control, problem) == 0 &&
	    confinement_read(&s->is_confined, &s->control, problem) == 0 &&
	    table_read(&s->table, &s->control, FILE_NAME, TABLE_PAIRS, problem) != -1)
		result = 0;
	for (size_t i = 0; result == 0 && i < s->table.count; i++)
		result = take_entry(s, &s->table.entries[i], problem);
	if (result == 0)
		result = check(s, problem);
	if (result == -1 && errno != EINVAL)
		(void)str_format(problem, "%s %s: %s",
		    problem->len > 0 ? ": unable to read it in" : "unable to read", s->control.path,
		    strerror(errno));
	return result;
}

void
settings_free(struct settings *s)
{
	table_free(&s->table);
	control_close(&s->control);
}

bool
settings_list_has(struct slice list, struct slice word)
{
	struct slice found;

	while (slice_word(&list, &found))
		if (slice_equal_nocase(found, word))
			return true;
	return false;
}

bool
settings_allow(const struct settings *s, const struct sasl_mechanism *m)
{
	if (s->mechanisms.len == 0)
		return !sasl_is_off(m);
	return settings_list_has(s->mechanisms, slice_of(sasl_name(m)));
}
