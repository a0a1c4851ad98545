/* SPDX-License-Identifier: ISC */
/* What a confined process can and cannot do any more: each trial in a child of its own. */
#include "base/confine.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/confine_parts.h"
#include "base/executor.h"
#include "base/helper.h"
#include "base/io.h"
#include "tap.h"

#define INSTRUMENTED CONFINE_IS_INSTRUMENTED

#define KILLED (-SIGSYS) /* what try gives for it */

/* folders with a file each */
static char inside[] = "/tmp/confine-in.XXXXXX", outside[] = "/tmp/confine-out.XXXXXX";
static struct confine_done kernel; /* what it has */

static const char *
path_in(const char *folder, const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void
make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1 || write(fd, "x", 1) != 1 || close(fd) == -1)
		exit(1);
}

/* The errno of TRIAL in a confined child, 0 where it succeeds, or minus a signal. */
static int
try(unsigned calls, int (*trial)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct confine policy = {.calls = calls};
		struct confine_done done;

		confine_read(&policy, inside);
		if (confine_apply(&policy, &done) == -1 &&
		    (done.seccomp != kernel.seccomp || done.landlock != kernel.landlock))
			_exit(255);
		errno = 0;
		_exit(trial() == -1 ? errno : 0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		exit(1);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int
read_inside(void)
{
	return open(path_in(inside, "file"), O_RDONLY | O_CLOEXEC);
}

static int
read_outside(void)
{
	return open(path_in(outside, "file"), O_RDONLY | O_CLOEXEC);
}

static int
list_outside(void)
{
	return open(outside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
write_inside(void)
{
	return open(path_in(inside, "file"), O_WRONLY | O_CLOEXEC);
}

static int
create_inside(void)
{
	return open(path_in(inside, "new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int
remove_inside(void)
{
	return unlink(path_in(inside, "file"));
}

static int
rename_inside(void)
{
	char from[128];

	snprintf(from, sizeof from, "%s", path_in(inside, "file"));
	return rename(from, path_in(inside, "other"));
}

static int
execute(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int
make_unix_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
make_inet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
make_stream_that_is_not_tcp(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 262 /* IPPROTO_MPTCP */);
}

/* Connects as it sends, where the kernel has it; else the socket is not connected. */
static int
send_first(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd == -1 ? -1
			: (int)sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
			      (struct sockaddr *)&address, sizeof address);
}

/* The signal is one that nobody can ignore. */
static int
have_parent_signalled(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return 0;
	return fcntl(ends[0], F_SETOWN, getppid());
}

static int
choose_signal(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return 0;
	return fcntl(ends[0], F_SETSIG, SIGKILL);
}

static int
make_inet6_datagram_socket(void)
{
	return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int
make_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static int
make_pair(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
}

static int
connect_to_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&address, sizeof address);
}

static int
fork_child(void)
{
	int status;
	pid_t pid = _Fork();

	if (pid == 0)
		_exit(read_outside() == -1 && errno == EACCES ? 0 : 1);
	return pid == -1 || waitpid(pid, &status, 0) == -1 || status != 0 ? -1 : 0;
}

static int
signal_parent(void)
{
	return kill(getppid(), 0);
}

static int
trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int
change_root(void)
{
	return chroot("/");
}

static int
call_unknown(void)
{
	return (int)syscall(1023);
}

static int
write_and_execute(void)
{
	return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		       MAP_FAILED
		   ? -1
		   : 0;
}

static int
make_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int
type_into_terminal(void)
{
	return (int)syscall(SYS_ioctl, 0, 0x5412, "x"); /* TIOCSTI */
}

/* A second policy without any path: what the first gave is gone, and all works as before. */
static int
read_after_second(void)
{
	struct confine nothing = {.calls = 0};
	struct confine_done done;

	if (read_inside() == -1 || confine_apply(&nothing, &done) == -1)
		return 0;
	return read_inside();
}

struct row {
	const char *name;
	unsigned calls;
	int (*trial)(void);
	int expected;
	bool by_landlock;
	bool not_instrumented;
};

static const struct row rows[] = {
    {"what is allowed can be read", 0, read_inside, 0, true, false},
    {"a file elsewhere cannot be read", 0, read_outside, EACCES, true, false},
    {"a folder elsewhere cannot be listed", 0, list_outside, EACCES, true, false},
    {"what can be read cannot be written", 0, write_inside, EACCES, true, false},
    {"no file can be made", 0, create_inside, EACCES, true, false},
    {"no file can be removed", 0, remove_inside, EPERM, false, false},
    {"nor with the calls for it, where one may only read", CONFINE_FILES, rename_inside, EACCES,
	true, false},
    {"execve ends the process", ~0U, execute, KILLED, false, false},
    {"ptrace ends the process", ~0U, trace, KILLED, false, true},
    {"chroot ends the process", ~0U, change_root, KILLED, false, false},
    {"a unix socket", CONFINE_CONNECT, make_unix_socket, 0, false, false},
    {"no unix socket unless it is asked for", 0, make_unix_socket, EAFNOSUPPORT, false, false},
    {"a pair of sockets", 0, make_pair, 0, false, false},
    {"no internet socket", CONFINE_CONNECT | CONFINE_SERVE, make_inet_socket, EAFNOSUPPORT, false,
	false},
    {"an internet socket if it is asked for", CONFINE_INET, make_inet_socket, 0, false, false},
    {"which is for TCP alone", CONFINE_INET, make_inet6_datagram_socket, EAFNOSUPPORT, false,
	false},
    {"nor for another protocol", CONFINE_INET, make_stream_that_is_not_tcp, EAFNOSUPPORT, false,
	false},
    {"nothing is sent without connecting", CONFINE_INET, send_first, EPERM, false, false},
    {"no signal for others by way of a descriptor", ~0U, have_parent_signalled, EPERM, false,
	false},
    {"nor one of another kind", ~0U, choose_signal, EPERM, false, false},
    {"no netlink socket", ~0U, make_netlink_socket, EAFNOSUPPORT, false, false},
    {"children, who are confined as well", CONFINE_SERVE, fork_child, 0, true, false},
    {"no children unless they are asked for", 0, fork_child, EPERM, false, true},
    {"no signal to others", ~0U, signal_parent, EPERM, false, false},
    {"a call of tomorrow is missing", ~0U, call_unknown, ENOSYS, false, false},
    {"no memory that can be written and executed", ~0U, write_and_execute, EPERM, false, true},
    {"nor first the one and then the other", ~0U, make_executable, EPERM, false, true},
    {"a second policy takes more away", 0, read_after_second, EACCES, true, false},
    {"nothing typed into a terminal", ~0U, type_into_terminal, ENOTTY, false, false},
};

/* Which parts this kernel has, so that a test of the others is skipped and not failed. */
static void
probe(void)
{
	int pipe_ends[2];

	if (pipe2(pipe_ends, O_CLOEXEC) == -1)
		exit(1);
	if (fork() == 0) {
		struct confine nothing = {.calls = 0};

		(void)confine_apply(&nothing, &kernel);
		_exit(
		    write(pipe_ends[1], &kernel, sizeof kernel) == (ssize_t)sizeof kernel ? 0 : 1);
	}
	if (read(pipe_ends[0], &kernel, sizeof kernel) != (ssize_t)sizeof kernel ||
	    wait(NULL) == -1)
		exit(1);
}

static void
test_trials(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];

		if ((r->by_landlock ? kernel.landlock > 0 : kernel.seccomp) &&
		    !(INSTRUMENTED && r->not_instrumented))
			tap_is_int(try(r->calls, r->trial), r->expected, r->name);
		else
			tap_ok(true, "%s # SKIP the kernel or the build lacks it", r->name);
	}
}

static void
test_ports(void)
{
	int expected = kernel.landlock >= 4 ? EACCES : ECONNREFUSED;

	if (kernel.seccomp)
		tap_is_int(try(CONFINE_INET, connect_to_port), expected, "only to ports named");
}

static int
find_user(void)
{
	return getpwnam("no-such-user-here") == NULL && getpwnam("nobody") != NULL ? 0 : -1;
}

static void
test_users(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct confine policy = {.calls = CONFINE_CONNECT};
		struct confine_done done;

		confine_read_users(&policy);
		(void)confine_apply(&policy, &done);
		_exit(find_user() == 0 ? 0 : 1);
	}
	tap_ok(
	    waitpid(pid, &status, 0) == pid && status == 0, "users are found, for the first time");
}

/* What /proc has of a process whose memory is private belongs to root, whoever it runs as. */
static bool
is_private(pid_t pid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof path, "/proc/%ld/mem", (long)pid);
	return stat(path, &st) == 0 && st.st_uid == 0;
}

/* The executor is forked and then gets ready. */
static bool
becomes_private(pid_t pid)
{
	deadline until = deadline_in_seconds(60);

	while (!is_private(pid) && deadline_poll_ms(until) > 0)
		(void)poll(NULL, 0, 10);
	return is_private(pid);
}

static void
test_privacy(void)
{
	const struct confine nothing = {.calls = 0};
	struct confine_done done;
	struct executor executor = {.fd = -1};
	int ends[2];
	char c;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		exit(1);
	if (pid == 0) {
		if ((geteuid() == 0 && setuid(65534) == -1) || prctl(PR_SET_DUMPABLE, 1) == -1 ||
		    executor_start(&executor, NULL, 0, NULL) == -1 ||
		    write(ends[1], &executor.pid, sizeof executor.pid) == -1)
			_exit(1);
		(void)confine_apply(&nothing, &done);
		_exit(write(ends[1], "x", 1) == 1 && pause() == -1 ? 0 : 1);
	}
	if (read(ends[0], &executor.pid, sizeof executor.pid) == -1 || read(ends[0], &c, 1) == -1)
		exit(1);
	tap_ok(INSTRUMENTED || is_private(pid), "what is confined shows its memory to nobody");
	tap_ok(becomes_private(executor.pid), "nor does the executor");
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

static void
echo_back(const void *context, int fd)
{
	char c;

	if (read(fd, &c, 1) == 1 && write(fd, context, 1) != 1)
		_exit(1);
}

/* The same if a request to stop would be heeded. */
static void
echo_if_open(const void *context, int fd)
{
	sigset_t now;

	if (sigprocmask(SIG_BLOCK, NULL, &now) == 0 && !sigismember(&now, SIGTERM))
		echo_back(context, fd);
}

static bool
answers(const struct executor *l, const char *name, char expected)
{
	char c = '?';
	int ends[2];
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return false;
	good = executor_ask(l, name, ends[1]) == 0;
	close(ends[1]);
	good = good && write(ends[0], "x", 1) == 1 && read(ends[0], &c, 1) == 1 && c == expected;
	close(ends[0]);
	return good;
}

/* Of a parent that holds signals back until it is ready for them. */
static void
test_executor_mask(void)
{
	const struct executor_task tasks[] = {{"open", echo_if_open, "1"}};
	struct executor executor;
	sigset_t held, before;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &held, &before);
	tap_ok(executor_start(&executor, tasks, 1, &before) == 0 && answers(&executor, "open", '1'),
	    "a task has the signal mask that was wanted");
	executor_stop(&executor);
	tap_ok(executor_start(&executor, tasks, 1, NULL) == 0 && !answers(&executor, "open", '1'),
	    "or that of the parent");
	executor_stop(&executor);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static void
test_executor(void)
{
	static char cat[] = "cat";
	static char *const argv[] = {cat, NULL};
	const struct executor_task tasks[] = {
	    {"one", echo_back, "1"}, {"two", echo_back, "2"}, {"cat", helper_run, argv}};
	struct executor executor;
	struct helper helper;
	char c = '?';
	int kept = open("/dev/null", O_RDONLY | O_CLOEXEC);

	signal(SIGPIPE, SIG_IGN); /* a task that is not done closes the socket */
	setenv("SATCHEL_BIN", "/bin", 1);
	tap_is_int(executor_start(&executor, tasks, 3, NULL), 0, "an executor starts");
	tap_ok(answers(&executor, "one", '1') && answers(&executor, "two", '2'), "it does tasks");
	tap_ok(!answers(&executor, "three", '3'), "but none that is not on its list");
	tap_ok(!answers(&executor, "a name longer than all that an executor takes", '1') &&
		   answers(&executor, "one", '1'),
	    "nor ends by such a request");
	/* a read of its socket alone gives up after IO_PATIENCE_MS, and starting it may take longer
	 */
	tap_ok(helper_open_by(&executor, &helper, NULL, argv, 0) == 0 && helper.pid == 0 &&
		   write(helper.fd, "y", 1) == 1 &&
		   io_read(helper.fd, &c, 1, deadline_in_seconds(60)) == 1 && c == 'y',
	    "a helper is executed by it");
	helper_close(&helper);
	tap_ok(kill(executor.pid, SIGTERM) == 0 && answers(&executor, "one", '1'),
	    "it heeds no request to stop");
	executor_stop(&executor);
	tap_ok(kill(executor.pid, 0) == 0, "and ends when it is not needed"); /* pid is 0 by now */
	tap_ok(
	    executor_ask(&executor, "one", kept) == -1 && errno == EPIPE, "then nobody is asked");
	close(kept);
}

/* With any argument it says what the kernel has, and that is all: other tests ask. */
int
main(int argc, char **argv)
{
	(void)argv;
	probe();
	tap_note("landlock %d, seccomp %s", kernel.landlock, kernel.seccomp ? "yes" : "no");
	if (argc > 1)
		return 0;
	if (mkdtemp(inside) == NULL || mkdtemp(outside) == NULL)
		return 1;
	make_file(path_in(inside, "file"));
	make_file(path_in(outside, "file"));
	test_trials();
	test_ports();
	test_users();
	test_privacy();
	test_executor();
	test_executor_mask();
	unlink(path_in(inside, "file"));
	unlink(path_in(inside, "new"));
	unlink(path_in(inside, "other"));
	unlink(path_in(outside, "file"));
	rmdir(inside);
	rmdir(outside);
	return tap_done();
}
