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
	p->base = step->in_home ? plan->home : AT_FDCWD;
	str_init(&p->path, DELIVER_PATH_MAX);
	str_init(&p->name, DELIVER_PATH_MAX * 2);
	if (str_add_slice(&p->path, step->value) == -1 ||
	    (step->in_home && str_format(&p->name, "%s/", plan->home_path.data) == -1) ||
	    str_add_slice(&p->name, step->value) == -1) {
		place_close(p);
		return outcome_errno(o, "unable to name the mailbox");
	}
	outcome_try(o, step->kind == PLAN_MAILDIR ? "maildir" : "mbox", str_slice(&p->name));
	while (ends_with_slash(&p->path))
		str_truncate(&p->path, p->path.len - 1);
	return 0;
}

void
place_close(struct place *p)
{
	str_free(&p->path);
	str_free(&p->name);
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
