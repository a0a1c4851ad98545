/* SPDX-License-Identifier: ISC */
/*
 * The file: a header, then buckets of places. A key's bucket follows from its hash; it has any
 * place in there. A place whose moment has passed is free. Each look at a bucket is under a lock of
 * these octets that belongs to the process (not to the open file, which forked processes share).
 */
#include "base/tally.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/io.h"
#include "base/random.h"

#define PLACES 8
#define BUCKETS 32768
#define MICROSECONDS UINT64_C(1000000)
#define LOCK_PAUSE_MS 1
#define LOCK_TRIES (TALLY_PATIENCE_MS / LOCK_PAUSE_MS)

struct place {
	uint64_t name;	  /* the key's hash */
	int64_t until_us; /* wall time; what was counted lasts until then */
};

struct bucket {
	struct place places[PLACES];
};

struct header {
	char magic[16];
	unsigned char secret[SIPHASH_KEY_OCTETS];
	uint32_t order; /* of octets in a word; a file from elsewhere is begun anew */
	uint32_t buckets, places;
	uint32_t checksum;
	unsigned char unused[80];
};

_Static_assert(sizeof(struct header) == sizeof(struct bucket), "the file is a row of buckets");
_Static_assert(sizeof(struct bucket) * (BUCKETS + 1) == TALLY_FILE_SIZE, "as the header says");

static const char magic[16] = "satchel tally 1";

void
tally_init(struct tally *t)
{
	*t = (struct tally){.fd = -1};
}

void
tally_close(struct tally *t)
{
	io_close(t->fd);
	explicit_bzero(t, sizeof *t);
	t->fd = -1;
}

/* Locks the octets of bucket INDEX, 0 for the header; whoever holds it does so for microseconds. */
static int
lock(const struct tally *t, size_t index, short type)
{
	struct flock range = {.l_type = type,
	    .l_whence = SEEK_SET,
	    .l_start = (off_t)(index * sizeof(struct bucket)),
	    .l_len = sizeof(struct bucket)};

	for (int tries = 0; fcntl(t->fd, F_SETLK, &range) == -1; tries++) {
		if ((errno != EAGAIN && errno != EACCES && errno != EINTR) || tries == LOCK_TRIES)
			return -1;
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return 0;
}

static void
unlock(const struct tally *t, size_t index)
{
	int error = errno;

	(void)lock(t, index, F_UNLCK);
	errno = error;
}

static uint32_t
checksum_of(const struct header *h)
{
	return crc32c(0, h, offsetof(struct header, checksum));
}

static bool
is_header(const struct header *h)
{
	return memcmp(h->magic, magic, sizeof magic) == 0 && h->order == 0x01020304 &&
	       h->buckets == BUCKETS && h->places == PLACES && h->checksum == checksum_of(h);
}

static int
begin_anew(struct tally *t, struct header *h)
{
	*h = (struct header){.order = 0x01020304, .buckets = BUCKETS, .places = PLACES};
	memcpy(h->magic, magic, sizeof magic);
	random_bytes(h->secret, sizeof h->secret);
	h->checksum = checksum_of(h);
	/* with holes: it takes room as it is used */
	if (ftruncate(t->fd, 0) == -1 || ftruncate(t->fd, TALLY_FILE_SIZE) == -1)
		return -1;
	return io_pwrite(t->fd, h, sizeof *h, 0);
}

static int
read_header(struct tally *t)
{
	struct header h;
	struct stat st;
	int result = fstat(t->fd, &st);

	if (result == 0 && (st.st_size != TALLY_FILE_SIZE ||
			       io_pread(t->fd, &h, sizeof h, 0) == -1 || !is_header(&h)))
		result = begin_anew(t, &h);
	if (result == 0)
		memcpy(t->secret, h.secret, sizeof t->secret);
	explicit_bzero(&h, sizeof h);
	return result;
}

/* Others of our group or the world could reset counters, or learn how to aim at collisions. */
static int
check_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1 &&
	    (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return 0;
	errno = EPERM;
	return -1;
}

static int
make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (len == 0 || len >= sizeof folder) {
		errno = ENOENT;
		return -1;
	}
	memcpy(folder, path, len);
	folder[len] = '\0';
	return mkdir(folder, 0700) == -1 && errno != EEXIST ? -1 : 0;
}

static int
open_file(const char *path)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = open(path, flags, 0600);

	if (fd == -1 && errno == ENOENT && make_folder(path) == 0)
		fd = open(path, flags, 0600);
	return fd;
}

int
tally_open(struct tally *t, const char *path)
{
	int result = -1;

	tally_init(t);
	t->fd = open_file(path);
	if (t->fd == -1)
		return -1;
	if (check_file(t->fd) == 0 && lock(t, 0, F_WRLCK) == 0) {
		result = read_header(t);
		unlock(t, 0);
	}
	if (result == -1) {
		int error = errno;

		tally_close(t);
		errno = error;
	}
	return result;
}

/* How long AMOUNT of RATE lasts, rounded up. */
static int64_t
duration_us(uint64_t amount, const struct tally_rate *rate)
{
	unsigned __int128 total = (unsigned __int128)amount * rate->seconds * MICROSECONDS;

	return (int64_t)((total + rate->limit - 1) / rate->limit);
}

static struct place *
find_place(struct bucket *b, uint64_t name)
{
	for (size_t i = 0; i < PLACES; i++)
		if (b->places[i].name == name)
			return &b->places[i];
	return NULL;
}

/* A place that is free, else the one that would be so first. */
static struct place *
take_place(struct bucket *b, uint64_t name, int64_t now)
{
	struct place *found = &b->places[0];

	for (size_t i = 1; i < PLACES; i++)
		if (b->places[i].until_us < found->until_us)
			found = &b->places[i];
	*found = (struct place){.name = name, .until_us = now};
	return found;
}

/*
 * What one look at a key has to do. A moment that is further away than its period cannot be: the
 * clock was set, or the file is damaged. It is then taken for the period's end.
 */
struct visit {
	const struct tally_rate *rate; /* null: forget the key */
	uint64_t amount;
	bool counts;	  /* AMOUNT is added if that stays within the rate */
	bool is_within;	  /* what came of it */
	int64_t level_us; /* before it was added */
	int64_t over_us;  /* not within: by how much */
};

static bool
decide(struct visit *v, struct place *place, int64_t now)
{
	int64_t period = duration_us(v->rate->limit, v->rate);
	int64_t needs = duration_us(v->amount, v->rate);
	bool is_far = place->until_us > now && place->until_us - now > period;

	if (is_far) /* to be kept: else it would be as far away at each look, till the clock is
		       there */
		place->until_us = now + period;
	v->level_us = place->until_us > now ? place->until_us - now : 0;
	v->over_us = v->level_us + needs - period;
	v->is_within = v->over_us <= 0;
	if (!v->counts || !v->is_within || needs == 0)
		return is_far;
	place->until_us = now + v->level_us + needs;
	return true;
}

static int
visit_locked(struct tally *t, struct visit *v, uint64_t name, size_t index)
{
	off_t at = (off_t)(index * sizeof(struct bucket));
	int64_t now = clock_wall_us();
	struct bucket bucket;
	struct place *place;

	if (io_pread(t->fd, &bucket, sizeof bucket, at) == -1)
		return -1;
	place = find_place(&bucket, name);
	if (v->rate == NULL && place == NULL)
		return 0;
	if (place == NULL)
		place = take_place(&bucket, name, now);
	if (v->rate == NULL)
		place->until_us = 0;
	else if (!decide(v, place, now))
		return 0;
	return io_pwrite(t->fd, place, sizeof *place, at + (char *)place - (char *)&bucket);
}

static int
visit(struct tally *t, struct slice key, struct visit *v)
{
	uint64_t name;
	size_t index;
	int result;

	if (v->rate != NULL && (v->rate->limit == 0 || v->rate->limit > TALLY_LIMIT_MAX ||
				   v->rate->seconds == 0 || v->rate->seconds > TALLY_SECONDS_MAX)) {
		errno = EINVAL;
		return -1;
	}
	if (t->fd == -1) {
		errno = EBADF;
		return -1;
	}
	name = siphash(t->secret, key);
	index = 1 + (size_t)(name % BUCKETS);
	if (lock(t, index, F_WRLCK) == -1)
		return -1;
	result = visit_locked(t, v, name, index);
	unlock(t, index);
	return result;
}

static int
ask(struct tally *t, struct slice key, struct visit *v, int64_t *wait)
{
	int64_t forget;

	if (wait == NULL)
		wait = &forget;
	*wait = 0;
	if (v->rate->limit > 0 && v->amount > v->rate->limit) {
		*wait = INT64_MAX;
		return 0;
	}
	if (visit(t, key, v) == -1)
		return -1;
	if (v->is_within)
		return 1;
	*wait = (v->over_us + (int64_t)MICROSECONDS - 1) / (int64_t)MICROSECONDS;
	return 0;
}

int
tally_add(struct tally *t, struct slice key, uint64_t amount, const struct tally_rate *rate,
    int64_t *wait)
{
	struct visit v = {.rate = rate, .amount = amount, .counts = true};

	return ask(t, key, &v, wait);
}

int
tally_look(struct tally *t, struct slice key, uint64_t amount, const struct tally_rate *rate,
    int64_t *wait)
{
	struct visit v = {.rate = rate, .amount = amount};

	return ask(t, key, &v, wait);
}

int64_t
tally_level(struct tally *t, struct slice key, const struct tally_rate *rate)
{
	struct visit v = {.rate = rate};
	uint64_t period = rate->seconds * MICROSECONDS;

	if (visit(t, key, &v) == -1)
		return -1;
	return (int64_t)(((unsigned __int128)v.level_us * rate->limit + period - 1) / period);
}

int
tally_forget(struct tally *t, struct slice key)
{
	struct visit v = {.rate = NULL};

	return visit(t, key, &v);
}
