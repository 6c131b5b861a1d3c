package pgsql

import "trunkline/planner"

// Answers in lines have one row per line, because PostgreSQL cannot create a value of more than a gigabyte, and so that
// lines can be sent while further ones are computed. The columns before the body are needed first, in one of two ways.
//
// If the rows are counted first, PostgreSQL stores them, on disk if there are many. The count and the other aggregates
// are the first row of a union:
//
//	WITH pgrst_rows AS (…) SELECT role, total, count(*), …, CSV header FROM pgrst_rows
//	UNION ALL SELECT NULL, NULL, NULL, …, line FROM pgrst_rows
//
// Otherwise every row repeats the columns, and an outer join guarantees at least one row. Its left side has one row, so
// that PostgreSQL neither sorts nor stores the right side. The columns must be computed after the first line, because
// functions may have set headers or a status of the answer by then.
//
//	SELECT role, total, NULL, …, pgrst_line FROM (SELECT) pgrst_head LEFT JOIN (SELECT line AS pgrst_line FROM (…)) ON true

// linesOf returns how the answer consists of lines, if it does.
func linesOf(p *planner.Plan) Rows {
	switch p.Body.Kind {
	case planner.BodyCSV:
		return TextLines
	case planner.BodyLines:
		return JSONLines
	default:
		return OneRow
	}
}

// uncounted reports whether the rows are sent as they arrive.
func uncounted(p *planner.Plan) bool { return p.Uncounted && p.Body.Kind == planner.BodyLines }

// line writes the expression that converts a row to a line.
//
// A line of JSON is the same as an element of json_agg. A line of CSV (RFC 4180) is the row's text form without its
// parentheses: values are quoted there as in CSV, but backslashes are doubled. A row with a single column that is NULL
// would be an empty line, which readers of CSV skip.
func (w *writer) line(p *planner.Plan) {
	if p.Body.Kind == planner.BodyCSV {
		w.text(`coalesce(nullif(pg_catalog.replace(pg_catalog.left(pg_catalog.right(` + rows +
			`.*::pg_catalog.text, -1), -1), E'\\\\', E'\\'), ''), '""')`)
		return
	}
	if w.form == joinedText {
		w.rowText(rows, p.Read)
		return
	}
	if p.Body.StripNulls {
		w.text("pg_catalog.json_strip_nulls(")
	}
	if isScalar(p, false) {
		w.text("coalesce(pg_catalog.to_json(" + rows + ".pgrst_scalar), 'null')")
	} else {
		w.text("pg_catalog.row_to_json(" + rows + ".*)")
	}
	if p.Body.StripNulls {
		w.text(")")
	}
}

// csvHeader writes the header line, from the keys of a row of NULLs that an outer join creates, so that it does not
// need a row. If there are no rows, it includes a line break, because no other line follows.
func (w *writer) csvHeader() {
	w.text(`(SELECT coalesce(pg_catalog.string_agg(CASE WHEN k OPERATOR(pg_catalog.~) E'[",\r\n]' ` +
		`THEN '"' OPERATOR(pg_catalog.||) pg_catalog.replace(k, '"', '""') OPERATOR(pg_catalog.||) '"' ELSE k END, ','), '') FROM ` +
		`(SELECT pg_catalog.json_object_keys(pg_catalog.row_to_json(h.*)) AS k FROM (SELECT f.* FROM (SELECT) n ` +
		`LEFT JOIN ` + rows + ` f ON false) h) k) ` +
		`OPERATOR(pg_catalog.||) CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.=) 0 THEN E'\n' ELSE '' END`)
}

// linesHead writes the body of the first row, which is empty if each line has its own row.
func (w *writer) linesHead(p *planner.Plan) {
	if uncounted(p) {
		w.text("pgrst_line")
		return
	}
	w.text("NULL")
}

// furtherRows writes the rows after the one that has counted them.
func (w *writer) furtherRows(p *planner.Plan) {
	if !countedLines(p) {
		return
	}
	w.text(" UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, ")
	if p.Explained() == nil { // whose statement has no column for the role
		w.text("NULL, ")
	}
	w.line(p)
	w.text(" FROM " + rows)
}

// fromLines writes FROM with the lines of rows that are not counted.
func (w *writer) fromLines(p *planner.Plan) {
	w.text(" FROM (SELECT) pgrst_head LEFT JOIN (SELECT ")
	w.line(p)
	w.text(" AS pgrst_line FROM (")
	w.read(p.Read, p)
	w.text(") " + rows + ") pgrst_lines ON true")
}
