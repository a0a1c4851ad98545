/* SPDX-License-Identifier: ISC */
#include "net/dns_sheet.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct dns_sheet *
dns_sheet_new(struct dns_many *m, deadline until, void *owner)
{
	struct dns_sheet *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	*s = (struct dns_sheet){.many = m, .owner = owner, .until = until, .older = m->newest};
	if (m->newest != NULL)
		m->newest->newer = s;
	else
		m->oldest = s;
	m->newest = s;
	return s;
}

static void
free_flight(struct flight *f)
{
	query_free(&f->query);
	free(f);
}

static void
leave_ready(struct dns_sheet *s)
{
	struct dns_sheet **at = &s->many->first_ready;

	while (*at != s)
		at = &(*at)->next_ready;
	*at = s->next_ready;
	if (*at == NULL)
		s->many->last_ready = at;
}

void
dns_sheet_free(struct dns_sheet *s)
{
	struct flight *next;

	if (s == NULL)
		return;
	for (struct flight *f = s->flights; f != NULL; f = next) {
		next = f->next;
		f->sheet = NULL; /* who has it in hand sees that, and ends it */
		if (f->is_settled)
			free_flight(f);
	}
	if (s->is_ready)
		leave_ready(s);
	*(s->older != NULL ? &s->older->newer : &s->many->oldest) = s->newer;
	*(s->newer != NULL ? &s->newer->older : &s->many->newest) = s->older;
	if (s->many->dns->sheet == s)
		s->many->dns->sheet = NULL;
	free(s);
}

void *
dns_sheet_owner(const struct dns_sheet *s)
{
	return s->owner;
}

void
dns_sheet_use(struct dns_many *m, struct dns_sheet *s)
{
	m->dns->sheet = s;
	if (s != NULL)
		s->lacks = false;
}

bool
dns_sheet_lacks(const struct dns_sheet *s)
{
	return s->lacks;
}

size_t
dns_sheet_questions(const struct dns_sheet *s)
{
	return s->questions;
}

void
dns_sheet_make_ready(struct dns_sheet *s)
{
	if (s->is_ready)
		return;
	s->is_ready = true;
	s->next_ready = NULL;
	*s->many->last_ready = s;
	s->many->last_ready = &s->next_ready;
}

struct dns_sheet *
dns_many_ready(struct dns_many *m)
{
	struct dns_sheet *s = m->first_ready;

	if (s == NULL)
		return NULL;
	leave_ready(s);
	s->is_ready = false;
	return s;
}

void
dns_sheet_settle(struct flight *f)
{
	struct dns_sheet *s = f->sheet;

	if (s == NULL) {
		free_flight(f);
		return;
	}
	f->is_settled = true;
	s->octets += f->query.packet.len;
	if (s->octets > DNS_SHEET_OCTETS) {
		f->query.result = DNS_TEMPORARY;
		s->octets -= f->query.packet.len;
		str_free(&f->query.packet);
	}
	if (--s->open == 0)
		dns_sheet_make_ready(s);
}

static struct flight *
find(const struct dns_sheet *s, const struct query *q)
{
	for (struct flight *f = s->flights; f != NULL; f = f->next)
		if (f->query.type == q->type && strcasecmp(f->query.asked, q->asked) == 0)
			return f;
	return NULL;
}

static struct flight *
add(struct dns_sheet *s, const struct query *q)
{
	struct flight *f;

	if (s->is_over || s->questions == DNS_SHEET_QUESTIONS)
		return NULL;
	f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->sheet = s;
	f->many = s->many;
	query_init(&f->query, slice_of(q->asked), q->type);
	f->next = s->flights;
	s->flights = f;
	s->questions++;
	s->open++;
	if (query_recall(s->many->dns, &f->query)) {
		/* not settled by dns_sheet_settle: there is nothing to wait for */
		f->is_settled = true;
		s->open--;
	} else
		line_add(&s->many->waiting, f);
	return f;
}

static void
copy(struct query *q, const struct flight *f)
{
	q->done = true;
	if (str_add_slice(&q->packet, str_slice(&f->query.packet)) == -1)
		return;
	memcpy(q->name, f->query.name, sizeof q->name);
	q->result = f->query.result;
	q->is_secure = f->query.is_secure;
	q->ttl = f->query.ttl;
}

void
dns_sheet_answer(struct dns_sheet *s, struct query *queries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct flight *f = find(s, &queries[i]);

		if (f == NULL)
			f = add(s, &queries[i]);
		if (f != NULL && f->is_settled)
			copy(&queries[i], f);
		else if (f != NULL && !s->is_over)
			s->lacks = true;
	}
}
