/* SPDX-License-Identifier: ISC */
#include "depart.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "complain.h"
#include "folders.h"
#include "messages.h"
#include "recycle.h"

void
depart_log(const struct message *m, const char *event, int64_t due)
{
	struct event e;

	event_start(&e, PROGRAM, event);
	event_text(&e, "id", m->claim.header.id);
	if (due > 0)
		event_number(&e, "until", due);
	event_send(&e);
}

void
depart_remove(struct qrun *q, struct message *m)
{
	int cell = m->claim.cell;

	depart_log(m, "removed", 0);
	q->done++;
	if (claim_remove(&m->claim) == -1)
		complain("unable to remove %s: %s", m->claim.header.id, strerror(errno));
	else if (cell != -1)
		recycle_cell(q, cell);
	if (cell == -1)
		m->folder->changed = true;
	message_free(q, m);
}

/* A mark that settles somebody must not be lost with the sync of a file that has moved on. */
void
depart_sync_marks(struct message *m)
{
	if (m->unsynced && claim_sync(&m->claim) == -1)
		complain("unable to sync %s: %s", m->claim.header.id, strerror(errno));
	m->unsynced = false;
}

/* To the slot of DUE. */
void
depart_put_off(struct qrun *q, struct message *m, int64_t due)
{
	depart_sync_marks(m);
	q->put_off++;
	depart_log(m, "deferred", due);
	if (folder_defer(q, m, due) == -1) {
		q->defer_failed = true;
		complain("unable to defer %s, which stays where it is: %s", m->claim.header.id,
		    strerror(errno));
	}
	message_free(q, m);
}

void
depart_deferred(struct qrun *q, struct message *m)
{
	int64_t now = clock_wall_seconds();
	uint32_t random;
	int64_t due;

	random_bytes(&random, sizeof random);
	due = schedule_next(message_schedule(q, m), message_origin(m), now, random);
	if (m->not_before > due)
		due = m->not_before;
	depart_put_off(q, m, schedule_by(due, message_limit(&m->claim.envelope, now), now));
}

/* All who wait are those whose mail is kept for them. */
void
depart_held(struct qrun *q, struct message *m)
{
	struct event e;

	depart_sync_marks(m);
	if (!m->folder->is_held) {
		event_start(&e, PROGRAM, "held");
		event_text(&e, "id", m->claim.header.id);
		event_text(&e, "folder", m->hold_name);
		event_send(&e);
	}
	if (folder_hold(q, m, m->hold_name) == -1) {
		q->defer_failed = true;
		complain("unable to hold %s, which stays where it is: %s", m->claim.header.id,
		    strerror(errno));
	}
	message_free(q, m);
}

void
depart_stay(struct qrun *q, struct message *m)
{
	depart_sync_marks(m);
	message_free(q, m);
}
