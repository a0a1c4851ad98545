/* SPDX-License-Identifier: ISC */
/*
 * Messages of a client (smtp/client.h) that take more than one write, or cannot be read: what comes
 * is what was to be sent, or never all of it.
 */
#include <fcntl.h>

#include "client_script.h"
#include "smtp/client_session.h"

#define BLOCK ((size_t)128 << 10) /* as client_data.c and client_bdat.c have it */
#define TAIL ((size_t)16 << 10)
#define TOGETHER ((size_t)12 << 10)
#define LARGE ((size_t)300000)
#define BAD "no\nline"

#define F "MAIL FROM:<f@x.test>\r\n"
#define F8 "MAIL FROM:<f@x.test> BODY=8BITMIME\r\n"
#define A "RCPT TO:<a@x.test>\r\n"
#define OK "250 2.0.0 ok\r\n"
#define PIPE "250-PIPELINING\r\n"
#define CHUNK "250-CHUNKING\r\n"
#define EHLO(extensions) ">220 x\r\n", "<EHLO here\r\n", ">250-x\r\n" extensions "250 8BITMIME\r\n"

/* What a layer adds and takes away here is nothing. */
struct glass {
	struct layer layer;
	int fd;
};

static ssize_t
glass_read(struct layer *layer, void *buf, size_t len, deadline until)
{
	return io_read(((struct glass *)layer)->fd, buf, len, until);
}

static int
glass_write(struct layer *layer, struct iovec *pieces, int count, deadline until)
{
	return io_writev(((struct glass *)layer)->fd, pieces, count, until);
}

static int
glass_wait(struct layer *layer, deadline until)
{
	return io_wait_readable(((struct glass *)layer)->fd, until);
}

static void
glass_close(struct layer *layer)
{
	(void)layer;
}

/* How the message goes: by the kernel where nothing keeps it from that. */
enum way { PLAIN, LAYER, NO_SENDFILE };

/* The outcome for a, as script_is has it, and the session is over or not. */
static void
send_by(enum way way, struct script_message *m, const char *const *items, const char *want,
    bool stays, const char *name)
{
	struct script s = script_start(items);
	struct glass glass = {
	    .layer = {glass_read, glass_write, glass_wait, glass_close}, .fd = s.fd};
	struct client c;
	bool good, is_open;

	if (client_init(&c) == -1 ||
	    (way == NO_SENDFILE && fcntl(s.fd, F_SETFL, O_APPEND) == -1)) /* sendfile(2): EINVAL */
		abort();
	good = script_open(&c, &s, way == LAYER ? &glass.layer : NULL);
	if (good)
		client_send(&c, &m->transaction);
	good = good && script_is(m, want);
	is_open = client_is_open(&c);
	client_quit(&c);
	good = script_end(&s) && good;
	tap_ok(good && is_open == stays, "%s", name);
	client_free(&c);
}

/* Numbered lines, each seventh with a dot in front; the last one may be longer to make it LEN. */
static struct str
lines(size_t len)
{
	struct str text;

	str_init(&text, 2 * LARGE);
	for (unsigned i = 0; text.len + 100 < len; i++)
		(void)str_format(&text, "%s%u and more of that line\r\n", i % 7 == 0 ? "." : "", i);
	while (text.len + 2 < len)
		(void)str_add_char(&text, 'x');
	(void)str_add_text(&text, "\r\n");
	return text;
}

static struct str
stuffed(const struct str *text)
{
	struct slice rest = str_slice(text), line;
	struct str out;

	str_init(&out, 4 * LARGE);
	while (slice_take(&rest, '\n', &line) && (line.len > 0 || rest.len > 0))
		(void)str_format(&out, "%s%.*s\n", line.len > 0 && line.data[0] == '.' ? "." : "",
		    (int)line.len, line.data);
	return out;
}

static char *
item(const char *format, const char *text)
{
	char *made;

	if (asprintf(&made, format, text) == -1)
		abort();
	return made;
}

static void
test_data(void)
{
	struct str text = lines(LARGE), sent = stuffed(&text);
	char *message = item("<%s.\r\n", sent.data);
	const char *const items[] = {
	    EHLO(PIPE), "<" F A "DATA\r\n", ">" OK OK "354 go on\r\n", message, ">" OK, NULL};
	struct script_message m;

	script_prepare(&m, "a", text.data, text.len);
	send_by(PLAIN, &m, items, "D", true, "a large message by DATA");
	script_forget(&m);
	free(message);
	str_free(&text);
	str_free(&sent);
}

/* Behind the replies, unless it is SMALL. */
static void
send_bdat(enum way way, const struct str *text, bool small, const char *name)
{
	char head[100], *message, *together;
	struct script_message m;

	snprintf(head, sizeof head, "BDAT %zu LAST\r\n%%s", text->len);
	message = item(head, text->data);
	together = item(small ? "<" F A "%s" : "<%s", message);
	script_prepare(&m, "a", text->data, text->len);
	if (small) {
		const char *const items[] = {EHLO(PIPE CHUNK), together, ">" OK OK, ">" OK, NULL};

		send_by(way, &m, items, "D", true, name);
	} else {
		const char *const items[] = {
		    EHLO(PIPE CHUNK), "<" F A, ">" OK OK, together, ">" OK, NULL};

		send_by(way, &m, items, "D", true, name);
	}
	script_forget(&m);
	free(message);
	free(together);
}

static void
test_bdat(void)
{
	static const struct {
		size_t len;
		bool small;
	} sizes[] = {{TOGETHER, true}, {TOGETHER + 1, false}, {BLOCK, false}, {BLOCK + 1, false},
	    {LARGE, false}};
	static const char *const ways[] = {
	    [PLAIN] = "", [LAYER] = " through a layer", [NO_SENDFILE] = " without sendfile"};
	char name[100];

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		for (enum way way = PLAIN; way <= NO_SENDFILE; way++) {
			struct str text = lines(sizes[i].len);

			snprintf(name, sizeof name, "%zu octets by BDAT%s", text.len, ways[way]);
			send_bdat(way, &text, sizes[i].small, name);
			str_free(&text);
		}
}

/* Of a block that was read to look for octets above 127, the head takes a part. */
static void
test_block(void)
{
	struct str text = lines(BLOCK + 1);
	char *message;
	struct script_message m;

	text.data[5] = (char)0xe4;
	if (asprintf(&message, "<BDAT %zu LAST\r\n%s", text.len, text.data) == -1)
		abort();
	{
		const char *const items[] = {
		    EHLO(PIPE CHUNK), "<" F8 A, ">" OK OK, message, ">" OK, NULL};

		script_prepare(&m, "a", text.data, text.len);
		send_by(LAYER, &m, items, "D", true, "a block of which a part is the head");
	}
	script_forget(&m);
	free(message);
	str_free(&text);
}

/* A message that the connection does not take to its end was not delivered, for sure. */
static void
test_lost(void)
{
	static const char *const data[] = {EHLO(PIPE), "<" F A "DATA\r\n",
	    ">" OK OK "354 go on\r\n", "!", NULL},
				 *const bdat[] = {EHLO(PIPE CHUNK), "<" F A, ">" OK OK, "!", NULL};
	struct str text = lines(LARGE);
	struct script_message m;

	script_prepare(&m, "a", text.data, text.len);
	send_by(PLAIN, &m, data, "T", false, "lost in the midst of DATA");
	for (enum way way = PLAIN; way <= NO_SENDFILE; way++)
		send_by(way, &m, bdat, "T", false, "and of BDAT");
	script_forget(&m);
	str_free(&text);
}

/* What we look at begins with the LF of a line whose CR we did not see. */
static void
test_tail(void)
{
	struct str text = lines(LARGE);

	memcpy(text.data + text.len - TAIL - 1, "\r\n", 2);
	for (size_t i = text.len - TAIL - 100; i < text.len - TAIL + 100; i++)
		if (i + 1 != text.len - TAIL && i != text.len - TAIL)
			text.data[i] = 'x';
	send_bdat(PLAIN, &text, false, "a line that ends where the tail begins");
	str_free(&text);
}

/* Nothing of the block that has a bare LF goes out, much less what is behind it. */
static void
test_bad(void)
{
	static const char *const data[] = {EHLO(PIPE), "<" F A "DATA\r\n",
	    ">" OK OK "354 go on\r\n", "*" BAD, NULL},
				 *const bdat[] = {
				     EHLO(PIPE CHUNK), "<" F A, ">" OK OK, "*" BAD, NULL};
	static const size_t places[] = {0, BLOCK + 1000, LARGE - 1000};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct str text = lines(LARGE);
		struct script_message m;

		memcpy(text.data + places[i], BAD, strlen(BAD));
		script_prepare(&m, "a", text.data, text.len);
		send_by(PLAIN, &m, data, "T", false, "a bare LF in a large message");
		send_by(LAYER, &m, bdat, "T", false, "the same by BDAT through a layer");
		send_by(NO_SENDFILE, &m, bdat, "T", false, "and without sendfile");
		script_forget(&m);
		str_free(&text);
	}
}

/* A message that cannot be read to its end, and then can: nothing of the first try is left. */
static void
test_short(enum way way, bool by_bdat, const char *name)
{
	static const char *const data[] = {EHLO(PIPE), "<" F8 A "DATA\r\n",
	    ">" OK OK "354 go on\r\n", "*\r\n.\r\n", NULL},
				 *const bdat[] = {
				     EHLO(PIPE CHUNK), "<" F8 A, ">" OK OK, "*\r\n.\r\n", NULL};
	struct str text = lines(LARGE), sent = stuffed(&text);
	char *all = item("<%s.\r\n", sent.data);
	const char *const whole[] = {
	    EHLO(PIPE), "<" F8 A "DATA\r\n", ">" OK OK "354 go on\r\n", all, ">" OK, NULL};
	struct script_message m;

	script_prepare(&m, "a", text.data, LARGE * 2 / 3);
	m.transaction.message.length = text.len;
	m.transaction.message.body = slice_of("8BITMIME"); /* it is not looked at before */
	send_by(way, &m, by_bdat ? bdat : data, "T", false, name);
	tap_is_text(m.outcomes[0].code, "4.3.0", "and that is our fault");
	(void)io_pwrite(m.transaction.message.fd, text.data, text.len, 0);
	send_by(PLAIN, &m, whole, "D", true, "then it can");
	script_forget(&m);
	free(all);
	str_free(&text);
	str_free(&sent);
}

static int
has_8bit(const char *text, size_t len, off_t offset)
{
	struct script_message m;
	int result;

	script_prepare(&m, "", text, len);
	m.transaction.message.offset = offset;
	m.transaction.message.length = len - (size_t)offset;
	result = client_has_8bit(&m.transaction);
	script_forget(&m);
	return result;
}

static void
test_8bit(void)
{
	struct str text = lines(BLOCK + 100);
	bool good = true;

	tap_is_int(has_8bit(text.data, text.len, 0), 0, "ASCII alone");
	for (size_t len = 1; len < 20; len++)
		for (size_t at = 0; at < len; at++) {
			char *octets = calloc(1, len);

			octets[at] = (char)0x80;
			good = good && has_8bit(octets, len, 0) == 1;
			free(octets);
		}
	tap_ok(good, "an octet above 127, wherever it is");
	text.data[0] = (char)0xff;
	tap_is_int(has_8bit(text.data, text.len, 1), 0, "one in front of the message");
	text.data[text.len - 3] = (char)0xff;
	tap_is_int(has_8bit(text.data, text.len, 1), 1, "one in the last block");
	str_free(&text);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_data();
	test_bdat();
	test_block();
	test_lost();
	test_tail();
	test_bad();
	test_short(PLAIN, false, "a message that is shorter than it should be");
	test_short(PLAIN, true, "the same by BDAT");
	test_short(LAYER, true, "and through a layer");
	test_8bit();
	return tap_done();
}
