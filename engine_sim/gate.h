/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands between a client and libmodbus. libmodbus 3.1 answers any unit, writes any register,
 * and sleeps half a second on an unknown function or an illegal quantity; so only whole, legal
 * requests reach it, and the others get their exception from here. Reads of registers, which are
 * nearly all there is, are answered here as well: libmodbus says the same through a pipe
 * (docs/decisions/0033-own-answer.md). Pure.
 *
 * Exceptions, in this order: 1 function not served; 3 length, quantity or coil value illegal; 2
 * a register that does not exist, that may not be written, or half of a value.
 */
#ifndef ISOTHERM_ENGINE_SIM_GATE_H
#define ISOTHERM_ENGINE_SIM_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATE_ADU_MAX 260
#define GATE_MBAP 7
#define GATE_WORDS_MAX 125 /* of a read */

enum gate_table { GATE_COILS, GATE_DISCRETE, GATE_HOLDING, GATE_INPUT, GATE_TABLES };

enum gate_cell { /* bits */
		 GATE_MAPPED = 1,
		 GATE_WRITABLE = 2,
		 GATE_CONTINUES = 4 /* belongs to the value that begins before it */
};

struct gate_map {
	struct {
		uint16_t first;
		uint32_t n;
		uint8_t *cell; /* [n] enum gate_cell */
	} table[GATE_TABLES];
	bool bridge_gaps; /* reads may span registers that do not exist; they hold 0 */
};

struct gate_request {
	uint8_t function;
	enum gate_table table;
	bool write;
	uint16_t address, quantity;
	const uint8_t *data; /* of a write: the values as sent */
};

enum gate_exception { GATE_OK, GATE_FUNCTION, GATE_ADDRESS, GATE_VALUE };

/* Length of the frame that begins so; 0: too few bytes to tell; -EPROTO: no frame begins so. */
int sim_gate_frame_length(const uint8_t *bytes, size_t len);

/* `request` is a whole frame of a function code at least. `out` is filled unless GATE_FUNCTION. */
enum gate_exception sim_gate_check(const struct gate_map *map, const uint8_t *request, size_t len,
				   struct gate_request *out);

/* Are [address, address + quantity) inside the table, and mapped as asked? */
bool sim_gate_covers(const struct gate_map *map, enum gate_table table, uint16_t address,
		     uint16_t quantity, bool write);

/* Answers to that request, into out[GATE_ADU_MAX], which is not the request; their length. */
/* An exception. */
int sim_gate_refuse(const uint8_t *request, enum gate_exception code, uint8_t *out);
/* What a read of registers has asked for (functions 3 and 4, GATE_OK): words[quantity], 1..125. */
int sim_gate_words(const uint8_t *request, const uint16_t *words, uint16_t quantity, uint8_t *out);
/* The header alone, before a PDU of that many bytes. */
int sim_gate_head(const uint8_t *request, size_t pdu, uint8_t *out);

#endif
