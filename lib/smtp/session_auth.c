/* SPDX-License-Identifier: ISC */
/*
 * AUTH (RFC 4954). Of what is said in an exchange the session knows nothing (net/dialogue.h).
 */
#include <string.h>

#include "mail/encode.h"
#include "net/dialogue.h"
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

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
static const struct verdict problems[] = {
    [DIALOGUE_CANCELLED] = {501, "5.7.0", "Cancelled"},
    [DIALOGUE_NO_BASE64] = {501, "5.5.2", "This is no base 64"},
    [DIALOGUE_TOO_LONG] = {500, "5.5.6", "Line too long"},
    [DIALOGUE_BAD_LINE] = {500, "5.5.2", "A line ends with CR LF, and neither stands alone"},
};

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

static enum reader_result
read_line(void *context, struct slice *line, size_t max)
{
	return session_read_line(context, line, max);
}

/* Every AUTH ends here, but those that the connection's end ends. */
static void
conclude(struct session *s, struct dialogue *d, struct slice mechanism, enum dialogue_end end)
{
	bool is_judged = end == DIALOGUE_JUDGED;
	enum authd_result result = is_judged ? d->result : AUTHD_SYNTAX;
	const struct verdict *verdict = is_judged ? &verdicts[result] : &problems[end];

	session_log_auth(s, mechanism, d->authd.login,
	    end == DIALOGUE_CANCELLED ? "cancelled" : authd_result_name(result));
	if (result == AUTHD_ACCEPTED)
		memcpy(s->client.login, d->authd.login, sizeof s->client.login);
	if (result == AUTHD_REFUSED || result == AUTHD_LIMIT)
		s->auth.failures++;
	if (result != AUTHD_ACCEPTED && result != AUTHD_TEMPORARY)
		s->errors++;
	dialogue_close(d); /* who waits keeps no worker of authd */
	dialogue_wait(d->authd.wait_ms, s->until);
	(void)respond(&s->writer, verdict->code, verdict->status, "%s", verdict->text);
	if (s->auth.failures >= s->settings->limits.smtpd_auth_failures)
		s->end = SESSION_LOGINS;
}

static void
exchange(struct session *s, struct slice mechanism, const struct slice *initial)
{
	const struct authd_client client = client_of(s);
	struct dialogue d = {.client = &client,
	    .prompt = "334 ",
	    .reader = &s->reader,
	    .writer = &s->writer,
	    .read_line = read_line,
	    .context = s};
	enum dialogue_end end = dialogue_run(&d, mechanism, initial);

	if (end == DIALOGUE_LOST)
		session_lost(s, d.read == READER_EOF ? 0 : -1);
	else
		conclude(s, &d, mechanism, end);
	dialogue_close(&d);
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
	char name[DIALOGUE_NAME_MAX];
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
	str_init(&initial, DIALOGUE_LINE_MAX);
	is_good = !has_initial || dialogue_take_initial(&s->reader, rest, &initial);
	if (!is_good)
		session_wrong(s, 501, "5.5.2", "This is no base 64");
	else {
		struct slice given = str_slice(&initial);

		exchange(s, mechanism, has_initial ? &given : NULL);
	}
	str_wipe(&initial);
}
