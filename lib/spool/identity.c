/* SPDX-License-Identifier: ISC */
#include "spool/identity.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"

#define DIGITS ((size_t)32)

bool
identity_is_valid(struct slice text)
{
	if (text.len == 0 || text.len >= IDENTITY_SIZE)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_digit(text.data[i]) && text.data[i] != '.' &&
		    (text.data[i] < 'a' || text.data[i] > 'z'))
			return false;
	return true;
}

int
identity_read(struct spool *s, char text[IDENTITY_SIZE])
{
	char target[DIGITS + 1];
	struct stat st;
	ssize_t len;

	text[0] = '\0';
	if (fstatat(s->fd, IDENTITY_NAME, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0
				       : spool_problem(s, "unable to look at %s/%s: %s", s->path,
					     IDENTITY_NAME, strerror(errno));
	len = readlinkat(s->fd, IDENTITY_NAME, target, sizeof target);
	if (len != (ssize_t)DIGITS || !identity_is_valid(slice_make(target, DIGITS))) {
		if (len != -1)
			errno = EINVAL;
		return spool_problem(s,
		    "%s/%s is not what 'qctl export' makes: look at it and remove it", s->path,
		    IDENTITY_NAME);
	}
	snprintf(text, IDENTITY_SIZE, "%.*s.%" PRIu64, (int)DIGITS, target, (uint64_t)st.st_ino);
	return 0;
}

/* A symbolic link is there with all that it says, or not at all, whoever else makes it now. */
int
identity_make(struct spool *s, char text[IDENTITY_SIZE])
{
	unsigned char octets[DIGITS / 2];
	char target[DIGITS + 1];

	if (identity_read(s, text) == -1)
		return -1;
	if (text[0] != '\0')
		return 0;
	random_bytes(octets, sizeof octets);
	for (size_t i = 0; i < sizeof octets; i++)
		snprintf(target + 2 * i, 3, "%02x", octets[i]);
	if ((symlinkat(target, s->fd, IDENTITY_NAME) == -1 && errno != EEXIST) ||
	    fsync(s->fd) == -1)
		return spool_problem(
		    s, "unable to make %s/%s: %s", s->path, IDENTITY_NAME, strerror(errno));
	return identity_read(s, text);
}
