/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"

#define LINE_MAX_BYTES 1024

enum level { LEVEL_ERROR = 3, LEVEL_WARNING = 4, LEVEL_INFO = 6 }; /* syslog(3)'s numbers */

/* The one state outside a main.c: set once at start, so that no call has to carry it. */
static struct {
	const char *program;
	bool journal;
} log_to = {.program = "isotherm"};

/* $JOURNAL_STREAM is inherited also by a child whose stderr goes elsewhere: it counts only if it
 * names the device and inode of our stderr (systemd.exec(5)). */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}

void
log_open(const char *program)
{
	log_to.program = program;
	log_to.journal = stderr_is_journal();
}

static const char *
level_name(enum level level)
{
	switch (level) {
	case LEVEL_ERROR:
		return "error: ";
	case LEVEL_WARNING:
		return "warning: ";
	case LEVEL_INFO:
		break;
	}
	return "";
}

static int
print_prefix(char *line, size_t size, enum level level)
{
	char utc[32];

	if (log_to.journal)
		return snprintf(line, size, "<%d>%s: ", (int)level, log_to.program);
	clock_utc_text(clock_wall_ns(), utc, sizeof(utc));
	return snprintf(line, size, "%s %s: %s", utc, log_to.program, level_name(level));
}

static void print(enum level level, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* One write a line, so that lines of several processes never mix. */
static void
print(enum level level, const char *format, va_list args)
{
	char line[LINE_MAX_BYTES];
	const size_t room = sizeof(line) - 1; /* for the end of the line */
	size_t len = (size_t)print_prefix(line, room, level);

	if (len < room) {
		int n = vsnprintf(line + len, room - len, format, args);
		len += n > 0 ? (size_t)n : 0;
	}
	if (len > room - 1)
		len = room - 1; /* cut off */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return; /* nowhere left to say so */
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(LEVEL_ERROR, format, args);
	va_end(args);
}

void
log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(LEVEL_WARNING, format, args);
	va_end(args);
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(LEVEL_INFO, format, args);
	va_end(args);
}
