/* SPDX-License-Identifier: ISC */
/* One question on its way for several sheets: many domains have the same exchangers. */
#include <string.h>
#include <strings.h>

#include "net/dns_sheet.h"

static struct flight **
bucket_of(struct dns_many *m, const struct query *q)
{
	size_t hash = (size_t)q->type;

	for (const char *at = q->asked; *at != '\0'; at++)
		hash = hash * 31 + (unsigned char)ascii_lower(*at);
	return &m->buckets[hash % BUCKETS];
}

bool
flight_follow(struct dns_many *m, struct flight *f)
{
	struct flight **bucket = bucket_of(m, &f->query);

	for (struct flight *other = *bucket; other != NULL; other = other->in_bucket)
		if (other->query.type == f->query.type &&
		    strcasecmp(other->query.asked, f->query.asked) == 0) {
			f->in_line = other->followers;
			other->followers = f;
			return true;
		}
	f->bucket = bucket;
	f->in_bucket = *bucket;
	*bucket = f;
	return false;
}

static void
leave_bucket(struct flight *f)
{
	struct flight **at = f->bucket;

	if (at == NULL)
		return;
	while (*at != f)
		at = &(*at)->in_bucket;
	*at = f->in_bucket;
	f->bucket = NULL;
}

static void
take_over(struct query *q, const struct query *from)
{
	if (str_add_slice(&q->packet, str_slice(&from->packet)) == -1)
		return;
	memcpy(q->name, from->name, sizeof q->name);
	q->result = from->result;
	q->is_secure = from->is_secure;
	q->ttl = from->ttl;
}

void
flight_end(struct flight *f)
{
	struct flight *next;

	leave_bucket(f);
	for (struct flight *one = f->followers; one != NULL; one = next) {
		next = one->in_line;
		take_over(&one->query, &f->query);
		dns_sheet_settle(one);
	}
	f->followers = NULL;
	dns_sheet_settle(f);
}
