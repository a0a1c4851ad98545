/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "check.h"
#include "spool/identity.h"
#include "spool/key.h"
#include "spool/make.h"

#define KEY_SUM_DIGITS 64
#define HINT_MAX ((size_t)8192) /* of a file of hosts/ */

static void
report_stray(struct check *c, const char *folder, const char *name, const char *what)
{
	char path[CHECK_PATH_SIZE];

	check_ask_person(
	    c, check_path(path, folder, name), "stray", what, "look at it and remove it");
}

/* Opens the folder NAME of FD and calls VISIT for what is in it. */
static void
go_into(struct check *c, int fd, const char *folder, const char *name,
    void (*visit)(struct check *c, int fd, const char *folder, const char *name))
{
	char path[CHECK_PATH_SIZE];
	int own = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	check_path(path, folder, name);
	if (own != -1)
		check_each(c, own, path, visit);
	else if (errno != ENOENT)
		check_failed(c, path);
	io_close(own);
}

static bool
is_hint(int fd, const char *name)
{
	char text[HINT_MAX];
	int own = openat(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = own == -1 ? -1 : read(own, text, sizeof text);
	struct slice rest = slice_make(text, n > 0 ? (size_t)n : 0);
	enum fields_result result = FIELDS_ONE;
	struct field field;

	io_close(own);
	while (n >= 0 && result == FIELDS_ONE)
		result = fields_next(&rest, '\n', &field);
	return n == -1 || result == FIELDS_END;
}

/* All of hosts/ is a hint, and may go at any time. */
static void
check_hint(struct check *c, int fd, const char *folder, const char *name)
{
	char path[CHECK_PATH_SIZE];
	int result = CHECK_ONLY_TOLD;

	if (strncmp(name, ".writing", 8) == 0 || !check_file(c, fd, folder, name) ||
	    is_hint(fd, name))
		return;
	if (c->wish->repairs)
		result = unlinkat(fd, name, 0);
	check_found(c, check_path(path, folder, name), "hint", "it cannot be read as one",
	    REMEDY_REMOVE, result);
}

static void
check_day(struct check *c, int fd, const char *folder, const char *name)
{
	uint64_t day;

	if (!slice_number(slice_of(name), INT64_MAX, &day))
		report_stray(c, folder, name, "it is no day");
	else if (check_mode(c, fd, folder, name, S_IFDIR | 0700))
		go_into(c, fd, folder, name, check_hint);
}

static void
check_report_day(struct check *c, int fd, const char *folder, const char *name)
{
	if (!ascii_is_digit(name[0]))
		report_stray(c, folder, name, "it is no day");
	else
		(void)check_file(c, fd, folder, name);
}

/* keys/DAY/: what a power cut left of a record counts as none, so its octets are not looked at. */
static void
check_key(struct check *c, int fd, const char *folder, const char *name)
{
	struct slice rest = slice_of(name), uid;
	uint64_t number;

	if (!slice_take(&rest, '-', &uid) || !slice_number(uid, UINT32_MAX, &number) ||
	    rest.len != KEY_SUM_DIGITS)
		report_stray(c, folder, name, "it is no record of a key");
	else
		(void)check_file(c, fd, folder, name);
}

static void
check_key_day(struct check *c, int fd, const char *folder, const char *name)
{
	uint64_t day;

	if (strcmp(name, KEY_LOCK) == 0)
		(void)check_file(c, fd, folder, name);
	else if (!slice_number(slice_of(name), INT64_MAX, &day))
		report_stray(c, folder, name, "it is no day");
	else if (check_mode(c, fd, folder, name, S_IFDIR | 0700))
		go_into(c, fd, folder, name, check_key);
}

/* Of what qrun or a person has put there. */
static void
check_corrupt(struct check *c, int fd, const char *folder, const char *name)
{
	char path[CHECK_PATH_SIZE];

	(void)fd;
	check_ask_person(c, check_path(path, folder, name), "corrupt", "it was set aside",
	    "look at it with less(1); 'qctl delete' with its id removes it");
}

/* True if there is a socket that nobody listens at. */
static bool
is_deserted(const struct check *c, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
	bool is_refused = true;
	struct str full;

	str_init(&full, sizeof address.sun_path - 1);
	if (str_format(&full, "%s/%s", c->spool.path, path) == -1)
		is_refused = false;
	else
		memcpy(address.sun_path, full.data, full.len + 1);
	for (size_t i = 0; is_refused && i < sizeof types / sizeof types[0]; i++) {
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		/* EPROTOTYPE: of the other type; if both refuse, nobody is there */
		is_refused = fd != -1 &&
			     connect(fd, (struct sockaddr *)&address, sizeof address) == -1 &&
			     (errno == ECONNREFUSED || errno == EPROTOTYPE);
		io_close(fd);
	}
	str_free(&full);
	return is_refused;
}

/* run/NAME/: each of them belongs to whoever runs the helper. */
static void
check_helper(struct check *c, int fd, const char *folder, const char *name)
{
	char path[CHECK_PATH_SIZE], socket_path[CHECK_PATH_SIZE + 16];
	int result = CHECK_ONLY_TOLD;
	struct stat st;

	check_path(path, folder, name);
	snprintf(socket_path, sizeof socket_path, "%s/socket", path);
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISDIR(st.st_mode)) {
		report_stray(c, folder, name, "it is no folder");
		return;
	}
	if (fstatat(c->spool.fd, socket_path, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISSOCK(st.st_mode) || !is_deserted(c, socket_path))
		return;
	if (c->wish->repairs && st.st_uid == geteuid())
		result = unlinkat(c->spool.fd, socket_path, 0);
	check_found(
	    c, socket_path, "deserted", "nobody listens at this socket", REMEDY_REMOVE, result);
}

/* The names of the spool itself that make.h does not have. */
static void
check_top(struct check *c, int fd, const char *folder, const char *name)
{
	static const struct make_part others[] = {
	    {"tls-report", S_IFDIR | 0700}, {IDENTITY_NAME, S_IFLNK | 0777}};

	for (size_t i = 0; i < make_parts_count; i++)
		if (strcmp(name, make_parts[i].name) == 0)
			return;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(name, others[i].name) == 0) {
			(void)check_mode(c, fd, folder, name, others[i].mode);
			return;
		}
	report_stray(c, folder, name, "nothing of satchel is called so");
}

void
check_rest(struct check *c)
{
	check_each(c, c->spool.fd, "", check_top);
	go_into(c, c->spool.fd, "", "hosts", check_day);
	go_into(c, c->spool.fd, "", KEY_FOLDER, check_key_day);
	go_into(c, c->spool.fd, "", "tls-report", check_report_day);
	go_into(c, c->spool.fd, "", "run", check_helper);
	go_into(c, c->spool.fd, "", "corrupt", check_corrupt);
}
