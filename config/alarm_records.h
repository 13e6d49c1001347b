/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to config/. Alarm records: all files of alarms/ in the order of their names, then what
 * `alarms:` of the plant file says otherwise. Fills p->alarm_records. 0 or -ENOMEM; errors go to
 * the report.
 */
#ifndef ISOTHERM_CONFIG_ALARM_RECORDS_H
#define ISOTHERM_CONFIG_ALARM_RECORDS_H

#include "config/load.h"

int load_alarms(struct load *l);

#endif
