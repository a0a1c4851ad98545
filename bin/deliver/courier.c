/* SPDX-License-Identifier: ISC */
#include "courier.h"

#include <errno.h>
#include <stdlib.h>

#include "conf/control.h"
#include "mailbox/maildir_name.h"

#ifndef SATCHEL_SPOOL_DIR
#error "SATCHEL_SPOOL_DIR names the default spool"
#endif

#define LINE_MAX_OCTETS ((size_t)1000)

/* Keeps errno; words that cannot be kept are left out. */
static int
tell(struct str *problem, const char *what, const char *path)
{
	int saved = errno;

	(void)str_add_text(problem, what);
	(void)str_add_text(problem, path);
	errno = saved;
	return -1;
}

/* A path below the home: relative, and nothing that leads up again. */
static bool
is_below_home(struct slice path)
{
	struct slice rest = path, part;

	if (path.len == 0 || path.data[0] == '/' || slice_has_control(path))
		return false;
	while (slice_take(&rest, '/', &part))
		if (slice_is(part, "..") || slice_is(part, "."))
			return false;
	return true;
}

static int
read_mailbox(struct courier *c, const struct control *control, struct str *problem)
{
	if (control_line_or(control, "mailbox", CONTROL_MAILBOX, &c->mailbox) == -1)
		return tell(problem, "unable to read the control file mailbox in ", control->path);
	if (is_below_home(str_slice(&c->mailbox)))
		return 0;
	(void)str_format(problem, "%s/mailbox must be a relative path without . and ..: \"%s\"",
	    control->path, c->mailbox.data);
	errno = EINVAL;
	return -1;
}

/* "forward", "qmail", or both. */
static int
parse_files(struct courier *c, struct slice words)
{
	struct slice word;
	size_t count = 0;

	for (; slice_word(&words, &word); count++) {
		enum courier_files kind = slice_is(word, "forward") ? COURIER_FILES_FORWARD
					  : slice_is(word, "qmail") ? COURIER_FILES_QMAIL
								    : COURIER_FILES_NONE;

		if (count == COURIER_FILES_MAX || kind == COURIER_FILES_NONE ||
		    (count > 0 && c->files[0] == kind))
			return -1;
		c->files[count] = kind;
	}
	return 0;
}

static int
read_files(struct courier *c, const struct control *control, struct str *problem)
{
	struct str line;
	int found;

	str_init(&line, LINE_MAX_OCTETS);
	found = control_line(control, "forwardfiles", &line);
	c->files[0] = COURIER_FILES_FORWARD;
	if (found == -1)
		(void)tell(
		    problem, "unable to read the control file forwardfiles in ", control->path);
	else if (found == 1 && !slice_is(str_slice(&line), "none")) {
		c->files[0] = COURIER_FILES_NONE;
		if (parse_files(c, str_slice(&line)) == -1) {
			(void)str_format(problem,
			    "%s/forwardfiles: \"forward\", \"qmail\", both or \"none\" is "
			    "expected",
			    control->path);
			errno = EINVAL;
			found = -1;
		}
	} else if (found == 1)
		c->files[0] = COURIER_FILES_NONE;
	str_free(&line);
	return found == -1 ? -1 : 0;
}

static int
read_control(struct courier *c, struct str *problem)
{
	struct control control;
	int result;

	if (control_open(&control) == -1)
		return tell(problem, "unable to open the control directory ", control.path);
	result = read_mailbox(c, &control, problem);
	if (result == 0)
		result = stores_read(&c->stores, &control, problem);
	if (result == 0)
		result = extensions_read(&c->extensions, &control, problem);
	if (result == 0)
		result = read_files(c, &control, problem);
	if (result == 0 && limits_read(&c->limits, &control, problem) == -1)
		result =
		    problem->len > 0
			? -1
			: tell(problem, "unable to read the control file limits in ", control.path);
	if (result == 0 && control_me(&control, &c->me) == -1)
		result = tell(problem, "unable to read the control file me in ", control.path);
	control_close(&control);
	return result;
}

int
courier_open(struct courier *c, struct str *problem)
{
	const char *spool = getenv("SATCHEL_SPOOL");

	*c = (struct courier){.relative = false};
	str_init(&c->me, LINE_MAX_OCTETS);
	str_init(&c->mailbox, LINE_MAX_OCTETS);
	str_init(&c->postmaster, DELIVER_PATH_MAX);
	str_init(&c->scratch, CONTENT_BLOCK * 3);
	content_init(&c->content);
	content_init(&c->wire);
	submit_init(&c->submit);
	listed_init(&c->listed);
	if (spool == NULL || *spool == '\0')
		spool = SATCHEL_SPOOL_DIR;
	if (str_format(&c->postmaster, "%s/postmaster/", spool) == -1)
		return tell(problem, "unable to use the spool ", spool);
	return read_control(c, problem);
}

void
courier_close(struct courier *c)
{
	listed_free(&c->listed);
	routes_free(c->routes);
	submit_free(&c->submit);
	content_free(&c->content);
	content_free(&c->wire);
	str_free(&c->scratch);
	str_free(&c->postmaster);
	str_free(&c->mailbox);
	str_free(&c->me);
}

int
courier_unique_name(struct courier *c, struct str *name)
{
	return maildir_name_add(name, ++c->count, str_slice(&c->me));
}

int
courier_check_content(const struct courier *c, struct outcome *o)
{
	if (c->converted == CONVERT_POSSIBLE)
		return 0;
	return outcome_fail(o, c->converted == CONVERT_NO_MEMORY ? JOB_TEMPORARY : JOB_PERMANENT,
	    convert_code(c->converted),
	    "the message is binary, which no mailbox holds, and cannot be converted: %s",
	    convert_reason(c->converted));
}
