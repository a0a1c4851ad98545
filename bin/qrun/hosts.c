/* SPDX-License-Identifier: ISC */
#include "hosts.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fields.h"
#include "base/io.h"

#define FILE_MAX ((size_t)8192)
#define KEPT_SECONDS ((int64_t)24 * 60 * 60) /* behind the last failure */

/*
 * The file's name is the destination, letters, digits and .-:_ as they are, all other octets as
 * =HH; one that would be too long for a name is not kept.
 */
static int
file_name(const struct destination *d, struct str *name)
{
	for (const char *c = d->address; *c != '\0'; c++) {
		bool plain = ascii_is_alpha(*c) || ascii_is_digit(*c) || *c == '-' || *c == ':' ||
			     *c == '_' || (*c == '.' && c != d->address);

		if ((plain ? str_add_char(name, *c)
			   : str_format(name, "=%02X", (unsigned)(unsigned char)*c)) == -1)
			return -1;
	}
	return 0;
}

static void
take_fields(struct destination *d, struct slice text)
{
	struct field field;
	uint64_t until;

	while (fields_next(&text, '\n', &field) == FIELDS_ONE) {
		struct str *kept = field.letter == 'C'	 ? &d->dead_code
				   : field.letter == 'Y' ? &d->dead_relay
				   : field.letter == 'X' ? &d->dead_reply
							 : NULL;

		if (field.letter == 'U' && slice_number(field.value, INT64_MAX, &until))
			d->dead_until = (int64_t)until;
		else if (kept != NULL) {
			str_clear(kept);
			(void)str_add_slice(kept, field.value);
		}
	}
}

void
hosts_clean(struct qrun *q)
{
	int64_t now = clock_wall_seconds();
	int fd = openat(q->hosts_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (fstatat(q->hosts_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && now - st.st_mtime > KEPT_SECONDS &&
		    unlinkat(q->hosts_fd, entry->d_name, 0) == -1)
			break; /* another time */
	if (dir != NULL)
		closedir(dir);
	else
		io_close(fd);
}

void
hosts_read(struct qrun *q, struct destination *d)
{
	char text[FILE_MAX];
	struct str name;
	ssize_t n = -1;
	int fd = -1;

	str_init(&name, NAME_MAX);
	if (file_name(d, &name) == 0)
		fd = openat(q->hosts_fd, name.data, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1)
		n = read(fd, text, sizeof text);
	if (n > 0)
		take_fields(d, slice_make(text, (size_t)n));
	io_close(fd);
	str_free(&name);
}

static int
write_file(struct qrun *q, const char *name, struct slice text)
{
	/* one name for all: a second qrun that writes at once replaces one hint by another */
	static const char temporary[] = ".writing";
	int fd = openat(q->hosts_fd, temporary,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	int result;

	if (fd == -1)
		return -1;
	result = io_pwrite(fd, text.data, text.len, 0);
	io_close(fd);
	return result == -1 ? -1 : renameat(q->hosts_fd, temporary, q->hosts_fd, name);
}

void
hosts_write(struct qrun *q, const struct destination *d)
{
	struct str name, text;

	str_init(&name, NAME_MAX);
	str_init(&text, FILE_MAX);
	if (file_name(d, &name) == 0 && fields_add_number(&text, 'U', d->dead_until, '\n') == 0 &&
	    fields_add(&text, 'C', str_slice(&d->dead_code), '\n') == 0 &&
	    fields_add(&text, 'Y', str_slice(&d->dead_relay), '\n') == 0 &&
	    fields_add(&text, 'X', str_slice(&d->dead_reply), '\n') == 0 &&
	    write_file(q, name.data, str_slice(&text)) == -1)
		errno = 0; /* a hint less */
	str_free(&name);
	str_free(&text);
}

void
hosts_forget(struct qrun *q, const struct destination *d)
{
	struct str name;

	str_init(&name, NAME_MAX);
	if (file_name(d, &name) == 0 && unlinkat(q->hosts_fd, name.data, 0) == -1)
		errno = 0; /* a hint too many: it is over by its time */
	str_free(&name);
}
