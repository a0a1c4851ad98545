/* SPDX-License-Identifier: ISC */
/* What sendmail says of itself. Its flags are parsed in another way than base/options.h does. */
#ifndef SENDMAIL_HELP_H
#define SENDMAIL_HELP_H

/* One screen for people. */
_Noreturn void help_print(void);
/* The list that completion is made of, in the format of options_list (base/options.h). */
_Noreturn void help_list(void);

#endif
