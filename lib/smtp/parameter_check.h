/* SPDX-License-Identifier: ISC */
/*
 * The values of parameters of MAIL and RCPT: a check for each, which keeps what it found. False for
 * what the parameter's RFC does not allow.
 */
#ifndef SMTP_PARAMETER_CHECK_H
#define SMTP_PARAMETER_CHECK_H

#include <stdbool.h>

#include "base/slice.h"
#include "smtp/parameter.h"

typedef bool parameter_check(struct slice value, struct parameters *parameters);

parameter_check parameter_check_size, parameter_check_body, parameter_check_return_part,
    parameter_check_envelope_id, parameter_check_submitter, parameter_check_utf8,
    parameter_check_requires_tls, parameter_check_priority, parameter_check_deliver_by,
    parameter_check_hold_for, parameter_check_hold_until, parameter_check_notify,
    parameter_check_original;

#endif
