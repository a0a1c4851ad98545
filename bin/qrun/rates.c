/* SPDX-License-Identifier: ISC */
#include "rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/tally.h"
#include "complain.h"
#include "folders.h"

#define MINUTE UINT64_C(60)
#define PARTS UINT64_C(10) /* of a minute's number, one of which may go at once */
#define KEY_MAX 4096

struct rates {
	struct tally tally;
	bool is_tried; /* to be opened */
};

int
rates_open(struct qrun *q)
{
	q->rates = calloc(1, sizeof *q->rates);
	if (q->rates == NULL)
		return -1;
	tally_init(&q->rates->tally);
	return 0;
}

void
rates_close(struct qrun *q)
{
	tally_close(&q->rates->tally);
	free(q->rates);
}

static void
say_uncounted(const struct qrun *q)
{
	complain("rates are not kept, as %s/run/qrun/rates is not to be had: %s", q->spool.path,
	    strerror(errno));
}

/* Without the file mail goes on, uncounted. */
static bool
open_file(struct qrun *q)
{
	struct rates *r = q->rates;
	struct str path;

	if (r->is_tried)
		return r->tally.fd != -1;
	r->is_tried = true;
	str_init(&path, KEY_MAX);
	if (folders_make_run(q) == -1 ||
	    str_format(&path, "%s/run/qrun/rates", q->spool.path) == -1 ||
	    tally_open(&r->tally, path.data) == -1)
		say_uncounted(q);
	str_free(&path);
	return r->tally.fd != -1;
}

static struct tally_rate
rate_of(uint64_t per_minute)
{
	uint64_t at_once = per_minute < PARTS ? 1 : per_minute / PARTS;

	return (struct tally_rate){
	    .limit = at_once, .seconds = (at_once * MINUTE + per_minute - 1) / per_minute};
}

/* True if one more goes within PER_MINUTE, and COUNT says to count it; else *until_ms. */
static bool
is_within(struct qrun *q, const char *what, const char *whom, uint64_t per_minute, bool counts,
    int64_t *until_ms)
{
	struct tally_rate rate = rate_of(per_minute);
	int64_t seconds = 0;
	struct str key;
	int result = -1;

	str_init(&key, KEY_MAX);
	if (str_format(&key, "%s %s", what, whom) == 0)
		result = (counts ? tally_add : tally_look)(
		    &q->rates->tally, str_slice(&key), 1, &rate, &seconds);
	str_free(&key);
	if (result == 0)
		*until_ms = clock_monotonic_ms() + seconds * 1000;
	return result != 0; /* what cannot be counted goes: too mild, never too hard */
}

enum rates_answer
rates_ask(struct qrun *q, struct task *task, int64_t *until_ms)
{
	const struct destination *d = task->destination;
	uint64_t all = d->kind == WORKER_SEND ? q->limits.send_rate : 0, own = d->own.per_minute;

	if (task->is_counted || (all == 0 && own == 0) || d->is_turn || !open_file(q))
		return RATES_NOW;
	if (own > 0 && !is_within(q, "to", d->address, own, false, until_ms))
		return RATES_REST;
	if (all > 0 && !is_within(q, "all", "", all, true, until_ms))
		return RATES_FULL;
	if (own > 0 && !is_within(q, "to", d->address, own, true, until_ms))
		return RATES_REST; /* another process was faster */
	task->is_counted = true;
	return RATES_NOW;
}
