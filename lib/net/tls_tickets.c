/* SPDX-License-Identifier: ISC */
#include "net/tls_tickets.h"

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/random.h"

#define FILE_NAME "tickets"
#define FILE_NEW "tickets.new"

void
tls_tickets_open(struct tls_tickets *t, const char *folder, int64_t lifetime)
{
	*t = (struct tls_tickets){.lifetime = lifetime};
	t->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void
tls_tickets_close(struct tls_tickets *t)
{
	io_close(t->folder);
	explicit_bzero(t, sizeof *t);
	t->folder = -1;
}

static bool
is_stale(const struct tls_tickets *t)
{
	int64_t now = clock_wall_seconds();

	return t->count == 0 || now >= t->keys[0].made + t->lifetime || now < t->keys[0].made;
}

static int
complain(struct str *problem, const char *what, const char *why)
{
	(void)str_format(problem, "%s the session ticket keys: %s", what, why);
	return -1;
}

/*
 * A key that somebody else may read, or could have put there, is no secret: such a file is an
 * error. Its owner is who we are, or who the folder belongs to.
 */
static const char *
find_fault(const struct tls_tickets *t, const struct stat *st)
{
	struct stat folder;

	if (!S_ISREG(st->st_mode) || st->st_size % (off_t)sizeof t->keys[0] != 0 ||
	    st->st_size == 0 || st->st_size > (off_t)sizeof t->keys)
		return "the file is none of ours; remove it";
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "others may read the file; remove it";
	if (st->st_uid != geteuid() &&
	    (fstat(t->folder, &folder) == -1 || folder.st_uid != st->st_uid))
		return "the file belongs to another user";
	return NULL;
}

static bool
is_changed(const struct tls_tickets *t)
{
	struct stat now;

	return fstatat(t->folder, FILE_NAME, &now, AT_SYMLINK_NOFOLLOW) == -1 ||
	       now.st_ino != t->seen.st_ino || now.st_mtim.tv_sec != t->seen.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != t->seen.st_mtim.tv_nsec;
}

static int
read_keys(struct tls_tickets *t, struct str *problem)
{
	int fd = openat(t->folder, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct tls_ticket_key keys[TLS_TICKET_KEYS];
	const char *fault = NULL;
	struct stat st;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 || fstat(fd, &st) == -1)
		fault = strerror(errno);
	else
		fault = find_fault(t, &st);
	if (fault == NULL && io_pread(fd, keys, (size_t)st.st_size, 0) == -1)
		fault = strerror(errno);
	io_close(fd);
	if (fault != NULL)
		return complain(problem, "unable to read", fault);
	t->seen = st;
	t->count = (size_t)st.st_size / sizeof keys[0];
	memcpy(t->keys, keys, (size_t)st.st_size);
	explicit_bzero(keys, sizeof keys);
	return 0;
}

/* A new newest one; the last is forgotten. */
static void
make_key(struct tls_tickets *t)
{
	memmove(&t->keys[1], &t->keys[0], sizeof t->keys - sizeof t->keys[0]);
	if (t->count < TLS_TICKET_KEYS)
		t->count++;
	random_bytes(&t->keys[0], sizeof t->keys[0]);
	t->keys[0].made = clock_wall_seconds();
}

/*
 * A file that nobody else has open or under another name, whoever the folder belongs to: what there
 * was is of a process that was killed, or was put there for root to write to.
 */
static int
make_file(const struct tls_tickets *t)
{
	if (unlinkat(t->folder, FILE_NEW, 0) == -1 && errno != ENOENT)
		return -1;
	return openat(t->folder, FILE_NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* Under the lock. It need not outlast a crash: what is lost is a resumption. */
static int
write_keys(struct tls_tickets *t)
{
	int fd = make_file(t);
	size_t size = t->count * sizeof t->keys[0];
	struct stat folder;
	int result = -1;

	if (fd == -1)
		return -1;
	if (fchmod(fd, 0600) == 0 && io_pwrite(fd, t->keys, size, 0) == 0 &&
	    fstat(t->folder, &folder) == 0)
		result = 0;
	/* root makes it for whom the folder is for */
	if (result == 0 && geteuid() == 0 && folder.st_uid != 0)
		result = fchown(fd, folder.st_uid, folder.st_gid);
	if (result == 0)
		result = renameat(t->folder, FILE_NEW, t->folder, FILE_NAME);
	if (result == 0)
		result = fstat(fd, &t->seen);
	io_close(fd);
	return result;
}

/*
 * One process makes the key; others go on with what they have, if need be a key of their own, and
 * find the new one later.
 */
static int
rotate(struct tls_tickets *t, struct str *problem)
{
	int result = 0, lock;

	lock = openat(t->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock == -1 || flock(lock, LOCK_EX | LOCK_NB) == -1) {
		io_close(lock);
		return 0;
	}
	if (is_changed(t))
		result = read_keys(t, problem);
	if (result == 0 && is_stale(t)) {
		make_key(t);
		if (write_keys(t) == -1)
			result = complain(problem, "unable to write", strerror(errno));
	}
	io_close(lock);
	return result;
}

int
tls_tickets_refresh(struct tls_tickets *t, struct str *problem)
{
	int result = 0;

	if (t->lifetime == 0)
		return 0;
	if (t->folder != -1 && is_changed(t))
		result = read_keys(t, problem);
	if (result == 0 && t->folder != -1 && is_stale(t))
		result = rotate(t, problem);
	if (is_stale(t) && (t->folder == -1 || result == -1 || t->count == 0))
		make_key(t);
	return result;
}

const struct tls_ticket_key *
tls_tickets_newest(const struct tls_tickets *t)
{
	return t->count > 0 ? &t->keys[0] : NULL;
}

const struct tls_ticket_key *
tls_tickets_find(const struct tls_tickets *t, const unsigned char name[16], bool *is_old)
{
	for (size_t i = 0; i < t->count; i++)
		if (memcmp(t->keys[i].name, name, sizeof t->keys[i].name) == 0 &&
		    clock_wall_seconds() < t->keys[i].made + 2 * t->lifetime) {
			*is_old = i > 0;
			return &t->keys[i];
		}
	return NULL;
}
