/* SPDX-License-Identifier: ISC */
#include "net/tls_requirement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
tls_requirement_init(struct tls_requirement *r)
{
	*r = (struct tls_requirement){.level = TLS_LEVEL_MAY};
	str_init(&r->fingerprints, TLS_FINGERPRINTS_MAX);
	str_init(&r->reason, TLS_REASON_MAX);
}

void
tls_requirement_free(struct tls_requirement *r)
{
	free(r->tlsa);
	str_free(&r->fingerprints);
	str_free(&r->reason);
	tls_requirement_init(r);
}

static int
copy_tlsa(struct tls_requirement *to, const struct tls_requirement *from)
{
	if (from->tlsa_count == 0)
		return 0;
	to->tlsa = calloc(from->tlsa_count, sizeof *to->tlsa);
	if (to->tlsa == NULL)
		return -1;
	memcpy(to->tlsa, from->tlsa, from->tlsa_count * sizeof *to->tlsa);
	to->tlsa_count = from->tlsa_count;
	return 0;
}

int
tls_requirement_copy(struct tls_requirement *to, const struct tls_requirement *from)
{
	tls_requirement_free(to);
	to->level = from->level;
	to->by = from->by;
	to->is_testing = from->is_testing;
	to->is_named_surely = from->is_named_surely;
	to->is_overridden = from->is_overridden;
	memcpy(to->sni, from->sni, sizeof to->sni);
	memcpy(to->names, from->names, sizeof to->names);
	to->name_count = from->name_count;
	if (copy_tlsa(to, from) == 0 &&
	    str_add_slice(&to->fingerprints, str_slice(&from->fingerprints)) == 0 &&
	    str_add_slice(&to->reason, str_slice(&from->reason)) == 0)
		return 0;
	tls_requirement_free(to);
	errno = ENOMEM;
	return -1;
}

int
tls_requirement_add_name(struct tls_requirement *r, struct slice name)
{
	if (name.len > 1 && name.data[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len >= TLS_NAME_SIZE || slice_has_control(name) ||
	    slice_find(name, ' ') < name.len) {
		errno = EINVAL;
		return -1;
	}
	if (r->name_count == TLS_NAMES_MAX) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(r->names[r->name_count], name.data, name.len);
	r->names[r->name_count++][name.len] = '\0';
	return 0;
}

static bool
has_name(const struct tls_requirement *r, const char *name)
{
	for (size_t i = 0; i < r->name_count; i++)
		if (slice_equal_nocase(slice_of(r->names[i]), slice_of(name)))
			return true;
	return false;
}

static bool
has_names(const struct tls_requirement *r, const struct tls_requirement *of)
{
	for (size_t i = 0; i < of->name_count; i++)
		if (!has_name(r, of->names[i]))
			return false;
	return true;
}

static bool
has_tlsa(const struct tls_requirement *r, const struct tls_tlsa *one)
{
	for (size_t i = 0; i < r->tlsa_count; i++) {
		const struct tls_tlsa *t = &r->tlsa[i];

		if (t->usage == one->usage && t->selector == one->selector &&
		    t->matching == one->matching && t->length == one->length &&
		    memcmp(t->data, one->data, one->length) == 0)
			return true;
	}
	return false;
}

static bool
has_all_tlsa(const struct tls_requirement *r, const struct tls_requirement *of)
{
	for (size_t i = 0; i < of->tlsa_count; i++)
		if (!has_tlsa(r, &of->tlsa[i]))
			return false;
	return true;
}

static bool
has_fingerprints(const struct tls_requirement *r, const struct tls_requirement *of)
{
	struct slice rest = str_slice(&of->fingerprints), one, had, word;

	while (slice_word(&rest, &one)) {
		bool found = false;

		had = str_slice(&r->fingerprints);
		while (!found && slice_word(&had, &word))
			found = slice_equal_nocase(word, one);
		if (!found)
			return false;
	}
	return true;
}

/* What met A meets B: A lets nothing pass that B does not. */
static bool
is_within(const struct tls_requirement *a, const struct tls_requirement *b)
{
	return a->level == b->level && has_names(b, a) && has_all_tlsa(b, a) &&
	       has_fingerprints(b, a);
}

bool
tls_requirement_equal(const struct tls_requirement *a, const struct tls_requirement *b)
{
	return a->is_testing == b->is_testing && a->is_overridden == b->is_overridden &&
	       is_within(a, b) && is_within(b, a) && strcmp(a->sni, b->sni) == 0;
}

bool
tls_requirement_is_lenient(const struct tls_requirement *r)
{
	return r->level <= TLS_LEVEL_MAY || r->is_testing;
}

bool
tls_requirement_covers(
    const struct tls_requirement *had, bool is_encrypted, const struct tls_requirement *wanted)
{
	if (wanted->is_overridden)
		return false;
	if (tls_requirement_equal(had, wanted))
		return true;
	if (tls_requirement_is_lenient(wanted)) /* it must have been tried, at least */
		return is_encrypted || wanted->level == TLS_LEVEL_NONE ||
		       had->level != TLS_LEVEL_NONE;
	if (!is_encrypted)
		return false;
	if (wanted->level == TLS_LEVEL_ENCRYPT)
		return true;
	return !had->is_testing && is_within(had, wanted);
}
