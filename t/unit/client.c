/* SPDX-License-Identifier: ISC */
/*
 * Transactions of a client (smtp/client.h) with servers that follow a script: what becomes of each
 * recipient, and of the session.
 */
#include "client_script.h"

#define F "MAIL FROM:<f@x.test>\r\n"
#define A "RCPT TO:<a@x.test>\r\n"
#define B "RCPT TO:<b@x.test>\r\n"
#define C "RCPT TO:<c@x.test>\r\n"
#define D "DATA\r\n"
#define SENT CLIENT_TEXT ".\r\n"
#define BDAT "BDAT 21 LAST\r\n" CLIENT_TEXT
#define OK "250 2.0.0 ok\r\n"
#define NO "550 5.7.1 no\r\n"
#define GO "354 go on\r\n"
#define EHLO(extensions) \
	">220 x\r\n", "<EHLO here\r\n", ">250-x\r\n" extensions "250 ENHANCEDSTATUSCODES\r\n"
#define LHLO(extensions) \
	">220 x\r\n", "<LHLO here\r\n", ">250-x\r\n" extensions "250 ENHANCEDSTATUSCODES\r\n"
#define PIPE "250-PIPELINING\r\n"
#define CHUNK "250-CHUNKING\r\n"
#define TAKE_A "<" F A D, ">" OK OK GO, "<" SENT

struct row {
	const char *name;
	const char *people, *next; /* of a message, and of one behind it; null for none */
	const char *script[SCRIPT_MAX];
	const char *want, *want_next; /* see script_is */
	const char *state;	      /* see state_of */
	const char *text;	      /* of the message, if it is not CLIENT_TEXT */
	bool is_lmtp, is_rehearsal;
	bool is_ahead; /* what is next is there when the end of the message goes out */
	bool is_slow;  /* and it is taken away when the reply is slow */
	bool may_not_end;
};

static const struct row rows[] = {
    /* the end of the message */
    {"the reply is lost", "a", .script = {EHLO(PIPE), TAKE_A, "!"}, .want = "?", .state = "c"},
    {"the reply is half", "a", .script = {EHLO(PIPE), TAKE_A, ">250-ok\r\n", "!"}, .want = "?",
	.state = "c"},
    {"the reply is 421", "a", .script = {EHLO(PIPE), TAKE_A, ">421 4.3.2 bye\r\n"}, .want = "T",
	.state = "c"},
    {"the reply is 354", "a", .script = {EHLO(PIPE), TAKE_A, ">" GO}, .want = "?", .state = "c"},
    {"503 to what was no BDAT", "a", .script = {EHLO(PIPE), TAKE_A, ">503 5.5.1 no\r\n"},
	.want = "P", .state = "o"},
    {"a reply too many behind DATA", "a", .script = {EHLO(PIPE), TAKE_A, ">" OK OK}, .want = "D",
	.state = "o"},
    {"refused, and the next", "a", "b",
	.script = {EHLO(PIPE), TAKE_A, ">" NO, "<" F B D, ">" OK OK GO, "<" SENT, ">" OK},
	.want = "P", .want_next = "D", .state = "o"},

    /* BDAT */
    {"BDAT, and the next", "a", "b",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK OK, "<" F B BDAT, ">" OK OK OK},
	.want = "D", .want_next = "D", .state = "o"},
    {"a refused BDAT is reset", "a", "b",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK NO, "<RSET\r\n", ">" OK, "<" F B BDAT,
	    ">" OK OK OK},
	.want = "P", .want_next = "D", .state = "o"},
    {"BDAT, nobody accepted: not for want of BDAT", "a",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK NO "503 5.5.1 no\r\n"}, .want = "P",
	.state = "or"},
    {"499 is no answer to a command that is not known", "a",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK "499 4.0.0 no\r\n"}, .want = "T",
	.state = "or"},
    {"500 is", "a", .script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK "500 5.0.0 no\r\n"},
	.want = "-", .state = "cd"},
    {"504 is", "a", .script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK "504 5.0.0 no\r\n"},
	.want = "-", .state = "cd"},
    {"505 is not", "a", .script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK "505 5.0.0 no\r\n"},
	.want = "P", .state = "or"},
    {"who was put off when BDAT was not known comes again, too", "ab",
	.script = {EHLO(PIPE CHUNK), "<" F A B BDAT,
	    ">" OK OK "452 4.5.3 many\r\n502 5.0.0 no\r\n"},
	.want = "--", .state = "cd"},
    {"lost with the commands: unknown", "ab",
	.script = {EHLO(PIPE CHUNK), "<" F A B BDAT, ">" OK OK, "!"}, .want = "??", .state = "c"},
    {"421 to a command that the message went with: not taken", "ab",
	.script = {EHLO(PIPE CHUNK), "<" F A B BDAT, ">" OK "421 4.3.2 bye\r\n"}, .want = "TT",
	.state = "c"},
    {"a reply too many behind a message with its commands", "a",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK OK OK}, .want = "?", .state = "c"},
    {"unless it is 421", "a",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK OK "421 4.3.2 bye\r\n"}, .want = "D",
	.state = "o"},
    {"something said before MAIL", "a", .script = {EHLO(PIPE CHUNK "250 x\r\n")}, .want = "T",
	.state = "c"},
    {"something said before BDAT", "a", .script = {EHLO(CHUNK), "<" F, ">" OK, "<" A, ">" OK OK},
	.want = "T", .state = "c"},
    {"BDAT, command by command", "a",
	.script = {EHLO(CHUNK), "<" F, ">" OK, "<" A, ">" OK, "<" BDAT, ">" OK}, .want = "D",
	.state = "o"},

    /* MAIL is refused, RCPT is not */
    {"and BDAT neither", "a", .script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" NO OK OK}, .want = "D",
	.state = "c"},
    {"and BDAT is put off", "a",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" NO OK "451 4.0.0 no\r\n"}, .want = "P",
	.state = "c"},
    {"for now, and BDAT for good", "a",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">451 4.7.1 no\r\n" OK NO}, .want = "T",
	.state = "c"},
    {"and BDAT is not known", "a",
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" NO OK "503 5.5.1 no\r\n"}, .want = "P",
	.state = "c"},
    {"and there is a reply too many: who knows which was to what", "ab",
	.script = {EHLO(PIPE CHUNK), "<" F A B BDAT, ">" NO OK OK OK OK}, .want = "??",
	.state = "c"},
    {"and then nothing more is said", "ab",
	.script = {EHLO(PIPE CHUNK), "<" F A B BDAT, ">" NO OK, "!"}, .want = "PP", .state = "c"},
    {"but with it all is", "a", .script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" NO NO NO},
	.want = "P", .state = "or"},

    /* LMTP */
    {"LMTP: each his own", "abc", .is_lmtp = true,
	.script = {LHLO(PIPE), "<" F A B C D, ">" OK OK OK OK GO, "<" SENT, ">" OK NO OK},
	.want = "DPD", .state = "o"},
    {"LMTP: of those behind a lost reply nothing is known", "abc", .is_lmtp = true,
	.script = {LHLO(PIPE), "<" F A B C D, ">" OK OK OK OK GO, "<" SENT, ">" OK, "!"},
	.want = "D??", .state = "c"},
    {"LMTP: nor of those behind 421, who was told that does not have it", "abc", .is_lmtp = true,
	.script = {LHLO(PIPE), "<" F A B C D, ">" OK OK OK OK GO, "<" SENT,
	    ">" OK "421 4.3.2 bye\r\n"},
	.want = "DT?", .state = "c"},
    {"LMTP: nor of those behind what is no reply", "abc", .is_lmtp = true,
	.script = {LHLO(PIPE), "<" F A B C D, ">" OK OK OK OK GO, "<" SENT, ">" OK GO},
	.want = "D??", .state = "c"},
    {"LMTP: DATA was lost, and nobody has it", "ab", .is_lmtp = true,
	.script = {LHLO(PIPE), "<" F A B D, ">" OK OK, "!"}, .want = "TT", .state = "c"},
    {"LMTP: BDAT waits for the replies", "ab", .is_lmtp = true,
	.script = {LHLO(PIPE CHUNK), "<" F A B, ">" OK OK OK, "<" BDAT, ">" OK OK}, .want = "DD",
	.state = "o"},
    {"LMTP: BDAT is not sent for nobody", "ab", .is_lmtp = true,
	.script = {LHLO(PIPE CHUNK), "<" F A B, ">" OK NO NO}, .want = "PP", .state = "or"},
    {"LMTP: BDAT that is refused for one is reset", "ab", .is_lmtp = true,
	.script = {LHLO(PIPE CHUNK), "<" F A B, ">" OK OK OK, "<" BDAT, ">" NO OK}, .want = "PD",
	.state = "or"},
    {"LMTP: BDAT is not known", "ab", .is_lmtp = true,
	.script = {LHLO(PIPE CHUNK), "<" F A B, ">" OK OK OK, "<" BDAT, ">500 5.5.1 no\r\n"},
	.want = "--", .state = "cd"},
    {"LMTP: BDAT is known to who answers for one", "ab", .is_lmtp = true,
	.script = {LHLO(PIPE CHUNK), "<" F A B, ">" OK OK OK, "<" BDAT, ">" OK "503 5.5.1 no\r\n"},
	.want = "DP", .state = "or"},
    {"LMTP: 354 for nobody", "a", .is_lmtp = true, .script = {LHLO(PIPE), "<" F A D, ">" OK NO GO},
	.want = "P", .state = "c"},

    /* DATA */
    {"354 for nobody: an empty message", "a", "b",
	.script = {EHLO(PIPE), "<" F A D, ">" OK NO GO, "<.\r\n", ">" NO, "<" F B D, ">" OK OK GO,
	    "<" SENT, ">" OK},
	.want = "P", .want_next = "D", .state = "o"},
    {"no message for nobody", "a", .script = {EHLO(PIPE), "<" F A D, ">" OK NO NO}, .want = "P",
	.state = "or"},
    {"354 and more", "a", .script = {EHLO(PIPE), "<" F A D, ">" OK OK GO OK}, .want = "T",
	.state = "c"},
    {"355", "a", .script = {EHLO(PIPE), "<" F A D, ">" OK OK "355 go on\r\n"}, .want = "T",
	.state = "c"},
    {"250 to DATA", "a", .script = {EHLO(PIPE), "<" F A D, ">" OK OK OK}, .want = "T",
	.state = "c"},
    {"DATA is lost: not taken", "ab", .script = {EHLO(PIPE), "<" F A B D, ">" OK OK, "!"},
	.want = "TT", .state = "c"},
    {"MAIL is refused and RCPT lost", "a", .script = {EHLO(PIPE), "<" F A D, ">" NO, "!"},
	.want = "P", .state = "c"},
    {"MAIL is lost before RCPT", "ab", .script = {EHLO(""), "<" F, "!"}, .want = "TT",
	.state = "c"},
    {"a RCPT is lost before the next", "abc",
	.script = {EHLO(""), "<" F, ">" OK, "<" A, ">" OK, "<" B, "!"}, .want = "TTT",
	.state = "c"},

    /* Rounds */
    {"RCPTMAX is kept where nobody was accepted", "abc",
	.script = {EHLO(PIPE "250-LIMITS RCPTMAX=1\r\n"), "<" F A D, ">" OK NO NO, "<RSET\r\n",
	    ">" OK, "<" F B D, ">" OK NO NO, "<RSET\r\n", ">" OK, "<" F C D, ">" OK OK GO, "<" SENT,
	    ">" OK},
	.want = "PPD", .state = "o"},
    {"a refusal is no limit", "ab", "ab",
	.script = {EHLO(PIPE), "<" F A B D, ">" OK OK NO GO, "<" SENT, ">" OK, "<" F A B D,
	    ">" OK OK OK GO, "<" SENT, ">" OK},
	.want = "DP", .want_next = "DD", .state = "o"},
    {"nor is who is put off before another is accepted", "abc", "abc",
	.script = {EHLO(PIPE), "<" F A B C D, ">" OK OK "452 4.5.3 many\r\n" OK GO, "<" SENT,
	    ">" OK, "<" F B D, ">" OK OK GO, "<" SENT, ">" OK, "<" F A B C D, ">" OK OK OK OK GO,
	    "<" SENT, ">" OK},
	.want = "DDD", .want_next = "DDD", .state = "o"},
    {"those behind the last one accepted are too many", "abc",
	.script = {EHLO(PIPE), "<" F A B C D, ">" OK OK "452 4.5.3 many\r\n452 4.5.3 many\r\n" GO,
	    "<" SENT, ">" OK, "<" F B D, ">" OK OK GO, "<" SENT, ">" OK, "<" F C D, ">" OK OK GO,
	    "<" SENT, ">" OK},
	.want = "DDD", .state = "o"},
    {"who was too many when the message was lost keeps his reply", "ab",
	.script = {EHLO(PIPE), "<" F A B D, ">" OK OK "452 4.5.3 many\r\n" GO, "<" SENT, "!"},
	.want = "?L", .state = "c"},
    {"who was not asked for when it was lost does not have it", "ab",
	.script = {EHLO(PIPE "250-LIMITS RCPTMAX=1\r\n"), TAKE_A, "!"}, .want = "?T", .state = "c"},
    {"a message put off is not taken with the next round's", "ab",
	.script = {EHLO(PIPE "250-LIMITS RCPTMAX=1\r\n"), "<" F A D, ">" OK OK "451 4.3.0 no\r\n",
	    "<RSET\r\n", ">" OK, "<" F B D, ">" OK OK GO, "<" SENT, ">" OK},
	.want = "TD", .state = "o"},
    {"MAILMAX leaves some", "ab",
	.script = {EHLO(PIPE "250-LIMITS RCPTMAX=1 MAILMAX=1\r\n"), TAKE_A, ">" OK}, .want = "D-",
	.state = "o"},
    {"RCPTDOMAINMAX leaves some", "aB",
	.script = {EHLO(PIPE "250-LIMITS RCPTDOMAINMAX=1\r\n"), TAKE_A, ">" OK}, .want = "D-",
	.state = "o"},
    {"too large", "ab", .script = {EHLO(PIPE "250-SIZE 20\r\n")}, .want = "PP", .state = "o"},
    {"RSET is refused", "a", "b",
	.script = {EHLO(PIPE), "<" F A D, ">" NO NO NO, "<RSET\r\n", ">" NO}, .want = "P",
	.want_next = "T", .state = "c"},

    /* A rehearsal */
    {"a rehearsal", "ab", .is_rehearsal = true,
	.script = {EHLO(PIPE), "<" F, ">" OK, "<" A, ">" OK, "<" B, ">" NO, "<RSET\r\n", ">" OK},
	.want = "DP", .state = "o"},
    {"a rehearsal that is lost", "ab", .is_rehearsal = true,
	.script = {EHLO(PIPE), "<" F, ">" OK, "<" A, ">" OK, "<" B, "!"}, .want = "DT",
	.state = "c"},

    /* Ahead */
    {"the next behind the end", "a", "b", .is_ahead = true,
	.script = {EHLO(PIPE), "<" F A D, ">" OK OK GO, "<" SENT F B D, ">" OK OK OK GO, "<" SENT,
	    ">" OK},
	.want = "D", .want_next = "D", .state = "o"},
    {"not behind a message that goes with its commands", "a", "b", .is_ahead = true,
	.script = {EHLO(PIPE CHUNK), "<" F A BDAT, ">" OK OK OK, "<" F B BDAT, ">" OK OK OK},
	.want = "D", .want_next = "D", .state = "o"},
    {"nor in LMTP", "a", "b", .is_lmtp = true, .is_ahead = true,
	.script = {LHLO(PIPE), TAKE_A, ">" OK, "<" F B D, ">" OK OK GO, "<" SENT, ">" OK},
	.want = "D", .want_next = "D", .state = "o"},
    {"the end is lost: none ahead any more", "a", "b", .is_ahead = true,
	.script = {EHLO(PIPE), "<" F A D, ">" OK OK GO, "<" SENT F B D, "!"}, .want = "?",
	.state = "c1"},
    {"unless it was 421", "a", "b", .is_ahead = true,
	.script = {EHLO(PIPE), "<" F A D, ">" OK OK GO, "<" SENT F B D, ">421 4.3.2 bye\r\n"},
	.want = "T", .state = "c"},
    {"503 to DATA ahead", "a", "b", .is_ahead = true,
	.script = {EHLO(PIPE), "<" F A D, ">" OK OK GO, "<" SENT F B D,
	    ">" OK OK OK "503 5.5.1 no\r\n"},
	.want = "D", .want_next = "T", .state = "c1"},
    {"what was ahead is not wanted any more", "a", "b", .is_ahead = true, .is_slow = true,
	.script = {EHLO(PIPE), "<" F A D, ">" OK OK GO, "<" SENT F B D, "~", ">" OK}, .want = "D",
	.state = "c"},

    {"a slow reply with nothing ahead is a slow reply", "a", .is_slow = true,
	.script = {EHLO(PIPE), TAKE_A, "~", ">" OK}, .want = "D", .state = "o"},

    /* What must not go out */
    {"nobody waits for it any more", "a", .may_not_end = true,
	.script = {EHLO(PIPE), "<" F A D, ">" OK OK GO, "!"}, .want = "T", .state = "c"},
    {"the same by BDAT", "a", .may_not_end = true, .script = {EHLO(PIPE CHUNK)}, .want = "T",
	.state = "c"},
    {"the same by BDAT behind the replies", "a", .may_not_end = true,
	.script = {EHLO(CHUNK), "<" F, ">" OK, "<" A, ">" OK}, .want = "T", .state = "c"},
    {"no end of the last line", "a", .text = "a\r\nb",
	.script = {EHLO(PIPE), "<" F A D, ">" OK OK GO}, .want = "T", .state = "c"},
    {"the same by BDAT", "a", .text = "a\r\nb", .script = {EHLO(PIPE CHUNK)}, .want = "T",
	.state = "c"},
    {"the same by BDAT behind the replies", "a", .text = "a\r\nb",
	.script = {EHLO(CHUNK), "<" F, ">" OK, "<" A, ">" OK}, .want = "T", .state = "c"},
    {"a bare LF", "a", .text = "a\nb\r\n", .script = {EHLO(PIPE), "<" F A D, ">" OK OK GO},
	.want = "T", .state = "c"},
    {"the same by BDAT", "a", .text = "a\nb\r\n", .script = {EHLO(PIPE CHUNK)}, .want = "T",
	.state = "c"},
    {"the same by BDAT behind the replies", "a", .text = "a\nb\r\n",
	.script = {EHLO(CHUNK), "<" F, ">" OK, "<" A, ">" OK}, .want = "T", .state = "c"},
};

struct run {
	const struct row *row;
	struct script server;
	struct client client;
	struct script_message messages[2];
	unsigned ended;
};

static bool
may_end(void *argument, struct client_transaction **next)
{
	struct run *r = argument;

	if (r->ended++ == 0 && r->row->is_ahead)
		*next = &r->messages[1].transaction;
	return !r->row->may_not_end;
}

static void
is_slow(void *argument)
{
	struct run *r = argument;

	client_withdraw(&r->client);
	(void)!write(r->server.slow, "", 1);
}

/* Open or closed; to be reset; nothing goes ahead any more (1); DATA and not BDAT from now on. */
static const char *
state_of(const struct client *c, char state[8])
{
	snprintf(state, 8, "%s%s%s%s", client_is_open(c) ? "o" : "c",
	    client_is_open(c) && c->needs_reset ? "r" : "", c->no_overlap ? "1" : "",
	    c->no_chunking ? "d" : "");
	return state;
}

static bool
send_all(struct run *r)
{
	const struct row *row = r->row;
	struct client *c = &r->client;

	if (!script_open(c, &r->server, NULL))
		return false;
	client_send(c, &r->messages[0].transaction);
	if (!script_is(&r->messages[0], row->want))
		return false;
	if (row->want_next == NULL)
		return true;
	client_send(c, &r->messages[1].transaction);
	return script_is(&r->messages[1], row->want_next);
}

static void
run(const struct row *row)
{
	const char *text = row->text == NULL ? CLIENT_TEXT : row->text;
	struct run r = {.row = row};
	bool good, heard;
	char state[8];

	r.server = script_start(row->script);
	if (client_init(&r.client) == -1)
		abort();
	r.client.is_lmtp = row->is_lmtp;
	r.client.may_end = may_end;
	r.client.is_slow = row->is_slow ? is_slow : NULL;
	r.client.argument = &r;
	script_prepare(&r.messages[0], row->people, text, strlen(text));
	script_prepare(&r.messages[1], row->next == NULL ? "" : row->next, text, strlen(text));
	r.messages[0].transaction.is_rehearsal = row->is_rehearsal;
	good = send_all(&r);
	(void)state_of(&r.client, state);
	client_quit(&r.client);
	heard = script_end(&r.server);
	if (!tap_ok(good && heard && strcmp(state, row->state) == 0, "%s", row->name))
		tap_note("  state %s, the server %s", state, heard ? "content" : "not content");
	client_free(&r.client);
	script_forget(&r.messages[0]);
	script_forget(&r.messages[1]);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		run(&rows[i]);
	return tap_done();
}
