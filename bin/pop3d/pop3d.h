/* SPDX-License-Identifier: ISC */
/*
 * What the files of pop3d share. A connection has two processes (pop3d(8), PROCESSES): the front
 * speaks until the login (front.h), its parent keeps (keeper.h), and after the login that speaks
 * (transaction.h), as the owner of the mailbox.
 */
#ifndef POP3D_H
#define POP3D_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/str.h"
#include "conf/cidr.h"
#include "conf/limits.h"
#include "net/peer.h"
#include "net/tls_info.h"
#include "net/ucspi_tls.h"

#define PROGRAM "pop3d"
#define FRONT_USER "satchel-pop3d"
#define USER_NAME_MAX 64
#define PROBLEM_MAX ((size_t)4096)

/* Read once, before the first connection, and never changed. */
struct settings {
	struct limits limits;
	struct str me;
	struct cidr_list proxies;
	bool has_logins; /* authd may be asked */
	bool has_tls;	 /* tlsd has certificates */
	bool tls_first;
	bool is_confined;		   /* the control file confinement does not say "none" */
	const struct ucspi_tls *ucspi_tls; /* null where the connection did not come with it */
	/* Started by root: who speaks before the login. */
	bool is_root;
	uid_t front_uid;
	gid_t front_gid;
	char front_user[USER_NAME_MAX + 1];
};

struct client {
	struct peer peer;
	struct tls_info tls;
};

/* The options are there already. 0, or -1 with what is wrong in PROBLEM. */
int settings_read(struct settings *s, struct str *problem);
void settings_free(struct settings *s);

/*
 * For a connection from a host of the control file proxies: CLIENT becomes who its header says. 0,
 * or -1 if there is to be no session, which is logged.
 */
int proxy_take_header(const struct settings *s, int in, struct client *client);

/*
 * Serves one connection, from the front to the end: the exit code. The calling process becomes its
 * keeper, and may end as somebody else.
 */
int connection_serve(const struct settings *s, const struct client *client, int in, int out);

/* The front may talk and ask; nothing else. */
void confine_front(const struct settings *s);
/* A session may do what it likes below the Maildir PATH, and nothing elsewhere. */
void confine_session(const struct settings *s, const char *path);
/* Tries in a child what the kernel lacks, and logs it; for a server that starts. */
void confine_report(const struct settings *s);

#endif
