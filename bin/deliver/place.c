/* SPDX-License-Identifier: ISC */
#include "place.h"

#include <fcntl.h>
#include <unistd.h>

#include "courier.h"
#include "mailbox/check.h"

static bool
ends_with_slash(const struct str *s)
{
	return s->len > 0 && s->data[s->len - 1] == '/';
}

int
place_open(
    const struct plan *plan, const struct plan_step *step, struct place *p, struct outcome *o)
{
	struct str name;

	p->base = step->in_home ? plan->home : AT_FDCWD;
	str_init(&p->path, DELIVER_PATH_MAX);
	if (str_add_slice(&p->path, step->value) == -1) {
		place_close(p);
		return outcome_errno(o, "unable to name the mailbox");
	}
	str_init(&name, DELIVER_PATH_MAX * 2);
	if (step->in_home)
		(void)str_format(&name, "%s/", plan->home_path.data);
	(void)str_add_slice(&name, step->value);
	outcome_try(o, step->kind == PLAN_MAILDIR ? "maildir" : "mbox", str_slice(&name));
	str_free(&name);
	while (ends_with_slash(&p->path))
		str_truncate(&p->path, p->path.len - 1);
	return 0;
}

void
place_close(struct place *p)
{
	str_free(&p->path);
}

int
place_check_folder(int fd, const char *path, struct outcome *o)
{
	struct mailbox_fault fault;

	return mailbox_check_folder(fd, path, &fault) == -1 ? outcome_fault(o, &fault) : 0;
}

int
place_check_file(const struct stat *st, const char *path, struct outcome *o)
{
	struct mailbox_fault fault;

	return mailbox_check_file(st, path, &fault) == -1 ? outcome_fault(o, &fault) : 0;
}
