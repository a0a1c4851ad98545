/* SPDX-License-Identifier: ISC */
#include "spool/tls_outcome.h"

#include <errno.h>
#include <string.h>

#include "base/fields.h"

#define POLICY_MAX ((size_t)2200) /* the others have room behind it, too */
#define VALUE_MAX ((size_t)255)

static const char letters[] = "DLRMASHC";
static const char *const types[] = {
    [TLS_POLICY_NONE] = "no-policy-found",
    [TLS_POLICY_TLSA] = "tlsa",
    [TLS_POLICY_STS] = "sts",
};

const char *
tls_policy_type_text(enum tls_policy_type type)
{
	return types[type];
}

bool
tls_outcome_is_failure(struct slice name)
{
	static const char *const names[] = {"starttls-not-supported", "certificate-host-mismatch",
	    "certificate-expired", "certificate-not-trusted", "validation-failure", "tlsa-invalid",
	    "dnssec-invalid", "dane-required", "sts-policy-fetch-error", "sts-policy-invalid",
	    "sts-webpki-invalid"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is(name, names[i]))
			return true;
	return false;
}

/* Which member each letter is. */
static struct slice *
member(struct tls_outcome *o, char letter)
{
	switch (letter) {
	case 'D':
		return &o->domain;
	case 'L':
		return &o->policy;
	case 'R':
		return &o->failure;
	case 'M':
		return &o->mx;
	case 'A':
		return &o->address;
	case 'S':
		return &o->sender;
	case 'H':
		return &o->helo;
	case 'C':
		return &o->reason;
	default:
		return NULL;
	}
}

/* Whole lines of a policy, as many as there is room for. */
static struct slice
cut_policy(struct slice policy)
{
	if (policy.len <= POLICY_MAX)
		return policy;
	policy.len = POLICY_MAX;
	policy.len = slice_find_last(policy, ';');
	return policy.len == POLICY_MAX ? slice_make(policy.data, 0) : policy;
}

static struct slice
cut(struct slice value, char letter)
{
	if (letter == 'L')
		return cut_policy(value);
	if (value.len > VALUE_MAX)
		value.len = VALUE_MAX;
	return value;
}

static bool
is_valid(const struct tls_outcome *o)
{
	return o->domain.len > 0 && o->domain.len <= VALUE_MAX &&
	       (o->failure.len == 0 || tls_outcome_is_failure(o->failure));
}

int
tls_outcome_add(struct str *out, const struct tls_outcome *o, char terminator)
{
	struct tls_outcome copy = *o;
	size_t before = out->len;

	if (!is_valid(o)) {
		errno = EINVAL;
		return -1;
	}
	if (fields_add(out, 'P', slice_of(types[o->type]), terminator) == -1)
		return -1;
	for (const char *letter = letters; *letter != '\0'; letter++) {
		struct slice value = cut(*member(&copy, *letter), *letter);

		if (value.len > 0 && fields_add(out, *letter, value, terminator) == -1) {
			str_truncate(out, before);
			return -1;
		}
	}
	return 0;
}

static bool
take_type(struct tls_outcome *o, struct slice value)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (slice_is(value, types[i])) {
			o->type = (enum tls_policy_type)i;
			return true;
		}
	return false;
}

bool
tls_outcome_parse(struct tls_outcome *o, struct slice fields, char terminator)
{
	enum fields_result result;
	struct field field;
	bool has_type = false;

	if (fields.len > TLS_OUTCOME_MAX)
		return false;
	*o = (struct tls_outcome){.type = TLS_POLICY_NONE};
	for (const char *letter = letters; *letter != '\0'; letter++)
		*member(o, *letter) = slice_of("");
	while ((result = fields_next(&fields, terminator, &field)) == FIELDS_ONE) {
		struct slice *where = member(o, field.letter);

		if (field.letter == 'P' && !has_type) {
			has_type = take_type(o, field.value);
			continue;
		}
		if (where == NULL || where->len > 0 || field.value.len == 0 ||
		    field.value.len > (field.letter == 'L' ? POLICY_MAX : VALUE_MAX))
			return false;
		*where = field.value;
	}
	return result == FIELDS_END && has_type && is_valid(o);
}
