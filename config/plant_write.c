/* SPDX-License-Identifier: Apache-2.0 */
/* A plant as a plant file again, with every address in place. What is read back is the same plant. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/jobs.h"
#include "config/plant.h"
#include "config/text.h"

/* A YAML double-quoted scalar. Texts have no control characters: the loader refuses them. */
static void
quoted(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		fputc(*s, f);
	}
	fputc('"', f);
}

static void
write_top(FILE *f, const struct plant *p)
{
	static const char *const grids[] = {
		[GRID_REFERENCE] = "reference", [GRID_48X28] = "48x28", [GRID_96X56] = "96x56"};

	fprintf(f, "# Written by isotherm: the plant with the addresses in force.\n");
	fprintf(f, "site: \"%s\"\ngrid: %s\nseed: %llu\nfaults: %s\ncontrol_period_ms: %d\n",
		p->site, grids[p->grid], (unsigned long long)p->seed,
		p->faults_allowed ? "allowed" : "refused", p->control_period_ms);
	fprintf(f, "controller: %s\nshares: %s\n", p->law == PLANT_MPC ? "mpc" : "spi",
		p->shares_free ? "free" : "fixed");
	fprintf(f, "limits: {temp_c: %.17g, spread_k: %.17g}\n", p->temp_limit_c,
		p->spread_limit_k);
	jobs_write(f, p);
	fprintf(f, "supply:\n");
#define SUPPLY_PARAM(key, unit, lo, hi, value, text)                                               \
	fprintf(f, "  " #key ": %.17g\n", p->supply.key);
#include "config/supply_params.def"
#undef SUPPLY_PARAM
	fprintf(f, "config_dir: ");
	quoted(f, p->config_dir);
	fprintf(f, "\ncontrol:\n");
#define CONTROL_PARAM(key, unit, lo, hi, value, text)                                              \
	fprintf(f, "  " #key ": %.17g\n", p->control.key);
#include "config/control_params.def"
#undef CONTROL_PARAM
}

static void
write_systems(FILE *f, const struct plant *p)
{
	fprintf(f, "systems:\n");
	for (uint32_t i = 0; i < p->n_systems; i++) {
		const struct system_config *s = &p->systems[i];

		fprintf(f,
			"  - {name: \"%s\", type: \"%s\", serial: %u, wafer_seed: %llu, temp_c: "
			"%.17g, "
			"spread_k: %.17g",
			s->name, s->type, s->serial, (unsigned long long)s->wafer_seed,
			s->temp_limit_c, s->spread_limit_k);
		if (*s->wafer_csv) {
			fprintf(f, ", wafer_csv: ");
			quoted(f, s->wafer_csv);
		}
		fprintf(f, "}\n");
	}
}

static void
write_lines(FILE *f, const struct plant *p)
{
	static const char *const parities[] = {
		[PARITY_NONE] = "none", [PARITY_EVEN] = "even", [PARITY_ODD] = "odd"};

	if (p->n_lines)
		fprintf(f, "lines:\n");
	for (uint32_t i = 0; i < p->n_lines; i++) {
		const struct line_config *l = &p->lines[i];

		fprintf(f, "  - {name: %s, path: ", l->name);
		quoted(f, *l->path ? l->path : "auto");
		if (*l->serve) {
			fprintf(f, ", serve: ");
			quoted(f, l->serve);
		}
		fprintf(f, ", baud: %d, parity: %s, stop: %d}\n", l->baud, parities[l->parity],
			l->stop_bits);
	}
}

static void
write_device(FILE *f, const struct plant *p, const struct device *d)
{
	fprintf(f, "profile: \"%s\", source: %s, ", d->profile,
		d->simulated ? "simulated" : "real");
	if (d->line >= 0)
		fprintf(f, "line: %s", p->lines[d->line].name);
	else if (d->port)
		fprintf(f, "host: \"%s\", port: %u", d->host, d->port);
	else
		fprintf(f, "host: \"%s\", port: auto", d->host);
	if (d->serial)
		fprintf(f, ", serial: %u", d->serial);
	fprintf(f, ", unit: %u, write: %s}\n", d->unit, d->armed ? "armed" : "shadow");
}

static void
write_devices(FILE *f, const struct plant *p, bool site)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_devices; i++) {
		const struct device *d = &p->devices[i];

		if ((d->system == SITE) != site)
			continue;
		if (n++ == 0)
			fprintf(f, site ? "facility:\n" : "overrides:\n");
		if (site)
			fprintf(f, "  - {name: \"%s\", ", d->kind);
		else
			fprintf(f, "  %s: {", d->name);
		write_device(f, p, d);
	}
}

static void
write_arming(FILE *f, const struct plant *p)
{
	if (p->n_arming)
		fprintf(f, "arming:\n");
	for (uint32_t i = 0; i < p->n_arming; i++) {
		fprintf(f, "  - {device: %s, by: ", p->devices[p->arming[i].device].name);
		quoted(f, p->arming[i].by);
		fprintf(f, ", why: ");
		quoted(f, p->arming[i].why);
		fprintf(f, "}\n");
	}
}

static void
write_alarms(FILE *f, const struct plant *p)
{
	if (p->n_alarm_records)
		fprintf(f, "alarms:\n");
	for (uint32_t i = 0; i < p->n_alarm_records; i++) {
		const struct alarm_record *a = &p->alarm_records[i];

		fprintf(f,
			"  %s: {enabled: %s, on_delay_s: %.17g, off_delay_s: %.17g, priority: %s, "
			"page: %s",
			a->id, a->enabled ? "yes" : "no", a->on_delay_s, a->off_delay_s,
			alarm_priority_name(a->priority), a->page ? "yes" : "no");
		if (a->type == ALARM_HI || a->type == ALARM_LO)
			fprintf(f, ", limit: %.17g, deadband: %.17g", a->limit, a->deadband);
		fprintf(f, "}\n");
	}
}

static void
write_rooms(FILE *f, const struct plant *p)
{
	const struct plant_paging *g = &p->paging;
	const struct plant_broker *b = &p->broker;

	fprintf(f, "history: %s\npaging: {hook: ", p->history == HISTORY_SHORT ? "short" : "full");
	quoted(f, g->hook);
	fprintf(f, ", timeout_s: %.17g, parallel: %d, tries: %d, retry_s: %.17g}\n", g->timeout_s,
		g->parallel, g->tries, g->retry_s);
	fprintf(f, "broker: {port: %u, group: \"%s\", node: \"%s\"", b->port, b->group, b->node);
	if (*b->host)
		fprintf(f, ", host: \"%s\"", b->host);
	if (*b->user) {
		fprintf(f, ", user: ");
		quoted(f, b->user);
	}
	fprintf(f, "}\n");
}

int
plant_write_resolved(const struct plant *p, const char *path)
{
	struct text_locale locale = text_locale_begin();
	char tmp[PATH_MAX];
	FILE *f = NULL;
	int n = snprintf(tmp, sizeof(tmp), "%s.tmp", path), rc = 0;

	if (n < 0 || (size_t)n >= sizeof(tmp)) {
		rc = -ENAMETOOLONG;
		goto out;
	}
	/* a reader sees the old file or the new one, never half of it */
	f = fopen(tmp, "we");
	if (!f) {
		rc = -errno;
		goto out;
	}
	write_top(f, p);
	write_systems(f, p);
	write_lines(f, p);
	write_devices(f, p, false);
	write_devices(f, p, true);
	write_arming(f, p);
	write_rooms(f, p);
	write_alarms(f, p);
	if (ferror(f))
		rc = -EIO;
	if (fclose(f) && !rc)
		rc = -errno;
	if (!rc && rename(tmp, path))
		rc = -errno;
	if (rc)
		unlink(tmp);
out:
	text_locale_end(locale);
	return rc;
}
