/* SPDX-License-Identifier: ISC */
#include "net/authd.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/io.h"
#include "conf/control.h"
#include "spool/frame.h"
#include "spool/spool.h"

#define NAMES_SECONDS 10  /* EHLO waits for it; without, mail programs give up at once */
#define ANSWER_SECONDS 60 /* a hash and an outside program take time */
#define BUFFER_SIZE ((size_t)16384)
#define WAIT_MAX_MS UINT64_C(60000)

static const char *const names[] = {
    [AUTHD_CHALLENGE] = "challenge",
    [AUTHD_ACCEPTED] = "accepted",
    [AUTHD_REFUSED] = "refused",
    [AUTHD_SYNTAX] = "syntax",
    [AUTHD_NO_MECHANISM] = "mechanism",
    [AUTHD_WEAK] = "weak",
    [AUTHD_NEEDS_TLS] = "tls",
    [AUTHD_LIMIT] = "limit",
    [AUTHD_TEMPORARY] = "temporary",
};

const char *
authd_result_name(enum authd_result result)
{
	return names[result];
}

enum authd_result
authd_result_of(struct slice name)
{
	for (size_t i = AUTHD_REFUSED; i < AUTHD_TEMPORARY; i++)
		if (slice_is(name, names[i]))
			return (enum authd_result)i;
	return AUTHD_TEMPORARY;
}

void
authd_init(struct authd *a)
{
	*a = (struct authd){.helper = {.fd = -1}};
	str_init(&a->challenge, AUTHD_MESSAGE_MAX);
}

void
authd_close(struct authd *a)
{
	if (a->helper.fd != -1) {
		helper_close(&a->helper);
		reader_free(&a->reader);
	}
	str_wipe(&a->challenge);
	explicit_bzero(a->login, sizeof a->login);
}

bool
authd_is_configured(void)
{
	static const char *const files[] = {"authentication", "secrets", "fingerprints"};
	struct control control;
	struct stat st;
	bool found = false;

	if (control_open(&control) == -1 || control.fd == -1)
		return false;
	for (size_t i = 0; i < sizeof files / sizeof files[0] && !found; i++)
		found = fstatat(control.fd, files[i], &st, 0) == 0;
	control_close(&control);
	return found;
}

static int
send_frame(struct authd *a, enum authd_frame type, struct slice payload)
{
	return frame_send(
	    a->helper.fd, (enum frame_type)type, payload, deadline_in_seconds(ANSWER_SECONDS));
}

static int
send_tls(struct authd *a, const struct tls_info *tls)
{
	struct str fields;
	int result;

	if (tls == NULL || !tls->is_on)
		return 0;
	str_init(&fields, TLS_INFO_MAX);
	result = tls_info_add_fields(&fields, tls);
	if (result == 0)
		result = send_frame(a, AUTHD_TLS, str_slice(&fields));
	str_wipe(&fields);
	return result;
}

static int
open_helper(struct authd *a, const struct authd_client *client, unsigned try)
{
	static char program[] = "authd", speak[] = "-s";
	char *const argv[] = {program, speak, NULL};
	struct str rundir;
	int result;

	authd_close(a);
	str_init(&rundir, PATH_MAX);
	result = str_format(&rundir, "%s/run", spool_path());
	if (result == 0)
		result = helper_open_by(client->executor, &a->helper,
		    client->is_relayed ? NULL : rundir.data, argv, try);
	str_free(&rundir);
	if (result == -1)
		return -1;
	if (reader_init(&a->reader, a->helper.fd, BUFFER_SIZE) == -1) {
		helper_close(&a->helper);
		return -1;
	}
	return send_tls(a, client->tls);
}

/* Sends TYPE with what it says of the client; MECHANISM may be empty. */
static int
send_client(struct authd *a, enum authd_frame type, const struct authd_client *client,
    struct slice mechanism, bool has_initial)
{
	struct str fields;
	int result = -1;

	str_init(&fields, AUTHD_FIELDS_MAX);
	if (fields_add(&fields, 'S', slice_of(client->service), '\0') == 0 &&
	    fields_add(&fields, 'A', slice_of(client->address), '\0') == 0 &&
	    (mechanism.len == 0 || fields_add(&fields, 'M', mechanism, '\0') == 0) &&
	    (!has_initial || fields_add(&fields, 'I', slice_make(NULL, 0), '\0') == 0))
		result = send_frame(a, type, str_slice(&fields));
	str_free(&fields);
	return result;
}

/* The next frame, its payload in CONTENT. 0, or -1 with errno. */
static int
receive(struct authd *a, int64_t seconds, char *type, struct str *content)
{
	size_t length;
	int result;

	str_clear(content);
	a->reader.until = deadline_in_seconds(seconds);
	result = frame_next(&a->reader, type, &length);
	if (result == 0)
		errno = ECONNRESET;
	if (result <= 0)
		return -1;
	if (str_reserve(content, length) == -1 ||
	    frame_payload(&a->reader, content->data, length) == -1)
		return -1;
	content->data[length] = '\0';
	content->len = length;
	return 0;
}

/*
 * After a failure to ask: true if a service hung up without a word. One that began to find out who
 * it is and was ended loses nothing by doing so anew.
 */
static bool
may_try_again(const struct authd *a, const struct authd_client *client, unsigned *tries)
{
	++*tries;
	return (errno == EPIPE || errno == ECONNRESET) && *tries < HELPER_TRIES &&
	       (client->is_relayed || !a->helper.is_executed);
}

int
authd_names(const struct authd_client *client, struct str *list)
{
	struct authd a;
	char type = '\0';
	unsigned tries = 0;
	int result;

	authd_init(&a);
	str_clear(list);
	do {
		result = open_helper(&a, client, tries);
		if (result == 0)
			result = send_client(&a, AUTHD_NAMES, client, slice_make(NULL, 0), false);
		if (result == 0)
			result = receive(&a, NAMES_SECONDS, &type, list);
	} while (result == -1 && may_try_again(&a, client, &tries));
	if (result == 0 && (type != (char)AUTHD_LIST || slice_has_control(str_slice(list))))
		result = -1;
	authd_close(&a);
	return result;
}

static bool
take_login(struct authd *a, struct slice login)
{
	if (login.len == 0 || login.len > AUTHD_LOGIN_MAX || slice_has_control(login))
		return false;
	memcpy(a->login, login.data, login.len);
	a->login[login.len] = '\0';
	return true;
}

static enum authd_result
take_failure(struct authd *a, struct slice fields)
{
	enum authd_result result = AUTHD_TEMPORARY;
	struct field field;
	uint64_t ms;

	while (fields_next(&fields, '\0', &field) == FIELDS_ONE) {
		if (field.letter == 'E')
			result = authd_result_of(field.value);
		else if (field.letter == 'L')
			(void)take_login(a, field.value);
		else if (field.letter == 'W' && slice_number(field.value, WAIT_MAX_MS, &ms))
			a->wait_ms = (int64_t)ms;
	}
	return result;
}

static enum authd_result
take_answer(struct authd *a, char type)
{
	switch (type) {
	case AUTHD_ASK:
		return AUTHD_CHALLENGE;
	case AUTHD_KNOWN:
		return take_login(a, str_slice(&a->challenge)) ? AUTHD_ACCEPTED : AUTHD_TEMPORARY;
	case AUTHD_FAILED:
		return take_failure(a, str_slice(&a->challenge));
	default:
		return AUTHD_TEMPORARY;
	}
}

enum authd_result
authd_begin(struct authd *a, const struct authd_client *client, struct slice mechanism,
    const struct slice *initial)
{
	unsigned tries = 0;
	char type = '\0';
	int result;

	a->wait_ms = 0;
	do {
		result = open_helper(a, client, tries);
		if (result == 0)
			result = send_client(a, AUTHD_BEGIN, client, mechanism, initial != NULL);
		if (result == 0 && initial != NULL)
			result = send_frame(a, AUTHD_RESPONSE, *initial);
		if (result == 0)
			result = receive(a, ANSWER_SECONDS, &type, &a->challenge);
	} while (result == -1 && may_try_again(a, client, &tries));
	return result == -1 ? AUTHD_TEMPORARY : take_answer(a, type);
}

enum authd_result
authd_respond(struct authd *a, struct slice response)
{
	char type;

	a->wait_ms = 0;
	if (a->helper.fd == -1 || send_frame(a, AUTHD_RESPONSE, response) == -1 ||
	    receive(a, ANSWER_SECONDS, &type, &a->challenge) == -1)
		return AUTHD_TEMPORARY;
	return take_answer(a, type);
}
