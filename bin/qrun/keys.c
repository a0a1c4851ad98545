/* SPDX-License-Identifier: ISC */
#include "keys.h"

#include <fcntl.h>

#include "base/io.h"
#include "days.h"
#include "spool/key.h"

void
keys_clean(struct qrun *q)
{
	int64_t days = ((int64_t)q->limits.key_lifetime + KEY_DAY_SECONDS - 1) / KEY_DAY_SECONDS;
	/* a day more than is looked at: who looks may have begun yesterday */
	const struct days_kept kept = {.back = days + 1, .ahead = 1, .name = KEY_LOCK};
	int fd = openat(q->spool.fd, KEY_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return; /* nobody has given any */
	days_clean(fd, &kept);
	io_close(fd);
}
