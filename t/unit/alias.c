/* SPDX-License-Identifier: ISC */
#include "conf/alias.h"

#include "tap.h"

static const char kinds[] = {
    [ALIAS_ADDRESS] = '@',
    [ALIAS_LOCAL] = 'l',
    [ALIAS_USER] = '\\',
    [ALIAS_PATH] = '/',
    [ALIAS_HOME_PATH] = '~',
    [ALIAS_PROGRAM] = '|',
    [ALIAS_INCLUDE] = ':',
    [ALIAS_BAD] = '!',
};

/* Values and the targets in them: kind and text, each in brackets. */
static const struct {
	const char *text, *targets;
} values[] = {
    {"", ""},
    {" , ,,\n", ""},
    {"joe", "[l joe]"},
    {"joe,ann@example.org", "[l joe][@ ann@example.org]"},
    {"joe,\n  ann , \n\tsue,", "[l joe][l ann][l sue]"},
    {"\\joe, joe@example.org", "[\\ joe][@ joe@example.org]"},
    {"\\joe@example.org", "[@ joe@example.org]"},
    {"\\", "[! ]"},
    {"/var/mail/x, /home/x/Maildir/", "[/ /var/mail/x][/ /home/x/Maildir/]"},
    {"\"/a b/c, d/\"", "[/ /a b/c, d/]"},
    {"~/x, ./Mail/x/, ~joe@example.org", "[~ ~/x][~ ./Mail/x/][@ ~joe@example.org]"},
    {"|/bin/cat", "[| /bin/cat]"},
    {"| /bin/cat -u ,x", "[| /bin/cat -u][l x]"},
    {"\"|/bin/cat, -u\", x", "[| /bin/cat, -u][l x]"},
    {"|\"/bin/cat, -u\", x", "[| /bin/cat, -u][l x]"},
    {"| \"/bin/cat -u\"", "[| /bin/cat -u]"},
    {"\" | /bin/cat -u \"", "[| /bin/cat -u]"},
    {"\"|a \\\"b c\\\" \\\\d\"", "[| a \"b c\" \\d]"},
    {"|a \"b, c\" d", "[| a \"b, c\" d]"},
    {"|a \\\"b", "[| a \\\"b]"},
    {"|\"a\" \"b\"", "[| \"a\" \"b\"]"},
    {"\"|IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #joe\"",
	"[| IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #joe]"},
    {"|(a; b), x", "[| (a; b)][l x]"},
    {"|", "[! ]"},
    {"\"|\"", "[! ]"},
    {"|\"\"", "[! ]"},
    {"\"|a", "[! \"|a]"},
    {"\"|a\\\"", "[! \"|a\\\"]"},
    {"\"|a\"b", "[! \"|a\"b]"},
    {":include:/etc/list, x", "[: /etc/list][l x]"},
    {":INCLUDE: /etc/list", "[: /etc/list]"},
    {"\":include:/etc/a list\"", "[: /etc/a list]"},
    {":include:\"/etc/a, list\"", "[: /etc/a, list]"},
    {":include:~/list", "[: ~/list]"},
    {":include:list", "[! list]"},
    {":include:", "[! ]"},
    {":fail: no", "[! :fail: no]"},
    {"Joe Doe <joe@example.org>, ann", "[@ joe@example.org][l ann]"},
    {"\"Doe, Joe\" <joe@example.org>", "[@ joe@example.org]"},
    {"<joe>", "[l joe]"},
    {"joe@example.org (Joe, and (his) office), ann", "[@ joe@example.org][l ann]"},
    {"joe (x) y", "[! joe (x) y]"},
    {"\"joe, smith\"@example.org", "[@ \"joe, smith\"@example.org]"},
    {"\"joe smith\"", "[l \"joe smith\"]"},
    {"<|/bin/sh>, </x>, <:include:/x>", "[! |/bin/sh][! /x][! :include:/x]"},
    {"\"|x\"@example.org", "[! \"|x\"@example.org]"},
    {"joe@@example.org", "[! joe@@example.org]"},
    {"joe ann", "[! joe ann]"},
    {"|a\nb", "[! |a\nb]"},
    {"/a\tb", "[! /a\tb]"},
    {"\"", "[! \"]"},
    {"\"\"", "[! \"\"]"},
};

static void
test_values(void)
{
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct slice rest = slice_of(values[i].text);
		struct alias_target target;
		struct str got;
		char name[32];

		str_init(&got, 1000);
		(void)str_add_text(&got, "");
		while (alias_next_target(&rest, &target)) {
			(void)str_format(&got, "[%c ", kinds[target.kind]);
			(void)alias_add_text(&target, &got);
			(void)str_add_char(&got, ']');
		}
		snprintf(name, sizeof name, "value %zu", i + 1);
		tap_is_text(got.len == 0 ? "" : got.data, values[i].targets, name);
		str_free(&got);
	}
}

static const struct {
	const char *key, *value, *problem; /* a part of it */
} checked[] = {
    {"joe", "ann, \"|/bin/cat -u\", :include:/x, /y/, \\joe", NULL},
    {"joe smith", "joe", NULL},
    {"joe@example.org", "joe", "without a domain"},
    {"a\tb", "joe", "control characters"},
    {"", "joe", "name is expected"},
    {"a0123456789012345678901234567890123456789012345678901234567890123", "joe", "64 octets"},
    {"joe", ",", "target is expected"},
    {"joe", "ann, ~/Maildir/", "begins with a slash"},
    {"joe", ":include:./x", "begins with a slash"},
    {"joe", "ann bob", "an address, \\user"},
};

static void
test_checks(void)
{
	for (size_t i = 0; i < sizeof checked / sizeof checked[0]; i++) {
		const char *problem = alias_check_key(slice_of(checked[i].key));

		if (problem == NULL)
			problem = alias_check_value(slice_of(checked[i].value));
		tap_ok(checked[i].problem == NULL
			   ? problem == NULL
			   : problem != NULL && strstr(problem, checked[i].problem) != NULL,
		    "%s: %s is said to be: %s", checked[i].key, checked[i].value,
		    problem == NULL ? "right" : problem);
	}
}

int
main(void)
{
	test_values();
	test_checks();
	return tap_done();
}
