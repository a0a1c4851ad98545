/* SPDX-License-Identifier: ISC */
/* The helper protocol: frames on a stream socket (authd(8)). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "authd.h"
#include "base/fields.h"
#include "base/hurry.h"
#include "base/io.h"
#include "net/authd.h"
#include "spool/frame.h"

#define BUFFER_SIZE ((size_t)16384)

struct exchange {
	struct server *server;
	struct reader reader;
	struct str content;	/* of the frame at hand */
	struct str certificate; /* the login that it stands for */
	struct str mechanism;	/* of the request at hand */
	bool has_initial;
	bool is_active; /* a challenge was sent */
	bool is_judged; /* and counted */
	int64_t wait;	/* what that costs the client */
	struct sasl_backend backend;
	struct sasl sasl;
};

/* The next frame, at most HIGHEST octets of content. False for the end, whatever it is. */
static bool
receive(struct exchange *x, char *type, size_t highest)
{
	size_t length;

	str_clear(&x->content);
	x->reader.until = deadline_in_seconds((int64_t)x->server->settings.limits.authd_timeout);
	if (frame_next(&x->reader, type, &length) != 1 || length > highest ||
	    str_reserve(&x->content, length) == -1 ||
	    frame_payload(&x->reader, x->content.data, length) == -1)
		return false;
	x->content.data[length] = '\0';
	x->content.len = length;
	return true;
}

static bool
answer(struct exchange *x, enum authd_frame type, struct slice content)
{
	return frame_send(x->reader.fd, (enum frame_type)type, content, deadline_in_seconds(30)) ==
	       0;
}

/* The login that a failure counts for: what the client said, if it can be one. */
static struct slice
login_said(const struct exchange *x)
{
	struct slice login = str_slice(&x->sasl.login);

	return sasl_is_name(login) ? login : slice_make(NULL, 0);
}

static bool
answer_failure(struct exchange *x, enum authd_result result, int64_t wait)
{
	struct slice login = login_said(x);
	struct str fields;
	bool good;

	str_init(&fields, AUTHD_FIELDS_MAX);
	good = fields_add(&fields, 'E', slice_of(authd_result_name(result)), '\0') == 0 &&
	       (login.len == 0 || fields_add(&fields, 'L', login, '\0') == 0) &&
	       (wait == 0 || fields_add_number(&fields, 'W', wait, '\0') == 0) &&
	       answer(x, AUTHD_FAILED, str_slice(&fields));
	str_free(&fields);
	return good;
}

/* What goes on to programs and to Dovecot: nothing there may be taken for more than a word. */
static bool
take_service(struct request *r, struct slice value)
{
	if (value.len >= sizeof r->service)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!ascii_is_alpha(value.data[i]) && !ascii_is_digit(value.data[i]))
			return false;
	memcpy(r->service, value.data, value.len);
	r->service[value.len] = '\0';
	return true;
}

static bool
take_address(struct request *r, struct slice value)
{
	return value.len == 0 || peer_from_text(&r->client, value.data);
}

/* Fields of N and B. False for what is none. */
static bool
take_client(struct exchange *x)
{
	struct request *r = &x->server->request;
	struct slice rest = str_slice(&x->content);
	enum fields_result next;
	struct field field;
	bool good = true;

	r->service[0] = r->client.address[0] = '\0';
	str_clear(&x->mechanism);
	x->has_initial = false;
	while ((next = fields_next(&rest, '\0', &field)) == FIELDS_ONE) {
		if (field.letter == 'S')
			good = good && take_service(r, field.value);
		else if (field.letter == 'A')
			good = good && take_address(r, field.value);
		else if (field.letter == 'M')
			good = good && str_add_slice(&x->mechanism, field.value) == 0;
		else if (field.letter == 'I')
			x->has_initial = true;
	}
	return good && next == FIELDS_END;
}

/* Finds out what there is for this client. */
static void
prepare(struct exchange *x)
{
	struct server *s = x->server;
	const struct tls_info *tls = &s->request.tls;
	struct sasl_conditions conditions = {.is_encrypted = tls->is_on};

	backend_certificate(s, &x->certificate);
	conditions.certificate = str_slice(&x->certificate);
	conditions.exporter = slice_make((const char *)tls->exporter, tls->exporter_length);
	conditions.end_point = slice_make((const char *)tls->end_point, tls->end_point_length);
	x->backend = backend_for(s);
	sasl_free(&x->sasl);
	sasl_init(&x->sasl, &x->backend, &conditions);
	for (size_t i = 0; sasl_at(i) != NULL; i++)
		if (sasl_is_binding(sasl_at(i)) && settings_allow(&s->settings, sasl_at(i)) &&
		    sasl_can(&x->sasl, sasl_at(i)))
			x->sasl.is_binding_offered = true;
}

/* AUTHD_CHALLENGE if the mechanism may be used. */
static enum authd_result
check_mechanism(const struct exchange *x, const struct sasl_mechanism *m)
{
	const struct server *s = x->server;

	if (m == NULL)
		return AUTHD_NO_MECHANISM;
	if (!settings_allow(&s->settings, m))
		return AUTHD_WEAK;
	if (!s->request.tls.is_on &&
	    (sasl_is_binding(m) || (sasl_is_clear(m) && !s->settings.plaintext)))
		return AUTHD_NEEDS_TLS;
	return sasl_can(&x->sasl, m) ? AUTHD_CHALLENGE : AUTHD_NO_MECHANISM;
}

static bool
serve_names(struct exchange *x)
{
	struct str names;
	bool good;

	if (!take_client(x))
		return false;
	prepare(x);
	str_init(&names, AUTHD_FIELDS_MAX);
	for (size_t i = 0; sasl_at(i) != NULL; i++)
		if (check_mechanism(x, sasl_at(i)) == AUTHD_CHALLENGE)
			(void)str_format(
			    &names, "%s%s", names.len > 0 ? " " : "", sasl_name(sasl_at(i)));
	good = answer(x, AUTHD_LIST, str_slice(&names));
	str_free(&names);
	return good;
}

/*
 * Before the client hears whether it was right, once for each exchange: a failure is counted, and
 * of who tried too much at the same time nobody is told anything. False for those.
 */
static bool
judge(struct exchange *x, enum sasl_result result)
{
	struct slice login = slice_of(x->server->request.login);
	bool within;

	if (result == SASL_CHALLENGE)
		result = x->sasl.told;
	if (x->is_judged || (result != SASL_ACCEPTED && result != SASL_REFUSED))
		return true;
	if (result == SASL_ACCEPTED)
		within = !failures_are_too_many(x->server, login);
	else
		within = failures_add(x->server, login.len > 0 ? login : login_said(x), &x->wait);
	x->is_judged = true;
	return within;
}

static bool
step(struct exchange *x, const struct slice *response)
{
	enum sasl_result result = sasl_step(&x->sasl, response);

	x->is_active = result == SASL_CHALLENGE;
	if (!judge(x, result)) {
		x->is_active = false;
		return answer_failure(x, AUTHD_LIMIT, 0);
	}
	switch (result) {
	case SASL_CHALLENGE:
		return answer(x, AUTHD_ASK, str_slice(&x->sasl.out));
	case SASL_ACCEPTED:
		return answer(x, AUTHD_KNOWN, str_slice(&x->sasl.login));
	case SASL_REFUSED:
		return answer_failure(x, AUTHD_REFUSED, x->wait);
	case SASL_SYNTAX:
		return answer_failure(x, AUTHD_SYNTAX, 0);
	case SASL_TEMPORARY:
		break;
	}
	return answer_failure(x, x->server->is_limited ? AUTHD_LIMIT : AUTHD_TEMPORARY, 0);
}

static bool
serve_begin(struct exchange *x)
{
	const struct sasl_mechanism *m;
	enum authd_result result;
	struct slice response;
	char type;

	if (!take_client(x))
		return false;
	prepare(x);
	m = sasl_find(str_slice(&x->mechanism));
	result = check_mechanism(x, m);
	if (x->has_initial && (!receive(x, &type, AUTHD_MESSAGE_MAX) || type != AUTHD_RESPONSE))
		return false;
	x->is_active = x->is_judged = x->server->is_limited = false;
	x->wait = 0;
	x->server->request.login[0] = '\0';
	if (result != AUTHD_CHALLENGE)
		return answer_failure(x, result, 0);
	if (failures_are_too_many(x->server, slice_make(NULL, 0)))
		return answer_failure(x, AUTHD_LIMIT, 0);
	sasl_begin(&x->sasl, m);
	response = str_slice(&x->content);
	return step(x, x->has_initial ? &response : NULL);
}

static bool
serve_frame(struct exchange *x, char type)
{
	struct slice content = str_slice(&x->content);

	switch (type) {
	case AUTHD_TLS:
		x->is_active = false;
		return tls_info_from_fields(&x->server->request.tls, content);
	case AUTHD_NAMES:
		x->is_active = false;
		return serve_names(x);
	case AUTHD_BEGIN:
		return serve_begin(x);
	case AUTHD_RESPONSE:
		return x->is_active && step(x, &content);
	default:
		return false;
	}
}

void
exchange_serve(struct server *s, int fd)
{
	struct exchange x = {.server = s};
	const struct sasl_conditions none = {.is_encrypted = false};
	struct hurry hurry;
	char type;

	s->request = (struct request){.service = ""};
	str_init(&x.content, AUTHD_MESSAGE_MAX);
	str_init(&x.certificate, SASL_NAME_MAX);
	str_init(&x.mechanism, 64);
	sasl_init(&x.sasl, &x.backend, &none);
	hurry_prepare(&hurry);
	if (reader_init(&x.reader, fd, BUFFER_SIZE) == 0) {
		x.reader.is_hurried = true;
		while (receive(&x, &type, AUTHD_MESSAGE_MAX) && serve_frame(&x, type))
			str_wipe(&x.content);
	}
	hurry_end(&hurry);
	reader_free(&x.reader);
	sasl_free(&x.sasl);
	str_wipe(&x.content);
	str_free(&x.certificate);
	str_free(&x.mechanism);
	explicit_bzero(&s->request, sizeof s->request);
}
