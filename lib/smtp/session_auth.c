/* SPDX-License-Identifier: ISC */
/*
 * AUTH (RFC 4954). The session knows lines and base 64; what is in them is authd's business, and
 * so is every secret. What a client said is overwritten in the input as soon as it was passed on.
 */
#include <poll.h>
#include <string.h>

#include "base/base64.h"
#include "mail/encode.h"
#include "net/authd.h"
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

#define LINE_MAX_OCTETS ((size_t)12288) /* of a response; RFC 4954, 4 */
#define NAME_MAX_OCTETS 20		/* of a mechanism; RFC 4422, 3.1 */
/* Without authd's word: what nearly every authd has, so that clients are told of the failure. */
#define PRESET "PLAIN LOGIN"

static const struct verdict verdicts[] = {
    [AUTHD_ACCEPTED] = {235, "2.7.0", "Welcome"},
    [AUTHD_REFUSED] = {535, "5.7.8", "These credentials are not valid"},
    [AUTHD_SYNTAX] = {501, "5.5.2", "This is no response of this mechanism"},
    [AUTHD_NO_MECHANISM] = {504, "5.5.4", "There is no such mechanism"},
    [AUTHD_WEAK] = {534, "5.7.9", "This mechanism is switched off"},
    [AUTHD_NEEDS_TLS] = {538, "5.7.11", "This mechanism needs TLS"},
    [AUTHD_LIMIT] = {454, "4.7.0", "Too many failures; try again later"},
    [AUTHD_TEMPORARY] = {454, "4.7.0", "Logins cannot be checked now; try again later"},
};
static const struct verdict cancelled = {501, "5.7.0", "Cancelled"};
static const struct verdict no_base64 = {501, "5.5.2", "This is no base 64"};
static const struct verdict too_long = {500, "5.5.6", "Line too long"};
static const struct verdict bad_line = {
    500, "5.5.2", "A line ends with CR LF, and neither stands alone"};

static struct authd_client
client_of(const struct session *s)
{
	return (struct authd_client){.service = "smtp",
	    .address = s->client.peer.address,
	    .tls = &s->client.tls,
	    .executor = s->settings->executor};
}

void
session_find_mechanisms(struct session *s)
{
	struct str *list = &s->auth.mechanisms;
	struct authd_client client = client_of(s);

	if (s->auth.is_asked || !s->settings->has_logins || !s->extended ||
	    s->client.login[0] != '\0')
		return;
	s->auth.is_asked = true;
	if (authd_names(&client, list) == 0 || !s->client.tls.is_on)
		return;
	str_clear(list);
	(void)str_add_text(list, PRESET);
}

bool
session_may_auth(const struct session *s)
{
	return s->settings->has_logins && s->client.login[0] == '\0';
}

bool
session_has_mechanisms(const struct session *s)
{
	return s->auth.mechanisms.len > 0;
}

void
session_print_mechanisms(const struct session *s, struct str *line)
{
	(void)str_format(line, " %s", s->auth.mechanisms.data);
}

/*
 * The house's own relays may say who submitted a message. Who logged in may say that it was
 * himself; for what others submitted he cannot speak.
 */
void
session_judge_submitter(const struct session *s, struct parameters *parameters)
{
	struct str submitter;
	bool is_trusted = s->client.may_relay;

	if (parameters->submitter.len == 0)
		return;
	str_init(&submitter, ADDRESS_PATH_MAX);
	if (!is_trusted && encode_undo_xtext(&submitter, parameters->submitter) == 0)
		is_trusted = s->client.login[0] != '\0' &&
			     slice_is_nocase(str_slice(&submitter), s->client.login);
	str_free(&submitter);
	if (!is_trusted)
		parameters->submitter = slice_of("<>");
}

/* LINE points into the input, whose memory is ours. */
static void
wipe_line(struct session *s, struct slice line)
{
	if (line.len > 0)
		explicit_bzero(s->reader.buf + (line.data - s->reader.buf), line.len);
}

/* 334 and the challenge, which may be longer than other replies. */
static void
say_challenge(struct session *s, struct slice challenge)
{
	struct str text;

	str_init(&text, 2 * AUTHD_MESSAGE_MAX);
	(void)base64_encode(&text, challenge);
	(void)writer_format(&s->writer, "334 %s\r\n", text.data);
	str_wipe(&text);
}

/* Why there is no response: null when there is one, or when the session has ended. */
static const struct verdict *
take_line(struct session *s, struct slice *line)
{
	switch (session_read_line(s, line, LINE_MAX_OCTETS)) {
	case READER_LINE:
		return NULL;
	case READER_TOO_LONG:
		return &too_long;
	case READER_BARE_LF:
	case READER_BARE_CR:
	case READER_NUL:
		return &bad_line;
	case READER_EOF:
		session_lost(s, 0);
		return NULL;
	case READER_TIMEOUT:
	case READER_ERROR:
		break;
	}
	session_lost(s, -1);
	return NULL;
}

static const struct verdict *
take_response(struct session *s, struct str *response)
{
	struct slice line = {NULL, 0};
	const struct verdict *problem;

	s->transcript.is_secret = true;
	problem = take_line(s, &line);
	s->transcript.is_secret = false;
	str_clear(response);
	if (problem == NULL && s->end == SESSION_GOES_ON) {
		if (slice_is(line, "*"))
			problem = &cancelled;
		else if (base64_decode(response, line) == -1)
			problem = &no_base64;
	}
	wipe_line(s, line);
	return problem;
}

/* After a failure the client waits as long as authd says, and so do all who come from there. */
static void
wait_for_reply(struct session *s, int64_t ms)
{
	int left = deadline_poll_ms(s->until);

	if (left != -1 && ms > left)
		ms = left;
	if (ms > 0)
		(void)poll(NULL, 0, (int)ms);
}

/* Every AUTH ends here, but those that the connection's end ends. */
static void
conclude(struct session *s, struct authd *a, struct slice mechanism, const struct verdict *verdict)
{
	bool is_accepted = verdict == &verdicts[AUTHD_ACCEPTED];
	enum authd_result result = AUTHD_SYNTAX;

	for (size_t i = AUTHD_ACCEPTED; i <= AUTHD_TEMPORARY; i++)
		if (verdict == &verdicts[i])
			result = (enum authd_result)i;
	session_log_auth(s, mechanism, a->login,
	    verdict == &cancelled ? "cancelled" : authd_result_name(result));
	if (is_accepted)
		memcpy(s->client.login, a->login, sizeof s->client.login);
	authd_close(a);
	if (verdict == &verdicts[AUTHD_REFUSED] || verdict == &verdicts[AUTHD_LIMIT])
		s->auth.failures++;
	if (!is_accepted && verdict != &verdicts[AUTHD_TEMPORARY])
		s->errors++;
	wait_for_reply(s, a->wait_ms);
	(void)respond(&s->writer, verdict->code, verdict->status, "%s", verdict->text);
	if (s->auth.failures >= s->settings->limits.smtpd_auth_failures)
		s->end = SESSION_LOGINS;
}

static void
exchange(struct session *s, struct slice mechanism, const struct slice *initial)
{
	const struct authd_client client = client_of(s);
	const struct verdict *problem = NULL;
	enum authd_result result;
	struct str response;
	struct authd a;

	authd_init(&a);
	str_init(&response, LINE_MAX_OCTETS);
	result = authd_begin(&a, &client, mechanism, initial);
	while (result == AUTHD_CHALLENGE && problem == NULL) {
		say_challenge(s, str_slice(&a.challenge));
		problem = take_response(s, &response);
		if (s->end != SESSION_GOES_ON)
			break;
		if (problem == NULL)
			result = authd_respond(&a, str_slice(&response));
	}
	if (s->end == SESSION_GOES_ON)
		conclude(s, &a, mechanism, problem != NULL ? problem : &verdicts[result]);
	authd_close(&a);
	str_wipe(&response);
}

/* The initial response; "=" is an empty one (4). */
static bool
take_initial(struct slice word, struct str *initial)
{
	str_clear(initial);
	return slice_is(word, "=") || (word.len > 0 && base64_decode(initial, word) == 0);
}

static bool
is_in_order(struct session *s)
{
	if (!s->extended)
		session_wrong(s, 503, "5.5.1", "Say EHLO first");
	else if (s->client.login[0] != '\0')
		session_wrong(s, 503, "5.5.1", "You have logged in already");
	else if (s->transaction.active)
		session_wrong(s, 503, "5.5.1", "Not between MAIL and the end of a message");
	else
		return true;
	return false;
}

void
session_auth(struct session *s, struct slice argument)
{
	char name[NAME_MAX_OCTETS];
	struct slice word = {NULL, 0}, rest = argument, mechanism;
	struct str initial;
	bool has_initial, is_good;

	if (!s->settings->has_logins) {
		session_not_offered(s, argument);
		return;
	}
	if (!is_in_order(s))
		return;
	if (!slice_word(&rest, &word) || word.len > sizeof name || slice_has_control(word)) {
		if (word.len > sizeof name)
			session_wrong(s, 504, "5.5.4", "There is no such mechanism");
		else
			session_wrong(s, 501, "5.5.4", "Say AUTH and a mechanism");
		return;
	}
	/* the line is gone when the next one is read */
	memcpy(name, word.data, word.len);
	mechanism = slice_make(name, word.len);
	rest = slice_trim(rest);
	has_initial = rest.len > 0;
	str_init(&initial, LINE_MAX_OCTETS);
	is_good = !has_initial || take_initial(rest, &initial);
	wipe_line(s, rest);
	if (!is_good)
		session_wrong(s, 501, "5.5.2", "This is no base 64");
	else {
		struct slice given = str_slice(&initial);

		exchange(s, mechanism, has_initial ? &given : NULL);
	}
	str_wipe(&initial);
}
