/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "conf/confinement.h"
#include "conf/control.h"
#include "net/authd.h"
#include "net/tls_settings.h"
#include "pop3d.h"

static int
read_all(struct settings *s, const struct control *c, struct str *problem)
{
	if (limits_read(&s->limits, c, problem) == -1 ||
	    cidr_list_read(c, "proxies", &s->proxies, problem) == -1 ||
	    confinement_read(&s->is_confined, c, problem) == -1)
		return -1;
	return control_me(c, &s->me);
}

int
settings_read(struct settings *s, struct str *problem)
{
	struct control control;
	int result;

	str_init(&s->me, HOST_NAME_MAX * 4);
	if (control_open(&control) == -1) {
		(void)str_format(problem, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
		return -1;
	}
	result = read_all(s, &control, problem);
	if (result == -1 && errno != EINVAL)
		(void)str_format(problem, "%s %s: %s",
		    problem->len > 0 ? ": unable to read it in" : "unable to read", control.path,
		    strerror(errno));
	s->has_logins = authd_is_configured();
	s->has_tls = tls_is_configured(&control);
	control_close(&control);
	return result;
}

void
settings_free(struct settings *s)
{
	str_free(&s->me);
	cidr_list_free(&s->proxies);
}
