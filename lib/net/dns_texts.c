/* SPDX-License-Identifier: ISC */
#include "net/dns_texts.h"

#include <string.h>

#include "net/query.h"

/* The strings of one record, and a NUL. 0, or -1 for a malformed one or no memory. */
static int
add_strings(struct str *texts, struct slice data)
{
	size_t before = texts->len;

	while (data.len > 0) {
		size_t len = (unsigned char)data.data[0];

		if (len >= data.len || str_add_slice(texts, slice_make(data.data + 1, len)) == -1)
			return -1;
		data = slice_skip(data, len + 1);
	}
	if (memchr(texts->data + before, '\0', texts->len - before) != NULL) {
		str_truncate(texts, before);
		return 0;
	}
	return str_add_char(texts, '\0');
}

static enum dns_result
take_texts(const struct query *q, struct str *texts, uint32_t *ttl)
{
	struct answer_record record;
	struct answer a;
	int more;

	if (!answer_start(&a, str_slice(&q->packet)))
		return DNS_TEMPORARY;
	*ttl = q->ttl;
	while ((more = query_next(q, &a, &record)) == 1) {
		if (record.ttl < *ttl)
			*ttl = record.ttl;
		if (add_strings(texts, record.data) == -1)
			return DNS_TEMPORARY;
	}
	return more == 0 ? DNS_FOUND : DNS_TEMPORARY;
}

enum dns_result
dns_texts(struct dns *d, struct slice name, deadline until, struct str *texts, uint32_t *ttl)
{
	enum dns_result result;
	struct query q;

	str_clear(texts);
	*ttl = 0;
	if (!query_is_name(name))
		return DNS_NO_NAME;
	query_init(&q, name, ANSWER_TXT);
	query_run(d, &q, 1, until);
	result = q.result == DNS_FOUND ? take_texts(&q, texts, ttl) : q.result;
	query_free(&q);
	return result;
}
