/* SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/report.h"

int
config_file_read(const char *path, char **text, size_t *len, struct config_report *report)
{
	/* O_NONBLOCK: a pipe in place of a file must not hang the reader */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = 0;
	struct stat st;
	ssize_t got = 0;
	char *buf = NULL;

	if (fd < 0 || fstat(fd, &st)) {
		rc = -errno;
		config_report_at(report, path, 0, "", "can't be read: %s", strerror(-rc));
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)YDOC_FILE_MAX) {
		rc = S_ISREG(st.st_mode) ? -EFBIG : -EINVAL;
		config_report_at(
			report, path, 0, "", "is %s (allowed: a regular file of up to %u bytes)",
			S_ISREG(st.st_mode) ? "too large" : "no regular file", YDOC_FILE_MAX);
		goto out;
	}
	buf = malloc((size_t)st.st_size + 1);
	*len = 0;
	while (buf && *len < (size_t)st.st_size &&
	       (got = read(fd, buf + *len, (size_t)st.st_size - *len)) > 0)
		*len += (size_t)got;
	if (!buf || got < 0) {
		rc = buf ? -errno : -ENOMEM;
		config_report_at(report, path, 0, "", "can't be read: %s", strerror(-rc));
		goto out;
	}
	buf[*len] = '\0';
	*text = buf;
	buf = NULL;
out:
	free(buf);
	if (fd >= 0)
		close(fd);
	return rc;
}

static uint32_t
line_of_offset(const char *text, size_t len, size_t offset)
{
	uint32_t line = 1;

	for (size_t i = 0; i < len && i < offset; i++)
		line += text[i] == '\n';
	return line;
}

static void
report_parser(const yaml_parser_t *p, const char *text, size_t len, const char *file,
	      struct config_report *report)
{
	const char *what = p->problem ? p->problem : "out of memory";

	if (p->error == YAML_READER_ERROR)
		config_report_at(
			report, file, line_of_offset(text, len, p->problem_offset), "",
			"not YAML: %s (byte %zu; allowed: UTF-8 without control characters)", what,
			p->problem_offset);
	else
		config_report_at(report, file, (uint32_t)p->problem_mark.line + 1, "",
				 "not YAML: %s (column %zu)%s%s", what, p->problem_mark.column + 1,
				 p->context ? ", " : "", p->context ? p->context : "");
}

/* Nothing that we read needs half as many; the parser takes the square of them. */
#define DEPTH_MAX 32

struct refusals {
	const char *file;
	struct config_report *report;
	int documents, aliases, depth;
	bool after_merge; /* the alias of a merge key is part of the same error */
};

static void
refuse(struct refusals *s, const yaml_event_t *e, const char *sign, const yaml_char_t *name,
       const char *kind)
{
	config_report_at(s->report, s->file, (uint32_t)e->start_mark.line + 1, "",
			 "%s%.40s: %s are not allowed (write the value where it belongs)", sign,
			 name ? (const char *)name : "", kind);
}

static void
look_at_event(struct refusals *s, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	bool merge = false;

	if (e->type == YAML_SEQUENCE_START_EVENT || e->type == YAML_MAPPING_START_EVENT)
		s->depth++;
	else if (e->type == YAML_SEQUENCE_END_EVENT || e->type == YAML_MAPPING_END_EVENT)
		s->depth--;
	if (e->type == YAML_DOCUMENT_START_EVENT) {
		if (++s->documents == 2)
			refuse(s, e, "---", NULL, "several documents in a file");
	} else if (e->type == YAML_ALIAS_EVENT) {
		s->aliases++;
		if (!s->after_merge)
			refuse(s, e, "*", e->data.alias.anchor, "aliases");
	} else if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		merge = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
			!strcmp((const char *)e->data.scalar.value, "<<");
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor) {
		s->aliases++; /* twice the same: the composer's error, said already */
		refuse(s, e, "&", anchor, "anchors");
	}
	if (tag)
		refuse(s, e, "", tag, "tags");
	if (merge)
		refuse(s, e, "<<", NULL, "merge keys");
	s->after_merge = merge;
}

/* All events once, for what the document no longer shows. False: a syntax error, reported. */
static bool
scan_events(struct refusals *s, const char *text, size_t len)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool good = true, end = false;

	if (!yaml_parser_initialize(&parser)) {
		config_report_at(s->report, s->file, 0, "", "out of memory");
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (!end) {
		if (!yaml_parser_parse(&parser, &event)) {
			report_parser(&parser, text, len, s->file, s->report);
			good = false;
			break;
		}
		look_at_event(s, &event);
		if (s->depth > DEPTH_MAX) {
			config_report_at(s->report, s->file, (uint32_t)event.start_mark.line + 1,
					 "", "is nested too deep (allowed: %d levels)", DEPTH_MAX);
			good = false;
		}
		end = !good || event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return good;
}

int
ydoc_parse(struct ydoc *out, const char *text, size_t len, const char *file,
	   struct config_report *report)
{
	struct refusals s = {.file = file, .report = report};
	yaml_parser_t parser;

	memset(out, 0, sizeof(*out));
	snprintf(out->file, sizeof(out->file), "%s", file);
	if (!scan_events(&s, text, len))
		return -EINVAL;
	if (!yaml_parser_initialize(&parser)) {
		config_report_at(report, file, 0, "", "out of memory");
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	out->open = yaml_parser_load(&parser, &out->doc) != 0;
	if (!out->open && !s.aliases)
		report_parser(&parser, text, len, file, report);
	yaml_parser_delete(&parser);
	if (!out->open)
		return -EINVAL;
	out->root = yaml_document_get_root_node(&out->doc);
	if (!out->root) {
		config_report_at(report, file, 1, "", "is empty (allowed: a mapping)");
		ydoc_close(out);
		return -EINVAL;
	}
	return 0;
}

int
ydoc_load(struct ydoc *out, const char *path, struct config_report *report)
{
	char *text = NULL;
	size_t len = 0;
	int rc = config_file_read(path, &text, &len, report);

	memset(out, 0, sizeof(*out));
	if (!rc)
		rc = ydoc_parse(out, text, len, path, report);
	free(text);
	return rc;
}

void
ydoc_close(struct ydoc *d)
{
	if (d->open)
		yaml_document_delete(&d->doc);
	d->open = false;
	d->root = NULL;
}

yaml_node_t *
ydoc_node(const struct ydoc *d, int id)
{
	return id >= 1 && id <= d->doc.nodes.top - d->doc.nodes.start ? d->doc.nodes.start + id - 1
								      : NULL;
}

uint32_t
ydoc_line(const yaml_node_t *node)
{
	return (uint32_t)node->start_mark.line + 1;
}

const char *
ydoc_scalar(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}
