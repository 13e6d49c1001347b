/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to register words and back, by a point's type, word order, scale and offset. Pure.
 * words[count of the point]: as on the wire, one register a word; a bit is word 0 or 1.
 */
#ifndef ISOTHERM_ENGINE_SIM_REGISTERS_H
#define ISOTHERM_ENGINE_SIM_REGISTERS_H

#include <stdint.h>

#include "config/plant.h"

#define REGISTER_WORDS_MAX 4

/* Can its register say that there is no reading: by a code, or as a float by NaN? */
bool registers_tell_none(const struct point *pt);

/* Not finite: the point's no-value code, else a float as it is and a whole number as 0. Out of the type's range: its end. */
void registers_encode(const struct point *pt, double value, uint16_t words[REGISTER_WORDS_MAX]);
/* NAN for the no-value code. */
double registers_decode(const struct point *pt, const uint16_t words[REGISTER_WORDS_MAX]);

/* Those bits for a value of one or two words; of a longer one the first two. */
void registers_raw(const struct point *pt, uint32_t bits, uint16_t words[REGISTER_WORDS_MAX]);

#endif
