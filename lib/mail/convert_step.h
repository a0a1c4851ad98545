/* SPDX-License-Identifier: ISC */
/* What the two halves of a conversion share: the plan that one makes and the other follows. */
#ifndef MAIL_CONVERT_STEP_H
#define MAIL_CONVERT_STEP_H

#include "mail/convert.h"

/* An octet of the plan: the step, and whether the data have octets above 127. */
#define CONVERT_STEP_MASK 0x0f
#define CONVERT_STEP_8BIT 0x10

/* What becomes of the label of a multipart or a message: it must hold for what its parts become. */
enum convert_step convert_choose_label(enum convert_domain domain, enum entity_encoding encoding);

/* The visitor of the second walk. */
extern const struct mime_visitor convert_following;

#endif
