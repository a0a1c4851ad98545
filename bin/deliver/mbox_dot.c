/* SPDX-License-Identifier: ISC */
#include "mbox_dot.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "mbox_record.h"

#define STALE_SECONDS (15 * 60)

/*
 * Removes a lock that was left over. NOW comes from the clock of the file system. Two who do this
 * at once could remove a fresh lock; of ours only one is here at a time, for it holds another lock.
 */
static void
remove_stale(struct mbox_lock *l, time_t now)
{
	struct stat st;

	if ((l->held & (STORES_FCNTL | STORES_FLOCK)) != 0 && mbox_record_settle(l)) {
		(void)unlinkat(l->folder, l->lock.data, 0);
		return;
	}
	if (fstatat(l->folder, l->lock.data, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now - st.st_mtime > STALE_SECONDS)
		(void)unlinkat(l->folder, l->lock.data, 0);
}

/*
 * Links a file of a name of its own to name.lock and counts its links, which tells the truth where
 * the answer of link may be lost (NFS).
 */
static enum attempt
link_post(struct mbox_lock *l)
{
	struct stat st;
	int error = 0, fd = openat(l->folder, l->post.data,
			   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd == -1)
		return ATTEMPT_FAILED;
	if (linkat(l->folder, l->post.data, l->folder, l->lock.data, 0) == -1)
		error = errno;
	/* without a count there is still the answer; a lock taken and not known would stay */
	if (fstat(fd, &st) == -1)
		st.st_nlink = error == 0 ? 2 : 0;
	(void)unlinkat(l->folder, l->post.data, 0);
	if (st.st_nlink == 2) {
		l->held |= STORES_DOT;
		l->record = fd;
		return ATTEMPT_DONE;
	}
	io_close(fd);
	if (st.st_nlink == 1)
		remove_stale(l, st.st_mtime);
	errno = error;
	return error == 0 || error == EEXIST ? ATTEMPT_BUSY : ATTEMPT_FAILED;
}

/* A folder that is not ours to write in holds no dot locks of ours; the other locks must do. */
enum attempt
mbox_dot_try(struct mbox_lock *l)
{
	enum attempt result = link_post(l);

	if (result == ATTEMPT_FAILED && !l->must_lock && l->held != 0 &&
	    (errno == EACCES || errno == EPERM || errno == EROFS))
		return ATTEMPT_DONE;
	return result;
}

void
mbox_dot_release(struct mbox_lock *l)
{
	if ((l->held & STORES_DOT) != 0)
		(void)unlinkat(l->folder, l->lock.data, 0);
	io_close(l->record);
	l->record = -1;
	l->held &= ~(unsigned)STORES_DOT;
}
