/* SPDX-License-Identifier: ISC */
#include "pace.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct pace_server {
	char *where;
	uint64_t count;
	int64_t last_ms;
};

static struct pace_server *
find(struct pace *p, const char *where)
{
	struct pace_server *more;

	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->list[i].where, where) == 0)
			return &p->list[i];
	more = reallocarray(p->list, p->count + 1, sizeof *more);
	if (more == NULL)
		return NULL;
	p->list = more;
	more += p->count;
	*more = (struct pace_server){.where = strdup(where)};
	if (more->where == NULL)
		return NULL;
	p->count++;
	return more;
}

void
pace_wait(int64_t ms)
{
	deadline until = deadline_in_ms(ms);
	int left;

	while ((left = deadline_poll_ms(until)) > 0)
		(void)poll(NULL, 0, left);
}

bool
pace_take(struct pace *p, const char *where, int64_t ms, uint64_t most)
{
	struct pace_server *server = find(p, where);

	if (server == NULL || server->count >= most)
		return false;
	if (server->count > 0)
		pace_wait(server->last_ms + ms - clock_monotonic_ms());
	server->count++;
	server->last_ms = clock_monotonic_ms();
	return true;
}

void
pace_free(struct pace *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->list[i].where);
	free(p->list);
	*p = (struct pace){.list = NULL};
}
