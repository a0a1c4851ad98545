/* SPDX-License-Identifier: ISC */
/* Programs that know whether a password (checkpassword) or a token (token-verifier) is right. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "authd.h"
#include "base/log.h"
#include "base/program.h"

#define SECRET_MAX ((size_t)16384)
#define CHECKPASSWORD_MAX ((size_t)512) /* octets on descriptor 3 that its interface allows */

/* Exit codes of a checkpassword program. */
enum code { CODE_RIGHT = 0, CODE_WRONG = 1 };

/* What a program is told of the client. */
struct client_variables {
	char service[64], address[128];
};

static void
name_client(struct client_variables *v, const struct server *s)
{
	snprintf(v->service, sizeof v->service, "PROTO=%s", s->request.service);
	snprintf(v->address, sizeof v->address, "TCPREMOTEIP=%s", s->request.client.address);
}

/* The fields, each ended by NUL. */
static int
add_fields(struct str *secret, struct slice first, struct slice second, const char *third)
{
	/* all at once: a string that grows leaves copies behind */
	if (str_reserve(secret, first.len + second.len + strlen(third) + 3) == -1 ||
	    str_add_slice(secret, first) == -1 || str_add_char(secret, '\0') == -1 ||
	    str_add_slice(secret, second) == -1 || str_add_char(secret, '\0') == -1 ||
	    str_add_text(secret, third) == -1)
		return -1;
	return str_add_char(secret, '\0');
}

static enum sasl_result
judge(int code, const char *what)
{
	if (code == CODE_RIGHT)
		return SASL_ACCEPTED;
	if (code == CODE_WRONG)
		return SASL_REFUSED;
	if (code == -1)
		log_note(PROGRAM, "failed", "%s: %s", what, strerror(errno));
	else
		log_note(PROGRAM, "failed", "%s: exit code %d", what, code);
	return SASL_TEMPORARY;
}

enum sasl_result
checkpassword_ask(struct server *s, struct slice login, struct slice password, struct str *who)
{
	enum sasl_result result = SASL_REFUSED;
	struct client_variables variables = {.service = ""};
	struct str secret;

	name_client(&variables, s);
	str_init(&secret, CHECKPASSWORD_MAX);
	if (add_fields(&secret, login, password, "Y123456") == 0) {
		const struct program program = {.command = s->settings.checkpassword,
		    .last = "/bin/true",
		    .secret = str_slice(&secret),
		    .variables = {variables.service, variables.address},
		    .until = deadline_in_seconds((int64_t)s->settings.limits.auth_program)};

		result = judge(program_run(&program), "checkpassword");
	}
	str_wipe(&secret);
	if (result == SASL_ACCEPTED && str_add_slice(who, login) == -1)
		result = SASL_TEMPORARY;
	return result;
}

/* The first line that the program printed is who it is; it may print nothing if LOGIN says it. */
static enum sasl_result
take_name(struct slice output, struct slice login, struct str *who)
{
	struct slice line = {NULL, 0};

	if (slice_take(&output, '\n', &line))
		line = slice_trim(line);
	if (line.len == 0)
		line = login;
	if (!sasl_is_name(line) || (login.len > 0 && !slice_equal_nocase(line, login)))
		return SASL_REFUSED;
	return str_add_slice(who, line) == 0 ? SASL_ACCEPTED : SASL_TEMPORARY;
}

enum sasl_result
verifier_ask(struct server *s, struct slice mechanism, struct slice login, struct slice token,
    struct str *who)
{
	enum sasl_result result = SASL_REFUSED;
	struct client_variables variables = {.service = ""};
	struct str secret, output, name;

	name_client(&variables, s);
	str_init(&secret, SECRET_MAX);
	str_init(&output, 4096);
	str_init(&name, 64);
	if (str_add_slice(&name, mechanism) == 0 &&
	    add_fields(&secret, login, token, name.data) == 0) {
		const struct program program = {.command = s->settings.token_verifier,
		    .secret = str_slice(&secret),
		    .variables = {variables.service, variables.address},
		    .output = &output,
		    .until = deadline_in_seconds((int64_t)s->settings.limits.auth_program)};

		result = judge(program_run(&program), "token-verifier");
	}
	if (result == SASL_ACCEPTED)
		result = take_name(str_slice(&output), login, who);
	str_wipe(&secret);
	str_free(&output);
	str_free(&name);
	return result;
}
