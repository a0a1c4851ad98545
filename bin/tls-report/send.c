/* SPDX-License-Identifier: ISC */
/* The ways of a report: mail by enqueue (RFC 8460, 5.3), HTTPS by mta-sts (5.4). */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/die.h"
#include "base/fields.h"
#include "base/helper.h"
#include "base/io.h"
#include "mail/date.h"
#include "mail/message_id.h"
#include "spool/submit.h"
#include "tls_report.h"

#define MAIL_MAX (REPORT_MAX * 2)
#define LINE_OCTETS 76 /* RFC 2045, 6.8 */
#define FILE_NOT_FOUND 127

int
report_name(struct str *out, const struct report *r)
{
	long long start = (long long)(r->day * TLS_DAY_SECONDS);

	return str_format(out, "%.*s!%.*s!%lld!%lld", (int)r->settings->contact_domain.len,
	    r->settings->contact_domain.data, (int)r->domain.len, r->domain.data, start,
	    start + TLS_DAY_SECONDS - 1);
}

/* TLS-Required: a report about what is wrong with TLS must get through (RFC 8460, 5.3). */
static int
add_head(struct str *out, const struct report *r, struct slice address)
{
	const struct settings *s = r->settings;
	int64_t now = clock_wall_seconds();

	if (str_format(out, "From: %s\r\nTo: %.*s\r\nDate: ", s->contact.data, (int)address.len,
		address.data) == -1 ||
	    date_add(out, now) == -1 || str_add_text(out, "\r\nMessage-ID: ") == -1 ||
	    message_id_add(out, now, s->contact_domain) == -1)
		return -1;
	return str_format(out,
	    "\r\nSubject: Report Domain: %.*s\r\n Submitter: %.*s\r\n Report-ID: <%s>\r\n"
	    "TLS-Report-Domain: %.*s\r\nTLS-Report-Submitter: %.*s\r\nTLS-Required: No\r\n"
	    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n"
	    " boundary=\"=_%s\"\r\n\r\n",
	    (int)r->domain.len, r->domain.data, (int)s->contact_domain.len, s->contact_domain.data,
	    r->id.data, (int)r->domain.len, r->domain.data, (int)s->contact_domain.len,
	    s->contact_domain.data, r->id.data);
}

static int
add_words(struct str *out, const struct report *r)
{
	char day[TLS_DAY_SIZE];

	tls_day_name(day, r->day);
	return str_format(out,
	    "--=_%s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
	    "This is an aggregate report about TLS in mail from %s\r\n"
	    "to %.*s on %s (UTC), as RFC 8460 describes it.\r\n\r\n",
	    r->id.data, r->settings->me.data, (int)r->domain.len, r->domain.data, day);
}

static int
add_packed(struct str *out, const struct report *r, struct slice packed)
{
	struct str text;
	struct slice rest;
	int result;

	if (str_format(out,
		"--=_%s\r\nContent-Type: application/tlsrpt+gzip\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment;\r\n filename=\"",
		r->id.data) == -1 ||
	    report_name(out, r) == -1 || str_add_text(out, ".json.gz\"\r\n\r\n") == -1)
		return -1;
	str_init(&text, MAIL_MAX);
	result = base64_encode(&text, packed);
	for (rest = str_slice(&text); result == 0 && rest.len > 0;
	     rest = slice_skip(rest, LINE_OCTETS))
		result = str_format(out, "%.*s\r\n",
		    rest.len < LINE_OCTETS ? (int)rest.len : LINE_OCTETS, rest.data);
	str_free(&text);
	return result == 0 ? str_format(out, "--=_%s--\r\n", r->id.data) : -1;
}

/* What becomes of the report itself is reported to nobody. */
static int
add_envelope(struct str *out, const struct report *r, struct slice address)
{
	if (fields_add(out, 'F', str_slice(&r->settings->contact), '\0') == -1 ||
	    fields_add(out, 'T', address, '\0') == -1)
		return -1;
	return fields_add(out, 'N', slice_of("NEVER"), '\0');
}

static int
submit(struct slice envelope, struct slice text, struct str *reason)
{
	struct submit s;
	enum submit_result result;

	submit_init(&s);
	result = submit_begin(&s, envelope);
	if (result == SUBMIT_OK)
		result = submit_write(&s, text.data, text.len);
	if (result == SUBMIT_OK)
		result = submit_commit(&s);
	else
		submit_abort(&s);
	str_clear(reason);
	(void)str_add_slice(reason, str_slice(&s.reason));
	submit_free(&s);
	return result == SUBMIT_OK ? 0 : result == SUBMIT_PERMANENT ? -2 : -1;
}

int
mail_send(const struct report *r, struct slice address, struct slice packed, struct str *reason)
{
	struct str envelope, text;
	int result = -1;

	str_init(&envelope, PROBLEM_MAX);
	str_init(&text, MAIL_MAX);
	if (add_envelope(&envelope, r, address) == 0 && add_head(&text, r, address) == 0 &&
	    add_words(&text, r) == 0 && add_packed(&text, r, packed) == 0)
		result = submit(str_slice(&envelope), str_slice(&text), reason);
	else
		(void)str_add_text(reason, "out of memory");
	str_free(&envelope);
	str_free(&text);
	return result;
}

_Noreturn static void
run_poster(const char *path, char *url, int in)
{
	static char program[] = "mta-sts", post[] = "--post", type[] = "application/tlsrpt+gzip";
	char *const argv[] = {program, post, url, type, NULL};

	if (dup2(in, STDIN_FILENO) != -1)
		(void)execv(path, argv);
	_exit(FILE_NOT_FOUND);
}

int
post_send(struct slice url, struct slice packed)
{
	int in = memfd_create("report", MFD_CLOEXEC), status = -1;
	struct str path, text;
	pid_t pid = -1;

	str_init(&path, PATH_MAX);
	str_init(&text, PROBLEM_MAX);
	if (in != -1 && io_pwrite(in, packed.data, packed.len, 0) == 0 &&
	    helper_program(&path, "mta-sts") == 0 && str_add_slice(&text, url) == 0)
		pid = fork();
	if (pid == 0)
		run_poster(path.data, text.data, in);
	while (pid > 0 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	io_close(in);
	str_free(&path);
	str_free(&text);
	if (pid == -1 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == EXIT_DONE	       ? 0
	       : WEXITSTATUS(status) == EXIT_PERMANENT ? -2
						       : -1;
}
