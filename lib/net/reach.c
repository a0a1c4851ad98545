/* SPDX-License-Identifier: ISC */
#include "net/reach.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#define FORGET_SECONDS 600
#define LOST_MAX 2 /* races in a row that a family lost to the other: it leads nowhere */

enum family { FOUR, SIX };

static enum family
family_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? SIX : FOUR;
}

/* False for what is no internet address. */
static bool
octets_of(const struct sockaddr_storage *address, uint8_t octets[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (address->ss_family == AF_INET6) {
		memcpy(octets, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
		return true;
	}
	memcpy(octets, mapped, sizeof mapped);
	memcpy(octets + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
	return address->ss_family == AF_INET;
}

static size_t
find(const struct reach *r, const uint8_t octets[16])
{
	size_t i = 0;

	while (i < REACH_ADDRESSES &&
	       (r->failed[i].until == 0 || memcmp(r->failed[i].address, octets, 16) != 0))
		i++;
	return i;
}

static bool
has_failed(const struct reach *r, const struct sockaddr_storage *address)
{
	uint8_t octets[16];
	size_t at = octets_of(address, octets) ? find(r, octets) : REACH_ADDRESSES;

	return at < REACH_ADDRESSES && deadline_poll_ms(r->failed[at].until) != 0;
}

static void
has_worked(struct reach *r, const struct sockaddr_storage *address)
{
	uint8_t octets[16];
	size_t at = octets_of(address, octets) ? find(r, octets) : REACH_ADDRESSES;

	if (at < REACH_ADDRESSES)
		r->failed[at].until = 0;
}

void
reach_failed(struct reach *r, const struct sockaddr_storage *address)
{
	uint8_t octets[16];
	size_t at;

	if (!octets_of(address, octets))
		return;
	at = find(r, octets);
	if (at == REACH_ADDRESSES) {
		at = r->next;
		r->next = (r->next + 1) % REACH_ADDRESSES;
	}
	memcpy(r->failed[at].address, octets, sizeof octets);
	r->failed[at].until = deadline_in_seconds(FORGET_SECONDS);
}

/* Where in LIST, from FROM on, is the next of FAMILY that has failed or not; COUNT if nowhere. */
static size_t
next_of(const struct reach *r, const struct connect_attempt *list, size_t count, size_t from,
    enum family family, bool failed)
{
	while (from < count && (family_of(&list[from].address) != family ||
				   has_failed(r, &list[from].address) != failed))
		from++;
	return from;
}

/* Moves the attempt at FROM to TO, which is not behind it; those between go one place back. */
static void
move(struct connect_attempt *list, size_t from, size_t to)
{
	struct connect_attempt moved = list[from];

	memmove(list + to + 1, list + to, (from - to) * sizeof *list);
	list[to] = moved;
}

void
reach_sort(const struct reach *r, struct connect_attempt *list, size_t count)
{
	enum family family = deadline_poll_ms(r->avoid[SIX]) > 0 ? FOUR : SIX;

	for (size_t done = 0; done < count; done++) {
		size_t next = count;

		/* of the family whose turn it is; else of the other; else what has failed */
		for (int choice = 0; choice < 4 && next == count; choice++)
			next = next_of(r, list, count, done,
			    choice % 2 == 0 ? family
			    : family == SIX ? FOUR
					    : SIX,
			    choice >= 2);
		if (next == count) /* an entry came of age just now */
			next = done;
		family = family_of(&list[next].address) == SIX ? FOUR : SIX;
		move(list, next, done);
	}
}

/* Begun before the winner, and not heard of by then: it would have been taken. */
static bool
was_slower(const struct connect_attempt *a, const struct connect_attempt *winner)
{
	return a->state == CONNECT_TRYING && a->begun < winner->begun;
}

void
reach_learn(struct reach *r, const struct connect_attempt *list, size_t count)
{
	const struct connect_attempt *winner = NULL;
	bool other_lost = false;

	for (size_t i = 0; i < count; i++)
		if (list[i].state == CONNECT_WON)
			winner = &list[i];
	for (size_t i = 0; i < count; i++) {
		const struct connect_attempt *a = &list[i];
		bool lost = a->state == CONNECT_FAILED || (winner != NULL && was_slower(a, winner));

		if (lost)
			reach_failed(r, &a->address);
		if (lost && winner != NULL && family_of(&a->address) != family_of(&winner->address))
			other_lost = true;
	}
	if (winner == NULL)
		return;
	has_worked(r, &winner->address);
	if (other_lost) {
		enum family other = family_of(&winner->address) == SIX ? FOUR : SIX;

		if (++r->lost[other] >= LOST_MAX)
			r->avoid[other] = deadline_in_seconds(FORGET_SECONDS);
	}
	r->lost[family_of(&winner->address)] = 0;
	r->avoid[family_of(&winner->address)] = 0;
}
