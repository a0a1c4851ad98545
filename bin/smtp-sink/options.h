/* SPDX-License-Identifier: ISC */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "sink.h"

/* The command line of smtp-sink, into s->settings, s->steps and s->tls; or the end. */
void options_read(struct sink *s, int argc, char **argv);

#endif
