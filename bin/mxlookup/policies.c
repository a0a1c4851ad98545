/* SPDX-License-Identifier: ISC */
#include "policies.h"

#include "spool/spool.h"

#define TAKE_MS 1000

void
policies_init(struct policies *p)
{
	*p = (struct policies){.busy = 0};
	p->end = &p->first;
	for (size_t i = 0; i < POLICIES_MAX; i++)
		p->list[i].sts.helper.fd = -1;
}

int
policies_open_fresh(struct policies *p, struct slice servers)
{
	int result = 0;

	for (size_t i = 0; i < POLICIES_MAX; i++)
		if (sts_open_fresh(&p->list[i].sts, servers) == -1)
			result = -1;
	return result;
}

int
policies_open_kept(struct policies *p, const struct control *c, struct str *problem)
{
	int result = 0;

	for (size_t i = 0; i < POLICIES_MAX; i++)
		if (sts_open(&p->list[i].sts, c, spool_path(), problem) == -1)
			result = -1;
	return result;
}

void
policies_close(struct policies *p)
{
	for (size_t i = 0; i < POLICIES_MAX; i++)
		sts_close(&p->list[i].sts);
}

void
policies_want(struct policies *p, struct wish *wish)
{
	wish->state = WISH_ASKED;
	wish->since = clock_monotonic_ms();
	wish->next = NULL;
	*p->end = wish;
	p->end = &wish->next;
}

static struct wish *
take_first(struct policies *p)
{
	struct wish *wish = p->first;

	p->first = wish->next;
	if (p->first == NULL)
		p->end = &p->first;
	return wish;
}

/* What was left of its domain's time when it came into the line; as mail waits, no longer. */
static deadline
time_of(const struct wish *wish)
{
	deadline longest = deadline_in_ms(STS_ASK_MS);
	deadline own = wish->look->until + (clock_monotonic_ms() - wish->since);

	return own < longest ? own : longest;
}

struct wish *
policies_begin(struct policies *p)
{
	for (size_t i = 0; p->first != NULL && i < POLICIES_MAX; i++) {
		struct wish *wish;

		if (p->list[i].wish != NULL)
			continue;
		wish = take_first(p);
		wish->until = time_of(wish);
		if (sts_begin(&p->list[i].sts, slice_of(wish->look->ascii), deadline_in_ms(TAKE_MS),
			&wish->answer) == -1) {
			wish->state = WISH_THERE;
			return wish;
		}
		p->list[i].wish = wish;
		p->busy++;
	}
	return NULL;
}

size_t
policies_polled(const struct policies *p, struct pollfd list[POLICIES_MAX], deadline *until)
{
	size_t count = 0;

	for (size_t i = 0; p->busy > 0 && i < POLICIES_MAX; i++) {
		if (p->list[i].wish == NULL)
			continue;
		list[count++] =
		    (struct pollfd){.fd = p->list[i].sts.helper.fd, .events = POLLIN, .revents = 0};
		if (p->list[i].wish->until < *until)
			*until = p->list[i].wish->until;
	}
	return count;
}

static bool
has_answer(const struct sts *s, struct pollfd list[POLICIES_MAX], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].fd == s->helper.fd && list[i].revents != 0) {
			list[i].fd = -1;
			return true;
		}
	return false;
}

struct wish *
policies_take(struct policies *p, struct pollfd list[POLICIES_MAX], size_t count)
{
	for (size_t i = 0; p->busy > 0 && i < POLICIES_MAX; i++) {
		struct wish *wish = p->list[i].wish;
		bool is_late;

		if (wish == NULL)
			continue;
		is_late = deadline_poll_ms(wish->until) == 0;
		if (!has_answer(&p->list[i].sts, list, count) && !is_late)
			continue;
		(void)sts_end(
		    &p->list[i].sts, deadline_in_ms(is_late ? 0 : TAKE_MS), &wish->answer);
		wish->state = WISH_THERE;
		p->list[i].wish = NULL;
		p->busy--;
		return wish;
	}
	return NULL;
}
