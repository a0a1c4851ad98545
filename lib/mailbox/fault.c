/* SPDX-License-Identifier: ISC */
#include "mailbox/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h> /* vsnprintf */
#include <string.h>

int
mailbox_fault_errno(struct mailbox_fault *f, const char *format, ...)
{
	va_list args;
	size_t len;

	f->kind = MAILBOX_FAULT_SYSTEM;
	f->error = errno;
	va_start(args, format);
	(void)vsnprintf(f->text, sizeof f->text, format, args);
	va_end(args);
	len = strlen(f->text);
	(void)snprintf(f->text + len, sizeof f->text - len, ": %s", strerror(f->error));
	errno = f->error;
	return -1;
}

int
mailbox_fault_refuse(struct mailbox_fault *f, const char *format, ...)
{
	va_list args;

	f->kind = MAILBOX_FAULT_REFUSED;
	f->error = EPERM;
	va_start(args, format);
	(void)vsnprintf(f->text, sizeof f->text, format, args);
	va_end(args);
	errno = EPERM;
	return -1;
}
