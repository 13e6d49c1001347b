/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both ends of a Modbus RTU line must agree on: the check sum of a frame, and the time that
 * characters and silences take. Source: Modbus over Serial Line 1.02, 2.5.1 and 6.2.2. Pure.
 */
#ifndef ISOTHERM_CORE_RTU_H
#define ISOTHERM_CORE_RTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTU_FRAME_MAX 256u /* unit (1) + PDU (253) + CRC (2) */
#define RTU_FRAME_MIN 4u   /* unit, function, CRC */

/* Polynomial 0xA001, from 0xFFFF; its low byte is sent first. */
uint16_t rtu_crc(const uint8_t *bytes, size_t len);
/* Appends the check sum to a frame that has room for it: the new length. */
size_t rtu_seal(uint8_t *frame, size_t len);
/* Do the last two of `len` bytes fit the ones before them? */
bool rtu_sealed(const uint8_t *frame, size_t len);

struct rtu_timing {
	int64_t char_ns; /* a character with start, parity and stop bits */
	int64_t gap_ns; /* the silence that ends a frame: 3.5 characters, 1.75 ms above 19200 baud */
};
/* baud above 0; parity: is there a parity bit; stop_bits 1 or 2. */
struct rtu_timing rtu_timing(int32_t baud, bool parity, int32_t stop_bits);

#endif
