/* SPDX-License-Identifier: ISC */
#include "net/children.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a. Who finds addresses that collide makes lists longer, by his own sessions. */
static uint64_t
hash(const void *data, size_t len)
{
	const unsigned char *octets = data;
	uint64_t value = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		value = (value ^ octets[i]) * UINT64_C(1099511628211);
	return value;
}

static size_t
pid_head(pid_t pid)
{
	return (size_t)pid % CHILDREN_HEADS;
}

static size_t
network_head(const unsigned char network[NETWORK_OCTETS])
{
	return (size_t)(hash(network, NETWORK_OCTETS) % CHILDREN_HEADS);
}

struct children *
children_new(size_t max)
{
	struct children *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->max = max;
	/* slots are linked when they are first needed: what is not touched takes no memory */
	t->all = calloc(max, sizeof *t->all);
	if (t->all != NULL)
		return t;
	free(t);
	return NULL;
}

void
children_free(struct children *t)
{
	if (t == NULL)
		return;
	free(t->all);
	free(t);
}

static struct child *
take_slot(struct children *t)
{
	struct child *c = t->unused;

	if (c == NULL)
		return &t->all[t->used++];
	t->unused = c->next_of_pid;
	return c;
}

struct child *
children_add(struct children *t, pid_t pid, const struct peer *peer,
    const unsigned char network[NETWORK_OCTETS])
{
	struct child **of_pid = &t->of_pid[pid_head(pid)];
	struct child **of_network = &t->of_network[network_head(network)];
	struct child *c;

	if (t->count >= t->max)
		return NULL;
	c = take_slot(t);
	*c = (struct child){.pid = pid,
	    .channel = -1,
	    .peer = *peer,
	    .next_of_pid = *of_pid,
	    .next_of_network = *of_network};
	memcpy(c->network, network, NETWORK_OCTETS);
	*of_pid = *of_network = c;
	t->count++;
	return c;
}

void
children_remove(struct children *t, struct child *c)
{
	struct child **of_pid = &t->of_pid[pid_head(c->pid)];
	struct child **of_network = &t->of_network[network_head(c->network)];

	children_set_busy(t, c);
	while (*of_pid != c)
		of_pid = &(*of_pid)->next_of_pid;
	*of_pid = c->next_of_pid;
	while (*of_network != c)
		of_network = &(*of_network)->next_of_network;
	*of_network = c->next_of_network;
	c->pid = 0;
	c->channel = -1;
	c->next_of_pid = t->unused;
	t->unused = c;
	t->count--;
}

struct child *
children_of_pid(struct children *t, pid_t pid)
{
	struct child *c = t->of_pid[pid_head(pid)];

	while (c != NULL && c->pid != pid)
		c = c->next_of_pid;
	return c;
}

size_t
children_count_network(
    const struct children *t, const unsigned char network[NETWORK_OCTETS], size_t most)
{
	const struct child *c = t->of_network[network_head(network)];
	size_t count = 0;

	for (; c != NULL && count < most; c = c->next_of_network)
		if (!c->is_idle && memcmp(c->network, network, NETWORK_OCTETS) == 0)
			count++;
	return count;
}

struct child *
children_idle_for(
    struct children *t, const struct peer *peer, const unsigned char network[NETWORK_OCTETS])
{
	struct child *c = t->of_network[network_head(network)];

	if (t->idle == 0)
		return NULL;
	while (c != NULL && (!c->is_idle || strcmp(c->peer.address, peer->address) != 0))
		c = c->next_of_network;
	return c;
}

void
children_set_idle(struct children *t, struct child *c, int64_t now_ms)
{
	if (c->is_idle)
		return;
	c->is_idle = true;
	c->idle_since = now_ms;
	c->newer = NULL;
	c->older = t->newest;
	if (t->newest != NULL)
		t->newest->newer = c;
	else
		t->oldest = c;
	t->newest = c;
	t->idle++;
}

void
children_set_busy(struct children *t, struct child *c)
{
	if (!c->is_idle)
		return;
	c->is_idle = false;
	if (c->newer != NULL)
		c->newer->older = c->older;
	else
		t->newest = c->older;
	if (c->older != NULL)
		c->older->newer = c->newer;
	else
		t->oldest = c->newer;
	t->idle--;
}

bool
children_comes_again(struct children *t, const struct peer *peer, int64_t now_ms, int64_t within_ms)
{
	uint64_t client = hash(peer->address, strlen(peer->address));
	size_t i = (size_t)(client % CHILDREN_RECENT);
	bool again = t->recent[i].client == client && now_ms - t->recent[i].at <= within_ms;

	t->recent[i].client = client;
	t->recent[i].at = now_ms;
	return again;
}
