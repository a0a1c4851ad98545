/* SPDX-License-Identifier: ISC */
/*
 * Asking authd (authd(8), HELPER PROTOCOL) to find out who a client is: one exchange of SASL, whose
 * responses are passed on and whose challenges come back. Links libc alone. Every call may wait for
 * authd, until its deadline; a failure of authd is AUTHD_TEMPORARY, and no error of the caller's.
 */
#ifndef NET_AUTHD_H
#define NET_AUTHD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/helper.h"
#include "base/reader.h"
#include "base/slice.h"
#include "base/str.h"
#include "net/tls_info.h"

#define AUTHD_LOGIN_MAX 255		  /* octets */
#define AUTHD_MESSAGE_MAX ((size_t)12288) /* octets of a challenge or response */
#define AUTHD_FIELDS_MAX ((size_t)4096)	  /* octets of the other frames */

/* The frames (spool/frame.h has their form). */
enum authd_frame {
	/* to authd */
	AUTHD_TLS = 'T',      /* fields of net/tls_info.h; holds for what follows */
	AUTHD_NAMES = 'N',    /* fields S, A: which mechanisms there are for this client */
	AUTHD_BEGIN = 'B',    /* fields S, A, M, and I if a response follows at once */
	AUTHD_RESPONSE = 'R', /* octets */
	/* from authd */
	AUTHD_LIST = 'L',   /* names with blanks between */
	AUTHD_ASK = 'C',    /* octets of a challenge */
	AUTHD_KNOWN = 'K',  /* the login */
	AUTHD_FAILED = 'F', /* fields: E its name; L the login said; W milliseconds to wait */
};

enum authd_result {
	AUTHD_CHALLENGE, /* challenge is for the client; its response goes to authd_respond */
	AUTHD_ACCEPTED,	 /* login says who it is */
	/* The exchange has failed: */
	AUTHD_REFUSED,	    /* wrong */
	AUTHD_SYNTAX,	    /* what the client said is not the mechanism's grammar */
	AUTHD_NO_MECHANISM, /* there is none of that name */
	AUTHD_WEAK,	    /* there is, but it is switched off */
	AUTHD_NEEDS_TLS,    /* not without TLS */
	AUTHD_LIMIT,	    /* too many failures of this client or login */
	AUTHD_TEMPORARY,    /* authd, or what it asks, does not work now */
};

struct authd_client {
	const char *service; /* "smtp", "pop3" */
	const char *address; /* the client's, or "" */
	const struct tls_info *tls;
	const struct executor *executor; /* null: authd is executed by the process itself */
	bool is_relayed; /* EXECUTOR stands between: the service is not connected to by us */
};

struct authd {
	struct helper helper; /* fd -1 when closed */
	struct reader reader;
	struct str challenge;
	char login[AUTHD_LOGIN_MAX + 1]; /* of AUTHD_ACCEPTED; else what the client said, or "" */
	int64_t wait_ms;		 /* after a failure, until the client may hear of it */
};

/* One that is closed. */
void authd_init(struct authd *a);
/* Ends the exchange, if there is one, and overwrites what was said. */
void authd_close(struct authd *a);

/*
 * True if this host knows logins at all: one of the control files authentication, secrets and
 * fingerprints exists. Nothing is read of them.
 */
bool authd_is_configured(void);

/*
 * The mechanisms that CLIENT may use now, with blanks between. 0, or -1 if authd cannot be asked.
 */
int authd_names(const struct authd_client *client, struct str *names);

/* Begins an exchange; INITIAL is the initial response, or null. */
enum authd_result authd_begin(struct authd *a, const struct authd_client *client,
    struct slice mechanism, const struct slice *initial);
enum authd_result authd_respond(struct authd *a, struct slice response);
/* The name of a result, for log lines. */
const char *authd_result_name(enum authd_result result);
/* The result of that name; AUTHD_TEMPORARY for no failure's. */
enum authd_result authd_result_of(struct slice name);

#endif
