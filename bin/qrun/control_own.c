/* SPDX-License-Identifier: ISC */
/*
 * Lists of people's own mail: a few at a time, and who comes behind waits for a place. A list that
 * nobody reads is as long as one of a million messages, so while somebody waits, each has its share
 * of time and no more.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/packet.h"
#include "control.h"

#define LIST_MS 60000  /* for a list */
#define SHARE_MS 10000 /* for one that others wait for */
#define WAIT_MS 30000  /* for a place */

bool
control_ask_own(struct asker *a, struct slice form)
{
	if (a->is_server) {
		control_answer_one(a, ASK_BUSY, "who serves others has no mail of their own");
		return false;
	}
	a->waits_for = own_form(form);
	a->since_ms = clock_monotonic_ms();
	a->until_ms = a->since_ms + WAIT_MS;
	return a->waits_for != NULL;
}

static void
answer_output(struct asker *a, int output)
{
	static const char packet[] = {ASK_OUTPUT, '\0'};

	if (packet_send(a->fd, slice_make(packet, sizeof packet), output, deadline_in_ms(0)) == -1)
		control_let_go(a);
}

static void
begin(struct asker *a, struct own *own, int64_t now)
{
	const char *form = a->waits_for;
	int output;

	a->waits_for = NULL;
	if (own_begin(own, a->uid, form, &output) == -1) {
		control_answer_one(a, ASK_BUSY, "qrun was unable to run qstat");
		control_let_go(a);
		return;
	}
	a->own = own;
	a->since_ms = now;
	a->until_ms = now + LIST_MS;
	answer_output(a, output);
	io_close(output);
}

/* Its list is complete. */
static void
end(struct control_socket *c, const struct own *own, int code)
{
	char digits[32];

	snprintf(digits, sizeof digits, "%d", code);
	for (size_t i = 0; i < CONTROL_ASKERS; i++)
		if (c->askers[i].fd != -1 && c->askers[i].own == own) {
			c->askers[i].own = NULL;
			control_answer_one(&c->askers[i], ASK_CODE, digits);
			control_let_go(&c->askers[i]);
		}
}

/* The first of those who wait, or of those who have a place; null for none. */
static struct asker *
first(struct control_socket *c, bool waits)
{
	struct asker *found = NULL;

	for (size_t i = 0; i < CONTROL_ASKERS; i++) {
		struct asker *a = &c->askers[i];

		if (a->fd != -1 && (waits ? a->waits_for != NULL : a->own != NULL) &&
		    (found == NULL || a->since_ms < found->since_ms))
			found = a;
	}
	return found;
}

/* How many wait beyond the places that were taken from somebody and are not free yet. */
static int
count_without(const struct control_socket *c)
{
	int without = 0;

	for (size_t i = 0; i < CONTROL_ASKERS; i++)
		if (c->askers[i].fd != -1)
			without += (c->askers[i].waits_for != NULL) + (c->askers[i].own != NULL);
	for (size_t i = 0; i < OWN_MAX; i++)
		without -= !own_is_free(&c->own[i]);
	return without;
}

static struct own *
free_place(struct control_socket *c)
{
	for (size_t i = 0; i < OWN_MAX; i++)
		if (own_is_free(&c->own[i]))
			return &c->own[i];
	return NULL;
}

void
control_see_to_own(struct control_socket *c, int64_t now)
{
	struct asker *a;
	struct own *place;
	int code;

	for (size_t i = 0; i < OWN_MAX; i++)
		if (own_is_over(&c->own[i], &code))
			end(c, &c->own[i], code);
	if (c->listener == -1)
		return;
	while ((place = free_place(c)) != NULL && (a = first(c, true)) != NULL)
		begin(a, place, now);
	for (int without = count_without(c); without > 0; without--) {
		a = first(c, false);
		if (a == NULL || now - a->since_ms < SHARE_MS)
			break;
		control_let_go(a);
	}
	while ((a = first(c, true)) != NULL && now >= a->until_ms) {
		control_answer_one(
		    a, ASK_BUSY, "too many ask for their mail now; try again in a minute");
		control_let_go(a);
	}
}

int64_t
control_own_until(const struct control_socket *c)
{
	int64_t until = INT64_MAX;

	if (c->listener == -1 || count_without(c) <= 0)
		return until;
	for (size_t i = 0; i < CONTROL_ASKERS; i++) {
		const struct asker *a = &c->askers[i];

		if (a->fd != -1 && a->own != NULL && a->since_ms + SHARE_MS < until)
			until = a->since_ms + SHARE_MS;
	}
	return until;
}
