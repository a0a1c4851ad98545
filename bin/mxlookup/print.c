/* SPDX-License-Identifier: ISC */
/* The forms of output, of the one object that holds what was found of a domain. */
#include <stdlib.h>
#include <string.h>

#include "mxlookup.h"

#define TEXT_MAX ((size_t)1 << 20)

struct row {
	struct str *out;
	const char *domain;
	json_int_t preference; /* -1: none */
	unsigned parts;
};

static const char *
or_dash(const char *text)
{
	return *text == '\0' ? "-" : text;
}

/* Always six columns. */
static int
add_columns(const struct row *r, const char *kind, const char *name, const char *addresses,
    const char *text)
{
	if (str_format(r->out, "%s\t%s\t", r->domain, kind) == -1)
		return -1;
	if (r->preference < 0 ? str_add_text(r->out, "-")
			      : str_format(r->out, "%" JSON_INTEGER_FORMAT, r->preference) == -1)
		return -1;
	return str_format(
	    r->out, "\t%s\t%s\t%s\n", or_dash(name), or_dash(addresses), or_dash(text));
}

static int
tab_line(void *context, const char *kind, const char *about, const char *text)
{
	const struct row *r = context;

	if (strcmp(kind, "ttl") == 0 && (r->parts & PART_TTL) == 0)
		return 0;
	return add_columns(r, kind, about, "", text);
}

static int
tab_host(struct row *r, const char *kind, const json_t *host)
{
	struct str addresses, notes;
	int result = -1;

	str_init(&addresses, TEXT_MAX);
	str_init(&notes, TEXT_MAX);
	r->preference = json_integer_value(json_object_get(host, "preference"));
	if (join(&addresses, json_object_get(host, "addresses"), "address", ",") == 0 &&
	    join(&notes, json_object_get(host, "notes"), NULL, "; ") == 0 &&
	    add_columns(r, kind, text_of(host, "name"), addresses.data, notes.data) == 0)
		result = each_host_line(host, tab_line, r);
	r->preference = -1;
	str_free(&addresses);
	str_free(&notes);
	return result;
}

int
print_tab(struct str *out, const json_t *top, unsigned parts)
{
	struct row r = {
	    .out = out, .domain = text_of(top, "domain"), .preference = -1, .parts = parts};
	const json_t *hosts = json_object_get(top, "hosts"), *host;
	size_t i;

	json_array_foreach(hosts, i, host)
	{
		if (tab_host(&r, text_of(top, "result"), host) == -1)
			return -1;
	}
	if (json_array_size(hosts) == 0 &&
	    add_columns(&r, text_of(top, "result"), "", "", text_of(top, "reason")) == -1)
		return -1;
	return each_line(top, tab_line, &r);
}

static int
table_host_line(void *context, const char *kind, const char *about, const char *text)
{
	const struct row *r = context;

	if (strcmp(kind, "tls") == 0)
		return str_format(r->out, "         %s\n", text);
	return str_format(r->out, "         %-6s  %s  %s\n", kind, about, text);
}

static int
table_line(void *context, const char *kind, const char *about, const char *text)
{
	const struct row *r = context;
	bool is_why = strcmp(kind, "why") == 0;

	if (strcmp(kind, "ttl") == 0 && (r->parts & PART_TTL) == 0)
		return 0;
	if (str_format(r->out, "  %-6s  ", kind) == -1)
		return -1;
	if (is_why)
		return str_format(r->out, "%s%s%s%s\n", text, *about == '\0' ? "" : " [", about,
		    *about == '\0' ? "" : "]");
	return str_format(r->out, "%s%s%s\n", about, *about == '\0' ? "" : "  ", text);
}

static int
table_host(struct row *r, const json_t *host)
{
	const json_t *notes = json_object_get(host, "notes");
	const json_t *addresses = json_object_get(host, "addresses");

	if (str_format(r->out, "%s  %5" JSON_INTEGER_FORMAT "  %-32s  ", r->domain,
		json_integer_value(json_object_get(host, "preference")),
		text_of(host, "name")) == -1 ||
	    join(r->out, addresses, "address", " ") == -1)
		return -1;
	if (json_array_size(notes) > 0 &&
	    (str_add_text(r->out, json_array_size(addresses) > 0 ? "  # " : "# ") == -1 ||
		join(r->out, notes, NULL, "; ") == -1))
		return -1;
	return str_add_char(r->out, '\n') == -1 ? -1 : each_host_line(host, table_host_line, r);
}

int
print_table(struct str *out, const json_t *top, unsigned parts)
{
	struct row r = {.out = out, .domain = text_of(top, "domain"), .parts = parts};
	const json_t *hosts = json_object_get(top, "hosts"), *host;
	size_t i;

	json_array_foreach(hosts, i, host)
	{
		if (table_host(&r, host) == -1)
			return -1;
	}
	if (json_array_size(hosts) == 0 &&
	    str_format(out, "%s  %s\n", r.domain, text_of(top, "reason")) == -1)
		return -1;
	return each_line(top, table_line, &r);
}

int
print_json(struct str *out, const json_t *top, unsigned parts)
{
	char *text = json_dumps(top, JSON_COMPACT);
	int result;

	(void)parts;
	if (text == NULL)
		return -1;
	result = str_format(out, "%s\n", text);
	free(text);
	return result;
}
