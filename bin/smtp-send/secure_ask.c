/* SPDX-License-Identifier: ISC */
/* What is wanted of TLS: settings, the command line, and the message's own header. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "mail/header.h"
#include "secure.h"
#include "send.h"

#define HEADER_MAX ((uint64_t)65536) /* octets that are looked through */
#define PLAIN_MAX ((size_t)16384)

int
secure_open(struct secure *s, const struct control *c, struct str *problem)
{
	*s = (struct secure){.client = NULL};
	tls_requirement_init(&s->policy);
	tls_requirement_init(&s->wanted);
	tls_finding_init(&s->finding);
	str_init(&s->plain, PLAIN_MAX);
	errno = 0;
	s->client = tls_client_open(c, problem);
	return s->client == NULL ? -1 : 0;
}

void
secure_close(struct secure *s)
{
	tls_client_close(s->client);
	tls_requirement_free(&s->policy);
	tls_requirement_free(&s->wanted);
	tls_finding_free(&s->finding);
	str_free(&s->plain);
	free(s->records);
}

const char *
secure_ask(struct secure *s, const char *text)
{
	const char *wanted;

	s->is_asked = true;
	if (!tls_entry_parse(slice_of(text), &s->asked, &wanted))
		return wanted;
	return NULL;
}

static bool
take_data(struct tls_tlsa *one, struct slice digits)
{
	for (size_t i = 0; i < digits.len; i++) {
		const char *hex = "0123456789abcdef";
		const char *found =
		    digits.data[i] == '\0' ? NULL : strchr(hex, ascii_lower(digits.data[i]));

		if (found == NULL || one->length == sizeof one->data)
			return false;
		one->data[one->length] =
		    (unsigned char)(one->data[one->length] << 4 | (found - hex));
		one->length += i % 2;
	}
	return digits.len > 0 && digits.len % 2 == 0;
}

static bool
take_record(struct tls_tlsa *one, struct slice text)
{
	struct slice words[4], extra;
	uint64_t numbers[3];

	for (size_t i = 0; i < 4; i++)
		if (!slice_word(&text, &words[i]))
			return false;
	for (size_t i = 0; i < 3; i++)
		if (!slice_number(words[i], 255, &numbers[i]))
			return false;
	one->usage = (uint8_t)numbers[0];
	one->selector = (uint8_t)numbers[1];
	one->matching = (uint8_t)numbers[2];
	return (one->usage == TLS_USAGE_DANE_TA || one->usage == TLS_USAGE_DANE_EE) &&
	       take_data(one, words[3]) && !slice_word(&text, &extra);
}

bool
secure_add_record(struct secure *s, const char *text)
{
	if (s->records == NULL)
		s->records = calloc(TLS_TLSA_MAX, sizeof *s->records);
	return s->records != NULL && s->record_count < TLS_TLSA_MAX &&
	       take_record(&s->records[s->record_count++], slice_of(text));
}

static int
copy_records(struct secure *s)
{
	struct tls_requirement *r = &s->policy;

	r->tlsa = calloc(s->record_count, sizeof *r->tlsa);
	if (r->tlsa == NULL)
		return -1;
	memcpy(r->tlsa, s->records, s->record_count * sizeof *r->tlsa);
	r->tlsa_count = s->record_count;
	r->level = TLS_LEVEL_DANE;
	r->by = TLS_BY_DANE;
	return 0;
}

int
secure_apply(struct secure *s, const struct hop *hop)
{
	struct tls_requirement *r = &s->policy;
	struct slice name = slice_of(hop->is_literal ? NULL : hop->name);
	struct str sni;
	bool is_sure = r->is_named_surely; /* by the policy: asking for TLS makes no name sure */

	tls_requirement_free(r);
	if (!tls_entry_apply(&s->asked, name, r) || str_add_text(&r->reason, "--tls") == -1 ||
	    (s->record_count > 0 && copy_records(s) == -1))
		return -1;
	r->is_named_surely = r->is_named_surely || is_sure || r->level == TLS_LEVEL_FINGERPRINT ||
			     r->level == TLS_LEVEL_DANE;
	/* who names a server by its address may say its name beside it */
	str_init(&sni, TLS_NAME_SIZE - 1);
	if (r->name_count > 0 && r->names[0][0] != '.')
		(void)str_add_text(&sni, r->names[0]);
	memcpy(r->sni, sni.data, sni.len + 1);
	str_free(&sni);
	return 0;
}

/* Exactly one field, which says No, counts (RFC 8689, 3). */
static bool
says_no(struct slice header)
{
	struct slice body;

	return header_count(header, "TLS-Required") == 1 &&
	       header_find(header, "TLS-Required", &body) && slice_is_nocase(body, "No");
}

bool
secure_is_optional(struct attempt *a)
{
	const struct client_message *m = &a->message;
	size_t len = m->length < HEADER_MAX ? (size_t)m->length : (size_t)HEADER_MAX;
	char *header;

	if (a->is_looked_at || m->requires_tls)
		return a->is_optional;
	header = malloc(len + 1);
	if (header != NULL && io_pread(m->fd, header, len, m->offset) == 0) {
		a->is_optional = says_no(slice_make(header, len));
		a->is_looked_at = true;
	}
	free(header);
	return a->is_optional;
}
