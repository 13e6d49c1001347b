/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_sim/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* Modbus application protocol 1.1b3, section 6: greatest quantities. */
#define READ_BITS_MAX 2000
#define WRITE_BITS_MAX 1968
#define WRITE_REGISTERS_MAX 123

/* The header: transaction, protocol, length of what follows it, unit. */
#define LENGTH_AT 4
/* An answer to a read: function, bytes that follow, words. */
#define BYTES_AT (GATE_MBAP + 1)
#define WORDS_AT (GATE_MBAP + 2)

static uint16_t
word(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void
put_word(uint8_t *p, uint16_t w)
{
	const uint16_t wire = htons(w); /* stored at once, so that the compiler makes vectors */

	memcpy(p, &wire, sizeof(wire));
}

int
sim_gate_frame_length(const uint8_t *bytes, size_t len)
{
	uint16_t rest;

	if (len >= 4 && word(bytes + 2) != 0)
		return -EPROTO;
	if (len < 6)
		return 0;
	rest = word(bytes + 4); /* unit, function and what follows */
	if (rest < 2 || rest > GATE_ADU_MAX - 6)
		return -EPROTO;
	return 6 + rest;
}

bool
sim_gate_covers(const struct gate_map *map, enum gate_table table, uint16_t address,
		uint16_t quantity, bool write)
{
	uint32_t first = map->table[table].first, n = map->table[table].n;
	const uint8_t *cell = map->table[table].cell;
	uint32_t at = address - first; /* wraps to something too great below `first` */
	uint8_t all = GATE_WRITABLE | GATE_MAPPED;

	if (n == 0 || address < first || at + quantity > n)
		return false;
	for (uint32_t i = at; i < at + quantity; i++)
		all &= cell[i];
	if (!write)
		return (all & GATE_MAPPED) != 0 || map->bridge_gaps;
	if ((all & GATE_WRITABLE) == 0)
		return false;
	/* neither begins nor ends inside a value */
	return (cell[at] & GATE_CONTINUES) == 0 &&
	       (at + quantity == n || (cell[at + quantity] & GATE_CONTINUES) == 0);
}

/* What a function acts on, the most it may ask for; 0 where it is not served. */
static uint16_t
limits(uint8_t function, struct gate_request *r)
{
	r->function = function;
	r->write = function >= 5;
	switch (function) {
	case 1:
		r->table = GATE_COILS;
		return READ_BITS_MAX;
	case 2:
		r->table = GATE_DISCRETE;
		return READ_BITS_MAX;
	case 3:
		r->table = GATE_HOLDING;
		return GATE_WORDS_MAX;
	case 4:
		r->table = GATE_INPUT;
		return GATE_WORDS_MAX;
	case 5:
		r->table = GATE_COILS;
		return 1;
	case 6:
		r->table = GATE_HOLDING;
		return 1;
	case 15:
		r->table = GATE_COILS;
		return WRITE_BITS_MAX;
	case 16:
		r->table = GATE_HOLDING;
		return WRITE_REGISTERS_MAX;
	default:
		return 0;
	}
}

enum gate_exception
sim_gate_check(const struct gate_map *map, const uint8_t *request, size_t len,
	       struct gate_request *out)
{
	const uint8_t *pdu = request + GATE_MBAP;
	size_t pdu_len = len - GATE_MBAP, bytes;
	uint16_t most = limits(pdu[0], out);

	if (most == 0)
		return GATE_FUNCTION;
	if (pdu_len < 5)
		return GATE_VALUE;
	out->address = word(pdu + 1);
	if (pdu[0] == 5 || pdu[0] == 6) {
		out->quantity = 1;
		out->data = pdu + 3;
		if (pdu_len != 5 || (pdu[0] == 5 && word(pdu + 3) != 0 && word(pdu + 3) != 0xFF00))
			return GATE_VALUE;
	} else {
		out->quantity = word(pdu + 3);
		if (out->quantity < 1 || out->quantity > most)
			return GATE_VALUE;
		out->data = pdu + 6;
		bytes = pdu[0] == 15 ? (out->quantity + 7u) / 8u : 2u * out->quantity;
		if (!out->write && pdu_len != 5)
			return GATE_VALUE;
		if (out->write && (pdu_len != 6 + bytes || pdu[5] != bytes))
			return GATE_VALUE;
	}
	if (!sim_gate_covers(map, out->table, out->address, out->quantity, out->write))
		return GATE_ADDRESS;
	return GATE_OK;
}

int
sim_gate_head(const uint8_t *request, size_t pdu, uint8_t *out)
{
	memcpy(out, request, GATE_MBAP);
	put_word(out + LENGTH_AT, (uint16_t)(1 + pdu)); /* with the unit */
	return GATE_MBAP + (int)pdu;
}

int
sim_gate_refuse(const uint8_t *request, enum gate_exception code, uint8_t *out)
{
	out[GATE_MBAP] = request[GATE_MBAP] | 0x80;
	out[GATE_MBAP + 1] = (uint8_t)code;
	return sim_gate_head(request, 2, out);
}

int
sim_gate_words(const uint8_t *request, const uint16_t *words, uint16_t quantity, uint8_t *out)
{
	out[GATE_MBAP] = request[GATE_MBAP];
	out[BYTES_AT] = (uint8_t)(2 * quantity);
	for (uint32_t k = 0; k < quantity; k++)
		put_word(out + WORDS_AT + 2 * k, words[k]);
	return sim_gate_head(request, WORDS_AT - GATE_MBAP + 2u * quantity, out);
}
