/* SPDX-License-Identifier: ISC */
/* What enqueue does with the rights that it is executed with. Each ends the program if it fails. */
#ifndef ENQUEUE_PRIVILEGE_H
#define ENQUEUE_PRIVILEGE_H

/*
 * Executed set-user-ID: nothing that the caller could set has a say from here on, and he cannot end
 * this process by a signal, a limit or a closed descriptor while it writes.
 */
void privilege_take(void);
/* The contrary: becomes the caller, for good. */
void privilege_give_up(void);
/* Executed by anybody: no signal that a caller blocked or ignored stays so. */
void privilege_reset_signals(void);

#endif
