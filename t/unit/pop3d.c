/* SPDX-License-Identifier: ISC */
/*
 * What pop3d makes of names, of headers and of messages; and that its keeper believes authd alone.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>

#include "../../bin/pop3d/content.c"
#include "../../bin/pop3d/handover.c"
#include "../../bin/pop3d/keeper.c"
#include "../../bin/pop3d/plain.c"
#include "../../bin/pop3d/relay.c"
#include "../../bin/pop3d/unique.c"
#include "net/listen.h"
#include "spool/frame.h"
#include "tap.h"

/* In place of transaction.c: who has come, and with what. */
static char entered[AUTHD_LOGIN_MAX + 1], unread[64];
static bool is_utf8;

int
transaction_init(struct transaction *t, const struct settings *s, const struct handover *h,
    struct slice login, int in, int out)
{
	(void)t;
	(void)s;
	(void)in;
	(void)out;
	(void)snprintf(entered, sizeof entered, "%.*s", (int)login.len, login.data);
	(void)snprintf(unread, sizeof unread, "%.*s", (int)h->unread.len, h->unread.data);
	is_utf8 = h->is_utf8;
	return 0;
}

void
transaction_run(struct transaction *t)
{
	(void)t;
}

void
transaction_free(struct transaction *t)
{
	(void)t;
}

static void
check_unique(void)
{
	static const struct {
		const char *base, *id; /* null: a hash */
	} rows[] = {
	    {"1700000000.M1P1Q1.here.test,S=5,W=6", "1700000000.M1P1Q1.here.test,S=5,W=6"},
	    {"a", "a"},
	    {"", NULL},
	    {"with blank", NULL},
	    {"line\nend", NULL},
	    {"\x7f", NULL},
	    {"\xc3\xb6", NULL},
	    {"hash-00", NULL},
	    {"0123456789012345678901234567890123456789012345678901234567890123456789",
		"0123456789012345678901234567890123456789012345678901234567890123456789"},
	    {"01234567890123456789012345678901234567890123456789012345678901234567890", NULL},
	};
	struct str id;

	str_init(&id, UNIQUE_MAX);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		str_clear(&id);
		tap_is_int(unique_add(&id, slice_of(rows[i].base)), 0, "there is an id");
		if (rows[i].id != NULL)
			tap_is_text(id.data, rows[i].id, "it is the name itself");
		else
			tap_ok(id.len == 37 && strncmp(id.data, "hash-", 5) == 0,
			    "it is a hash: %s", id.data);
	}
	str_clear(&id);
	(void)unique_add(&id, slice_of("with blank"));
	tap_is_text(id.data, "hash-24194adc0c8b047e140350e01f277503", "which never changes");
	str_free(&id);
}

/* By pieces of one octet, and by one of all, TEXT becomes MADE. */
static void
check_plain_row(const char *text, const char *made)
{
	for (size_t step = 1; step <= strlen(text);
	     step += strlen(text) > 1 ? strlen(text) - 1 : 1) {
		struct plain plain = {.len = 0};
		struct str out;

		str_init(&out, 4096);
		for (size_t at = 0; at < strlen(text); at += step) {
			size_t left = strlen(text) - at;

			(void)plain_take(
			    &plain, slice_make(text + at, left < step ? left : step), &out);
		}
		(void)plain_end(&plain, &out);
		tap_is_text(out.data, made, "a header is made plain");
		str_free(&out);
	}
}

static void
check_plain(void)
{
	check_plain_row("Subject: plain  text\r\n\r\n", "Subject: plain  text\r\n\r\n");
	check_plain_row("S: \xc3\xb6\r\n", "S: =?utf-8?B?w7Y=?=\r\n");
	check_plain_row("S: \xc3\xb6 \xc3\xb6 a \xc3\xb6\r\n",
	    "S: =?utf-8?B?w7Y=?= =?utf-8?B?IMO2?= a =?utf-8?B?w7Y=?=\r\n");
	check_plain_row("S: \xc3\xb6  a\r\n", "S: =?utf-8?B?w7Y=?=  a\r\n");
	check_plain_row("S: \xf6\r\n", "S: =?unknown-8bit?B?9g==?=\r\n");
	check_plain_row("F: \"J\xc3\xb6\" <a@\xc3\xb6.test>\r\n",
	    "F: \"=?utf-8?B?SsO2?=\" <a@=?utf-8?B?w7YudGVzdA==?=>\r\n");
	check_plain_row("S: 1234567890123456789012345678901234567890\xc3\xb6z\r\n",
	    "S: =?utf-8?B?MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MMO2?= "
	    "=?utf-8?B?eg==?=\r\n");
	check_plain_row("\xc3\xb6 ", "=?utf-8?B?w7Y=?= ");
}

/* What content_measure counts is what content_next gives. */
static void
check_content_row(const char *text, size_t len)
{
	int fd = memfd_create("message", MFD_CLOEXEC);
	struct content_size size;
	struct content content;
	struct slice piece;
	uint64_t sent[2] = {0, 0};

	if (fd == -1 || write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) == -1 ||
	    content_measure(fd, len, &size) == -1) {
		tap_ok(false, "a message is measured");
		return;
	}
	for (int is_plain = 0; is_plain < 2; is_plain++) {
		(void)lseek(fd, 0, SEEK_SET);
		if (content_init(&content, fd, len, is_plain != 0) == 0)
			while (content_next(&content, &piece) == 1)
				sent[is_plain] += piece.len;
		content_free(&content);
	}
	tap_is_int((long long)size.octets, (long long)sent[0], "octets as they are sent");
	tap_is_int((long long)(size.octets + size.further), (long long)sent[1], "and in plain");
	io_close(fd);
}

static void
check_content(void)
{
	static const char *const texts[] = {"", "\n", "\r", "\r\n", "\n\r", "x", "x\r", "x\r\r\n",
	    "\xc3\xb6", "S: \xc3\xb6\n\n\xc3\xb6", "S: a\r\n\r\n\xc3\xb6\r",
	    "S: \xc3\xb6\r\r\n\n.\n"};
	char large[2 * CONTENT_BLOCK + 10];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		check_content_row(texts[i], strlen(texts[i]));
	/* line ends and the header's end where blocks meet */
	for (size_t at = CONTENT_BLOCK - 3; at < CONTENT_BLOCK + 2; at++) {
		memset(large, 'x', sizeof large);
		memcpy(large, "S: \xc3\xb6 ", 6);
		memcpy(large + at, "\r\n\r\n", 4);
		check_content_row(large, sizeof large);
		memcpy(large + at, "\n\n\xc3\xb6", 4);
		check_content_row(large, sizeof large);
	}
}

static void
check_handover(void)
{
	static const struct {
		const char *fields;
		size_t len;
		bool good;
	} rows[] = {
	    {"A127.0.0.1\0MPLAIN\0PTLSv1.3\0Cx\0E3\0U\0X\0", 37, true},
	    {"", 0, true},
	    {"A\0", 2, true},
	    {"Ax\0", 3, false},
	    {"E-1\0", 4, false},
	    {"Ljoe\0", 5, false}, /* nobody is told who it is in this way */
	    {"E3", 2, false},
	    {"\0", 1, false},
	};
	struct handover h;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		tap_is_int(handover_parse(&h, slice_make(rows[i].fields, rows[i].len)),
		    rows[i].good, "the fields of a session");
	(void)handover_parse(&h, slice_make(rows[0].fields, rows[0].len));
	tap_ok(h.is_utf8 && h.is_tlsd_executed && h.errors == 3 &&
		   slice_is(h.mechanisms, "PLAIN") && strcmp(h.peer.address, "127.0.0.1") == 0,
	    "what is in them");
}

/* authd, which accepts LOGIN or nobody whatever is said; but root, if he has a certificate. */
static void
serve_authd(int listener, const char *login)
{
	int fd = accept(listener, NULL, NULL);
	struct str payload;
	struct tls_info tls;
	char type;

	str_init(&payload, AUTHD_MESSAGE_MAX);
	(void)frame_take(fd, &type, &payload, deadline_in_seconds(20));
	if (type != (char)AUTHD_TLS || !tls_info_from_fields(&tls, str_slice(&payload)) ||
	    tls.client_is_verified || tls.client_fingerprint[0] != '\0')
		login = "root";
	(void)frame_take(fd, &type, &payload, deadline_in_seconds(20));
	(void)frame_send(fd, (enum frame_type)(*login == '\0' ? AUTHD_FAILED : AUTHD_KNOWN),
	    slice_of(*login == '\0' ? "" : login), deadline_in_seconds(20));
	/* until the front has it */
	(void)frame_take(fd, &type, &payload, deadline_in_seconds(20));
	_exit(0);
}

/* Under TLS, with a certificate that no client has shown. */
static void
claim_certificate(int fd)
{
	struct tls_info tls = {
	    .is_on = true, .protocol = "TLSv1.3", .cipher = "x", .client_is_verified = true};
	struct str fields;

	memset(tls.client_fingerprint, 'a', 64);
	str_init(&fields, TLS_INFO_MAX);
	(void)tls_info_add_fields(&fields, &tls);
	(void)frame_send(
	    fd, (enum frame_type)AUTHD_TLS, str_slice(&fields), deadline_in_seconds(20));
	str_free(&fields);
}

/* A front that asks authd, or does not, and then claims a login with more than there is. */
static void
be_front_of(int channel, bool asks)
{
	struct executor keeper = {.fd = channel};
	struct handover h = {.is_utf8 = true, .unread = slice_of("STAT\r\n")};
	struct str payload;
	int ends[2];
	char type;

	str_init(&payload, AUTHD_MESSAGE_MAX);
	if (asks && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 &&
	    executor_ask(&keeper, HANDOVER_AUTHD, ends[1]) == 0) {
		(void)close(ends[1]);
		claim_certificate(ends[0]);
		(void)frame_send(
		    ends[0], (enum frame_type)AUTHD_BEGIN, slice_of("x"), deadline_in_seconds(20));
		(void)frame_take(ends[0], &type, &payload, deadline_in_seconds(20));
		/* what the front says itself counts for nothing */
		(void)frame_send(ends[0], (enum frame_type)AUTHD_KNOWN, slice_of("root"),
		    deadline_in_seconds(20));
		(void)close(ends[0]);
	}
	(void)handover_send(&h, &keeper, STDIN_FILENO, STDOUT_FILENO);
	_exit(0);
}

static void
check_keeper_row(const char *spool, bool asks, const char *login)
{
	struct settings settings = {.is_root = true};
	pid_t authd = -1, front;
	int listener = -1, ends[2], code;
	struct str path;

	str_init(&path, 4096);
	if (asks) {
		listener = listen_for_service(spool, "authd", &path);
		authd = fork();
		if (authd == 0)
			serve_authd(listener, login);
	}
	entered[0] = unread[0] = '\0';
	if (packet_pair(ends) == -1)
		tap_ok(false, "a socket pair");
	front = fork();
	if (front == 0) {
		(void)close(ends[0]);
		be_front_of(ends[1], asks);
	}
	(void)close(ends[1]);
	code = keeper_run(&settings, ends[0], front);
	tap_is_text(entered, asks ? login : "", "the keeper lets in whom authd accepted");
	tap_is_int(code, asks && *login != '\0' ? EXIT_DONE : EXIT_TEMPORARY, "its exit code");
	if (entered[0] != '\0')
		tap_ok(is_utf8 && strcmp(unread, "STAT\r\n") == 0, "and goes on where he was");
	io_close(listener);
	if (authd > 0)
		(void)waitpid(authd, NULL, 0);
	str_free(&path);
}

static void
check_keeper(void)
{
	char folder[] = "/tmp/pop3d-unit.XXXXXX";
	struct str run;

	str_init(&run, 4096);
	if (mkdtemp(folder) == NULL || str_format(&run, "%s/run", folder) == -1 ||
	    mkdir(run.data, 0755) == -1 || setenv("SATCHEL_SPOOL", folder, 1) == -1) {
		tap_ok(false, "a folder");
		return;
	}
	check_keeper_row(folder, true, "joe@here.test");
	check_keeper_row(folder, true, "");
	check_keeper_row(folder, false, "");
	(void)str_add_text(&run, "/authd/socket");
	(void)unlink(run.data);
	str_truncate(&run, run.len - strlen("/socket"));
	(void)rmdir(run.data);
	str_truncate(&run, run.len - strlen("/authd"));
	(void)rmdir(run.data);
	(void)rmdir(folder);
	str_free(&run);
}

int
main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	check_unique();
	check_plain();
	check_content();
	check_handover();
	check_keeper();
	return tap_done();
}
