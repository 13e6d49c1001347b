/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rtu.h"

#include <assert.h>

#include "core/clock.h"

uint16_t
rtu_crc(const uint8_t *bytes, size_t len)
{
	unsigned crc = 0xFFFF;

	for (size_t i = 0; i < len; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
	}
	return (uint16_t)crc;
}

size_t
rtu_seal(uint8_t *frame, size_t len)
{
	uint16_t crc = rtu_crc(frame, len);

	frame[len] = (uint8_t)crc;
	frame[len + 1] = (uint8_t)(crc >> 8);
	return len + 2;
}

bool
rtu_sealed(const uint8_t *frame, size_t len)
{
	return len > 2 &&
	       rtu_crc(frame, len - 2) == (frame[len - 2] | (unsigned)frame[len - 1] << 8);
}

struct rtu_timing
rtu_timing(int32_t baud, bool parity, int32_t stop_bits)
{
	int64_t bits = 1 + 8 + (parity ? 1 : 0) + stop_bits;
	struct rtu_timing t = {.char_ns = bits * NS_PER_S / baud};

	assert(baud > 0);
	t.gap_ns = baud > 19200 ? 1750 * NS_PER_S / 1000000 : t.char_ns * 7 / 2;
	return t;
}
