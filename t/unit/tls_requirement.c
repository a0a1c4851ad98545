/* SPDX-License-Identifier: ISC */
/* Which session does for which requirement of TLS (net/tls_requirement.h). */
#include "net/tls_requirement.h"

#include <errno.h>
#include <string.h>

#include "tap.h"

/* "LEVEL[ testing][ NAME...]" with TLSA records "=U" whose data is U, and fingerprints "#F". */
static void
make(struct tls_requirement *r, const char *text)
{
	static const char *const levels[] = {"none", "may", "encrypt", "print", "verify", "dane"};
	static struct tls_tlsa records[4];
	struct slice rest = slice_of(text), word;
	size_t count = 0;

	tls_requirement_init(r);
	(void)slice_word(&rest, &word);
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (slice_is(word, levels[i]))
			r->level = (enum tls_level)i;
	while (slice_word(&rest, &word)) {
		struct tls_requirement with = *r, copy;

		if (slice_is(word, "testing"))
			r->is_testing = true;
		else if (word.data[0] == '#') {
			(void)str_add_slice(&r->fingerprints, slice_skip(word, 1));
			(void)str_add_char(&r->fingerprints, ' ');
		} else if (word.data[0] == '=') {
			records[count] = (struct tls_tlsa){.usage = (uint8_t)(word.data[1] - '0'),
			    .length = 1,
			    .data = {(unsigned char)word.data[1]}};
			with.tlsa = records;
			with.tlsa_count = ++count;
			tls_requirement_init(&copy);
			if (tls_requirement_copy(&copy, &with) == -1)
				tap_ok(false, "copy");
			tls_requirement_free(r);
			*r = copy;
		} else if (tls_requirement_add_name(r, word) == -1)
			tap_ok(false, "add %s", text);
	}
}

static void
test_covers(void)
{
	static const struct {
		const char *had, *wanted;
		bool is_encrypted, covers;
	} rows[] = {
	    {"may", "may", false, true},
	    {"may", "may", true, true},
	    {"may", "none", true, true},
	    {"none", "may", false, false}, /* it might have had TLS */
	    {"none", "none", false, true},
	    {"may", "encrypt", true, true},
	    {"may", "encrypt", false, false},
	    {"encrypt a.test", "may b.test", true, true},
	    {"verify a.test", "encrypt", true, true},
	    {"encrypt", "verify a.test", true, false},
	    {"verify a.test", "verify a.test", true, true},
	    {"verify a.test", "verify A.Test", true, true},
	    {"verify a.test", "verify b.test", true, false},
	    {"verify a.test", "verify b.test a.test", true, true},
	    {"verify a.test b.test", "verify a.test", true, false},
	    {"verify testing a.test", "verify a.test", true, false},
	    {"verify testing a.test", "verify testing b.test", true, true},
	    {"verify testing a.test", "verify testing a.test", false, true},
	    {"verify a.test", "verify testing a.test", true, true},
	    {"dane a.test =3", "verify a.test", true, false},
	    {"verify a.test", "dane a.test =3", true, false},
	    {"dane a.test =3", "dane a.test =3", true, true},
	    {"dane a.test =3", "dane a.test =2", true, false},
	    {"dane a.test =3", "dane a.test =2 =3", true, true},
	    {"dane a.test =2 =3", "dane a.test =3", true, false},
	    {"print #aa", "print #AA", true, true},
	    {"print #aa", "print #bb", true, false},
	    {"print #aa #bb", "print #aa", true, false},
	    {"print #aa", "verify a.test", true, false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tls_requirement had, wanted;

		make(&had, rows[i].had);
		make(&wanted, rows[i].wanted);
		tap_ok(
		    tls_requirement_covers(&had, rows[i].is_encrypted, &wanted) == rows[i].covers,
		    "%s, %s, %s for %s", rows[i].had,
		    rows[i].is_encrypted ? "encrypted" : "in plain",
		    rows[i].covers ? "does" : "does not do", rows[i].wanted);
		tls_requirement_free(&had);
		tls_requirement_free(&wanted);
	}
}

static void
test_names(void)
{
	struct tls_requirement r;
	char name[TLS_NAME_SIZE + 1];

	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	tls_requirement_init(&r);
	tap_ok(tls_requirement_is_lenient(&r), "the first is opportunistic");
	tap_is_int(tls_requirement_add_name(&r, slice_of("a.test.")), 0, "a name");
	tap_ok(strcmp(r.names[0], "a.test") == 0, "its last dot is left out");
	tap_is_int(tls_requirement_add_name(&r, slice_of("")), -1, "an empty name");
	tap_is_int(tls_requirement_add_name(&r, slice_of("a b")), -1, "a blank in a name");
	tap_is_int(tls_requirement_add_name(&r, slice_of(name)), -1, "too long a name");
	for (int i = 1; i < TLS_NAMES_MAX; i++)
		tap_is_int(tls_requirement_add_name(&r, slice_of("b.test")), 0, "another name");
	tap_is_int(tls_requirement_add_name(&r, slice_of("c.test")), -1, "too many names");
	tap_is_int(errno, ENOSPC, "and why");
	tls_requirement_free(&r);
}

int
main(void)
{
	test_covers();
	test_names();
	return tap_done();
}
