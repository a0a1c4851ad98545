/* SPDX-License-Identifier: ISC */
#include "base/confine.h"

#include <sys/prctl.h>

#include <errno.h>

#include "base/confine_parts.h"

void
confine_read(struct confine *c, const char *path)
{
	if (c->readable_count < CONFINE_PATHS_MAX)
		c->readable[c->readable_count++] = path;
}

void
confine_write(struct confine *c, const char *path)
{
	if (c->writable_count < CONFINE_PATHS_MAX)
		c->writable[c->writable_count++] = path;
}

/*
 * Folders, as a rule holds for the file that has the name now, and passwd is replaced by another
 * whenever a user is added. What is secret in them is so by its mode.
 */
void
confine_read_users(struct confine *c)
{
	static const char *const paths[] = {"/etc", "/usr", "/lib", "/lib64", "/run", "/var/run",
	    "/var/lib/sss", "/var/lib/extrausers", "/var/lib/misc", "/var/db", "/dev/null",
	    "/dev/urandom"};

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		confine_read(c, paths[i]);
}

void
confine_port(struct confine *c, uint16_t port)
{
	if (c->port_count < CONFINE_PORTS_MAX)
		c->ports[c->port_count++] = port;
}

int
confine_apply(const struct confine *c, struct confine_done *done)
{
	struct confine policy = *c;
	int version;

	if (CONFINE_IS_INSTRUMENTED)
		confine_read(&policy, "/proc");
	*done = (struct confine_done){.landlock = 0};
	if ((!CONFINE_IS_INSTRUMENTED && prctl(PR_SET_DUMPABLE, 0) == -1) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
		done->landlock_error = done->seccomp_error = errno;
		return -1;
	}
	version = confine_landlock(&policy);
	if (version == -1)
		done->landlock_error = errno;
	else
		done->landlock = version;
	if (version != -1 && c->calls == CONFINE_SAME) {
		done->seccomp = true;
		return 0;
	}
	done->seccomp = confine_seccomp(c->calls) == 0;
	if (!done->seccomp)
		done->seccomp_error = errno;
	return done->seccomp && version != -1 ? 0 : -1;
}
