/* SPDX-License-Identifier: ISC */
#include "conf/routes_stamp.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
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

void
routes_watch_start(struct routes_watch *w, const struct control *c)
{
	w->stamp = routes_stamp(c);
	w->looked_ms = clock_monotonic_ms();
	w->is_late = false;
}

static int
read_again(struct routes **r, struct routes_watch *w, const struct control *c, struct str *problem)
{
	struct routes *fresh = routes_open(c, problem);

	w->is_late = fresh == NULL || (w->must_wrap && !routes_can_wrap(fresh));
	if (!w->is_late) {
		routes_free(*r);
		*r = fresh;
		return 1;
	}
	if (problem->len == 0)
		(void)str_add_text(problem,
		    fresh == NULL ? strerror(errno) : "srs-keys: not to be read by this user");
	if (fresh != NULL)
		routes_free(fresh);
	return -1;
}

int
routes_refresh(struct routes **r, struct routes_watch *w, int64_t ms, struct str *problem)
{
	int64_t now = clock_monotonic_ms();
	struct control control;
	uint64_t stamp;
	int result = 0;

	if (now - w->looked_ms < ms)
		return 0;
	w->looked_ms = now;
	if (control_open(&control) == -1)
		return 0;
	stamp = routes_stamp(&control);
	if (stamp != w->stamp) {
		w->stamp = stamp;
		result = read_again(r, w, &control, problem);
	}
	control_close(&control);
	return result;
}
