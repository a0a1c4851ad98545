/* SPDX-License-Identifier: ISC */
/*
 * What the parts of smtp-probe share. It has three answers: yes, no, and could not tell; what a
 * server says for other reasons than the question is never "no".
 */
#ifndef SMTP_PROBE_H
#define SMTP_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "smtp/client.h"

#define PROGRAM "smtp-probe"

enum verdict { YES = 0, NO = 1, COULD_NOT_TELL = 2 };

struct probe {
	struct client client;
	struct client_outcome outcome; /* of the step that ended the session */
	struct str helo, servers;
	int64_t timeout; /* seconds for each step */
	struct str peer; /* name [address]:port */
	int64_t step_ms; /* when the step at hand began */
};

_Noreturn void wrong_usage(const char *what);

/* Each step has its own time. */
void reach_begin_step(struct probe *p);
double reach_step_seconds(const struct probe *p);
/* Connects to HOST[:PORT] and reads the greeting, then EHLO or HELO. Shown if SHOW. */
enum verdict reach_greeting(struct probe *p, struct slice host, bool show);
enum verdict reach_hello(struct probe *p, bool show);

/* Foreign bytes escaped, to standard output. */
void show_text(struct slice text);
/* "greeting   220 mx.example.org ESMTP   (0.021 s)"; of several lines the others stand below. */
void show_reply(const struct probe *p, const char *label);
/* The server as a whole. */
enum verdict show_server(struct probe *p, struct slice host);

/* VERB, VRFY or EXPN, for all addresses over one connection; "no" outweighs "could not tell". */
enum verdict ask_all(
    struct probe *p, const char *verb, struct slice host, char **addresses, int count);

#endif
