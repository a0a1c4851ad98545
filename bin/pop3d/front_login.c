/* SPDX-License-Identifier: ISC */
/*
 * USER and PASS, which are PLAIN in other words, and AUTH (RFC 5034). authd finds out who it is;
 * its keeper hears that from authd itself, and not from here.
 */
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "front.h"
#include "net/dialogue.h"

#define PASSWORD_MAX ((size_t)1024)
#define CREDENTIALS_CODE "AUTH" /* RFC 3206 */
#define FAILURE_CODE "SYS/TEMP"

struct verdict {
	const char *code, *text;
};

static const struct verdict verdicts[] = {
    [AUTHD_REFUSED] = {CREDENTIALS_CODE, "These credentials are not valid"},
    [AUTHD_SYNTAX] = {NULL, "This is no response of this mechanism"},
    [AUTHD_NO_MECHANISM] = {NULL, "There is no such mechanism"},
    [AUTHD_WEAK] = {NULL, "This mechanism is switched off"},
    [AUTHD_NEEDS_TLS] = {NULL, "Not without TLS"},
    [AUTHD_LIMIT] = {CREDENTIALS_CODE, "Too many failures; try again later"},
    [AUTHD_TEMPORARY] = {FAILURE_CODE, "Logins cannot be checked now; try again later"},
};
static const struct verdict problems[] = {
    [DIALOGUE_CANCELLED] = {NULL, "Cancelled"},
    [DIALOGUE_NO_BASE64] = {NULL, "This is no base 64"},
    [DIALOGUE_TOO_LONG] = {NULL, "Line too long"},
    [DIALOGUE_BAD_LINE] = {NULL, "A line ends with CR LF, and holds no CR, LF or NUL elsewhere"},
};

static struct authd_client
client_of(const struct front *f)
{
	return (struct authd_client){.service = "pop3",
	    .address = f->talk.peer.address,
	    .tls = &f->tls,
	    .executor = &f->keeper,
	    .is_relayed = true};
}

void
front_find_mechanisms(struct front *f)
{
	struct authd_client client = client_of(f);

	if (f->knows_mechanisms || !f->talk.settings->has_logins)
		return;
	f->knows_mechanisms = true;
	if (authd_names(&client, &f->talk.mechanisms) == -1) {
		str_clear(&f->talk.mechanisms);
		/* what nearly every authd has, so that clients are told of the failure */
		if (f->tls.is_on)
			(void)str_add_text(&f->talk.mechanisms, "PLAIN");
	}
}

static void
log_login(struct front *f, struct slice mechanism, const char *login, const char *result)
{
	struct event e;

	talk_log(&f->talk, &e, "auth");
	if (*login != '\0')
		event_text(&e, "login", login);
	event_slice(&e, "mechanism", mechanism);
	event_text(&e, "result", result);
	event_send(&e);
}

/* Every try ends here, but those that the connection's end ends. A success is not answered here. */
static void
conclude(struct front *f, struct dialogue *d, struct slice mechanism, enum dialogue_end end)
{
	bool is_judged = end == DIALOGUE_JUDGED;
	enum authd_result result = is_judged ? d->result : AUTHD_SYNTAX;
	const struct verdict *verdict = is_judged ? &verdicts[result] : &problems[end];
	struct talk *t = &f->talk;

	log_login(f, mechanism, d->authd.login,
	    end == DIALOGUE_CANCELLED ? "cancelled" : authd_result_name(result));
	dialogue_close(d); /* who waits keeps no worker of authd */
	if (result == AUTHD_ACCEPTED) {
		t->end = TALK_HANDED;
		return;
	}
	if (result == AUTHD_REFUSED || result == AUTHD_LIMIT)
		f->failures++;
	if (result != AUTHD_TEMPORARY)
		t->errors++;
	dialogue_wait(d->authd.wait_ms, t->until);
	talk_err(t, verdict->code, "%s", verdict->text);
	if (f->failures >= t->settings->limits.pop3d_auth_failures)
		t->end = TALK_LOGINS;
}

static enum reader_result
read_line(void *context, struct slice *line, size_t max)
{
	return talk_read_line(context, line, max);
}

/* SAYS is what the log calls it. */
static void
try(struct front *f, struct slice mechanism, struct slice says, const struct slice *initial)
{
	const struct authd_client client = client_of(f);
	struct dialogue d = {.client = &client,
	    .prompt = "+ ",
	    .reader = &f->talk.reader,
	    .writer = &f->talk.writer,
	    .read_line = read_line,
	    .context = &f->talk};
	enum dialogue_end end = dialogue_run(&d, mechanism, initial);

	if (end == DIALOGUE_LOST)
		talk_lost(&f->talk, d.read == READER_EOF ? 0 : -1);
	else
		conclude(f, &d, says, end);
	dialogue_close(&d);
}

static bool
may_log_in(struct talk *t)
{
	if (!t->settings->has_logins)
		talk_err(t, "SYS/PERM", "There are no logins here");
	return t->settings->has_logins;
}

/* A password is not even asked for where it could not be taken. */
static bool
takes_password(struct front *f)
{
	if (!f->tls.is_on)
		front_find_mechanisms(f);
	return f->tls.is_on || talk_has_mechanism(&f->talk, "PLAIN");
}

/* RFC 6856, 2.2; nothing is said of whether there is such a user. */
void
front_user(struct talk *t, struct slice argument)
{
	struct front *f = (struct front *)t;

	str_clear(&f->user);
	if (!may_log_in(t))
		return;
	if (argument.len == 0 || slice_has_control(argument) || !utf8_is_text(argument))
		talk_wrong(t, "USER and a name in UTF-8 are expected");
	else if (!takes_password(f))
		talk_wrong(t, "Not without TLS");
	else if (str_add_slice(&f->user, argument) == -1)
		talk_wrong(t, "No name is as long");
	else
		talk_ok(t, "Go on with PASS");
}

/* All that follows the one blank is the password. */
void
front_pass(struct talk *t, struct slice argument)
{
	struct front *f = (struct front *)t;
	struct str response;
	struct slice initial;

	if (f->user.len == 0) {
		talk_wrong(t, "Say USER first");
	} else if (argument.len == 0 || !utf8_is_text(argument)) {
		talk_wrong(t, "PASS and a password in UTF-8 are expected");
	} else {
		str_init(&response, AUTHD_LOGIN_MAX + PASSWORD_MAX + 2);
		if (str_add_char(&response, '\0') == 0 &&
		    str_add_slice(&response, str_slice(&f->user)) == 0 &&
		    str_add_char(&response, '\0') == 0 && str_add_slice(&response, argument) == 0) {
			initial = str_slice(&response);
			try(f, slice_of("PLAIN"), slice_of("USER"), &initial);
		} else {
			talk_wrong(t, "No password is as long");
		}
		str_wipe(&response);
	}
	dialogue_wipe(&t->reader, argument);
	str_wipe(&f->user);
}

void
front_auth(struct talk *t, struct slice argument)
{
	struct front *f = (struct front *)t;
	struct slice word, rest = argument, given;
	char name[DIALOGUE_NAME_MAX];
	struct str initial;

	if (!may_log_in(t))
		return;
	if (!slice_word(&rest, &word) || word.len > sizeof name) {
		talk_wrong(t, "AUTH and a mechanism are expected; CAPA lists them");
		return;
	}
	/* the line is gone when the next one is read */
	memcpy(name, word.data, word.len);
	rest = slice_trim(rest);
	str_init(&initial, DIALOGUE_LINE_MAX);
	if (rest.len > 0 && !dialogue_take_initial(&t->reader, rest, &initial)) {
		talk_wrong(t, "This is no base 64");
	} else {
		/* what the word pointed to may be overwritten, but not how long it was */
		given = str_slice(&initial);
		try(f, slice_make(name, word.len), slice_make(name, word.len),
		    rest.len > 0 ? &given : NULL);
	}
	str_wipe(&initial);
}
