/* SPDX-License-Identifier: ISC */
#include "net/crowd.h"

#include <sys/mman.h>

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"

#define NEWS_MS 60000
#define NO_GUEST ((uint64_t)0)

struct place {
	pid_t pid;		/* 0: free; the master's */
	_Atomic uint64_t guest; /* his uid and 1, or NO_GUEST */
};

struct crowd {
	size_t size, guests_max, guest_max;
	_Atomic int64_t told; /* monotonic, ms */
	struct place places[];
};

/* Beside the workers that count there may be some that have been told to end. */
static size_t
count_places(size_t workers)
{
	return 2 * workers;
}

static size_t
count_octets(size_t places)
{
	return sizeof(struct crowd) + places * sizeof(struct place);
}

struct crowd *
crowd_new(size_t workers)
{
	size_t size = count_places(workers);
	struct crowd *c = mmap(
	    NULL, count_octets(size), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED)
		return NULL;
	c->size = size;
	c->guests_max = workers > 1 ? workers - (workers + 7) / 8 : 1;
	c->guest_max = (workers + 1) / 2;
	atomic_store(&c->told, INT64_MIN / 2);
	return c;
}

void
crowd_free(struct crowd *c)
{
	if (c != NULL)
		(void)munmap(c, count_octets(c->size)); /* fails for nothing that mmap gave */
}

size_t
crowd_find_place(const struct crowd *c)
{
	size_t i = 0;

	while (i < c->size && c->places[i].pid != 0)
		i++;
	return i;
}

void
crowd_take_place(struct crowd *c, size_t place, pid_t pid)
{
	if (place < c->size)
		c->places[place].pid = pid;
}

void
crowd_remove(struct crowd *c, pid_t pid)
{
	for (size_t i = 0; i < c->size; i++)
		if (c->places[i].pid == pid) {
			atomic_store(&c->places[i].guest, NO_GUEST);
			c->places[i].pid = 0;
		}
}

enum crowd_result
crowd_enter(struct crowd *c, size_t place, uid_t uid)
{
	uint64_t guest = (uint64_t)uid + 1;
	size_t guests = 0, same = 0;

	if (place >= c->size)
		return CROWD_ALL;
	/* of two that come at once each sees the other: too few may be served, never too many */
	atomic_store(&c->places[place].guest, guest);
	for (size_t i = 0; i < c->size; i++) {
		uint64_t other = atomic_load(&c->places[i].guest);

		guests += other != NO_GUEST;
		same += other == guest;
	}
	if (guests <= c->guests_max && same <= c->guest_max)
		return CROWD_ROOM;
	crowd_leave(c, place);
	return same > c->guest_max ? CROWD_HIS : CROWD_ALL;
}

void
crowd_leave(struct crowd *c, size_t place)
{
	if (place < c->size)
		atomic_store(&c->places[place].guest, NO_GUEST);
}

bool
crowd_is_news(struct crowd *c)
{
	int64_t now = clock_monotonic_ms(), told = atomic_load(&c->told);

	return now - told >= NEWS_MS && atomic_compare_exchange_strong(&c->told, &told, now);
}
