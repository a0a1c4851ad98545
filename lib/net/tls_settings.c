/* SPDX-License-Identifier: ISC */
#include "net/tls_settings.h"

#include <errno.h>

#define FILE_NAME "tls"
#define VALUE_MAX ((size_t)4096)
#define USERS "satchel-smtpd satchel-pop3d"

struct setting {
	const char *name;
	bool (*take)(struct tls_settings *settings, struct slice value);
	const char *expected;
};

static bool
take_minimum(struct tls_settings *settings, struct slice value)
{
	settings->only_latest = slice_is_nocase(value, "TLSv1.3");
	return settings->only_latest || slice_is_nocase(value, "TLSv1.2");
}

static bool
take_client_certificates(struct tls_settings *settings, struct slice value)
{
	static const char *const words[] = {
	    [TLS_ASK_NOT] = "no", [TLS_ASK] = "ask", [TLS_REQUIRE] = "require"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (slice_is_nocase(value, words[i])) {
			settings->client_certificates = (enum tls_ask)i;
			return true;
		}
	return false;
}

static bool
take_client_ca(struct tls_settings *settings, struct slice value)
{
	return slice_starts(value, "/") && str_add_slice(&settings->client_ca, value) == 0;
}

static bool
take_ciphers(struct tls_settings *settings, struct slice value)
{
	return str_add_slice(&settings->ciphers, value) == 0;
}

static bool
take_users(struct tls_settings *settings, struct slice value)
{
	str_clear(&settings->users);
	return str_add_slice(&settings->users, value) == 0;
}

static const struct setting table[] = {
    {"minimum", take_minimum, "TLSv1.2 or TLSv1.3"},
    {"client-certificates", take_client_certificates, "no, ask or require"},
    {"client-ca", take_client_ca, "the full name of a file"},
    {"ciphers", take_ciphers, "a list of ciphers"},
    {"users", take_users, "a list of users"},
};

static int
take(struct tls_settings *settings, struct slice text, const struct table_entry *entry,
    struct str *problem)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (!slice_is_nocase(entry->key, table[i].name))
			continue;
		if (table[i].take(settings, entry->value))
			return 0;
		return table_complain(problem, FILE_NAME, text, entry->key, "%s: %s is expected",
		    table[i].name, table[i].expected);
	}
	return table_complain(problem, FILE_NAME, text, entry->key,
	    "a setting that satchel-control(5) lists is expected");
}

int
tls_settings_read(struct tls_settings *settings, const struct control *c, struct str *problem)
{
	struct table entries;
	struct slice text;
	int result;

	*settings = (struct tls_settings){.only_latest = false};
	str_init(&settings->client_ca, VALUE_MAX);
	str_init(&settings->ciphers, VALUE_MAX);
	str_init(&settings->users, VALUE_MAX);
	if (str_add_text(&settings->users, USERS) == -1 ||
	    table_read(&entries, c, FILE_NAME, TABLE_PAIRS, problem) == -1)
		return -1;
	result = 0;
	text = slice_of(entries.text);
	for (size_t i = 0; i < entries.count && result == 0; i++)
		result = take(settings, text, &entries.entries[i], problem);
	table_free(&entries);
	return result;
}

void
tls_settings_free(struct tls_settings *settings)
{
	str_free(&settings->client_ca);
	str_free(&settings->ciphers);
	str_free(&settings->users);
}

bool
tls_is_configured(const struct control *c)
{
	struct str line;
	int found;

	str_init(&line, CONTROL_FILE_MAX);
	found = control_line(c, "certificates", &line);
	str_free(&line);
	return found != 0;
}
