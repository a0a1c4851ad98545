/* SPDX-License-Identifier: ISC */
/*
 * t/fuzz/run SECONDS bdat: chunks of every size, mixed with other commands, beside a model of what
 * must come of them. The first octet says whether the body is binary; then each octet of "clo" is
 * BDAT, with the next octet as its length and so many octets behind it ("l" says LAST, "o" what is
 * wrong), and each of "mrnehd" another command. The spool gets the chunks octet for octet, and no
 * octet of them is a command: every command has one reply, and there are no others.
 *
 * options: -close_fd_mask=2
 */
#include <string.h>

#include "fuzz.h"
#include "server.h"

#define INPUT_MAX ((size_t)8192)
#define TEXT_MAX ((size_t)1 << 20) /* less would do: 40 octets for each of INPUT_MAX */

static struct {
	struct str said;  /* by the client */
	struct str taken; /* what the spool must have in the end */
	struct str message;
	uint64_t replies, messages;
	bool is_binary, extended, active, begun, mixed;
} model;

static void
say(const char *text, uint64_t replies)
{
	must(str_add_text(&model.said, text) == 0);
	model.replies += replies;
}

static void
reset(void)
{
	model.active = model.begun = model.mixed = false;
	str_clear(&model.message);
}

/*
 * What the message is to be in the spool: its last line gets its end. False where it is refused for
 * a bare CR, LF or a NUL; only a binary body may have those.
 */
static bool
end_message(void)
{
	const char *data = model.message.data;
	size_t column = 0;

	for (size_t i = 0; i < model.message.len; i++) {
		if (data[i] == '\0' || data[i] == '\n')
			return false;
		if (data[i] != '\r') {
			column++;
			continue;
		}
		if (data[++i] != '\n') /* the NUL behind the string at most */
			return false;
		if (column == 0 && model.is_binary)
			return true;
		column = 0;
	}
	must(column == 0 || str_add_text(&model.message, "\r\n") == 0);
	return true;
}

static void
expect_chunk(struct slice octets, bool is_last, bool is_odd)
{
	model.replies++;
	if (is_odd) {
		reset();
		return;
	}
	if (model.active) {
		model.begun = true;
		must(str_add_slice(&model.message, octets) == 0);
	}
	if (!is_last)
		return;
	if (model.active && !model.mixed && end_message()) {
		model.messages++;
		must(str_add_slice(&model.taken, str_slice(&model.message)) == 0);
	}
	reset();
}

static void
chunk(char letter, struct slice *script)
{
	size_t length = script->len == 0 ? 0 : (unsigned char)script->data[0];
	struct slice octets = slice_skip(*script, 1);

	if (octets.len > length)
		octets.len = length;
	*script = slice_skip(*script, 1 + octets.len);
	must(str_format(&model.said, "BDAT %zu%s\r\n", octets.len,
		 letter == 'l'	 ? " LAST"
		 : letter == 'o' ? " FIRST"
				 : "") == 0);
	must(str_add_slice(&model.said, octets) == 0);
	expect_chunk(octets, letter == 'l', letter == 'o');
}

static void
hello(bool extended)
{
	say(extended ? "EHLO peer.test\r\n" : "HELO peer.test\r\n", 1);
	model.extended = extended;
	reset();
}

static void
mail(void)
{
	say(model.is_binary ? "MAIL FROM:<me@peer.test> BODY=BINARYMIME\r\n"
			    : "MAIL FROM:<me@peer.test>\r\n",
	    1);
	say("RCPT TO:<you@xyz.test>\r\n", 1);
	model.active = true;
}

static void
command(char letter, struct slice *script)
{
	if (letter == 'c' || letter == 'l' || letter == 'o') {
		chunk(letter, script);
	} else if (letter == 'm' && !model.active && model.extended) {
		mail();
	} else if (letter == 'r') {
		say("RSET\r\n", 1);
		reset();
	} else if (letter == 'n') {
		say("NOOP\r\n", 1);
	} else if (letter == 'e' || letter == 'h') {
		hello(letter == 'e');
	} else if (letter == 'd' && (model.begun || !model.active)) { /* it is refused */
		say("DATA\r\n", 1);
		model.mixed = model.begun;
	}
}

static void
check(const struct served *served)
{
	must(served->session.end == SESSION_QUIT);
	must(served->replies == model.replies);
	must(served->messages == model.messages);
	must(slice_equal(str_slice(&served->taken), str_slice(&model.taken)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct served served;
	struct slice script = slice_make((const char *)data, size);
	struct session_settings settings = {.program = "fuzz", .routes = server_routes()};
	struct session_client client = {.peer.address = "192.0.2.1"};

	if (size == 0 || size > INPUT_MAX)
		return 0;
	limits_default(&settings.limits);
	settings.limits.smtpd_errors = settings.limits.hops = INPUT_MAX;
	memset(&model, 0, sizeof model);
	str_init(&model.said, TEXT_MAX);
	str_init(&model.taken, TEXT_MAX);
	str_init(&model.message, TEXT_MAX);
	model.is_binary = data[0] % 2 == 1;
	model.replies = 1; /* the greeting */
	hello(true);
	mail();
	for (script = slice_skip(script, 1); script.len > 0;) {
		char letter = script.data[0];

		script = slice_skip(script, 1);
		command(letter, &script);
	}
	say("QUIT\r\n", 1);
	server_serve(&settings, &client, str_slice(&model.said), &served);
	check(&served);
	served_free(&served);
	str_free(&model.said);
	str_free(&model.taken);
	str_free(&model.message);
	return 0;
}
