/* SPDX-License-Identifier: ISC */
/* The options that all commands have, but for those of report.h. */
#ifndef SMTP_PROBE_OPTIONS_H
#define SMTP_PROBE_OPTIONS_H

#include "base/options.h"

extern const struct option_row probe_rows[];

#endif
