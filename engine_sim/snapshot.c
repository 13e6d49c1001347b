/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole state as bytes. It is a list of memory parts (state_parts: the one place to enter
 * memory that is newly hung onto the simulator); a field that is added to a structure which is a
 * part already is in the state without further ado. Pointers, and what is the program's and not the
 * plant's, are left out as holes and keep the
 * value they have in the plant that the state is set in. docs/decisions/0019-saved-state.md says why.
 *
 *   0  magic[16]  version u32  parts u32  length u64 (of all)
 *  32  plant[32]  what is simulated     64  layout[32]  of this build's structures
 *  96  site[32]   128 steps done i64    136 systems u32, cells along a reticle's side u32
 * 144  parts: name[16] index u32, 0 u32, size u64, then the bytes, filled up to 8
 *      SHA-256 of all before
 * Numbers are the machine's own; another byte order is another layout.
 */
#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "config/job.h"
#include "engine_sim/column_state.h"
#include "engine_sim/layout.h"
#include "engine_sim/state.h"

#define MAGIC "isotherm state\n\032"
#define VERSION 1u
#define DIGEST 32u

struct head {
	char magic[16];
	uint32_t version, parts;
	uint64_t length;
	uint8_t plant[DIGEST], layout[DIGEST];
	char site[32];
	int64_t step;
	uint32_t systems, fold;
};
struct part_head {
	char name[16];
	uint32_t index, zero;
	uint64_t size;
};
_Static_assert(sizeof(struct head) == 144 && sizeof(struct part_head) == 32, "as documented");

/* Bytes of a part that are not state: pointers, and what is a part of its own. A part's holes stand
 * in the order of its fields. */
struct hole {
	size_t at, size;
};
#define HOLE(type, field)                                                                          \
	{                                                                                          \
		offsetof(type, field), sizeof(((type *)0)->field)                                  \
	}

struct part {
	const char *name;
	uint32_t index;
	void *at;
	size_t size;
	const struct hole *holes;
	size_t n_holes;
};

static const struct hole sim_holes[] = {
	HOLE(struct sim, plant),         HOLE(struct sim, sweep),
	HOLE(struct sim, late),          HOLE(struct sim, own_steps),
	HOLE(struct sim, systems),       HOLE(struct sim, devices),
	HOLE(struct sim, maps),          HOLE(struct sim, n_maps),
	HOLE(struct sim, jobs.run),      HOLE(struct sim, jobs.tables),
	HOLE(struct sim, jobs.members),  HOLE(struct sim, jobs.need_s),
	HOLE(struct sim, jobs.others_s), HOLE(struct sim, jobs.batch),
	HOLE(struct sim, jobs.demanded), HOLE(struct sim, ramps),
	HOLE(struct sim, voices),        HOLE(struct sim, parts),
};
static const struct hole ramp_holes[] = {HOLE(struct ramp, to)};
static const struct hole system_holes[] = {
	HOLE(struct sim_system, config),
	HOLE(struct sim_system, process.tables),
	HOLE(struct sim_system, process.fine),
};
static const struct hole run_holes[] = {
	HOLE(struct job_run, config),
	HOLE(struct job_run, member),
};
static const struct hole fine_holes[] = {HOLE(struct fine, wafer.column)};
static const struct hole column_holes[] = {
	HOLE(struct column, model),
	HOLE(struct column, cell),
};
static const struct hole device_holes[] = {
	HOLE(struct sim_device, config),   HOLE(struct sim_device, system),
	HOLE(struct sim_device, map),      HOLE(struct sim_device, registers),
	HOLE(struct sim_device, identity), HOLE(struct sim_device, voice),
};
#define HOLES(list) (list), sizeof(list) / sizeof((list)[0])

typedef void part_fn(void *arg, const struct part *part);

static void
registers_parts(struct sim_device *d, uint32_t index, part_fn *take, void *arg)
{
	modbus_mapping_t *maps[] = {d->registers, d->identity};

	for (int k = 0; k < 2; k++) {
		modbus_mapping_t *m = maps[k];
		struct part parts[] = {
			{"coils", index, m->tab_bits, (size_t)m->nb_bits, NULL, 0},
			{"discrete", index, m->tab_input_bits, (size_t)m->nb_input_bits, NULL, 0},
			{"holding", index, m->tab_registers,
			 (size_t)m->nb_registers * sizeof(uint16_t), NULL, 0},
			{"input", index, m->tab_input_registers,
			 (size_t)m->nb_input_registers * sizeof(uint16_t), NULL, 0},
		};

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (parts[i].size > 0)
				take(arg, &parts[i]);
	}
}

static void
system_parts(struct sim_system *sys, uint32_t index, part_fn *take, void *arg)
{
	struct fine *f = sys->process.fine;

	take(arg, &(struct part){"system", index, sys, sizeof(*sys), HOLES(system_holes)});
	if (!f)
		return;
	take(arg, &(struct part){"fine", index, f, sizeof(*f), HOLES(fine_holes)});
	take(arg, &(struct part){"column", index, f->wafer.column, sizeof(*f->wafer.column),
				 HOLES(column_holes)});
	take(arg,
	     &(struct part){"cells", index, f->wafer.column->cell,
			    column_bytes(f->wafer.column->model) - sizeof(struct column), NULL, 0});
}

/* Every piece of memory that holds state, in this order. */
static void
state_parts(struct sim *sim, part_fn *take, void *arg)
{
	take(arg, &(struct part){"sim", 0, sim, sizeof(*sim), HOLES(sim_holes)});
	for (uint32_t r = 0; r < RAMPS_MAX; r++)
		take(arg, &(struct part){"ramp", r, &sim->ramps[r], sizeof(sim->ramps[r]),
					 HOLES(ramp_holes)});
	for (uint32_t k = 0; k < sim->plant->n_systems; k++)
		system_parts(&sim->systems[k], k, take, arg);
	for (uint32_t j = 0; j < sim->jobs.n; j++) {
		struct job_run *run = &sim->jobs.run[j];

		take(arg, &(struct part){"job", j, run, sizeof(*run), HOLES(run_holes)});
		if (run->n > 0)
			take(arg, &(struct part){"members", j, run->member,
						 run->n * sizeof(*run->member), NULL, 0});
	}
	for (uint32_t d = 0; d < sim->plant->n_devices; d++) {
		struct sim_device *dev = &sim->devices[d];

		take(arg, &(struct part){"device", d, dev, sizeof(*dev), HOLES(device_holes)});
		if (dev->registers)
			registers_parts(dev, d, take, arg);
	}
}

static size_t
padded(size_t n)
{
	return (n + 7) / 8 * 8;
}

/* ---- what is simulated ---- */

struct digest {
	EVP_MD_CTX *ctx;
	bool failed;
};

static void
digest_add(struct digest *d, const void *bytes, size_t n)
{
	d->failed = d->failed || EVP_DigestUpdate(d->ctx, bytes, n) != 1;
}

static void
digest_text(struct digest *d, const char *text)
{
	digest_add(d, text, strlen(text) + 1);
}

static void
digest_u64(struct digest *d, uint64_t n)
{
	digest_add(d, &n, sizeof(n));
}

static uint32_t
fold_of(const struct sim *sim)
{
	const struct fine *f = sim->plant->n_systems ? sim->systems[0].process.fine : NULL;

	return f ? (uint32_t)f->fold : 1;
}

/* All that a state takes for granted: it can't be told from the state itself. */
static bool
plant_digest(const struct sim *sim, uint8_t out[DIGEST])
{
	const struct plant *p = sim->plant;
	struct digest d = {EVP_MD_CTX_new(), false};

	d.failed = !d.ctx || EVP_DigestInit_ex(d.ctx, EVP_sha256(), NULL) != 1;
	digest_add(&d, p->hash, sizeof(p->hash));
	digest_text(&d, p->site);
	digest_u64(&d, p->seed);
	digest_u64(&d, p->faults_allowed);
	digest_u64(&d, fold_of(sim));
	for (uint32_t k = 0; k < p->n_systems; k++) {
		digest_text(&d, p->systems[k].name);
		digest_u64(&d, p->systems[k].serial);
		digest_add(&d, &sim->systems[k].process.variation,
			   sizeof(sim->systems[k].process.variation));
	}
	digest_add(&d, p->jobs, p->n_jobs * sizeof(*p->jobs));
	for (uint32_t i = 0; i < p->n_devices; i++)
		digest_u64(&d, p->devices[i].simulated);
	d.failed = d.failed || EVP_DigestFinal_ex(d.ctx, out, NULL) != 1;
	EVP_MD_CTX_free(d.ctx);
	return !d.failed;
}

static void
layout_digest(uint8_t out[DIGEST])
{
	static const char hex[] = "0123456789abcdef", text[] = SIM_LAYOUT;

	_Static_assert(sizeof(text) == 2 * DIGEST + 1, "SHA-256 in hexadecimal");
	for (size_t k = 0; k < DIGEST; k++)
		out[k] = (uint8_t)((strchr(hex, text[2 * k]) - hex) * 16 +
				   (strchr(hex, text[2 * k + 1]) - hex));
}

/* ---- out ---- */

struct sizes {
	size_t bytes;
	uint32_t parts;
};

static void
count_part(void *arg, const struct part *part)
{
	struct sizes *s = arg;

	s->parts++;
	s->bytes += sizeof(struct part_head) + padded(part->size);
}

static struct sizes
sizes_of(const struct sim *sim)
{
	struct sizes s = {sizeof(struct head) + DIGEST, 0};

	/* looking at the parts changes nothing */
	state_parts((struct sim *)(uintptr_t)sim, count_part, &s);
	return s;
}

size_t
sim_state_size(const struct sim *sim)
{
	return sizes_of(sim).bytes;
}

static void
write_part(void *arg, const struct part *part)
{
	uint8_t **at = arg;
	struct part_head head = {.index = part->index, .size = part->size};

	snprintf(head.name, sizeof(head.name), "%s", part->name);
	memcpy(*at, &head, sizeof(head));
	*at += sizeof(head);
	memset(*at, 0, padded(part->size));
	memcpy(*at, part->at, part->size);
	for (size_t k = 0; k < part->n_holes; k++)
		memset(*at + part->holes[k].at, 0, part->holes[k].size);
	*at += padded(part->size);
}

static struct head
head_of(const struct sim *sim)
{
	struct sizes s = sizes_of(sim);
	struct head head = {.magic = MAGIC,
			    .version = VERSION,
			    .parts = s.parts,
			    .length = s.bytes,
			    .step = sim->step,
			    .systems = sim->plant->n_systems,
			    .fold = fold_of(sim)};

	snprintf(head.site, sizeof(head.site), "%s", sim->plant->site);
	layout_digest(head.layout);
	if (!plant_digest(sim, head.plant))
		memset(head.plant, 0, sizeof(head.plant)); /* no memory: it will fit nothing */
	return head;
}

void
sim_state_get(const struct sim *sim, uint8_t *out)
{
	struct head head = head_of(sim);
	uint8_t *at = out;

	memcpy(at, &head, sizeof(head));
	at += sizeof(head);
	state_parts((struct sim *)(uintptr_t)sim, write_part, &at);
	if (EVP_Digest(out, (size_t)(at - out), at, NULL, EVP_sha256(), NULL) != 1)
		memset(at, 0, DIGEST);
}

/* ---- in ---- */

static int
refuse(char *why, size_t why_size, const char *what)
{
	snprintf(why, why_size, "%s", what);
	return -EINVAL;
}

/* What stands in the head fits this program, and the bytes are whole. */
static int
check_head(const struct head *head, const uint8_t *bytes, size_t n, char *why, size_t why_size)
{
	uint8_t sum[DIGEST], layout[DIGEST];

	if (head->version != VERSION) {
		snprintf(why, why_size, "version %u of the format (this program reads %u)",
			 head->version, VERSION);
		return -EINVAL;
	}
	if (head->length != n) {
		snprintf(why, why_size, "damaged: %zu bytes of %llu", n,
			 (unsigned long long)head->length);
		return -EINVAL;
	}
	if (EVP_Digest(bytes, n - DIGEST, sum, NULL, EVP_sha256(), NULL) != 1 ||
	    memcmp(sum, bytes + n - DIGEST, DIGEST) != 0)
		return refuse(why, why_size, "damaged: the checksum is another");
	layout_digest(layout);
	if (memcmp(layout, head->layout, DIGEST) != 0)
		return refuse(
			why, why_size,
			"made by another build of the simulator, whose state has another layout");
	return 0;
}

static int
check_plant(const struct sim *sim, const struct head *head, char *why, size_t why_size)
{
	const struct head own = head_of(sim);

	if (memcmp(own.plant, head->plant, DIGEST) == 0 && own.length == head->length &&
	    own.parts == head->parts)
		return 0;
	snprintf(why, why_size,
		 "of another plant: %.31s, %u systems of %ux%u cells a reticle (here: %s, %u, "
		 "%ux%u); names, seeds, wafers, devices and points must be the same",
		 head->site, head->systems, head->fold, head->fold, own.site, own.systems, own.fold,
		 own.fold);
	return -EINVAL;
}

struct reading {
	const uint8_t *at;
	bool apply, same;
};

static void
read_part(void *arg, const struct part *part)
{
	struct reading *r = arg;
	struct part_head head;
	const uint8_t *from;
	size_t done = 0;

	memcpy(&head, r->at, sizeof(head));
	head.name[sizeof(head.name) - 1] = '\0';
	from = r->at + sizeof(head);
	if (!r->apply) {
		r->same = r->same && head.size == part->size && head.index == part->index &&
			  strcmp(head.name, part->name) == 0;
	} else {
		for (size_t k = 0; k < part->n_holes; k++) {
			assert(part->holes[k].at >= done);
			memcpy((uint8_t *)part->at + done, from + done, part->holes[k].at - done);
			done = part->holes[k].at + part->holes[k].size;
		}
		memcpy((uint8_t *)part->at + done, from + done, part->size - done);
	}
	r->at = from + padded(part->size);
}

/* Where a change under way leads is found anew from its path. */
static void
find_ramps(struct sim *sim)
{
	char why[256];

	for (uint32_t r = 0; r < RAMPS_MAX; r++) {
		struct ramp *ramp = &sim->ramps[r];

		ramp->path[sizeof(ramp->path) - 1] = '\0';
		if (!ramp->path[0] || paths_find(sim, ramp->path, &ramp->to, why, sizeof(why)) < 0)
			*ramp = (struct ramp){.path = ""};
	}
}

int
sim_state_set(struct sim *sim, const uint8_t *bytes, size_t n, char *why, size_t why_size)
{
	struct reading look = {.at = bytes + sizeof(struct head), .same = true};
	struct head head;
	int rc;

	if (n < sizeof(head) + DIGEST || memcmp(bytes, MAGIC, sizeof(head.magic)) != 0)
		return refuse(why, why_size, "no saved state of isotherm-sim");
	memcpy(&head, bytes, sizeof(head));
	rc = check_head(&head, bytes, n, why, why_size);
	if (rc == 0)
		rc = check_plant(sim, &head, why, why_size);
	if (rc < 0)
		return rc;
	state_parts(sim, read_part, &look); /* the lengths are the same: it stays inside */
	if (!look.same)
		return refuse(why, why_size, "of another plant: its parts are others");
	look = (struct reading){.at = bytes + sizeof(head), .apply = true};
	state_parts(sim, read_part, &look);
	find_ramps(sim);
	return 0;
}
