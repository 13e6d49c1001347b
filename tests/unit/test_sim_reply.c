/* SPDX-License-Identifier: Apache-2.0 */
/* Reads of registers are answered by lines of our own: libmodbus is the judge, byte for byte, on TCP and on a serial line. */
#include "tests/unit/sim_fixture.h"

#include <dirent.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/identity.h"
#include "core/keyed.h"
#include "core/rtu.h"
#include "engine_sim/gate.h"
#include "engine_sim/registers.h"
#include "engine_sim/state.h"

#define READ_MOST 125

/* Devices of every profile there is, each with a unit of its own on a line; over TCP they answer as well. */
static const char *const plants[] = {
	"site: t\n"
	"seed: 7\n"
	"grid: reference\n"
	"systems:\n"
	"  - {name: w%02d, count: 1, type: water}\n"
	"  - {name: a%02d, count: 1, type: air}\n"
	"  - {name: f%02d, count: 1, type: foreign}\n"
	"facility:\n"
	"  - {name: water, profile: facility_water, line: a, unit: 31}\n"
	"  - {name: air, profile: facility_air, line: a, unit: 32}\n"
	"  - {name: weather, profile: weather, line: a, unit: 33}\n"
	"  - {name: meter, profile: schneider_iem3000, line: a, unit: 34}\n"
	"  - {name: sim, profile: simulator, line: a, unit: 247}\n"
	"lines: [{name: a}]\n"
	"overrides:\n"
	"  w00.engine: {line: a, unit: 1}\n"
	"  w00.cooling: {line: a, unit: 2}\n"
	"  w00.power: {line: a, unit: 3}\n"
	"  a00.engine: {line: a, unit: 4}\n"
	"  a00.cooling: {line: a, unit: 5}\n"
	"  a00.power: {line: a, unit: 6}\n"
	"  f00.node: {line: a, unit: 7}\n",
	/* a dew point comes from one device alone */
	"site: t\n"
	"grid: reference\n"
	"systems: [{name: a%02d, count: 1, type: air}]\n"
	"facility:\n"
	"  - {name: air, profile: facility_air}\n"
	"  - {name: room, profile: room, line: a, unit: 9}\n"
	"lines: [{name: a}]\n",
};

static struct plant *plant;
static struct sim *sim;
static uint64_t draws;

/* libmodbus at its end of a TCP connection, and of a line; the other ends are ours. */
static struct judge {
	modbus_t *modbus;
	int ours, its;
	int offset; /* of the PDU, and of the unit before it */
} tcp, line;

static int
setup(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	tcp = (struct judge){modbus_new_tcp("127.0.0.1", 1502), ends[0], ends[1], GATE_MBAP};
	assert_int_equal(pipe(ends), 0);
	line = (struct judge){modbus_new_rtu("none", 9600, 'N', 8, 1), ends[0], ends[1], 1};
	assert_non_null(tcp.modbus);
	assert_non_null(line.modbus);
	modbus_set_socket(tcp.modbus, tcp.its);
	modbus_set_socket(line.modbus, line.its);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	modbus_free(tcp.modbus);
	modbus_free(line.modbus);
	close(tcp.ours);
	close(tcp.its);
	close(line.ours);
	close(line.its);
	return 0;
}

static uint32_t
draw(uint32_t n)
{
	return (uint32_t)(keyed_u64(7, 1, draws++) % n);
}

static int
judged(const struct judge *j, const uint8_t *request, size_t len, modbus_mapping_t *m,
       uint8_t answer[260])
{
	assert_true(modbus_reply(j->modbus, request, (int)len, m) > 0);
	return (int)read(j->ours, answer, 260);
}

static void
same_answer(const struct judge *j, const uint8_t *request, size_t len, modbus_mapping_t *m,
	    const uint8_t *ours, int n)
{
	uint8_t its[260];

	assert_int_equal(judged(j, request, len, m, its), n);
	assert_memory_equal(ours, its, (size_t)n);
}

/* Has a read brought what each point says by itself? */
static void
fresh(uint32_t device, const modbus_mapping_t *m, uint8_t fc, uint32_t reg, uint32_t n)
{
	struct sim_device *d = &sim->devices[device];
	const struct point *points = plant->points + d->config->first_point;

	for (uint32_t k = 0; k < d->config->n_points; k++) {
		const struct point *pt = &points[k];
		uint16_t words[REGISTER_WORDS_MAX];

		if (pt->fc != fc || pt->writable || pt->reg < reg || pt->reg + pt->count > reg + n)
			continue;
		registers_encode(pt, sim_value(sim, d, pt), words);
		assert_memory_equal(words,
				    fc == 3 ? m->tab_registers + pt->reg - m->start_registers
					    : m->tab_input_registers + pt->reg -
						      m->start_input_registers,
				    pt->count * sizeof(words[0]));
	}
}

/* Is that read answered? Then as libmodbus would, on TCP and on the line. */
static bool
asked_for(uint32_t device, modbus_mapping_t *m, uint8_t fc, uint32_t reg, uint32_t n)
{
	const uint8_t pdu[] = {fc, (uint8_t)(reg >> 8), (uint8_t)reg, (uint8_t)(n >> 8),
			       (uint8_t)n};
	uint8_t request[260], on_line[260], answer[260];
	size_t len = frame(request, (uint8_t)plant->devices[device].unit, pdu, sizeof(pdu));
	int got;

	request[0] = (uint8_t)draw(256);
	request[1] = (uint8_t)draw(256);
	got = sim_answer(sim, device, request, len, answer);
	if (answer[GATE_MBAP] != fc)
		return false;
	same_answer(&tcp, request, len, m, answer, got);
	memcpy(on_line, request + GATE_MBAP - 1, 1 + sizeof(pdu));
	len = rtu_seal(on_line, 1 + sizeof(pdu));
	got = sim_line_answer(sim, 0, on_line, len, answer);
	same_answer(&line, on_line, len, m, answer, got);
	if (n % 20 == 1 && m == sim->devices[device].registers)
		fresh(device, m, fc, reg, n);
	return true;
}

/* Every quantity there is, from the first register, to the last one, and from anywhere. */
static uint32_t
reads_of(uint32_t device, modbus_mapping_t *m, uint8_t fc)
{
	uint32_t first =
		fc == 3 ? (uint32_t)m->start_registers : (uint32_t)m->start_input_registers;
	uint32_t all = fc == 3 ? (uint32_t)m->nb_registers : (uint32_t)m->nb_input_registers;
	uint32_t answered = 0;

	for (uint32_t n = 1; n <= READ_MOST && n <= all; n++) {
		answered += asked_for(device, m, fc, first, n);
		answered += asked_for(device, m, fc, first + all - n, n);
		answered += asked_for(device, m, fc, first + draw(all - n + 1), n);
		if (n % 32 == 0)
			run_s(sim, 0.1);
	}
	return answered;
}

static uint32_t
files_in(const char *folder)
{
	DIR *dir = opendir(folder);
	uint32_t n = 0;

	assert_non_null(dir);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		n += strstr(e->d_name, ".yaml") != NULL;
	closedir(dir);
	return n;
}

static void
every_read_of_every_profile_is_answered_as_libmodbus_answers_it(void **state)
{
	char profiles[64][NAME_MAX_LEN];
	uint32_t n = 0, k;

	(void)state;
	for (size_t p = 0; p < sizeof(plants) / sizeof(plants[0]); p++) {
		plant = plant_of(plants[p]);
		sim = sim_of(plant, NULL);
		for (uint32_t d = 0; d < plant->n_devices; d++) {
			const struct sim_device *of = &sim->devices[d];

			for (k = 0; k < n && strcmp(profiles[k], of->config->profile) != 0;)
				k++;
			if (k < n || of->config->line < 0)
				continue;
			snprintf(profiles[n++], NAME_MAX_LEN, "%s", of->config->profile);
			if (reads_of(d, of->registers, 3) + reads_of(d, of->registers, 4) == 0)
				fail_msg("%s: no read was answered", of->config->name);
			assert_int_equal(reads_of(d, of->identity, 3), 3 * IDENTITY_COUNT);
		}
		sim_close(sim);
		plant_free(plant);
	}
	assert_int_equal(n, files_in("config/profiles"));
}

/* Whatever stands in the registers, whoever asks. */
static void
any_words_go_to_any_unit_and_transaction(void **state)
{
	modbus_mapping_t *m = modbus_mapping_new_start_address(0, 0, 0, 0, 0xFF00, 0x100, 0, 0x100);

	(void)state;
	assert_non_null(m);
	for (uint32_t k = 0; k < 0x100; k++) {
		m->tab_registers[k] = (uint16_t)draw(0x10000);
		m->tab_input_registers[k] = (uint16_t)draw(0x10000);
	}
	for (uint32_t k = 0; k < 16 * 256; k++) {
		bool holding = k % 2 == 0;
		uint32_t n = 1 + draw(READ_MOST), at = draw(0x100 - n + 1);
		uint32_t reg = at + (holding ? 0xFF00 : 0);
		const uint8_t pdu[] = {holding ? 3 : 4, (uint8_t)(reg >> 8), (uint8_t)reg, 0,
				       (uint8_t)n};
		uint8_t request[260], answer[260];
		size_t len = frame(request, (uint8_t)(k / 16), pdu, sizeof(pdu));

		request[0] = (uint8_t)draw(256);
		request[1] = (uint8_t)draw(256);
		same_answer(
			&tcp, request, len, m, answer,
			sim_gate_words(request,
				       (holding ? m->tab_registers : m->tab_input_registers) + at,
				       (uint16_t)n, answer));
	}
	modbus_mapping_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_read_of_every_profile_is_answered_as_libmodbus_answers_it),
		cmocka_unit_test(any_words_go_to_any_unit_and_transaction),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
