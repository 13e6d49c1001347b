/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/hist_rrd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RRD_EXPORT_DEPRECATED /* for the type of the head; none of those functions is called */
#include <rrd.h>

#include "collectors/hist_feed.h"

#define XFF 0.5
#define ARG_SIZE 64
#define ARGS_MAX (RETICLES + HIST_ARCHIVES_MAX + 64)

/* librrd says nothing at all when the disk is full; it does not keep errno either. */
static int
rrd_failed(int rc, const char *path, struct errtext *err)
{
	const char *why = rrd_test_error() ? rrd_get_error() : "";
	bool named = strstr(why, path) != NULL;

	if (strstr(why, "could not lock") != NULL)
		rc = -EAGAIN;
	errtext_set(err, rc, "%s%s%s", named ? "" : path, named ? "" : ": ",
		    *why ? why : "librrd gives no reason (disk full?)");
	rrd_clear_error();
	return rc;
}

/* --- the head --- */

#define SOURCES_MAX 1000
#define RRA_MAX 100

static int
judge_head(const stat_head_t *h, const char *path, struct hist_head *out, struct errtext *err)
{
	if (memcmp(h->cookie, RRD_COOKIE, sizeof(RRD_COOKIE)) != 0 ||
	    memcmp(h->version, RRD_VERSION3, sizeof(RRD_VERSION3)) != 0)
		return errtext_set(err, -EBADMSG, "%s: not an RRD file of version 3", path);
	if (fabs(h->float_cookie / FLOAT_COOKIE - 1) > 1e-12 || isnan(h->float_cookie))
		return errtext_set(err, -EBADMSG, "%s: written on another kind of machine", path);
	out->n_sources = h->ds_cnt;
	out->n_archives = h->rra_cnt;
	out->step_s = h->pdp_step;
	const struct hist_file f = {.n = (uint32_t)h->ds_cnt, .n_archives = 0};
	if (h->ds_cnt == 0 || h->ds_cnt > SOURCES_MAX || h->rra_cnt == 0 || h->rra_cnt > RRA_MAX ||
	    out->size < hist_file_bytes(&f) + h->rra_cnt * (128 + 80 * h->ds_cnt))
		return errtext_set(err, -EBADMSG, "%s: its head is damaged or cut off", path);
	return 0;
}

/* A name of anything else must not be opened: a FIFO would wait for its other end. */
int
hist_rrd_head(const char *path, struct hist_head *out, struct errtext *err)
{
	stat_head_t head;
	struct stat st;
	int rc;

	*out = (struct hist_head){0};
	if (lstat(path, &st) != 0)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return errtext_set(err, -EBADMSG, "%s: not a plain file", path);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	out->size = (uint64_t)st.st_size;
	ssize_t n = pread(fd, &head, sizeof(head), 0);
	if (n < 0)
		rc = errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	else if ((size_t)n < sizeof(head))
		rc = errtext_set(err, -EBADMSG, "%s: cut off", path);
	else
		rc = judge_head(&head, path, out, err);
	close(fd);
	return rc;
}

static int
head_fits(const char *path, const struct hist_file *file, struct hist_head *head,
	  struct errtext *err)
{
	int rc = hist_rrd_head(path, head, err);

	if (rc != 0)
		return rc;
	if (head->n_sources != file->n || head->n_archives != file->n_archives)
		return errtext_set(err, -EBADMSG,
				   "%s: %" PRIu64 " sources in %" PRIu64 " archives instead of "
				   "%" PRIu32 " in %" PRIu32,
				   path, head->n_sources, head->n_archives, file->n,
				   file->n_archives);
	if (head->step_s != HIST_STEP_S)
		return errtext_set(err, -EBADMSG, "%s: step %" PRIu64 " s instead of %d s", path,
				   head->step_s, HIST_STEP_S);
	return 0;
}

/* --- create --- */

static int
make_arguments(const struct hist_file *file, const struct hist_column *columns,
	       char (*text)[ARG_SIZE], const char **argv)
{
	int n = 0;

	if (file->n + file->n_archives > ARGS_MAX)
		return -E2BIG;
	for (uint32_t i = 0; i < file->n; i++, n++)
		snprintf(text[n], ARG_SIZE, "DS:%s:GAUGE:%d:U:U", columns[i].ds, HIST_HEARTBEAT_S);
	for (uint32_t i = 0; i < file->n_archives; i++, n++)
		snprintf(text[n], ARG_SIZE, "RRA:%s:%.1f:%" PRIu32 ":%" PRIu32,
			 hist_cf_name(file->archives[i].cf), XFF,
			 file->archives[i].row_s / HIST_STEP_S, file->archives[i].rows);
	for (int i = 0; i < n; i++)
		argv[i] = text[i];
	return n;
}

int
hist_rrd_create(const char *path, const struct hist_file *file, const struct hist_column *columns,
		int64_t last_s, struct errtext *err)
{
	char text[ARGS_MAX][ARG_SIZE];
	const char *argv[ARGS_MAX];
	int argc = make_arguments(file, columns, text, argv);
	struct stat st;

	if (argc < 0)
		return errtext_set(err, argc, "%s: too many points for one file", path);
	rrd_clear_error();
	if (rrd_create_r(path, HIST_STEP_S, (time_t)last_s, argc, argv) != 0)
		return rrd_failed(rrd_test_error() ? -EIO : -ENOSPC, path, err);
	if (stat(path, &st) != 0 || (uint64_t)st.st_size < hist_file_bytes(file))
		return errtext_set(err, -ENOSPC, "%s: written short (disk full?)", path);
	return 0;
}

/* --- check --- */

struct look {
	const struct hist_file *file;
	const struct hist_column *columns;
	uint32_t n_ds, n_rra; /* seen */
	int64_t last_s;
	uint64_t header;
	uint64_t step;
	const char *wrong; /* key of the first thing that is not as it should be */
};

static bool
count_is(const rrd_info_t *i, uint64_t want)
{
	return i->type == RD_I_CNT && i->value.u_cnt == want;
}

static bool
text_is(const rrd_info_t *i, const char *want)
{
	return i->type == RD_I_STR && strcmp(i->value.u_str, want) == 0;
}

/* "ds[NAME].what" of column `at`. */
static bool
source_fits(const struct look *l, const rrd_info_t *i, const char *what)
{
	if (strcmp(what, "index") == 0)
		return i->type == RD_I_CNT && i->value.u_cnt < l->file->n;
	if (strcmp(what, "type") == 0)
		return text_is(i, "GAUGE");
	if (strcmp(what, "minimal_heartbeat") == 0)
		return count_is(i, HIST_HEARTBEAT_S);
	if (strcmp(what, "min") == 0 || strcmp(what, "max") == 0)
		return i->type == RD_I_VAL && isnan(i->value.u_val);
	if (strcmp(what, "unknown_sec") == 0)
		return i->type == RD_I_CNT && i->value.u_cnt <= HIST_STEP_S;
	return strcmp(what, "last_ds") == 0 || strcmp(what, "value") == 0;
}

static bool
archive_fits(const struct hist_archive *a, const rrd_info_t *i, const char *what)
{
	if (strcmp(what, "cf") == 0)
		return text_is(i, hist_cf_name(a->cf));
	if (strcmp(what, "rows") == 0)
		return count_is(i, a->rows);
	if (strcmp(what, "cur_row") == 0)
		return i->type == RD_I_CNT && i->value.u_cnt < a->rows;
	if (strcmp(what, "pdp_per_row") == 0)
		return count_is(i, a->row_s / HIST_STEP_S);
	if (strcmp(what, "xff") == 0)
		return i->type == RD_I_VAL && fabs(i->value.u_val - XFF) < 1e-12;
	if (strstr(what, "unknown_datapoints") != NULL)
		return i->type == RD_I_CNT && i->value.u_cnt <= a->row_s / HIST_STEP_S;
	return strstr(what, ".value") != NULL;
}

static bool
source_line(struct look *l, const rrd_info_t *i)
{
	char name[HIST_DS_SIZE] = "";
	int end = 0;

	if (sscanf(i->key, "ds[%19[^]]].%n", name, &end) != 1 || end == 0)
		return false;
	if (strcmp(i->key + end, "index") == 0)
		l->n_ds++;
	return l->n_ds > 0 && l->n_ds <= l->file->n &&
	       strcmp(l->columns[l->n_ds - 1].ds, name) == 0 && source_fits(l, i, i->key + end);
}

static bool
archive_line(struct look *l, const rrd_info_t *i)
{
	unsigned at = 0;
	int end = 0;

	if (sscanf(i->key, "rra[%u].%n", &at, &end) != 1 || end == 0 || at >= l->file->n_archives)
		return false;
	if (strcmp(i->key + end, "cf") == 0)
		l->n_rra++;
	return archive_fits(&l->file->archives[at], i, i->key + end);
}

static void
look_at(struct look *l, const rrd_info_t *i)
{
	bool fits = true;

	if (strcmp(i->key, "step") == 0)
		fits = count_is(i, HIST_STEP_S);
	else if (strcmp(i->key, "last_update") == 0) {
		l->last_s = i->type == RD_I_CNT ? (int64_t)i->value.u_cnt : 0;
		fits = l->last_s >= HIST_CLOCK_FLOOR_S;
	} else if (strcmp(i->key, "header_size") == 0)
		l->header = i->value.u_cnt;
	else if (strncmp(i->key, "ds[", 3) == 0)
		fits = source_line(l, i);
	else if (strncmp(i->key, "rra[", 4) == 0)
		fits = archive_line(l, i);
	if (!fits && l->wrong == NULL)
		l->wrong = i->key;
}

static int
judge(const struct look *l, const char *path, uint64_t size, struct errtext *err)
{
	uint64_t rows = 0;

	for (uint32_t i = 0; i < l->file->n_archives; i++)
		rows += l->file->archives[i].rows;
	if (l->wrong != NULL)
		return errtext_set(err, -EBADMSG, "%s: %s is not as it should be", path, l->wrong);
	if (l->n_ds != l->file->n || l->n_rra != l->file->n_archives)
		return errtext_set(err, -EBADMSG, "%s: sources or archives are missing", path);
	if (size != l->header + rows * l->file->n * sizeof(double))
		return errtext_set(err, -EBADMSG, "%s: %" PRIu64 " bytes long instead of %" PRIu64,
				   path, size, l->header + rows * l->file->n * sizeof(double));
	return 0;
}

/* librrd could not look, which says nothing about the file. */
static bool
system_failed(void)
{
	const char *why = rrd_test_error() ? rrd_get_error() : "";

	return strstr(why, "opening") != NULL || strstr(why, "mmap") != NULL ||
	       strstr(why, "alloc") != NULL;
}

int
hist_rrd_check(const char *path, const struct hist_file *file, const struct hist_column *columns,
	       int64_t *last_s, struct errtext *err)
{
	struct look look = {.file = file, .columns = columns};
	struct hist_head head;
	int rc = head_fits(path, file, &head, err);

	if (rc != 0)
		return rc;
	if (access(path, W_OK) != 0)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	rrd_clear_error();
	rrd_info_t *info = rrd_info_r(path);
	if (info == NULL)
		return rrd_failed(system_failed() ? -EIO : -EBADMSG, path, err);
	for (const rrd_info_t *i = info; i != NULL; i = i->next)
		look_at(&look, i);
	rc = judge(&look, path, head.size, err);
	rrd_info_free(info);
	rrd_clear_error();
	*last_s = look.last_s;
	return rc;
}

/* --- update --- */

int
hist_rrd_update(const char *path, const struct hist_file *file, const char *row,
		struct errtext *err)
{
	const char *argv[1] = {row};
	struct hist_head head;
	int rc = head_fits(path, file, &head, err);

	if (rc != 0)
		return rc;
	rrd_clear_error();
	return rrd_update_r(path, NULL, 1, argv) == 0 ? 0 : rrd_failed(-EIO, path, err);
}
