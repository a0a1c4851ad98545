/* SPDX-License-Identifier: ISC */
#include "store.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h> /* renameat */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "conf/compile.h"
#include "mailuser.h"

#define WRITE_SECONDS 600
#define AUTHD_USER "satchel-authd"

void
store_lock(const struct control *c)
{
	if (c->fd == -1)
		die(PROGRAM, EXIT_PERMANENT, "there is no %s: 'mkdir %s' makes it", c->path,
		    c->path);
	if (control_lock(c) != -1) /* held until the program ends */
		return;
	if (errno == EWOULDBLOCK)
		die(PROGRAM, EXIT_TEMPORARY, "another mailuser is at work in %s", c->path);
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to lock %s/%s", c->path, CONTROL_LOCK);
}

/* A text that is compiled is not looked at by those who deliver. */
void
store_compile(const struct control *c, const char *name)
{
	struct str compiled, problems;
	size_t count;

	str_init(&compiled, NAME_MAX);
	str_init(&problems, LINE_CAP);
	if (str_format(&compiled, "%s.cdb", name) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to compile %s", name);
	if (faccessat(c->fd, compiled.data, F_OK, 0) == 0 &&
	    compile_table(c, name, &count, &problems) != 1)
		die(PROGRAM, errno == EINVAL ? EXIT_PERMANENT : EXIT_TEMPORARY,
		    "%s/%s is changed, but %s.cdb, which counts, is not: 'mailconf compile %s' "
		    "says more",
		    c->path, name, name, name);
	str_free(&compiled);
	str_free(&problems);
}

bool
store_read(const struct control *c, const char *name, struct str *text)
{
	int found = control_read(c, name, text);

	if (found == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/%s", c->path, name);
	return found == 1;
}

static void
begin(struct replacement *r, const char *path)
{
	char *real = realpath(path, NULL);
	size_t slash;

	*r = (struct replacement){.fd = -1, .folder = -1};
	str_init(&r->path, PATH_MAX);
	str_init(&r->name, NAME_MAX);
	str_init(&r->made, NAME_MAX);
	if ((real == NULL && errno != ENOENT) ||
	    str_add_text(&r->path, real == NULL ? path : real) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to find %s", path);
	free(real);
	slash = slice_find_last(str_slice(&r->path), '/');
	if (slash == r->path.len)
		r->folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else {
		r->path.data[slash] = '\0';
		r->folder =
		    open(slash == 0 ? "/" : r->path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r->path.data[slash] = '/';
	}
	if (r->folder == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open the folder of %s", path);
	if (str_add_text(&r->name, slash == r->path.len ? path : r->path.data + slash + 1) == -1 ||
	    str_format(&r->made, ".mailuser.%s", r->name.data) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to name %s", path);
}

/* What a killed mailuser left goes: nobody else is at work on it. */
static void
make_file(struct replacement *r)
{
	if (unlinkat(r->folder, r->made.data, 0) == -1 && errno != ENOENT)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to remove an old %s", r->made.data);
	r->fd = openat(r->folder, r->made.data, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	if (r->fd == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write beside %s", r->path.data);
}

static void
take_rights(struct replacement *r, uid_t uid, gid_t gid, mode_t mode)
{
	if ((uid != geteuid() || gid != getegid()) && fchown(r->fd, uid, gid) == -1)
		die_errno(PROGRAM, EXIT_PERMANENT, "unable to give %s its owner", r->path.data);
	if (fchmod(r->fd, mode) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to give %s its mode", r->path.data);
}

/* Of a file that there was not: root makes secrets for authd, and all else for himself. */
static void
take_preset_rights(struct replacement *r, bool is_private)
{
	const struct passwd *authd = is_private && geteuid() == 0 ? getpwnam(AUTHD_USER) : NULL;

	take_rights(r, authd == NULL ? geteuid() : authd->pw_uid,
	    authd == NULL ? getegid() : authd->pw_gid, is_private ? 0600 : 0644);
}

void
store_begin(struct replacement *r, const struct control *c, const char *name, const char *like,
    bool is_private)
{
	struct stat st;
	struct str path;

	str_init(&path, PATH_MAX);
	if (str_format(&path, "%s/%s", c->path, name) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to name %s", name);
	begin(r, path.data);
	str_free(&path);
	make_file(r);
	if (fstatat(c->fd, name, &st, 0) == 0 ||
	    (like != NULL && fstatat(c->fd, like, &st, 0) == 0))
		take_rights(r, st.st_uid, st.st_gid, st.st_mode & (is_private ? 0600U : 0666U));
	else
		take_preset_rights(r, is_private);
}

void
store_begin_path(struct replacement *r, const char *path, bool is_private)
{
	struct stat st;

	begin(r, path);
	make_file(r);
	if (fstatat(r->folder, r->name.data, &st, AT_SYMLINK_NOFOLLOW) == 0)
		take_rights(r, st.st_uid, st.st_gid, st.st_mode & 0666U);
	else
		take_rights(r, geteuid(), getegid(), is_private ? 0600 : 0644);
}

void
store_commit(struct replacement *r)
{
	if (fsync(r->fd) == -1 || close(r->fd) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to sync %s", r->path.data);
	if (renameat(r->folder, r->made.data, r->folder, r->name.data) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to replace %s", r->path.data);
	if (fsync(r->folder) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to sync the folder of %s", r->path.data);
	io_close(r->folder);
	str_free(&r->path);
	str_free(&r->name);
	str_free(&r->made);
}

void
store_write(const struct control *c, const char *name, struct slice text, bool is_private)
{
	struct replacement r;

	store_begin(&r, c, name, NULL, is_private);
	if (io_write(r.fd, text.data, text.len, deadline_in_seconds(WRITE_SECONDS)) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write %s", r.path.data);
	store_commit(&r);
}
