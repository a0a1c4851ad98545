/* SPDX-License-Identifier: ISC */
/*
 * The cache: a file for each domain in run/mta-sts/cache of the spool (mta-sts(8), FILES). It is
 * written beside itself and renamed, so whoever reads sees a whole one; what a power cut leaves
 * instead, its checksum tells.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/fields.h"
#include "base/io.h"
#include "mta_sts.h"
#include "net/listen.h"
#include "spool/spool.h"

#define FILE_MAX (STS_ANSWER_MAX + 4096)
#define HEAD "mta-sts1 "
#define HEAD_LENGTH (sizeof HEAD - 1 + 8 + 1) /* with the checksum and a line feed */
#define NAME_SIZE 256
#define LOCKS (1 << 20)
#define LOCK_POLL_MS 50
#define LEFTOVER_SECONDS 3600

static int
open_folder(const char *name)
{
	struct str path;
	int fd = -1;

	str_init(&path, PATH_MAX);
	if (str_format(&path, "%s/run/" PROGRAM "%s", spool_path(), name) == 0)
		fd = listen_open_folder(path.data);
	str_free(&path);
	return fd;
}

void
cache_open(struct server *s)
{
	struct stat st;
	int folder = open_folder("");

	s->cache_fd = s->lock_fd = -1;
	if (folder == -1)
		return;
	io_close(folder);
	s->cache_fd = open_folder("/cache");
	if (s->cache_fd == -1)
		return;
	if (fstat(s->cache_fd, &st) == 0 && st.st_uid == geteuid() &&
	    fchmod(s->cache_fd, 0700) == 0)
		s->lock_fd =
		    openat(s->cache_fd, ".lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock_fd == -1)
		cache_close(s); /* another's: what is in it need not be true */
}

void
cache_close(struct server *s)
{
	io_close(s->cache_fd);
	io_close(s->lock_fd);
	s->cache_fd = s->lock_fd = -1;
}

/* DOMAIN as the name of its file: lower case, and no dot in front (sts_is_domain). */
static bool
name_file(char name[NAME_SIZE], struct slice domain)
{
	if (!sts_is_domain(domain) || domain.len >= NAME_SIZE)
		return false;
	for (size_t i = 0; i < domain.len; i++)
		name[i] = ascii_lower(domain.data[i]);
	name[domain.len] = '\0';
	return true;
}

static int
read_file(int folder, const char *name, struct str *content)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int result = -1;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (size_t)st.st_size <= FILE_MAX && str_reserve(content, (size_t)st.st_size) == 0 &&
	    io_pread(fd, content->data, (size_t)st.st_size, 0) == 0) {
		content->len = (size_t)st.st_size;
		content->data[content->len] = '\0';
		result = 0;
	}
	io_close(fd);
	return result;
}

static bool
check_head(struct slice content, struct slice *rest)
{
	char head[HEAD_LENGTH + 1];

	if (content.len < HEAD_LENGTH)
		return false;
	*rest = slice_skip(content, HEAD_LENGTH);
	snprintf(
	    head, sizeof head, HEAD "%08lx\n", (unsigned long)crc32c(0, rest->data, rest->len));
	return memcmp(content.data, head, HEAD_LENGTH) == 0;
}

static bool
take_text(struct slice value, char *out, size_t size)
{
	if (value.len >= size)
		return false;
	memcpy(out, value.data, value.len);
	out[value.len] = '\0';
	return true;
}

static bool
take_time(struct slice value, int64_t *time)
{
	uint64_t number;

	if (!slice_number(value, INT64_MAX / 2, &number))
		return false;
	*time = (int64_t)number;
	return true;
}

static bool
take_field(struct entry *e, const struct field *f, struct slice domain, struct str *policy)
{
	switch (f->letter) {
	case 'D':
		return slice_equal_nocase(f->value, domain);
	case 'I':
		return take_text(f->value, e->policy.id, sizeof e->policy.id);
	case 'E':
		return take_time(f->value, &e->policy.expires);
	case 'T':
		return take_time(f->value, &e->fetched);
	case 'U':
		return take_time(f->value, &e->used);
	case 'C':
		return take_time(f->value, &e->check_at);
	case 'F':
		return take_text(f->value, e->failure, sizeof e->failure);
	case 'J':
		return take_text(f->value, e->failed_id, sizeof e->failed_id);
	case 'R':
		return take_time(f->value, &e->retry_at);
	case 'N':
		return slice_number(f->value, UINT32_MAX, &e->failures);
	case 'W':
		return str_add_slice(&e->reason, f->value) == 0;
	case 'L':
		return str_add_slice(policy, f->value) == 0 && str_add_char(policy, '\n') == 0;
	default:
		return false;
	}
}

static bool
take_fields(struct entry *e, struct slice rest, struct slice domain)
{
	enum fields_result more;
	struct str policy, problem;
	struct field field;
	bool is_good = true;

	str_init(&policy, STS_ANSWER_MAX);
	str_init(&problem, PROBLEM_MAX);
	while (is_good && (more = fields_next(&rest, '\n', &field)) != FIELDS_END)
		is_good = more == FIELDS_ONE && take_field(e, &field, domain, &policy);
	if (is_good && policy.len > 0)
		is_good = sts_policy_parse(&e->policy, str_slice(&policy), &problem) == 0;
	else
		e->policy.expires = 0;
	str_free(&policy);
	str_free(&problem);
	return is_good;
}

bool
cache_read(const struct server *s, struct slice domain, struct entry *e)
{
	char name[NAME_SIZE];
	struct slice fields;
	struct str content;
	bool is_good;

	entry_free(e);
	entry_init(e);
	if (s->cache_fd == -1 || !name_file(name, domain))
		return false;
	str_init(&content, FILE_MAX);
	is_good = read_file(s->cache_fd, name, &content) == 0 &&
		  check_head(str_slice(&content), &fields) && take_fields(e, fields, domain);
	str_free(&content);
	if (!is_good) {
		entry_free(e);
		entry_init(e);
	}
	return is_good;
}

static int
add_policy(struct str *out, const struct entry *e)
{
	struct slice rest, line;
	struct str text;
	int result;

	str_init(&text, STS_ANSWER_MAX);
	result = sts_policy_add_text(&text, &e->policy);
	rest = str_slice(&text);
	while (result == 0 && slice_take(&rest, '\n', &line))
		result = fields_add(out, 'L', line, '\n');
	str_free(&text);
	return result;
}

static int
add_fields(struct str *out, struct slice domain, const struct entry *e)
{
	const struct {
		char letter;
		int64_t value;
	} times[] = {{'U', e->used}, {'C', e->check_at}, {'R', e->retry_at},
	    {'N', (int64_t)e->failures}, {'E', e->policy.expires}, {'T', e->fetched}};
	size_t count = sizeof times / sizeof times[0] - (e->policy.expires == 0 ? 2 : 0);

	if (fields_add(out, 'D', domain, '\n') == -1)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (fields_add_number(out, times[i].letter, times[i].value, '\n') == -1)
			return -1;
	if (e->failure[0] != '\0' && (fields_add(out, 'F', slice_of(e->failure), '\n') == -1 ||
					 fields_add(out, 'J', slice_of(e->failed_id), '\n') == -1 ||
					 fields_add(out, 'W', str_slice(&e->reason), '\n') == -1))
		return -1;
	if (e->policy.expires == 0)
		return 0;
	return fields_add(out, 'I', slice_of(e->policy.id), '\n') == -1 ? -1 : add_policy(out, e);
}

/* Two of one domain at once do not meet: each has a name of its own until it is whole. */
static int
replace_file(const struct server *s, const char *name, struct slice head, struct slice rest)
{
	struct iovec pieces[2] = {{.iov_base = (void *)(uintptr_t)head.data, .iov_len = head.len},
	    {.iov_base = (void *)(uintptr_t)rest.data, .iov_len = rest.len}};
	char beside[32];
	int fd, result = -1;

	snprintf(beside, sizeof beside, ".%ld", (long)getpid());
	fd = openat(
	    s->cache_fd, beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (io_writev(fd, pieces, 2, DEADLINE_NEVER) == 0)
		result = 0;
	if (close(fd) == -1)
		result = -1;
	if (result == 0)
		result = renameat(s->cache_fd, beside, s->cache_fd, name);
	if (result == -1) {
		int error = errno;

		(void)unlinkat(s->cache_fd, beside, 0);
		errno = error;
	}
	return result;
}

int
cache_write(const struct server *s, struct slice domain, const struct entry *e)
{
	char name[NAME_SIZE], head[HEAD_LENGTH + 1];
	struct str fields;
	int result = -1;

	if (s->cache_fd == -1 || !name_file(name, domain)) {
		errno = EROFS;
		return -1;
	}
	str_init(&fields, FILE_MAX - HEAD_LENGTH);
	if (add_fields(&fields, domain, e) == 0) {
		snprintf(head, sizeof head, HEAD "%08lx\n",
		    (unsigned long)crc32c(0, fields.data, fields.len));
		result = replace_file(s, name, slice_of(head), str_slice(&fields));
	}
	str_free(&fields);
	return result;
}

void
cache_remove(const struct server *s, struct slice domain)
{
	char name[NAME_SIZE];

	if (s->cache_fd != -1 && name_file(name, domain))
		(void)unlinkat(s->cache_fd, name, 0);
}

/*
 * An octet of the lock file stands for the domain, and for a few others that wait with it. The
 * descriptor is opened anew: a lock of an open file would be shared with forked children.
 */
int
cache_lock(const struct server *s, struct slice domain, deadline until)
{
	char name[NAME_SIZE];
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1};
	int fd;

	if (s->cache_fd == -1 || !name_file(name, domain))
		return -1;
	fd = openat(s->cache_fd, ".lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	lock.l_start = (off_t)(crc32c(0, name, strlen(name)) % LOCKS);
	while (fcntl(fd, F_OFD_SETLK, &lock) == -1) {
		struct timespec pause = {.tv_nsec = LOCK_POLL_MS * 1000000L};

		if ((errno != EAGAIN && errno != EACCES && errno != EINTR) ||
		    deadline_poll_ms(until) == 0) {
			io_close(fd);
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}
	return fd;
}

/* What a process that was killed left beside its file. */
static void
remove_leftover(const struct server *s, const char *name)
{
	struct stat st;

	if (name[1] >= '0' && name[1] <= '9' &&
	    fstatat(s->cache_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtime < clock_wall_seconds() - LEFTOVER_SECONDS)
		(void)unlinkat(s->cache_fd, name, 0);
}

int
cache_each(const struct server *s, void (*visit)(void *context, struct slice domain), void *context)
{
	int fd = openat(s->cache_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *one;

	if (folder == NULL) {
		io_close(fd);
		return -1;
	}
	while ((one = readdir(folder)) != NULL) {
		if (one->d_name[0] == '.')
			remove_leftover(s, one->d_name);
		else if (sts_is_domain(slice_of(one->d_name)))
			visit(context, slice_of(one->d_name));
	}
	closedir(folder);
	return 0;
}
