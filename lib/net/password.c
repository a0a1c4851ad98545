/* SPDX-License-Identifier: ISC */
#include "net/password.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_MIN 13

/* What crypt works in: too large for a stack, and full of secrets. */
struct work {
	struct crypt_data data;
	char password[PASSWORD_MAX + 1];
};

/* The hash, in W; null where SETTING or PASSWORD is of no use. */
static const char *
run(struct work *w, struct slice password, const char *setting)
{
	if (password.len > PASSWORD_MAX || slice_find(password, '\0') < password.len) {
		errno = EINVAL;
		return NULL;
	}
	if (password.len > 0)
		memcpy(w->password, password.data, password.len);
	w->password[password.len] = '\0';
	return crypt_rn(w->password, setting, &w->data, (int)sizeof w->data);
}

static void
drop(struct work *w)
{
	explicit_bzero(w, sizeof *w);
	free(w);
}

/* In a time that tells nothing but the lengths, which the method alone decides. */
static bool
same(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned differ = 0;

	if (len == 0 || len != strlen(b))
		return false;
	for (size_t i = 0; i < len; i++)
		differ |= (unsigned)((unsigned char)a[i] ^ (unsigned char)b[i]);
	return differ == 0;
}

bool
password_is_of(const char *hash, struct slice password)
{
	struct work *w = calloc(1, sizeof *w);
	const char *made;
	bool is_of;

	if (w == NULL)
		return false;
	made = run(w, password, hash);
	is_of = made != NULL && same(made, hash);
	drop(w);
	return is_of;
}

bool
password_is_hash(const char *hash)
{
	int known = crypt_checksalt(hash);

	/* the shortest is DES's; a setting without a hash is shorter than its own prefix and that
	 */
	return strlen(hash) >= HASH_MIN &&
	       (known == CRYPT_SALT_OK || known == CRYPT_SALT_METHOD_LEGACY ||
		   known == CRYPT_SALT_TOO_CHEAP);
}

int
password_hash(struct str *out, struct slice password, const char *prefix)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct work *w;
	const char *made;
	int result;

	if (crypt_gensalt_rn(prefix, 0, NULL, 0, setting, (int)sizeof setting) == NULL)
		return -1;
	w = calloc(1, sizeof *w);
	if (w == NULL)
		return -1;
	made = run(w, password, setting);
	result = made == NULL ? -1 : str_add_text(out, made);
	drop(w);
	return result;
}
