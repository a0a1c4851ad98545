/* SPDX-License-Identifier: ISC */
/* Other servers' files of accounts (conf/import.h), and what an account may hold. */
#include "conf/import.h"

#include <string.h>

#include "base/random.h"
#include "conf/account_words.h"
#include "tap.h"

/* TEXT, and what each entry of it is, as describe() has it, with "|" between. */
static const struct {
	enum import_format format;
	const char *domain, *text, *want;
} files[] = {
    {IMPORT_DOVECOT, "", "", ""},
    {IMPORT_DOVECOT, "", "# x\n\n", ""},
    {IMPORT_DOVECOT, "", "Joe@Example.org:$6$x", "1:joe@example.org hash=$6$x"},
    {IMPORT_DOVECOT, "x.test", "joe:{crypt}$6$x:1:1::/h:/bin/sh", "1:joe@x.test hash=$6$x"},
    {IMPORT_DOVECOT, "x.test", "joe:{PLAIN}a b c", "1:joe@x.test password=a b c"},
    {IMPORT_DOVECOT, "x.test", "joe:{SCRAM-SHA-256}1,a,b,c", "1:joe@x.test key=1,a,b,c"},
    {IMPORT_DOVECOT, "x.test", "joe:{CRYPT}*", "1:joe@x.test"},
    {IMPORT_DOVECOT, "x.test", "joe:!$6$x", "1:joe@x.test disabled"},
    {IMPORT_DOVECOT, "x.test", "joe:*", "1:joe@x.test disabled"},
    {IMPORT_DOVECOT, "x.test", "joe:{SSHA}x", "1:!"},
    {IMPORT_DOVECOT, "", "joe:x", "1:!"},
    {IMPORT_DOVECOT, "", ":x\na@b.test:x\n", "1:!|2:a@b.test hash=x"},
    {IMPORT_DOVECOT, "", "a@b.test:x:::::: nologin", "1:a@b.test disabled hash=x"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::/h::mail=maildir:~/M:INDEX=/i",
	"1:a@b.test hash=x mailbox=/h/M"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::userdb_mail=maildir:/m/%d/%n/%%",
	"1:a@b.test hash=x mailbox=/m/b.test/a/%"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::userdb_mail=maildir:~/M", "1:!"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::mail=maildir:/m/%x", "1:!"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::mail=maildir:/m:LAYOUT=fs", "1:!"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::mail=mbox:/m", "1:!"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::quota_rule=*:storage=10",
	"1:a@b.test hash=x quota=10240S"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::quota_rule=*:bytes=10", "1:a@b.test hash=x quota=10S"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::quota_rule=*:storage=1M:messages=5",
	"1:a@b.test hash=x quota=1048576S,5C"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::quota_rule=*:storage=0", "1:a@b.test hash=x"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::quota_rule=Trash:storage=1M", "1:a@b.test hash=x"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::quota_rule=*:storage=10%", "1:!"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::quota_rule=*:storage=99999999999999999999", "1:!"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::allow_nets=::1", "1:!"},
    {IMPORT_DOVECOT, "", "a@b.test:x::::::userdb_user=x userdb_uid=5", "1:a@b.test hash=x"},
    {IMPORT_VPOPMAIL, "b.test", "a:h:1:0:A:/v/a/:10M:secret",
	"1:a@b.test hash=h mailbox=/v/a/Maildir/ quota=10485760S"},
    {IMPORT_VPOPMAIL, "b.test", "# a:h", "1:!"},
    {IMPORT_VPOPMAIL, "b.test", "a:h:1:0:A:/v/a:NOQUOTA",
	"1:a@b.test hash=h mailbox=/v/a/Maildir/"},
    {IMPORT_VPOPMAIL, "b.test",
	"a:h:1:2058:A:/v/a:", "1:a@b.test disabled hash=h mailbox=/v/a/Maildir/"},
    {IMPORT_VPOPMAIL, "b.test", "a:h:1:8:A:/v/a:", "1:!"},
    {IMPORT_VPOPMAIL, "b.test", "a:h:1:16:A:/v/a:", "1:!"},
    {IMPORT_VPOPMAIL, "b.test", "a:h:1:x:A:/v/a:", "1:!"},
    {IMPORT_VPOPMAIL, "b.test", "a@c.test:h:1:0:A:/v/a:", "1:!"},
    {IMPORT_VPOPMAIL, "b.test", "a", "1:!"},
    {IMPORT_VPOPMAIL, "", "a:h:1:0:A:/v/a:", "1:!"},
    {IMPORT_POSTFIX_MAILBOX, "", "a@b.test b.test/a/\n", "1:a@b.test mailbox=b.test/a/"},
    {IMPORT_POSTFIX_MAILBOX, "", "a@b.test\n# x\n\n\tb/\nc@d.test /e/",
	"1:a@b.test mailbox=b/|5:c@d.test mailbox=/e/"},
    {IMPORT_POSTFIX_MAILBOX, "", "a@b.test b.test/a", "1:!"},
    {IMPORT_POSTFIX_MAILBOX, "", "@b.test b.test/a/", "1:!"},
    {IMPORT_POSTFIX_MAILBOX, "", "a@b.test", "1:!"},
    {IMPORT_POSTFIX_VIRTUAL, "", "b.test x\na@b.test c@d.test,e f@g.test\n",
	"1:=b.test|2:a@b.test > c@d.test, e, f@g.test"},
    {IMPORT_POSTFIX_VIRTUAL, "", "@b.test a@c.test", "1:@b.test > a@c.test"},
    {IMPORT_POSTFIX_VIRTUAL, "", "a@b.test |x@c.test", "1:!"},
    {IMPORT_POSTFIX_VIRTUAL, "", "a@b.test /x", "1:!"},
    {IMPORT_POSTFIX_VIRTUAL, "", "a@b.test \\x", "1:!"},
    {IMPORT_POSTFIX_VIRTUAL, "", "a@b.test :include:/x", "1:!"},
    {IMPORT_POSTFIX_VIRTUAL, "", "a@b.test @c.test", "1:!"},
    {IMPORT_POSTFIX_VIRTUAL, "", "a@b.test ,,", "1:!"},
    {IMPORT_POSTFIX_VIRTUAL, "", "joe a@c.test", "1:!"},
    {IMPORT_POSTFIX_VIRTUAL, "", "@ a@c.test", "1:!"},
};

static const struct {
	const char *text, *want;
} quotas[] = {
    {"1", "1S"},
    {"500M", "524288000S"},
    {"2g", "2147483648S"},
    {"1T,5", "1099511627776S,5C"},
    {"5C", "5C"},
    {"10S,5C", "10S,5C"},
    {"5C,10S", "10S,5C"},
    {"1K,5C", "1024S,5C"},
};

static const char *const bad_quotas[] = {"", "0", "x", "K", "-1", "1,", ",1", "1,2,3", "5C,6C",
    "1,0", "10S,20S", "1KS", "9223372036854775808", "9007199254740992K", "1 K"};

static const char *const good_names[] = {"joe@example.org", "j.o-e_=+&'~@example.org", "_@a.test",
    "0@a.test", "j\xc3\xb6@\xc3\xb6.test"};

static const char *const bad_names[] = {"", "joe", "@example.org", "joe@", "-joe@a.test",
    ".joe@a.test", "joe.@a.test", "a..b@a.test", "a/b@a.test", "../a@a.test", "#a@a.test",
    "a b@a.test", "a:b@a.test", "\"a\"@a.test", "a@[127.0.0.1]", "a%b@a.test", "a@b@c.test",
    "a@a.test\n", "a\xc3@a.test", "a\xc2\x85@a.test", "a@-a.test/..", "a*@a.test", "|a@a.test"};

static const char *const bad_mailboxes[] = {
    "", "/", "a/", "/a", "/a/../b/", "/../", "/a/./b/", "/a b/", "/a\n/", "/a\xff/"};

static void
describe(const struct import *i, enum import_kind kind, struct str *out)
{
	const struct {
		const char *name;
		struct slice value;
	} parts[] = {{"hash", i->hash}, {"key", i->key}, {"password", i->password},
	    {"mailbox", str_slice(&i->mailbox)}, {"quota", str_slice(&i->quota)}};

	(void)str_format(out, "%s%zu:", out->len > 0 ? "|" : "", i->line);
	if (kind == IMPORT_WRONG) {
		(void)str_add_text(out, i->problem.len > 0 ? "!" : "?");
		return;
	}
	(void)str_format(out, "%s%s", kind == IMPORT_DOMAIN ? "=" : "", i->name.data);
	if (kind == IMPORT_TARGETS)
		(void)str_format(out, " > %s", i->targets.data);
	if (i->is_disabled)
		(void)str_add_text(out, " disabled");
	for (size_t p = 0; kind == IMPORT_ACCOUNT && p < sizeof parts / sizeof *parts; p++)
		if (parts[p].value.len > 0)
			(void)str_format(out, " %s=%.*s", parts[p].name, (int)parts[p].value.len,
			    parts[p].value.data);
}

static void
read_all(enum import_format format, const char *domain, struct slice text, struct str *out)
{
	enum import_kind kind;
	struct import i;

	import_start(&i, format, text, slice_of(domain));
	while ((kind = import_next(&i)) != IMPORT_END)
		describe(&i, kind, out);
	import_free(&i);
}

static void
test_words(struct str *out)
{
	for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
		str_clear(out);
		tap_ok(account_quota(out, slice_of(quotas[i].text)) == NULL, "a quota");
		tap_is_text(out->data, quotas[i].want, quotas[i].text);
	}
	for (size_t i = 0; i < sizeof bad_quotas / sizeof *bad_quotas; i++)
		tap_ok(account_quota(out, slice_of(bad_quotas[i])) != NULL, "no quota: %s",
		    bad_quotas[i]);
	for (size_t i = 0; i < sizeof good_names / sizeof *good_names; i++) {
		str_clear(out);
		tap_ok(account_name(out, slice_of(good_names[i])) == NULL, "a name");
		tap_is_text(out->data, good_names[i], "as it was");
	}
	for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
		tap_ok(account_name(out, slice_of(bad_names[i])) != NULL, "no name: %zu", i);
	for (size_t i = 0; i < sizeof bad_mailboxes / sizeof *bad_mailboxes; i++)
		tap_ok(account_mailbox(slice_of(bad_mailboxes[i])) != NULL, "no Maildir: %zu", i);
	tap_ok(account_mailbox(slice_of("/a/..b/c./")) == NULL, "a Maildir");
	str_clear(out);
	tap_ok(account_login(out, slice_of("Robot-1")) == NULL, "a login");
	tap_is_text(out->data, "robot-1", "in lower case");
	tap_ok(account_login(out, slice_of("/robot")) != NULL, "no login");
	tap_ok(account_login(out, slice_of("a@-b")) != NULL, "nor this");
}

int
main(void)
{
	static const char noise[] = "ab@.:%{}~/=, \t\n#\0*!|";
	char text[64];
	struct str out;

	str_init(&out, 1 << 20);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		str_clear(&out);
		read_all(files[i].format, files[i].domain, slice_of(files[i].text), &out);
		tap_is_text(out.data, files[i].want, files[i].text);
	}
	test_words(&out);
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = noise[random_below(sizeof noise - 1)];
		str_clear(&out);
		read_all((enum import_format)(round % 4), round % 8 < 4 ? "x.test" : "",
		    slice_make(text, sizeof text), &out);
	}
	tap_ok(true, "noise ends");
	str_free(&out);
	return tap_done();
}
