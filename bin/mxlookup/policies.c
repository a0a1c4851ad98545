/* SPDX-License-Identifier: ISC */
#include "policies.h"

#define TAKE_MS 1000

int
policies_open(struct policies *p, struct slice servers)
{
	int result = 0;

	*p = (struct policies){.busy = 0};
	for (size_t i = 0; i < POLICIES_MAX; i++)
		if (sts_open_fresh(&p->list[i].sts, servers) == -1)
			result = -1;
	return result;
}

void
policies_close(struct policies *p)
{
	for (size_t i = 0; i < POLICIES_MAX; i++)
		sts_close(&p->list[i].sts);
}

bool
policies_ask(struct policies *p, struct look *look)
{
	size_t i = 0;

	while (i < POLICIES_MAX && p->list[i].look != NULL)
		i++;
	if (i == POLICIES_MAX)
		return false;
	if (sts_begin(&p->list[i].sts, slice_of(look->ascii), deadline_in_ms(TAKE_MS),
		&look->policy) == -1) {
		look->policy_state = POLICY_THERE;
		return true;
	}
	look->policy_state = POLICY_ASKED;
	p->list[i].look = look;
	p->busy++;
	return true;
}

size_t
policies_polled(const struct policies *p, struct pollfd list[POLICIES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; p->busy > 0 && i < POLICIES_MAX; i++)
		if (p->list[i].look != NULL)
			list[count++] = (struct pollfd){
			    .fd = p->list[i].sts.helper.fd, .events = POLLIN, .revents = 0};
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

struct look *
policies_take(struct policies *p, struct pollfd list[POLICIES_MAX], size_t count)
{
	for (size_t i = 0; p->busy > 0 && i < POLICIES_MAX; i++) {
		struct look *look = p->list[i].look;

		if (look == NULL)
			continue;
		if (!has_answer(&p->list[i].sts, list, count) && deadline_poll_ms(look->until) != 0)
			continue;
		(void)sts_end(&p->list[i].sts,
		    deadline_poll_ms(look->until) == 0 ? deadline_in_ms(0)
						       : deadline_in_ms(TAKE_MS),
		    &look->policy);
		look->policy_state = POLICY_THERE;
		p->list[i].look = NULL;
		p->busy--;
		return look;
	}
	return NULL;
}
