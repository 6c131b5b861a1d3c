// Package deploy holds the files for running the gateway. Its test checks the imports of all packages of the module.
package deploy

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "trunkline"

// layers lists, for each package of the module, which others it may import: those of the layers below it. A name that
// ends with "/..." stands for the package and all packages below it. Tests are not restricted.
var layers = map[string][]string{
	".":                    {"deploy/demo", "gateway/cli", "gateway/config", "gateway/process"},
	"gateway/cli":          {"gateway/auth", "gateway/check", "gateway/config", "gateway/idempotency", "gateway/journal", "gateway/metrics", "gateway/process", "gateway/typegen", "notify", "cache"},
	"gateway/check":        {"gateway/auth", "gateway/config", "gateway/idempotency", "gateway/journal", "notify", "cache"},
	"gateway/process":      {"gateway", "gateway/auth", "gateway/config", "gateway/exec", "gateway/exec/session", "gateway/journal", "gateway/metrics", "gateway/socket", "gateway/storage", "gateway/tracing", "notify", "cache"},
	"gateway":              {"gateway/auth", "gateway/config", "gateway/etag", "gateway/exec", "gateway/exec/session", "gateway/idempotency", "gateway/journal", "gateway/metrics", "gateway/openapi", "gateway/socket", "gateway/storage", "gateway/tracing", "planner/...", "cache"},
	"gateway/journal":      {"gateway/config", "gateway/metrics", "planner/jsontext", "notify", "cache"},
	"gateway/socket":       {"planner/apierr"},
	"gateway/etag":         {},
	"gateway/idempotency":  {},
	"gateway/storage":      {},
	"gateway/tracing":      {},
	"gateway/exec":         {"gateway/exec/session", "gateway/exec/wire", "planner/pgsql", "planner/apierr"},
	"gateway/exec/model":   {},
	"gateway/exec/session": {"gateway/exec/wire", "planner/pgsql", "planner/apierr"},
	"gateway/exec/wire":    {"planner/pgsql"},
	"gateway/auth":         {"planner/apierr"},
	"gateway/openapi":      {"planner/apierr", "cache"},
	"gateway/metrics":      {},
	"gateway/typegen":      {"cache"},
	"gateway/config":       {"cache"},
	"planner/pgsql":        {"planner", "planner/request", "cache"},
	"planner":              {"planner/request", "planner/apierr", "cache"},
	"planner/batch":        {"planner/request", "planner/apierr", "planner/jsontext"},
	"planner/nested":       {"planner", "planner/request", "planner/apierr", "planner/jsontext", "cache"},
	"planner/request":      {"planner/apierr", "planner/jsontext"},
	"planner/jsontext":     {},
	"planner/apierr":       {},
	"cache":                {"cache/pack"},
	"cache/pack":           {},
	"notify":               {},
	"bench/...":            {"bench/...", "deploy/localpg", "deploy/freeport"},
	"deploy/localpg/...":   {"deploy/localpg", "deploy/freeport"},
	"deploy/demo":          {"deploy/localpg", "notify"},
	"deploy/freeport":      {},
	"deploy/gatewaytest":   {},
	"deploy/...":           {"deploy/..."},
}

// reserved lists the packages that may import a library, or a part of the standard library, that does I/O.
var reserved = map[string][]string{
	"github.com/valyala/fasthttp/...": {"gateway", "bench/..."},
	"github.com/fasthttp/router/...":  {"gateway"},
	"github.com/goccy/go-json/...":    {"gateway", "planner/apierr"}, // on the path of a request, see CONTRIBUTING.md
	"github.com/jackc/pgx/v5/...": {
		"cache", "notify", "gateway/check", "gateway/config", "gateway/exec/...", "gateway/idempotency", "gateway/journal", "gateway/process",
		"deploy/...", "bench/...",
	},
	"net":      {"gateway/...", "notify", "deploy/...", "bench/..."},
	"net/http": {"gateway/...", "planner/apierr", "deploy/...", "bench/..."}, // apierr: the names of statuses
	"os":       {".", "gateway/...", "deploy/...", "bench/..."},
}

func TestImportsGoOneWay(t *testing.T) {
	for _, p := range list(t) {
		name := relative(p.ImportPath)
		allowed, ok := rule(name)
		if !ok {
			t.Errorf("%s: no layer is written down for it", name)
		}
		for _, imported := range p.Imports {
			if inside(imported) && !slices.ContainsFunc(allowed, matches(relative(imported))) {
				t.Errorf("%s must not import %s", name, relative(imported))
			}
		}
	}
}

func TestInputAndOutputStayAtTheEdge(t *testing.T) {
	for _, p := range list(t) {
		for _, imported := range p.Imports {
			for library, users := range reserved {
				if matches(imported)(library) && !slices.ContainsFunc(users, matches(relative(p.ImportPath))) {
					t.Errorf("%s must not import %s", relative(p.ImportPath), imported)
				}
			}
		}
	}
}

// listed is a package as "go list -json" describes it.
type listed struct {
	ImportPath string
	Imports    []string
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		t.Fatalf("go list: %v\n%s", err, failed.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// rule returns the imports allowed for a package, by the longest matching name in layers.
func rule(name string) (allowed []string, ok bool) {
	longest := ""
	for layer := range layers {
		if matches(name)(layer) && len(layer) > len(longest) {
			longest = layer
		}
	}
	allowed, ok = layers[longest]
	return allowed, ok
}

// matches returns a function that reports whether a pattern, such as "cache" or "gateway/...", matches the name.
func matches(name string) func(pattern string) bool {
	return func(pattern string) bool {
		tree, ok := strings.CutSuffix(pattern, "/...")
		return name == tree || ok && strings.HasPrefix(name, tree+"/")
	}
}

func inside(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

// relative returns an import path relative to the module; "." is its root.
func relative(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}
