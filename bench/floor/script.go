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

// Main returns the main statements of each sample: those that name something of the schema that is served, as all do
// that read or write it. What a server sends beside them, to set a role or to clean a connection, does not.
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

// variables are the values of parameters, by what each is called in the scripts.
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

// maxArgument is the longest argument that Linux passes to a program (MAX_ARG_STRLEN), less some room for the name.
const maxArgument = 128<<10 - 64

// arguments define the variables for pgbench.
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

// compose writes a script whose statements take their parameters from variables. A colon that is no cast would be
// read as a variable, so none may be left in constant text; the statements of the gateway have none. With syncs the
// script ends transactions where the server did. One statement alone needs no pipeline.
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
			case len(s.Params[n-1]) == 0: // which pgbench takes for no definition
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
