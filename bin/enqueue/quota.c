/* SPDX-License-Identifier: ISC */
#include "quota.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ancestry.h"
#include "base/helper.h"
#include "mail/verp.h"

#define SMTPD_USER "satchel-smtpd" /* satchel(7), USERS */
#define OCTETS_A_COUNT UINT64_C(1024)
#define KEY_LENGTH 64
#define NEWS_SECONDS 60

int
quota_open(
    struct quota *q, const struct spool *spool, const struct control *control, struct str *problem)
{
	*q = (struct quota){.spool = spool};
	tally_init(&q->tally);
	return submitters_read(&q->table, control, problem);
}

void
quota_close(struct quota *q)
{
	tally_close(&q->tally);
	table_free(&q->table);
}

void
quota_forget(struct quota *q)
{
	q->is_known = false;
}

static bool
owns_smtpd_folder(const struct quota *q, uid_t uid)
{
	struct stat st;

	return fstatat(q->spool->fd, "run/smtpd", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode) && st.st_uid == uid;
}

/*
 * smtpd submits for many, and has limits of its own. Its folder in run/ is its user's, whom it has
 * by that name where it was installed as the page says.
 */
static bool
is_smtpd(const struct quota *q, uid_t uid, const struct passwd *user)
{
	return (user != NULL && strcmp(user->pw_name, SMTPD_USER) == 0) ||
	       owns_smtpd_folder(q, uid);
}

void
quota_find_server(struct quota *q)
{
	const struct passwd *user = getpwnam(SMTPD_USER);

	q->server = user == NULL ? 0 : user->pw_uid;
}

bool
quota_is_guest(const struct quota *q, uid_t uid)
{
	return uid != 0 && uid != geteuid() && uid != q->server && !owns_smtpd_folder(q, uid);
}

static void
look_at_program(struct quota *q)
{
	struct slice rest = q->says.programs, one;
	struct ancestor program;

	q->program[0] = '\0';
	q->is_program_wrong = q->says.programs.len > 0;
	if (!q->is_program_wrong || !ancestry_program(q->who.pid, &program))
		return;
	snprintf(q->program, sizeof q->program, "%s", program.name);
	while (q->is_program_wrong && slice_take(&rest, ',', &one))
		q->is_program_wrong = !ancestry_is(&program, one);
}

/* Root can take any user's place, and the spool's owner writes to it; what deliver hands over it
 * was handed. */
static bool
is_free(const struct quota_who *who)
{
	return who->uid == 0 || who->uid == geteuid() || ancestry_is_delivery(who->pid);
}

static void
look_up(struct quota *q, const struct quota_who *who)
{
	const struct passwd *user;

	q->is_known = true;
	q->is_limited = false;
	q->who = *who;
	if (q->table.count == 0 || is_free(who))
		return;
	user = getpwuid(who->uid);
	snprintf(q->name, sizeof q->name, user == NULL ? "%suid %lu" : "%s (uid %lu)",
	    user == NULL ? "" : user->pw_name, (unsigned long)who->uid);
	q->is_limited =
	    submitters_find(&q->table, who->uid, slice_of(user == NULL ? "" : user->pw_name),
		user == NULL ? (gid_t)-1 : user->pw_gid, is_smtpd(q, who->uid, user), &q->says);
	if (q->is_limited)
		look_at_program(q);
}

static enum quota_result
forbid(const struct quota *q, struct str *reason, const char *what)
{
	str_clear(reason);
	(void)str_format(reason, "%s may not submit%s (" SUBMITTERS_FILE ", line %zu)", q->name,
	    what, q->says.line);
	return QUOTA_NEVER;
}

enum quota_result
quota_check(
    struct quota *q, const struct quota_who *who, struct slice reverse_path, struct str *reason)
{
	char what[2 * QUOTA_NAME_SIZE];

	if (!q->is_known)
		look_up(q, who);
	if (!q->is_limited)
		return QUOTA_GOOD;
	if (q->says.is_denied)
		return forbid(q, reason, " mail");
	if (q->is_program_wrong) {
		snprintf(what, sizeof what, " by way of %s",
		    q->program[0] == '\0' ? "a program that cannot be told" : q->program);
		return forbid(q, reason, what);
	}
	if (!submitter_may_send_as(&q->says, verp_base(reverse_path)))
		return forbid(q, reason, " mail from that address");
	return QUOTA_GOOD;
}

/*
 * What else keeps us from counting is this host's, and mail must not wait for it: those limits do
 * not hold then. But these a caller can bring about, by the limits of his process.
 */
static bool
is_callers(int error)
{
	return helper_is_privileged() && (error == EFBIG || error == EMFILE || error == ENOMEM);
}

static enum quota_result
refuse_uncounted(const struct quota *q, struct str *reason)
{
	str_clear(reason);
	(void)str_format(reason,
	    "the limits of this process do not let %s be counted (" SUBMITTERS_FILE ", line %zu)",
	    q->name, q->says.line);
	return QUOTA_LATER;
}

static bool
open_tally(struct quota *q)
{
	struct str path;

	if (q->is_tally_tried)
		return q->tally.fd != -1;
	q->is_tally_tried = true;
	str_init(&path, PATH_MAX);
	if (str_format(&path, "%s/run/enqueue/tally", q->spool->path) == -1 ||
	    tally_open(&q->tally, path.data) == -1)
		q->is_uncounted = is_callers(errno);
	str_free(&path);
	return q->tally.fd != -1;
}

static struct slice
key_of(const struct quota *q, const char *what, char key[KEY_LENGTH])
{
	snprintf(key, KEY_LENGTH, "%s of uid %lu", what, (unsigned long)q->who.uid);
	return slice_of(key);
}

static struct tally_rate
rate_of(const struct quota *q, enum submitter_measure measure)
{
	const struct submitter_rate *says = &q->says.rates[measure];
	struct tally_rate rate = {says->limit, says->seconds};

	if (measure == SUBMITTER_OCTETS)
		rate.limit = (rate.limit + OCTETS_A_COUNT - 1) / OCTETS_A_COUNT;
	return rate;
}

static const char *
show_wait(int64_t seconds, char text[32])
{
	if (seconds < 120)
		snprintf(text, 32, "%" PRId64 " s", seconds);
	else if (seconds < 7200)
		snprintf(text, 32, "%" PRId64 " min", (seconds + 59) / 60);
	else
		snprintf(text, 32, "%" PRId64 " h", (seconds + 3599) / 3600);
	return text;
}

static const char *const units[SUBMITTER_MEASURES] = {[SUBMITTER_MESSAGES] = "messages",
    [SUBMITTER_RECIPIENTS] = "recipients",
    [SUBMITTER_OCTETS] = "KiB"};

static enum quota_result
refuse(struct quota *q, enum submitter_measure measure, uint64_t amount, int64_t wait,
    struct str *reason)
{
	const struct submitter_rate *says = &q->says.rates[measure];
	struct tally_rate rate = rate_of(q, measure);
	char key[KEY_LENGTH], text[32];
	int64_t used = tally_level(&q->tally, key_of(q, units[measure], key), &rate);

	str_clear(reason);
	if (wait == INT64_MAX) {
		(void)str_format(reason,
		    "%s may submit %s=%.*s (" SUBMITTERS_FILE
		    ", line %zu), and this message alone has %" PRIu64 " %s",
		    q->name, submitters_word(measure), (int)says->text.len, says->text.data,
		    q->says.line, amount, units[measure]);
		return QUOTA_NEVER;
	}
	(void)str_format(reason,
	    "%s has submitted %" PRId64 " %s and may %s=%.*s (" SUBMITTERS_FILE
	    ", line %zu): try again in %s",
	    q->name, used, units[measure], submitters_word(measure), (int)says->text.len,
	    says->text.data, q->says.line, show_wait(wait, text));
	return QUOTA_LATER;
}

/* Looks at all before it counts one: what is refused for its size is not counted as a message. */
static enum quota_result
go_through(
    struct quota *q, const uint64_t amounts[SUBMITTER_MEASURES], bool counts, struct str *reason)
{
	for (enum submitter_measure m = 0; m < SUBMITTER_MEASURES; m++) {
		struct tally_rate rate = rate_of(q, m);
		char key[KEY_LENGTH];
		int64_t wait = 0;
		int within;

		if (rate.limit == 0)
			continue;
		within = (counts ? tally_add : tally_look)(
		    &q->tally, key_of(q, units[m], key), amounts[m], &rate, &wait);
		if (within == 0)
			return refuse(q, m, amounts[m], wait, reason);
		if (within == -1 && is_callers(errno))
			return refuse_uncounted(q, reason);
	}
	return QUOTA_GOOD;
}

static bool
has_rates(const struct quota *q)
{
	for (size_t i = 0; i < SUBMITTER_MEASURES; i++)
		if (q->says.rates[i].limit > 0)
			return true;
	return false;
}

enum quota_result
quota_count(struct quota *q, uint64_t recipients, uint64_t octets, struct str *reason)
{
	const uint64_t amounts[SUBMITTER_MEASURES] = {[SUBMITTER_MESSAGES] = 1,
	    [SUBMITTER_RECIPIENTS] = recipients,
	    [SUBMITTER_OCTETS] = (octets + OCTETS_A_COUNT - 1) / OCTETS_A_COUNT};
	enum quota_result result;

	if (!q->is_known || !q->is_limited || !has_rates(q))
		return QUOTA_GOOD;
	if (!open_tally(q))
		return q->is_uncounted ? refuse_uncounted(q, reason) : QUOTA_GOOD;
	result = go_through(q, amounts, false, reason);
	return result == QUOTA_GOOD ? go_through(q, amounts, true, reason) : result;
}

bool
quota_is_news(struct quota *q)
{
	static const struct tally_rate rate = {1, NEWS_SECONDS};
	char key[KEY_LENGTH];

	if (!q->is_known || !q->is_limited)
		return false;
	return !open_tally(q) || tally_add(&q->tally, key_of(q, "news", key), 1, &rate, NULL) != 0;
}

int
quota_show(struct quota *q, const struct quota_who *who, struct str *out)
{
	quota_forget(q);
	look_up(q, who);
	if (!q->is_limited)
		return str_format(out, "uid %lu: unlimited\n", (unsigned long)who->uid);
	if (q->says.is_denied)
		return str_format(out, "%s: may not submit mail\n", q->name);
	for (enum submitter_measure m = 0; m < SUBMITTER_MEASURES; m++) {
		struct slice text = q->says.rates[m].text;
		struct tally_rate rate = rate_of(q, m);
		char key[KEY_LENGTH];
		int64_t used;

		if (rate.limit == 0)
			continue;
		used = open_tally(q) ? tally_level(&q->tally, key_of(q, units[m], key), &rate) : 0;
		if (str_format(out, "%s: %" PRId64 " %s of %s=%.*s\n", q->name, used < 0 ? 0 : used,
			units[m], submitters_word(m), (int)text.len, text.data) == -1)
			return -1;
	}
	if (!has_rates(q))
		return str_format(out, "%s: no rates\n", q->name);
	return 0;
}
