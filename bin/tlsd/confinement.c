/* SPDX-License-Identifier: ISC */
/* What tlsd may still do once it reads what strangers send; see base/confine.h. */
#include "base/confine.h"
#include "tlsd.h"

/* What lacks in the kernel is smtpd's to tell of: it says the same once, and not per connection. */
static void
apply(const struct program *p, const struct confine *policy)
{
	struct confine_done done;

	if (p->is_confined)
		(void)confine_apply(policy, &done);
}

/* Certificates may be anywhere, and be renewed; new ticket keys go to run/tlsd. */
void
confine_handshake(const struct program *p, bool is_service)
{
	struct confine policy = {
	    .calls = CONFINE_FILES | (is_service ? CONFINE_SERVE | CONFINE_POOL : 0)};

	confine_read(&policy, "/");
	confine_write(&policy, p->folder.data);
	apply(p, &policy);
}

void
confine_carrying(const struct program *p, bool again)
{
	const struct confine policy = {.calls = again ? CONFINE_SAME : 0};

	apply(p, &policy);
}
