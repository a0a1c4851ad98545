/* SPDX-License-Identifier: ISC */
/* The formats behind conf/import.h, which alone is for others. */
#ifndef CONF_IMPORT_FORMAT_H
#define CONF_IMPORT_FORMAT_H

#include "conf/import.h"

/* Each reads i->entry. */
enum import_kind import_dovecot(struct import *i);
enum import_kind import_postfix_mailbox(struct import *i);
enum import_kind import_postfix_virtual(struct import *i);
enum import_kind import_vpopmail(struct import *i);

/* Says in i->problem why the entry cannot be taken over: IMPORT_WRONG. */
enum import_kind import_refuse(struct import *i, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Puts NAME, or NAME at i->domain, into i->name: IMPORT_ACCOUNT, or what import_refuse says. */
enum import_kind import_take_name(struct import *i, struct slice name);
/* The quota TEXT, by account_quota; likewise. */
enum import_kind import_take_quota(struct import *i, struct slice text);
/* A field up to the next colon; empty where there is none any more. */
struct slice import_field(struct slice *rest);

#endif
