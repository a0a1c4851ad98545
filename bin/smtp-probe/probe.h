/* SPDX-License-Identifier: ISC */
/*
 * What all of smtp-probe shares: the settings of its command line, and what is opened once. A
 * command gets a struct probe and a target, opens links to servers, and adds results; it prints
 * nothing itself and judges by judge.h.
 */
#ifndef SMTP_PROBE_PROBE_H
#define SMTP_PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"
#include "base/str.h"
#include "conf/control.h"
#include "conform.h"
#include "look.h"
#include "net/dns.h"
#include "net/source.h"
#include "net/tls_client.h"
#include "pace.h"
#include "proxy.h"
#include "relay.h"
#include "report.h"
#include "send.h"
#include "tls.h"
#include "vrfy.h"

#define PROGRAM "smtp-probe"

#define PROBE_USAGE 64 /* exit code: EX_USAGE */

/* Codes of options without a letter: a block for each area. */
enum {
	PROBE_OPTIONS = OPTION_LONG,
	LOOK_OPTIONS = OPTION_LONG + 50,
	TLS_OPTIONS = OPTION_LONG + 100,
	SEND_OPTIONS = OPTION_LONG + 150,
	REPORT_OPTIONS = OPTION_LONG + 200,
	VRFY_OPTIONS = OPTION_LONG + 250,
	CONFORM_OPTIONS = OPTION_LONG + 300,
	RELAY_OPTIONS = OPTION_LONG + 350,
};

enum probe_tls {
	PROBE_TLS_AUTO, /* STARTTLS where it is offered */
	PROBE_TLS_OFF,
	PROBE_TLS_STARTTLS, /* and nothing goes on without it */
	PROBE_TLS_IMPLICIT, /* before the greeting (RFC 8314) */
};

struct probe {
	/* the command line; null or empty where it does not say */
	struct str helo;      /* always set once a command runs */
	struct str servers;   /* of the DNS */
	int64_t timeout;      /* seconds for each step */
	int64_t pace_ms;      /* between connections to one server */
	uint64_t connections; /* to one server, at the most */
	bool no_four, no_six, is_lmtp, is_own;
	enum probe_tls tls;
	const char *pipe, *xclient;
	int transcript; /* where --transcript goes; -1 */
	struct proxy_line proxy;
	struct source_pair source;
	struct look_settings look;
	struct vrfy_settings vrfy;
	struct send_settings send;
	struct conform_settings conform;
	struct relay_settings relay;
	struct tls_wishes tls_wishes;

	struct report report;

	/* opened when first asked for (probe.c) */
	struct control control;
	bool has_control;
	uint16_t mx_port; /* of mail exchangers: 25 but on a test bed */
	struct dns *dns;
	struct tls_client *tls_client;
	struct tls_state *tls_state; /* of tls.h */
	struct pace paces;
};

struct target;

/* A command of the program; a row in commands.c. */
struct probe_command {
	const char *name; /* as in its struct option_command; null: the look */
	/* An option of its own, by its code. Null if it has none. */
	void (*take)(struct probe *p, const struct option_scan *scan, int code);
	/* OPERANDS are those behind the target. */
	void (*run)(struct probe *p, const struct target *target, char **operands, int count);
	bool has_many; /* all operands are targets, and each is run */
};

extern const struct option_program probe_program;
/* That of the command line. */
const struct probe_command *probe_command_find(const char *name);

/* An option of all commands; false if CODE is none of them. */
bool probe_take_option(struct probe *p, const struct option_scan *scan, int code);

void probe_init(struct probe *p);
/* Reads the control directory: who we are. */
void probe_begin(struct probe *p);
/* These are opened when first asked for, and end the program if they cannot be had. */
struct dns *probe_dns(struct probe *p);
struct tls_client *probe_tls_client(struct probe *p);
void probe_end(struct probe *p);
/* "smtp-probe: fatal: out of memory", as a result that lacks is worse than none. */
_Noreturn void probe_no_memory(void);

#endif
