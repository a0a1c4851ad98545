/* SPDX-License-Identifier: ISC */
#include "mailbox/maildir_name.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define HOST_MAX 100 /* octets in a file name, which has 255 in all */

int
maildir_name_add(struct str *name, uint64_t count, struct slice host)
{
	int64_t now = clock_wall_us();

	if (str_format(name, "%lld.M%06lldP%ldQ%llu.", (long long)(now / 1000000),
		(long long)(now % 1000000), (long)getpid(), (unsigned long long)count) == -1)
		return -1;
	for (size_t i = 0, start = name->len; i < host.len && name->len - start < HOST_MAX; i++) {
		char byte = host.data[i];
		int added = byte == '/'	  ? str_add_text(name, "\\057")
			    : byte == ':' ? str_add_text(name, "\\072")
			    : byte == ',' ? str_add_text(name, "\\054")
					  : str_add_char(name, byte);

		if (added == -1)
			return -1;
	}
	return 0;
}

int
maildir_name_add_sizes(struct str *name, uint64_t octets, uint64_t wire_octets)
{
	return str_format(
	    name, ",S=%llu,W=%llu", (unsigned long long)octets, (unsigned long long)wire_octets);
}

struct slice
maildir_name_base(struct slice name)
{
	name.len = slice_find(name, ':');
	return name;
}

/* The last part of that name counts: what a host is called cannot pass for one. */
static bool
find_size(struct slice name, const char *key, uint64_t *octets)
{
	struct slice base = maildir_name_base(name);

	for (;;) {
		size_t comma = slice_find_last(base, ',');
		struct slice part = slice_skip(base, comma + 1);

		if (comma == base.len)
			return false;
		if (slice_starts(part, key))
			return slice_number(slice_skip(part, strlen(key)), INT64_MAX, octets);
		base.len = comma;
	}
}

bool
maildir_name_size(struct slice name, uint64_t *octets)
{
	return find_size(name, "S=", octets);
}

bool
maildir_name_wire_size(struct slice name, uint64_t *octets)
{
	return find_size(name, "W=", octets);
}
