/* SPDX-License-Identifier: ISC */
/*
 * Landlock by its system calls. The kernel says which version of the interface it has; each version
 * knows more rights, and what is not known to it must not be asked for. The numbers are written out
 * as headers may be older than the kernel.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/confine_parts.h"
#include "base/io.h"

/* The same on all architectures. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH 1
#define RULE_NET_PORT 2

#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR (UINT64_C(1) << 3)
#define TRUNCATE (UINT64_C(1) << 14)
#define FIRST_RIGHTS ((UINT64_C(1) << 13) - 1) /* up to MAKE_SYM; what each version adds: */
#define SECOND_RIGHTS (UINT64_C(1) << 13)      /* REFER */
#define THIRD_RIGHTS TRUNCATE
#define FIFTH_RIGHTS (UINT64_C(1) << 15) /* IOCTL_DEV */
#define EXECUTE (UINT64_C(1) << 0)
#define IOCTL_DEVICE FIFTH_RIGHTS
#define FILE_RIGHTS (WRITE_FILE | READ_FILE | TRUNCATE)

#define CONNECT_TCP (UINT64_C(1) << 1)
#define NET_RIGHTS (UINT64_C(3)) /* BIND_TCP, CONNECT_TCP */
#define SCOPES (UINT64_C(3))	 /* abstract unix sockets; signals */

struct ruleset_attributes {
	uint64_t files, net, scoped;
};

struct path_attributes {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

struct port_attributes {
	uint64_t allowed, port;
};

static uint64_t
file_rights(int version)
{
	uint64_t rights = FIRST_RIGHTS;

	if (version >= 2)
		rights |= SECOND_RIGHTS;
	if (version >= 3)
		rights |= THIRD_RIGHTS;
	if (version >= 5)
		rights |= FIFTH_RIGHTS;
	return rights;
}

/* A kernel takes a shorter structure, and refuses one that is longer than its own. */
static size_t
attributes_size(int version)
{
	if (version >= 6)
		return sizeof(struct ruleset_attributes);
	return version >= 4 ? offsetof(struct ruleset_attributes, scoped) : sizeof(uint64_t);
}

static int
open_ruleset(int version)
{
	struct ruleset_attributes attributes = {
	    .files = file_rights(version), .net = NET_RIGHTS, .scoped = SCOPES};

	return (int)syscall(CALL_CREATE_RULESET, &attributes, attributes_size(version), 0U);
}

/* A path that is not there, or that we may not reach, needs no rule. */
static int
allow_path(int ruleset, const char *path, uint64_t rights)
{
	struct path_attributes rule = {.parent = open(path, O_PATH | O_CLOEXEC)};
	struct stat status;
	int result = 0;

	if (rule.parent == -1)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -1 : 0;
	if (fstat(rule.parent, &status) == 0) {
		rule.allowed = S_ISDIR(status.st_mode) ? rights : rights & FILE_RIGHTS;
		result = (int)syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0U);
	}
	io_close(rule.parent);
	return result;
}

static int
allow_ports(const struct confine *c, int ruleset)
{
	for (size_t i = 0; i < c->port_count; i++) {
		struct port_attributes rule = {.allowed = CONNECT_TCP, .port = c->ports[i]};

		if (syscall(CALL_ADD_RULE, ruleset, RULE_NET_PORT, &rule, 0U) == -1)
			return -1;
	}
	return 0;
}

static int
fill(const struct confine *c, int ruleset, int version)
{
	for (size_t i = 0; i < c->readable_count; i++)
		if (allow_path(ruleset, c->readable[i], READ_FILE | READ_DIR) == -1)
			return -1;
	for (size_t i = 0; i < c->writable_count; i++)
		if (allow_path(ruleset, c->writable[i],
			file_rights(version) & ~(EXECUTE | IOCTL_DEVICE)) == -1)
			return -1;
	return version >= 4 ? allow_ports(c, ruleset) : 0;
}

int
confine_landlock(const struct confine *c)
{
	int version = (int)syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
	int ruleset, result;

	if (version < 1)
		return -1;
	ruleset = open_ruleset(version);
	if (ruleset == -1)
		return -1;
	result = fill(c, ruleset, version);
	if (result == 0)
		result = (int)syscall(CALL_RESTRICT_SELF, ruleset, 0U);
	io_close(ruleset);
	return result == 0 ? version : -1;
}
