package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// nestedSQL makes a write as a client in SQL would: row by row, each with a statement, first those that a row refers to,
// then the row, then those that refer to it.
type nestedSQL struct {
	*nestedWrite
	ctx context.Context
	tx  pgx.Tx
}

// errNeeded is the error of a row that was left out although others refer to it.
var errNeeded = errors.New("a row is needed that was left out")

// inSQL makes the write in a transaction of the role.
func (n *nestedWrite) inSQL(ctx context.Context, db *pgx.Conn) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, "set local role visitor"); err != nil {
		return err
	}
	s := &nestedSQL{n, ctx, tx}
	for _, row := range n.rows {
		if key, err := s.row(row, map[string]string{}); err != nil {
			return err
		} else if key == nil && !n.minimal {
			return errNeeded
		}
	}
	return tx.Commit(ctx)
}

// row writes a row and those related to it. set are the values of further columns, in SQL. It returns the key, or nil if
// the row was left out.
func (s *nestedSQL) row(row *nestedRow, set map[string]string) (key []string, err error) {
	for _, g := range row.groups {
		if g.toOne() {
			if err := s.refer(g, set); err != nil {
				return nil, err
			}
		}
	}
	key, err = s.own(row, set)
	if err != nil {
		return nil, err
	}
	for _, g := range row.groups {
		switch {
		case g.toOne():
		case key == nil:
			return nil, errNeeded
		case g.junction != nil:
			err = s.join(g, key)
		default:
			err = s.attach(g, key)
		}
		if err != nil {
			return nil, err
		}
	}
	return key, nil
}

// refer writes the row to which a row refers, and sets the columns by which it does.
func (s *nestedSQL) refer(g *nestedGroup, set map[string]string) error {
	key := slices.Repeat([]string{"null"}, len(g.ref.columns))
	if !g.null {
		other, err := s.other(g.rows[0], map[string]string{})
		if err != nil {
			return err
		}
		for i := range other {
			key[i] = quoted(other[i])
		}
	}
	for i, column := range g.ref.columns {
		set[column] = key[i]
	}
	return nil
}

// other is as row, for one that must not be left out.
func (s *nestedSQL) other(row *nestedRow, set map[string]string) (key []string, err error) {
	if key, err = s.row(row, set); err == nil && key == nil {
		err = errNeeded
	}
	return key, err
}

// attach writes the rows that refer to a row with a key.
func (s *nestedSQL) attach(g *nestedGroup, key []string) error {
	set := map[string]string{}
	var where, labels []string
	for i, column := range g.ref.columns {
		set[column] = quoted(key[i])
		where = append(where, column+" = "+quoted(key[i]))
	}
	for _, row := range g.rows {
		labels = append(labels, quoted(row.label))
	}
	if g.removes() {
		sql := fmt.Sprintf("delete from api.%s where %s and label not in (%s)", g.table.name, strings.Join(where, " and "), strings.Join(append(labels, "''"), ", "))
		if _, err := s.tx.Exec(s.ctx, sql); err != nil {
			return err
		}
	}
	for _, row := range g.rows {
		values := map[string]string{}
		for column, value := range set {
			values[column] = value
		}
		if _, err := s.row(row, values); err != nil {
			return err
		}
	}
	return nil
}

// join writes the rows that a junction connects with a row.
func (s *nestedSQL) join(g *nestedGroup, key []string) error {
	var joined []string
	for _, row := range g.rows {
		other, err := s.other(row, map[string]string{})
		if err != nil {
			return err
		}
		joined = append(joined, "("+strings.Join(quotedAll(slices.Concat(key, other)), ", ")+")")
	}
	j := g.junction
	columns := strings.Join(slices.Concat(j.aCols, j.bCol), ", ")
	if g.mode.replaces() && !g.null {
		sql := fmt.Sprintf("delete from api.%s where (%s) = (%s)", j.name, strings.Join(j.aCols, ", "), strings.Join(quotedAll(key), ", "))
		if len(joined) > 0 {
			sql += fmt.Sprintf(" and (%s) not in (%s)", columns, strings.Join(joined, ", "))
		}
		if _, err := s.tx.Exec(s.ctx, sql); err != nil {
			return err
		}
	}
	for _, values := range joined {
		sql := fmt.Sprintf("insert into api.%s (%s) values %s", j.name, columns, values)
		if g.mode != modeAdd {
			sql += " on conflict do nothing"
		}
		if _, err := s.tx.Exec(s.ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// own writes a row without those related to it, or finds the one that is connected.
func (s *nestedSQL) own(row *nestedRow, set map[string]string) (key []string, err error) {
	t := row.place.table
	if row.place.mode.links() {
		return s.link(row, set)
	}
	set["v"] = fmt.Sprint(row.v)
	if row == s.rows[0] && s.method == "PATCH" {
		return s.one(fmt.Sprintf("update api.%s set %s where label = %s", t.name, assignments(set), quoted(s.found)), t)
	}
	set["label"] = quoted(row.label)
	unique := "label"
	if row == s.rows[0] && s.method == "PUT" {
		unique = strings.Join(t.key, ", ")
		for i, column := range t.key {
			set[column] = quoted(s.key[i])
		}
	}
	var names, values []string
	for _, name := range sortedKeys(set) {
		names, values = append(names, name), append(values, set[name])
	}
	sql := fmt.Sprintf("insert into api.%s (%s) values (%s)", t.name, strings.Join(names, ", "), strings.Join(values, ", "))
	if unique != "label" || row.place.mode.merges() {
		sql += " on conflict (" + unique + ") do update set " + assignments(set)
	}
	key, err = s.one(sql, t)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return key, err
}

// link finds a row, and makes it refer to the one above if set says so.
func (s *nestedSQL) link(row *nestedRow, set map[string]string) (key []string, err error) {
	t := row.place.table
	key, err = s.one(fmt.Sprintf("select array[%s::text] from api.%s where label = %s", strings.Join(t.key, "::text, "), t.name, quoted(row.label)), nil)
	if err == nil && len(set) > 0 {
		_, err = s.one(fmt.Sprintf("update api.%s set %s where label = %s", t.name, assignments(set), quoted(row.label)), t)
	}
	return key, err
}

// one executes a statement that returns one key, that of a row of t which it writes, and returns it.
func (s *nestedSQL) one(sql string, t *nestedTable) (key []string, err error) {
	if t != nil {
		sql += " returning array[" + strings.Join(t.key, "::text, ") + "::text]"
	}
	err = s.tx.QueryRow(s.ctx, sql).Scan(&key)
	return key, err
}

// assignments returns what sets columns to values.
func assignments(set map[string]string) string {
	var all []string
	for _, name := range sortedKeys(set) {
		all = append(all, name+" = "+set[name])
	}
	return strings.Join(all, ", ")
}

func sortedKeys(of map[string]string) (keys []string) {
	for k := range of {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func quotedAll(texts []string) (all []string) {
	for _, text := range texts {
		all = append(all, quoted(text))
	}
	return all
}
