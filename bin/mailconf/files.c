/* SPDX-License-Identifier: ISC */
#include "files.h"

#include <errno.h>

#include "conf/accounts.h"
#include "conf/asking.h"
#include "conf/cidr.h"
#include "conf/confinement.h"
#include "conf/deliver.h"
#include "conf/destinations.h"
#include "conf/extension.h"
#include "conf/forms.h"
#include "conf/limits.h"
#include "conf/rewriting.h"
#include "conf/route.h"
#include "conf/srs.h"
#include "conf/stores.h"
#include "conf/submitters.h"
#include "conf/user.h"
#include "files_words.h"
#include "mail/address.h"
#include "net/credentials.h"
#include "net/dns.h"
#include "net/source.h"
#include "net/tls_client_settings.h"
#include "net/tls_settings.h"
#include "net/tls_table.h"
#include "smtp/policy.h"

static int
wrong(struct str *problem, const char *name, const char *expected)
{
	(void)str_format(problem, "%s: %s is expected", name, expected);
	errno = EINVAL;
	return -1;
}

static int
check_routes(const struct control *c, const char *name, struct str *problem)
{
	bool known;

	return routes_check(c, name, &known, problem);
}

static int
check_ranges(const struct control *c, const char *name, struct str *problem)
{
	struct cidr_list list;
	int found = cidr_list_read(c, name, &list, problem);

	cidr_list_free(&list);
	return found == -1 ? -1 : 0;
}

static int
check_limits(const struct control *c, const char *name, struct str *problem)
{
	struct limits limits;

	(void)name;
	return limits_read(&limits, c, problem);
}

static int
check_extensions(const struct control *c, const char *name, struct str *problem)
{
	struct extensions extensions;

	(void)name;
	return extensions_read(&extensions, c, problem);
}

/* Each entry of the text; the base was made of such. */
static int
check_users(const struct control *c, const char *name, struct str *problem)
{
	struct accounts accounts;
	struct account account;
	int result = accounts_open(&accounts, c, problem);

	for (size_t i = 0; result == 0 && i < accounts.text.count; i++) {
		const struct table_entry *e = &accounts.text.entries[i];
		const char *cause = slice_is_nocase(e->value, ACCOUNT_REMOVED)
					? NULL
					: account_parse(e->value, &account);

		if (cause != NULL)
			result = table_complain(
			    problem, name, slice_of(accounts.text.text), e->key, "%s", cause);
	}
	accounts_close(&accounts);
	return result;
}

static int
check_asking(const struct control *c, const char *name, struct str *problem)
{
	struct asking asking;
	int result = asking_read(&asking, c, problem);

	asking_free(&asking);
	/* it reads two files, each of which is checked */
	if (result == -1 && errno == EINVAL && !slice_starts(str_slice(problem), name)) {
		str_clear(problem);
		result = 0;
	}
	return result;
}

static int
check_stores(const struct control *c, const char *name, struct str *problem)
{
	struct stores stores;
	int result = stores_read(&stores, c, problem);

	/* it reads three files, each of which is checked */
	if (result == -1 && !slice_starts(str_slice(problem), name)) {
		str_clear(problem);
		result = 0;
	}
	return result;
}

static int
check_tlspolicy(const struct control *c, const char *name, struct str *problem)
{
	struct tls_table table;
	int result = tls_table_read(&table, c, problem);

	(void)name;
	tls_table_free(&table);
	return result;
}

static int
check_sources(const struct control *c, const char *name, struct str *problem)
{
	struct sources sources;
	int result = sources_read(&sources, c, problem);

	(void)name;
	sources_free(&sources);
	return result;
}

static int
check_submitters(const struct control *c, const char *name, struct str *problem)
{
	struct table table;
	int result = submitters_read(&table, c, problem);

	(void)name;
	table_free(&table);
	return result;
}

static int
check_destinations(const struct control *c, const char *name, struct str *problem)
{
	struct table table;
	int result = destinations_read(&table, c, problem);

	(void)name;
	table_free(&table);
	return result;
}

static int
check_forms(const struct control *c, const char *name, struct str *problem)
{
	struct forms forms;
	int found = forms_read(&forms, c, problem);

	(void)name;
	forms_free(&forms);
	return found == -1 ? -1 : 0;
}

/* Both files: what is wrong says in which it is. */
static int
check_srs(const struct control *c, const char *name, struct str *problem)
{
	struct srs srs;
	int result = srs_read(&srs, c, problem);

	(void)name;
	srs_free(&srs);
	return result;
}

static int
check_rewriting(const struct control *c, const char *name, struct str *problem)
{
	struct rewriting rules;
	int result = rewriting_read(&rules, c, problem);

	rewriting_free(&rules);
	/* it reads two files, each of which is checked */
	if (result == -1 && !slice_starts(str_slice(problem), name)) {
		str_clear(problem);
		result = 0;
	}
	return result;
}

static int
check_credentials(const struct control *c, const char *name, struct str *problem)
{
	struct credentials all;
	int result = credentials_read(&all, c, problem);

	credentials_free(&all);
	if (result == -1 && errno == EPERM)
		return wrong(problem, name, "a file that nobody but its owner can read");
	return result;
}

static int
check_policy(const struct control *c, const char *name, struct str *problem)
{
	struct policy policy;
	int found = policy_read(&policy, c, problem);

	(void)name;
	policy_free(&policy);
	return found == -1 ? -1 : 0;
}

static int
check_confinement(const struct control *c, const char *name, struct str *problem)
{
	bool is_confined;

	(void)name;
	return confinement_read(&is_confined, c, problem);
}

static int
check_deliver(const struct control *c, const char *name, struct str *problem)
{
	bool is_now;

	(void)name;
	return deliver_read(&is_now, c, problem);
}

static int
check_dnssec(const struct control *c, const char *name, struct str *problem)
{
	enum dns_trust trust;

	(void)name;
	return dns_trust_read(c, &trust, problem);
}

static int
check_tls(const struct control *c, const char *name, struct str *problem)
{
	struct tls_settings settings;
	int result = tls_settings_read(&settings, c, problem);

	(void)name;
	tls_settings_free(&settings);
	return result;
}

static int
check_tlsclient(const struct control *c, const char *name, struct str *problem)
{
	struct tls_client_settings settings;
	int result = tls_client_settings_read(&settings, c, problem);

	(void)name;
	tls_client_settings_free(&settings);
	return result;
}

/* The first line, for a check of it alone. */
static int
check_line(const struct control *c, const char *name, struct str *problem,
    bool (*is_good)(struct slice line), const char *expected)
{
	struct str line;
	int found;

	str_init(&line, 65536);
	found = control_line(c, name, &line);
	if (found == 1 && !is_good(str_slice(&line)))
		found = wrong(problem, name, expected);
	str_free(&line);
	return found == -1 ? -1 : 0;
}

static bool
is_host(struct slice line)
{
	return address_is_domain(line, 0);
}

static bool
is_port(struct slice line)
{
	uint64_t port = 0;

	return slice_number(line, UINT16_MAX, &port) && port > 0;
}

static bool
is_user(struct slice line)
{
	struct str found, reason;
	bool good;

	str_init(&found, 1000);
	str_init(&reason, 1000);
	good = user_find(line, &found, &reason) != USER_UNKNOWN &&
	       user_find(line, &found, &reason) != USER_ROOT;
	str_free(&found);
	str_free(&reason);
	return good;
}

static bool
is_resolvers(struct slice line)
{
	struct dns *d = dns_open(line);
	bool good = d != NULL || errno != EINVAL;

	dns_close(d);
	return good;
}

static int
check_host(const struct control *c, const char *name, struct str *problem)
{
	return check_line(c, name, problem, is_host, "the name of a host");
}

static int
check_port(const struct control *c, const char *name, struct str *problem)
{
	return check_line(c, name, problem, is_port, "a port, 1 to 65535,");
}

static int
check_user(const struct control *c, const char *name, struct str *problem)
{
	return check_line(c, name, problem, is_user, "a user of this system other than root");
}

static int
check_resolvers(const struct control *c, const char *name, struct str *problem)
{
	return check_line(c, name, problem, is_resolvers, "a list of addresses of DNS servers");
}

static bool
is_mailq_format(struct slice line)
{
	return slice_is(line, "postfix") || slice_is(line, "sendmail");
}

static int
check_mailq_format(const struct control *c, const char *name, struct str *problem)
{
	return check_line(c, name, problem, is_mailq_format, "postfix or sendmail");
}

const struct file files[] = {
    {"me", FILE_LINE, "that of the system", "the name of this host", check_host},
    {"helo", FILE_LINE, "me", "the name that smtp-send says", check_host},
    {"locals", FILE_LINES, "me, localhost", "domains of system users", check_routes},
    {"aliases", FILE_LINES, "/etc/aliases", "other names of system users", check_routes},
    {"virtual", FILE_LINES, "none", "hosted addresses", check_routes},
    {"domains", FILE_LINES, "none", "more hosted domains", check_routes},
    {"lmtpdomains", FILE_LINES, "none", "servers that have the accounts' mailboxes", check_routes},
    {"extensions", FILE_LINE, "+", "what separates extensions of names", check_extensions},
    {"roles", FILE_LINES, "those of RFC 2142", "names that postmaster answers for", check_routes},
    {"lists", FILE_LINES, "none", "owners and settings of mailing lists", check_routes},
    {"mailuser", FILE_LINE, "vmail", "who owns hosted mailboxes", check_user},
    {"mailroot", FILE_LINE, "/var/vmail", "where mailuser makes mailboxes", check_folder},
    {"programuser", FILE_LINE, "nobody", "whom programs of aliases run as", check_user},
    {"forwardfiles", FILE_LINE, "forward", "what users say of their mail: .forward, .qmail",
	check_forward_files},
    {"mailbox", FILE_LINE, "Maildir/", "mailbox of users, below their homes", check_mailbox},
    {"mboxlocks", FILE_LINE, "fcntl flock dot", "what locks mbox files", check_stores},
    {"overquota", FILE_LINE, "temporary", "whether full mailboxes bounce", check_stores},
    {"subfolders", FILE_LINE, "none", "mail to the folders of Maildirs", check_stores},
    {"deliver", FILE_LINE, "queue", "whether mail is tried at once", check_deliver},
    {"mailqformat", FILE_LINE, "postfix", "as whose mailq prints the queue", check_mailq_format},
    {"doublebounce", FILE_LINE, "postmaster", "who hears of reports that fail", check_address},
    {"relaydomains", FILE_LINES, "none", "domains that anybody may send to", check_routes},
    {"relayhosts", FILE_LINES, "127.0.0.0/8, ::1", "clients that may send anywhere", check_ranges},
    {"relaycertificates", FILE_LINES, "none", "the same, by certificate", check_key_list},
    {"submissionhosts", FILE_LINES, "none", "clients that submit without a login", check_ranges},
    {"proxies", FILE_LINES, "none", "who may say for whom they connect", check_ranges},
    {"xclient", FILE_LINES, "none", "who may use XCLIENT", check_ranges},
    {"senders", FILE_LINES, "any", "as whom logins may write", check_pairs},
    {"users", FILE_LINES, "none", "accounts", check_users},
    {"secrets", FILE_SECRET, "none", "what shows that a login is right", NULL},
    {"fingerprints", FILE_LINES, "none", "certificates that are logins", check_pairs},
    {"authentication", FILE_LINES, "users and secrets", "how logins are checked",
	check_authentication},
    {"policy", FILE_LINES, "none", "services that smtpd asks", check_policy},
    {"verify", FILE_LINE, "trusted", "whom VRFY and EXPN answer", check_verify},
    {"routes", FILE_LINES, "none: the DNS", "where mail for others goes", check_routes},
    {"addressmap", FILE_LINES, "none", "other addresses for those of local programs",
	check_rewriting},
    {"masquerade", FILE_LINE, "none: me", "the domain of local senders", check_rewriting},
    {"senderroutes", FILE_LINES, "none", "the same, by sender", check_routes},
    {"srs", FILE_LINES, "none: senders stay", "senders of forwarded mail (SRS)", check_srs},
    {"srs-keys", FILE_SECRET, "none", "keys of such senders", NULL},
    {"credentials", FILE_SECRET, "none", "logins of this host elsewhere", check_credentials},
    {"tlspolicy", FILE_LINES, "none: opportunistic", "TLS that domains must do", check_tlspolicy},
    {"mta-sts", FILE_LINES, "if it runs", "use of MTA-STS policies", check_pairs},
    {"tls-report", FILE_LINES, "none: no reports", "reports on TLS to other hosts",
	check_tls_report},
    {"tlsclient", FILE_LINES, "safe ones", "settings of TLS to servers", check_tlsclient},
    {"submitters", FILE_LINES, "any", "what local users may submit", check_submitters},
    {"destinations", FILE_LINES, "none", "limits of destinations", check_destinations},
    {"sendfrom", FILE_LINES, "the system's choice", "own addresses to send from", check_sources},
    {"ownaddresses", FILE_LINES, "the interfaces'", "addresses that mean this host", check_ranges},
    {"idn", FILE_LINES, "none", "domains in both of their forms", check_forms},
    {"mxport", FILE_LINE, "25", "port of mail exchangers", check_port},
    {"resolvers", FILE_LINE, "/etc/resolv.conf", "DNS servers", check_resolvers},
    {"dnssec", FILE_LINE, "own", "whose signed answers are believed", check_dnssec},
    {"certificates", FILE_LINES, "none: no TLS", "certificates of this host", NULL},
    {"tls", FILE_LINES, "safe ones", "settings of TLS for clients", check_tls},
    {"etrn", FILE_LINES, "none", "who may have mail sent (ETRN)", check_asking},
    {"turn", FILE_LINES, "none", "who may fetch mail (ATRN)", check_asking},
    {"askers", FILE_LINES, "satchel-smtpd", "users who may ask qrun", NULL},
    {"confinement", FILE_LINE, "full", "whether programs confine themselves", check_confinement},
    {"limits", FILE_LINES, "defaults", "numbers", check_limits},
};

const size_t files_count = sizeof files / sizeof files[0];
