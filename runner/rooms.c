/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"
#include "runner/room.h"

#define S(n) ((n)*NS_PER_S)

/*
 * Controllers end first, while collectors still carry their hand-back (2 s at most, and 2 for what a
 * soak found to reach the disk); the broker ends after those that speak to it; the simulator goes
 * last. A history of many systems is made in full before it is ready, and synced before it ends.
 */
const struct room_kind room_kinds[ROOM_IDS] = {
	[ROOM_SIMULATOR] = {"engine_sim", "isotherm-sim", true, 4, S(30), S(2)},
	[ROOM_COLLECTORS] = {"collectors", "isotherm-collect", true, 1, S(30), S(2)},
	[ROOM_CONTROLLERS] = {"controllers", "isotherm-control", true, 0, S(30), S(5)},
	[ROOM_BROKER] = {"broker", "mosquitto", false, 3, S(10), S(2)},
	[ROOM_ALARMS] = {"alarms", "isotherm-alarm", false, 2, S(30), S(3)},
	[ROOM_PAGING] = {"paging", "isotherm-page", false, 2, S(30), S(3)},
	[ROOM_HISTORY] = {"history", "isotherm-hist", false, 2, S(300), S(3)},
	[ROOM_MQTT] = {"mqtt", "isotherm-mqtt", false, 2, S(30), S(3)},
};
