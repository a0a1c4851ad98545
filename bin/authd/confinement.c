/* SPDX-License-Identifier: ISC */
/* What authd may still do once it is asked (authd(8), SECURITY CONSIDERATIONS). */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "authd.h"
#include "base/confine.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What is read for each exchange may be a link to another folder, in which a new one appears. */
static void
allow_folder_of(struct confine *c, const struct control *control, const char *name, char *folder)
{
	struct str path;
	char *slash;

	str_init(&path, PATH_MAX);
	if (str_format(&path, "%s/%s", control->path, name) == 0 &&
	    realpath(path.data, folder) != NULL && (slash = strrchr(folder, '/')) != folder) {
		*slash = '\0';
		confine_read(c, folder);
	}
	str_free(&path);
}

void
confine_asked(const struct server *s, bool serving)
{
	static const char *const files[] = {
	    "users", "users.cdb", "secrets", "secrets.cdb", "fingerprints"};
	const struct settings *settings = &s->settings;
	char folders[COUNT(files)][PATH_MAX];
	struct confine policy = {.calls = serving ? CONFINE_SERVE : 0};
	unsigned char scrap[SCRAM_HASH];
	struct confine_done done;

	/* a program of another's making may need anything, and no_new_privs would stay with it */
	if (!settings->is_confined || settings->checkpassword.len > 0 ||
	    settings->token_verifier.len > 0)
		return;
	if (settings->dovecot.len > 0)
		policy.calls |= CONFINE_CONNECT;
	if (settings->control.fd != -1)
		confine_read(&policy, settings->control.path);
	for (size_t i = 0; i < COUNT(files); i++)
		allow_folder_of(&policy, &settings->control, files[i], folders[i]);
	/* OpenSSL reads its own files at its first use */
	if (scram_hmac("", 0, slice_of(""), scrap) == -1)
		return;
	(void)confine_apply(&policy, &done); /* smtpd tells what the kernel lacks */
}
