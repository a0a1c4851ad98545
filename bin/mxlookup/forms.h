/* SPDX-License-Identifier: ISC */
#ifndef MXLOOKUP_FORMS_H
#define MXLOOKUP_FORMS_H

#include "mxlookup.h"

/* Prints a line of the control file idn for DOMAIN, which is in either form. */
enum outcome forms_show(struct slice domain);

#endif
