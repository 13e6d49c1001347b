/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers to values and back, by one table over the register types and one rule for the word
 * orders. Pure. A raw code is the point's registers as one number in its natural order: the no-value
 * code, read-back and "did it change" are all compared as raw codes.
 */
#ifndef ISOTHERM_COLLECTORS_DECODE_H
#define ISOTHERM_COLLECTORS_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/plant.h"
#include "core/sample.h"

#define DECODE_REGISTERS_MAX 4

unsigned decode_registers(enum reg_type type); /* 1, 2 or 4 */

/* Point `p` in the answer to a read that began at `first` (data: coil bits for functions 1 and 2,
 * registers for 3 and 4). The caller has made sure that the read covers the point. */
uint64_t decode_raw(const struct point *p, const uint8_t *data, uint16_t first);
/* The same of a plain word: the one in place `at` of the answer. */
static inline uint16_t
decode_word(const uint8_t *data, unsigned at)
{
	return (uint16_t)(data[2 * at] << 8 | data[2 * at + 1]);
}

/* Two points of two devices: there, does b stand where a stands, and mean its number alike? */
bool decode_same(const struct point *a, const struct point *b);
/* GOOD, or RANGE outside lo..hi, both with *value; BAD (not a number, or the no-value code) leaves
 * *value alone. */
enum quality decode_value(const struct point *p, uint64_t raw, double *value);

/*
 * The code to write for a value: 0, or -ERANGE if the device can't hold it, if what it would hold is
 * outside lo..hi, or if it would read as "no value"; -EINVAL if it is not finite.
 */
int encode_raw(const struct point *p, double value, uint64_t *raw);
/* The registers (a coil: one word, 0 or 1) of a raw code, in the order of the wire. */
void encode_words(const struct point *p, uint64_t raw, uint16_t words[DECODE_REGISTERS_MAX]);

#endif
