/* SPDX-License-Identifier: ISC */
/* Pieces of JSON, which --json prints and --diff compares. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <jansson.h>

#include "report_parts.h"

#define REPORT_JSON_VERSION 1

/* "yes", "no", "unknown", "fact". */
const char *json_verdict(enum verdict verdict);
/* BYTES as a string: what is not UTF-8 or may not stand in a line of text is \xHH; LF stays. */
json_t *json_text(struct slice bytes);
/* An array of objects. */
json_t *json_results(struct report *r, const struct report_results *results);

#endif
