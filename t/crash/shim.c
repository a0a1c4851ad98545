/* SPDX-License-Identifier: ISC */
/*
 * Preloaded by t/crash/run: counts the calls into libc that one program makes, in all of its
 * processes together, and lets the Nth fail, fall short, or be the last one.
 *
 * What to do stands in a file that CRASH_STATE names and all processes map; the runner changes it
 * while they run. It does what strace's inject does, ten times as fast; and it can do short reads
 * and writes and a lack of memory. What libc does inside (stdio, getpwnam, getdents) it cannot see:
 * the runner samples those with strace.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The runner knows these by their order, too. */
enum call {
	CALL_OPEN, /* without O_CREAT */
	CALL_CREATE,
	CALL_CLOSE,
	CALL_READ,
	CALL_WRITE,
	CALL_PREAD,
	CALL_PWRITE,
	CALL_RECV,
	CALL_SEND,
	CALL_SENDMSG,
	CALL_RECVMSG,
	CALL_FSYNC,
	CALL_FDATASYNC,
	CALL_SYNCFS,
	CALL_FTRUNCATE,
	CALL_LOCK,
	CALL_FCNTL,
	CALL_LINK,
	CALL_RENAME,
	CALL_UNLINK,
	CALL_MKDIR,
	CALL_STAT,
	CALL_POLL,
	CALL_SOCKET,
	CALL_CONNECT,
	CALL_ACCEPT,
	CALL_FORK,
	CALL_EXEC,
	CALL_DUP,
	CALL_WAIT,
	CALL_READDIR,
	CALL_MEMORY,
	CALL_COUNT,
};

enum action { ACTION_ERROR, ACTION_ERROR_FROM_HERE_ON, ACTION_SHORT, ACTION_KILL };

#define TRACE_MAX 4000

struct state {
	uint64_t calls; /* so far, of those in mask */
	uint64_t at;	/* the one that is hit; 0: only count */
	uint64_t mask;	/* a bit for each enum call */
	uint32_t action;
	uint32_t error; /* errno */
	uint32_t hits;
	uint32_t hit_call;
	uint32_t syncs_nothing; /* fsync does nothing: no power is cut here */
	char program[20];
	uint8_t trace[TRACE_MAX]; /* enum call + 1 */
};

_Static_assert(sizeof(struct state) == 4064, "the runner counts on it");

static struct state *state;

__attribute__((constructor)) static void
map_state(void)
{
	const char *path = getenv("CRASH_STATE");
	void *at;
	long fd;

	if (path == NULL)
		return;
	fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	at = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	syscall(SYS_close, fd);
	if (at != MAP_FAILED)
		state = at;
}

/* True if this call is to be hit, by other things than the end of the process. */
static int
is_hit(enum call call)
{
	uint64_t number;

	if (state == NULL || (state->mask >> call & 1) == 0 ||
	    strcmp(state->program, program_invocation_short_name) != 0)
		return 0;
	number = __atomic_add_fetch(&state->calls, 1, __ATOMIC_SEQ_CST);
	if (number <= TRACE_MAX)
		state->trace[number - 1] = (uint8_t)(call + 1);
	if (state->at == 0 || number < state->at ||
	    (number > state->at && state->action != ACTION_ERROR_FROM_HERE_ON))
		return 0;
	if (number == state->at)
		state->hit_call = call;
	__atomic_add_fetch(&state->hits, 1, __ATOMIC_SEQ_CST);
	if (state->action == ACTION_KILL) {
		kill(getpid(), SIGKILL);
		_exit(128 + SIGKILL); /* who is confined may send no signal; this is as sudden */
	}
	errno = (int)state->error;
	return 1;
}

/* What is written to standard error is for people, and no decision hangs on it. */
static int
is_hit_on(enum call call, int fd)
{
	return fd != STDERR_FILENO && is_hit(call);
}

static int
wants_short(enum call call, int fd, size_t len)
{
	return state != NULL && state->action == ACTION_SHORT && len > 1 && is_hit_on(call, fd);
}

static int
is_stream(int fd)
{
	socklen_t len = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

#define NEXT(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))
#define FAILS(call, fd) \
	((state == NULL || state->action != ACTION_SHORT) && is_hit_on(CALL_##call, fd))

/* The number of bytes that a call of LEN bytes may move now. */
#define LENGTH(call, fd, len) (wants_short(CALL_##call, fd, len) ? (len) / 2 : (len))

#define TRANSFER(function, call, buffer) \
	ssize_t function(int fd, buffer buf, size_t len) \
	{ \
		if (FAILS(call, fd)) \
			return -1; \
		return NEXT(function)(fd, buf, LENGTH(call, fd, len)); \
	}

#define TRANSFER_AT(function, call, buffer) \
	ssize_t function(int fd, buffer buf, size_t len, off_t offset) \
	{ \
		if (FAILS(call, fd)) \
			return -1; \
		return NEXT(function)(fd, buf, LENGTH(call, fd, len), offset); \
	}

TRANSFER(read, READ, void *)
TRANSFER(write, WRITE, const void *)
TRANSFER_AT(pread, PREAD, void *)
TRANSFER_AT(pwrite, PWRITE, const void *)

ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
	if (FAILS(RECV, fd))
		return -1;
	if (is_stream(fd))
		len = LENGTH(RECV, fd, len);
	return NEXT(recv)(fd, buf, len, flags);
}

ssize_t
send(int fd, const void *buf, size_t len, int flags)
{
	if (FAILS(SEND, fd))
		return -1;
	if (is_stream(fd))
		len = LENGTH(SEND, fd, len);
	return NEXT(send)(fd, buf, len, flags);
}

/* Falls short within the first piece that is long enough. */
ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct iovec pieces[8];
	struct msghdr less = *message;

	if (FAILS(SENDMSG, fd))
		return -1;
	if (!is_stream(fd) || message->msg_iovlen > 8)
		return NEXT(sendmsg)(fd, message, flags);
	memcpy(pieces, message->msg_iov, message->msg_iovlen * sizeof *pieces);
	less.msg_iov = pieces;
	for (size_t i = message->msg_iovlen; i-- > 0;)
		if (pieces[i].iov_len > 1) {
			pieces[i].iov_len = LENGTH(SENDMSG, fd, pieces[i].iov_len);
			if (pieces[i].iov_len != message->msg_iov[i].iov_len)
				less.msg_iovlen = i + 1;
			break;
		}
	return NEXT(sendmsg)(fd, &less, flags);
}

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	return FAILS(RECVMSG, fd) ? -1 : NEXT(recvmsg)(fd, message, flags);
}

int
openat(int directory, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	if (flags & O_CREAT ? FAILS(CREATE, -1) : FAILS(OPEN, -1))
		return -1;
	return (int)syscall(SYS_openat, directory, path, flags, flags & O_CREAT ? mode : 0);
}

int
open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	return openat(AT_FDCWD, path, flags, flags & O_CREAT ? mode : 0);
}

/* An error of close closes all the same, as on Linux. */
int
close(int fd)
{
	int fails = FAILS(CLOSE, fd), error = errno, result = NEXT(close)(fd);

	if (!fails)
		return result;
	errno = error;
	return -1;
}

int
fcntl(int fd, int command, ...)
{
	va_list args;
	void *argument;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	if (command == F_OFD_SETLK || command == F_OFD_SETLKW ? FAILS(LOCK, fd) : FAILS(FCNTL, fd))
		return -1;
	return NEXT(fcntl)(fd, command, argument);
}

#define PLAIN(type, function, call, fd, parameters, arguments) \
	type function parameters \
	{ \
		return FAILS(call, fd) ? (type)-1 : NEXT(function) arguments; \
	}

#define SYNC(function, call) \
	int function(int fd) \
	{ \
		if (FAILS(call, fd)) \
			return -1; \
		return state != NULL && state->syncs_nothing ? 0 : NEXT(function)(fd); \
	}

SYNC(fsync, FSYNC)
SYNC(fdatasync, FDATASYNC)
SYNC(syncfs, SYNCFS)
PLAIN(int, ftruncate, FTRUNCATE, fd, (int fd, off_t size), (fd, size))
PLAIN(int, linkat, LINK, -1, (int from, const char *path, int to, const char *name, int flags),
    (from, path, to, name, flags))
PLAIN(int, renameat2, RENAME, -1,
    (int from, const char *path, int to, const char *name, unsigned flags),
    (from, path, to, name, flags))
PLAIN(int, renameat, RENAME, -1, (int from, const char *path, int to, const char *name),
    (from, path, to, name))
PLAIN(int, unlinkat, UNLINK, -1, (int directory, const char *path, int flags),
    (directory, path, flags))
PLAIN(int, unlink, UNLINK, -1, (const char *path), (path))
PLAIN(int, mkdirat, MKDIR, -1, (int directory, const char *path, mode_t mode),
    (directory, path, mode))
PLAIN(int, mkdir, MKDIR, -1, (const char *path, mode_t mode), (path, mode))
PLAIN(int, fstat, STAT, fd, (int fd, struct stat *st), (fd, st))
PLAIN(int, stat, STAT, -1, (const char *path, struct stat *st), (path, st))
PLAIN(int, fstatat, STAT, -1, (int directory, const char *path, struct stat *st, int flags),
    (directory, path, st, flags))
PLAIN(int, poll, POLL, -1, (struct pollfd * fds, nfds_t count, int ms), (fds, count, ms))
PLAIN(int, ppoll, POLL, -1,
    (struct pollfd * fds, nfds_t count, const struct timespec *time, const sigset_t *set),
    (fds, count, time, set))
PLAIN(int, socket, SOCKET, -1, (int family, int type, int protocol), (family, type, protocol))
PLAIN(int, socketpair, SOCKET, -1, (int family, int type, int protocol, int ends[2]),
    (family, type, protocol, ends))
PLAIN(int, pipe2, SOCKET, -1, (int ends[2], int flags), (ends, flags))
PLAIN(int, connect, CONNECT, fd, (int fd, const struct sockaddr *address, socklen_t len),
    (fd, address, len))
PLAIN(int, accept4, ACCEPT, fd, (int fd, struct sockaddr *address, socklen_t *len, int flags),
    (fd, address, len, flags))
PLAIN(pid_t, fork, FORK, -1, (void), ())
PLAIN(int, execv, EXEC, -1, (const char *path, char *const argv[]), (path, argv))
PLAIN(int, execvp, EXEC, -1, (const char *file, char *const argv[]), (file, argv))
PLAIN(int, dup2, DUP, -1, (int fd, int to), (fd, to))
PLAIN(pid_t, waitpid, WAIT, -1, (pid_t pid, int *status, int options), (pid, status, options))

/* Compiled with _FORTIFY_SOURCE, a call of poll may be this. */
int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t size);

int
__poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t size)
{
	(void)size;
	return poll(fds, count, ms);
}

DIR *
fdopendir(int fd)
{
	return FAILS(READDIR, -1) ? NULL : NEXT(fdopendir)(fd);
}

struct dirent *
readdir(DIR *dir)
{
	return FAILS(READDIR, -1) ? NULL : NEXT(readdir)(dir);
}

/* Memory: not by dlsym, which needs some. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *
malloc(size_t size)
{
	return FAILS(MEMORY, -1) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return FAILS(MEMORY, -1) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
	return FAILS(MEMORY, -1) ? NULL : __libc_realloc(memory, size);
}

void *
reallocarray(void *memory, size_t count, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(count, size, &len))
		return NULL;
	return realloc(memory, len);
}

/* For the runner alone, which would take a second for what this does in a millisecond. */
uint32_t shim_crc32c(uint32_t sum, const unsigned char *data, size_t len);

uint32_t
shim_crc32c(uint32_t sum, const unsigned char *data, size_t len)
{
	sum = ~sum;
	for (size_t i = 0; i < len; i++) {
		sum ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0x82F63B78 : 0);
	}
	return ~sum;
}
