/* SPDX-License-Identifier: ISC */
#include "login.h"

#include <string.h>

#include "base/base64.h"
#include "net/sasl_client.h"

#define LINE_MAX_OCTETS ((size_t)510) /* of a command, without CRLF: RFC 5321, 4.5.3.1.4 */

void
login_end(struct session *s)
{
	if (!s->has_sasl)
		return;
	sasl_client_free(&s->sasl);
	str_wipe(&s->response);
	s->has_sasl = false;
}

/* What the mechanism says now, in base 64. False if the session is lost. */
static bool
encode(struct session *s)
{
	str_clear(&s->response);
	if (str_reserve(&s->response, s->sasl.out.len / 3 * 4 + 8) == 0 &&
	    base64_encode(&s->response, str_slice(&s->sasl.out)) == 0)
		return true;
	session_lose(s, "out of memory");
	return false;
}

/*
 * AUTH, with the initial response where there is one that fits; a longer one comes behind it. None
 * is empty: each mechanism has a name to tell.
 */
static void
say_auth(struct session *s)
{
	enum sasl_client_result result = sasl_client_step(&s->sasl, NULL);
	const char *name = sasl_client_name(s->sasl.mechanism);
	bool says = result == SASL_CLIENT_SAY;

	if (result == SASL_CLIENT_NO_MEMORY) {
		session_lose(s, "out of memory");
		return;
	}
	if (says && !encode(s))
		return;
	s->owes_response =
	    says && strlen("AUTH  ") + strlen(name) + s->response.len > LINE_MAX_OCTETS;
	if (says && !s->owes_response)
		session_say(s, "AUTH %s %s\r\n", name, s->response.data);
	else
		session_say(s, "AUTH %s\r\n", name);
}

void
login_begin(struct session *s)
{
	const struct load *l = s->load;
	const struct sasl_client_mechanism *mechanism;
	static const struct sasl_conditions conditions = {.is_encrypted = false}; /* none binds */
	struct sasl_client_account account = {
	    .login = slice_of(l->settings.login), .secret = str_slice(&l->secret)};

	sasl_client_init(&s->sasl, &account, &conditions);
	str_init(&s->response, 2 * SASL_MESSAGE_MAX);
	s->has_sasl = true;
	mechanism = sasl_client_choose(&s->sasl, s->offered & l->settings.mechanisms);
	s->state = SESSION_LOGIN;
	s->step_us = load_now();
	if (mechanism == NULL) {
		session_lose(s, "no mechanism is offered that may be used");
		return;
	}
	sasl_client_begin(&s->sasl, mechanism, s->offered);
	say_auth(s);
}

/* What this session alone was told; the password itself nobody ever reads (report_error). */
static void
refuse(struct session *s, struct slice text)
{
	struct hidden hidden;
	struct str line;

	hidden_init(&hidden);
	str_init(&line, text.len);
	if (str_add_slice(&line, text) == 0 && hidden_add_said(&hidden, str_slice(&s->sasl.out),
						   slice_of(s->load->settings.login)) == 0) {
		hidden_mask(&hidden, &line);
		session_lose(s, line.data);
	} else {
		session_lose(s, "out of memory");
	}
	hidden_free(&hidden);
	str_free(&line);
}

static void
answer(struct session *s, struct slice text)
{
	enum sasl_client_result result = SASL_CLIENT_CANCEL;
	struct slice challenge;
	struct str decoded;

	str_init(&decoded, SASL_MESSAGE_MAX);
	/* each mechanism has an end of its steps, and so has this */
	if (base64_decode(&decoded, text) == 0) {
		challenge = str_slice(&decoded);
		result = sasl_client_step(&s->sasl, &challenge);
	}
	str_free(&decoded);
	if (result == SASL_CLIENT_NO_MEMORY)
		session_lose(s, "out of memory");
	else if (result != SASL_CLIENT_SAY)
		session_lose(s, "the server's challenge is not right");
	else if (encode(s))
		session_say(s, "%s\r\n", s->response.data);
}

void
login_reply(struct session *s, int code, struct slice text)
{
	struct slice challenge = slice_trim(slice_skip(text, strlen("334")));

	if (code == 334 && s->owes_response && challenge.len == 0) {
		s->owes_response = false;
		session_say(s, "%s\r\n", s->response.data);
	} else if (code == 334 && s->owes_response) {
		session_lose(s, "the server spoke out of turn");
	} else if (code == 334) {
		answer(s, challenge);
	} else if (code / 100 != 2) {
		refuse(s, text);
	} else if (!sasl_client_is_done(&s->sasl)) {
		session_lose(s, "the server did not show that it knows the password");
	} else {
		session_measure(s, MEASURE_LOGIN, s->step_us);
		login_end(s);
		dialogue_next(s);
	}
}
