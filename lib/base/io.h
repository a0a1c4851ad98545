/* SPDX-License-Identifier: ISC */
/*
 * Reading and writing descriptors that may be sockets, pipes, files or terminals, each with a
 * deadline, without making the shared open file non-blocking (other processes may hold it).
 * Interrupted calls are taken up again. Errors are errno's; a deadline that passes is ETIMEDOUT.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

/* Waits until FD can be read (written). 0, or -1 with ETIMEDOUT or poll's error. */
int io_wait_readable(int fd, deadline until);
int io_wait_writable(int fd, deadline until);

/*
 * Makes reads of a socket that wait give up by themselves after IO_PATIENCE_MS, so that
 * io_read_patient may wait in them. 0, or -1 (a pipe, say).
 */
#define IO_PATIENCE_MS 1000
int io_set_patience(int fd);

/* One read of at most LEN bytes: how many, 0 at end of file, -1 for an error. */
ssize_t io_read(int fd, void *buf, size_t len, deadline until);
/*
 * The same for a descriptor that io_set_patience took, where one usually has to wait: one system
 * call instead of three, as long as the deadline is not nearer than the patience.
 */
ssize_t io_read_patient(int fd, void *buf, size_t len, deadline until);
/* All of it, or -1. A reader that has gone is EPIPE, never a signal on a socket. */
int io_write(int fd, const void *buf, size_t len, deadline until);
/* As io_write for several pieces; changes PIECES while it works. */
int io_writev(int fd, struct iovec *pieces, int count, deadline until);

/*
 * Sends LEN bytes of FILE at OFFSET to the socket FD, copied by the kernel: 0, or -1 (a shorter
 * file is EIO; EINVAL: this kind of file cannot be sent so, and nothing was). FD does not block
 * meanwhile, for others who hold it neither. SIGPIPE must be ignored.
 */
int io_send_file(int fd, int file, off_t offset, size_t len, deadline until);

/* Reads exactly LEN bytes at OFFSET of a file: 0, or -1 (a shorter file is EIO). */
int io_pread(int fd, void *buf, size_t len, off_t offset);
/* Writes all of it at OFFSET, however short the single writes are: 0 or -1. */
int io_pwrite(int fd, const void *buf, size_t len, off_t offset);

/* Closes, keeping errno; for error paths where close's own result changes nothing. */
void io_close(int fd);
int io_set_close_on_exec(int fd, bool on);
/*
 * For the start of a program: what is closed of descriptors 0, 1 and 2 becomes one that cannot be
 * read and swallows what is written, so that no socket or file gets a number that messages go to;
 * and children can be waited for, though who started us may ignore theirs, which exec hands on.
 * 0, or -1.
 */
int io_fill_standard(void);

#endif
