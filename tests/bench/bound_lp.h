/* SPDX-License-Identifier: Apache-2.0 */
/* A linear program that grows by rows and is solved again from where it was: CLP through its C
 * interface. Minimises. All memory is the program's. */
#ifndef ISOTHERM_TESTS_BENCH_BOUND_LP_H
#define ISOTHERM_TESTS_BENCH_BOUND_LP_H

#include <math.h>

#define LP_FREE ((double)INFINITY)

struct lp;

int lp_open(struct lp **out); /* 0 or -ENOMEM */
void lp_close(struct lp *lp);
/* Before the first solve; returns the column's index, or -ENOMEM. */
int lp_column(struct lp *lp, double lower, double upper, double cost);
/* lower <= sum value[k] x[column[k]] <= upper; at any time. Returns the row's index, or -ENOMEM. */
int lp_row(struct lp *lp, double lower, double upper, int n, const int *column,
	   const double *value);
/* 0; -EDOM: infeasible, without bound, or not solved. */
int lp_solve(struct lp *lp);
double lp_value(const struct lp *lp, int column); /* after lp_solve */

/* Where a solution stands, for the first solve of another program with the same columns: opaque. */
int lp_column_state(const struct lp *lp, int column);
int lp_row_state(const struct lp *lp, int row);
/* Before the first solve, of every column and of every row that is there. Kept until then. */
void lp_start_from(struct lp *lp, const int *column_state, const int *row_state);

#endif
