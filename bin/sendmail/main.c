/* SPDX-License-Identifier: ISC */
/* sendmail: submit a message, the way programs expect it (sendmail(1)). */
#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "help.h"
#include "modes.h"
#include "options.h"
#include "post.h"

static void
silence(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd == -1 || dup2(fd, STDERR_FILENO) == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to silence standard error");
	close(fd);
}

static int
run(const struct options *o)
{
	switch (o->mode) {
	case MODE_SUBMIT:
		post(o);
		return EX_OK;
	case MODE_SMTP:
		mode_smtp();
	case MODE_LIST:
		return mode_list();
	case MODE_QUEUE:
		return mode_queue(o);
	case MODE_CHECK:
		return mode_check();
	case MODE_VERIFY:
		return mode_verify(o);
	case MODE_EXPLAIN:
		return mode_explain(o);
	case MODE_LISTEN:
		die(PROGRAM, EX_USAGE,
		    "this is no listener: run smtpd under tcpserver or systemd, see smtpd(8)");
	case MODE_HELP:
		help_print();
	case MODE_LIST_OPTIONS:
		help_list();
	case MODE_VERSION:
		about_version(PROGRAM);
	}
	return fflush(stdout) == EOF ? EX_IOERR : EX_OK;
}

int
main(int argc, char **argv)
{
	struct options options;
	int code;

	/* callers may have closed what we are about to use */
	if (io_fill_standard() == -1)
		_exit(EX_OSERR);
	options_read(&options, argc, argv);
	if (options.quiet)
		silence();
	if (options.mode == MODE_SUBMIT && options.recipient_count == 0 && !options.from_header)
		die(PROGRAM, EX_USAGE, "name recipients, or use -t to take them from the header");
	code = run(&options);
	options_free(&options);
	return code;
}
