/* SPDX-License-Identifier: ISC */
#include "net/dns_cache.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TTL_MAX 3600	     /* seconds */
#define TTL_NEGATIVE_MAX 300 /* a name that is not there may come to be */

void
dns_cache_clear(struct dns_cache *c)
{
	for (size_t i = 0; c->list != NULL && i < DNS_CACHE_ENTRIES; i++)
		str_free(&c->list[i].packet);
	free(c->list);
	c->list = NULL;
}

static struct dns_cached *
find(const struct dns_cache *c, const char *name, enum answer_type type)
{
	for (size_t i = 0; c->list != NULL && i < DNS_CACHE_ENTRIES; i++)
		if (c->list[i].type == type && strcasecmp(c->list[i].asked, name) == 0)
			return &c->list[i];
	return NULL;
}

const struct dns_cached *
dns_cache_find(struct dns_cache *c, const char *name, enum answer_type type, uint32_t *left)
{
	struct dns_cached *found = find(c, name, type);
	int64_t now = clock_monotonic_ms();

	if (found == NULL || found->until <= now)
		return NULL;
	found->used = now;
	*left = (uint32_t)((found->until - now + 999) / 1000);
	return found;
}

/* The place of an older answer to the same, an unused one, or that of which no use was made for
 * longest. */
static struct dns_cached *
place(struct dns_cache *c, const struct dns_cached *entry)
{
	struct dns_cached *best = find(c, entry->asked, entry->type);

	if (best != NULL)
		return best;
	if (c->list == NULL) {
		c->list = calloc(DNS_CACHE_ENTRIES, sizeof *c->list);
		for (size_t i = 0; c->list != NULL && i < DNS_CACHE_ENTRIES; i++)
			str_init(&c->list[i].packet, DNS_CACHE_PACKET_MAX);
	}
	best = c->list;
	for (size_t i = 1; c->list != NULL && i < DNS_CACHE_ENTRIES; i++)
		if (c->list[i].used < best->used)
			best = &c->list[i];
	return best;
}

void
dns_cache_keep(struct dns_cache *c, const struct dns_cached *entry, uint32_t ttl)
{
	uint32_t most = entry->result == DNS_FOUND ? TTL_MAX : TTL_NEGATIVE_MAX;
	struct dns_cached *kept;
	struct str packet;

	if (ttl == 0 || entry->result == DNS_TEMPORARY || entry->packet.len > DNS_CACHE_PACKET_MAX)
		return;
	kept = place(c, entry);
	if (kept == NULL)
		return;
	packet = kept->packet;
	*kept = *entry;
	kept->packet = packet;
	str_clear(&kept->packet);
	kept->used = clock_monotonic_ms();
	kept->until = deadline_in_seconds(ttl < most ? ttl : most);
	if (str_add_slice(&kept->packet, str_slice(&entry->packet)) == -1)
		kept->until = 0;
}
