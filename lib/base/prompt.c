/* SPDX-License-Identifier: ISC */
#include "base/prompt.h"

#include <string.h>
#include <termios.h>

#include "base/io.h"

#define PROMPT_SECONDS 30

enum prompt_result
prompt_line(int fd, struct str *secret, deadline until)
{
	enum prompt_result result = PROMPT_GIVEN;
	ssize_t n;
	char c = '\0';

	str_clear(secret);
	while ((n = io_read(fd, &c, 1, until)) == 1 && c != '\n')
		if (str_add_char(secret, c) == -1)
			result = PROMPT_TOO_LONG;
	explicit_bzero(&c, sizeof c);
	if (n == -1)
		return PROMPT_FAILED;
	if (secret->len > 0 && secret->data[secret->len - 1] == '\r')
		str_truncate(secret, secret->len - 1);
	return secret->len > 0 ? result : PROMPT_NONE;
}

static void
show(int fd, const char *text)
{
	/* who does not see the prompt can answer all the same */
	(void)io_write(fd, text, strlen(text), deadline_in_seconds(PROMPT_SECONDS));
}

enum prompt_result
prompt_secret(int fd, int ask, const char *what, struct str *secret)
{
	struct termios before, quiet;
	enum prompt_result result;

	if (tcgetattr(fd, &before) == -1)
		return PROMPT_FAILED;
	quiet = before;
	/* an interrupt would leave the terminal without echo: it is a control character here */
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	if (tcsetattr(fd, TCSAFLUSH, &quiet) == -1)
		return PROMPT_FAILED;
	show(ask, what); /* last: what is typed before the echo is off is thrown away */
	result = prompt_line(fd, secret, DEADLINE_NEVER);
	if (tcsetattr(fd, TCSAFLUSH, &before) == -1)
		return PROMPT_FAILED;
	show(ask, "\n");
	return result;
}
