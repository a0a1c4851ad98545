/* SPDX-License-Identifier: ISC */
#include "admit.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "fetch.h"
#include "folders.h"
#include "messages.h"
#include "recipients.h"
#include "recycle.h"
#include "sort.h"

#define ABANDONED_SECONDS 3600 /* spool(5): when an incomplete file is removed */

/* The envelope and the header were made by one program: where they differ, something is wrong. */
static enum claim_result
list_recipients(struct message *m)
{
	struct slice rest = m->claim.envelope.recipients;

	m->recipients = calloc(m->claim.header.recipients, sizeof *m->recipients);
	if (m->recipients == NULL)
		return CLAIM_ERROR;
	for (size_t i = 0; i < m->claim.header.recipients; i++)
		if (!envelope_next(&rest, &m->recipients[i]))
			return CLAIM_CORRUPT;
	return rest.len == 0 ? CLAIM_TAKEN : CLAIM_CORRUPT;
}

static void
pass_over(struct qrun *q, struct folder *folder, const struct claim *c, enum claim_result why)
{
	const char *name = c->name;
	int64_t age;

	if (why == CLAIM_ERROR)
		complain("unable to claim %s: %s", name, strerror(errno));
	if (why == CLAIM_CORRUPT && folder_set_aside(q, folder, c) == -1)
		complain("unable to move %s to corrupt/: %s", name, strerror(errno));
	if (why == CLAIM_FINISHED)
		recycle_cell(q, c->cell);
	if (why != CLAIM_INCOMPLETE || c->cell != -1)
		return;
	age = clock_wall_seconds() - id_time(slice_of(name)) / 1000000;
	if (age > ABANDONED_SECONDS && folder_remove_incomplete(folder, name) == -1)
		complain("unable to remove %s: %s", name, strerror(errno));
}

/* Seen to before, and in new/ again: then somebody has moved it, which changed the file's ctime. */
static void
see_who_asks(struct message *m, bool is_new)
{
	struct recipient_state state;
	struct stat st;

	for (size_t i = 0; is_new && !m->asked_for && i < m->claim.header.recipients; i++) {
		claim_state(&m->claim, i, &state);
		/* a reply without an attempt: its destination was out of reach */
		m->asked_for = state.attempts > 0 || state.reply.len > 0;
	}
	if (m->asked_for && fstat(m->claim.fd, &st) == 0)
		m->moved = st.st_ctime;
}

/* True if this pass is about somebody who waits there, or about all that there is. */
static bool
is_selected(const struct qrun *q, const struct message *m)
{
	struct selection_message about;

	if (!selection_is_partial(&q->selection))
		return true;
	about = (struct selection_message){.id = slice_of(m->claim.header.id),
	    .reverse_path = m->claim.envelope.reverse_path,
	    .source = m->claim.envelope.source,
	    .age = clock_wall_seconds() - message_arrival(m),
	    .size = m->claim.header.length,
	    .has_envelope = true};
	if (!selection_has_message(&q->selection, &about))
		return false;
	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		if (state.status == RECIPIENT_WAITING &&
		    selection_has_recipient(&q->selection, m->recipients[i].address, state.reply))
			return true;
	}
	return false;
}

static void
let_go(struct message *m)
{
	claim_release(&m->claim);
	free(m->recipients);
	free(m);
}

/* Takes on what RESULT says of M's claim. */
static enum admission
admit(struct qrun *q, struct folder *folder, struct message *m, enum claim_result result)
{
	if (result == CLAIM_TAKEN)
		result = list_recipients(m);
	if (result != CLAIM_TAKEN || !is_selected(q, m)) {
		pass_over(q, folder, &m->claim, result);
		let_go(m);
		return PASSED_OVER;
	}
	m->folder = folder;
	m->is_shown = q->is_background;
	m->since = q->since > 0 ? q->since : clock_wall_seconds();
	see_who_asks(m, folder == &q->new_folder);
	if (q->takes_all) {
		m->asked_for = true;
		m->moved = q->started;
	}
	message_hold(q, m);
	if (!message_is_settled_by_time(q, m))
		sort_message(q, m, NULL);
	return ADMITTED;
}

enum admission
admit_message(struct qrun *q, struct folder *folder, const char *id)
{
	struct message *m = calloc(1, sizeof *m);

	if (m == NULL)
		return PASSED_OVER;
	/* what is new may be what a power cut left of it */
	return admit(q, folder, m, claim_take(&m->claim, folder->fd, id, folder == &q->new_folder));
}

enum admission
admit_told(struct qrun *q, const char *id)
{
	struct message *m = calloc(1, sizeof *m);

	if (m == NULL)
		return PASSED_OVER;
	return admit(q, &q->new_folder, m, claim_take(&m->claim, q->spool.new_fd, id, false));
}

enum admission
admit_cell(struct qrun *q, int cell, const char *told)
{
	struct message *m = calloc(1, sizeof *m);
	enum claim_result result;

	if (m == NULL)
		return PASSED_OVER;
	result = claim_take_cell(&m->claim, &q->spool, cell, told == NULL);
	/* the one told of has been seen to, and of this one nobody has said that it is durable */
	if (result == CLAIM_TAKEN && told != NULL && strcmp(m->claim.header.id, told) != 0)
		result = CLAIM_GONE;
	return admit(q, &q->cells_folder, m, result);
}

/* Not before its release, and not too late either: at its own turn both are seen to. */
static bool
is_any_fetched(const struct message *m, const struct fetch *fetch)
{
	const struct envelope *e = &m->claim.envelope;
	int64_t now = clock_wall_seconds();
	struct recipient_state state;

	claim_state(&m->claim, 0, &state);
	if (schedule_is_held(e->hold.until, state.is_released, now) || message_is_too_late(e, now))
		return false;
	for (size_t i = 0; i < m->claim.header.recipients; i++)
		if (sort_is_fetched(m, i, fetch))
			return true;
	return false;
}

bool
admit_fetched(struct qrun *q, struct folder *folder, const char *id, const struct fetch *fetch)
{
	struct message *m = calloc(1, sizeof *m);
	bool is_wanted;

	if (m == NULL)
		return false;
	/* what is wrong with one that cannot be claimed is seen at its own turn */
	if (claim_take(&m->claim, folder->fd, id, false) != CLAIM_TAKEN) {
		let_go(m);
		return false;
	}
	is_wanted = list_recipients(m) == CLAIM_TAKEN && is_any_fetched(m, fetch);
	if (is_wanted && !fetch->is_looking) {
		m->folder = folder;
		m->stays = m->asked_for = true;
		m->moved = fetch->begun;
		message_hold(q, m);
		sort_message(q, m, fetch);
		return true;
	}
	let_go(m);
	return is_wanted;
}
