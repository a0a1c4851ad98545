/* SPDX-License-Identifier: ISC */
/* The mechanisms in which the client says its password: PLAIN (RFC 4616), and LOGIN, which no RFC
 * has but many clients do. And EXTERNAL (RFC 4422, appendix A), in which it need not. */
#include <errno.h>
#include <string.h>

#include "net/password.h"
#include "net/sasl_mechanism.h"

static bool
is_password(struct slice password)
{
	return password.len > 0 && password.len <= PASSWORD_MAX && !slice_has_control(password);
}

enum sasl_result
sasl_check_password(
    struct sasl *s, struct slice authorization, struct slice login, struct slice password)
{
	enum sasl_result result;
	struct str who;

	if (!sasl_is_name(login) || !is_password(password))
		return SASL_REFUSED;
	str_init(&who, SASL_NAME_MAX);
	result = s->backend->check_password(s->backend->context, login, password, &who);
	if (result == SASL_ACCEPTED && authorization.len > 0 &&
	    !slice_equal_nocase(authorization, login) &&
	    !slice_equal_nocase(authorization, str_slice(&who)))
		result = SASL_REFUSED;
	if (result == SASL_ACCEPTED)
		result = sasl_accept(s, &who);
	str_free(&who);
	return result;
}

/* What the log may show of who failed. */
static void
note_login(struct sasl *s, struct slice login)
{
	str_clear(&s->login);
	if (str_add_slice(&s->login, login) == -1)
		errno = 0; /* it is no name, and none is shown */
}

/* authorization identity, NUL, login, NUL, password. */
enum sasl_result
sasl_plain(struct sasl *s, struct slice response)
{
	struct slice part[3];
	size_t nul;

	for (size_t i = 0; i < 2; i++) {
		nul = slice_find(response, '\0');
		if (nul == response.len)
			return SASL_SYNTAX;
		part[i] = slice_make(response.data, nul);
		response = slice_skip(response, nul + 1);
	}
	part[2] = response;
	if (slice_find(part[2], '\0') < part[2].len)
		return SASL_SYNTAX;
	note_login(s, part[1]);
	return sasl_check_password(s, part[0], part[1], part[2]);
}

enum sasl_result
sasl_login(struct sasl *s, struct slice response)
{
	struct str login;
	enum sasl_result result;

	if (s->step == 1) {
		note_login(s, response);
		return sasl_challenge(s, "Password:");
	}
	str_init(&login, SASL_NAME_MAX);
	result = str_add_slice(&login, str_slice(&s->login)) == -1
		     ? SASL_TEMPORARY
		     : sasl_check_password(s, slice_make(NULL, 0), str_slice(&login), response);
	str_free(&login);
	return result;
}

enum sasl_result
sasl_external(struct sasl *s, struct slice response)
{
	struct slice name = s->conditions.certificate;
	enum sasl_result result;
	struct str who;

	note_login(s, name);
	if (!sasl_is_name(name))
		return SASL_REFUSED;
	str_init(&who, SASL_NAME_MAX);
	result = s->backend->check_name(s->backend->context, name, &who);
	if (result == SASL_ACCEPTED && response.len > 0 && !slice_equal_nocase(response, name))
		result = SASL_REFUSED;
	if (result == SASL_ACCEPTED)
		result = sasl_accept(s, &who);
	str_free(&who);
	return result;
}
