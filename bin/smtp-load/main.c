/* SPDX-License-Identifier: ISC */
/* smtp-load: sends many messages, and says how long they took (smtp-load(1)). */
#include <sys/resource.h>

#include <signal.h>

#include "base/confine.h"
#include "base/die.h"
#include "base/io.h"
#include "login.h"
#include "net/endpoint.h"

#define PROBLEM_MAX ((size_t)1000)
#define SPARE 32 /* descriptors beside those of sessions */

static void
make_room(const struct load *l)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < l->settings.sessions + SPARE)
		die(PROGRAM, EXIT_PERMANENT,
		    "%llu sessions need more descriptors than %llu (ulimit -n)",
		    (unsigned long long)l->settings.sessions, (unsigned long long)limit.rlim_cur);
}

static void
open_tls(struct load *l)
{
	struct tls_side_settings settings = {.keeps_no_session = true};
	struct str problem;

	if (l->settings.tls == TLS_NONE)
		return;
	str_init(&problem, PROBLEM_MAX);
	l->tls = tls_side_new(&settings, &problem);
	if (l->tls == NULL)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	str_free(&problem);
}

/* All files have been read by now: what is left is to connect to the one port. */
static void
confine(const struct load *l)
{
	bool is_path = l->address.ss_family == AF_UNIX;
	struct confine policy = {.calls = is_path ? CONFINE_CONNECT : CONFINE_INET};
	struct confine_done done;

	if (!is_path)
		confine_port(&policy, endpoint_port(&l->address));
	if (confine_apply(&policy, &done) == -1)
		confine_log(PROGRAM, &done);
}

int
main(int argc, char **argv)
{
	static struct load l;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	(void)signal(SIGPIPE, SIG_IGN);
	options_read(&l, argc, argv);
	make_room(&l);
	target_find(&l);
	login_read(&l);
	open_tls(&l);
	text_make(&l);
	confine(&l);
	loop_run(&l);
	code = report_print(&l);
	tls_side_free(l.tls);
	str_free(&l.host);
	str_wipe(&l.secret);
	hidden_free(&l.hidden);
	str_free(&l.header);
	str_free(&l.plain);
	str_free(&l.stuffed);
	return code;
}
