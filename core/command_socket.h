/* SPDX-License-Identifier: Apache-2.0 */
/* Private to core/command*.c: where server and client meet. */
#ifndef ISOTHERM_CORE_COMMAND_SOCKET_H
#define ISOTHERM_CORE_COMMAND_SOCKET_H

#include <sys/un.h>

#include "core/errtext.h"

int command_address(struct sockaddr_un *out, const char *run_dir, const char *name,
		    struct errtext *err);

#endif
