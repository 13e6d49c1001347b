/* SPDX-License-Identifier: Apache-2.0 */
/* What several unit tests need: cmocka with what it wants included first, a folder of one's own,
 * and waiting with an end. */
#ifndef ISOTHERM_TESTS_SUPPORT_H
#define ISOTHERM_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 20000 /* long: only a broken program ever waits for it */

/* A new empty folder under /tmp; `out` holds 64 bytes. */
static inline void
folder_make(char *out)
{
	strcpy(out, "/tmp/isotherm-test-XXXXXX");
	assert_non_null(mkdtemp(out));
}

/* Remove it with the plain files in it. */
static inline void
folder_remove(const char *path)
{
	DIR *d = opendir(path);

	assert_non_null(d);
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	assert_int_equal(rmdir(path), 0);
}

/* Wait until fd can be read, or has been closed at the other end. */
static inline void
await_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
}

#endif
