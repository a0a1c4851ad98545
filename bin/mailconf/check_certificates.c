/* SPDX-License-Identifier: ISC */
/* The certificates of this host: that tlsd can read them, and that clients will take them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "net/tls_certificates_check.h"

#define DAYS_SOON 14

/* tlsd -w reads keys as root first; renewed ones it reads as its own user. */
static void
check_readers(struct checks *k, const struct tls_certificates *all)
{
	struct who who;

	who_service(k, &who, "satchel-tlsd");
	for (size_t i = 0; who.is_found && i < all->table.count; i++)
		for (size_t j = 0; j < all->names[i].file_count; j++) {
			const char *path = tls_certificates_path(all, i, j);

			if (who_can(k, &who, path, R_OK) == CANNOT)
				finding(k, FINDING_ERROR, "certificates",
				    table_line(&all->table, &all->table.entries[i]),
				    "%s cannot read %s (%s); give it the right by a group, or "
				    "there "
				    "is no TLS",
				    who.name, path, strerror(errno));
		}
}

static void
check_pairs(struct checks *k, struct tls_certificates *all, size_t i)
{
	size_t line = table_line(&all->table, &all->table.entries[i]);
	struct slice name = all->names[i].name;
	struct str problem;
	enum tls_certificates_state state;

	if (slice_is(name, "*"))
		name = str_slice(&k->tables.me);
	str_init(&problem, 4096);
	state = tls_certificates_check(all, i, name, DAYS_SOON, &problem);
	if (state == TLS_CERTIFICATES_WRONG)
		finding(k, FINDING_ERROR, "certificates", line, "%s", problem.data);
	else if (state == TLS_CERTIFICATES_UNREADABLE)
		finding(k, FINDING_UNKNOWN, "certificates", line, "%s; run mailconf check as root",
		    problem.data);
	else if (state == TLS_CERTIFICATES_DOUBTFUL)
		finding(k, FINDING_WARNING, "certificates", line, "%s", problem.data);
	str_free(&problem);
}

void
check_certificates(struct checks *k)
{
	struct tls_certificates all;
	struct str problem;
	int result;

	str_init(&problem, 4096);
	result = tls_certificates_read(&all, k->control, &problem);
	if (result == 0) {
		check_readers(k, &all);
		for (size_t i = 0; i < all.table.count; i++)
			check_pairs(k, &all, i);
	} else if (k->control->fd != -1 && faccessat(k->control->fd, "certificates", R_OK, 0) == 0)
		finding(k, FINDING_ERROR, "", 0, "%s", problem.data);
	tls_certificates_free(&all);
	str_free(&problem);
}
