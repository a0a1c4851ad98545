/* SPDX-License-Identifier: ISC */
/* EHLO before and under TLS: what differs, and whether that matters. */
#include <string.h>

#include "look_parts.h"

struct difference {
	struct str words; /* "-STARTTLS +AUTH SIZE" */
	size_t odd;	  /* of those, such as nobody expects */
};

static void
add_word(struct difference *d, const char *sign, struct slice keyword)
{
	if (str_format(&d->words, "%s%s%.*s", d->words.len > 0 ? " " : "", sign, (int)keyword.len,
		keyword.data) == -1)
		str_truncate(&d->words, d->words.len); /* what does not fit is not told */
}

/* Login, and what needs TLS, come with it; STARTTLS goes. */
static bool
is_expected(struct slice keyword, bool is_new)
{
	if (slice_is_nocase(keyword, "AUTH"))
		return true;
	return is_new ? slice_is_nocase(keyword, "REQUIRETLS")
		      : slice_is_nocase(keyword, "STARTTLS");
}

/* Keywords are compared by a copy, as they end nowhere. */
static bool
find(const struct look_hello *h, struct slice keyword, struct slice *value)
{
	struct slice rest = str_slice(&h->text), word;

	while (look_hello_next(&rest, &word, value))
		if (slice_equal_nocase(word, keyword))
			return true;
	return false;
}

/* What ONE has that OTHER has not, or, if IS_BOTH, has otherwise. */
static void
compare(struct difference *d, const struct look_hello *one, const struct look_hello *other,
    const char *sign, bool is_both)
{
	struct slice rest = str_slice(&one->text), keyword, value, their;

	while (look_hello_next(&rest, &keyword, &value)) {
		bool is_there = find(other, keyword, &their);

		if (is_both ? !is_there || slice_equal_nocase(value, their) : is_there)
			continue;
		add_word(d, sign, keyword);
		d->odd += !is_expected(keyword, *sign == '+');
	}
}

static void
add_difference(struct look *k)
{
	struct difference d = {.odd = 0};
	struct result *res;

	str_init(&d.words, 1000);
	compare(&d, &k->plain, &k->secure, "-", false);
	compare(&d, &k->secure, &k->plain, "+", false);
	compare(&d, &k->plain, &k->secure, "", true);
	res = report_add(k->report, "ehlo.tls-differs", FACT, d.odd > 0 ? WARNING : PLAIN);
	result_value(res, "%s", d.words.len == 0 ? "same" : d.words.data);
	result_took(res, k->secure.ms);
	if (d.words.len == 0)
		result_text(res, "Under TLS it offers the same.");
	else
		result_text(res,
		    d.odd == 0 ? "Under TLS it offers what it should (%s)."
			       : "Under TLS it offers something else (%s).",
		    d.words.data);
	if (d.odd > 0)
		result_advice(res,
		    "Look whether something stands between that leaves words away, or "
		    "whether the server is meant to do that.");
	str_free(&d.words);
}

static void
add_once(struct look *k)
{
	struct slice value;
	bool is_again = look_hello_find(&k->secure, "STARTTLS", &value);
	struct result *res = report_add(k->report, "starttls.once", is_again ? NO : YES, WARNING);

	result_source(res, "RFC 3207, 4.2");
	result_text(res, is_again ? "Under TLS it offers STARTTLS again, which it must not."
				  : "Under TLS it does not offer STARTTLS again.");
}

void
look_compare(struct look *k)
{
	if (!k->plain.is_said || !k->secure.is_said)
		return;
	add_once(k);
	add_difference(k);
}
