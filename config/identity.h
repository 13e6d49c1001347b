/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a simulated device says that it is one. Every device of the simulator answers function 3 at these registers,
 * whatever its profile; hardware answers an exception or something else. Collectors read the block on every new
 * connection and hold it against the configuration: a contradiction makes all points of the device BAD.
 */
#ifndef ISOTHERM_CONFIG_IDENTITY_H
#define ISOTHERM_CONFIG_IDENTITY_H

#include <stdint.h>

#define IDENTITY_REG 0xFF00u
#define IDENTITY_COUNT 6u
enum identity_word {
	IDENTITY_MAGIC_0,   /* 0x4953 */
	IDENTITY_MAGIC_1,   /* 0x4F54 */
	IDENTITY_REVISION,  /* of this block: 1 */
	IDENTITY_SERIAL_HI, /* engine block's serial number, 0 where there is none */
	IDENTITY_SERIAL_LO,
	IDENTITY_PROFILE /* identity_profile_word of the profile's name */
};
#define IDENTITY_MAGIC_WORD_0 0x4953u
#define IDENTITY_MAGIC_WORD_1 0x4F54u

uint16_t identity_profile_word(const char *profile); /* 16 bits of an FNV-1a hash of the name */

#endif
