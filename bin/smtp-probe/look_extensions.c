/* SPDX-License-Identifier: ISC */
/* What the server offers, as it says to EHLO: under TLS, if that came to be. */
#include <string.h>

#include "look_parts.h"

/* Those that are either there or not; a sentence for both. */
static const struct {
	const char *id, *keyword, *yes, *no, *source;
} known[] = {
    {"pipelining", "PIPELINING", "It takes commands without waiting in between.",
	"It wants to be waited for at each command.", "RFC 2920"},
    {"8bitmime", "8BITMIME", "It takes 8-bit text as it is.", "It takes 7-bit text alone.",
	"RFC 6152"},
    {"smtputf8", "SMTPUTF8", "It takes addresses in any script.", "It takes ASCII addresses alone.",
	"RFC 6531"},
    {"dsn", "DSN", "Senders may ask for reports of delivery.",
	"Senders cannot ask for reports of delivery.", "RFC 3461"},
    {"chunking", "CHUNKING", "It takes messages by BDAT.", "It takes messages by DATA alone.",
	"RFC 3030"},
    {"binarymime", "BINARYMIME", "It takes messages of any octets.",
	"It takes messages of lines alone.", "RFC 3030"},
    {"enhancedstatuscodes", "ENHANCEDSTATUSCODES", "Its replies say why, by codes.",
	"Its replies say why in words alone.", "RFC 2034"},
    {"requiretls", "REQUIRETLS", "Senders may ask for TLS on all of the way.",
	"Senders cannot ask for TLS on all of the way.", "RFC 8689"},
    {"deliverby", "DELIVERBY", "Senders may set a time to deliver by.",
	"Senders cannot set a time to deliver by.", "RFC 2852"},
    {"mt-priority", "MT-PRIORITY", "It knows urgent mail.", "It knows no urgent mail.", "RFC 6710"},
};

/* What is missing is missing only where all was said. */
static enum verdict
absent(const struct look_hello *h)
{
	return look_hello_is_whole(h) ? NO : UNKNOWN;
}

static void
add_known(struct look *k, size_t i)
{
	struct slice value;
	bool is_there = look_hello_find(k->hello, known[i].keyword, &value);
	enum verdict verdict = is_there ? YES : absent(k->hello);
	struct result *res = report_add(k->report, known[i].id, verdict, PLAIN);

	result_value(res, "%.*s", (int)value.len, value.data);
	result_source(res, known[i].source);
	if (verdict == UNKNOWN)
		result_text(res, "It was not to be seen, but not all that it said could be read.");
	else
		result_text(res, "%s", is_there ? known[i].yes : known[i].no);
}

static void
add_size(struct look *k)
{
	struct slice value, word = {.len = 0};
	bool is_there = look_hello_find(k->hello, "SIZE", &value);
	struct result *res;
	uint64_t octets = 0;

	if (!is_there && absent(k->hello) == UNKNOWN) {
		res = report_add(k->report, "size", UNKNOWN, PLAIN);
		result_text(res, "It was not to be seen, but not all that it said could be read.");
		return;
	}
	res = report_add(k->report, "size", FACT, PLAIN);
	result_source(res, "RFC 1870, 4");
	(void)slice_word(&value, &word);
	if (!is_there)
		result_text(res, "It does not say how large a message may be.");
	else if (!slice_number(word, UINT64_MAX, &octets) || octets == 0)
		result_text(res, "It knows sizes, and names no limit.");
	else
		result_text(res, "A message may have %llu octets (%.1f MB).",
		    (unsigned long long)octets, (double)octets / 1e6);
	if (is_there)
		result_value(res, "%llu", (unsigned long long)octets);
}

static void
add_limits(struct look *k)
{
	struct slice value;
	struct result *res;

	if (!look_hello_find(k->hello, "LIMITS", &value))
		return;
	res = report_add(k->report, "limits", FACT, PLAIN);
	result_value(res, "%.*s", (int)value.len, value.data);
	result_text(res, "It says how much it takes at once.");
	result_source(res, "RFC 9422");
}

static bool
is_known(struct slice keyword)
{
	static const char *const others[] = {"STARTTLS", "AUTH", "SIZE", "LIMITS"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (slice_is_nocase(keyword, others[i]))
			return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (slice_is_nocase(keyword, known[i].keyword))
			return true;
	return false;
}

static void
add_others(struct look *k)
{
	struct slice rest = str_slice(&k->hello->text), keyword, value;

	while (look_hello_next(&rest, &keyword, &value)) {
		struct result *res;

		if (is_known(keyword))
			continue;
		res = report_add(k->report, "extension", FACT, PLAIN);
		result_about(res, "%.*s", (int)keyword.len, keyword.data);
		result_value(res, "%.*s", (int)value.len, value.data);
	}
}

void
look_extensions(struct look *k)
{
	look_auth(k);
	add_size(k);
	add_limits(k);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		add_known(k, i);
	add_others(k);
}
