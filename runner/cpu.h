/* SPDX-License-Identifier: Apache-2.0 */
/* Processor time, user and system, as the kernel counts it. */
#ifndef ISOTHERM_RUNNER_CPU_H
#define ISOTHERM_RUNNER_CPU_H

#include <stdint.h>
#include <sys/types.h>

/* Of a living process and of those of its children that it has reaped; 0: it is not there. */
int64_t cpu_of_process_ns(pid_t pid);
/* Of all children of this process that it has reaped, and of theirs. */
int64_t cpu_of_ended_children_ns(void);

#endif
