/* SPDX-License-Identifier: ISC */
#include "conf/routes_stamp.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>

#include "base/siphash.h"

#define NAME_LEN_MAX 32

/* A number of FILE; 0 if there is none. */
static uint64_t
stamp_file(int folder, const char *file)
{
	static const unsigned char key[SIPHASH_KEY_OCTETS]; /* nobody aims at it */
	struct stat st;
	uint64_t parts[6];

	if (fstatat(folder, file, &st, 0) == -1)
		return 0;
	parts[0] = (uint64_t)st.st_dev;
	parts[1] = (uint64_t)st.st_ino;
	parts[2] = (uint64_t)st.st_size;
	parts[3] = (uint64_t)st.st_mtim.tv_sec;
	parts[4] = (uint64_t)st.st_mtim.tv_nsec;
	parts[5] = (uint64_t)st.st_mode << 32 | st.st_uid;
	return siphash(key, slice_make((const char *)parts, sizeof parts));
}

uint64_t
routes_stamp(const struct control *c)
{
	static const char *const names[] = {"me", "locals", "virtual", "domains", "users",
	    "aliases", "lists", "relaydomains", "routes", "lmtpdomains", "senderroutes", "roles",
	    "extensions", "mailuser", "programuser", "srs", "srs-keys", "idn"};
	uint64_t stamp = stamp_file(AT_FDCWD, "/etc/aliases");

	for (size_t i = 0; c->fd != -1 && i < sizeof names / sizeof names[0]; i++) {
		char compiled[NAME_LEN_MAX];

		(void)snprintf(compiled, sizeof compiled, "%s.cdb", names[i]);
		stamp = stamp * 31 + stamp_file(c->fd, names[i]);
		stamp = stamp * 31 + stamp_file(c->fd, compiled);
	}
	return stamp;
}
