/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS sasl: what clients say to each mechanism. The first octet chooses the
 * mechanism, 0xff stands between messages.
 */
#include "net/sasl.h"

#include <string.h>

#include "fuzz.h"

#define LOGIN "joe"
#define PASSWORD "secret"
#define MARK '\xff'

/* Everything is right for joe; his password opens the way, or who knows his key. */
static enum sasl_result
known(struct slice login, struct str *who)
{
	must(sasl_is_name(login));
	if (!slice_is(login, LOGIN))
		return SASL_REFUSED;
	str_clear(who);
	return str_add_text(who, LOGIN) == 0 ? SASL_ACCEPTED : SASL_TEMPORARY;
}

static enum sasl_result
check_password(void *context, struct slice login, struct slice password, struct str *who)
{
	(void)context;
	return slice_is(password, PASSWORD) ? known(login, who) : SASL_REFUSED;
}

static enum sasl_result
find_key(void *context, struct slice login, struct scram_key *key, struct str *who)
{
	*key = *(const struct scram_key *)context;
	return known(login, who);
}

static enum sasl_result
find_password(void *context, struct slice login, struct str *password, struct str *who)
{
	(void)context;
	must(str_add_text(password, PASSWORD) == 0);
	return known(login, who);
}

static enum sasl_result
check_token(
    void *context, struct slice mechanism, struct slice login, struct slice token, struct str *who)
{
	(void)context;
	(void)mechanism;
	must(login.len == 0 || sasl_is_name(login));
	must(!slice_has_control(token));
	return slice_is(token, "token") ? known(slice_of(LOGIN), who) : SASL_REFUSED;
}

static enum sasl_result
check_name(void *context, struct slice login, struct str *who)
{
	(void)context;
	return known(login, who);
}

static const struct scram_key *
joes_key(void)
{
	static struct scram_key key = {.iterations = SCRAM_ITERATIONS_MIN, .salt_length = 16};

	if (key.stored[0] == 0 && key.stored[1] == 0)
		must(scram_key_derive(&key, slice_of(PASSWORD)) == 0);
	return &key;
}

static void
exchange(struct sasl *s, struct slice messages)
{
	enum sasl_result result = SASL_CHALLENGE;
	bool begins = true;

	while (result == SASL_CHALLENGE) {
		struct slice message = part(&messages, MARK);

		result = sasl_step(s, begins && message.len == 0 ? NULL : &message);
		must(s->out.len <= SASL_MESSAGE_MAX && s->step <= 4);
		begins = false;
	}
	must(result != SASL_ACCEPTED || slice_is(str_slice(&s->login), LOGIN));
	must(result != SASL_TEMPORARY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sasl_backend backend = {(void *)(uintptr_t)joes_key(), check_password, find_key,
	    find_password, check_token, check_name};
	struct sasl_conditions conditions = {.is_encrypted = true,
	    .exporter = slice_of("exporter"),
	    .end_point = slice_of("end point"),
	    .certificate = slice_of(LOGIN)};
	const struct sasl_mechanism *mechanism;
	struct sasl s;

	if (size == 0)
		return 0;
	mechanism = sasl_at(data[0]);
	if (mechanism == NULL)
		return 0;
	sasl_init(&s, &backend, &conditions);
	s.is_binding_offered = true;
	s.nonce_for_tests = "3rfcNHYJY1ZVvWVs7j";
	must(sasl_can(&s, mechanism));
	sasl_begin(&s, mechanism);
	exchange(&s, slice_make((const char *)data + 1, size - 1));
	sasl_free(&s);
	return 0;
}
