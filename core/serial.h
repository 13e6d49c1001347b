/* SPDX-License-Identifier: Apache-2.0 */
/* Serial ports and pseudo terminals, raw and non-blocking: the one place that knows termios. */
#ifndef ISOTHERM_CORE_SERIAL_H
#define ISOTHERM_CORE_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/errtext.h"

struct serial_settings { /* 8 data bits, no flow control */
	int32_t baud;    /* one of 1200 2400 4800 9600 19200 38400 57600 115200 */
	bool parity, odd;
	int32_t stop_bits; /* 1 or 2 */
};

/*
 * Opens a port for this process alone (a lock, and TIOCEXCL at a wire) and throws away what waits in it. The
 * descriptor, or -errno with `err` filled: -ENOTTY if it is no terminal, -EBUSY if another program
 * holds its lock, -EINVAL if it does not take the settings.
 */
int serial_open(const char *path, const struct serial_settings *s, struct errtext *err);

/*
 * A pseudo terminal: the master's descriptor, *slave the slave's, whose path goes to name[size]. The
 * slave is set raw, and kept open by the caller so that the master lives on when the other end closes its own.
 */
int serial_pty(int *slave, char *name, size_t size, struct errtext *err);

#endif
