/* SPDX-License-Identifier: ISC */
#include "conf/route.h"

#include <errno.h>

#include "conf/compile.h"
#include "scratch.h"
#include "tap.h"

/* System users that every test machine has: nobody and daemon; root. */
struct wanted {
	const char *address;
	enum route_kind kind;
	const char
	    *what; /* user[+extension]; targets with spaces for LF; next hop; part of the reason */
	bool is_ours, is_relay;
};

static const struct wanted with_defaults[] = {
    {"nobody@mail.example.org", ROUTE_USER, "nobody", true, false},
    {"nobody@LOCALHOST", ROUTE_USER, "nobody", true, false},
    {"nobody", ROUTE_USER, "nobody", true, false},
    {"NoBody@localhost", ROUTE_USER, "nobody", true, false},
    {"nobody+a+b@localhost", ROUTE_USER, "nobody+a+b", true, false},
    {"\"nobody\"@localhost", ROUTE_USER, "nobody", true, false},
    {"no-such-user@localhost", ROUTE_UNKNOWN, "no such user", true, false},
    {"+x@localhost", ROUTE_UNKNOWN, "no such user", true, false},
    {"-nobody@localhost", ROUTE_UNKNOWN, "no such user", true, false},
    {"\"./nobody\"@localhost", ROUTE_UNKNOWN, "no such user", true, false},
    {"../nobody@localhost", ROUTE_UNKNOWN, "not a valid address", false, false},
    {"nobody/x@localhost", ROUTE_UNKNOWN, "no such user", true, false},
    {"root@localhost", ROUTE_TARGETS, "postmaster: ", true, false},
    {"root+x@localhost", ROUTE_TARGETS, "postmaster: ", true, false},
    {"postmaster", ROUTE_TARGETS, "postmaster: ", true, false},
    {"PostMaster@mail.EXAMPLE.org", ROUTE_TARGETS, "postmaster: ", true, false},
    {"abuse@localhost", ROUTE_TARGETS, "postmaster: ", true, false},
    {"mailer-daemon@localhost", ROUTE_TARGETS, "postmaster: ", true, false},
    {"joe@example.com", ROUTE_SMTP, "mx:example.com", false, false},
    {"joe@Example.COM", ROUTE_SMTP, "mx:example.com", false, false},
    {"joe@example.org", ROUTE_SMTP, "mx:example.org", false, false},
    {"postmaster@example.com", ROUTE_SMTP, "mx:example.com", false, false},
    {"joe@[192.0.2.1]", ROUTE_SMTP, "mx:[192.0.2.1]", false, false},
    {"joe@[IPv6:2001:DB8::1]", ROUTE_SMTP, "mx:[ipv6:2001:db8::1]", false, false},
    {"joe@[127.0.0.1]", ROUTE_SMTP, "mx:[127.0.0.1]", false, false},
};

static const char aliases[] = "# Aliases\n"
			      "root: nobody\n"
			      "Info:\tdaemon\n"
			      "one: two\n"
			      "two : three\n"
			      "three: nobody\n"
			      "twins: daemon, joe@example.com, daemon, joe@example.com\n"
			      "talk: \\daemon\n"
			      "# it's 5\" tall, and\n"
			      "   # so on\n"
			      "   , joe@example.com\n"
			      "to: nobody+lists\n"
			      "away: joe@example.com\n"
			      "box: /var/mail/box/\n"
			      "file: /var/mail/file\n"
			      "many: daemon, joe@example.com,\n"
			      "# between\n"
			      "\t/var/mail/many/\n"
			      "\n"
			      "  , info\n"
			      "daemon: daemon, joe@example.com\n"
			      "nobody: nobody\n"
			      "direct: \\nobody\n"
			      "directs: \\nobody, \\root, joe@example.com\n"
			      "ghost: no-such-user\n"
			      "ghosts: ghosts, joe@example.com\n"
			      "circle: circus\n"
			      "circus: circle\n"
			      "program: \"|/bin/cat, x\"\n"
			      "list: :include:/etc/list\n"
			      "mixed: joe@example.com, |/bin/cat\n"
			      "bad: joe@@example.com\n"
			      "nothing: ,\n"
			      "full+name: joe@example.com\n"
			      "\"joe smith\": joe@example.com\n"
			      "webmaster: away\n";

static const struct wanted with_aliases[] = {
    {"root@localhost", ROUTE_USER, "nobody", true, false},
    {"postmaster@localhost", ROUTE_USER, "nobody", true, false},
    {"hostmaster", ROUTE_USER, "nobody", true, false},
    {"webmaster@localhost", ROUTE_TARGETS, "joe@example.com ", true, false},
    {"INFO@localhost", ROUTE_TARGETS, "user:daemon joe@example.com ", true, false},
    {"info+x@localhost", ROUTE_TARGETS, "user:daemon joe@example.com ", true, false},
    {"one@localhost", ROUTE_USER, "nobody", true, false},
    {"one+x@localhost", ROUTE_USER, "nobody", true, false},
    {"to@localhost", ROUTE_USER, "nobody+lists", true, false},
    {"nobody+x@localhost", ROUTE_USER, "nobody+x", true, false},
    {"away", ROUTE_TARGETS, "joe@example.com ", true, false},
    {"box", ROUTE_TARGETS, "/var/mail/box/ ", true, false},
    {"file", ROUTE_TARGETS, "/var/mail/file ", true, false},
    {"many", ROUTE_TARGETS,
	"daemon@mail.example.org joe@example.com /var/mail/many/ info@mail.example.org ", true,
	false},
    {"talk", ROUTE_TARGETS, "mailbox:daemon joe@example.com ", true, false},
    {"twins", ROUTE_TARGETS, "daemon@mail.example.org joe@example.com ", true, false},
    {"direct", ROUTE_TARGETS, "mailbox:nobody ", true, false},
    {"\"\\\\one\"@localhost", ROUTE_UNKNOWN, "no such user", true, false},
    {"\"\\\\nobody\"@localhost", ROUTE_USER, "nobody", true, false},
    {"\"\\\\\\\\nobody\"@localhost", ROUTE_TARGETS, "mailbox:nobody ", true, false},
    {"\"\\\\root\"@localhost", ROUTE_TARGETS, "postmaster: ", true, false},
    {"\"\\\\\"@localhost", ROUTE_UNKNOWN, "no such user", true, false},
    {"directs", ROUTE_TARGETS, "mailbox:nobody postmaster: joe@example.com ", true, false},
    {"ghost", ROUTE_UNKNOWN, "no such user", true, false},
    {"ghosts", ROUTE_TEMPORARY, "names the user ghosts, who is unknown", true, false},
    {"circle", ROUTE_TEMPORARY, "leads in a circle", true, false},
    {"program", ROUTE_TARGETS, "|/bin/cat, x ", true, false},
    {"list", ROUTE_TARGETS, ":include:/etc/list ", true, false},
    {"mixed", ROUTE_TARGETS, "joe@example.com |/bin/cat ", true, false},
    {"bad", ROUTE_TEMPORARY, "\"joe@@example.com\" is no target", true, false},
    {"nothing", ROUTE_TEMPORARY, "has no target", true, false},
    {"full+name", ROUTE_TARGETS, "joe@example.com ", true, false},
    {"full+other", ROUTE_UNKNOWN, "no such user", true, false},
    {"\"joe smith\"@localhost", ROUTE_TARGETS, "joe@example.com ", true, false},
};

static const char virtual[] = "joe@example.org: /home/joe/Maildir/\n"
			      "sue@example.org: nobody\n"
			      "both@example.org: nobody, joe@example.com\n"
			      "joe+x@example.org: x@example.com\n"
			      "\"a b\"@example.org: ab@example.com\n"
			      "@example.net: all@example.com\n"
			      "jim@example.net: jim@example.com\n"
			      "postmaster@example.com: /var/mail/postmaster/\n"
			      "odd@[IPv6:2001:db8::1]: odd@example.com\n";

static const struct wanted with_virtual[] = {
    {"joe@example.org", ROUTE_TARGETS, "/home/joe/Maildir/ ", true, false},
    {"JOE@EXAMPLE.ORG", ROUTE_TARGETS, "/home/joe/Maildir/ ", true, false},
    {"\"joe\"@example.org", ROUTE_TARGETS, "/home/joe/Maildir/ ", true, false},
    {"joe+y@example.org", ROUTE_TARGETS, "/home/joe/Maildir/ ", true, false},
    {"joe+x@example.org", ROUTE_TARGETS, "x@example.com ", true, false},
    {"\"a b\"@example.org", ROUTE_TARGETS, "ab@example.com ", true, false},
    {"sue@example.org", ROUTE_USER, "nobody", true, false},
    {"both@example.org", ROUTE_TARGETS, "nobody@mail.example.org joe@example.com ", true, false},
    {"nobody@example.org", ROUTE_UNKNOWN, "no such recipient at example.org", true, false},
    {"sub@sub.example.org", ROUTE_SMTP, "mx:sub.example.org", false, false},
    {"jim@example.net", ROUTE_TARGETS, "jim@example.com ", true, false},
    {"any@example.net", ROUTE_TARGETS, "all@example.com ", true, false},
    {"abuse@example.net", ROUTE_TARGETS, "all@example.com ", true, false},
    {"postmaster@example.net", ROUTE_TARGETS, "postmaster: ", true, false},
    {"postmaster@example.org", ROUTE_TARGETS, "postmaster: ", true, false},
    {"abuse@example.org", ROUTE_TARGETS, "postmaster: ", true, false},
    {"Postmaster@example.com", ROUTE_TARGETS, "/var/mail/postmaster/ ", true, false},
    {"Abuse@example.com", ROUTE_TARGETS, "/var/mail/postmaster/ ", true, false},
    {"joe@example.com", ROUTE_UNKNOWN, "no such recipient at example.com", true, false},
    {"odd@[IPv6:2001:db8::1]", ROUTE_TARGETS, "odd@example.com ", true, false},
};

/* Accounts, domains and lists of roles beside virtual, and extensions by + and -. */
static const char hosted_virtual[] = "joe@example.org: /v/joe/\n"
				     "team-a@example.org: /v/team/\n"
				     "@all.test: /v/all/\n"
				     "@lmtp.test: lmtp:unix:/run/lmtp\n"
				     "one@lmtp.test: LMTP:mail.example.com:2424\n"
				     "Own@all.test: /v/own/\n"
				     "abuse@role.test: /v/abuse/\n"
				     "k\303\266nig@b\303\274cher.test: /v/koenig/\n";

static const char hosted_users[] = "ann@example.org: /u/ann/ quota=5S,10C\n"
				   "dis@example.org: disabled /u/dis/\n"
				   "login@example.org:\n"
				   "odd@example.org: frob /u/odd/\n"
				   "mary-ann@example.org: /u/mary-ann/\n"
				   "mary@example.org: /u/mary/\n"
				   "joe@example.org: /u/joe/\n"
				   "own@all.test: /u/own/\n"
				   "x@dom.test: /u/x/\n"
				   "x@nowhere.test: /u/x/\n"
				   "gone@dom.test: removed\n"
				   "postmaster@dom.test: /u/postmaster/\n"
				   "y@b\303\274cher.test: /u/y/\n";

static const struct wanted with_hosted[] = {
    {"joe@example.org", ROUTE_TARGETS, "/v/joe/ ", true, false},
    {"ann@example.org", ROUTE_TARGETS, "quota:5S,10C /u/ann/ ", true, false},
    {"ANN@EXAMPLE.ORG", ROUTE_TARGETS, "quota:5S,10C /u/ann/ ", true, false},
    {"\"ann\"@example.org", ROUTE_TARGETS, "quota:5S,10C /u/ann/ ", true, false},
    {"ann+x@example.org", ROUTE_TARGETS, "quota:5S,10C /u/ann/ ", true, false},
    {"ann-x+y-z@example.org", ROUTE_TARGETS, "quota:5S,10C /u/ann/ ", true, false},
    {"dis@example.org", ROUTE_TARGETS, "/u/dis/ ", true, false},
    {"login@example.org", ROUTE_UNKNOWN, "no such recipient at example.org", true, false},
    {"odd@example.org", ROUTE_TEMPORARY, "the account odd@example.org is in no", true, false},
    {"mary-ann-x@example.org", ROUTE_TARGETS, "/u/mary-ann/ ", true, false},
    {"mary-jane@example.org", ROUTE_TARGETS, "/u/mary/ ", true, false},
    {"team-a-b@example.org", ROUTE_TARGETS, "/v/team/ ", true, false},
    {"team-b@example.org", ROUTE_UNKNOWN, "no such recipient", true, false},
    {"own@all.test", ROUTE_TARGETS, "/v/own/ ", true, false},
    {"own-x@all.test", ROUTE_TARGETS, "/v/own/ ", true, false},
    {"any@all.test", ROUTE_TARGETS, "/v/all/ ", true, false},
    {"any@lmtp.test", ROUTE_SMTP, "lmtp:unix:/run/lmtp", true, false},
    {"one@lmtp.test", ROUTE_SMTP, "lmtp:mail.example.com:2424", true, false},
    {"x@dom.test", ROUTE_TARGETS, "/u/x/ ", true, false},
    {"x@DOM.test", ROUTE_TARGETS, "/u/x/ ", true, false},
    {"gone@dom.test", ROUTE_UNKNOWN, "no such recipient", true, false},
    {"x@nowhere.test", ROUTE_SMTP, "mx:nowhere.test", false, false},
    {"postmaster@dom.test", ROUTE_TARGETS, "/u/postmaster/ ", true, false},
    {"abuse@dom.test", ROUTE_TARGETS, "/u/postmaster/ ", true, false},
    {"Security@dom.test", ROUTE_TARGETS, "/u/postmaster/ ", true, false},
    {"abuse@role.test", ROUTE_TARGETS, "/v/abuse/ ", true, false},
    {"noc@role.test", ROUTE_TARGETS, "postmaster: ", true, false},
    {"info@role.test", ROUTE_TARGETS, "postmaster: ", true, false},
    {"noc+x@role.test", ROUTE_UNKNOWN, "no such recipient", true, false},
    {"www", ROUTE_TARGETS, "postmaster: ", true, false},
    {"nobody-x", ROUTE_USER, "nobody+x", true, false},
    {"k\303\266nig@b\303\274cher.test", ROUTE_TARGETS, "/v/koenig/ ", true, false},
    {"k\303\266nig@xn--bcher-kva.test", ROUTE_TARGETS, "/v/koenig/ ", true, false},
    {"K\303\226NIG@xn--bcher-kva.test", ROUTE_UNKNOWN, "no such recipient", true, false},
    {"y@b\303\274cher.test", ROUTE_TARGETS, "/u/y/ ", true, false},
    {"y@XN--BCHER-KVA.test", ROUTE_TARGETS, "/u/y/ ", true, false},
    {"y+z@xn--bcher-kva.test", ROUTE_TARGETS, "/u/y/ ", true, false},
};

/* Of another list of roles, and without extensions. */
static const struct wanted with_few_roles[] = {
    {"abuse@dom.test", ROUTE_TARGETS, "/u/postmaster/ ", true, false},
    {"Complaints@dom.test", ROUTE_TARGETS, "/u/postmaster/ ", true, false},
    {"noc@dom.test", ROUTE_UNKNOWN, "no such recipient", true, false},
    {"www", ROUTE_UNKNOWN, "no such user", true, false},
    {"postmaster@role.test", ROUTE_TARGETS, "postmaster: ", true, false},
    {"x+y@dom.test", ROUTE_UNKNOWN, "no such recipient", true, false},
    {"nobody+x", ROUTE_UNKNOWN, "no such user", true, false},
};

static const struct wanted with_damage[] = {
    {"x@example.org", ROUTE_TEMPORARY, "virtual.cdb is damaged", true, false},
    {"x@lmtp.test", ROUTE_TEMPORARY, "virtual.cdb is damaged", true, false},
    {"nobody", ROUTE_USER, "nobody", true, false},
};

static const struct wanted with_routes[] = {
    {"joe@example.com", ROUTE_SMTP, "smtp:mx.example.com:25", false, true},
    {"joe@a.b.example.com", ROUTE_SMTP, "smtp:[2001:db8::5]:2525", false, true},
    {"joe@direct.example.com", ROUTE_SMTP, "mx:direct.example.com", false, true},
    {"joe@sub.direct.example.com", ROUTE_SMTP, "smtp:[2001:db8::5]:2525", false, true},
    {"joe@notexample.com", ROUTE_SMTP, "smtp:192.0.2.9:587", false, false},
    {"joe@example.net", ROUTE_SMTP, "smtp:192.0.2.9:587", false, false},
    {"joe@x.example.net", ROUTE_SMTP, "smtp:192.0.2.9:587", false, true},
    {"joe@[192.0.2.1]", ROUTE_SMTP, "smtp:192.0.2.9:587", false, false},
    {"joe@[192.0.2.2]", ROUTE_SMTP, "smtp:[2001:db8::6]:25", false, false},
    {"nobody@[127.0.0.1]", ROUTE_USER, "nobody", true, false},
    {"nobody@mail.example.org", ROUTE_SMTP, "smtp:192.0.2.9:587", false, false},
    {"nobody@example.org", ROUTE_USER, "nobody", true, false},
};

static const struct wanted with_kinds[] = {
    {"joe@a.test", ROUTE_SMTP, "mx:other.example.com", false, false},
    {"joe@b.test", ROUTE_SMTP, "smtps:mail.example.com:465", false, false},
    {"joe@c.test", ROUTE_SMTP, "smtp:one.example.com:25,smtps:[2001:db8::1]:587", false, false},
    {"joe@d.test", ROUTE_SMTP, "lmtp:mail.example.com:24", false, false},
    {"joe@e.test", ROUTE_SMTP, "lmtp:unix:/run/Lmtp", false, false},
    {"joe@f.test", ROUTE_GATEWAY, "vmail pipe:/usr/bin/Gate a {recipient}", false, false},
    {"joe@g.test", ROUTE_GATEWAY, "uucp pipe:user=uucp,crlf,from /usr/bin/gate", false, false},
    {"joe@h.test", ROUTE_GATEWAY, "vmail bsmtp:/var/spool/bsmtp/H", false, true},
    {"joe@i.test", ROUTE_ERROR, "5.1.2 no such domain any more", false, false},
    {"joe@j.test", ROUTE_ERROR, "5.1.0 100% gone", false, false},
    {"joe@k.test", ROUTE_ERROR, "4.3.2 later", false, false},
    {"joe@l.test", ROUTE_DISCARD, "", false, false},
    {"joe@m.test", ROUTE_DISCARD, "not wanted", false, false},
    {"joe@sub.l.test", ROUTE_SMTP, "smtp:192.0.2.9:25", false, false},
    {"Box@n.test", ROUTE_ERROR, "5.1.1 that box", false, false},
    {"\"box\"@n.test", ROUTE_ERROR, "5.1.1 that box", false, false},
    {"box+1@n.test", ROUTE_SMTP, "smtp:192.0.2.9:25", false, false},
    {"fax-1@n.test", ROUTE_SMTP, "smtp:fax.example.com:25", false, false},
    {"fax-@N.test", ROUTE_SMTP, "smtp:fax.example.com:25", false, false},
    {"fax-4412@n.test", ROUTE_SMTP, "smtp:fax44.example.com:25", false, false},
    {"fax@n.test", ROUTE_SMTP, "smtp:192.0.2.9:25", false, false},
    {"\"a b\"@n.test", ROUTE_DISCARD, "", false, false},
    {"fax-1@[192.0.2.3]", ROUTE_SMTP, "smtp:fax.example.com:25", false, false},
};

static const struct {
	const char *file, *text, *problem;
} wrong[] = {
    {"me", "no host\n", "me: "},
    {"locals", "example.org\nexample org\n", "locals, line 2: "},
    {"relaydomains", "*\n", "relaydomains, line 1: "},
    {"virtual", "joe: x@example.org\n", "virtual, line 1: "},
    {"virtual", "# x\n@: x@example.org\n", "virtual, line 2: "},
    {"virtual", "joe@example.org\n", "virtual, line 1: "},
    {"virtual", "joe@example.org: \n", "virtual, line 1: "},
    {"virtual", "joe@example.org: a\nsue@example.org: b\nJOE@example.org: c\n",
	"virtual, line 3: "},
    {"routes", "example.org: smtp:\n", "routes, line 1: "},
    {"routes", "example.org: smtp:host:0\n", "routes, line 1: "},
    {"routes", "example.org: smtp:host:65536\n", "routes, line 1: "},
    {"routes", "example.org: smtp:2001:db8::1\n", "routes, line 1: "},
    {"routes", "example.org: smtp:[2001:db8::1\n", "routes, line 1: "},
    {"routes", "example.org: smtp:[2001:db8::1]x\n", "routes, line 1: "},
    {"routes", "example.org: smtp:[host]:25\n", "routes, line 1: "},
    {"routes", "example.org: smtp:-oX:25\n", "routes, line 1: "},
    {"routes", "example.org: relay\n", "routes, line 1: "},
    {"routes", "exa mple: mx\n", "routes, line 1: "},
    {"aliases", "root nobody\n", "aliases, line 1: "},
    {"virtual", "joe@example.org: lmtp:\n", "virtual, line 1: "},
    {"virtual", "joe@example.org: lmtp:unix:/x, ann@example.org\n", "virtual, line 1: "},
    {"domains", "exa mple.org\n", "domains, line 1: "},
    {"roles", "abuse@example.org\n", "roles, line 1: "},
    {"extensions", "+a\n", "extensions: "},
    {"users", "joe@example.org\n", "users, line 1: "},
    {"users", "joe: x\nJOE: y\n", "users, line 2: "},
    {"virtual.cdb", "x", "virtual.cdb: it is cut short"},
};

static struct routes *
open_or_fail(const struct control *c)
{
	struct str problem;
	struct routes *r;

	str_init(&problem, 1000);
	r = routes_open(c, &problem);
	if (r == NULL) {
		tap_show("problem", problem.data);
		scratch_fail("open the routes");
	}
	str_free(&problem);
	return r;
}

/* Puts into GOT what the route says, in the form of struct wanted. */
static void
describe(const struct route *route, struct str *got)
{
	str_clear(got);
	switch (route->kind) {
	case ROUTE_USER:
		(void)str_format(got, "%s%s%s", route->user.data,
		    route->extension.len > 0 ? "+" : "", route->extension.data);
		break;
	case ROUTE_TARGETS:
		(void)str_add_slice(got, str_slice(&route->targets));
		for (size_t i = 0; i < got->len; i++)
			if (got->data[i] == '\n')
				got->data[i] = ' ';
		break;
	case ROUTE_SMTP:
		(void)str_add_slice(got, str_slice(&route->next_hop));
		break;
	case ROUTE_GATEWAY:
		(void)str_format(got, "%s %s", route->user.data, route->next_hop.data);
		break;
	case ROUTE_ERROR:
		(void)str_format(got, "%s %s", route->code.data, route->reason.data);
		break;
	case ROUTE_DISCARD:
	case ROUTE_UNKNOWN:
	case ROUTE_TEMPORARY:
		(void)str_add_slice(got, str_slice(&route->reason));
		break;
	}
}

static bool
matches(const struct route *route, const struct str *got, const struct wanted *want)
{
	bool by_reason = want->kind == ROUTE_UNKNOWN || want->kind == ROUTE_TEMPORARY;

	if (route->kind != want->kind || route->is_ours != want->is_ours ||
	    route->is_relay != want->is_relay)
		return false;
	return by_reason ? strstr(got->data, want->what) != NULL
			 : slice_is(str_slice(got), want->what);
}

static void
test_all(const struct control *c, const struct wanted *cases, size_t count)
{
	struct routes *r = open_or_fail(c);
	struct route route;
	struct str got;

	route_init(&route);
	str_init(&got, 4096);
	for (size_t i = 0; i < count; i++) {
		int result = route_find(r, slice_of(cases[i].address), &route);

		describe(&route, &got);
		if (!tap_ok(
			result == 0 && matches(&route, &got, &cases[i]), "%s", cases[i].address)) {
			tap_note("  kind %d, want %d; ours %d, relay %d", (int)route.kind,
			    (int)cases[i].kind, route.is_ours, route.is_relay);
			tap_show("got ", got.data);
			tap_show("want", cases[i].what);
		}
	}
	str_free(&got);
	route_free(&route);
	routes_free(r);
}

#define TEST_ALL(c, cases) test_all(c, cases, sizeof(cases) / sizeof(cases)[0])

static void
test_wrong(const struct control *c)
{
	struct str problem;

	str_init(&problem, 1000);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct routes *r;

		str_clear(&problem);
		scratch_write(wrong[i].file, wrong[i].text);
		r = routes_open(c, &problem);
		if (!tap_ok(r == NULL && errno == EINVAL &&
				slice_starts(str_slice(&problem), wrong[i].problem),
			"wrong %s, case %zu", wrong[i].file, i))
			tap_show("got", problem.data);
		routes_free(r);
		scratch_unlink(wrong[i].file);
	}
	str_free(&problem);
}

/* A list longer than a job can carry waits until somebody makes it shorter. */
static void
test_long(const struct control *c)
{
	static const struct wanted too_many[] = {
	    {"long", ROUTE_TEMPORARY, "too many targets", true, false}};
	struct str text;

	str_init(&text, 1 << 20);
	(void)str_add_text(&text, "long: joe@example.com");
	for (int i = 0; i < 3000; i++)
		(void)str_format(&text, ",\n joe%d@example.com", i);
	scratch_write("aliases", text.data);
	TEST_ALL(c, too_many);
	str_free(&text);
	scratch_unlink("aliases");
}

static void
test_names(const struct control *c)
{
	struct routes *r = open_or_fail(c);

	tap_ok(slice_is(routes_me(r), "mail.example.org"), "me");
	tap_ok(slice_is(routes_mail_user(r), "vmail"), "the default of mailuser");
	tap_ok(routes_is_ours(r, slice_of("MAIL.example.org")), "me is ours");
	tap_ok(!routes_is_ours(r, slice_of("example.org")), "its parent is not");
	routes_free(r);
}

static void
compile(const struct control *c, const char *name)
{
	struct str problems;
	size_t count;

	str_init(&problems, 10000);
	if (!tap_ok(compile_table(c, name, &count, &problems) == 1, "%s is compiled", name))
		tap_show("problem", problems.data);
	scratch_unlink(name);
	str_free(&problems);
}

/* Of the text; and the same compiled, without the text. */
static void
test_hosted(const struct control *c)
{
	static const char *const names[] = {"virtual", "domains"};

	scratch_write("virtual", hosted_virtual);
	scratch_write("users", hosted_users);
	scratch_write("domains", "dom.test\nexample.org\nDom.test\n");
	scratch_write("idn", "b\303\274cher.test: xn--bcher-kva.test\n");
	scratch_write("extensions", "+ -\n");
	TEST_ALL(c, with_hosted);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		compile(c, names[i]);
	TEST_ALL(c, with_hosted);
	scratch_write("extensions", "none\n");
	scratch_write("roles", "abuse\ncomplaints\n");
	TEST_ALL(c, with_few_roles);
}

/* The octets of all hash tables are changed, so that no answer can be had. */
static void
test_damage(const struct control *c)
{
	char path[400], octets[8192];
	FILE *f;
	size_t len;

	snprintf(path, sizeof path, "%s/virtual.cdb", scratch_dir);
	f = fopen(path, "r+");
	if (f == NULL || (len = fread(octets, 1, sizeof octets, f)) < 3000)
		scratch_fail("read virtual.cdb");
	for (size_t i = (unsigned char)octets[0] + 256U * (unsigned char)octets[1]; i < len; i++)
		octets[i] ^= 1;
	rewind(f);
	if (fwrite(octets, 1, len, f) != len || fclose(f) == EOF)
		scratch_fail("damage virtual.cdb");
	TEST_ALL(c, with_damage);
}

int
main(void)
{
	static const char *const hosted_files[] = {
	    "virtual.cdb", "domains.cdb", "users", "idn", "extensions", "roles"};
	static const char *const remote_files[] = {"locals", "relaydomains", "routes"};
	struct control c;

	scratch_open(&c);
	scratch_write("me", "mail.example.org\n");
	test_names(&c);
	TEST_ALL(&c, with_defaults);
	scratch_write("aliases", aliases);
	TEST_ALL(&c, with_aliases);
	scratch_unlink("aliases");
	scratch_write("virtual", virtual);
	TEST_ALL(&c, with_virtual);
	compile(&c, "virtual");
	TEST_ALL(&c, with_virtual);
	scratch_unlink("virtual.cdb");
	test_hosted(&c);
	test_damage(&c);
	for (size_t i = 0; i < sizeof hosted_files / sizeof hosted_files[0]; i++)
		scratch_unlink(hosted_files[i]);
	scratch_write("locals", "example.org\n[127.0.0.1]\n");
	scratch_write("relaydomains", "example.com\n.example.com\n.example.net\n");
	scratch_write("routes",
	    "example.com: smtp:MX.example.com\n.example.com: smtp:[2001:db8::5]:2525\n"
	    "direct.example.com: mx\n*: smtp:192.0.2.9:587\n[192.0.2.2]: "
	    "smtp:[IPv6:2001:db8::6]\n");
	TEST_ALL(&c, with_routes);
	for (size_t i = 0; i < sizeof remote_files / sizeof remote_files[0]; i++)
		compile(&c, remote_files[i]);
	TEST_ALL(&c, with_routes);
	scratch_unlink("relaydomains.cdb");
	scratch_unlink("routes.cdb");
	scratch_write("relaydomains", "h.test\n");
	scratch_write("routes",
	    "a.test: mx: Other.Example.com\nb.test: SMTPS:mail.example.com\n"
	    "c.test: smtp:one.example.com, smtps:[2001:db8::1]:587\n"
	    "d.test: lmtp:mail.example.com\ne.test: lmtp:unix:/run/Lmtp\n"
	    "f.test: pipe:/usr/bin/Gate a {recipient}\n"
	    "g.test: pipe: user=uucp,crlf,from /usr/bin/gate\nh.test: bsmtp:/var/spool/bsmtp/H\n"
	    "i.test: error:5.1.2 no such domain any more\nj.test: error: 100% gone\n"
	    "k.test: error:4.3.2 later\nl.test: discard\nm.test: discard: not wanted\n"
	    "*: smtp:192.0.2.9\nbox@n.test: error:5.1.1 that box\n"
	    "fax-*@n.test: smtp:fax.example.com\nfax-44*@n.test: smtp:fax44.example.com\n"
	    "\"a b\"@n.test: discard:\nfax-*@[192.0.2.3]: smtp:fax.example.com\n");
	TEST_ALL(&c, with_kinds);
	compile(&c, "relaydomains");
	compile(&c, "routes");
	TEST_ALL(&c, with_kinds);
	scratch_unlink("locals.cdb");
	scratch_unlink("relaydomains.cdb");
	scratch_unlink("routes.cdb");
	test_long(&c);
	scratch_unlink("me");
	test_wrong(&c);
	control_close(&c);
	scratch_remove();
	return tap_done();
}
