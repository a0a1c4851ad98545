/* SPDX-License-Identifier: ISC */
#include "spool/key.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "spool/claim.h"

#define LOOK_MS 10 /* between two looks at a lock that somebody else has */
#define RECORD_LENGTH ((size_t)32)
#define MARK_AT ((off_t)ID_LENGTH + 1)
#define PROMISED '.'
#define MARKED 'M'

void
key_record_name(char name[KEY_RECORD_SIZE], uid_t uid, struct slice key, int64_t now)
{
	size_t len = (size_t)snprintf(name, KEY_RECORD_SIZE, "%lld/%lu-",
	    (long long)(now / KEY_DAY_SECONDS), (unsigned long)uid);

	SHA256Data((const uint8_t *)key.data, key.len, name + len);
}

void
key_init(struct key *k)
{
	*k = (struct key){.folder = -1, .lock = -1};
}

void
key_let_go(struct key *k)
{
	io_close(k->lock);
	io_close(k->folder);
	k->lock = k->folder = -1;
}

/* A spool that was made before there were keys has no folder for them. */
static int
open_folder(struct key *k)
{
	static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

	k->folder = openat(k->spool->fd, KEY_FOLDER, flags);
	if (k->folder != -1 || errno != ENOENT)
		return k->folder == -1 ? -1 : 0;
	if ((mkdirat(k->spool->fd, KEY_FOLDER, 0700) == -1 && errno != EEXIST) ||
	    fsync(k->spool->fd) == -1)
		return -1;
	k->folder = openat(k->spool->fd, KEY_FOLDER, flags);
	return k->folder == -1 ? -1 : 0;
}

/* Without the day: the same key has the same on every day. */
static const char *
file_of(const char *name)
{
	return strchr(name, '/') + 1;
}

/*
 * Each user has octets of his own: who can stop a process of his that holds one must not keep the
 * same key of others waiting. Two keys of one user that share an octet by chance wait for each
 * other, and no more.
 */
static off_t
octet_of(const struct key *k)
{
	uint64_t uid = strtoull(file_of(k->name), NULL, 10) & UINT32_MAX;
	char digits[9] = "";

	memcpy(digits, strchr(k->name, '-') + 1, sizeof digits - 1);
	return (off_t)(uid << 31 | strtoull(digits, NULL, 16) >> 1);
}

/* Of one file, so that no record has to be there to be locked, and none is removed while it is. */
static int
lock_octet(const struct key *k, deadline until)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};

	lock.l_start = octet_of(k);
	while (fcntl(k->lock, F_OFD_SETLK, &lock) == -1) {
		static const struct timespec moment = {.tv_nsec = LOOK_MS * 1000000};

		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return -1;
		if (clock_monotonic_ms() >= until) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&moment, NULL);
	}
	return 0;
}

int
key_hold(struct key *k, struct spool *spool, struct slice name, deadline until)
{
	key_init(k);
	k->spool = spool;
	if (name.len >= sizeof k->name) {
		errno = EINVAL;
		return -1;
	}
	memcpy(k->name, name.data, name.len);
	k->name[name.len] = '\0';
	if (open_folder(k) == -1)
		return -1;
	k->lock = openat(
	    k->folder, KEY_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	return k->lock == -1 ? -1 : lock_octet(k, until);
}

struct record {
	char id[ID_SIZE];
	bool is_marked;
	uint32_t content;
};

/* What a read gives must not be taken for what was written: 1 if there is as much, 0, or -1. */
static int
is_whole(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	return st.st_size >= (off_t)RECORD_LENGTH;
}

/* The record of DAY: 1, 0 where there is none or a power cut left none, -1 with errno. */
static int
read_record(const struct key *k, int64_t day, struct record *r)
{
	char name[KEY_RECORD_SIZE + 24], text[RECORD_LENGTH + 1] = "";
	int fd, found;

	snprintf(name, sizeof name, "%lld/%s", (long long)day, file_of(k->name));
	fd = openat(k->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	found = is_whole(fd);
	if (found == 1 && io_pread(fd, text, RECORD_LENGTH, 0) == -1)
		found = -1;
	io_close(fd);
	if (found != 1)
		return found;
	if (!id_is_valid(slice_make(text, ID_LENGTH)))
		return 0;
	memcpy(r->id, text, ID_LENGTH);
	r->id[ID_LENGTH] = '\0';
	r->is_marked = text[MARK_AT] == MARKED;
	r->content = (uint32_t)strtoul(text + MARK_AT + 2, NULL, 16);
	return 1;
}

/* Makes the message on FD durable with its name: whoever wrote it may have died before he did. */
static int
sync_message(const struct key *k, int fd)
{
	return fsync(fd) == -1 ? -1 : fsync(k->spool->new_fd);
}

/*
 * ID in new/, on which somebody else may work: 1 if it is a message, 0 if it is not there or what
 * its writer left, -1.
 */
static int
look_at_it(const struct key *k, const char *id)
{
	char header[MESSAGE_HEADER_SIZE];
	int fd = openat(k->spool->new_fd, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int result = -1;
	struct stat st;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) == 0 && st.st_size < (off_t)sizeof header)
		result = 0;
	else if (io_pread(fd, header, sizeof header, 0) == 0) {
		if (message_header_is_empty(header))
			result = 0;
		else if (sync_message(k, fd) == 0)
			result = 1;
	}
	io_close(fd);
	return result;
}

/* True if new/ has ID whole: 1, 0, or -1 with errno. Its writer has ended, as the key is held. */
static int
is_there(const struct key *k, const char *id)
{
	enum claim_result found;
	struct claim c;
	int result = 0;

	found = claim_take(&c, k->spool->new_fd, id, true);
	/* that it is gone has to be certain: claim_take says so also of what it could not look at
	 */
	if (found == CLAIM_BUSY || found == CLAIM_GONE)
		return look_at_it(k, id);
	if (found == CLAIM_TAKEN)
		result = sync_message(k, c.fd) == 0 ? 1 : -1;
	else if (found == CLAIM_ERROR)
		result = -1;
	if (found == CLAIM_TAKEN || found == CLAIM_CORRUPT)
		claim_release(&c);
	/* its writer may not have told qrun, and who looked meanwhile found it claimed */
	if (result == 1)
		spool_wake(k->spool, id, -1);
	return result;
}

/* Whether what the record R of DAY promises has come: 1, 0, or -1 with errno. */
static int
has_come(const struct key *k, int64_t day, struct record *r)
{
	int result;

	if (r->is_marked)
		return 1;
	result = is_there(k, r->id);
	if (result != 0)
		return result;
	/* it may have left new/ since the record was read; then that says so now */
	result = read_record(k, day, r);
	return result == 1 ? r->is_marked : result;
}

enum key_answer
key_ask(struct key *k, int64_t lifetime)
{
	int64_t today = clock_wall_seconds() / KEY_DAY_SECONDS;
	int64_t first = today - (lifetime + KEY_DAY_SECONDS - 1) / KEY_DAY_SECONDS;

	/* tomorrow: of a moment ago, by a clock that was set back since */
	for (int64_t day = today + 1; day >= first; day--) {
		struct record r;
		int found = read_record(k, day, &r);

		if (found == 1)
			found = has_come(k, day, &r);
		if (found == -1)
			return KEY_ERROR;
		if (found == 0)
			continue;
		memcpy(k->id, r.id, sizeof k->id);
		k->content = r.content;
		return KEY_TAKEN;
	}
	return KEY_FREE;
}

/* The folder of the record's day, made where it is missing. */
static int
open_day(const struct key *k)
{
	char day[KEY_RECORD_SIZE];
	size_t len = (size_t)(file_of(k->name) - k->name) - 1;

	memcpy(day, k->name, len);
	day[len] = '\0';
	if (mkdirat(k->folder, day, 0700) == -1 && errno != EEXIST)
		return -1;
	return openat(k->folder, day, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Where one stands already, what it promised has not come, and now never will: it is written over.
 */
static int
write_record(const struct key *k, int day, const char text[RECORD_LENGTH])
{
	int fd = openat(day, file_of(k->name), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int result;

	if (fd == -1)
		return -1;
	result = io_pwrite(fd, text, RECORD_LENGTH, 0) == -1 || fsync(fd) == -1 ? -1 : 0;
	io_close(fd);
	/* another may have made the folder a moment ago, and not have synced that yet */
	return result == -1 || fsync(day) == -1 || fsync(k->folder) == -1 ? -1 : 0;
}

int
key_promise(struct key *k, const char *id, uint32_t content)
{
	char text[RECORD_LENGTH + 1];
	int day = open_day(k), result;

	if (day == -1)
		return -1;
	snprintf(text, sizeof text, "%s %c %08x\n", id, PROMISED, content);
	result = write_record(k, day, text);
	io_close(day);
	return result;
}

/* Unless it is of another message: then this one never came, for who asked by the key. */
static int
mark_record(int fd, const char *id)
{
	static const char mark = MARKED;
	char text[ID_LENGTH];

	int whole = is_whole(fd);

	if (whole != 1)
		return whole;
	if (io_pread(fd, text, sizeof text, 0) == -1)
		return -1;
	if (memcmp(text, id, sizeof text) != 0)
		return 0;
	return io_pwrite(fd, &mark, 1, MARK_AT) == -1 || fdatasync(fd) == -1 ? -1 : 0;
}

int
key_mark(int directory, struct slice record, const char *id)
{
	static const char above[] = "../" KEY_FOLDER "/";
	char name[sizeof above + KEY_RECORD_SIZE];
	int fd, result;

	if (record.len == 0 || record.len >= KEY_RECORD_SIZE)
		return 0;
	/* of all folders but those of the spool itself this leads nowhere: who is there has left */
	snprintf(name, sizeof name, "%s%.*s", above, (int)record.len, record.data);
	fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	result = mark_record(fd, id);
	io_close(fd);
	return result;
}
