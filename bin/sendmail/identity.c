/* SPDX-License-Identifier: ISC */
#include "identity.h"

#include <errno.h>
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/die.h"
#include "conf/control.h"
#include "mail/address.h"
#include "options.h"

void
identity_init(struct identity *who)
{
	who->knows_user = false;
	str_init(&who->host, ADDRESS_DOMAIN_MAX);
	str_init(&who->user, ADDRESS_LOCAL_MAX);
	str_init(&who->full_name, 256);
}

void
identity_free(struct identity *who)
{
	str_free(&who->host);
	str_free(&who->user);
	str_free(&who->full_name);
}

struct slice
identity_host(struct identity *who)
{
	struct control control;

	if (who->host.len > 0)
		return str_slice(&who->host);
	if (control_open(&control) == -1)
		die_errno(PROGRAM, EX_CONFIG, "unable to open %s", control.path);
	if (control_me(&control, &who->host) == -1)
		die_errno(PROGRAM, EX_CONFIG, "unable to find the name of this host in %s/me",
		    control.path);
	if (!address_is_domain(str_slice(&who->host), 0))
		die(PROGRAM, EX_CONFIG, "put the name of this host into %s/me: this is none: %s",
		    control.path, who->host.data);
	control_close(&control);
	return str_slice(&who->host);
}

/* The name before the first comma, with & for the capitalized login name, as passwd(5) has it. */
static int
add_full_name(struct str *out, const char *gecos, const char *login)
{
	for (; *gecos != '\0' && *gecos != ','; gecos++) {
		size_t at = out->len;

		if ((*gecos == '&' ? str_add_text(out, login) : str_add_char(out, *gecos)) == -1)
			return -1;
		if (*gecos == '&' && out->len > at && out->data[at] >= 'a' && out->data[at] <= 'z')
			out->data[at] = (char)(out->data[at] - 'a' + 'A');
	}
	return 0;
}

static void
look_up_user(struct identity *who)
{
	uid_t uid = getuid();
	const struct passwd *entry = getpwuid(uid);
	struct address address;

	who->knows_user = true;
	if (entry != NULL &&
	    address_parse(slice_of(entry->pw_name), ADDRESS_BARE, &address) == ADDRESS_OK &&
	    address.domain.len == 0 && str_add_text(&who->user, entry->pw_name) == 0) {
		/* a name that is too long for us is none */
		if (entry->pw_gecos != NULL &&
		    add_full_name(&who->full_name, entry->pw_gecos, entry->pw_name) == -1)
			str_clear(&who->full_name);
	} else if (str_format(&who->user, "%lu", (unsigned long)uid) == -1)
		die_errno(PROGRAM, EX_OSERR, "unable to find out who is calling");
}

struct slice
identity_user(struct identity *who)
{
	if (!who->knows_user)
		look_up_user(who);
	return str_slice(&who->user);
}

struct slice
identity_full_name(struct identity *who)
{
	if (!who->knows_user)
		look_up_user(who);
	return str_slice(&who->full_name);
}
