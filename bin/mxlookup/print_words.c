/* SPDX-License-Identifier: ISC */
/* For shells: --plain, a line of words a domain; --env, variables to be read by eval. */
#include <string.h>

#include "mxlookup.h"

#define PREFIX "MX"
#define NAME_MAX_OCTETS ((size_t)4096)

/* A word has no blank: what is quoted from others stays out. */
static int
add_word(struct str *out, const char *key, const json_t *object, const char *word)
{
	if (object == NULL)
		return 0;
	if (*word == '\0' || strcmp(text_of(object, "result"), "found") != 0)
		word = text_of(object, "result");
	return str_format(out, " %s=%s", key, word);
}

/* The best of all TLSA records and the worst of all PTR records, as one word each. */
static const char *
weigh_tlsa(const json_t *top)
{
	const json_t *host, *one;
	const char *word = NULL;
	size_t i, k;

	json_array_foreach(json_object_get(top, "hosts"), i, host)
	    json_array_foreach(json_object_get(host, "tlsa"), k, one)
	{
		if (json_is_true(json_object_get(one, "counts")))
			return "counts";
		if (word == NULL || strcmp(word, "none") == 0)
			word = text_of(one, "result");
	}
	return word;
}

static const char *
weigh_reverse(const json_t *top)
{
	const json_t *host, *one;
	const char *word = NULL;
	size_t i, k;

	json_array_foreach(json_object_get(top, "hosts"), i, host)
	    json_array_foreach(json_object_get(host, "addresses"), k, one)
	{
		const char *reverse = text_of(one, "reverse");

		if (*reverse != '\0' && (word == NULL || strcmp(word, "confirmed") == 0))
			word = reverse;
	}
	return word;
}

static int
add_services(struct str *out, const json_t *top)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(top, "srv"), i, one)
	{
		if (str_format(out, " %s=%s", text_of(one, "service"), text_of(one, "result")) ==
		    -1)
			return -1;
	}
	return 0;
}

static int
add_blanks_for_empty(struct str *out, const char *text)
{
	if (*text == '\0')
		return str_add_char(out, '-');
	for (; *text != '\0'; text++)
		if ((*text == ' ' ? str_add_text(out, "\\x20") : str_add_char(out, *text)) == -1)
			return -1;
	return 0;
}

int
print_plain(struct str *out, const json_t *top, unsigned parts)
{
	const json_t *hosts = json_object_get(top, "hosts");
	const json_t *sts = json_object_get(top, "sts"), *spf = json_object_get(top, "spf");
	const json_t *dmarc = json_object_get(top, "dmarc");
	const char *tlsa = weigh_tlsa(top), *reverse = weigh_reverse(top);

	(void)parts;
	if (add_blanks_for_empty(out, text_of(top, "domain")) == -1 ||
	    str_format(out, " %s%s", text_of(top, "result"),
		json_array_size(hosts) > 0 ? " " : "") == -1 ||
	    join(out, hosts, "name", " ") == -1 ||
	    (tlsa != NULL && str_format(out, " tlsa=%s", tlsa) == -1) ||
	    (reverse != NULL && str_format(out, " ptr=%s", reverse) == -1) ||
	    add_word(out, "sts", sts, text_of(sts, "mode")) == -1 ||
	    add_word(out, "tlsrpt", json_object_get(top, "tlsrpt"), "") == -1 ||
	    add_word(out, "spf", spf, text_of(spf, "all")) == -1 ||
	    add_word(out, "dmarc", dmarc, text_of(dmarc, "policy")) == -1 ||
	    add_services(out, top) == -1)
		return -1;
	return str_add_char(out, '\n');
}

/* In single quotes nothing has a meaning for a shell but the quote itself. */
static int
add_quoted(struct str *out, const char *text)
{
	if (str_add_char(out, '\'') == -1)
		return -1;
	for (; *text != '\0'; text++)
		if ((*text == '\'' ? str_add_text(out, "'\\''") : str_add_char(out, *text)) == -1)
			return -1;
	return str_add_char(out, '\'');
}

static int add_variables(struct str *out, struct str *name, const json_t *value);

static int
add_members(struct str *out, struct str *name, const json_t *object)
{
	const char *key;
	json_t *value;
	size_t len = name->len;

	json_object_foreach((json_t *)object, key, value)
	{
		if (str_add_char(name, '_') == -1)
			return -1;
		for (const char *at = key; *at != '\0'; at++)
			if (str_add_char(name, ascii_is_alpha(*at) ? (char)(*at & ~0x20) : *at) ==
			    -1)
				return -1;
		if (add_variables(out, name, value) == -1)
			return -1;
		str_truncate(name, len);
	}
	return 0;
}

/* NAME_COUNT, then NAME_1 and so on. */
static int
add_elements(struct str *out, struct str *name, const json_t *array)
{
	const json_t *value;
	size_t i, len = name->len;

	if (str_format(out, "%s_COUNT=%zu\n", name->data, json_array_size(array)) == -1)
		return -1;
	json_array_foreach(array, i, value)
	{
		if (str_format(name, "_%zu", i + 1) == -1 || add_variables(out, name, value) == -1)
			return -1;
		str_truncate(name, len);
	}
	return 0;
}

static int
add_variables(struct str *out, struct str *name, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return add_members(out, name, value);
	case JSON_ARRAY:
		return add_elements(out, name, value);
	case JSON_INTEGER:
		return str_format(
		    out, "%s=%" JSON_INTEGER_FORMAT "\n", name->data, json_integer_value(value));
	case JSON_STRING:
		if (str_format(out, "%s=", name->data) == -1 ||
		    add_quoted(out, json_string_value(value)) == -1)
			return -1;
		return str_add_char(out, '\n');
	default:
		return str_format(out, "%s=%s\n", name->data, json_is_true(value) ? "yes" : "no");
	}
}

/* An empty line ends each domain. */
int
print_env(struct str *out, const json_t *top, unsigned parts)
{
	struct str name;
	int result = -1;

	(void)parts;
	str_init(&name, NAME_MAX_OCTETS);
	if (str_add_text(&name, PREFIX) == 0 && add_variables(out, &name, top) == 0)
		result = str_add_char(out, '\n');
	str_free(&name);
	return result;
}
