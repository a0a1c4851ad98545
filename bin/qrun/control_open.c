/* SPDX-License-Identifier: ISC */
/* How run/qrun/socket comes to be, and who may ask there. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "complain.h"
#include "conf/control.h"
#include "control.h"
#include "folders.h"

#define DEFAULT_USER "satchel-smtpd"

static void
add_user(struct control_socket *c, const char *name)
{
	const struct passwd *entry = getpwnam(name);

	if (entry != NULL && c->user_count < CONTROL_USERS)
		c->users[c->user_count++] = entry->pw_uid;
}

/* The file askers, a user a line. */
static void
read_users(struct control_socket *c)
{
	struct control control;
	struct slice rest, line;
	struct str text, name;
	int found = -1;

	str_init(&text, CONTROL_FILE_MAX);
	str_init(&name, 256);
	if (control_open(&control) == 0) {
		found = control_read(&control, "askers", &text);
		control_close(&control);
	}
	rest = str_slice(&text);
	while (found == 1 && control_next_line(&rest, &line)) {
		str_clear(&name);
		if (str_add_slice(&name, line) == 0)
			add_user(c, name.data);
	}
	if (found == 0)
		add_user(c, DEFAULT_USER);
	str_free(&text);
	str_free(&name);
}

static int
bind_in(const struct qrun *q, int fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct str path;
	int result;

	str_init(&path, sizeof address.sun_path - 1);
	result = str_format(&path, "%s/run/qrun/socket", q->spool.path);
	if (result == 0)
		memcpy(address.sun_path, path.data, path.len + 1);
	str_free(&path);
	if (result == -1 || (unlink(address.sun_path) == -1 && errno != ENOENT) ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) == -1)
		return -1;
	/* everybody may connect, and the kernel says who it is */
	return chmod(address.sun_path, 0666) == -1 ? -1 : listen(fd, CONTROL_ASKERS);
}

/*
 * run/ is the spool's owner's, and so the folder is made where it is missing. The lock on it tells
 * a socket that another qrun -w listens on from one that was left behind.
 */
static int
lock_folder(const struct qrun *q)
{
	int fd;

	if (folders_make_run(q) == -1)
		return -1;
	fd = openat(q->spool.fd, "run/qrun/lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1 || claim_lock(fd, false) == 0)
		return fd;
	io_close(fd);
	return -1;
}

void
control_open_socket(struct control_socket *c, struct qrun *q)
{
	int fd;

	*c = (struct control_socket){.listener = -1, .lock = lock_folder(q)};
	for (size_t i = 0; i < CONTROL_ASKERS; i++)
		c->askers[i].fd = -1;
	for (size_t i = 0; i < OWN_MAX; i++)
		own_init(&c->own[i]);
	if (c->lock == -1 && errno == EAGAIN)
		return; /* another qrun -w is asked */
	read_users(c);
	fd = c->lock == -1 ? -1 : socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && bind_in(q, fd) == 0) {
		c->listener = fd;
		return;
	}
	complain("nobody can ask for mail, as %s/run/qrun/socket is not to be had: %s",
	    q->spool.path, strerror(errno));
	io_close(fd);
}
