/* SPDX-License-Identifier: ISC */
/*
 * Recipients counted by where they go, who sends them or why they wait, in bounded memory: of at
 * most GROUPS_MOST names at once. When there are more, the rarer half counts as others from then
 * on, so what is common is counted to within what was dropped of it before it was common.
 */
#ifndef QSTAT_GROUPS_H
#define QSTAT_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/slice.h"

#define GROUPS_MOST ((size_t)4096)
#define GROUPS_SLOTS (2 * GROUPS_MOST)
#define GROUPS_AGES ((size_t)7)
#define GROUPS_REASONS ((size_t)4) /* candidates for the commonest */
#define GROUPS_NAME_MAX ((size_t)255)
#define GROUPS_REASON_MAX ((size_t)120) /* octets kept of one */

struct reason {
	uint64_t hash, count;
	char text[GROUPS_REASON_MAX + 1];
};

struct group {
	char *name; /* owned; of others null */
	uint64_t hash, count, ages[GROUPS_AGES];
	int64_t oldest; /* seconds */
	struct reason reasons[GROUPS_REASONS];
};

struct groups {
	struct group *groups; /* count of them; sorted only after groups_sort */
	size_t count;
	uint16_t slots[GROUPS_SLOTS]; /* index + 1 by hash; 0 for none */
	struct group others;
	uint64_t names_dropped;
	unsigned char secret[SIPHASH_KEY_OCTETS];
};

/* What is counted. */
struct groups_item {
	struct slice name;   /* what it is called */
	struct slice key;    /* what is the same: of one key, the first name counts */
	struct slice reason; /* may be empty */
	int64_t age;	     /* seconds */
};

/* The ages that classes end before, in seconds; the last has no end. */
extern const int64_t groups_ages[GROUPS_AGES - 1];
extern const char *const groups_age_words[GROUPS_AGES];

/* Null if there is no memory. */
struct groups *groups_make(void);
void groups_free(struct groups *g);
/* What there is no memory for counts as others. */
void groups_add(struct groups *g, const struct groups_item *item);
/* The most first, and of equal ones by name. */
void groups_sort(struct groups *g);
/* The commonest reason of a group, or null. */
const struct reason *groups_reason(const struct group *group);

/*
 * Two replies are one reason if they differ in words that hold digits: of addresses, queue ids and
 * times. Writes such a key of at most SIZE octets: how many.
 */
size_t groups_reason_key(struct slice reason, char *key, size_t size);

#endif
