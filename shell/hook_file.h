/* SPDX-License-Identifier: Apache-2.0 */
/* The program that brings a page to a person: whether this process would run it. */
#ifndef ISOTHERM_SHELL_HOOK_FILE_H
#define ISOTHERM_SHELL_HOOK_FILE_H

#include "core/errtext.h"

/* May it be run? 0; -EINVAL not absolute, -ENOENT, -EACCES not executable, -EPERM somebody else
 * may have written it; err tells. */
int hook_file_check(const char *program, struct errtext *err);

#endif
