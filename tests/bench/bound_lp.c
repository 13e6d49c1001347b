/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bound_lp.h"

#include <coin/Clp_C_Interface.h>
#include <errno.h>
#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A vector of doubles or ints that doubles when it is full. */
struct grown {
	void *data;
	size_t n, room, size;
};

struct lp {
	Clp_Simplex *clp;
	struct grown lower, upper, cost;                        /* of columns */
	struct grown row_lower, row_upper, start, index, value; /* of rows that CLP has not yet */
	const int *column_state, *row_state;                    /* NULL: from nothing */
	size_t n_rows;
	bool loaded;
};

static int
push(struct grown *g, const void *item)
{
	if (g->n == g->room) {
		size_t room = g->room ? 2 * g->room : 64;
		void *data = realloc(g->data, room * g->size);

		if (!data)
			return -ENOMEM;
		g->data = data;
		g->room = room;
	}
	memcpy((char *)g->data + g->n++ * g->size, item, g->size);
	return 0;
}

static int
push_number(struct grown *g, double x)
{
	x = isinf(x) ? (x > 0.0 ? DBL_MAX : -DBL_MAX) : x;
	return push(g, &x);
}

static int
push_index(struct grown *g, size_t i)
{
	CoinBigIndex at = (CoinBigIndex)i;

	return push(g, &at);
}

int
lp_open(struct lp **out)
{
	struct lp *lp = calloc(1, sizeof(*lp));

	*out = lp;
	if (!lp)
		return -ENOMEM;
	lp->clp = Clp_newModel();
	if (!lp->clp) {
		free(lp);
		*out = NULL;
		return -ENOMEM;
	}
	Clp_setLogLevel(lp->clp, 0);
	/* By its own scaling it calls "optimal" what is not, unscaled: secondary status 3. */
	Clp_scaling(lp->clp, 0);
	lp->lower.size = lp->upper.size = lp->cost.size = sizeof(double);
	lp->row_lower.size = lp->row_upper.size = lp->value.size = sizeof(double);
	lp->start.size = sizeof(CoinBigIndex);
	lp->index.size = sizeof(int);
	return 0;
}

void
lp_close(struct lp *lp)
{
	if (!lp)
		return;
	Clp_deleteModel(lp->clp);
	free(lp->lower.data);
	free(lp->upper.data);
	free(lp->cost.data);
	free(lp->row_lower.data);
	free(lp->row_upper.data);
	free(lp->start.data);
	free(lp->index.data);
	free(lp->value.data);
	free(lp);
}

int
lp_column(struct lp *lp, double lower, double upper, double cost)
{
	if (push_number(&lp->lower, lower) < 0 || push_number(&lp->upper, upper) < 0 ||
	    push_number(&lp->cost, cost) < 0)
		return -ENOMEM;
	return (int)lp->cost.n - 1;
}

int
lp_row(struct lp *lp, double lower, double upper, int n, const int *column, const double *value)
{
	if (push_index(&lp->start, lp->index.n) < 0 || push_number(&lp->row_lower, lower) < 0 ||
	    push_number(&lp->row_upper, upper) < 0)
		return -ENOMEM;
	for (int k = 0; k < n; k++)
		if (push(&lp->index, &column[k]) < 0 || push_number(&lp->value, value[k]) < 0)
			return -ENOMEM;
	return (int)lp->n_rows++;
}

static int
load(struct lp *lp)
{
	CoinBigIndex *none = calloc(lp->cost.n + 1, sizeof(*none));

	if (!none)
		return -ENOMEM;
	Clp_loadProblem(lp->clp, (int)lp->cost.n, 0, none, NULL, NULL, lp->lower.data,
			lp->upper.data, lp->cost.data, NULL, NULL);
	free(none);
	lp->loaded = true;
	return 0;
}

int
lp_solve(struct lp *lp)
{
	bool first = !lp->loaded;
	int rc = first ? load(lp) : 0;

	if (rc == 0 && lp->row_lower.n > 0)
		rc = push_index(&lp->start, lp->index.n);
	if (rc < 0)
		return rc;
	if (lp->row_lower.n > 0)
		Clp_addRows(lp->clp, (int)lp->row_lower.n, lp->row_lower.data, lp->row_upper.data,
			    lp->start.data, lp->index.data, lp->value.data);
	lp->row_lower.n = lp->row_upper.n = lp->start.n = lp->index.n = lp->value.n = 0;
	for (size_t i = 0; first && lp->column_state && i < lp->cost.n; i++)
		Clp_setColumnStatus(lp->clp, (int)i, lp->column_state[i]);
	for (size_t i = 0; first && lp->column_state && i < lp->n_rows; i++)
		Clp_setRowStatus(lp->clp, (int)i, lp->row_state[i]);
	if (first && !lp->column_state)
		Clp_initialSolve(lp->clp);
	else
		Clp_dual(lp->clp, 0);
	if (Clp_status(lp->clp) != 0 || Clp_secondaryStatus(lp->clp) != 0)
		Clp_primal(lp->clp, 0);
	return Clp_status(lp->clp) == 0 && Clp_secondaryStatus(lp->clp) == 0 ? 0 : -EDOM;
}

double
lp_value(const struct lp *lp, int column)
{
	return Clp_primalColumnSolution(lp->clp)[column];
}

int
lp_column_state(const struct lp *lp, int column)
{
	return Clp_getColumnStatus(lp->clp, column);
}

int
lp_row_state(const struct lp *lp, int row)
{
	return Clp_getRowStatus(lp->clp, row);
}

void
lp_start_from(struct lp *lp, const int *column_state, const int *row_state)
{
	lp->column_state = column_state;
	lp->row_state = row_state;
}
