/* SPDX-License-Identifier: ISC */
/* The protocol of helpers: a domain, and what there is of it. */
#include "base/hurry.h"
#include "mta_sts.h"
#include "spool/frame.h"

#define SEND_SECONDS 10

static int
answer(struct server *s, int fd, struct slice domain)
{
	deadline until = deadline_in_seconds(s->settings.timeout);
	struct entry e;
	struct str fields;
	int result = -1;

	if (!sts_is_domain(domain))
		return -1;
	entry_init(&e);
	str_init(&fields, STS_ANSWER_MAX);
	lookup(s, domain, until, &e);
	if (entry_add_answer(&fields, &e, clock_wall_seconds()) == 0)
		result = frame_send(fd, (enum frame_type)STS_FRAME_ANSWER, str_slice(&fields),
		    deadline_in_seconds(SEND_SECONDS));
	entry_free(&e);
	str_free(&fields);
	return result;
}

/* Its next question, within PATIENCE seconds; 0 for no limit. False for the end, whatever it is. */
static bool
take_question(int fd, int64_t patience, struct str *domain)
{
	deadline until = patience == 0 ? DEADLINE_NEVER : deadline_in_seconds(patience);
	struct hurry hurry;
	char type;
	bool good;

	hurry_prepare(&hurry);
	hurry_at(until);
	good = frame_take(fd, &type, domain, until) == 1 && type == (char)STS_FRAME_ASK;
	hurry_end(&hurry);
	return good;
}

void
exchange_serve(struct server *s, int fd, int64_t patience)
{
	struct str domain;

	str_init(&domain, STS_DOMAIN_MAX);
	s->client = fd;
	while (take_question(fd, patience, &domain) && answer(s, fd, str_slice(&domain)) == 0)
		;
	s->client = -1;
	str_free(&domain);
}
