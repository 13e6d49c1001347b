/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness by the sd_notify protocol: one datagram to $NOTIFY_SOCKET; nothing where that is unset.
 */
#ifndef ISOTHERM_CORE_NOTIFY_H
#define ISOTHERM_CORE_NOTIFY_H

void notify_ready(const char *status); /* "READY=1\nSTATUS=status"; status may be NULL */
void notify_stopping(void);

#endif
