/* SPDX-License-Identifier: ISC */
/* What the files of authd share: what it was told, and one client's request. */
#ifndef AUTHD_SERVER_H
#define AUTHD_SERVER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/tally.h"
#include "conf/control.h"
#include "conf/limits.h"
#include "conf/table.h"
#include "net/peer.h"
#include "net/sasl.h"
#include "net/tls_info.h"

#define PROGRAM "authd"
#define PROBLEM_MAX ((size_t)4096)
#define SALT_OCTETS 32

/* The control file authentication (satchel-control(5)); what is not said is empty. */
struct settings {
	struct control control;
	struct limits limits;
	struct table table; /* owns the text of the slices */
	struct slice mechanisms, checkpassword, dovecot, token_verifier, clients;
	bool plaintext;	  /* passwords may cross the wire without TLS */
	bool is_confined; /* the control file confinement does not say "none" */
};

/* Who is asking, as the client of authd (smtpd, say) has it. */
struct request {
	char service[32];
	struct peer client;
	struct tls_info tls;
	char login[SASL_NAME_MAX + 1]; /* that the backend was asked about; "" before */
};

struct server {
	struct settings settings;
	struct tally tally;
	unsigned char salt[SALT_OCTETS]; /* of salts of logins that there are not */
	int turns; /* a file whose octets are locked by who computes a hash; -1: no limit */
	unsigned turn_count;
	struct request request; /* the one at hand */
	mode_t umask;		/* that authd was started with */
	bool is_limited;	/* it was not looked at, for there were too many failures */
};

/* Reads authentication and limits. 0, or -1 with what is wrong in PROBLEM. */
int settings_read(struct settings *s, struct str *problem);
void settings_free(struct settings *s);
/* True if the mechanism M may be used at all, by its name. */
bool settings_allow(const struct settings *s, const struct sasl_mechanism *m);
/* True if LIST, words with blanks between, holds WORD. */
bool settings_list_has(struct slice list, struct slice word);

/* The counters and the salt in run/authd of the spool. Logs what is not to be had, and goes on. */
void failures_open(struct server *s);
/* True if there were too many failures of the request's address, or of LOGIN (may be empty). */
bool failures_are_too_many(struct server *s, struct slice login);
/*
 * Counts one failure. In *wait is how many milliseconds the client should. False if there were too
 * many by now, with those of others at the same time: then the client is told that alone.
 */
bool failures_add(struct server *s, struct slice login, int64_t *wait);

/* What there is for the request at hand; a function that is null is not there. */
struct sasl_backend backend_for(struct server *s);
/* The login that the client's certificate stands for (fingerprints), in NAME; empty for none. */
void backend_certificate(struct server *s, struct str *name);

/* The tables users and secrets. As struct sasl_backend has them. */
enum sasl_result accounts_check_password(
    struct server *s, struct slice login, struct slice password, struct str *who);
enum sasl_result accounts_find_key(
    struct server *s, struct slice login, struct scram_key *key, struct str *who);
enum sasl_result accounts_find_password(
    struct server *s, struct slice login, struct str *password, struct str *who);
/* Whether some entry of secrets has a key of SCRAM; a password as it is; anything. */
struct accounts_kinds {
	bool any, keys, passwords;
};
struct accounts_kinds accounts_kinds(struct server *s);
/*
 * Puts LOGIN as users has it, or as it is, into WHO. SASL_REFUSED if users says that it is
 * disabled.
 */
enum sasl_result accounts_name(struct server *s, struct slice login, struct str *who);

/* The outside programs; COMMAND is words with blanks between. */
enum sasl_result checkpassword_ask(
    struct server *s, struct slice login, struct slice password, struct str *who);
enum sasl_result verifier_ask(struct server *s, struct slice mechanism, struct slice login,
    struct slice token, struct str *who);
/* Dovecot's auth-client socket. */
enum sasl_result dovecot_ask(
    struct server *s, struct slice login, struct slice password, struct str *who);

/*
 * Gives up what answering takes not, unless there are programs to be executed. SERVING: more
 * clients will be accepted.
 */
void confine_asked(const struct server *s, bool serving);
/* Serves requests on FD until its end. */
void exchange_serve(struct server *s, int fd);
/* The service: an exit code. */
int service_run(struct server *s);
/*
 * authd --checkpassword: runs PROGRAM for who is asked about on descriptor 3. The exit code of
 * checkpassword where that is not to be.
 */
int chain_run(struct server *s, char **program);
/* authd --hash: reads a password and prints what secrets wants. An exit code. */
int hash_run(void);

#endif
