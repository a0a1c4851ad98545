/* SPDX-License-Identifier: ISC */
#include "net/tls_client_settings.h"

#include "conf/table.h"

#define FILE_NAME "tlsclient"
#define VALUE_MAX ((size_t)4096)

static bool
take_minimum(struct tls_client_settings *settings, struct slice value)
{
	settings->only_latest = slice_is_nocase(value, "TLSv1.3");
	return settings->only_latest || slice_is_nocase(value, "TLSv1.2");
}

static bool
take_ca(struct tls_client_settings *settings, struct slice value)
{
	return slice_starts(value, "/") && str_add_slice(&settings->ca, value) == 0;
}

static bool
take_certificate(struct tls_client_settings *settings, struct slice value)
{
	struct slice rest = value, word;

	while (slice_word(&rest, &word))
		if (!slice_starts(word, "/"))
			return false;
	return value.len > 0 && str_add_slice(&settings->certificate, value) == 0;
}

static const struct {
	const char *name;
	bool (*take)(struct tls_client_settings *settings, struct slice value);
	const char *expected;
} rows[] = {
    {"ca", take_ca, "the full name of a file"},
    {"certificate", take_certificate, "full names of files"},
    {"minimum", take_minimum, "TLSv1.2 or TLSv1.3"},
};

static int
take(struct tls_client_settings *settings, struct slice text, const struct table_entry *entry,
    struct str *problem)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!slice_is_nocase(entry->key, rows[i].name))
			continue;
		if (rows[i].take(settings, entry->value))
			return 0;
		return table_complain(problem, FILE_NAME, text, entry->key, "%s: %s is expected",
		    rows[i].name, rows[i].expected);
	}
	return table_complain(problem, FILE_NAME, text, entry->key,
	    "a setting that satchel-control(5) lists is expected");
}

int
tls_client_settings_read(
    struct tls_client_settings *settings, const struct control *c, struct str *problem)
{
	struct table entries;
	int found;

	*settings = (struct tls_client_settings){.is_set = false};
	str_init(&settings->ca, VALUE_MAX);
	str_init(&settings->certificate, VALUE_MAX);
	found = table_read(&entries, c, FILE_NAME, TABLE_PAIRS, problem);
	if (found == -1)
		return -1;
	settings->is_set = found == 1;
	for (size_t i = 0; i < entries.count && found != -1; i++)
		found = take(settings, slice_of(entries.text), &entries.entries[i], problem);
	table_free(&entries);
	return found == -1 ? -1 : 0;
}

void
tls_client_settings_free(struct tls_client_settings *settings)
{
	str_free(&settings->ca);
	str_free(&settings->certificate);
}
