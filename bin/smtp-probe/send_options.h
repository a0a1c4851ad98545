/* SPDX-License-Identifier: ISC */
/* The command line of "smtp-probe send": what the files send_options*.c and send_rows.c share. */
#ifndef SMTP_PROBE_SEND_OPTIONS_H
#define SMTP_PROBE_SEND_OPTIONS_H

#include "probe.h"
#include "send.h"

/* A block for the message, for TLS and login, for the envelope, and for the way it goes. */
enum {
	SEND_OPTION_FROM = SEND_OPTIONS,
	SEND_OPTION_TO,
	SEND_OPTION_HEADER,
	SEND_OPTION_SUBJECT,
	SEND_OPTION_BODY,
	SEND_OPTION_ATTACH,
	SEND_OPTION_TEMPLATE,
	SEND_OPTION_RAW,
	SEND_OPTION_ENCODING,
	SEND_OPTION_SMTPUTF8,
	SEND_OPTION_LOGIN,
	SEND_OPTION_PASSWORD_FD,
	SEND_OPTION_PASSWORD_ENV,
	SEND_OPTION_PASSWORD_FILE,
	SEND_OPTION_MECHANISMS,
	SEND_OPTION_INSECURE,
	SEND_OPTION_VERIFY,
	SEND_OPTION_TLS_NAME,
	SEND_OPTION_CERT,
	SEND_OPTION_KEY,
	SEND_OPTION_NOTIFY,
	SEND_OPTION_RET,
	SEND_OPTION_ENVID,
	SEND_OPTION_ORCPT,
	SEND_OPTION_DECLARE,
	SEND_OPTION_SIZE,
	SEND_OPTION_BY,
	SEND_OPTION_PRIORITY,
	SEND_OPTION_REQUIRETLS,
	SEND_OPTION_BDAT,
	SEND_OPTION_NO_PIPELINING,
	SEND_OPTION_FORCE,
	SEND_OPTION_STOP_AFTER,
};

#define SEND_STEPS "connect greeting ehlo starttls auth mail rcpt data end"
#define SEND_ENCODINGS "7bit 8bit quoted-printable base64 binary"
#define SEND_MECHANISMS \
	"scram-sha-256-plus scram-sha-256 scram-sha-1-plus scram-sha-1 oauthbearer xoauth2 " \
	"cram-md5 plain login external"

/* The place of the value in LIST, without regard to case. All end the program for what is wrong. */
int send_take_word(const struct option_scan *scan, const char *option, const char *list);
const char *send_take_text(const struct option_scan *scan, const char *option);
uint64_t send_take_number(const struct option_scan *scan, const char *option, uint64_t most);
void send_take_envelope(struct send_settings *o, const struct option_scan *scan, int code);
void send_take_way(struct send_settings *o, const struct option_scan *scan, int code);

#endif
