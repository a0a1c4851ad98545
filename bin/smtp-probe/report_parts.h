/* SPDX-License-Identifier: ISC */
/* What the files of the report share; the commands know report.h alone. */
#ifndef REPORT_PARTS_H
#define REPORT_PARTS_H

#include "base/terminal.h"
#include "report.h"

#define REPORT_PROGRAM "smtp-probe"
#define REPORT_PENDING_CAP ((size_t)4 << 20)

void result_init(struct result *res, const struct report_kind *kind, struct report *r);
void result_free(struct result *res);
void target_free(struct report_target *t);

/* Null: there is no such id. */
const struct report_kind *report_kind(struct slice id);
/* The I-th; null behind the last. */
const struct report_kind *report_kind_at(size_t i);

/* "yes", "no", "could not tell", "fact". */
const char *verdict_word(enum verdict verdict);
const char *weight_word(enum weight weight);

void report_clear_progress(struct report *r);
/* Prints the target at hand in the form that was chosen, adds it to the totals and forgets it. */
void report_print_target(struct report *r);
/* Exit code of what was counted. */
int totals_code(const struct report *r, const struct report_totals *totals);
/* That of the servers that came farthest; that of the target where there are none. */
enum reached target_reached(const struct report_target *t);

/*
 * How printers write: want of memory is remembered in the report. put_escaped makes foreign octets
 * safe for one line of text, with a blank for each LF.
 */
void put_text(struct report *r, struct str *out, const char *text);
void put_format(struct report *r, struct str *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void put_escaped(struct report *r, struct str *out, struct slice bytes);
/* "mx1.example.org [192.0.2.1]:25"; nothing for null. */
void put_server(struct report *r, struct str *out, const struct report_server *server);
/* What a person is told of it: its text, or else its value, or else the reply. */
struct slice result_sentence(const struct result *res);

/* Calls TAKE for each result of the target at hand, with its server or null, in order. */
typedef void report_take(
    void *context, const struct report_server *server, const struct result *res);
void report_each(const struct report *r, report_take *take, void *context);

/* Each adds what is to be printed of the target at hand, of which ONE was counted. */
typedef void report_printer(struct report *r, const struct report_totals *one, struct str *out);
report_printer report_table, report_json, report_tap, report_nagios;
/* The lines behind all targets. */
void report_tap_end(struct report *r);
int report_nagios_end(struct report *r);

#endif
