/* SPDX-License-Identifier: Apache-2.0 */
#include "controllers/commission_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUFFIX ".soak"

int
commission_files_open(struct commission_files *f, const char *state_dir, struct errtext *err)
{
	memset(f, 0, sizeof *f);
	int n = snprintf(f->dir, sizeof f->dir, "%s/control", state_dir);
	if (n < 0 || (size_t)n >= sizeof f->dir)
		return errtext_set(err, -ENAMETOOLONG, "%s/control: path too long", state_dir);
	if (mkdir(f->dir, 0750) && errno != EEXIST) {
		int rc = -errno;
		f->dir[0] = '\0';
		return errtext_set(err, rc, "%s/control: %s", state_dir, strerror(-rc));
	}
	return 0;
}

/* 0, -EINVAL damaged, or -errno. */
static int
read_one(const char *path, struct commissioned *out, struct errtext *err)
{
	char text[COMMISSIONED_TEXT + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errtext_set(err, -errno, "%s", strerror(errno));
	size_t len = 0;
	ssize_t n = 1;
	while (n > 0 && len < sizeof text) {
		n = read(fd, text + len, sizeof text - len);
		if (n > 0)
			len += (size_t)n;
	}
	int rc = n < 0 ? -errno : 0;
	close(fd);
	return rc ? errtext_set(err, rc, "%s", strerror(-rc))
		  : commissioned_read(out, text, len, err);
}

static bool
ours(const char *name)
{
	size_t n = strlen(name);
	return n > sizeof SUFFIX && strncmp(name, "block-", 6) == 0 &&
	       strcmp(name + n - (sizeof SUFFIX - 1), SUFFIX) == 0;
}

void
commission_files_load(const struct commission_files *f,
		      int (*put)(void *arg, const struct commissioned *c, struct errtext *err),
		      void (*say)(void *arg, const char *line), void *arg)
{
	char path[PATH_MAX], aside[PATH_MAX + 16], name[48], line[PATH_MAX + 400];
	struct commissioned c;
	struct errtext err;
	const struct dirent *e;
	DIR *d = f->dir[0] ? opendir(f->dir) : NULL;
	while (d && (e = readdir(d))) {
		if (!ours(e->d_name))
			continue;
		int n = snprintf(path, sizeof path, "%s/%s", f->dir, e->d_name);
		if (n < 0 || (size_t)n >= sizeof path)
			continue;
		int rc = read_one(path, &c, &err);
		snprintf(name, sizeof name, "block-%" PRIu32 SUFFIX, rc ? 0 : c.serial);
		if (rc == 0 && strcmp(name, e->d_name) != 0)
			rc = errtext_set(&err, -EINVAL, "is of engine block %" PRIu32, c.serial);
		if (rc == 0)
			rc = put(arg, &c, &err);
		if (rc == 0)
			continue;
		snprintf(aside, sizeof aside, "%s.damaged", path);
		bool moved = (rc == -EINVAL || rc == -ERANGE) && rename(path, aside) == 0;
		snprintf(line, sizeof line, "%s: %s: its block counts as not commissioned%s", path,
			 err.text, moved ? "; set aside as .damaged" : "");
		say(arg, line);
	}
	if (d)
		closedir(d);
}

/* In the child: 0 or 1, its exit code. */
static int
write_file(const char *dir, uint32_t serial, const char *text, size_t len)
{
	char path[PATH_MAX], fresh[PATH_MAX + 8];
	snprintf(path, sizeof path, "%s/block-%" PRIu32 SUFFIX, dir, serial);
	snprintf(fresh, sizeof fresh, "%s.tmp", path);
	struct stat st;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		      0640);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 1;
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return 1;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	if (fsync(fd) || close(fd) || rename(fresh, path))
		return 1;
	int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 || fsync(folder) ? 1 : 0;
}

/* In the child: a disk may hold it for long after its parent has gone. By then the locks and sockets that came with it must
 * be free for the next program, and it must end when told. False: the parent has gone. */
static bool
let_go(pid_t parent)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
	sigset_t none;
	if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0) /* a kernel without it */
		for (int fd = (int)sysconf(_SC_OPEN_MAX) - 1; fd > STDERR_FILENO; fd--)
			close(fd);
	for (size_t k = 0; k < sizeof signals / sizeof signals[0]; k++)
		signal(signals[k], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

int
commission_files_keep(struct commission_files *f, const struct commissioned *c)
{
	char text[COMMISSIONED_TEXT];
	if (!f->dir[0])
		return -ENOENT;
	if (f->child)
		return -EBUSY;
	size_t len = commissioned_write(c, text);
	pid_t parent = getpid(), pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(let_go(parent) ? write_file(f->dir, c->serial, text, len) : 1);
	f->child = pid;
	f->serial = c->serial;
	return 0;
}

int
commission_files_poll(struct commission_files *f)
{
	int status = 0;
	if (!f->child)
		return 1;
	pid_t pid = waitpid(f->child, &status, WNOHANG);
	if (pid == 0)
		return 0;
	f->child = 0;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : -EIO;
}
