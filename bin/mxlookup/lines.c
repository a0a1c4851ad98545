/* SPDX-License-Identifier: ISC */
/* What was found beside names and addresses, a line a thing: for people and for --tab. */
#include <string.h>

#include "mxlookup.h"

#define TEXT_MAX ((size_t)1 << 20)

const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

static json_int_t
number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

int
join(struct str *out, const json_t *array, const char *key, const char *separator)
{
	const json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
	{
		const char *text = key == NULL ? json_string_value(one) : text_of(one, key);

		if ((i > 0 && str_add_text(out, separator) == -1) || str_add_text(out, text) == -1)
			return -1;
	}
	return 0;
}

/* RESULT, and in parentheses why. */
static int
add_result(struct str *out, const json_t *object)
{
	const char *reason = text_of(object, "reason");

	return *reason == '\0' ? str_add_text(out, text_of(object, "result"))
			       : str_format(out, "%s (%s)", text_of(object, "result"), reason);
}

static int
add_records(struct str *out, const json_t *object)
{
	const json_t *records = json_object_get(object, "records");

	if (json_array_size(records) == 0)
		return 0;
	return str_add_text(out, ": ") == -1 ? -1 : join(out, records, NULL, " | ");
}

static int
add_ttl(struct str *out, const json_t *top)
{
	const char *word = json_is_true(json_object_get(top, "secure")) ? "signed"
			   : json_is_true(json_object_get(top, "ad"))
			       ? "said to be signed, by a resolver that is not believed"
			       : "not signed";

	return str_format(out, "%" JSON_INTEGER_FORMAT " s, %s", number_of(top, "ttl"), word);
}

static int
add_sts(struct str *out, const json_t *top)
{
	const json_t *sts = json_object_get(top, "sts");
	const char *mode = text_of(sts, "mode");

	if (add_result(out, sts) == -1)
		return -1;
	if (*mode == '\0')
		return add_records(out, sts);
	if (str_format(out, ": mode %s, id %s, max_age %" JSON_INTEGER_FORMAT ", mx ", mode,
		text_of(sts, "id"), number_of(sts, "max_age")) == -1)
		return -1;
	return join(out, json_object_get(sts, "mx"), NULL, " ");
}

static int
add_tlsrpt(struct str *out, const json_t *top)
{
	const json_t *object = json_object_get(top, "tlsrpt");

	return add_result(out, object) == -1 ? -1 : add_records(out, object);
}

static int
add_spf(struct str *out, const json_t *top)
{
	const json_t *spf = json_object_get(top, "spf");

	if (add_result(out, spf) == -1)
		return -1;
	if (json_object_get(spf, "lookups") != NULL &&
	    str_format(out, ", %s, %" JSON_INTEGER_FORMAT "%s of 10 look-ups", text_of(spf, "all"),
		number_of(spf, "lookups"),
		json_is_true(json_object_get(spf, "complete")) ? "" : " or more") == -1)
		return -1;
	return add_records(out, spf);
}

static int
add_dmarc(struct str *out, const json_t *top)
{
	const json_t *dmarc = json_object_get(top, "dmarc");

	if (add_result(out, dmarc) == -1)
		return -1;
	if (*text_of(dmarc, "policy") != '\0' &&
	    str_format(out, ", %s by %s", text_of(dmarc, "policy"), text_of(dmarc, "domain")) == -1)
		return -1;
	return add_records(out, dmarc);
}

static int
add_service(struct str *out, const json_t *service)
{
	const json_t *one;
	size_t i;

	if (add_result(out, service) == -1)
		return -1;
	json_array_foreach(json_object_get(service, "targets"), i, one)
	{
		if (str_format(out, "%s %s:%" JSON_INTEGER_FORMAT, i == 0 ? ":" : ",",
			text_of(one, "name"), number_of(one, "port")) == -1)
			return -1;
	}
	return 0;
}

struct pass {
	int (*line)(void *context, const char *kind, const char *about, const char *text);
	void *context;
	struct str text;
};

static int
pass_on(struct pass *p, const char *kind, const char *about, int added)
{
	int result = added == -1 ? -1 : p->line(p->context, kind, about, p->text.data);

	str_clear(&p->text);
	return result;
}

static int
pass_services(struct pass *p, const json_t *top)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(top, "srv"), i, one)
	{
		if (pass_on(p, "srv", text_of(one, "service"), add_service(&p->text, one)) == -1)
			return -1;
	}
	return 0;
}

static int
pass_steps(struct pass *p, const json_t *top)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(top, "why"), i, one)
	{
		if (pass_on(p, "why", text_of(one, "source"),
			str_add_text(&p->text, text_of(one, "step"))) == -1)
			return -1;
	}
	return 0;
}

int
each_line(const json_t *top,
    int (*line)(void *context, const char *kind, const char *about, const char *text),
    void *context)
{
	static const struct {
		const char *key;
		int (*add)(struct str *out, const json_t *top);
	} parts[] = {
	    {"ttl", add_ttl},
	    {"sts", add_sts},
	    {"tlsrpt", add_tlsrpt},
	    {"spf", add_spf},
	    {"dmarc", add_dmarc},
	};
	struct pass p = {.line = line, .context = context};
	int result = 0;

	str_init(&p.text, TEXT_MAX);
	for (size_t i = 0; result == 0 && i < sizeof parts / sizeof parts[0]; i++)
		if (json_object_get(top, parts[i].key) != NULL)
			result = pass_on(&p, parts[i].key, "", parts[i].add(&p.text, top));
	if (result == 0)
		result = pass_services(&p, top);
	if (result == 0)
		result = pass_steps(&p, top);
	str_free(&p.text);
	return result;
}

static int
add_tlsa(struct str *out, const json_t *tlsa)
{
	const json_t *one;
	size_t i;

	if (str_format(out, "%s%s%s%s",
		json_is_true(json_object_get(tlsa, "counts")) ? "counts" : text_of(tlsa, "result"),
		*text_of(tlsa, "reason") == '\0' ? "" : " (", text_of(tlsa, "reason"),
		*text_of(tlsa, "reason") == '\0' ? "" : ")") == -1)
		return -1;
	json_array_foreach(json_object_get(tlsa, "records"), i, one)
	{
		if (str_format(out,
			"%s %" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT " %" JSON_INTEGER_FORMAT
			" %s",
			i == 0 ? ":" : ",", number_of(one, "usage"), number_of(one, "selector"),
			number_of(one, "matching"), text_of(one, "data")) == -1)
			return -1;
	}
	if (number_of(tlsa, "unusable") == 0)
		return 0;
	return str_format(
	    out, "; %" JSON_INTEGER_FORMAT " not usable", number_of(tlsa, "unusable"));
}

static int
add_names(struct str *out, const json_t *address)
{
	const json_t *names = json_object_get(address, "names");

	if (str_add_text(out, text_of(address, "reverse")) == -1)
		return -1;
	if (json_array_size(names) == 0)
		return 0;
	return str_add_text(out, ": ") == -1 ? -1 : join(out, names, NULL, ", ");
}

int
each_host_line(const json_t *host,
    int (*line)(void *context, const char *kind, const char *about, const char *text),
    void *context)
{
	struct pass p = {.line = line, .context = context};
	const json_t *one;
	int result = 0;
	size_t i;

	str_init(&p.text, TEXT_MAX);
	json_array_foreach(json_object_get(host, "tlsa"), i, one)
	{
		if (result == 0)
			result = pass_on(&p, "tlsa", text_of(one, "name"), add_tlsa(&p.text, one));
	}
	json_array_foreach(json_object_get(host, "addresses"), i, one)
	{
		if (result == 0 && json_object_get(one, "reverse") != NULL)
			result =
			    pass_on(&p, "ptr", text_of(one, "address"), add_names(&p.text, one));
	}
	if (result == 0 && json_object_get(host, "tls") != NULL)
		result = pass_on(
		    &p, "tls", text_of(host, "name"), str_add_text(&p.text, text_of(host, "tls")));
	str_free(&p.text);
	return result;
}
