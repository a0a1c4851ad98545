/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"
#include "smtp/client_session.h"

/*
 * VRFY and EXPN (RFC 5321, 3.5.3 and 7.3). A bare 550 is also how servers say that they do not
 * answer such questions, so only a status of class X.1.Z, which speaks of the address, is "no".
 * 252, "not implemented", policy and 4yz say nothing.
 */
static enum verdict
judge(const struct reply *reply)
{
	if (reply->code == 250 || reply->code == 251)
		return YES;
	return strncmp(reply->status, "5.1.", 4) == 0 ? NO : COULD_NOT_TELL;
}

/* One line: address, verdict, reply; tabs between, blanks on a terminal. */
static void
print_verdict(struct slice address, enum verdict verdict, struct slice reply)
{
	static const char *const words[] = {
	    [YES] = "yes", [NO] = "no", [COULD_NOT_TELL] = "could not tell"};
	bool people = isatty(STDOUT_FILENO);

	show_text(address);
	printf(people ? "  %s  " : "\t%s\t", words[verdict]);
	show_text(reply);
	putchar('\n');
	fflush(stdout);
}

static enum verdict
ask(struct probe *p, const char *verb, const char *address)
{
	enum verdict verdict = COULD_NOT_TELL;
	bool asked = client_is_open(&p->client);

	reach_begin_step(p);
	if (asked)
		asked = str_format(&p->client.output, "%s %s\r\n", verb, address) == 0 &&
			client_flush(&p->client, verb, &p->outcome) == 0 &&
			client_reply(&p->client, CLIENT_WAIT_RCPT, verb, &p->outcome) == 0;
	if (asked) {
		verdict = judge(&p->client.reply);
		client_outcome_of_reply(&p->client, &p->outcome);
	}
	print_verdict(slice_of(address), verdict, str_slice(&p->outcome.reply));
	return verdict;
}

enum verdict
ask_all(struct probe *p, const char *verb, struct slice host, char **addresses, int count)
{
	enum verdict all = YES;

	if (reach_greeting(p, host, false) != YES || reach_hello(p, false) != YES)
		client_close(&p->client);
	for (int i = 0; i < count; i++) {
		enum verdict one = ask(p, verb, addresses[i]);

		if (one == NO || all == YES)
			all = one == NO ? NO : one;
	}
	return all;
}
