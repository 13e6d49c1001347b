/* SPDX-License-Identifier: Apache-2.0 */
#include "core/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

enum { PTY_MAJOR_FIRST = 136, PTY_MAJOR_LAST = 143 }; /* Linux' admin-guide/devices.txt */

static speed_t
speed_of(int32_t baud)
{
	static const struct {
		int32_t baud;
		speed_t speed;
	} table[] = {{1200, B1200},   {2400, B2400},   {4800, B4800},   {9600, B9600},
		     {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].baud == baud)
			return table[i].speed;
	return B0;
}

static bool
is_pty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && major(st.st_rdev) >= PTY_MAJOR_FIRST &&
	       major(st.st_rdev) <= PTY_MAJOR_LAST;
}

/* 0 or -errno. */
static int
set(int fd, const struct serial_settings *s)
{
	struct termios t, got;
	speed_t speed = speed_of(s->baud);

	if (speed == B0)
		return -EINVAL;
	if (tcgetattr(fd, &t) != 0)
		return -errno;
	cfmakeraw(&t);
	t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
	t.c_cflag |= CS8 | CREAD | CLOCAL;
	/* a pseudo terminal has no wire; the C library takes it ill when parity is asked of one again */
	if (s->parity && !is_pty(fd))
		t.c_cflag |= PARENB;
	if (s->parity && s->odd)
		t.c_cflag |= PARODD;
	if (s->stop_bits == 2)
		t.c_cflag |= CSTOPB;
	/* a character with wrong parity becomes a 0, and the frame's check sum tells */
	t.c_iflag |= s->parity ? INPCK : 0;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (cfsetispeed(&t, speed) != 0 || cfsetospeed(&t, speed) != 0 ||
	    tcsetattr(fd, TCSANOW, &t) != 0)
		return -errno;
	/* tcsetattr is content when it could do anything at all */
	if (tcgetattr(fd, &got) != 0)
		return -errno;
	return cfgetospeed(&got) == speed && (got.c_lflag & (tcflag_t)(ICANON | ECHO)) == 0
		       ? 0
		       : -EINVAL;
}

int
serial_open(const char *path, const struct serial_settings *s, struct errtext *err)
{
	int rc = 0, fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	if (isatty(fd) == 0)
		rc = errtext_set(err, -ENOTTY, "%s: no serial port", path);
	if (rc == 0 && flock(fd, LOCK_EX | LOCK_NB) != 0)
		rc = errtext_set(err, -EBUSY, "%s: another program has it", path);
	if (rc != 0) {
		close(fd);
		return rc;
	}
	rc = set(fd, s);
	if (rc != 0)
		rc = errtext_set(err, rc, "%s: does not take %d baud: %s", path, (int)s->baud,
				 strerror(-rc));
	if (rc == 0) {
		/* It lasts until nobody has the terminal open any more. That is our own end at a
		 * wire; but the slave of a pseudo terminal may be held open by its master's
		 * program, and would stay closed to our successor. The lock is enough there. */
		if (!is_pty(fd))
			(void)ioctl(fd, TIOCEXCL);
		(void)tcflush(fd, TCIOFLUSH);
		return fd;
	}
	close(fd);
	return rc;
}

int
serial_pty(int *slave, char *name, size_t size, struct errtext *err)
{
	static const struct serial_settings raw = {.baud = 115200, .stop_bits = 1};
	int rc, fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	*slave = -1;
	if (fd < 0)
		return errtext_set(err, -errno, "no pseudo terminal: %s", strerror(errno));
	if (grantpt(fd) != 0 || unlockpt(fd) != 0) {
		rc = -errno;
		goto out;
	}
	rc = -ptsname_r(fd, name, size);
	if (rc == 0) {
		*slave = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		rc = *slave < 0 ? -errno : set(*slave, &raw);
	}
out:
	if (rc == 0)
		return fd;
	errtext_set(err, rc, "no pseudo terminal: %s", strerror(-rc));
	if (*slave >= 0)
		close(*slave);
	*slave = -1;
	close(fd);
	return rc;
}
