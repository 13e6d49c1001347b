/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/cpu.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"

int64_t
cpu_of_process_ns(pid_t pid)
{
	char path[40], line[1024];
	const char *after;
	unsigned long long ticks[4];
	long per_s = sysconf(_SC_CLK_TCK);
	FILE *in;
	size_t n;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	in = fopen(path, "re");
	if (in == NULL || per_s <= 0)
		return 0;
	n = fread(line, 1, sizeof line - 1, in);
	(void)fclose(in);
	line[n] = '\0';
	after = strrchr(line, ')'); /* a program's name may hold anything */
	/* after it: state and eleven more, then utime, stime, cutime, cstime */
	if (after == NULL || sscanf(after + 1,
				    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu "
				    "%llu",
				    &ticks[0], &ticks[1], &ticks[2], &ticks[3]) != 4)
		return 0;
	return (int64_t)(ticks[0] + ticks[1] + ticks[2] + ticks[3]) * (NS_PER_S / per_s);
}

static int64_t
ns_of(const struct timeval *t)
{
	return (int64_t)t->tv_sec * NS_PER_S + (int64_t)t->tv_usec * 1000;
}

int64_t
cpu_of_ended_children_ns(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_CHILDREN, &usage) != 0)
		return 0;
	return ns_of(&usage.ru_utime) + ns_of(&usage.ru_stime);
}
