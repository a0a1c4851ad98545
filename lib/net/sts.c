/* SPDX-License-Identifier: ISC */
#include "net/sts.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "conf/table.h"
#include "spool/frame.h"

#define PROGRAM "mta-sts"
#define REASON_MAX ((size_t)1000)
#define SERVERS_MAX ((size_t)4096)

void
sts_answer_init(struct sts_answer *answer)
{
	answer->result = STS_NONE;
	sts_policy_init(&answer->policy);
	answer->failure[0] = '\0';
	str_init(&answer->reason, REASON_MAX);
}

void
sts_answer_free(struct sts_answer *answer)
{
	sts_policy_free(&answer->policy);
	str_free(&answer->reason);
}

static enum sts_result
settle(struct sts_answer *answer, enum sts_result result, const char *reason)
{
	answer->result = result;
	if (reason != NULL) {
		str_clear(&answer->reason);
		(void)str_add_text(&answer->reason, reason);
	}
	return result;
}

static int
take_use(struct sts *s, struct slice value, struct str *problem)
{
	static const char *const names[] = {[STS_USE_SERVICE] = "service",
	    [STS_USE_EXECUTE] = "execute",
	    [STS_USE_NEVER] = "never"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is(value, names[i])) {
			s->use = (enum sts_use)i;
			return 0;
		}
	(void)str_format(problem, PROGRAM ", ask: service, execute or never is expected, not %.*s",
	    (int)value.len, value.data);
	errno = EINVAL;
	return -1;
}

int
sts_open(struct sts *s, const struct control *control, const char *spool, struct str *problem)
{
	const struct table_entry *entry;
	struct table table;
	int result = 0;

	*s = (struct sts){.use = STS_USE_SERVICE, .helper = {.fd = -1}};
	str_init(&s->run_folder, PATH_MAX);
	str_init(&s->servers, SERVERS_MAX);
	if (str_format(&s->run_folder, "%s/run", spool) == -1)
		return -1;
	if (table_read(&table, control, PROGRAM, TABLE_PAIRS, problem) == -1)
		return -1;
	entry = table_find(&table, slice_of("ask"));
	if (entry != NULL)
		result = take_use(s, entry->value, problem);
	table_free(&table);
	return result;
}

int
sts_open_fresh(struct sts *s, struct slice servers)
{
	*s = (struct sts){.use = STS_USE_EXECUTE, .helper = {.fd = -1}, .keeps_nothing = true};
	str_init(&s->run_folder, PATH_MAX);
	str_init(&s->servers, SERVERS_MAX);
	return str_add_slice(&s->servers, servers);
}

void
sts_close(struct sts *s)
{
	if (s->helper.fd != -1)
		helper_close(&s->helper);
	str_free(&s->run_folder);
	str_free(&s->servers);
}

static int
name_socket(const struct sts *s, struct str *path)
{
	str_init(path, PATH_MAX);
	return str_format(path, "%s/" PROGRAM "/socket", s->run_folder.data);
}

/* One that is executed in the place of a service, since it is overloaded, would know nothing of its
 * cache. */
static int
connect_helper(struct sts *s, deadline until)
{
	static char program[] = PROGRAM, speak[] = "-s", fetch[] = "-f", server[] = "--server";
	char *const argv[] = {program, speak, NULL};
	char *const fresh[] = {
	    program, fetch, s->servers.len > 0 ? server : NULL, s->servers.data, NULL};

	if (s->helper.fd != -1)
		return 0;
	if (s->use == STS_USE_SERVICE) {
		int left = deadline_poll_ms(until);

		return helper_open_service(&s->helper, s->run_folder.data, PROGRAM,
		    left == -1 || left > HELPER_RETURN_MS ? HELPER_RETURN_MS : left);
	}
	if (s->keeps_nothing)
		return helper_open(&s->helper, NULL, fresh);
	return helper_open(&s->helper, s->run_folder.data, argv);
}

/* A line of the policy, or the failure: *what grows, or is set. */
static int
take_field(struct sts_answer *answer, const struct field *field, struct str *text)
{
	uint64_t expires;

	switch (field->letter) {
	case 'I':
		if (field->value.len == 0 || field->value.len > STS_ID_MAX)
			return -1;
		memcpy(answer->policy.id, field->value.data, field->value.len);
		answer->policy.id[field->value.len] = '\0';
		return 0;
	case 'E':
		if (!slice_number(field->value, INT64_MAX, &expires))
			return -1;
		answer->policy.expires = (int64_t)expires;
		return 0;
	case 'L':
		return str_add_slice(text, field->value) == -1 ? -1 : str_add_char(text, '\n');
	case 'F':
		if (field->value.len >= sizeof answer->failure)
			return -1;
		memcpy(answer->failure, field->value.data, field->value.len);
		answer->failure[field->value.len] = '\0';
		return 0;
	case 'W':
		str_clear(&answer->reason);
		return str_add_slice(&answer->reason, field->value);
	default:
		return -1;
	}
}

static int
take_fields(struct sts_answer *answer, struct slice fields)
{
	enum fields_result more;
	struct str text, problem;
	struct field field;
	int result = 0;

	str_init(&text, STS_ANSWER_MAX);
	str_init(&problem, REASON_MAX);
	while (result == 0 && (more = fields_next(&fields, '\0', &field)) != FIELDS_END)
		result = more == FIELDS_ONE ? take_field(answer, &field, &text) : -1;
	if (result == 0 && text.len > 0) {
		result = sts_policy_parse(&answer->policy, str_slice(&text), &problem);
		answer->result = STS_FOUND;
	} else {
		answer->result = answer->failure[0] != '\0' ? STS_FAILED : STS_NONE;
	}
	str_free(&text);
	str_free(&problem);
	return result;
}

static int
take_answer(struct sts *s, deadline until, struct sts_answer *answer)
{
	struct str fields;
	char type = '\0';
	int result = -1, taken;

	str_init(&fields, STS_ANSWER_MAX);
	taken = frame_take(s->helper.fd, &type, &fields, until);
	if (taken == 1 && type == (char)STS_FRAME_ANSWER)
		result = take_fields(answer, str_slice(&fields));
	else if (taken != -1)
		errno = taken == 0 ? ECONNRESET : EPROTO;
	str_free(&fields);
	return result;
}

/* A service that was killed leaves its socket: it has not been taken out of use. */
static bool
is_in_use(const struct sts *s)
{
	struct stat st;
	struct str path;
	bool is_there = true;

	if (s->use != STS_USE_SERVICE)
		return true;
	if (name_socket(s, &path) == 0)
		is_there = lstat(path.data, &st) == 0 && S_ISSOCK(st.st_mode);
	str_free(&path);
	return is_there;
}

bool
sts_name(struct slice domain, char name[STS_NAME_SIZE])
{
	if (domain.len > 1 && domain.data[domain.len - 1] == '.')
		domain.len--;
	if (!sts_is_domain(domain))
		return false;
	for (size_t i = 0; i < domain.len; i++)
		name[i] = ascii_lower(domain.data[i]);
	name[domain.len] = '\0';
	return true;
}

/*
 * Hung up on: by a service that was ended, or by a worker of one; or as this user has his share of
 * the workers (net/crowd.h), of which one may be free in a moment.
 */
static bool
may_try_again(struct sts *s)
{
	s->tries++;
	if ((errno != EPIPE && errno != ECONNRESET) || s->tries >= HELPER_TRIES ||
	    s->helper.is_executed)
		return false;
	helper_pause(s->tries);
	return true;
}

/* Sends the question. As sts_begin. */
static int
ask(struct sts *s, deadline until, struct sts_answer *answer)
{
	do {
		if (connect_helper(s, until) == -1) {
			if (is_in_use(s))
				(void)settle(answer, STS_UNKNOWN, "mta-sts cannot be asked");
			else
				(void)settle(answer, STS_NONE, "mta-sts is not in use");
			return -1;
		}
		if (frame_send(s->helper.fd, (enum frame_type)STS_FRAME_ASK, slice_of(s->domain),
			until) == 0)
			return 0;
		helper_close(&s->helper);
	} while (may_try_again(s));
	(void)settle(answer, STS_UNKNOWN, "mta-sts did not answer");
	return -1;
}

int
sts_begin(struct sts *s, struct slice domain, deadline until, struct sts_answer *answer)
{
	answer->failure[0] = '\0';
	answer->policy.id[0] = '\0';
	answer->policy.expires = 0;
	str_clear(&answer->reason);
	s->tries = 0;
	if (!sts_name(domain, s->domain))
		(void)settle(answer, STS_NONE, "not a domain that can have a policy");
	else if (s->use == STS_USE_NEVER)
		(void)settle(answer, STS_NONE, "mta-sts is not in use");
	else
		return ask(s, until, answer);
	return -1;
}

enum sts_result
sts_end(struct sts *s, deadline until, struct sts_answer *answer)
{
	int result = take_answer(s, until, answer);

	while (result == -1 && may_try_again(s)) {
		helper_close(&s->helper);
		if (ask(s, until, answer) == -1)
			return answer->result;
		result = take_answer(s, until, answer);
	}
	/* a service has others to serve; and what did not answer would answer too late */
	if (!s->helper.is_executed || result == -1)
		helper_close(&s->helper);
	if (result == -1)
		return settle(answer, STS_UNKNOWN, "mta-sts did not answer");
	return answer->result;
}

enum sts_result
sts_ask(struct sts *s, struct slice domain, deadline until, struct sts_answer *answer)
{
	if (sts_begin(s, domain, until, answer) == -1)
		return answer->result;
	return sts_end(s, until, answer);
}
