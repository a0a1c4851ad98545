/* SPDX-License-Identifier: ISC */
/* Bearer tokens: OAUTHBEARER (RFC 7628), and XOAUTH2, which came before it. */
#include <string.h>

#include "net/sasl_mechanism.h"

#define BEARER "Bearer "

/* What the client is told of a token that is not taken (RFC 7628, 3.2.2); it may only say \x01. */
static enum sasl_result
show_error(struct sasl *s, const char *text)
{
	s->told = SASL_REFUSED;
	return sasl_challenge(s, text);
}

/* The value of KEY among "key=value" pairs, each ended by \x01. */
static bool
find_pair(struct slice pairs, const char *key, struct slice *value)
{
	struct slice pair;
	size_t len = strlen(key);

	while (slice_take(&pairs, '\1', &pair)) {
		if (slice_starts(pair, key) && pair.len > len && pair.data[len] == '=') {
			*value = slice_skip(pair, len + 1);
			return true;
		}
	}
	return false;
}

/* b64token (RFC 6750, 2.1) and what some issuers use besides: printable, without blanks. */
static bool
is_token(struct slice token)
{
	for (size_t i = 0; i < token.len; i++)
		if (token.data[i] <= ' ' || token.data[i] > '~')
			return false;
	return token.len > 0;
}

static enum sasl_result
check(struct sasl *s, struct slice pairs, const char *error)
{
	struct slice token;
	enum sasl_result result;
	struct str who;

	if (!find_pair(pairs, "auth", &token) || !slice_starts_nocase(token, BEARER))
		return SASL_SYNTAX;
	token = slice_skip(token, strlen(BEARER));
	if (!is_token(token) || (s->login.len > 0 && !sasl_is_name(str_slice(&s->login))))
		return SASL_SYNTAX;
	str_init(&who, SASL_NAME_MAX);
	result = s->backend->check_token(s->backend->context, slice_of(sasl_name(s->mechanism)),
	    str_slice(&s->login), token, &who);
	if (result == SASL_ACCEPTED)
		result = sasl_accept(s, &who);
	else if (result == SASL_REFUSED)
		result = show_error(s, error);
	str_free(&who);
	return result;
}

/* The pairs end with one more \x01. */
static bool
ends_as_pairs(struct slice text)
{
	return text.len >= 2 && text.data[text.len - 1] == '\1' && text.data[text.len - 2] == '\1';
}

/* gs2-header, then \x01 and pairs (RFC 7628, 3.1). */
enum sasl_result
sasl_oauthbearer(struct sasl *s, struct slice response)
{
	struct slice flag, name = {NULL, 0};

	if (s->step > 1) /* whatever it says to the error */
		return SASL_REFUSED;
	if (!ends_as_pairs(response) || !slice_take(&response, ',', &flag) ||
	    (!slice_is(flag, "n") && !slice_is(flag, "y")))
		return SASL_SYNTAX;
	if (slice_starts(response, "a=")) {
		size_t comma = slice_find(response, ',');

		name = slice_make(response.data + 2, comma - 2);
		response = slice_skip(response, comma);
	}
	if (!slice_starts(response, ",\1") || !sasl_undo_name(&s->login, name))
		return SASL_SYNTAX;
	return check(s, slice_skip(response, 2), "{\"status\":\"invalid_token\"}");
}

/* "user=login", "auth=Bearer token", each ended by \x01, and one more. */
enum sasl_result
sasl_xoauth2(struct sasl *s, struct slice response)
{
	struct slice name;

	if (s->step > 1)
		return SASL_REFUSED;
	if (!ends_as_pairs(response) || !find_pair(response, "user", &name) ||
	    str_add_slice(&s->login, name) == -1)
		return SASL_SYNTAX;
	return check(s, response, "{\"status\":\"401\",\"schemes\":\"bearer\"}");
}
