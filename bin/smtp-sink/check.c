/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "sink.h"

#define COMMAND_OCTETS 512 /* with CRLF (RFC 5321, 4.5.3.1.4) */
#define PARAMETERS_OCTETS 2048
#define AUTH_OCTETS 12288 /* RFC 4954, 4 */
#define NUMBER_MAX UINT64_C(1000000000000)

void
check_fault(struct connection *c, enum wire_fault fault)
{
	if (!c->sink->settings.verifies)
		return;
	c->sink->faults.count[fault]++;
	store_log(c, "fault", slice_of(wire_fault_name(fault)));
}

/* RFC 2920, 3.1: what may stand in the midst of a group. */
static bool
may_be_followed(struct slice verb)
{
	static const char *const names[] = {"MAIL", "RCPT", "RSET", "BDAT", "RCPT", "VRFY", "EXPN"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is_nocase(verb, names[i]))
			return i < 5;
	return false;
}

void
check_command(struct connection *c, struct slice verb, struct slice line)
{
	bool has_parameters = slice_is_nocase(verb, "MAIL") || slice_is_nocase(verb, "RCPT");
	size_t most = has_parameters		      ? PARAMETERS_OCTETS
		      : slice_is_nocase(verb, "AUTH") ? AUTH_OCTETS
						      : COMMAND_OCTETS;
	bool is_chunk = slice_is_nocase(verb, "BDAT");

	if (!c->sink->settings.verifies)
		return;
	if (line.len + 2 > most)
		check_fault(c, WIRE_LONG_COMMAND);
	if (slice_find(line, '\r') < line.len || slice_find(line, '\n') < line.len ||
	    slice_find(line, '\0') < line.len)
		check_fault(c, WIRE_BARE_COMMAND);
	if (c->input.len > 0 && !is_chunk &&
	    (!command_is_offered(c, "PIPELINING") || !may_be_followed(verb)))
		check_fault(c, WIRE_PIPELINED);
	if (is_chunk && !command_is_offered(c, "CHUNKING"))
		check_fault(c, WIRE_NOT_OFFERED);
}

static const struct {
	const char *parameter, *keyword;
} parameters[] = {
    {"SIZE", "SIZE"},
    {"BODY", "8BITMIME"},
    {"SMTPUTF8", "SMTPUTF8"},
    {"RET", "DSN"},
    {"ENVID", "DSN"},
    {"NOTIFY", "DSN"},
    {"ORCPT", "DSN"},
    {"AUTH", "AUTH"},
    {"REQUIRETLS", "REQUIRETLS"},
    {"BY", "DELIVERBY"},
    {"HOLDFOR", "FUTURERELEASE"},
    {"HOLDUNTIL", "FUTURERELEASE"},
    {"MT-PRIORITY", "MT-PRIORITY"},
    {"RRVS", "RRVS"},
    {"BINARYMIME", "BINARYMIME"},
};

static void
check_parameter(struct connection *c, struct slice word)
{
	struct slice name = slice_make(word.data, slice_find(word, '='));
	bool is_known = false;

	if (slice_is_nocase(word, "BODY=BINARYMIME"))
		name = slice_of("BINARYMIME");
	for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
		if (!slice_is_nocase(name, parameters[i].parameter))
			continue;
		is_known = true;
		if (!command_is_offered(c, parameters[i].keyword))
			check_fault(c, WIRE_NOT_OFFERED);
	}
	if (!is_known)
		check_fault(c, WIRE_NOT_OFFERED);
}

static struct slice
parameters_of(struct slice line)
{
	struct slice address = command_address(line);
	size_t taken = (size_t)(address.data + address.len - line.data);

	return slice_skip(line, taken + 1);
}

/* What LIMITS says of NAME (RFC 9422); 0 for nothing. */
static uint64_t
limit(const struct connection *c, const char *name)
{
	struct slice rest = str_slice(&c->sink->settings.offered), one, word;
	uint64_t most = 0;

	while (slice_take(&rest, '\0', &one)) {
		if (!slice_starts_nocase(one, "LIMITS "))
			continue;
		while (slice_word(&one, &word))
			if (slice_starts_nocase(word, name) && word.len > strlen(name))
				(void)slice_number(
				    slice_skip(word, strlen(name) + 1), NUMBER_MAX, &most);
	}
	return most;
}

void
check_mail(struct connection *c, struct slice line)
{
	struct slice rest = parameters_of(line), word;
	uint64_t most;

	c->transactions++;
	if (!c->sink->settings.verifies)
		return;
	most = limit(c, "MAILMAX");
	if (most > 0 && c->transactions > most)
		check_fault(c, WIRE_OVER_LIMIT);
	while (slice_word(&rest, &word))
		check_parameter(c, word);
}

void
check_rcpt(struct connection *c, struct slice line)
{
	struct slice rest = parameters_of(line), word;
	uint64_t most;

	if (!c->sink->settings.verifies)
		return;
	most = limit(c, "RCPTMAX");
	if (most > 0 && c->recipient_count >= most)
		check_fault(c, WIRE_OVER_LIMIT);
	while (slice_word(&rest, &word))
		check_parameter(c, word);
}

/* The value of a parameter of MAIL. */
static bool
has_parameter(const struct connection *c, const char *name, struct slice *value)
{
	struct slice rest = parameters_of(str_slice(&c->mail)), word;

	while (slice_word(&rest, &word)) {
		size_t equals = slice_find(word, '=');

		if (slice_is_nocase(slice_make(word.data, equals), name)) {
			*value = slice_skip(word, equals + 1);
			return true;
		}
	}
	return false;
}

void
check_begin(struct connection *c, bool is_dotted)
{
	struct slice value;
	bool is_fine;

	if (!c->sink->settings.verifies)
		return;
	is_fine = has_parameter(c, "SMTPUTF8", &value) ||
		  (has_parameter(c, "BODY", &value) && !slice_is_nocase(value, "7BIT"));
	wire_begin(&c->wire, is_dotted, is_fine);
}

void
check_take(struct connection *c, struct slice bytes)
{
	if (c->sink->settings.verifies)
		wire_take(&c->wire, bytes);
}

void
check_end(struct connection *c)
{
	struct slice value;
	uint64_t size;

	if (!c->sink->settings.verifies)
		return;
	wire_end(&c->wire);
	if (has_parameter(c, "SIZE", &value) && slice_number(value, NUMBER_MAX, &size) &&
	    c->wire.total > size)
		c->wire.has[WIRE_OVER_SIZE] = true;
	for (int fault = 0; fault < WIRE_FAULTS; fault++)
		if (c->wire.has[fault])
			check_fault(c, (enum wire_fault)fault);
}

void
check_taken(struct connection *c, struct slice recipients)
{
	const struct wire_check *check = &c->wire.check;
	struct seen *seen = &c->sink->seen;
	struct slice line;

	if (!c->sink->settings.verifies || !check->is_there)
		return;
	seen_message(seen, check);
	while (slice_take(&recipients, '\n', &line))
		if (!seen_recipient(seen, check, command_address(line)))
			check_fault(c, WIRE_TWICE);
}
