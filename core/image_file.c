/* SPDX-License-Identifier: Apache-2.0 */
/* Regions as files of the run folder: one owner, who makes them anew at each start, and readers who
 * check before they trust. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/image_region.h"

static int
path_set(struct image *img, const char *run_dir, const char *name, struct errtext *err)
{
	int n = snprintf(img->path, sizeof(img->path), "%s/%s", run_dir, name);

	if (n < 0 || (size_t)n >= sizeof(img->path))
		return errtext_set(err, -ENAMETOOLONG, "%s/%s: path too long", run_dir, name);
	return 0;
}

static int
image_map(struct image *img, int fd, int protection, struct errtext *err)
{
	/* Populated at once: a page fault later would be paid inside a control period. */
	void *region = mmap(NULL, img->size_bytes, protection, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (region == MAP_FAILED)
		return errtext_set(err, -errno, "%s: can't map it: %s", img->path, strerror(errno));
	image_unmap(img);
	image_bind(img, region);
	img->mapped = true;
	return 0;
}

/* --- writer --- */

static long
lock_owner(int fd)
{
	char text[24] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atol(text) : 0;
}

/* Take NAME.lock for as long as we live. The file is never removed or replaced: two processes that
 * lock it lock the same thing. */
static int
lock_take(struct image *img, struct errtext *err)
{
	char path[sizeof(img->path) + sizeof(".lock")], text[24];

	snprintf(path, sizeof(path), "%s.lock", img->path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	img->lock_fd = fd;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			return errtext_set(err, -EBUSY, "%s belongs to process %ld", img->path,
					   lock_owner(fd));
		return errtext_set(err, -errno, "%s: can't lock it: %s", path, strerror(errno));
	}
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
		return errtext_set(err, -EIO, "%s: can't write our pid", path);
	return 0;
}

/* A region under NAME.tmp, filled, then renamed over NAME: readers of the old one keep it whole. */
static int
region_make(struct image *img, int64_t now_ns, struct errtext *err)
{
	char path[sizeof(img->path) + sizeof(".tmp")];
	int rc;

	snprintf(path, sizeof(path), "%s.tmp", img->path);
	unlink(path); /* of a writer that died at this point; ours, since we hold the lock */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return errtext_set(err, -errno, "%s: %s", path, strerror(errno));
	/* Storage now, or a full tmpfs would kill us by SIGBUS at the first store. */
	rc = -posix_fallocate(fd, 0, (off_t)img->size_bytes);
	if (rc) {
		errtext_set(err, rc, "%s: %zu bytes: %s", path, img->size_bytes, strerror(-rc));
		goto out;
	}
	rc = image_map(img, fd, PROT_READ | PROT_WRITE, err);
	if (rc)
		goto out;
	image_fill(img, (int32_t)getpid(), now_ns);
	if (rename(path, img->path))
		rc = errtext_set(err, -errno, "%s: can't rename it: %s", path, strerror(errno));
out:
	if (rc)
		unlink(path);
	close(fd);
	return rc;
}

int
image_create(struct image **out, const char *run_dir, const struct image_layout *layout,
	     int64_t now_ns, struct errtext *err)
{
	struct image *img;
	int rc = image_new_writer(&img, layout);
	if (rc)
		return errtext_set(err, rc, "%s: %s", layout->name, strerror(-rc));
	rc = path_set(img, run_dir, layout->name, err);
	if (!rc)
		rc = lock_take(img, err);
	if (!rc)
		rc = region_make(img, now_ns, err);
	if (rc)
		image_close(img);
	else
		*out = img;
	return rc;
}

/* --- reader --- */

/* Everything that must hold before the file is mapped, so that no look at it can go past its end. */
static int
head_check(const struct image *img, const struct region_head *h, off_t file_bytes,
	   struct errtext *err)
{
	const char *path = img->path;

	if (h->magic != REGION_MAGIC)
		return errtext_set(err, -EPROTO, "%s is not a process image", path);
	if (h->layout_version != IMAGE_LAYOUT_VERSION)
		return errtext_set(err, -EPROTO, "%s has layout %u, this program reads %u", path,
				   h->layout_version, IMAGE_LAYOUT_VERSION);
	if (memcmp(h->table_hash, img->table_hash, sizeof(h->table_hash)) != 0)
		return errtext_set(
			err, -EPROTO,
			"%s was made for another point table (process %d): is it another "
			"plant file or build?",
			path, (int)h->pid);
	if (h->n_groups != img->n_groups || h->n_samples != img->first[img->n_groups] ||
	    h->n_events != IMAGE_EVENTS || h->size_bytes != img->size_bytes || h->beat_ns <= 0)
		return errtext_set(err, -EPROTO, "%s is cut into other groups", path);
	if ((uint64_t)file_bytes < img->size_bytes)
		return errtext_set(err, -EPROTO, "%s is cut off: %jd of %zu bytes", path,
				   (intmax_t)file_bytes, img->size_bytes);
	return 0;
}

static int
groups_check(const struct image *img, int fd, struct errtext *err)
{
	off_t at = sizeof(struct region_head);

	for (uint32_t i = 0; i < img->n_groups; i++, at += (off_t)sizeof(struct region_group)) {
		struct region_group g;

		if (pread(fd, &g, sizeof(g), at) != (ssize_t)sizeof(g))
			return errtext_set(err, -EPROTO, "%s is cut off", img->path);
		if (g.first != img->first[i] || g.n != img->first[i + 1] - img->first[i])
			return errtext_set(err, -EPROTO, "%s is cut into other groups", img->path);
	}
	return 0;
}

/* Open, check and map what NAME is now; what was mapped before stays if that fails. */
static int
region_open(struct image *img, struct errtext *err)
{
	struct region_head head;
	struct stat st;
	int rc = 0;

	/* O_NONBLOCK: a fifo of that name must not hold us up */
	int fd = open(img->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errtext_set(err, -errno, "%s: %s", img->path, strerror(errno));
	if (fstat(fd, &st)) {
		rc = errtext_set(err, -errno, "%s: %s", img->path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode) || pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head)) {
		rc = errtext_set(err, -EPROTO, "%s is not a process image", img->path);
		goto out;
	}
	rc = head_check(img, &head, st.st_size, err);
	if (!rc)
		rc = groups_check(img, fd, err);
	if (!rc)
		rc = image_map(img, fd, PROT_READ, err);
	if (rc)
		goto out;
	img->beat_ns = head.beat_ns;
	img->device = st.st_dev;
	img->inode = st.st_ino;
out:
	close(fd);
	return rc;
}

int
image_attach(struct image **out, const char *run_dir, const struct image_layout *layout,
	     struct errtext *err)
{
	struct image *img;
	int rc = image_new(&img, layout);
	if (rc)
		return errtext_set(err, rc, "%s: %s", layout->name, strerror(-rc));
	rc = path_set(img, run_dir, layout->name, err);
	if (!rc)
		rc = region_open(img, err);
	if (rc)
		image_close(img);
	else
		*out = img;
	return rc;
}

int
image_refresh(struct image *img, int64_t now_ns, struct errtext *err)
{
	struct stat st;

	if (img->writer || image_alive(img, now_ns))
		return 0;
	if (stat(img->path, &st)) {
		if (errno == ENOENT)
			return 0; /* no new writer yet */
		return errtext_set(err, -errno, "%s: %s", img->path, strerror(errno));
	}
	/* The mapping keeps the old inode in being: its number can't have been given away. */
	if (st.st_dev == img->device && st.st_ino == img->inode)
		return 0;
	int rc = region_open(img, err);
	return rc ? rc : 1;
}
