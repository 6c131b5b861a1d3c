package floor

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"trunkline/bench/proxy"
)

// Main returns the main statements of each sample: those that name something in the served schema. A server's other
// statements, which set a role or clean a connection, name nothing in it.
func Main(samples [][]proxy.Statement, schema string) ([][]proxy.Statement, error) {
	name := `"` + strings.ReplaceAll(schema, `"`, `""`) + `".`
	all := make([][]proxy.Statement, len(samples))
	for i, statements := range samples {
		for _, s := range statements {
			if strings.Contains(s.SQL, name) {
				all[i] = append(all[i], s)
			}
		}
		if len(all[i]) == 0 {
			return nil, errors.New("no statement names the schema " + schema)
		}
	}
	return all, nil
}

// variables maps the values of parameters to their names in the scripts.
type variables map[string]string

// name returns a value's variable. Equal values share one.
func (v variables) name(value string) string {
	if name, ok := v[value]; ok {
		return name
	}
	name := "v" + strconv.Itoa(len(v)+1)
	v[value] = name
	return name
}

// maxArgument is the longest argument that Linux passes to a program (MAX_ARG_STRLEN), less some space for the name.
const maxArgument = 128<<10 - 64

// arguments returns the pgbench arguments that define the variables.
func (v variables) arguments() ([]string, error) {
	var args []string
	for _, value := range slices.Sorted(maps.Keys(v)) {
		if len(value) > maxArgument {
			return nil, fmt.Errorf("a parameter of %d bytes is too long for pgbench", len(value))
		}
		args = append(args, "-D", v[value]+"="+value)
	}
	return args, nil
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// compose writes a script whose statements take their parameters from variables. pgbench would read a colon outside of
// a cast as a variable, so constant text must not contain one; the gateway's statements do not. If syncs is set, the
// script ends transactions where the server did. A single statement needs no pipeline.
func compose(statements []proxy.Statement, vars variables, syncs bool) string {
	var b strings.Builder
	pipeline := len(statements) > 1
	if pipeline {
		b.WriteString("\\startpipeline\n")
	}
	for i, s := range statements {
		text := parameter.ReplaceAllStringFunc(s.SQL, func(found string) string {
			n, err := strconv.Atoi(found[1:])
			switch {
			case err != nil || n < 1 || n > len(s.Params) || s.Params[n-1] == nil:
				return "NULL"
			case len(s.Params[n-1]) == 0: // pgbench does not accept an empty definition
				return "''"
			default:
				return ":" + vars.name(string(s.Params[n-1]))
			}
		})
		b.WriteString(strings.ReplaceAll(text, "\n", " "))
		b.WriteString(";\n")
		if syncs && s.Sync && i < len(statements)-1 {
			b.WriteString("\\syncpipeline\n")
		}
	}
	if pipeline {
		b.WriteString("\\endpipeline\n")
	}
	return b.String()
}
