/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "probe.h"

void
show_text(struct slice text)
{
	struct str safe;

	str_init(&safe, 4 * REPLY_TEXT_MAX + 64);
	if (escape_text(&safe, text) == -1)
		str_clear(&safe);
	fputs(safe.data, stdout);
	str_free(&safe);
}

/* Why there is no answer, and that this says neither yes nor no. */
static enum verdict
give_up(struct probe *p)
{
	printf("could not tell: ");
	show_text(str_slice(&p->outcome.reply));
	putchar('\n');
	return COULD_NOT_TELL;
}

void
show_reply(const struct probe *p, const char *label)
{
	struct slice rest = str_slice(&p->client.reply.text), line = slice_of("");

	(void)slice_take(&rest, '\n', &line);
	printf("%-10s %d%s%s ", label, p->client.reply.code,
	    p->client.reply.status[0] == '\0' ? "" : " ", p->client.reply.status);
	show_text(line);
	printf("  (%.3f s)\n", reach_step_seconds(p));
	while (slice_take(&rest, '\n', &line)) {
		struct slice word = slice_of("");

		printf("%-10s ", "");
		if (strcmp(label, "EHLO") == 0 && slice_word(&line, &word)) {
			show_text(word);
			printf("%*s ", word.len < 20 ? (int)(20 - word.len) : 0, "");
		}
		show_text(slice_trim(line));
		putchar('\n');
	}
	if (p->client.reply.has_bare)
		printf(
		    "%-10s (a line of this reply does not end with CRLF alone; RFC 5321, 2.3.8)\n",
		    "");
}

enum verdict
show_server(struct probe *p, struct slice host)
{
	enum verdict verdict = reach_greeting(p, host, true);

	if (verdict == YES)
		verdict = reach_hello(p, true);
	if (verdict == COULD_NOT_TELL)
		return give_up(p);
	if (verdict == NO)
		puts("refused: this server takes no mail from here");
	return verdict;
}
