/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/confine.h"
#include "base/log.h"

void
confine_log(const char *program, const struct confine_done *done)
{
	struct event e;

	event_start(&e, program, "confinement");
	if (done->landlock > 0)
		event_number(&e, "landlock", done->landlock);
	else
		event_text(&e, "landlock", "none");
	event_text(&e, "seccomp", done->seccomp ? "yes" : "none");
	event_text(&e, "reason",
	    strerror(done->landlock > 0 ? done->seccomp_error : done->landlock_error));
	event_send(&e);
}
