/* SPDX-License-Identifier: ISC */
#include "net/dialogue.h"

#include <poll.h>
#include <string.h>

#include "base/base64.h"

void
dialogue_wipe(struct reader *r, struct slice line)
{
	if (line.len > 0)
		explicit_bzero(r->buf + (line.data - r->buf), line.len);
}

bool
dialogue_take_initial(struct reader *r, struct slice word, struct str *initial)
{
	bool is_good;

	str_clear(initial);
	is_good = slice_is(word, "=") || (word.len > 0 && base64_decode(initial, word) == 0);
	dialogue_wipe(r, word);
	return is_good;
}

/* A challenge may be longer than other replies. */
static void
say_challenge(const struct dialogue *d)
{
	struct str text;

	str_init(&text, 2 * AUTHD_MESSAGE_MAX);
	(void)base64_encode(&text, str_slice(&d->authd.challenge));
	(void)writer_format(d->writer, "%s%s\r\n", d->prompt, text.data);
	str_wipe(&text);
}

static enum dialogue_end
take_line(struct dialogue *d, struct slice *line)
{
	d->read = d->read_line(d->context, line, DIALOGUE_LINE_MAX);
	switch (d->read) {
	case READER_LINE:
		return slice_is(*line, "*") ? DIALOGUE_CANCELLED : DIALOGUE_JUDGED;
	case READER_TOO_LONG:
		return DIALOGUE_TOO_LONG;
	case READER_BARE_LF:
	case READER_BARE_CR:
	case READER_NUL:
		return DIALOGUE_BAD_LINE;
	case READER_EOF:
	case READER_TIMEOUT:
	case READER_ERROR:
		break;
	}
	return DIALOGUE_LOST;
}

static enum dialogue_end
take_response(struct dialogue *d, struct str *response)
{
	struct transcript *transcript = d->reader->transcript;
	struct slice line = {NULL, 0};
	enum dialogue_end end;

	if (transcript != NULL)
		transcript->is_secret = true;
	end = take_line(d, &line);
	if (transcript != NULL)
		transcript->is_secret = false;
	str_clear(response);
	if (end == DIALOGUE_JUDGED && base64_decode(response, line) == -1)
		end = DIALOGUE_NO_BASE64;
	dialogue_wipe(d->reader, line);
	return end;
}

enum dialogue_end
dialogue_run(struct dialogue *d, struct slice mechanism, const struct slice *initial)
{
	enum dialogue_end end = DIALOGUE_JUDGED;
	struct str response;

	authd_init(&d->authd);
	str_init(&response, DIALOGUE_LINE_MAX);
	d->result = authd_begin(&d->authd, d->client, mechanism, initial);
	while (d->result == AUTHD_CHALLENGE && end == DIALOGUE_JUDGED) {
		say_challenge(d);
		end = take_response(d, &response);
		if (end == DIALOGUE_JUDGED)
			d->result = authd_respond(&d->authd, str_slice(&response));
	}
	str_wipe(&response);
	return end;
}

void
dialogue_close(struct dialogue *d)
{
	authd_close(&d->authd);
}

void
dialogue_wait(int64_t ms, deadline until)
{
	int left = deadline_poll_ms(until);

	if (left != -1 && ms > left)
		ms = left;
	if (ms > 0)
		(void)poll(NULL, 0, (int)ms);
}
